"""Everything that this package raises.

ChatCompletionsError
├── APIError                            something went wrong between us and the API
│   ├── APIConnectionError              no response: not connected, or cut off
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
│   ├── APIResponseValidationError      a response that is no completion, page or stream
│   │   └── ResponseTooLargeError       a response larger than `max_response_bytes`
│   └── StreamError                     a stream that failed; `.partial` is what had arrived
│       ├── IncompleteStreamError       a stream that ended before it was complete
│       └── StreamConnectionError       a stream that was cut off; an APIConnectionError, too
│           └── StreamTimeoutError      a stream that fell silent, or took too long; an APITimeoutError, too
├── EventStreamError                    bytes that are no event stream (`chat_completions.sse`)
│   ├── EventEncodingError              bytes that are no UTF-8
│   └── EventTooLargeError              an event over the size limit
├── PaginationError                     pages that lead nowhere; `.cursor` is where to resume
├── RequestValidationError              a request that cannot be sent; `.problems` says where and why
│   └── SchemaError                     a JSON Schema that strict mode does not take
├── StructuredOutputError               a completion without the value that was asked for; `.completion` is it
│   ├── LengthFinishReasonError         cut off at the limit of tokens
│   ├── ContentFilterFinishReasonError  cut off by the content filter
│   └── OutputValidationError           a reply that is no value of the type; `.error` is its library's error
├── ToolArgumentsError                  a model's arguments that do not fit a tool; `.problems` says where and why
├── ToolFailedError                     a tool that raised in `run_tools`; `.result` is its call
└── ToolRoundsError                     a run of tools without an answer in the rounds that it had
"""

from __future__ import annotations

import copyreg
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, Self

from chat_completions._redaction import credentials_in, hide_requests, without

if TYPE_CHECKING:
    from typing import Protocol

    import httpx

    from chat_completions._response_info import Attempt
    from chat_completions_api.models import ChatCompletion, CompletionUsage

    class ToolRun(Protocol):
        """What an error says of the run of tools that it ended: a `chat_completions.ToolRun`."""

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
        """What an error says of the tool call that failed: a `chat_completions.ToolCallResult`."""

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
    """Return a JSON value or a model as it is, but without what lies so deep in it that Python cannot copy it."""
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
    """The base of all errors of this package.

    Attributes:
        run: How far `run_tools` had come when this ended it, None outside of a run.
    """

    run: ToolRun | None = None

    def __reduce__(self) -> Any:
        # By state and not by constructor arguments: subclasses need keywords, and what holds secrets stays behind.
        state = {name: within_depth(value) for name, value in self.__getstate__().items()}
        return copyreg.__newobj__, (type(self), *self.args), state  # type: ignore[attr-defined]

    def __copy__(self) -> Self:
        copy = type(self).__new__(type(self), *self.args)
        vars(copy).update(self.__getstate__())
        return copy

    def __getstate__(self) -> dict[str, Any]:
        return {key: value for key, value in vars(self).items() if key != "response"}


