"""`with_raw_response`: the same calls, with the HTTP response in hand before it is decoded."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar, overload

from chat_completions._arguments import split_listing
from chat_completions._async_streams import AsyncStream
from chat_completions._calls import completion_of, create_call, list_call, page_of
from chat_completions._pages import AsyncPage, Page
from chat_completions._response_info import info_of
from chat_completions._streams import Stream

if TYPE_CHECKING:
    from typing import Unpack

    import httpx

    from chat_completions._arguments import CreateArguments, ListArguments
    from chat_completions._completions import AsyncCompletions, Completions
    from chat_completions._exchange import Answer
    from chat_completions.models import ChatCompletion, ChatCompletionChunk

T = TypeVar("T")


class RawResponse(Generic[T]):
    """An HTTP response, and what it decodes to.

    Attributes:
        http_response: The httpx response.
        headers: Its headers.
        status_code: Its status.
        request_id: The id under which the server logged the request.
    """

    def __init__(self, answer: Answer, parse: Callable[[], T]) -> None:
        self._info = info_of(answer)
        self._parse = parse
        self._parsed: T | None = None
        self.http_response: httpx.Response = answer.response

    @property
    def headers(self) -> httpx.Headers:
        return self.http_response.headers

    @property
    def status_code(self) -> int:
        return self.http_response.status_code

    @property
    def request_id(self) -> str | None:
        return self._info.request_id

    @property
    def content(self) -> bytes:
        """The body, in bytes; not for a stream."""
        return self.http_response.content

    @property
    def text(self) -> str:
        """The body as text; not for a stream."""
        return self.http_response.text

    def json(self) -> Any:
        """Give the body as plain JSON; not for a stream."""
        return self.http_response.json()

    def parse(self) -> T:
        """Decode the body to what the call without `with_raw_response` gives; always the same object.

        Raises:
            APIResponseValidationError: It is no such thing.
        """
        if self._parsed is None:
            self._parsed = self._parse()
        return self._parsed


class CompletionsWithRawResponse:
    """The operations on chat completions, each giving a `RawResponse`."""

    def __init__(self, completions: Completions) -> None:
        self._client = completions._client
        self._completions = completions

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
    def create(self, *, stream: bool | None = None, **arguments: Any) -> Any:
        """Ask a model to continue a conversation; see `Completions.create`."""
        call = create_call(stream, arguments, self._client._settings.validate)
        answer = self._client._answer(call)
        url = self._client._settings.shown_url()
        return RawResponse(answer, lambda: Stream(answer, url) if call.stream else completion_of(answer, url))

    def list(self, **arguments: Unpack[ListArguments]) -> RawResponse[Page]:
        """List the completions that were created with `store=True`; see `Completions.list`."""
        listing = split_listing(arguments)
        answer = self._client._answer(list_call(listing.arguments))
        url = self._client._settings.shown_url()
        return RawResponse(answer, lambda: Page(page_of(answer, url), listing, self._completions._page))


class AsyncCompletionsWithRawResponse:
    """The operations on chat completions, each giving a `RawResponse`; its `parse` is not awaited."""

    def __init__(self, completions: AsyncCompletions) -> None:
        self._client = completions._client
        self._completions = completions

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
    async def create(self, *, stream: bool | None = None, **arguments: Any) -> Any:
        """Ask a model to continue a conversation; see `Completions.create`."""
        call = create_call(stream, arguments, self._client._settings.validate)
        answer = await self._client._answer(call)
        url = self._client._settings.shown_url()
        return RawResponse(answer, lambda: AsyncStream(answer, url) if call.stream else completion_of(answer, url))

    async def list(self, **arguments: Unpack[ListArguments]) -> RawResponse[AsyncPage]:
        """List the completions that were created with `store=True`; see `Completions.list`."""
        listing = split_listing(arguments)
        answer = await self._client._answer(list_call(listing.arguments))
        url = self._client._settings.shown_url()
        return RawResponse(answer, lambda: AsyncPage(page_of(answer, url), listing, self._completions._page))
