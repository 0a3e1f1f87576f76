"""`with_streaming_response`: the same calls, with the HTTP response in hand before its body is read."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, TypeVar, overload

from chat_completions._async_streams import AsyncStream
from chat_completions._calls import completion_of, create_call, list_call, page_of, parse_call
from chat_completions._frames import forgetful
from chat_completions._pages import AsyncPage, Page
from chat_completions._paging import listing_of
from chat_completions._streamed_response import (
    APIResponse,
    AsyncAPIResponse,
    AsyncResponseContextManager,
    ResponseContextManager,
)
from chat_completions._streams import Stream
from chat_completions._unread import unread_call

if TYPE_CHECKING:
    from typing import Unpack

    from chat_completions._arguments import CreateArguments, ListArguments, ParseArguments
    from chat_completions._completions import AsyncCompletions, Completions
    from chat_completions._exchange import Answer, Call
    from chat_completions._response_format import ResponseFormatT
    from chat_completions.models import ChatCompletion, ChatCompletionChunk, ParsedChatCompletion

T = TypeVar("T")


class CompletionsWithStreamingResponse:
    """The operations on chat completions, each giving an `APIResponse` in a `with`."""

    def __init__(self, completions: Completions) -> None:
        self._client = completions._client
        self._completions = completions

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
    @forgetful
    def create(self, *, stream: bool | None = None, **arguments: Any) -> Any:
        """Ask a model to continue a conversation; see `Completions.create`."""
        call = create_call(stream, arguments, self._client._settings.validate)
        return self._opened(call, Stream if call.stream else completion_of)

    @overload
    def parse(
        self, **arguments: Unpack[ParseArguments[ResponseFormatT]]
    ) -> ResponseContextManager[ParsedChatCompletion[ResponseFormatT]]: ...
    @overload
    def parse(self, **arguments: Unpack[CreateArguments]) -> ResponseContextManager[ParsedChatCompletion[None]]: ...
    @forgetful
    def parse(self, **arguments: Any) -> Any:
        """Ask a model for a reply of a type; see `Completions.parse`."""
        asked, call = parse_call(arguments, self._client._settings.validate)
        return self._opened(call, lambda answer, url: asked.completion(completion_of(answer, url)))

    @forgetful
    def list(self, **arguments: Unpack[ListArguments]) -> ResponseContextManager[Page]:
        """List the completions that were created with `store=True`; see `Completions.list`."""
        listing = listing_of(arguments)
        fetch = self._completions._page
        return self._opened(
            list_call(listing.arguments), lambda answer, url: Page(page_of(answer, url), listing, fetch)
        )

    def _opened(self, call: Call, decode: Callable[[Answer, str], T]) -> ResponseContextManager[T]:
        def respond() -> APIResponse[T]:
            answer = self._client._answer(unread_call(call))
            return APIResponse(answer, decode, self._client._settings.shown_url(), is_stream=call.stream)

        return ResponseContextManager(respond)


class AsyncCompletionsWithStreamingResponse:
    """The operations on chat completions, each giving an `AsyncAPIResponse` in an `async with`."""

    def __init__(self, completions: AsyncCompletions) -> None:
        self._client = completions._client
        self._completions = completions

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
    @forgetful
    def create(self, *, stream: bool | None = None, **arguments: Any) -> Any:
        """Ask a model to continue a conversation; see `Completions.create`."""
        call = create_call(stream, arguments, self._client._settings.validate)
        return self._opened(call, AsyncStream if call.stream else completion_of)

    @overload
    def parse(
        self, **arguments: Unpack[ParseArguments[ResponseFormatT]]
    ) -> AsyncResponseContextManager[ParsedChatCompletion[ResponseFormatT]]: ...
    @overload
    def parse(
        self, **arguments: Unpack[CreateArguments]
    ) -> AsyncResponseContextManager[ParsedChatCompletion[None]]: ...
    @forgetful
    def parse(self, **arguments: Any) -> Any:
        """Ask a model for a reply of a type; see `Completions.parse`."""
        asked, call = parse_call(arguments, self._client._settings.validate)
        return self._opened(call, lambda answer, url: asked.completion(completion_of(answer, url)))

    @forgetful
    def list(self, **arguments: Unpack[ListArguments]) -> AsyncResponseContextManager[AsyncPage]:
        """List the completions that were created with `store=True`; see `Completions.list`."""
        listing = listing_of(arguments)
        fetch = self._completions._page
        return self._opened(
            list_call(listing.arguments), lambda answer, url: AsyncPage(page_of(answer, url), listing, fetch)
        )

    def _opened(self, call: Call, decode: Callable[[Answer, str], T]) -> AsyncResponseContextManager[T]:
        async def respond() -> AsyncAPIResponse[T]:
            answer = await self._client._answer(unread_call(call))
            return AsyncAPIResponse(answer, decode, self._client._settings.shown_url(), is_stream=call.stream)

        return AsyncResponseContextManager(respond)