class APIError(ChatCompletionsError):
    """Something went wrong between this client and the API.

    Attributes:
        message: What happened, where, and what to do.
        status_code: The HTTP status, None without a response.
        code: The API's error code, as `invalid_api_key`.
        param: The request's field that the API complains about, as `messages[0].content`.
        type: The API's kind of error, as `invalid_request_error`.
        body: The error object that the API sent, or whatever it sent instead.
        request_id: The id under which the API logged the request.
        response: The httpx response, None without one; it does not survive pickling.
        attempts: One entry for each attempt of the call: status, delay, reason and seconds.
        elapsed: Seconds from the beginning of the call to its failure; None for a stream that failed after it began.
    """

    attempts: tuple[Attempt, ...] = ()
    elapsed: float | None = None
    status_code: int | None = None
    response: httpx.Response | None = None

    def __init__(
        self,
        message: str,
        *,
        body: Any = None,
        request_id: str | None = None,
        response: httpx.Response | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self._take_body(within_depth(body))
        self.request_id = request_id
        if response is not None:
            self._hide_credentials(response)
            hide_requests(response)
            self.response = response
            self.status_code = response.status_code

    def _take_body(self, body: Any) -> None:
        self.body = body
        details: Mapping[str, Any] = body if isinstance(body, Mapping) else {}
        self.code: Any = details.get("code")
        self.param: Any = details.get("param")
        self.type: Any = details.get("type")

    def _hide_credentials(self, response: httpx.Response) -> None:
        """Hide what the request told of who asks, in the message and the body: servers quote it."""
        try:
            credentials = credentials_in(response.request)
        except (AttributeError, RuntimeError):
            return  # httpx raises a RuntimeError where there is no request
        self.message = without(self.message, credentials)
        self.args = (self.message, *self.args[1:])
        self._take_body(without(self.body, credentials))

    @property
    def request(self) -> httpx.Request | None:
        """The httpx request that failed, None where none was made; it does not survive pickling.

        What may be a credential is hidden in it: the values of headers, and the query of the address.
        """
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


class APIConnectionError(APIError):
    """There was no response: the connection could not be made, or it was cut."""

    @property
    def is_retryable(self) -> bool:
        return True


class APITimeoutError(APIConnectionError):
    """There was no response in time."""


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
    """400: the request is malformed, or breaks a rule of the API."""


class AuthenticationError(APIStatusError):
    """401: the key is missing, wrong or revoked."""


class PermissionDeniedError(APIStatusError):
    """403: the key may not do this."""


class NotFoundError(APIStatusError):
    """404: there is no such model, completion or path."""


class ConflictError(APIStatusError):
    """409: the request collides with another one."""


class UnprocessableEntityError(APIStatusError):
    """422: the request is understood and refused."""


class RateLimitError(APIStatusError):
    """429: too many requests or tokens, or the quota is used up."""


class InternalServerError(APIStatusError):
    """500 and above: the API failed."""


class APIResponseValidationError(APIError):
    """The response is no completion, page or stream; mostly the base URL points elsewhere."""

    @property
    def is_retryable(self) -> bool:
        from chat_completions import _retryable  # it takes longer to import than all the errors

        return _retryable.may_pass(self.body) is True


class ResponseTooLargeError(APIResponseValidationError):
    """The response is larger than the client's `max_response_bytes`; what is beyond that was not read."""


class StreamError(APIError):
    """A stream failed after it began.

    Attributes:
        partial: The completion folded from what had arrived, None if nothing had.
    """

    def __init__(self, message: str, *, partial: ChatCompletion | None = None, **details: Any) -> None:
        super().__init__(message, **details)
        self.partial = partial

    @property
    def is_retryable(self) -> bool:
        # What breaks a stream is mostly of the moment, unless the server says otherwise.
        from chat_completions import _retryable  # it takes longer to import than all the errors

        return _retryable.may_pass(self.body) is not False


class IncompleteStreamError(StreamError):
    """A stream ended without `[DONE]` and without a finish reason for every choice."""


class StreamConnectionError(StreamError, APIConnectionError):
    """The connection failed while a stream was read."""


class StreamTimeoutError(StreamConnectionError, APITimeoutError):
    """A stream fell silent, or took longer than its deadline."""


class EventStreamError(ChatCompletionsError):
    """The bytes are no event stream.

    Attributes:
        offset: Where in the stream, in bytes from its beginning.
    """

    def __init__(self, message: str, *, offset: int) -> None:
        super().__init__(message)
        self.offset = offset


class EventEncodingError(EventStreamError):
    """The event stream holds bytes that are no UTF-8."""


class EventTooLargeError(EventStreamError):
    """An event is larger than the limit."""


class PaginationError(ChatCompletionsError):
    """The pages lead nowhere.

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
    """The API's strict mode does not take a JSON Schema, and there is none that says the same."""


class StructuredOutputError(ChatCompletionsError):
    """The completion came, and has no value of the type that was asked for.

    Attributes:
        completion: The completion, with all that it does have.
    """

    def __init__(self, message: str, *, completion: ChatCompletion) -> None:
        super().__init__(message)
        self.completion = completion


class LengthFinishReasonError(StructuredOutputError):
    """A choice was cut off at the limit of tokens; raise `max_completion_tokens`, or ask for less."""


class ContentFilterFinishReasonError(StructuredOutputError):
    """A choice was cut off by the server's content filter."""


class OutputValidationError(StructuredOutputError):
    """A reply is no value of the type that was asked for.

    Attributes:
        error: What the type's library raised; the error's `__cause__` as well.
        where: JSON pointer to the reply in the completion, as `/choices/0/message/content`.
        pointer: JSON pointer to the fault in the reply's JSON, empty for all of it, and if the library does not tell.
    """

    def __init__(self, message: str, *, error: Exception, where: str, pointer: str, **details: Any) -> None:
        super().__init__(message, **details)
        self.error = error
        self.where = where
        self.pointer = pointer


class ToolArgumentsError(ChatCompletionsError):
    """A model's arguments do not fit the tool that it calls; the tool was not called.

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
    """A tool raised; `__cause__` is what. To go on without it, send `run.messages`.

    Attributes:
        result: The call, and what it raised.
    """

    run: ToolRun

    def __init__(self, message: str, *, result: ToolCallResult) -> None:
        super().__init__(message)
        self.result = result


class ToolRoundsError(ChatCompletionsError):
    """The model still called tools in the last round that it had; to go on, send `run.messages`."""

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
