"""Everything that this package raises.

ChatCompletionsError
├── APIError                            a call that failed: no response, or not a usable one
│   ├── APIConnectionError              no response: not connected, or disconnected
│   │   └── APITimeoutError             no response in time
│   ├── APIStatusError                  a response with an error status
│   │   ├── BadRequestError             400
│   │   ├── AuthenticationError         401
│   │   ├── PermissionDeniedError       403
│   │   ├── NotFoundError               404
│   │   ├── ConflictError               409
│   │   ├── UnprocessableEntityError    422
│   │   ├── RateLimitError              429
│   │   └── InternalServerError         500 and above
│   ├── APIResponseValidationError      a response that is not a completion, page or stream
│   │   └── ResponseTooLargeError       a response larger than `max_response_bytes`
│   └── StreamError                     a stream that failed; `.partial` is what arrived before
│       ├── IncompleteStreamError       a stream that ended before it was complete
│       └── StreamConnectionError       a stream that was disconnected; also an APIConnectionError
│           └── StreamTimeoutError      a stream that stalled or took too long; also an APITimeoutError
├── EventStreamError                    bytes that are not an event stream (`chat_completions.sse`)
│   ├── EventEncodingError              bytes that are not valid UTF-8
│   └── EventTooLargeError              an event over the size limit
├── PaginationError                     pages that cannot be followed; `.cursor` is where to resume
├── RequestValidationError              a request that cannot be sent; `.problems` says where and why
│   └── SchemaError                     a JSON Schema that strict mode does not support
├── StructuredOutputError               a completion without the requested value; see `.completion`
│   ├── LengthFinishReasonError         cut off at the token limit
│   ├── ContentFilterFinishReasonError  cut off by the content filter
│   └── OutputValidationError           a reply that does not fit the type; `.error` says why
├── ToolArgumentsError                  arguments that do not fit the tool; `.problems` says where and why
├── ToolFailedError                     a tool that raised in `run_tools`; `.result` is its call
└── ToolRoundsError                     a run of tools that used all its rounds without an answer
"""

from __future__ import annotations

import copyreg
from collections.abc import Collection, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Self

from chat_completions._redaction import credentials_in, hidden_request, hide_requests, without

if TYPE_CHECKING:
    from typing import Protocol

    import httpx

    from chat_completions._response_info import Attempt
    from chat_completions_api.models import ChatCompletion, CompletionUsage

    class ToolRun(Protocol):
        """What an error knows about the run of tools that it ended: a `chat_completions.ToolRun`."""

        @property
        def messages(self) -> list[Any]: ...

        @property
        def completions(self) -> tuple[ChatCompletion, ...]: ...

        @property
        def tool_results(self) -> tuple[ToolCallResult, ...]: ...

        @property
        def stopped(self) -> str | None: ...

        @property
        def pending(self) -> tuple[Any, ...]: ...

        @property
        def completion(self) -> ChatCompletion: ...

        @property
        def content(self) -> str | None: ...

        @property
        def parsed(self) -> Any: ...

        @property
        def rounds(self) -> int: ...

        @property
        def usage(self) -> CompletionUsage | None: ...

    class ToolCallResult(Protocol):
        """What an error knows about the tool call that failed: a `chat_completions.ToolCallResult`."""

        @property
        def round(self) -> int: ...

        @property
        def id(self) -> str: ...

        @property
        def name(self) -> str: ...

        @property
        def arguments(self) -> str: ...

        @property
        def content(self) -> str: ...

        @property
        def value(self) -> Any: ...

        @property
        def error(self) -> Exception | None: ...

        @property
        def seconds(self) -> float: ...


MAX_DEPTH = 100  # of what an error keeps of a body, and of what a copy of it keeps of a completion
TOO_DEEP = "(nested too deeply)"


def within_depth(value: Any) -> Any:
    """Return a JSON value or a model, without what is nested so deeply in it that Python cannot copy it."""
    is_model = hasattr(value, "to_dict") and hasattr(value, "from_dict")
    level = [value.to_dict() if is_model else value]
    for _ in range(MAX_DEPTH):
        level = [child for holder in level for child in _children(holder)]
        if not level:
            return value
    if not is_model:
        return _cut(value, MAX_DEPTH)
    cut = type(value).from_dict(_cut(value.to_dict(), MAX_DEPTH))
    cut._info = getattr(value, "_info", None)
    return cut


