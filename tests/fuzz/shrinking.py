"""From a case that finds something to the smallest one that still does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tests.fuzz.cases import Case
from tests.fuzz.drive import Driver

TRIES = 400


def smallest(driver: Driver, case: Case) -> Case:
    """Return the smallest case that is found by leaving out parts of one that finds something."""
    tries = 0
    while True:
        for smaller in _smaller(case):
            tries += 1
            if tries > TRIES:
                return case
            if driver.problem(smaller) is not None:
                case = smaller
                break
        else:
            return case


def _smaller(case: Case) -> Iterator[Case]:
    for name in case.environment:
        yield replace(case, environment={key: value for key, value in case.environment.items() if key != name})
    if case.hold:
        yield replace(case, hold=False)
    for number in range(len(case.replies) if len(case.replies) > 1 else 0):
        yield replace(case, replies=case.replies[:number] + case.replies[number + 1 :])
    for number, reply in enumerate(case.replies):
        size = len(reply)
        while size := size // 2:
            for start in range(0, len(reply), size):
                shorter = reply[:start] + reply[start + size :]
                yield replace(case, replies=(*case.replies[:number], shorter, *case.replies[number + 1 :]))
