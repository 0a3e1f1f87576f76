"""`with_streaming_response`: the same operations, which return the HTTP response before its body is read."""

from __future__ import annotations

import functools
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar, overload

from chat_completions._client.operations import (
    completion_of,
    create_call,
    fetch_page,
    fetch_page_async,
    json_of,
    list_call,
    page_of,
    parse_call,
)
from chat_completions._client.raw_response import ResponseHead
from chat_completions._client.signatures import listing
from chat_completions._contract import generated
from chat_completions._pagination.cursor import listing_of
from chat_completions._pagination.pages import AsyncPage, Page
from chat_completions._streaming.async_stream import async_chunk_stream
from chat_completions._streaming.stream import chunk_stream
from chat_completions._traceback_locals import forget_locals, forgetful
from chat_completions._transport.error_mapping import connection_error, text_of
from chat_completions._transport.response_body import aread_body, pieces_by, read_body
from chat_completions._types import publish
from chat_completions.errors import APITimeoutError, ChatCompletionsError

if TYPE_CHECKING:
    from typing import Unpack

    from chat_completions._client.argument_types import CreateArguments, ListArguments, ParseArguments
    from chat_completions._streaming.async_stream import AsyncStream
    from chat_completions._streaming.stream import Stream
    from chat_completions._transport.call import Call, CallResult
    from chat_completions._transport.sender import AsyncSender, Sender
    from chat_completions._types import ResponseFormatT
    from chat_completions.models import ChatCompletion, ChatCompletionChunk, ParsedChatCompletion

T = TypeVar("T")
Piece = TypeVar("Piece", bytes, str)


class _Body(ResponseHead[T]):
    """The base class of the two responses: how reading a body fails, and its limits.

    Args:
        answer: The result of the call, whose body has not been read.
        decode: Decodes the result.
        url: The URL of the API, for messages.
        is_stream: Whether it decodes to a stream, which reads the body itself.
    """

    def __init__(
        self, answer: CallResult, decode: Callable[[CallResult, str], T], url: str, *, is_stream: bool
    ) -> None:
        super().__init__(answer, decode, url)
        self._ends_at = answer.ends_at
        self._limit = answer.max_response_bytes
        self._is_stream = is_stream
        self._operation = answer.operation

    def _on_end(self, error: ChatCompletionsError | None = None) -> None:
        """Notify the observer that reading the body is over; a stream does so itself."""
        if self._operation is not None and not (self._is_stream and self._parsed is not None):
            self._operation.on_body_end(self.http_response, error)

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """Raise this package's errors for failures while the body is read."""
        try:
            yield
        except ChatCompletionsError as known:
            forget_locals(known)
            self._on_end(known)
            raise
        except Exception as failure:
            forget_locals(failure)
            # httpx and httpx2 have classes of the same name, which are not related.
            if type(failure).__name__ == "StreamConsumed":
                raise ChatCompletionsError(
                    "the body has already been iterated; to use it twice, call read() first"
                ) from failure
            error = connection_error(failure, self._url)
            if error is None:
                raise
            self._on_end(error)
            raise error from failure

    def _check_time(self) -> None:
        if self._ends_at is not None and time.monotonic() >= self._ends_at:
            raise APITimeoutError("the deadline passed before the whole body was read")


@publish()
class APIResponse(_Body[T]):
    """An HTTP response whose body is read on request; leaving the `with` closes the connection.

    The methods that read the body raise an APIConnectionError if it breaks off, and an APITimeoutError if it stalls.
    """

    def read(self) -> bytes:
        """Read the body and return its bytes; further calls return the same.

        Raises:
            ResponseTooLargeError: The body is larger than the client's `max_response_bytes`.
        """
        with self._reading():
            read_body(self.http_response, self._limit, self._ends_at)
            return self.http_response.content

    def text(self) -> str:
        """Read the body and return it as text."""
        self.read()
        return text_of(self.http_response)

    def json(self) -> Any:
        """Read the body and return it as plain JSON.

        Raises:
            APIResponseValidationError: The body is not JSON.
        """
        self.read()
        return json_of(self.http_response)

    def parse(self) -> T:
        """Return what the plain operation returns, always the same object; a stream reads the body as it is iterated.

        Raises:
            APIResponseValidationError: The body cannot be decoded.
        """
        if self._parsed is None:
            if not self._is_stream:
                self.read()
            self._parsed = self._parse()
        return self._parsed

    def iter_bytes(self, chunk_size: int | None = None) -> Iterator[bytes]:
        """Iterate the body as it arrives, decompressed.

        Args:
            chunk_size: The size of the pieces in bytes; None for pieces as they arrive.
        """
        return self._iterate(self.http_response.iter_bytes(chunk_size))

    def iter_text(self, chunk_size: int | None = None) -> Iterator[str]:
        """Iterate the body as it arrives, as text.

        Args:
            chunk_size: The length of the pieces in characters; None for pieces as they arrive.
        """
        return self._iterate(self.http_response.iter_text(chunk_size))

    def iter_lines(self) -> Iterator[str]:
        """Iterate the body as it arrives, line by line."""
        return self._iterate(self.http_response.iter_lines())

    def _iterate(self, pieces: Iterator[Piece]) -> Iterator[Piece]:
        with self._reading():
            for piece in pieces:
                self._check_time()
                yield piece

    def close(self) -> None:
        """Close the connection; closing twice is fine."""
        self._on_end()
        self.http_response.close()


