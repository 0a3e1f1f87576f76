"""The official SDK's clients, whose chat completions go through this package.

`compat.OpenAI` and `compat.AsyncOpenAI` are for libraries that require an `openai.OpenAI` or an `openai.AsyncOpenAI`.
`chat.completions.create`, `parse`, `stream` and `list` are sent with this package's retries and time limits, and read
with its streams; they take and return the SDK's objects and raise its errors. The rest is the SDK's own.

The SDK builds the headers, the query and the fields of a request, and makes its objects of a response. In between,
where it would send and retry, `request` carries out one of this package's calls. Needs the extra `openai`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import Any

from chat_completions import errors
from chat_completions._client.operations import completion_of, page_of
from chat_completions._contract.request_body import encodable_request
from chat_completions._redaction import hidden_request
from chat_completions._streaming.async_stream import AsyncStream
from chat_completions._streaming.received_chunk import ReceivedChunk
from chat_completions._streaming.stream import Stream
from chat_completions._traceback_locals import forgetful
from chat_completions._transport.call import Call, CallResult
from chat_completions._transport.sender import AsyncSender, Sender
from chat_completions._transport.settings import Settings
from chat_completions._transport.transport import AsyncTransport, Transport
from chat_completions._types import NotGiven, without_omitted

try:
    import openai  # pyright: ignore[reportMissingImports]
    from openai.types.chat import ChatCompletion, ChatCompletionChunk  # pyright: ignore[reportMissingImports]
except ImportError as error:
    raise ImportError(
        "chat_completions.compat needs the official SDK: pip install 'chat-completions-client[openai]'"
    ) from error

_PATH = "/chat/completions"
_RESULT = "chat_completions_result"  # where a response has the result of the call that it belongs to
_RAW = "x-stainless-raw-response"  # the header with which the SDK's `with_raw_response` marks a call
_ASKED_LATER = "Bearer (for each attempt)"  # stands for the key of a function until the headers are built
_MOST_RETRIES = 1_000_000  # the SDK takes an infinity


class OpenAI(openai.OpenAI):
    """An `openai.OpenAI` whose chat completions go through this package. Threads may share it.

    It takes the arguments of `openai.OpenAI` except `provider` and `workload_identity`.

    Raises:
        openai.OpenAIError: As with `openai.OpenAI`. The error of a stream that broke has `.partial`, the completion
            as far as it had arrived; the `__cause__` of each error is this package's.
    """

    @cached_property
    def _chat_transport(self) -> Transport:
        return Transport(self._client)

    @forgetful
    def request(self, cast_to: Any, options: Any, *, stream: bool = False, stream_cls: Any = None) -> Any:
        """Send a request of the SDK's resources: chat completions through this package, others as the SDK does."""
        if not _is_ours(options, stream and stream_cls not in (None, openai.Stream[ChatCompletionChunk])):
            return super().request(cast_to, options, stream=stream, stream_cls=stream_cls)
        request = _ChatRequest(self, cast_to, options, stream)
        with _sdk_errors(self):
            sender = Sender(request.settings(), self._chat_transport)
            result = sender.send(request.call())
            processing = request.processing(result, sender, _ChatStream)
        return self._process_response(**processing)


class AsyncOpenAI(openai.AsyncOpenAI):
    """An `openai.AsyncOpenAI` whose chat completions go through this package; see `OpenAI`."""

    @cached_property
    def _chat_transport(self) -> AsyncTransport:
        return AsyncTransport(self._client)

    @forgetful
    async def request(self, cast_to: Any, options: Any, *, stream: bool = False, stream_cls: Any = None) -> Any:
        """Send a request of one of the SDK's resources; see `OpenAI.request`."""
        if not _is_ours(options, stream and stream_cls not in (None, openai.AsyncStream[ChatCompletionChunk])):
            return await super().request(cast_to, options, stream=stream, stream_cls=stream_cls)
        request = _ChatRequest(self, cast_to, options, stream)
        with _sdk_errors(self):
            sender = AsyncSender(request.settings(), self._chat_transport)
            result = await sender.send(request.call())
            processing = request.processing(result, sender, _AsyncChatStream)
        return await self._process_response(**processing)


class _ChatStream(openai.Stream[ChatCompletionChunk]):
    """An `openai.Stream` that reads with this package's stream."""

    def __init__(self, *, response: Any, **arguments: Any) -> None:
        result: CallResult = response.extensions[_RESULT]
        self._chunks: Any = Stream(result, result.redacted_url, _value)
        super().__init__(response=response, **arguments)

    def __stream__(self) -> Iterator[Any]:
        with self._chunks, _sdk_errors(self._client):
            for value in self._chunks:
                self.response = self._chunks.response  # another one if the first was cut before its first chunk
                yield self._client._process_response_data(data=value, cast_to=self._cast_to, response=self.response)

    def close(self) -> None:
        """Close the connection."""
        self._chunks.close()


class _AsyncChatStream(openai.AsyncStream[ChatCompletionChunk]):
    """An `openai.AsyncStream` that reads with this package's stream."""

    def __init__(self, *, response: Any, **arguments: Any) -> None:
        result: CallResult = response.extensions[_RESULT]
        self._chunks: Any = AsyncStream(result, result.redacted_url, _value)
        super().__init__(response=response, **arguments)

    async def __stream__(self) -> AsyncIterator[Any]:
        async with self._chunks:
            with _sdk_errors(self._client):
                async for value in self._chunks:
                    self.response = self._chunks.response
                    yield self._client._process_response_data(data=value, cast_to=self._cast_to, response=self.response)

    async def close(self) -> None:
        """Close the connection."""
        await self._chunks.close()


def _value(chunk: ReceivedChunk) -> dict[str, Any]:
    return chunk.value


