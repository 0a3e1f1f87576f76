"""`chat_completions.models`, at the place where the official SDK has its types."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from chat_completions import models as _models
from chat_completions.models import __dir__ as __dir__

if TYPE_CHECKING:
    from chat_completions.models import *  # noqa: F403
    from chat_completions.types import chat as chat


def __getattr__(name: str) -> Any:
    return import_module(f"{__name__}.chat") if name == "chat" else getattr(_models, name)
