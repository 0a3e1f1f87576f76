"""The errors of a run."""

from __future__ import annotations

from chat_completions._types import publish
from chat_completions.errors import ChatCompletionsError


@publish("chat_completions.bulk")
class BulkError(ChatCompletionsError):
    """A run cannot begin; the message says why, and what to do."""


@publish("chat_completions.bulk")
class ChangedError(BulkError):
    """The input or a setting differs from that of the run to continue."""


@publish("chat_completions.bulk")
class RunningError(BulkError):
    """Another run is writing to the same files."""
