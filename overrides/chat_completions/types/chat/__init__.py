"""`chat_completions.models`, at the place where the official SDK has the types of chat completions."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from chat_completions import models as _models
from chat_completions.models import __dir__ as __dir__
from chat_completions.types._modules import CHAT, add_modules

if TYPE_CHECKING:
    from chat_completions.models import *  # noqa: F403
    from chat_completions.types.chat import chat_completion as chat_completion
    from chat_completions.types.chat import chat_completion_chunk as chat_completion_chunk
    from chat_completions.types.chat import completion_create_params as completion_create_params

_SUBMODULES = ("chat_completion", "chat_completion_chunk", "completion_create_params")

add_modules(__name__, CHAT)


def __getattr__(name: str) -> Any:
    return import_module(f"{__name__}.{name}") if name in _SUBMODULES else getattr(_models, name)
