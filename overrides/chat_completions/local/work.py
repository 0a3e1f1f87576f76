"""A bound on the work that what comes with a request may cause, counted in steps.

Steps and not seconds, so that a request has the same answer on a busy machine. One is some microseconds.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

OF_A_SCHEMA = 1_500_000
OF_A_REQUEST = 3_000_000


class TooMuchWork(Exception):
    """Say that the bound is reached."""


class Work:
    """Hold what may be spent, and what was.

    Args:
        most: The bound.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.spent = 0

    def spend(self, steps: int) -> None:
        """Count steps.

        Raises:
            TooMuchWork: They are more than there were.
        """
        self.spent += steps
        if self.spent > self.most:
            raise TooMuchWork


_WORK: ContextVar[Work | None] = ContextVar("work", default=None)


@contextmanager
def bounded(most: int) -> Iterator[Work]:
    """Bound the work of what is done meanwhile; a bound around this one does not count it."""
    token = _WORK.set(work := Work(most))
    try:
        yield work
    finally:
        _WORK.reset(token)


def spend(steps: int = 1) -> None:
    """Count steps of work, where it is bounded.

    Raises:
        TooMuchWork: The bound is reached.
    """
    work = _WORK.get()
    if work is not None:
        work.spend(steps)
