"""The seam between a run and what carries it out.

An engine is an async function of a job and its progress. It reads the job's input, asks, writes the output and the
error file, and says how it ended. Those here share their parts: `Runner` asks the lines of any source, such as a
partition, and gives each result to a function; `RunFiles` keeps files of results on one machine.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from importlib import import_module
from typing import NamedTuple, TypeAlias

from chat_completions.bulk.errors import BulkError
from chat_completions.bulk.options import Job
from chat_completions.bulk.progress import Progress


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

# The module that has the engine as `engine`, and the extra that it needs.
_ENGINES = {
    "local": ("chat_completions.bulk.runner.local_engine", "bulk"),
    "ray": ("chat_completions.bulk.ray.engine", "ray"),
}


def engine_of(engine: str | Engine) -> Engine:
    """Return an engine.

    Args:
        engine: The name of one, or one.

    Raises:
        BulkError: There is none of this name, or what it needs is not installed.
    """
    if callable(engine):
        return engine
    if engine not in _ENGINES:
        raise BulkError(f"there is no engine {engine!r}; there are {', '.join(_ENGINES)}, and functions of your own")
    module, extra = _ENGINES[engine]
    try:
        found: Engine = import_module(module).engine
    except ImportError as error:
        raise BulkError(
            f"the engine {engine!r} needs {error.name or 'a package'}, which is not installed:"
            f" pip install 'chat-completions-client[{extra}]'"
        ) from None
    return found
