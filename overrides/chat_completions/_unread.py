"""A call whose answer is given before its body is read: the plan of the call, with one step left out. No I/O."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from chat_completions._exchange import Answer, Call, Read, Step


class UnreadCall(Call):
    """A call to answer as soon as the head of a success is there."""


def unread_call(call: Call) -> UnreadCall:
    """Give a call that is the same, and answered before the body is read."""
    same = object.__new__(UnreadCall)
    vars(same).update(vars(call))
    return same


def unread(plan: Generator[Step, Any, Answer]) -> Generator[Step, Any, Answer]:
    """Give a plan without its reading of a success; error bodies are read, to tell what they say."""
    step = next(plan)
    while True:
        try:
            if isinstance(step, Read) and 200 <= step.response.status_code < 300:
                step = plan.send(None)
                continue
            try:
                result = yield step
            except Exception as failure:
                step = plan.throw(failure)
            else:
                step = plan.send(result)
        except StopIteration as stop:
            answer: Answer = stop.value
            return answer
