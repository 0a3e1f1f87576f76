"""The two shells of `.stream()`: they send the request when they are entered, and yield the events of the chunks."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Generic, Self, cast

from chat_completions._streaming.async_stream import AsyncStream
from chat_completions._streaming.events.parsed_events import event_builder
from chat_completions._streaming.stream import Stream
from chat_completions._types import ResponseFormatT, publish
from chat_completions.errors import IncompleteStreamError, StreamError, StructuredOutputError
from chat_completions.structured.output_spec import OutputSpec

if TYPE_CHECKING:
    import httpx

    from chat_completions._response_info import Anomaly, ResponseInfo
    from chat_completions._streaming.events.events import ChatCompletionStreamEvent
    from chat_completions._streaming.timings import StreamTimings
    from chat_completions._transport.call import CallResult
    from chat_completions.models import ParsedChatCompletion


class _BaseEventStream(Generic[ResponseFormatT]):
    """What the two shells have in common."""

    _stream: Any

    def __init__(self, spec: OutputSpec | None) -> None:
        self._builder = event_builder(spec or OutputSpec({}))
        self._ready: deque[ChatCompletionStreamEvent[ResponseFormatT]] = deque()
        self._ended = False
        self._fault: StreamError | StructuredOutputError | None = None

    @property
    def _info(self) -> ResponseInfo:
        return cast("ResponseInfo", self._stream._info)

    @property
    def response(self) -> httpx.Response:
        """The HTTP response; its body is read by the stream."""
        return cast("httpx.Response", self._stream.response)

    @property
    def request_id(self) -> str | None:
        """The id under which the server logged the request."""
        return cast("str | None", self._stream.request_id)

    @property
    def anomalies(self) -> list[Anomaly]:
        """Where the server deviated from the specification, and how it was repaired."""
        return self._builder.anomalies

    @property
    def timings(self) -> StreamTimings:
        """How long the parts took so far, such as the time to the first token; also after the end or a failure."""
        return cast("StreamTimings", self._stream.timings)

    @property
    def current_completion_snapshot(self) -> ParsedChatCompletion[ResponseFormatT]:
        """The completion accumulated from the chunks received so far.

        It is created each time it is read, at a cost that grows with the completion. If the reply has a type,
        `parsed` is its value once the choice is finished, and before that the plain JSON of its text so far.

        Raises:
            ChatCompletionsError: No chunk has been received yet.
        """
        return cast("ParsedChatCompletion[ResponseFormatT]", self._builder.snapshot())

    def __repr__(self) -> str:
        return repr(self._stream).replace(type(self._stream).__name__, type(self).__name__, 1)

    def _end(self) -> None:
        """Record that the stream ended."""
        self._ended = True
        if self._stream._decoder.done:
            self._ready += self._builder.last_events()

    def _fail(self, fault: StreamError) -> None:
        """Record that the stream has failed and will have no final completion."""
        self._ended, self._fault = True, fault

    def _check(self) -> None:
        """Raise, once and after the last event, the error for a value that the completion lacks."""
        if self._fault is None:
            try:
                self._builder.check()
            except StructuredOutputError as fault:
                self._fault = fault
                raise

    def _final_completion(self) -> ParsedChatCompletion[ResponseFormatT]:
        if self._fault is not None:
            raise self._fault
        completion = self._builder.final_completion()
        if completion is None:
            raise IncompleteStreamError("the stream ended before any chunk arrived", request_id=self.request_id)
        return completion


@publish()
class ChatCompletionStream(_BaseEventStream[ResponseFormatT]):
    """The events of a completion, as they arrive.

    Iterate it once. Leaving the `with` block closes the connection, wherever the iteration was left.

    Raises:
        IncompleteStreamError: The stream ended before the completion was complete; `.partial` is what arrived.
        StreamError: The stream failed, or the server reported an error in it; `.partial` is what arrived.
        StructuredOutputError: After the last event: the completion does not contain a value of the requested type.
    """

    def __init__(self, answer: CallResult, redacted_url: str, spec: OutputSpec | None = None) -> None:
        super().__init__(spec)
        self._stream = Stream(answer, redacted_url, self._builder.events_of, self._builder.accumulator)

    def __iter__(self) -> Iterator[ChatCompletionStreamEvent[ResponseFormatT]]:
        return self

    def __next__(self) -> ChatCompletionStreamEvent[ResponseFormatT]:
        while not self._ready:
            if self._ended:
                self._check()
                raise StopIteration
            try:
                self._ready += next(self._stream)
            except StopIteration:
                self._end()
            except StreamError as fault:
                self._fail(fault)
                raise
        return self._ready.popleft()

    def until_done(self) -> Self:
        """Consume the remaining events, and return the stream."""
        for _ in self:
            pass
        return self

    def get_final_completion(self) -> ParsedChatCompletion[ResponseFormatT]:
        """Consume the remaining events, and return the completion.

        Raises:
            IncompleteStreamError: The stream ended before the completion was complete.
            StreamError: It failed, now or before, or was closed before its end.
            StructuredOutputError: The completion, which is `.completion`, has no value of the requested type.
        """
        return self.until_done()._final_completion()

    def text_deltas(self) -> Iterator[str]:
        """Yield the pieces of text of the first choice."""
        for event in self:
            if event.type == "content.delta" and event.choice_index == 0 and event.delta:
                yield event.delta

    def close(self) -> None:
        """Close the connection; closing twice is fine."""
        self._stream.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


@publish()
class ChatCompletionStreamManager(Generic[ResponseFormatT]):
    """Sends the request when it is entered, returns the stream of events, and closes it when it is left.

    Args:
        open_stream: Sends the request for a stream with the arguments of `create`; returns the response and the base
            URL for messages.
        arguments: The arguments.

    Raises:
        TypeError: No library can create a JSON Schema for `response_format`.
        SchemaError: The API's strict mode does not support its schema.
    """

    def __init__(self, open_stream: Callable[..., tuple[CallResult, str]], arguments: Mapping[str, Any]) -> None:
        self._open_stream, self._spec = open_stream, OutputSpec(arguments)
        self._arguments = _without_stream(self._spec.arguments)
        self._stream: ChatCompletionStream[ResponseFormatT] | None = None

    def __enter__(self) -> ChatCompletionStream[ResponseFormatT]:
        self._stream = ChatCompletionStream(*self._open_stream(**self._arguments), self._spec)
        return self._stream

    def __exit__(self, *exc: object) -> None:
        if self._stream is not None:
            self._stream.close()


@publish()
class AsyncChatCompletionStream(_BaseEventStream[ResponseFormatT]):
    """The events of a completion, as they arrive; see `ChatCompletionStream`."""

    def __init__(self, answer: CallResult, redacted_url: str, spec: OutputSpec | None = None) -> None:
        super().__init__(spec)
        self._stream = AsyncStream(answer, redacted_url, self._builder.events_of, self._builder.accumulator)

    def __aiter__(self) -> AsyncIterator[ChatCompletionStreamEvent[ResponseFormatT]]:
        return self

    async def __anext__(self) -> ChatCompletionStreamEvent[ResponseFormatT]:
        while not self._ready:
            if self._ended:
                self._check()
                raise StopAsyncIteration
            try:
                self._ready += await anext(self._stream)
            except StopAsyncIteration:
                self._end()
            except StreamError as fault:
                self._fail(fault)
                raise
        return self._ready.popleft()

    async def until_done(self) -> Self:
        """Consume the remaining events, and return the stream."""
        async for _ in self:
            pass
        return self

    async def get_final_completion(self) -> ParsedChatCompletion[ResponseFormatT]:
        """Consume the remaining events, and return the completion; see `ChatCompletionStream.get_final_completion`."""
        return (await self.until_done())._final_completion()

    async def text_deltas(self) -> AsyncIterator[str]:
        """Yield the pieces of text of the first choice."""
        async for event in self:
            if event.type == "content.delta" and event.choice_index == 0 and event.delta:
                yield event.delta

    async def close(self) -> None:
        """Close the connection; closing twice is fine."""
        await self._stream.close()

    async def aclose(self) -> None:
        """Close the connection, for `contextlib.aclosing`; the same as `close`."""
        await self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.close()


@publish()
class AsyncChatCompletionStreamManager(Generic[ResponseFormatT]):
    """Sends the request when it is entered, returns the stream of events, and closes it when it is left.

    Args:
        open_stream: Sends the request for a stream with the arguments of `create`; returns the response and the base
            URL for messages.
        arguments: The arguments.

    Raises:
        TypeError: No library can create a JSON Schema for `response_format`.
        SchemaError: The API's strict mode does not support its schema.
    """

    def __init__(
        self, open_stream: Callable[..., Awaitable[tuple[CallResult, str]]], arguments: Mapping[str, Any]
    ) -> None:
        self._open_stream, self._spec = open_stream, OutputSpec(arguments)
        self._arguments = _without_stream(self._spec.arguments)
        self._stream: AsyncChatCompletionStream[ResponseFormatT] | None = None

    async def __aenter__(self) -> AsyncChatCompletionStream[ResponseFormatT]:
        self._stream = AsyncChatCompletionStream(*await self._open_stream(**self._arguments), self._spec)
        return self._stream

    async def __aexit__(self, *exc: object) -> None:
        if self._stream is not None:
            await self._stream.close()


def _without_stream(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments without `stream`, which is always true here, also in `extra_body`."""
    arguments = {name: value for name, value in arguments.items() if name != "stream"}
    if extra := arguments.get("extra_body"):
        arguments["extra_body"] = {name: value for name, value in extra.items() if name != "stream"}
    return arguments
