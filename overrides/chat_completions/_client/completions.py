"""`client.chat.completions`: the operations of the API, sync and async."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Literal, overload

from chat_completions._client.operations import (
    completion_of,
    create_call,
    fetch_page,
    fetch_page_async,
    open_stream,
    open_stream_async,
    parse_call,
)
from chat_completions._client.signatures import listing
from chat_completions._contract import generated
from chat_completions._traceback_locals import forgetful

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from typing import Unpack

    from chat_completions._client.argument_types import (
        CreateArguments,
        ListArguments,
        ParseArguments,
        ParseRunToolsArguments,
        RunToolsArguments,
    )
    from chat_completions._client.raw_response import AsyncCompletionsWithRawResponse, CompletionsWithRawResponse
    from chat_completions._client.streaming_response import (
        AsyncCompletionsWithStreamingResponse,
        CompletionsWithStreamingResponse,
    )
    from chat_completions._pagination.pages import AsyncPages, Page
    from chat_completions._streaming.async_stream import AsyncStream
    from chat_completions._streaming.events.event_stream import (
        AsyncChatCompletionStreamManager,
        ChatCompletionStreamManager,
    )
    from chat_completions._streaming.stream import Stream
    from chat_completions._transport.sender import AsyncSender, Sender
    from chat_completions._types import ResponseFormatT
    from chat_completions.models import ChatCompletion, ChatCompletionChunk, ParsedChatCompletion
    from chat_completions.toolkit.run_stream import AsyncToolRunStream, ToolRunStream
    from chat_completions.toolkit.tool_run import ToolRun


class Completions:
    """The operations on chat completions."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender

    def __repr__(self) -> str:
        return f"{type(self).__name__}(base_url={self._sender.settings.redacted_url()!r})"

    @functools.cached_property
    def with_raw_response(self) -> CompletionsWithRawResponse:
        """The same operations, which return the HTTP response before it is decoded."""
        from chat_completions._client.raw_response import CompletionsWithRawResponse

        return CompletionsWithRawResponse(self._sender)

    @functools.cached_property
    def with_streaming_response(self) -> CompletionsWithStreamingResponse:
        """The same operations, which return the HTTP response before its body is read, in a `with`."""
        from chat_completions._client.streaming_response import CompletionsWithStreamingResponse

        return CompletionsWithStreamingResponse(self._sender)

    @overload
    def create(
        self, *, stream: Literal[False] | None = None, **arguments: Unpack[CreateArguments]
    ) -> ChatCompletion: ...
    @overload
    def create(self, *, stream: Literal[True], **arguments: Unpack[CreateArguments]) -> Stream[ChatCompletionChunk]: ...
    @overload
    def create(
        self, *, stream: bool | None, **arguments: Unpack[CreateArguments]
    ) -> ChatCompletion | Stream[ChatCompletionChunk]: ...
    @listing(generated.CREATE_FIELDS)
    @forgetful
    def create(self, *, stream: bool | None = None, **arguments: Any) -> Any:
        """Create a chat completion.

        Args:
            stream: Whether to return the reply as a stream of chunks.
            arguments: The fields of the request, under the specification's names: dicts and models may be mixed, None
                is sent as null, and omitted fields are not sent. Besides them `extra_headers`, `extra_query`,
                `extra_body` (fields that only some servers know), `timeout` (seconds without a byte), `deadline`
                (seconds for the whole call), `idle_timeout` (seconds without an event), `done_timeout` (seconds for
                the end of a stream whose choices have finished) and `max_retries`.

        Returns:
            The completion; with `stream=True`, the stream of its chunks.

        Raises:
            TypeError: An argument does not exist.
            RequestValidationError: A field contains a value that cannot be encoded as JSON.
            APIError: The call failed.
        """
        call = create_call(stream, arguments, self._sender.settings.validate)
        answer = self._sender.send(call)
        if not call.stream:
            return completion_of(answer, answer.redacted_url)
        from chat_completions._streaming.stream import chunk_stream

        answer.resend = self._sender.resend
        return chunk_stream(answer, answer.redacted_url)

    @overload
    def parse(self, **arguments: Unpack[ParseArguments[ResponseFormatT]]) -> ParsedChatCompletion[ResponseFormatT]: ...
    @overload
    def parse(self, **arguments: Unpack[CreateArguments]) -> ParsedChatCompletion[None]: ...
    @listing(generated.CREATE_FIELDS)
    @forgetful
    def parse(self, **arguments: Any) -> Any:
        """Create a chat completion and parse its reply into a value of a type.

        Args:
            arguments: Those of `create`; `response_format` may be a type: a pydantic model, msgspec Struct,
                attrs class, dataclass or TypedDict (with the extra `pydantic` or `msgspec`). Its JSON Schema is sent,
                in the form that the API's strict mode supports. With a dict or without `response_format`, only the
                arguments of tool calls whose type is known are parsed.

        Returns:
            The completion; `choices[0].message.parsed` is the value, or None after a refusal and with tool calls.

        Raises:
            ImportError: The type needs a library that is not installed.
            TypeError: No library can create a JSON Schema for the type, or an argument does not exist.
            SchemaError: The API's strict mode has no schema for the type.
            LengthFinishReasonError: The reply was cut off at the token limit; `.completion` is what was received.
            ContentFilterFinishReasonError: The reply was cut off by the content filter.
            OutputValidationError: The reply is not a value of the type; `.error` says why.
            APIError: The call failed.
        """
        call, decode = parse_call(arguments, self._sender.settings.validate)
        answer = self._sender.send(call)
        return decode(answer, answer.redacted_url)

    @overload
    def stream(
        self, **arguments: Unpack[ParseArguments[ResponseFormatT]]
    ) -> ChatCompletionStreamManager[ResponseFormatT]: ...
    @overload
    def stream(self, **arguments: Unpack[CreateArguments]) -> ChatCompletionStreamManager[None]: ...
    @listing(generated.CREATE_FIELDS)
    @forgetful
    def stream(self, **arguments: Any) -> Any:
        """Create a chat completion and stream its reply as typed events.

        Args:
            arguments: Those of `create`; `response_format` may be a type, as `parse` takes it.

        Returns:
            A context manager, which sends the request on entry and closes the connection on exit.
        """
        from chat_completions._streaming.events.event_stream import ChatCompletionStreamManager

        return ChatCompletionStreamManager(functools.partial(open_stream, self._sender), arguments)

    @listing(generated.LIST_FIELDS)
    @forgetful
    def list(self, **arguments: Unpack[ListArguments]) -> Page:
        """List the completions that were created with `store=True`.

        Args:
            arguments: `model`, `metadata`, `after` (the id of the last completion seen), `limit` (per page),
                `order`, and `max_items` (completions in all); besides them `extra_headers`, `extra_query`, `timeout`,
                `deadline` and `max_retries`.

        Returns:
            The first page; iterating it yields all completions and fetches the other pages as needed.

        Raises:
            TypeError: An argument does not exist.
            APIError: The call failed.
        """
        from chat_completions._pagination.cursor import listing_of
        from chat_completions._pagination.pages import Page

        listing = listing_of(arguments)
        fetch = functools.partial(fetch_page, self._sender)
        return Page(fetch(listing), listing, fetch)

    @overload
    def run_tools(
        self, *, stream: Literal[True], **arguments: Unpack[ParseRunToolsArguments[ResponseFormatT]]
    ) -> ToolRunStream[ResponseFormatT]: ...
    @overload
    def run_tools(self, *, stream: Literal[True], **arguments: Unpack[RunToolsArguments]) -> ToolRunStream[None]: ...
    @overload
    def run_tools(
        self, *, stream: Literal[False] = False, **arguments: Unpack[ParseRunToolsArguments[ResponseFormatT]]
    ) -> ToolRun[ResponseFormatT]: ...
    @overload
    def run_tools(self, *, stream: Literal[False] = False, **arguments: Unpack[RunToolsArguments]) -> ToolRun[None]: ...
    @listing(generated.CREATE_FIELDS)
    @forgetful
    def run_tools(self, *, stream: bool = False, **arguments: Any) -> Any:
        """Run a conversation with tools: call what the model calls, send it the results, and repeat until it answers.

        Args:
            stream: Whether to return a stream of the run's events.
            arguments: Those of `create`; `tools` may hold functions (see `function_tool`), and `response_format` may
                be a type, as in `parse`. `deadline` applies to the whole run. Besides them `max_rounds` (how many
                answers the model may write, 10 by default), and `on_tool_error`: "tell" sends a tool's error to the
                model, "raise" ends the run with it, and a function returns the text to send.

        Returns:
            The run: the answer, the transcript, and the tool calls; with `stream=True`, a context manager that yields
            its events.

        Raises:
            TypeError: A tool is not valid, or is async.
            ToolRoundsError: The model still called tools in the last round.
            ToolFailedError: A tool raised an exception, with `on_tool_error="raise"`.
            StructuredOutputError: The answer was cut off in its tool calls, or is not a value of the type.
            APIError: A call of the API failed. All errors that end a run hold it as `.run`, as far as it got.
        """
        from chat_completions.toolkit.run_stream import ToolRunStream, tool_loop_for
        from chat_completions.toolkit.runners import ToolRunner

        loop = tool_loop_for(arguments, self._sender.settings.deadline, runs_async=False)
        opener = functools.partial(open_stream, self._sender) if stream else None
        run = ToolRunStream[Any](ToolRunner(self.create, loop, opener), loop)
        return run if stream else run.get_final_run()


