"""`client.chat.completions`: what can be asked of the API, sync and async."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Literal, overload

from chat_completions._calls import completion_of, create_call, list_call, page_of, parse_call
from chat_completions._frames import forgetful
from chat_completions._run_tools import AsyncRunTools, RunTools

if TYPE_CHECKING:
    from typing import Unpack

    from chat_completions._arguments import CreateArguments, ListArguments, ParseArguments
    from chat_completions._async_streams import AsyncStream
    from chat_completions._client import AsyncClient, Client
    from chat_completions._event_streams import AsyncChatCompletionStreamManager, ChatCompletionStreamManager
    from chat_completions._pages import AsyncPages, Page
    from chat_completions._paging import Listing
    from chat_completions._raw import AsyncCompletionsWithRawResponse, CompletionsWithRawResponse
    from chat_completions._response_format import ResponseFormatT
    from chat_completions._streamed_calls import (
        AsyncCompletionsWithStreamingResponse,
        CompletionsWithStreamingResponse,
    )
    from chat_completions._streams import Stream
    from chat_completions.models import ChatCompletion, ChatCompletionChunk, ChatCompletionList, ParsedChatCompletion


class Completions(RunTools):
    """The operations on chat completions."""

    def __init__(self, client: Client) -> None:
        self._client = client

    @functools.cached_property
    def with_raw_response(self) -> CompletionsWithRawResponse:
        """The same operations, each giving the HTTP response before it is decoded."""
        from chat_completions._raw import CompletionsWithRawResponse

        return CompletionsWithRawResponse(self)

    @functools.cached_property
    def with_streaming_response(self) -> CompletionsWithStreamingResponse:
        """The same operations, each giving the HTTP response before its body is read, in a `with`."""
        from chat_completions._streamed_calls import CompletionsWithStreamingResponse

        return CompletionsWithStreamingResponse(self)

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
    @forgetful
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
        if not call.stream:
            return completion_of(answer, url)
        from chat_completions._streams import Stream

        return Stream(answer, url)

    @overload
    def parse(self, **arguments: Unpack[ParseArguments[ResponseFormatT]]) -> ParsedChatCompletion[ResponseFormatT]: ...
    @overload
    def parse(self, **arguments: Unpack[CreateArguments]) -> ParsedChatCompletion[None]: ...
    @forgetful
    def parse(self, **arguments: Any) -> Any:
        """Ask a model for a reply of a type, and give it as a value of the type.

        Args:
            arguments: Those of `create`, of which `response_format` may be a type: a pydantic model, msgspec Struct,
                attrs class, dataclass or TypedDict (with the extra `pydantic` or `msgspec`). Its JSON Schema is sent,
                as the API's strict mode takes it. With a dict, or none, nothing is parsed but the arguments of tool
                calls whose type is known.

        Returns:
            The completion; `choices[0].message.parsed` is the value. It is None after a refusal, and beside tool calls.

        Raises:
            ImportError: The type needs a library that is not installed.
            TypeError: It is no type of which a library knows the JSON Schema, or there is no such argument.
            SchemaError: The API's strict mode has no schema for the type.
            LengthFinishReasonError: The reply was cut off at the limit of tokens; `.completion` is what came.
            ContentFilterFinishReasonError: The reply was cut off by the content filter.
            OutputValidationError: The reply is no value of the type; `.error` says why.
            APIError: The call failed.
        """
        asked, call = parse_call(arguments, self._client._settings.validate)
        return asked.completion(completion_of(self._client._answer(call), self._client._settings.shown_url()))

    @overload
    def stream(
        self, **arguments: Unpack[ParseArguments[ResponseFormatT]]
    ) -> ChatCompletionStreamManager[ResponseFormatT]: ...
    @overload
    def stream(self, **arguments: Unpack[CreateArguments]) -> ChatCompletionStreamManager[None]: ...
    @forgetful
    def stream(self, **arguments: Any) -> Any:
        """Ask a model to continue a conversation, and follow its reply by typed events.

        Args:
            arguments: Those of `create`; `response_format` may be a type, as `parse` takes it.

        Returns:
            A context manager. The request is sent when it is entered, and the connection let go of when it is left.
        """
        from chat_completions._event_streams import ChatCompletionStreamManager

        return ChatCompletionStreamManager(self.create, arguments)

    @forgetful
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
        from chat_completions._pages import Page
        from chat_completions._paging import listing_of

        listing = listing_of(arguments)
        return Page(self._page(listing), listing, self._page)

    def _page(self, listing: Listing) -> ChatCompletionList:
        return page_of(self._client._answer(list_call(listing.arguments)), self._client._settings.shown_url())


class AsyncCompletions(AsyncRunTools):
    """The operations on chat completions; see `Completions`."""

    def __init__(self, client: AsyncClient) -> None:
        self._client = client

    @functools.cached_property
    def with_raw_response(self) -> AsyncCompletionsWithRawResponse:
        """The same operations, each giving the HTTP response before it is decoded."""
        from chat_completions._raw import AsyncCompletionsWithRawResponse

        return AsyncCompletionsWithRawResponse(self)

    @functools.cached_property
    def with_streaming_response(self) -> AsyncCompletionsWithStreamingResponse:
        """The same operations, each giving the HTTP response before its body is read, in an `async with`."""
        from chat_completions._streamed_calls import AsyncCompletionsWithStreamingResponse

        return AsyncCompletionsWithStreamingResponse(self)

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
    @forgetful
    async def create(self, *, stream: bool | None = None, **arguments: Any) -> Any:
        """Ask a model to continue a conversation; see `Completions.create`."""
        call = create_call(stream, arguments, self._client._settings.validate)
        answer = await self._client._answer(call)
        url = self._client._settings.shown_url()
        if not call.stream:
            return completion_of(answer, url)
        from chat_completions._async_streams import AsyncStream

        return AsyncStream(answer, url)

    @overload
    async def parse(
        self, **arguments: Unpack[ParseArguments[ResponseFormatT]]
    ) -> ParsedChatCompletion[ResponseFormatT]: ...
    @overload
    async def parse(self, **arguments: Unpack[CreateArguments]) -> ParsedChatCompletion[None]: ...
    @forgetful
    async def parse(self, **arguments: Any) -> Any:
        """Ask a model for a reply of a type, and give it as a value of the type; see `Completions.parse`."""
        asked, call = parse_call(arguments, self._client._settings.validate)
        return asked.completion(completion_of(await self._client._answer(call), self._client._settings.shown_url()))

    @overload
    def stream(
        self, **arguments: Unpack[ParseArguments[ResponseFormatT]]
    ) -> AsyncChatCompletionStreamManager[ResponseFormatT]: ...
    @overload
    def stream(self, **arguments: Unpack[CreateArguments]) -> AsyncChatCompletionStreamManager[None]: ...
    @forgetful
    def stream(self, **arguments: Any) -> Any:
        """Ask a model to continue a conversation, and follow its reply by typed events; see `Completions.stream`."""
        from chat_completions._event_streams import AsyncChatCompletionStreamManager

        return AsyncChatCompletionStreamManager(self.create, arguments)

    @forgetful
    def list(self, **arguments: Unpack[ListArguments]) -> AsyncPages:
        """List the completions that were created with `store=True`; see `Completions.list`.

        Returns:
            What can be awaited for the first page, or iterated with `async for` for all completions.
        """
        from chat_completions._pages import AsyncPages
        from chat_completions._paging import listing_of

        return AsyncPages(listing_of(arguments), self._page)

    async def _page(self, listing: Listing) -> ChatCompletionList:
        answer = await self._client._answer(list_call(listing.arguments))
        return page_of(answer, self._client._settings.shown_url())
