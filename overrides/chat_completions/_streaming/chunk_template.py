"""What the ordinary chunks of a stream have in common, to make each of them from: as an object, and as a model.

To copy models that are alike costs two thirds of decoding them. Nothing by which one chunk could change another is
shared: what is, are texts, numbers and null.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from chat_completions._contract import generated
from chat_completions._streaming.accumulated_choice import OBFUSCATION

if TYPE_CHECKING:
    from chat_completions_api.models import ChatCompletionChunk


class ChunkTemplate:
    """Makes chunks that differ only in their piece, their padding and their log probabilities.

    Args:
        chunk: The object of one of them; beside its only choice, the delta and the log probabilities, it holds no list
            and no object.
        key: The field of the delta that has the piece; of `tool_calls`, it is the arguments of the only one, of which
            nothing else is told but its index.

    Raises:
        ValueError: The models of such chunks cannot be made this way.
    """

    def __init__(self, chunk: Mapping[str, Any], key: str) -> None:
        [choice] = chunk["choices"]
        self._chunk, self._choice, self._key = dict(chunk), dict(choice), key
        self._call = choice["delta"][key][0] if key == "tool_calls" else {}
        self._new_call: Callable[[], Any] | None = None
        self._decode_tokens: Callable[[Any], Any] | None = None
        try:
            model: Any = generated.decode_chunk()(self.value("", chunk.get(OBFUSCATION), choice.get("logprobs")))
            delta, tokens = model.choices[0].delta, model.choices[0].logprobs
            self._new_chunk = generated.copier(model)
            self._new_choice = generated.copier(model.choices[0])
            self._new_delta = generated.copier(delta)
            if key == "tool_calls":
                self._new_call = generated.copier(delta.tool_calls[0])
                self._new_function = generated.copier(delta.tool_calls[0].function)
            if tokens is not None:
                self._decode_tokens = tokens.from_dict
        except (AttributeError, LookupError, TypeError) as error:
            raise ValueError("a part of the chunk is no model") from error
        self._attribute = generated.attribute_of(delta, key)
        self._padding_attribute = generated.attribute_of(model, OBFUSCATION)

    def value(self, piece: str, padding: str | None, tokens: Any) -> dict[str, Any]:
        """Make the object of a chunk."""
        chunk, choice = self._chunk.copy(), self._choice.copy()
        if padding is not None:
            chunk[OBFUSCATION] = padding
        if tokens is not None:
            choice["logprobs"] = tokens
        if self._key == "tool_calls":
            choice["delta"] = {"tool_calls": [{**self._call, "function": {"arguments": piece}}]}
        else:
            choice["delta"] = {self._key: piece}
        chunk["choices"] = [choice]
        return chunk

    def model(self, piece: str, padding: str | None, tokens: Any) -> ChatCompletionChunk:
        """Make a chunk."""
        chunk, choice, delta = self._new_chunk(), self._new_choice(), self._new_delta()
        if self._new_call is not None:
            call, function = self._new_call(), self._new_function()
            function.arguments = piece
            call.function = function
            delta.tool_calls = [call]
        elif self._attribute is not None:
            setattr(delta, self._attribute, piece)
        else:
            delta[self._key] = piece
        if padding is not None:
            if self._padding_attribute is not None:
                setattr(chunk, self._padding_attribute, padding)
            else:
                chunk[OBFUSCATION] = padding
        if self._decode_tokens is not None:
            choice.logprobs = self._decode_tokens(tokens)
        choice.delta = delta
        chunk.choices = [choice]
        made: ChatCompletionChunk = chunk
        return made
