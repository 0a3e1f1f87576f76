# Written by `make generate`; do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from attrs import define

from ..types import UNSET, LazyModel, Model, Variants, new

if TYPE_CHECKING:
    from .annotation import Annotation
    from .chat_completion_audio import ChatCompletionAudio
    from .chat_completion_message_custom_tool_call import ChatCompletionMessageCustomToolCall
    from .chat_completion_message_function_tool_call import ChatCompletionMessageFunctionToolCall
    from .function_call import FunctionCall

_Annotation = LazyModel("annotation", "Annotation")
_ChatCompletionAudio = LazyModel("chat_completion_audio", "ChatCompletionAudio")
_FunctionCall = LazyModel("function_call", "FunctionCall")
_ChatCompletionMessageFunctionToolCall = LazyModel(
    "chat_completion_message_function_tool_call", "ChatCompletionMessageFunctionToolCall"
)
_ChatCompletionMessageCustomToolCall = LazyModel(
    "chat_completion_message_custom_tool_call", "ChatCompletionMessageCustomToolCall"
)
_tool_calls_variants = Variants(
    "type",
    {"function": _ChatCompletionMessageFunctionToolCall, "custom": _ChatCompletionMessageCustomToolCall},
    (
        (frozenset(["function", "id"]), _ChatCompletionMessageFunctionToolCall),
        (frozenset(["custom", "id"]), _ChatCompletionMessageCustomToolCall),
    ),
)


# Source: #/components/schemas/ChatCompletionResponseMessage
@define(eq=False, getstate_setstate=False, kw_only=True, repr=False, weakref_slot=False)
class ChatCompletionMessage(Model):
    """The message that the model wrote."""

    annotations: list[Annotation] | None = UNSET
    """Notes on the text, such as the web pages cited after a search."""

    audio: ChatCompletionAudio | None = UNSET
    """The spoken reply, if audio was requested."""

    content: str | None = UNSET
    """Text of the reply, or null when there is none, as with many tool calls."""

    function_call: FunctionCall | None = UNSET
    """Deprecated, use tool_calls; the function the model wants you to run."""

    refusal: str | None = UNSET
    """The model's refusal, or null if it did not refuse."""

    role: Literal["assistant"] = "assistant"
    """Always assistant; the author of the reply."""

    tool_calls: list[ChatCompletionMessageFunctionToolCall | ChatCompletionMessageCustomToolCall] | None = UNSET
    """Tool calls the model wants you to make before it goes on."""

    _attributes: ClassVar[Mapping[str, str]] = {
        "annotations": "annotations",
        "audio": "audio",
        "content": "content",
        "function_call": "function_call",
        "refusal": "refusal",
        "role": "role",
        "tool_calls": "tool_calls",
    }
    _source: ClassVar[str] = "#/components/schemas/ChatCompletionResponseMessage"
    _nested: ClassVar[tuple[str, ...]] = (
        "annotations",
        "audio",
        "function_call",
        "tool_calls",
    )
    _extensions: ClassVar[frozenset[str]] = frozenset(
        (
            "images",
            "reasoning",
            "reasoning_content",
            "reasoning_details",
        )
    )

    if TYPE_CHECKING:
        # Fields that many servers send and the specification does not know. To assign one, use model["name"] = value.

        @property
        def images(self) -> list[Any] | None:
            """OpenRouter: images that the model made."""

        @property
        def reasoning(self) -> str | None:
            """OpenRouter, Groq, Cerebras, vLLM: the text of the reasoning."""

        @property
        def reasoning_content(self) -> str | None:
            """DeepSeek, xAI, vLLM, llama.cpp: the text of the reasoning."""

        @property
        def reasoning_details(self) -> list[Any] | None:
            """OpenRouter: the parts of the reasoning, to be sent back unchanged."""

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Decode a JSON object; never raises on one, whatever its fields hold."""
        self = new(cls)
        decoded: Any = self
        get = src_dict.get
        decoded.annotations = value = get("annotations")
        if value is not None:
            decoded.annotations = (
                [_Annotation.from_dict(item) if isinstance(item, dict) else item for item in value]
                if isinstance(value, list)
                else value
            )
        decoded.audio = value = get("audio")
        if value is not None:
            decoded.audio = _ChatCompletionAudio.from_dict(value) if isinstance(value, dict) else value
        decoded.content = get("content")
        decoded.function_call = value = get("function_call")
        if value is not None:
            decoded.function_call = _FunctionCall.from_dict(value) if isinstance(value, dict) else value
        decoded.refusal = get("refusal")
        decoded.role = get("role")
        decoded.tool_calls = value = get("tool_calls")
        if value is not None:
            decoded.tool_calls = (
                [_tool_calls_variants.from_dict(item) if isinstance(item, dict) else item for item in value]
                if isinstance(value, list)
                else value
            )
        decoded._keys = keys = tuple(src_dict)
        decoded._extra = None if cls._known.issuperset(keys) else cls._unknown_of(src_dict)
        return self
