"""`with_raw_response`: the same operations, which return the HTTP response before it is decoded."""

from __future__ import annotations

import functools
from collections.abc import Callable
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
from chat_completions._client.signatures import listing
from chat_completions._contract import generated
from chat_completions._pagination.cursor import listing_of
from chat_completions._pagination.pages import AsyncPage, Page
from chat_completions._streaming.async_stream import async_chunk_stream
from chat_completions._streaming.stream import chunk_stream
from chat_completions._traceback_locals import forgetful
from chat_completions._transport.call import info_of
from chat_completions._transport.error_mapping import text_of

if TYPE_CHECKING:
    from datetime import timedelta
    from typing import Unpack

    import httpx

    from chat_completions._client.argument_types import CreateArguments, ListArguments, ParseArguments
    from chat_completions._streaming.async_stream import AsyncStream
    from chat_completions._streaming.stream import Stream
    from chat_completions._transport.call import Call, CallResult
    from chat_completions._transport.sender import AsyncSender, Sender
    from chat_completions._types import ResponseFormatT
    from chat_completions.models import ChatCompletion, ChatCompletionChunk, ParsedChatCompletion

T = TypeVar("T")


class ResponseHead(Generic[T]):
    """The status and headers of an HTTP response, and what decodes its body.

    Attributes:
        http_response: The httpx response.
    """

    def __init__(self, answer: CallResult, decode: Callable[[CallResult, str], T], url: str) -> None:
        self._info = info_of(answer)
        self._url = url
        self._parse: Callable[[], T] = lambda: decode(answer, url)
        self._parsed: T | None = None
        self.http_response: httpx.Response = answer.response

    @property
    def http_request(self) -> httpx.Request:
        """The httpx request."""
        return self.http_response.request

    @property
    def headers(self) -> httpx.Headers:
        """The response's headers."""
        return self.http_response.headers

    @property
    def status_code(self) -> int:
        """The response's status."""
        return self.http_response.status_code

    @property
    def request_id(self) -> str | None:
        """The id under which the server logged the request."""
        return self._info.request_id

    @property
    def retries_taken(self) -> int:
        """The number of attempts that failed before this response."""
        return sum(attempt.delay is not None for attempt in self._info.attempts)

    @property
    def url(self) -> httpx.URL:
        """The URL of the request, with its query."""
        return self.http_response.url

    @property
    def method(self) -> str:
        """The request's method."""
        return self.http_request.method

    @property
    def http_version(self) -> str:
        """The protocol, such as `HTTP/1.1`."""
        return self.http_response.http_version

    @property
    def elapsed(self) -> timedelta:
        """The time from the request to the end of the body.

        Raises:
            RuntimeError: The response has not been read or closed.
        """
        return self.http_response.elapsed

    @property
    def is_closed(self) -> bool:
        """Whether the body has been read to its end, or the response closed."""
        return self.http_response.is_closed

    def __repr__(self) -> str:
        return f"<{type(self).__name__} [{self.status_code} {self.http_response.reason_phrase}]>"


class RawResponse(ResponseHead[T]):
    """An HTTP response with its body, which `parse` decodes."""

    @property
    def content(self) -> bytes:
        """The body, in bytes; not for a stream."""
        return self.http_response.content

    @property
    def text(self) -> str:
        """The body as text; not for a stream."""
        return text_of(self.http_response)

    def json(self) -> Any:
        """Return the body as plain JSON; not for a stream.

        Raises:
            APIResponseValidationError: The body is not JSON.
        """
        return json_of(self.http_response)

    def parse(self) -> T:
        """Decode the body to what the plain operation returns; always the same object.

        Raises:
            APIResponseValidationError: The body cannot be decoded.
        """
        if self._parsed is None:
            self._parsed = self._parse()
        return self._parsed


