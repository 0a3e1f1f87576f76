"""The modules that the official SDK has for single types, made from a table when their package is imported.

What type checkers should know, too, is a file: `completion_usage`, `shared`, and in `chat` the modules of completions,
chunks and parameters.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from chat_completions import models

# A line is a module, named as its first type is: its types, with `=` and the name here if it is another one.
SINGLE = ("ChatModel",)
CHAT = (
    "ChatCompletionAllowedToolChoiceParam",
    "ChatCompletionAllowedToolsParam",
    "ChatCompletionAssistantMessageParam Audio=ChatCompletionAssistantMessageAudioParam "
    "ContentArrayOfContentPart FunctionCall=FunctionCallParam",
    "ChatCompletionAudio",
    "ChatCompletionAudioParam Voice=VoiceIdsOrCustomVoiceParam VoiceID=CustomVoiceParam",
    "ChatCompletionContentPartImage ImageURL PromptCacheBreakpoint",
    "ChatCompletionContentPartImageParam ImageURL=ImageURLParam PromptCacheBreakpoint=PromptCacheBreakpointParam",
    "ChatCompletionContentPartInputAudioParam InputAudio=InputAudioParam "
    "PromptCacheBreakpoint=PromptCacheBreakpointParam",
    "ChatCompletionContentPartParam File=ChatCompletionContentPartFileParam FileFile=FileFileParam "
    "FilePromptCacheBreakpoint=PromptCacheBreakpointParam",
    "ChatCompletionContentPartRefusalParam",
    "ChatCompletionContentPartText PromptCacheBreakpoint",
    "ChatCompletionContentPartTextParam PromptCacheBreakpoint=PromptCacheBreakpointParam",
    "ChatCompletionCustomToolParam Custom=ChatCompletionCustomToolCustomParam "
    "CustomFormatText=ChatCompletionCustomToolCustomFormatTextParam "
    "CustomFormatGrammar=ChatCompletionCustomToolCustomFormatGrammarParam "
    "CustomFormatGrammarGrammar=ChatCompletionCustomToolCustomFormatGrammarGrammarParam",
    "ChatCompletionDeveloperMessageParam",
    "ChatCompletionFunctionCallOptionParam",
    "ChatCompletionFunctionMessageParam",
    "ChatCompletionFunctionTool",
    "ChatCompletionFunctionToolParam",
    "ChatCompletionMessage Annotation AnnotationURLCitation FunctionCall",
    "ChatCompletionMessageCustomToolCall Custom",
    "ChatCompletionMessageCustomToolCallParam Custom=CustomParam",
    "ChatCompletionMessageFunctionToolCall Function",
    "ChatCompletionMessageFunctionToolCallParam Function=FunctionParam",
    "ChatCompletionMessageParam",
    "ChatCompletionMessageToolCall ChatCompletionMessageToolCallUnion Function",
    "ChatCompletionMessageToolCallParam Function=FunctionParam",
    "ChatCompletionMessageToolCallUnionParam",
    "ChatCompletionModality",
    "ChatCompletionNamedToolChoiceCustomParam Custom=ChatCompletionNamedToolChoiceCustomCustomParam",
    "ChatCompletionNamedToolChoiceParam Function=ChatCompletionNamedToolChoiceFunctionParam",
    "ChatCompletionPredictionContentParam",
    "ChatCompletionReasoningEffort",
    "ChatCompletionRole",
    "ChatCompletionStreamOptionsParam",
    "ChatCompletionSystemMessageParam",
    "ChatCompletionTokenLogprob TopLogprob",
    "ChatCompletionToolChoiceOptionParam",
    "ChatCompletionToolMessageParam",
    "ChatCompletionToolParam FunctionDefinition=FunctionDefinitionParam",
    "ChatCompletionToolUnionParam",
    "ChatCompletionUserMessageParam",
    "CompletionListParams",
    "CreateChatCompletionRequestMessageParam",
    "ParsedChatCompletion ParsedChoice ParsedChatCompletionMessage",
    "ParsedFunctionToolCall ParsedFunction",
)
SHARED = (
    "ChatModel",
    "ErrorObject",
    "FunctionDefinition",
    "FunctionParameters",
    "Metadata",
    "ReasoningEffort",
    "ResponseFormatJSONObject",
    "ResponseFormatJSONSchema JSONSchema",
    "ResponseFormatText",
)
SHARED_PARAMS = (
    "ChatModel",
    "FunctionDefinition=FunctionDefinitionParam",
    "FunctionParameters",
    "Metadata",
    "ReasoningEffort",
    "ResponseFormatJSONObject=ResponseFormatJSONObjectParam",
    "ResponseFormatJSONSchema=ResponseFormatJSONSchemaParam JSONSchema=JSONSchemaParam",
    "ResponseFormatText=ResponseFormatTextParam",
)


def add_modules(package: str, table: Iterable[str]) -> None:
    """Make the modules of a table importable from a package that is being imported."""
    for line in table:
        names = {there: here or there for there, _, here in (entry.partition("=") for entry in line.split())}
        module = _LazyModule(f"{package}.{_module_name(next(iter(names)))}", names)
        sys.modules[module.__name__] = module
        setattr(sys.modules[package], module.__name__.rpartition(".")[2], module)


def _module_name(kind: str) -> str:
    """Return the name of a type's module: `chat_completion_audio` for `ChatCompletionAudio`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", kind).lower()


class _LazyModule(ModuleType):
    """A module whose types are imported when they are first used.

    Args:
        name: Its dotted name.
        names: The name in `chat_completions.models` of each of its types.
    """

    def __init__(self, name: str, names: Mapping[str, str]) -> None:
        super().__init__(name, f"`{next(iter(names))}`, at the place where the official SDK has it.")
        self.__spec__ = ModuleSpec(name, None)
        self.__all__ = [*names]
        self._names = names

    def __getattr__(self, name: str) -> Any:
        # The official SDK's modules also have what they import, such as the types of fields.
        if name.startswith("_") or not hasattr(models, here := self._names.get(name, name)):
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        value = getattr(models, here)
        setattr(self, name, value)
        return value

    def __dir__(self) -> list[str]:
        return sorted({*vars(self), *self.__all__})
