"""The errors of a run."""

from __future__ import annotations

from chat_completions._types import publish
from chat_completions.errors import ChatCompletionsError


class BulkError(ChatCompletionsError):
    """A run cannot begin; the message says why, and what to do."""


class ChangedError(BulkError):
    """The input or a setting differs from that of the run to continue."""


class RunningError(BulkError):
    """Another run is writing to the same files."""


publish(BulkError, ChangedError, RunningError, module="chat_completions.bulk")
