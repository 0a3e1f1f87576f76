"""A chunk as the rest of the stream sees it, however it was read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from io import StringIO
from operator import methodcaller
from typing import TYPE_CHECKING, Any

from chat_completions._contract import generated

if TYPE_CHECKING:
    from chat_completions_api.models import ChatCompletionChunk


class ReceivedChunk:
    """One chunk, which has been added to the completion; it is valid until the next one is read.

    Args:
        value: Its JSON object.

    Attributes:
        text: The accumulated text that this chunk added `piece` to, if that is all that it said; None if it may have
            said more.
        piece: The string that it added.
    """

    text: StringIO | None = None
    piece: str = ""

    def __init__(self, value: Mapping[str, Any]) -> None:
        self._value = value

    def value(self) -> Mapping[str, Any]:
        """Return its JSON object, which must not be changed."""
        return self._value

    def model(self) -> ChatCompletionChunk:
        """Return a new model of it."""
        return generated.decode_chunk()(self._value)


decode: Callable[[ReceivedChunk], ChatCompletionChunk] = methodcaller("model")  # quicker than a function
