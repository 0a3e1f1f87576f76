"""`client.chat.completions`: what can be asked of the API, sync and async."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, cast, overload

from chat_completions import _generated
from chat_completions._arguments import split_options
from chat_completions._body import encodable_request, request_body
from chat_completions._exchange import Answer, Call
from chat_completions._failures import status_error
from chat_completions._response_info import info_of
from chat_completions._streams import AsyncStream, Stream
from chat_completions.errors import APIResponseValidationError

if TYPE_CHECKING:
    from typing import Unpack

    from chat_completions._arguments import CreateArguments, ListArguments
    from chat_completions._client import AsyncClient, Client
    from chat_completions.models import ChatCompletion, ChatCompletionChunk, ChatCompletionList


class Completions:
    """The operations on chat completions."""

    def __init__(self, client: Client) -> None:
        self._client = client

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
        call = create_call(stream, arguments)
        answer = self._client._answer(call)
        shown_url = self._client._settings.shown_url()
        return Stream(answer, shown_url) if call.stream else parsed(answer, _generated.parse_completion, shown_url)

    def list(self, **arguments: Unpack[ListArguments]) -> ChatCompletionList:
        """List the completions that were created with `store=True`: one page of them.

        Args:
            arguments: `model`, `metadata`, `after` (the id of the last completion seen), `limit` and `order`; beside
                them `extra_headers`, `extra_query`, `timeout`, `deadline` and `max_retries`.

        Raises:
            TypeError: There is no such argument.
            APIError: The call failed.
        """
        answer = self._client._answer(list_call(arguments))
        shown_url = self._client._settings.shown_url()
        return cast("ChatCompletionList", parsed(answer, _generated.parse_list, shown_url))


class AsyncCompletions:
    """The operations on chat completions; see `Completions`."""

    def __init__(self, client: AsyncClient) -> None:
        self._client = client

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
        call = create_call(stream, arguments)
        answer = await self._client._answer(call)
        shown_url = self._client._settings.shown_url()
        return AsyncStream(answer, shown_url) if call.stream else parsed(answer, _generated.parse_completion, shown_url)

    async def list(self, **arguments: Unpack[ListArguments]) -> ChatCompletionList:
        """List the completions that were created with `store=True`; see `Completions.list`."""
        answer = await self._client._answer(list_call(arguments))
        shown_url = self._client._settings.shown_url()
        return cast("ChatCompletionList", parsed(answer, _generated.parse_list, shown_url))


def create_call(stream: bool | None, arguments: Mapping[str, Any]) -> Call:
    """Give the call that creates a completion."""
    options, params = split_options(arguments)
    body = request_body(params, stream, params.pop("extra_body", None))
    return Call(encodable_request(body), stream=bool(body.get("stream")), **options)


def list_call(arguments: Mapping[str, Any]) -> Call:
    """Give the call that lists completions."""
    options, params = split_options(arguments)
    return Call(_generated.list_request(**params), **options)


def parsed(answer: Answer, parse: Any, shown_url: str) -> Any:
    """Decode the body of a success.

    Raises:
        APIStatusError: It is a success of a kind that the specification does not document.
        APIResponseValidationError: It is no JSON object.
    """
    response = answer.response
    try:
        decoded = parse(response)
    except _generated.UnexpectedStatus:
        raise status_error(response) from None
    except _generated.UnexpectedContent:
        kind = response.headers.get("content-type", "no content type")
        raise APIResponseValidationError(
            f"{shown_url} answered {response.status_code} with {kind} that is no JSON object; is base_url right?",
            body=response.text,
            request_id=response.headers.get("x-request-id"),
            response=response,
        ) from None
    decoded._info = info_of(answer)
    return decoded
