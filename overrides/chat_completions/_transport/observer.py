"""Protocols of what watches calls and streams, such as the OpenTelemetry instrumentation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, Self

if TYPE_CHECKING:
    from chat_completions._response_info import Attempt
    from chat_completions._types import ApiKey, Secret


class Observer(Protocol):
    """Watches the calls of the clients that it is set for."""

    def operation(
        self,
        request: Mapping[str, Any],
        *,
        stream: bool,
        goes_on: bool,
        api_key: Secret[ApiKey] | None,
        base_url: Secret[str],
    ) -> Operation:
        """Begin to watch a call; use the returned object in a `with` statement.

        Args:
            request: The request as the generated endpoint built it.
            stream: Whether the request asks for an event stream.
            goes_on: Whether the body of a successful response is read after the call has returned.
            api_key: The key, which must not be shown.
            base_url: The address of the API, whose user name and password must not be shown.
        """
        ...


class Operation(Protocol):
    """Watches one call, and the reading of its body even after the call has returned."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None: ...

    def on_response(self, response: Any, attempts: Sequence[Attempt], at: float) -> None:
        """Record the response of the call; this is the end of the call unless its body is still to be read.

        Args:
            response: The HTTP response.
            attempts: The attempts that the call took.
            at: When the response was received, in seconds of `time.monotonic`.
        """

    def on_body_end(self, response: Any, error: BaseException | None) -> None:
        """Record that a body that is not read as a stream was read, abandoned, or cut off."""

    def on_stream_end(self, stream: StreamState, times: StreamTimes, error: BaseException | None) -> None:
        """Record that the stream ended, failed, or was abandoned."""


class StreamState(Protocol):
    """How far a stream has been read."""

    @property
    def is_complete(self) -> bool:
        """Whether the server sent `[DONE]`, or a finish reason for every choice."""
        ...

    @property
    def request_id(self) -> str | None:
        """The id under which the server logged the request."""
        ...

    def completion(self) -> Any:
        """Return the completion so far; None before the first chunk."""


class StreamTimes(Protocol):
    """When the parts of a stream arrived, in seconds of `time.monotonic`; None for what has not arrived."""

    @property
    def first_chunk_at(self) -> float | None: ...

    @property
    def first_token_at(self) -> float | None: ...

    @property
    def ended_at(self) -> float | None: ...

    def gaps(self) -> Iterable[tuple[float, int]]:
        """Yield the seconds between chunks, each with how many gaps it stands for."""
        ...