@publish()
class AsyncAPIResponse(_Body[T]):
    """An HTTP response whose body is read on request; see `APIResponse`."""

    async def read(self) -> bytes:
        """Read the body and return its bytes; see `APIResponse.read`."""
        with self._reading():
            await aread_body(self.http_response, self._limit, self._ends_at)
            return self.http_response.content

    async def text(self) -> str:
        """Read the body and return it as text."""
        await self.read()
        return text_of(self.http_response)

    async def json(self) -> Any:
        """Read the body and return it as plain JSON."""
        await self.read()
        return json_of(self.http_response)

    async def parse(self) -> T:
        """Return what the plain operation returns; see `APIResponse.parse`."""
        if self._parsed is None:
            if not self._is_stream:
                await self.read()
            self._parsed = self._parse()
        return self._parsed

    def iter_bytes(self, chunk_size: int | None = None) -> AsyncIterator[bytes]:
        """Iterate the body as it arrives, decompressed; see `APIResponse.iter_bytes`."""
        return self._iterate(self.http_response.aiter_bytes(chunk_size))

    def iter_text(self, chunk_size: int | None = None) -> AsyncIterator[str]:
        """Iterate the body as it arrives, as text; see `APIResponse.iter_text`."""
        return self._iterate(self.http_response.aiter_text(chunk_size))

    def iter_lines(self) -> AsyncIterator[str]:
        """Iterate the body as it arrives, line by line."""
        return self._iterate(self.http_response.aiter_lines())

    async def _iterate(self, pieces: AsyncIterator[Piece]) -> AsyncIterator[Piece]:
        with self._reading():
            async for piece in pieces_by(self._ends_at, pieces):
                yield piece

    async def close(self) -> None:
        """Close the connection; closing twice is fine."""
        self._on_end()
        await self.http_response.aclose()


class ResponseContextManager(Generic[T]):
    """Sends the request on entry and closes the connection on exit."""

    def __init__(self, respond: Callable[[], APIResponse[T]]) -> None:
        self._respond = respond
        self._response: APIResponse[T] | None = None

    def __enter__(self) -> APIResponse[T]:
        self._response = self._respond()
        return self._response

    def __exit__(self, *exc: object) -> None:
        if self._response is not None:
            self._response.close()


class AsyncResponseContextManager(Generic[T]):
    """Sends the request on entry and closes the connection on exit."""

    def __init__(self, respond: Callable[[], Awaitable[AsyncAPIResponse[T]]]) -> None:
        self._respond = respond
        self._response: AsyncAPIResponse[T] | None = None

    async def __aenter__(self) -> AsyncAPIResponse[T]:
        self._response = await self._respond()
        return self._response

    async def __aexit__(self, *exc: object) -> None:
        if self._response is not None:
            await self._response.close()


