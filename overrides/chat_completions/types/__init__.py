"""`chat_completions.models`, at the place where the official SDK has its types."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from chat_completions import models as _models
from chat_completions.models import __dir__ as __dir__
from chat_completions.types._modules import SINGLE, add_modules

if TYPE_CHECKING:
    from chat_completions.models import *  # noqa: F403
    from chat_completions.types import chat as chat
    from chat_completions.types import completion_usage as completion_usage
    from chat_completions.types import shared as shared
    from chat_completions.types import shared_params as shared_params

_SUBMODULES = ("chat", "completion_usage", "shared", "shared_params")

add_modules(__name__, SINGLE)


def __getattr__(name: str) -> Any:
    return import_module(f"{__name__}.{name}") if name in _SUBMODULES else getattr(_models, name)
