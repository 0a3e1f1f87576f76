"""A chunk as the rest of the stream sees it."""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO
from operator import methodcaller
from typing import TYPE_CHECKING, Any

from chat_completions._contract import generated

if TYPE_CHECKING:
    from chat_completions_api.models import ChatCompletionChunk


class ReceivedChunk:
    """One chunk, which has been added to the completion; it is valid until the next one is read.

    Args:
        value: Its JSON object, which must not be changed.
        text: The accumulated text that its delta added `piece` to, if that is all that the delta said; None if it may
            have said more.
        piece: The string that it added.
    """

    __slots__ = ("piece", "text", "value")

    def __init__(self, value: dict[str, Any], text: StringIO | None = None, piece: str = "") -> None:
        self.value, self.text, self.piece = value, text, piece

    def model(self) -> ChatCompletionChunk:
        """Return its model, which then owns the object; call once."""
        return generated.chunk_decoder()(self.value)


decode: Callable[[ReceivedChunk], ChatCompletionChunk] = methodcaller("model")  # quicker than a function