def _children(value: Any) -> Collection[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _cut(value: Any, levels: int) -> Any:
    if not _children(value):
        return value
    if not levels:
        return TOO_DEEP
    if isinstance(value, dict):
        return {name: _cut(child, levels - 1) for name, child in value.items()}
    return [_cut(child, levels - 1) for child in value]


class ChatCompletionsError(Exception):
    """The base class of all errors of this package.

    Attributes:
        run: The run of `run_tools` that this error ended, as far as it got; None outside of a run.
    """

    run: ToolRun | None = None

    def __reduce__(self) -> Any:
        # By state and not by constructor arguments: subclasses need keywords, and what may hold secrets is left out.
        state = {name: within_depth(value) for name, value in self.__getstate__().items()}
        return copyreg.__newobj__, (type(self), *self.args), state  # type: ignore[attr-defined]

    def __copy__(self) -> Self:
        copy = type(self).__new__(type(self), *self.args)
        vars(copy).update(self.__getstate__())
        return copy

    def __getstate__(self) -> dict[str, Any]:
        return {key: value for key, value in vars(self).items() if key not in ("response", "_request")}


class APIError(ChatCompletionsError):
    """A call failed: there was no response, or an unusable one.

    Attributes:
        message: What happened, where, and what to do.
        status_code: The HTTP status, None without a response.
        code: The API's error code, such as `invalid_api_key`.
        param: The request field that the API complains about, such as `messages[0].content`.
        type: The API's error type, such as `invalid_request_error`.
        body: The error object that the API sent; other content as it was sent.
        request_id: The id under which the API logged the request.
        response: The httpx response, None without one; pickles and copies do not include it.
        attempts: One entry for each attempt of the call: status, delay, reason and seconds.
        elapsed: Seconds from the beginning of the call to its failure; None for a stream that failed after it began.
    """

    attempts: tuple[Attempt, ...] = ()
    elapsed: float | None = None
    status_code: int | None = None
    response: httpx.Response | None = None
    _request: httpx.Request | None = None
    _may_pass = True  # whether the exception behind it, if any, is of a kind that may not occur again

    def __init__(
        self,
        message: str,
        request: Any = None,
        *,
        body: Any = None,
        request_id: str | None = None,
        response: httpx.Response | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self._take_body(within_depth(body))
        self.request_id = request_id
        if request is not None:
            self._request = request
            self._hide_credentials(self)
            with suppress(AttributeError):  # it may be a test's stand-in for one
                self._request = hidden_request(request)
        if response is not None:
            self._hide_credentials(response)
            hide_requests(response)
            self.response = response
            self.status_code = response.status_code
            if request_id is None:
                # It takes longer to import than all the errors.
                from chat_completions._response_info import request_id_of

                self.request_id = request_id_of(response.headers)

    def _take_body(self, body: Any) -> None:
        self.body = body
        details: Mapping[str, Any] = body if isinstance(body, Mapping) else {}
        self.code: Any = _first(details, "code", "error_code", "status_code")
        self.param: Any = details.get("param")
        self.type: Any = _first(details, "type", "error_type")

    def _hide_credentials(self, source: Any) -> None:
        """Hide the credentials of a request in the message and the body: servers, and the caller's code, quote them.

        Args:
            source: What has the request: the response, the step that failed, or the error.
        """
        try:
            credentials = credentials_in(source.request)
        except (AttributeError, RuntimeError):
            return  # httpx raises a RuntimeError where there is no request
        self.message = without(self.message, credentials)
        self.args = (self.message, *self.args[1:])
        self._take_body(without(self.body, credentials))

    def _take_request(self, source: Any) -> None:
        """Take the request of the response whose body the error is about, or of the step that failed."""
        with suppress(AttributeError, RuntimeError):  # httpx raises a RuntimeError where there is no request
            self._request = hidden_request(source.request)

    @property
    def request(self) -> httpx.Request | None:
        """The httpx request that failed, None if none was made; pickles do not include it.

        What may be a credential is hidden in it: header values, and the query of the URL.
        """
        if self._request is not None:
            return self._request
        for source in (self.response, self.__cause__):
            try:
                return source.request  # type: ignore[union-attr]
            except (AttributeError, RuntimeError):
                continue  # httpx raises a RuntimeError where there is none
        return None

    @property
    def is_retryable(self) -> bool:
        """Whether the same request may succeed later."""
        return False


def _first(details: Mapping[str, Any], *names: str) -> Any:
    """Return the first of these values that there is; servers have several names for them."""
    return next((found for name in names if (found := details.get(name)) is not None), None)


class APIConnectionError(APIError):
    """There was no response: connecting failed, the connection broke, or the caller's code raised an exception."""

    def __init__(self, message: str = "Connection error.", request: Any = None, **details: Any) -> None:
        super().__init__(message, request, **details)

    @property
    def is_retryable(self) -> bool:
        return self._may_pass


class APITimeoutError(APIConnectionError):
    """There was no response in time."""

    def __init__(self, message: Any = "Request timed out.", request: Any = None, **details: Any) -> None:
        if not isinstance(message, str):  # that of the official SDK begins with the request
            message, request = "Request timed out.", message
        super().__init__(message, request, **details)


class APIStatusError(APIError):
    """The API answered with an error status."""

    status_code: int
    response: httpx.Response

    @property
    def is_retryable(self) -> bool:
        from chat_completions import _retryable  # it takes longer to import than all the errors

        headers = {} if self.response is None else self.response.headers
        return _retryable.should_retry(self.status_code, headers, self.code, self.type)


class BadRequestError(APIStatusError):
    """400: the request is malformed or violates a rule of the API."""


class AuthenticationError(APIStatusError):
    """401: the API key is missing, wrong or revoked."""


class PermissionDeniedError(APIStatusError):
    """403: the API key does not permit this."""


class NotFoundError(APIStatusError):
    """404: there is no such model, completion or path."""


class ConflictError(APIStatusError):
    """409: the request conflicts with another one."""


class UnprocessableEntityError(APIStatusError):
    """422: the request is well-formed but cannot be processed."""


class RateLimitError(APIStatusError):
    """429: too many requests or tokens, or the quota is used up."""


class InternalServerError(APIStatusError):
    """500 and above: the API failed."""


class APIResponseValidationError(APIError):
    """The response is not a completion, page or stream; the base URL is usually the reason."""

    def __init__(
        self, *given: Any, message: str | None = None, body: Any = None, response: Any = None, **details: Any
    ) -> None:
        # The message comes first, or the response and the body, as in the official SDK.
        match given:
            case (str(),):
                message = given[0]
            case (_,):
                response = given[0]
            case (_, _):
                response, body = given
        message = message or "The response is not of the expected kind."
        super().__init__(message, body=body, response=response, **details)

    @property
    def is_retryable(self) -> bool:
        from chat_completions import _retryable  # it takes longer to import than all the errors

        return _retryable.may_pass(self.body) is True


class ResponseTooLargeError(APIResponseValidationError):
    """The response is larger than the client's `max_response_bytes`; the rest was not read."""


_NOTHING: dict[str, Any] = {"id": None, "object": "chat.completion", "created": None, "model": None, "choices": []}


class StreamError(APIError):
    """A stream failed after it began.

    Attributes:
        partial: The completion accumulated from the chunks that arrived; without choices if none did.
    """

    def __init__(self, message: str, *, partial: ChatCompletion | None = None, **details: Any) -> None:
        super().__init__(message, **details)
        if partial is None:
            from chat_completions_api.models import ChatCompletion

            partial = ChatCompletion.from_dict(_NOTHING)
        self.partial: ChatCompletion = partial

    @property
    def text(self) -> str:
        """The text of the first choice so far; empty if there is none."""
        first = next((choice for choice in self.partial.choices or () if (choice.index or 0) == 0), None)
        content: Any = first.message.content if first is not None and first.message is not None else None
        if isinstance(content, list):
            # Mistral's thinking models send content in parts.
            texts = [part.get("text") for part in content if isinstance(part, Mapping)]
            content = "".join(text for text in texts if isinstance(text, str))
        return content if isinstance(content, str) else ""

    @property
    def is_retryable(self) -> bool:
        # What breaks a stream is usually temporary, unless the server says otherwise.
        from chat_completions import _retryable  # it takes longer to import than all the errors

        return self._may_pass and _retryable.may_pass(self.body) is not False


class IncompleteStreamError(StreamError):
    """A stream ended without any choice, or without `[DONE]` and without a finish reason for every choice."""


class StreamConnectionError(StreamError, APIConnectionError):
    """The connection failed while a stream was read."""


class StreamTimeoutError(StreamConnectionError, APITimeoutError):
    """A stream stalled, or took longer than its deadline."""


class EventStreamError(ChatCompletionsError):
    """The bytes are not an event stream.

    Attributes:
        offset: The position in the stream, in bytes from its beginning.
    """

    def __init__(self, message: str, *, offset: int) -> None:
        super().__init__(message)
        self.offset = offset


class EventEncodingError(EventStreamError):
    """The event stream holds bytes that are not valid UTF-8."""


class EventTooLargeError(EventStreamError):
    """An event is larger than the size limit."""


class PaginationError(ChatCompletionsError):
    """The server says that there are more pages, but they cannot be followed.

    Attributes:
        cursor: The id after which listing may be resumed, None if there is none.
    """

    def __init__(self, message: str, *, cursor: str | None = None) -> None:
        super().__init__(message)
        self.cursor = cursor


class RequestValidationError(ChatCompletionsError):
    """The request cannot be sent as it is.

    Attributes:
        problems: (JSON pointer into the request, what is wrong there), one for each problem.
    """

    def __init__(self, message: str, *, problems: tuple[tuple[str, str], ...] = ()) -> None:
        super().__init__(message)
        self.problems = problems


class SchemaError(RequestValidationError):
    """The API's strict mode supports neither this JSON Schema nor an equivalent."""


class StructuredOutputError(ChatCompletionsError):
    """The completion does not hold a value of the requested type.

    Attributes:
        completion: The completion as received.
    """

    def __init__(self, message: str, *, completion: ChatCompletion) -> None:
        super().__init__(message)
        self.completion = completion


class LengthFinishReasonError(StructuredOutputError):
    """A choice was cut off at the token limit; increase `max_completion_tokens`, or request less."""

    def __init__(
        self, message: str = "A choice was cut off at the token limit.", *, completion: ChatCompletion
    ) -> None:
        super().__init__(message, completion=completion)


class ContentFilterFinishReasonError(StructuredOutputError):
    """A choice was cut off by the server's content filter."""

    def __init__(self, message: str = "A choice was cut off by the filter.", *, completion: Any = None) -> None:
        super().__init__(message, completion=completion)


class OutputValidationError(StructuredOutputError):
    """A reply is not a value of the requested type.

    Attributes:
        error: The exception of the type's library; also the error's `__cause__`.
        where: JSON pointer to the reply in the completion, such as `/choices/0/message/content`.
        pointer: JSON pointer to the fault in the reply's JSON; empty for all of it or if the library does not say.
    """

    def __init__(self, message: str, *, error: Exception, where: str, pointer: str, **details: Any) -> None:
        super().__init__(message, **details)
        self.error = error
        self.where = where
        self.pointer = pointer


class ToolArgumentsError(ChatCompletionsError):
    """The model's arguments do not fit the tool that it calls; the tool was not called.

    Attributes:
        name: The tool's name.
        arguments: The arguments as the model wrote them.
        problems: (JSON pointer into the arguments, what is wrong there), one for each problem.
    """

    def __init__(self, message: str, *, name: str, arguments: str, problems: tuple[tuple[str, str], ...]) -> None:
        super().__init__(message)
        self.name = name
        self.arguments = arguments
        self.problems = problems


class ToolFailedError(ChatCompletionsError):
    """A tool raised an exception, which is the `__cause__`. To continue without it, send `run.messages`.

    Attributes:
        result: The call, with the exception that it raised.
    """

    run: ToolRun

    def __init__(self, message: str, *, result: ToolCallResult) -> None:
        super().__init__(message)
        self.result = result


class ToolRoundsError(ChatCompletionsError):
    """The model still called tools in its last round; to continue, send `run.messages`."""

    run: ToolRun


STATUS_ERRORS: Mapping[int, type[APIStatusError]] = {
    400: BadRequestError,
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    409: ConflictError,
    422: UnprocessableEntityError,
    429: RateLimitError,
}

__all__ = [
    "APIConnectionError",
    "APIError",
    "APIResponseValidationError",
    "APIStatusError",
    "APITimeoutError",
    "AuthenticationError",
    "BadRequestError",
    "ChatCompletionsError",
    "ConflictError",
    "ContentFilterFinishReasonError",
    "EventEncodingError",
    "EventStreamError",
    "EventTooLargeError",
    "IncompleteStreamError",
    "InternalServerError",
    "LengthFinishReasonError",
    "NotFoundError",
    "OutputValidationError",
    "PaginationError",
    "PermissionDeniedError",
    "RateLimitError",
    "RequestValidationError",
    "ResponseTooLargeError",
    "SchemaError",
    "StreamConnectionError",
    "StreamError",
    "StreamTimeoutError",
    "StructuredOutputError",
    "ToolArgumentsError",
    "ToolFailedError",
    "ToolRoundsError",
    "UnprocessableEntityError",
]
