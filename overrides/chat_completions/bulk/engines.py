"""The seam between a run and what carries it out.

An engine is an async function of a job and its progress. It reads the job's input, asks, writes the output and the
error file, and says how it ended. Those here share their parts: `Runner` asks the lines of any source, such as a
partition, and gives each result to a function; `RunFiles` keeps files of results on one machine.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import NamedTuple, TypeAlias

from chat_completions._types import publish
from chat_completions.bulk.options import Job
from chat_completions.bulk.progress import Progress


@publish("chat_completions.bulk")
class Ending(NamedTuple):
    """How a run ends.

    Attributes:
        complete: Whether everything in the input has ended.
        reason: Why it ends.
        interrupted: Whether a signal ended it.
    """

    complete: bool
    reason: str
    interrupted: bool = False


Engine: TypeAlias = Callable[[Job, Progress], Awaitable[Ending]]
