"""`chat_completions.models`, at the place where the official SDK has the types of chat completions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chat_completions.models import __dir__ as __dir__
from chat_completions.models import __getattr__ as __getattr__

if TYPE_CHECKING:
    from chat_completions.models import *  # noqa: F403