class CompletionsWithStreamingResponse:
    """The operations on chat completions, which return an `APIResponse` in a `with`."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender

    @overload
    def create(
        self, *, stream: Literal[False] | None = None, **arguments: Unpack[CreateArguments]
    ) -> ResponseContextManager[ChatCompletion]: ...
    @overload
    def create(
        self, *, stream: Literal[True], **arguments: Unpack[CreateArguments]
    ) -> ResponseContextManager[Stream[ChatCompletionChunk]]: ...
    @overload
    def create(self, *, stream: bool | None, **arguments: Unpack[CreateArguments]) -> ResponseContextManager[Any]: ...
    @listing(generated.CREATE_FIELDS)
    @forgetful
    def create(self, *, stream: bool | None = None, **arguments: Any) -> Any:
        """Create a chat completion; see `Completions.create`."""
        call = create_call(stream, arguments, self._sender.settings.validate)
        return self._opened(call, chunk_stream if call.stream else completion_of)

    @overload
    def parse(
        self, **arguments: Unpack[ParseArguments[ResponseFormatT]]
    ) -> ResponseContextManager[ParsedChatCompletion[ResponseFormatT]]: ...
    @overload
    def parse(self, **arguments: Unpack[CreateArguments]) -> ResponseContextManager[ParsedChatCompletion[None]]: ...
    @listing(generated.CREATE_FIELDS)
    @forgetful
    def parse(self, **arguments: Any) -> Any:
        """Create a chat completion whose reply is parsed into a value of a type; see `Completions.parse`."""
        return self._opened(*parse_call(arguments, self._sender.settings.validate))

    @listing(generated.LIST_FIELDS)
    @forgetful
    def list(self, **arguments: Unpack[ListArguments]) -> ResponseContextManager[Page]:
        """List the completions that were created with `store=True`; see `Completions.list`."""
        listing = listing_of(arguments)
        fetch = functools.partial(fetch_page, self._sender)
        return self._opened(
            list_call(listing.arguments), lambda answer, url: Page(page_of(answer, url), listing, fetch)
        )

    def _opened(self, call: Call, decode: Callable[[CallResult, str], T]) -> ResponseContextManager[T]:
        call.stream_body = True

        def respond() -> APIResponse[T]:
            answer = self._sender.send(call)
            return APIResponse(answer, decode, answer.redacted_url, is_stream=call.stream)

        return ResponseContextManager(respond)


class AsyncCompletionsWithStreamingResponse:
    """The operations on chat completions, which return an `AsyncAPIResponse` in an `async with`."""

    def __init__(self, sender: AsyncSender) -> None:
        self._sender = sender

    @overload
    def create(
        self, *, stream: Literal[False] | None = None, **arguments: Unpack[CreateArguments]
    ) -> AsyncResponseContextManager[ChatCompletion]: ...
    @overload
    def create(
        self, *, stream: Literal[True], **arguments: Unpack[CreateArguments]
    ) -> AsyncResponseContextManager[AsyncStream[ChatCompletionChunk]]: ...
    @overload
    def create(
        self, *, stream: bool | None, **arguments: Unpack[CreateArguments]
    ) -> AsyncResponseContextManager[Any]: ...
    @listing(generated.CREATE_FIELDS)
    @forgetful
    def create(self, *, stream: bool | None = None, **arguments: Any) -> Any:
        """Create a chat completion; see `Completions.create`."""
        call = create_call(stream, arguments, self._sender.settings.validate)
        return self._opened(call, async_chunk_stream if call.stream else completion_of)

    @overload
    def parse(
        self, **arguments: Unpack[ParseArguments[ResponseFormatT]]
    ) -> AsyncResponseContextManager[ParsedChatCompletion[ResponseFormatT]]: ...
    @overload
    def parse(
        self, **arguments: Unpack[CreateArguments]
    ) -> AsyncResponseContextManager[ParsedChatCompletion[None]]: ...
    @listing(generated.CREATE_FIELDS)
    @forgetful
    def parse(self, **arguments: Any) -> Any:
        """Create a chat completion whose reply is parsed into a value of a type; see `Completions.parse`."""
        return self._opened(*parse_call(arguments, self._sender.settings.validate))

    @listing(generated.LIST_FIELDS)
    @forgetful
    def list(self, **arguments: Unpack[ListArguments]) -> AsyncResponseContextManager[AsyncPage]:
        """List the completions that were created with `store=True`; see `Completions.list`."""
        listing = listing_of(arguments)
        fetch = functools.partial(fetch_page_async, self._sender)
        return self._opened(
            list_call(listing.arguments), lambda answer, url: AsyncPage(page_of(answer, url), listing, fetch)
        )

    def _opened(self, call: Call, decode: Callable[[CallResult, str], T]) -> AsyncResponseContextManager[T]:
        call.stream_body = True

        async def respond() -> AsyncAPIResponse[T]:
            answer = await self._sender.send(call)
            return AsyncAPIResponse(answer, decode, answer.redacted_url, is_stream=call.stream)

        return AsyncResponseContextManager(respond)
