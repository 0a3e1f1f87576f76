"""The models and the TypedDicts of the API, under the ecosystem's names; each is imported when it is first used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import chat_completions_api.models as _models

if TYPE_CHECKING:
    from typing import TypeAlias

    from chat_completions_api.models import *  # noqa: F403
    from chat_completions_api.params import *  # noqa: F403
    from chat_completions_api.types import UnknownVariant as UnknownVariant

    ChatCompletionMessageToolCall: TypeAlias = _models.ChatCompletionMessageFunctionToolCall

# Older names of the ecosystem for what has another name by now.
_FORMER_NAMES = {
    "ChatCompletionMessageToolCall": "ChatCompletionMessageFunctionToolCall",
    "ChatCompletionToolParam": "ChatCompletionFunctionToolParam",
}


def __getattr__(name: str) -> Any:
    current = _FORMER_NAMES.get(name, name)
    if current in _models.__all__:
        value = getattr(_models, current)
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

    return sorted({*_models.__all__, *params.__all__, *_FORMER_NAMES, "UnknownVariant"})
