"""One call to the API, and its result."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Mapping
from typing import TYPE_CHECKING, Any

from chat_completions._response_info import Attempt, ResponseInfo, request_id_of
from chat_completions._types import NOT_GIVEN, NotGiven, Secret

if TYPE_CHECKING:
    import httpx

    from chat_completions._contract.unknown_values import UnknownReporter
    from chat_completions._transport.observer import Operation
    from chat_completions._transport.steps import Step
    from chat_completions.errors import APIError

DEFAULT_MAX_RESPONSE_BYTES = 256 * 1024 * 1024  # of a reply that is read whole

_NOTHING: Secret[Any] = Secret(None)


# `Call` and `CallResult` are not dataclasses: to create one takes as long as to load a module.
class Call:
    """One call: the request as the generated endpoint built it, and the caller's options.

    Attributes:
        stream: Whether the request asks for an event stream.
        stream_body: Whether the body of a successful response is left unread, for the receiver of the result.
        choices: How many choices a stream should have.
        wants_usage: Whether it should end with the usage.
    """

    is_made = False  # whether the request is built: failures after that are not those of the settings

    def __init__(
        self,
        request: dict[str, Any],
        stream: bool = False,
        extra_headers: Mapping[str, str | None] | Secret[Any] | None = None,
        extra_query: Mapping[str, Any] | Secret[Any] | None = None,
        timeout: Any = NOT_GIVEN,
        max_retries: int | NotGiven = NOT_GIVEN,
        deadline: float | NotGiven | None = NOT_GIVEN,
        idle_timeout: float | NotGiven | None = NOT_GIVEN,
        done_timeout: float | NotGiven | None = NOT_GIVEN,
        stream_body: bool = False,
    ) -> None:
        self.request, self.stream, self.stream_body = request, stream, stream_body or stream
        self.extra_headers, self.extra_query = _hidden(extra_headers), _hidden(extra_query)
        self.timeout, self.max_retries, self.deadline, self.idle_timeout = timeout, max_retries, deadline, idle_timeout
        self.done_timeout = done_timeout
        self.choices, self.wants_usage = 1, False

    def read_body(self, body: Mapping[str, Any]) -> None:
        """Record what the end of a stream depends on.

        Args:
            body: The JSON object of the request.
        """
        choices, options = body.get("n"), body.get("stream_options")
        self.choices = choices if type(choices) is int and choices > 0 else 1
        self.wants_usage = isinstance(options, Mapping) and options.get("include_usage") is True


def _hidden(value: Any) -> Secret[Any]:
    return _NOTHING if value is None else value if isinstance(value, Secret) else Secret(value)


class CallResult:
    """The call, its response and attempts, the limits of the body, and who checks and observes the body.

    In seconds of `time.monotonic`: when the call began, when its last request was sent, when the headers of the
    response arrived, and when the body was read, if it is. `operation` observes the rest of a stream.

    Attributes:
        call: The call.
        redacted_url: The base URL that it was sent to, for messages.
        done_timeout: How long its stream may take to end once every choice has finished, in seconds; None for no limit.
        steps_after: Plans the attempts after a stream that broke before it yielded anything, with the stream's error.
        resend: Carries these out; None if the caller holds the response, which must not be replaced.
    """

    call: Call
    redacted_url: str
    done_timeout: float | None = None
    steps_after: Callable[[APIError], Generator[Step, Any, CallResult]]
    resend: Callable[[CallResult, Any], Any] | None = None

    def __init__(
        self,
        response: httpx.Response,
        attempts: list[Attempt],
        ends_at: float | None,
        idle_timeout: float | None,
        unknown_reporter: UnknownReporter | None,
        began_at: float = 0.0,
        sent_at: float = 0.0,
        headed_at: float = 0.0,
        answered_at: float = 0.0,
        max_response_bytes: int = DEFAULT_MAX_RESPONSE_BYTES,
        operation: Operation | None = None,
    ) -> None:
        self.max_response_bytes = max_response_bytes
        self.response, self.attempts = response, attempts
        self.ends_at, self.idle_timeout, self.unknown_reporter = ends_at, idle_timeout, unknown_reporter
        self.began_at, self.sent_at, self.headed_at, self.answered_at = began_at, sent_at, headed_at, answered_at
        self.operation = operation


def info_of(answer: CallResult) -> ResponseInfo:
    """Return the information about the response of a call."""
    response = answer.response
    headers = {name.lower(): value for name, value in response.headers.items()}
    elapsed = answer.answered_at - answer.began_at
    return ResponseInfo(response.status_code, headers, request_id_of(headers), tuple(answer.attempts), elapsed)


def names_of_tools(answer: CallResult) -> list[str]:
    """Return the names of the tools in the request of a call; none if it cannot be read."""
    try:
        tools = json.loads(answer.response.request.content)["tools"]
    except (LookupError, TypeError, ValueError, RuntimeError):
        return []
    kinds = ("function", "custom")
    holders = [tool.get(kind) for tool in tools if isinstance(tool, dict) for kind in kinds] if tools else []
    names = [holder.get("name") for holder in holders if isinstance(holder, dict)]
    return [name for name in names if isinstance(name, str) and name]
