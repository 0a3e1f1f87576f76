"""An accumulating completion, for chunks that do not come from a stream of this client. No I/O."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Generic, cast

from chat_completions._streaming.events.parsed_events import event_builder
from chat_completions._streaming.received_chunk import ReceivedChunk
from chat_completions._types import NOT_GIVEN, NotGiven, ResponseFormatT, publish
from chat_completions.structured.output_spec import OutputSpec

if TYPE_CHECKING:
    from chat_completions._response_info import Anomaly
    from chat_completions._streaming.events.events import ChatCompletionStreamEvent
    from chat_completions.models import (
        ChatCompletionChunk,
        ChatCompletionToolUnionParam,
        ParsedChatCompletion,
        ResponseFormatParam,
    )


class _GivenChunk(ReceivedChunk):
    """A chunk that the caller has."""

    def __init__(self, chunk: ChatCompletionChunk) -> None:
        super().__init__(chunk.to_dict())
        self._model = chunk

    def model(self) -> ChatCompletionChunk:
        return self._model


@publish()
class ChatCompletionStreamState(Generic[ResponseFormatT]):
    """The completion and events of chunks from elsewhere, as `.stream()` makes them.

    Args:
        input_tools: The request's `tools`; the arguments of those that have a type are parsed.
        response_format: The request's `response_format`; with a type, the reply is parsed.

    Raises:
        TypeError: No library can create a JSON Schema for `response_format`.
        SchemaError: The API's strict mode does not support its schema.
    """

    def __init__(
        self,
        *,
        input_tools: Iterable[ChatCompletionToolUnionParam] | NotGiven = NOT_GIVEN,
        response_format: type[ResponseFormatT] | ResponseFormatParam | NotGiven = NOT_GIVEN,
    ) -> None:
        tools = [] if isinstance(input_tools, NotGiven) else [*input_tools]
        self._builder = event_builder(OutputSpec({"tools": tools, "response_format": response_format}))

    def handle_chunk(self, chunk: ChatCompletionChunk) -> list[ChatCompletionStreamEvent[ResponseFormatT]]:
        """Add a chunk to the completion, and return its events."""
        given = _GivenChunk(chunk)
        self._builder.accumulator.add(given.value)
        events: list[Any] = self._builder.events_of(given)
        return events

    @property
    def current_completion_snapshot(self) -> ParsedChatCompletion[ResponseFormatT]:
        """The completion so far; see `ChatCompletionStream.current_completion_snapshot`.

        Raises:
            ChatCompletionsError: No chunk has arrived yet.
        """
        return cast("ParsedChatCompletion[ResponseFormatT]", self._builder.snapshot())

    def get_final_completion(self) -> ParsedChatCompletion[ResponseFormatT]:
        """Return the completion with its parsed values; the caller must know whether it is complete.

        Raises:
            ChatCompletionsError: No chunk has arrived yet.
            StructuredOutputError: The completion, which is `.completion`, has no value of the requested type.
        """
        final: Any = self._builder.final_completion() or self._builder.snapshot()
        return cast("ParsedChatCompletion[ResponseFormatT]", final)

    @property
    def anomalies(self) -> list[Anomaly]:
        """Where the chunks deviated from the specification, and how they were repaired."""
        return self._builder.anomalies