class CompletionsWithRawResponse:
    """The operations on chat completions, which return a `RawResponse`."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender

    @overload
    def create(
        self, *, stream: Literal[False] | None = None, **arguments: Unpack[CreateArguments]
    ) -> RawResponse[ChatCompletion]: ...
    @overload
    def create(
        self, *, stream: Literal[True], **arguments: Unpack[CreateArguments]
    ) -> RawResponse[Stream[ChatCompletionChunk]]: ...
    @overload
    def create(self, *, stream: bool | None, **arguments: Unpack[CreateArguments]) -> RawResponse[Any]: ...
    @listing(generated.CREATE_FIELDS)
    @forgetful
    def create(self, *, stream: bool | None = None, **arguments: Any) -> Any:
        """Create a chat completion; see `Completions.create`."""
        call = create_call(stream, arguments, self._sender.settings.validate)
        return self._respond(call, chunk_stream if call.stream else completion_of)

    @overload
    def parse(
        self, **arguments: Unpack[ParseArguments[ResponseFormatT]]
    ) -> RawResponse[ParsedChatCompletion[ResponseFormatT]]: ...
    @overload
    def parse(self, **arguments: Unpack[CreateArguments]) -> RawResponse[ParsedChatCompletion[None]]: ...
    @listing(generated.CREATE_FIELDS)
    @forgetful
    def parse(self, **arguments: Any) -> Any:
        """Create a chat completion whose reply is parsed into a value of a type; see `Completions.parse`."""
        return self._respond(*parse_call(arguments, self._sender.settings.validate))

    @listing(generated.LIST_FIELDS)
    @forgetful
    def list(self, **arguments: Unpack[ListArguments]) -> RawResponse[Page]:
        """List the completions that were created with `store=True`; see `Completions.list`."""
        listing = listing_of(arguments)
        fetch = functools.partial(fetch_page, self._sender)
        call = list_call(listing.arguments)
        return self._respond(call, lambda answer, url: Page(page_of(answer, url), listing, fetch))

    def _respond(self, call: Call, decode: Callable[[CallResult, str], T]) -> RawResponse[T]:
        answer = self._sender.send(call)
        return RawResponse(answer, decode, answer.redacted_url)


class AsyncCompletionsWithRawResponse:
    """The operations on chat completions, which return a `RawResponse`; its `parse` is not awaited."""

    def __init__(self, sender: AsyncSender) -> None:
        self._sender = sender

    @overload
    async def create(
        self, *, stream: Literal[False] | None = None, **arguments: Unpack[CreateArguments]
    ) -> RawResponse[ChatCompletion]: ...
    @overload
    async def create(
        self, *, stream: Literal[True], **arguments: Unpack[CreateArguments]
    ) -> RawResponse[AsyncStream[ChatCompletionChunk]]: ...
    @overload
    async def create(self, *, stream: bool | None, **arguments: Unpack[CreateArguments]) -> RawResponse[Any]: ...
    @listing(generated.CREATE_FIELDS)
    @forgetful
    async def create(self, *, stream: bool | None = None, **arguments: Any) -> Any:
        """Create a chat completion; see `Completions.create`."""
        call = create_call(stream, arguments, self._sender.settings.validate)
        return await self._respond(call, async_chunk_stream if call.stream else completion_of)

    @overload
    async def parse(
        self, **arguments: Unpack[ParseArguments[ResponseFormatT]]
    ) -> RawResponse[ParsedChatCompletion[ResponseFormatT]]: ...
    @overload
    async def parse(self, **arguments: Unpack[CreateArguments]) -> RawResponse[ParsedChatCompletion[None]]: ...
    @listing(generated.CREATE_FIELDS)
    @forgetful
    async def parse(self, **arguments: Any) -> Any:
        """Create a chat completion whose reply is parsed into a value of a type; see `Completions.parse`."""
        return await self._respond(*parse_call(arguments, self._sender.settings.validate))

    @listing(generated.LIST_FIELDS)
    @forgetful
    async def list(self, **arguments: Unpack[ListArguments]) -> RawResponse[AsyncPage]:
        """List the completions that were created with `store=True`; see `Completions.list`."""
        listing = listing_of(arguments)
        fetch = functools.partial(fetch_page_async, self._sender)
        call = list_call(listing.arguments)
        return await self._respond(call, lambda answer, url: AsyncPage(page_of(answer, url), listing, fetch))

    async def _respond(self, call: Call, decode: Callable[[CallResult, str], T]) -> RawResponse[T]:
        answer = await self._sender.send(call)
        return RawResponse(answer, decode, answer.redacted_url)
