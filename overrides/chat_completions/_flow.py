"""The events of chunks that are read without being looked at, because they only go on with a text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from io import StringIO
from typing import TYPE_CHECKING, Any

from chat_completions import _events

if TYPE_CHECKING:
    from chat_completions._events import ChatCompletionStreamEvent


class Flow:
    """What ordinary chunks go on with: the text that they are pieces of, and how to make its events.

    Attributes:
        make: Makes the event of a piece; called with the piece, the text, and its length.
    """

    __slots__ = ("_lengths", "_part", "make", "text")

    def __init__(
        self, text: StringIO, lengths: dict[str | int, int], part: str | int, make: Callable[..., Any]
    ) -> None:
        self.text, self.make = text, make
        self._lengths, self._part = lengths, part

    def advance(self, size: int) -> int:
        """Count a piece as told, and give the length of the text; 0 if it has not grown by the piece alone."""
        end = self.text.tell()
        if end - self._lengths[self._part] != size:
            return 0
        self._lengths[self._part] = end
        return end


def flow_of(events: list[ChatCompletionStreamEvent], choices: Mapping[int, Any], text: StringIO) -> Flow | None:
    """Give what the events of an ordinary chunk say that it goes on with; None if they say more than that."""
    part: str | int
    make: Callable[..., Any]
    match events:
        case [_, _events.ContentDeltaEvent() as event]:
            part, make = "content", partial(_events.ContentDeltaEvent, event.choice_index)
        case [_, _events.RefusalDeltaEvent() as event]:
            part, make = "refusal", partial(_events.RefusalDeltaEvent, event.choice_index)
        case [_, _events.ReasoningDeltaEvent() as event]:
            part, make = event.field, partial(_events.ReasoningDeltaEvent, event.choice_index, field=event.field)
        case [_, _events.FunctionToolCallArgumentsDeltaEvent() as event]:
            part = choices[event.choice_index].place
            event_of = _events.FunctionToolCallArgumentsDeltaEvent
            make = partial(event_of, event.choice_index, event.name, event.index)
        case _:
            return None
    told = choices[event.choice_index]
    return Flow(text, told.lengths, part, make) if event._text is text else None
