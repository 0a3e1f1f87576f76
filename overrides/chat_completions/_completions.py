"""`client.chat.completions`: what can be asked of the API, sync and async."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Literal, overload

from chat_completions._arguments import split_listing
from chat_completions._async_streams import AsyncStream
from chat_completions._calls import completion_of, create_call, list_call, page_of
from chat_completions._pages import AsyncPages, Page
from chat_completions._streams import Stream

if TYPE_CHECKING:
    from typing import Unpack

    from chat_completions._arguments import CreateArguments, ListArguments
    from chat_completions._client import AsyncClient, Client
    from chat_completions._event_streams import AsyncChatCompletionStreamManager, ChatCompletionStreamManager
    from chat_completions._paging import Listing
    from chat_completions._raw import AsyncCompletionsWithRawResponse, CompletionsWithRawResponse
    from chat_completions.models import ChatCompletion, ChatCompletionChunk, ChatCompletionList


class Completions:
    """The operations on chat completions."""

    def __init__(self, client: Client) -> None:
        self._client = client

    @functools.cached_property
    def with_raw_response(self) -> CompletionsWithRawResponse:
        """The same operations, each giving the HTTP response before it is decoded."""
        from chat_completions._raw import CompletionsWithRawResponse

        return CompletionsWithRawResponse(self)

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
    def create(self, *, stream: bool | None = None, **arguments: Any) -> Any:
        """Ask a model to continue a conversation.

        Args:
            stream: Whether to get the reply as a stream of chunks.
            arguments: The fields of the request, as the specification names them: dicts and models may be mixed, None
                is sent as null, and what is left out is not sent. Beside them `extra_headers`, `extra_query`,
                `extra_body` (fields that only some servers know), `timeout` (seconds without a byte), `deadline`
                (seconds for everything), `idle_timeout` (seconds without an event) and `max_retries`.

        Returns:
            The completion; with `stream=True`, the stream of its chunks.

        Raises:
            TypeError: There is no such argument.
            RequestValidationError: A field holds something that JSON has not.
            APIError: The call failed.
        """
        call = create_call(stream, arguments, self._client._settings.validate)
        answer = self._client._answer(call)
        url = self._client._settings.shown_url()
        return Stream(answer, url) if call.stream else completion_of(answer, url)

    def stream(self, **arguments: Unpack[CreateArguments]) -> ChatCompletionStreamManager:
        """Ask a model to continue a conversation, and follow its reply by typed events.

        Args:
            arguments: Those of `create`.

        Returns:
            A context manager: the request is sent when it is entered, the connection let go of when it is left.
        """
        from chat_completions._event_streams import ChatCompletionStreamManager

        return ChatCompletionStreamManager(self.create, arguments)

    def list(self, **arguments: Unpack[ListArguments]) -> Page:
        """List the completions that were created with `store=True`.

        Args:
            arguments: `model`, `metadata`, `after` (the id of the last completion seen), `limit` (completions a page),
                `order`, and `max_items` (completions in all); beside them `extra_headers`, `extra_query`, `timeout`,
                `deadline` and `max_retries`.

        Returns:
            The first page; iterating it gives all completions, fetching the other pages as they are needed.

        Raises:
            TypeError: There is no such argument.
            APIError: The call failed.
        """
        listing = split_listing(arguments)
        return Page(self._page(listing), listing, self._page)

    def _page(self, listing: Listing) -> ChatCompletionList:
        return page_of(self._client._answer(list_call(listing.arguments)), self._client._settings.shown_url())


class AsyncCompletions:
    """The operations on chat completions; see `Completions`."""

    def __init__(self, client: AsyncClient) -> None:
        self._client = client

    @functools.cached_property
    def with_raw_response(self) -> AsyncCompletionsWithRawResponse:
        """The same operations, each giving the HTTP response before it is decoded."""
        from chat_completions._raw import AsyncCompletionsWithRawResponse

        return AsyncCompletionsWithRawResponse(self)

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
    async def create(self, *, stream: bool | None = None, **arguments: Any) -> Any:
        """Ask a model to continue a conversation; see `Completions.create`."""
        call = create_call(stream, arguments, self._client._settings.validate)
        answer = await self._client._answer(call)
        url = self._client._settings.shown_url()
        return AsyncStream(answer, url) if call.stream else completion_of(answer, url)

    def stream(self, **arguments: Unpack[CreateArguments]) -> AsyncChatCompletionStreamManager:
        """Ask a model to continue a conversation, and follow its reply by typed events; see `Completions.stream`."""
        from chat_completions._event_streams import AsyncChatCompletionStreamManager

        return AsyncChatCompletionStreamManager(self.create, arguments)

    def list(self, **arguments: Unpack[ListArguments]) -> AsyncPages:
        """List the completions that were created with `store=True`; see `Completions.list`.

        Returns:
            What can be awaited for the first page, or iterated with `async for` for all completions.
        """
        return AsyncPages(split_listing(arguments), self._page)

    async def _page(self, listing: Listing) -> ChatCompletionList:
        answer = await self._client._answer(list_call(listing.arguments))
        return page_of(answer, self._client._settings.shown_url())
