"""What watches calls and streams, such as the OpenTelemetry instrumentation, as those who call it see it."""

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
        """Begin to watch a call; use what it returns with `with`.

        Args:
            request: The request as the generated endpoint built it.
            stream: Whether an event stream is asked for.
            goes_on: Whether the body of a success is read after the call has returned.
            api_key: The key, which must not show.
            base_url: The address of the API, which must not show a user.
        """
        ...


class Operation(Protocol):
    """Watches one call, and the reading of its body where that goes on after the answer is returned."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None: ...

    def on_response(self, response: Any, attempts: Sequence[Attempt], at: float) -> None:
        """Record the response of a call, at `at` on the clock; unless its body is still to be read, that is the end."""

    def body_over(self, response: Any, error: BaseException | None) -> None:
        """Record that a body was read that is not read as a stream, or that it was left or broke off."""

    def stream_over(self, stream: StreamState, times: StreamTimes, error: BaseException | None) -> None:
        """Record that the stream ended, failed, or was left."""


class StreamState(Protocol):
    """How far a stream has come."""

    @property
    def is_complete(self) -> bool:
        """Whether the server said all that it had to say."""
        ...

    @property
    def request_id(self) -> str | None:
        """The id under which the server logged the request."""
        ...

    def completion(self) -> Any:
        """Return the completion so far, None before the first chunk."""


class StreamTimes(Protocol):
    """When the parts of a stream arrived, on the clock; None for what did not."""

    @property
    def first_chunk_at(self) -> float | None: ...

    @property
    def first_token_at(self) -> float | None: ...

    @property
    def ended_at(self) -> float | None: ...

    def gaps(self) -> Iterable[tuple[float, int]]:
        """Yield the seconds between chunks, and how often there were so many."""
        ...
