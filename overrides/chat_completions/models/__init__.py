"""The models and the TypedDicts of the API, under the ecosystem's names; each is imported when it is first used."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import chat_completions_api.models as _models

if TYPE_CHECKING:
    from typing import TypeAlias

    from chat_completions.models.aliases import BaseModel as BaseModel
    from chat_completions.models.aliases import ChatCompletionMessageToolCallUnion as ChatCompletionMessageToolCallUnion
    from chat_completions.models.aliases import ChatCompletionRole as ChatCompletionRole
    from chat_completions.models.aliases import FunctionParameters as FunctionParameters
    from chat_completions.models.aliases import Metadata as Metadata
    from chat_completions.models.parsed import ParsedChatCompletion as ParsedChatCompletion
    from chat_completions.models.parsed import ParsedChatCompletionMessage as ParsedChatCompletionMessage
    from chat_completions.models.parsed import ParsedChoice as ParsedChoice
    from chat_completions.models.parsed import ParsedFunction as ParsedFunction
    from chat_completions.models.parsed import ParsedFunctionToolCall as ParsedFunctionToolCall
    from chat_completions_api import params as _params
    from chat_completions_api.models import *  # noqa: F403
    from chat_completions_api.params import *  # noqa: F403
    from chat_completions_api.types import UnknownVariant as UnknownVariant

    ChatCompletionMessageToolCall: TypeAlias = _models.ChatCompletionMessageFunctionToolCall
    ChatCompletionMessageToolCallParam: TypeAlias = _params.ChatCompletionMessageFunctionToolCallParam
    ChatCompletionModality: TypeAlias = _models.ResponseModality
    ChatCompletionReasoningEffort: TypeAlias = _models.ReasoningEffort
    ChatCompletionToolParam: TypeAlias = _params.ChatCompletionFunctionToolParam
    CreateChatCompletionRequestMessageParam: TypeAlias = _params.ChatCompletionMessageParam
    ErrorObject: TypeAlias = _models.Error

# Other names of the ecosystem, older ones mostly, for what has another name here.
_FORMER_NAMES = {
    "ChatCompletionMessageToolCall": "ChatCompletionMessageFunctionToolCall",
    "ChatCompletionMessageToolCallParam": "ChatCompletionMessageFunctionToolCallParam",
    "ChatCompletionModality": "ResponseModality",
    "ChatCompletionReasoningEffort": "ReasoningEffort",
    "ChatCompletionToolParam": "ChatCompletionFunctionToolParam",
    "CreateChatCompletionRequestMessageParam": "ChatCompletionMessageParam",
    "ErrorObject": "Error",
}
# Those that are not upstream's: the API's models with the values that their replies say, and other names.
_HERE = {
    "BaseModel": "aliases",
    "ChatCompletionMessageToolCallUnion": "aliases",
    "ChatCompletionRole": "aliases",
    "FunctionParameters": "aliases",
    "Metadata": "aliases",
    "ParsedChatCompletion": "parsed",
    "ParsedChatCompletionMessage": "parsed",
    "ParsedChoice": "parsed",
    "ParsedFunction": "parsed",
    "ParsedFunctionToolCall": "parsed",
}


def __getattr__(name: str) -> Any:
    current = _FORMER_NAMES.get(name, name)
    if current in _models.__all__:
        value = getattr(_models, current)
    elif name in _HERE:
        value = getattr(import_module(f"{__name__}.{_HERE[name]}"), name)
    elif name == "__all__":
        return __dir__()
    elif name.startswith("_"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    else:
        from chat_completions_api import params, types

        value = getattr(params, current, None) or getattr(types, current, None)
        if value is None or current not in (*params.__all__, "UnknownVariant"):
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    from chat_completions_api import params

    return sorted({*_models.__all__, *params.__all__, *_FORMER_NAMES, *_HERE, "UnknownVariant"})
