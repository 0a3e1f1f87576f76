"""A limit on the work that one request may cause, counted in steps of some microseconds.

Steps rather than seconds, so that a request gets the same answer on a busy machine.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

STEPS_PER_SCHEMA = 1_500_000
STEPS_PER_REQUEST = 3_000_000


class TooMuchWork(Exception):
    """Raised when the steps are used up."""


class Work:
    """Count steps up to a limit."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.spent = 0

    def spend(self, steps: int) -> None:
        self.spent += steps
        if self.spent > self.limit:
            raise TooMuchWork


_WORK: ContextVar[Work | None] = ContextVar("work", default=None)


@contextmanager
def bounded(limit: int) -> Iterator[Work]:
    """Limit the work done inside the `with` block; an outer limit does not count it."""
    token = _WORK.set(work := Work(limit))
    try:
        yield work
    finally:
        _WORK.reset(token)


def spend(steps: int = 1) -> None:
    """Count steps of work, if there is a limit.

    Raises:
        TooMuchWork: If the limit is exceeded.
    """
    work = _WORK.get()
    if work is not None:
        work.spend(steps)
