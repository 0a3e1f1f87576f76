"""The two shells of `.stream()`: they ask for the stream when they are entered, and return the events of its chunks."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Generic, Self, cast

from chat_completions._streaming.events.parsed_events import event_core
from chat_completions._types import ResponseFormatT
from chat_completions.errors import ChatCompletionsError, IncompleteStreamError, StreamError, StructuredOutputError
from chat_completions.structured.output_spec import OutputSpec

if TYPE_CHECKING:
    import httpx

    from chat_completions._streaming.anomalies import Anomaly
    from chat_completions._streaming.async_stream import AsyncStream
    from chat_completions._streaming.events.events import ChatCompletionStreamEvent
    from chat_completions._streaming.stream import Stream
    from chat_completions._streaming.timings import StreamTimings
    from chat_completions.models import ChatCompletionChunk, ParsedChatCompletion


class _BaseEventStream(Generic[ResponseFormatT]):
    """What the two shells have in common: the view of the core, and how it ended."""

    def __init__(self, stream: Any, asked: OutputSpec | None) -> None:
        self._stream = stream
        self._info = stream._info
        self._core = event_core(self._info, asked or OutputSpec({}))
        stream._core.give(self._core)
        self._ready: deque[ChatCompletionStreamEvent[ResponseFormatT]] = deque()
        self._ended = False
        self._fault: StreamError | StructuredOutputError | None = None

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
        """What the server did that the specification does not say, and how it was understood."""
        return self._core.fold.anomalies

    @property
    def timings(self) -> StreamTimings:
        """How long what took so far, as the time to the first token; also after the end, a fault or `close()`."""
        return cast("StreamTimings", self._stream.timings)

    @property
    def current_completion_snapshot(self) -> ParsedChatCompletion[ResponseFormatT]:
        """The completion folded from the chunks whose events have come.

        It is made anew at each reading, at a cost that grows with the completion. Where the reply has a type, `parsed`
        is its value once the choice is finished, and before that the plain JSON that its text says so far.

        Raises:
            ChatCompletionsError: No chunk has come yet.
        """
        if (completion := self._core.completion()) is None:
            raise ChatCompletionsError("there is no completion yet: no chunk has come; iterate the stream first")
        return completion

    def _end(self) -> None:
        """Record that the stream has given all that it will."""
        self._ended = True
        if self._stream._core.done:
            last: list[Any] = list(self._core.last_events())
            self._ready += last

    def _fail(self, fault: StreamError) -> None:
        """Record that the stream has failed: it has no final completion, whenever that is asked for."""
        self._ended, self._fault = True, fault

    def _judge(self) -> None:
        """Raise, once and after the last event, what the completion lacks of what was asked for."""
        if self._fault is None:
            try:
                self._core.judge()
            except StructuredOutputError as fault:
                self._fault = fault
                raise

    def _final_completion(self) -> ParsedChatCompletion[ResponseFormatT]:
        if self._fault is not None:
            raise self._fault
        completion = self._core.final_completion()
        if completion is None:
            raise IncompleteStreamError("the stream ended before any chunk came", request_id=self.request_id)
        return completion


class ChatCompletionStream(_BaseEventStream[ResponseFormatT]):
    """The events of a completion, as they arrive.

    Iterate it once. Leaving the `with` lets go of the connection, wherever the iteration was left.

    Raises:
        IncompleteStreamError: The stream ended before the completion was complete; `.partial` is what had arrived.
        StreamError: The stream failed, or the server reported an error in it; `.partial` is what had arrived.
        StructuredOutputError: After the last event: the completion has no value of the type that it was asked for.
    """

    def __init__(self, stream: Stream[ChatCompletionChunk], asked: OutputSpec | None = None) -> None:
        super().__init__(stream, asked)

    def __iter__(self) -> Iterator[ChatCompletionStreamEvent[ResponseFormatT]]:
        return self

    def __next__(self) -> ChatCompletionStreamEvent[ResponseFormatT]:
        while not self._ready:
            if self._ended:
                self._judge()
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
        """Consume what is left, and return the stream."""
        for _ in self:
            pass
        return self

    def get_final_completion(self) -> ParsedChatCompletion[ResponseFormatT]:
        """Consume what is left, and return the completion.

        Raises:
            IncompleteStreamError: The stream ended before the completion was complete.
            StreamError: It failed, now or before, or was closed before its end.
            StructuredOutputError: The completion has no value of the type that it was asked for; it is `.completion`.
        """
        return self.until_done()._final_completion()

    def text_deltas(self) -> Iterator[str]:
        """Iterate the stream as the pieces of text of its first choice."""
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


class ChatCompletionStreamManager(Generic[ResponseFormatT]):
    """Sends the request when it is entered, gives the stream of events, and closes it when it is left.

    Args:
        create: `Completions.create`.
        arguments: What to call it with; `stream` is always true.

    Raises:
        TypeError: `response_format` is no type of which a library knows the JSON Schema.
        SchemaError: The API's strict mode has no schema for it.
    """

    def __init__(self, create: Callable[..., Any], arguments: Mapping[str, Any]) -> None:
        self._create, self._asked = create, OutputSpec(arguments)
        self._arguments = _streamed(self._asked.arguments)
        self._stream: ChatCompletionStream[ResponseFormatT] | None = None

    def __enter__(self) -> ChatCompletionStream[ResponseFormatT]:
        self._stream = ChatCompletionStream(self._create(**self._arguments), self._asked)
        return self._stream

    def __exit__(self, *exc: object) -> None:
        if self._stream is not None:
            self._stream.close()


class AsyncChatCompletionStream(_BaseEventStream[ResponseFormatT]):
    """The events of a completion, as they arrive; see `ChatCompletionStream`."""

    def __init__(self, stream: AsyncStream[ChatCompletionChunk], asked: OutputSpec | None = None) -> None:
        super().__init__(stream, asked)

    def __aiter__(self) -> AsyncIterator[ChatCompletionStreamEvent[ResponseFormatT]]:
        return self

    async def __anext__(self) -> ChatCompletionStreamEvent[ResponseFormatT]:
        while not self._ready:
            if self._ended:
                self._judge()
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
        """Consume what is left, and return the stream."""
        async for _ in self:
            pass
        return self

    async def get_final_completion(self) -> ParsedChatCompletion[ResponseFormatT]:
        """Consume what is left, and return the completion; see `ChatCompletionStream.get_final_completion`."""
        return (await self.until_done())._final_completion()

    async def text_deltas(self) -> AsyncIterator[str]:
        """Iterate the stream as the pieces of text of its first choice."""
        async for event in self:
            if event.type == "content.delta" and event.choice_index == 0 and event.delta:
                yield event.delta

    async def close(self) -> None:
        """Close the connection; closing twice is fine."""
        await self._stream.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.close()


class AsyncChatCompletionStreamManager(Generic[ResponseFormatT]):
    """Sends the request when it is entered, gives the stream of events, and closes it when it is left.

    Args:
        create: `AsyncCompletions.create`.
        arguments: What to call it with; `stream` is always true.

    Raises:
        TypeError: `response_format` is no type of which a library knows the JSON Schema.
        SchemaError: The API's strict mode has no schema for it.
    """

    def __init__(self, create: Callable[..., Awaitable[Any]], arguments: Mapping[str, Any]) -> None:
        self._create, self._asked = create, OutputSpec(arguments)
        self._arguments = _streamed(self._asked.arguments)
        self._stream: AsyncChatCompletionStream[ResponseFormatT] | None = None

    async def __aenter__(self) -> AsyncChatCompletionStream[ResponseFormatT]:
        self._stream = AsyncChatCompletionStream(await self._create(**self._arguments), self._asked)
        return self._stream

    async def __aexit__(self, *exc: object) -> None:
        if self._stream is not None:
            await self._stream.close()


def _streamed(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments with `stream` true, whatever `extra_body` says of it."""
    extra = arguments.get("extra_body")
    body = {"extra_body": {key: value for key, value in extra.items() if key != "stream"}} if extra else {}
    return {**arguments, **body, "stream": True}