class AsyncCompletions:
    """The operations on chat completions; see `Completions`."""

    def __init__(self, sender: AsyncSender) -> None:
        self._sender = sender

    def __repr__(self) -> str:
        return f"{type(self).__name__}(base_url={self._sender.settings.redacted_url()!r})"

    @functools.cached_property
    def with_raw_response(self) -> AsyncCompletionsWithRawResponse:
        """The same operations, which return the HTTP response before it is decoded."""
        from chat_completions._client.raw_response import AsyncCompletionsWithRawResponse

        return AsyncCompletionsWithRawResponse(self._sender)

    @functools.cached_property
    def with_streaming_response(self) -> AsyncCompletionsWithStreamingResponse:
        """The same operations, which return the HTTP response before its body is read, in an `async with`."""
        from chat_completions._client.streaming_response import AsyncCompletionsWithStreamingResponse

        return AsyncCompletionsWithStreamingResponse(self._sender)

    @overload
    async def create(
        self, *, stream: Literal[False] | None = None, **arguments: Unpack[CreateArguments]
    ) -> ChatCompletion: ...
    @overload
    async def create(
        self, *, stream: Literal[True], **arguments: Unpack[CreateArguments]
    ) -> AsyncStream[ChatCompletionChunk]: ...
    @overload
    async def create(
        self, *, stream: bool | None, **arguments: Unpack[CreateArguments]
    ) -> ChatCompletion | AsyncStream[ChatCompletionChunk]: ...
    @listing(generated.CREATE_FIELDS)
    @forgetful
    async def create(self, *, stream: bool | None = None, **arguments: Any) -> Any:
        """Create a chat completion; see `Completions.create`."""
        call = create_call(stream, arguments, self._sender.settings.validate)
        answer = await self._sender.send(call)
        if not call.stream:
            return completion_of(answer, answer.redacted_url)
        from chat_completions._streaming.async_stream import async_chunk_stream

        answer.resend = self._sender.resend
        return async_chunk_stream(answer, answer.redacted_url)

    @overload
    async def parse(
        self, **arguments: Unpack[ParseArguments[ResponseFormatT]]
    ) -> ParsedChatCompletion[ResponseFormatT]: ...
    @overload
    async def parse(self, **arguments: Unpack[CreateArguments]) -> ParsedChatCompletion[None]: ...
    @listing(generated.CREATE_FIELDS)
    @forgetful
    async def parse(self, **arguments: Any) -> Any:
        """Create a chat completion and parse its reply into a value of a type; see `Completions.parse`."""
        call, decode = parse_call(arguments, self._sender.settings.validate)
        answer = await self._sender.send(call)
        return decode(answer, answer.redacted_url)

    @overload
    def stream(
        self, **arguments: Unpack[ParseArguments[ResponseFormatT]]
    ) -> AsyncChatCompletionStreamManager[ResponseFormatT]: ...
    @overload
    def stream(self, **arguments: Unpack[CreateArguments]) -> AsyncChatCompletionStreamManager[None]: ...
    @listing(generated.CREATE_FIELDS)
    @forgetful
    def stream(self, **arguments: Any) -> Any:
        """Create a chat completion and stream its reply as typed events; see `Completions.stream`."""
        from chat_completions._streaming.events.event_stream import AsyncChatCompletionStreamManager

        return AsyncChatCompletionStreamManager(functools.partial(open_stream_async, self._sender), arguments)

    @listing(generated.LIST_FIELDS)
    @forgetful
    def list(self, **arguments: Unpack[ListArguments]) -> AsyncPages:
        """List the completions that were created with `store=True`; see `Completions.list`.

        Returns:
            An object to await for the first page, or to iterate with `async for` for all completions.
        """
        from chat_completions._pagination.cursor import listing_of
        from chat_completions._pagination.pages import AsyncPages

        return AsyncPages(listing_of(arguments), functools.partial(fetch_page_async, self._sender))

    @overload
    def run_tools(
        self,
        *,
        stream: Literal[True],
        max_concurrency: int = ...,
        **arguments: Unpack[ParseRunToolsArguments[ResponseFormatT]],
    ) -> AsyncToolRunStream[ResponseFormatT]: ...
    @overload
    def run_tools(
        self, *, stream: Literal[True], max_concurrency: int = ..., **arguments: Unpack[RunToolsArguments]
    ) -> AsyncToolRunStream[None]: ...
    @overload
    def run_tools(
        self,
        *,
        stream: Literal[False] = False,
        max_concurrency: int = ...,
        **arguments: Unpack[ParseRunToolsArguments[ResponseFormatT]],
    ) -> Coroutine[Any, Any, ToolRun[ResponseFormatT]]: ...
    @overload
    def run_tools(
        self, *, stream: Literal[False] = False, max_concurrency: int = ..., **arguments: Unpack[RunToolsArguments]
    ) -> Coroutine[Any, Any, ToolRun[None]]: ...
    @listing(generated.CREATE_FIELDS)
    @forgetful
    def run_tools(self, *, stream: bool = False, max_concurrency: int = 10, **arguments: Any) -> Any:
        """Run a conversation with tools until the model answers; see `Completions.run_tools`.

        Tools may be async; others run in threads. The calls of one answer run concurrently.

        Args:
            stream: Whether to return a stream of the run's events.
            max_concurrency: How many calls may run at once.
            arguments: Those of `Completions.run_tools`.

        Returns:
            An awaitable for the run; with `stream=True`, an async context manager that yields its events.
        """
        from chat_completions.toolkit.run_stream import AsyncToolRunStream, tool_loop_for
        from chat_completions.toolkit.runners import AsyncToolRunner

        loop = tool_loop_for(arguments, self._sender.settings.deadline, runs_async=True)
        opener = functools.partial(open_stream_async, self._sender) if stream else None
        runner = AsyncToolRunner(self.create, loop, opener, max_concurrency=max_concurrency)
        run = AsyncToolRunStream[Any](runner, loop)
        return run if stream else run.get_final_run()
