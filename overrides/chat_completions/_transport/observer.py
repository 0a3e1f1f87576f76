"""What watches calls and streams, such as the OpenTelemetry instrumentation, as those who call it see it."""

from __future__ import annotations

from collections.abc import Iterable
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, Self

if TYPE_CHECKING:
    from chat_completions._transport.call import Call, CallResult
    from chat_completions._transport.settings import Settings


class Observer(Protocol):
    """Watches the calls of the clients that it is set for."""

    def operation(self, call: Call, settings: Settings) -> Operation:
        """Begin to watch a call; use what it returns with `with`."""
        ...


class Operation(Protocol):
    """Watches one call, and the reading of its body where that goes on after the answer is returned."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None: ...

    def answered(self, answer: CallResult) -> CallResult:
        """Record the answer and return it; unless its body is still to be read, that is the end."""
        ...

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