def _is_ours(options: Any, has_other_type: bool) -> bool:
    """Return whether a request of the SDK is one for a completion, a stream of chunks, or a page of completions."""
    if options.url != _PATH or has_other_type:
        return False
    method = options.method.lower()
    return method == "get" or (method == "post" and isinstance(options.json_data, Mapping) and not options.files)


class _ChatRequest:
    """A request for chat completions, as the SDK's resources make it, and as this package sends it.

    Args:
        client: The SDK's client.
        cast_to: What the SDK decodes the response to.
        options: The SDK's `FinalRequestOptions`.
        stream: Whether the response is an event stream.
    """

    def __init__(self, client: Any, cast_to: Any, options: Any, stream: bool) -> None:
        if any(getattr(client, name, None) is not None for name in ("_provider_runtime", "workload_identity")):
            raise openai.OpenAIError(
                f"{type(client).__name__} of chat_completions.compat sends chat completions with an API key,"
                " not with provider= or workload_identity="
            )
        self._client, self._stream = client, stream
        self._cast_to = client._maybe_override_cast_to(cast_to, options)
        self._options = options

    def settings(self) -> Settings:
        """Return the settings of the SDK's client, whatever they are now, with the headers of the request."""
        client = self._client
        options = self._options.model_copy()
        given = options.headers or {}
        headers = {**client._custom_headers, **given}
        asks = client._api_key_provider is not None and "authorization" not in _lower(headers)
        if asks:
            options.headers = {**given, "Authorization": _ASKED_LATER}
        headers = dict(client._build_headers(options))
        headers.pop("x-stainless-retry-count", None)
        if headers.get("accept") == "application/json":
            del headers["accept"]  # which is not what a stream asks for
        if asks:
            del headers["authorization"]
        base_url = str(client.base_url.copy_with(query=None))
        key = client._api_key_provider if asks else ""
        return Settings(api_key=key, base_url=base_url, organization="", project="", default_headers=headers)

    def call(self) -> Call:
        """Return the call of this package."""
        client, options = self._client, self._options
        if options.method.lower() == "get":
            body, request = {}, {"method": "get", "url": _PATH}
        else:
            body = without_omitted({**options.json_data, **(options.extra_json or {})})
            request = encodable_request(body)
        query = defaultdict[str, list[str]](list)
        for name, value in client.qs.stringify_items(without_omitted({**client.default_query, **options.params})):
            query[name].append(value)
        call = Call(
            request,
            stream=self._stream,
            extra_query={**dict(client.base_url.params), **query},
            timeout=client.timeout if isinstance(options.timeout, NotGiven) else options.timeout,
            max_retries=min(options.get_max_retries(client.max_retries), _MOST_RETRIES),
            stream_body=self._raw() == "stream",
        )
        if self._stream:
            call.read_body(body)
        return call

    def processing(self, result: CallResult, sender: Sender | AsyncSender, stream_cls: Any) -> dict[str, Any]:
        """Return the arguments of the SDK's `_process_response` for the result of the call.

        Raises:
            APIError: The response is not a completion or a page, or reports an error.
        """
        response: Any = result.response
        if self._stream:
            response.extensions[_RESULT] = result
            if self._raw() is None:  # else the caller holds the response, which no other may replace
                result.resend = sender.resend
        elif self._raw() != "stream":
            is_page = self._options.method.lower() == "get"
            decoded = (page_of if is_page else completion_of)(result, result.redacted_url)
            if decoded._info.anomalies:
                response = _with_json(response, decoded.to_dict())
        return {
            "cast_to": self._cast_to,
            "options": self._options,
            "response": response,
            "stream": self._stream,
            "stream_cls": stream_cls,
            "retries_taken": len(result.attempts) - 1,
        }

    def _raw(self) -> Any:
        return _lower(self._options.headers or {}).get(_RAW)


def _lower(headers: Mapping[str, Any]) -> dict[str, Any]:
    return {name.lower(): value for name, value in headers.items()}


def _with_json(response: Any, value: Any) -> Any:
    """Return a response with another body, which the SDK reads as JSON."""
    headers = {k: v for k, v in response.headers.items() if k not in ("content-encoding", "content-length")}
    repaired = type(response)(response.status_code, headers=headers, json=value, request=response.request)
    repaired.elapsed = response.elapsed
    return repaired


@contextmanager
def _sdk_errors(client: Any) -> Iterator[None]:
    """Raise the SDK's errors in place of this package's."""
    try:
        yield
    except errors.ChatCompletionsError as error:
        raise _sdk_error(client, error) from error


def _sdk_error(client: Any, error: errors.ChatCompletionsError) -> Any:
    """Return the SDK's error for one of this package's, which has the same message."""
    message = str(error)
    if not isinstance(error, errors.APIError):
        return openai.OpenAIError(message)
    request: Any = error.request or hidden_request(client._client.build_request("POST", str(client.base_url)))
    mapped: Any
    match error:
        case errors.APIStatusError():
            mapped = client._make_status_error(message, body={"error": error.body}, response=error.response)
        case errors.APIResponseValidationError() if error.response is not None:
            response: Any = error.response
            mapped = openai.APIResponseValidationError(response, error.body, message=message)
        case errors.APITimeoutError():
            mapped = openai.APITimeoutError(request)
            mapped.message, mapped.args = message, (message,)
        case errors.APIConnectionError() | errors.IncompleteStreamError():
            mapped = openai.APIConnectionError(message=message, request=request)
        case _:
            mapped = openai.APIError(message, request, body=error.body)
    if isinstance(error, errors.StreamError):
        mapped.partial = ChatCompletion.construct(**error.partial.to_dict())
    return mapped
