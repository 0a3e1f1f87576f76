"""`record()` and `replay()`: real traffic in a readable file, and responses from it without a network."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from chat_completions._types import publish

from .exchanges import Exchange, write_file
from .secrets import Secrets
from .tape import Tape, UnknownRequestError

if TYPE_CHECKING:
    import httpx


@publish("chat_completions.testing")
class Cassette(Tape):
    """Recorded exchanges with a server; `record` and `replay` create it.

    Attributes:
        path: The file.
        is_recording: Whether requests are sent and recorded; otherwise they are answered from the file.
        exchanges: All exchanges so far, or those of the file.
        problems: The requests that could not be answered.
    """

    _Error = UnknownRequestError

    def __init__(
        self,
        path: str | PathLike[str],
        *,
        is_recording: bool,
        secret_names: Iterable[str] = (),
        secret_values: Iterable[str] = (),
        speed: float | None = None,
    ) -> None:
        if speed is not None and not speed > 0:
            raise ValueError(f"speed must be above 0, or None for no delay, not {speed!r}")
        secrets = Secrets(secret_names, secret_values)
        super().__init__(Path(path), secrets, is_recording=is_recording, speed=speed)
        self._http_clients: list[Any] = []

    def __repr__(self) -> str:
        doing = "recording" if self.is_recording else "replaying"
        known = len(self.exchanges)
        return f"<Cassette {str(self.path)!r}, {doing}, {known} exchange{'s' * (known != 1)}>"

    def http_client(self, **arguments: Any) -> httpx.Client:
        """Return an `httpx.Client` for `Client(http_client=...)`; leaving the `with` of the cassette closes it.

        Args:
            arguments: Those of `httpx.Client`, except `transport`.
        """
        import httpx

        client = httpx.Client(transport=self.transport(), **arguments)
        self._http_clients.append(client)
        return client

    def async_http_client(self, **arguments: Any) -> httpx.AsyncClient:
        """Return an `httpx.AsyncClient` for `AsyncClient(http_client=...)`; close it with `async with` or `aclose()`.

        Args:
            arguments: Those of `httpx.AsyncClient`, except `transport`.
        """
        import httpx

        return httpx.AsyncClient(transport=self.transport(httpx.AsyncHTTPTransport()), **arguments)

    def transport(self, inner: Any = None) -> Any:
        """Return a transport for an HTTP client of httpx or httpx2, sync or async.

        Args:
            inner: The transport that sends the requests, such as `httpx.AsyncHTTPTransport(proxy=...)`; None creates
                an `httpx.HTTPTransport`. A replay never uses it.
        """
        from .transports import CassetteTransport

        if inner is None and self.is_recording:
            import httpx

            inner = httpx.HTTPTransport()
        return CassetteTransport(self, inner)

    @contextmanager
    def patched(self) -> Iterator[Self]:
        """Record or replay the chat completions of all httpx and httpx2 clients of this process.

        Requests to other paths than `.../chat/completions` are not affected.
        """
        from .transports import patched

        with patched(self):
            yield self

    @property
    def unused(self) -> list[Exchange]:
        """The exchanges of the file that have not been used yet."""
        return [exchange for number, exchange in enumerate(self.exchanges) if number not in self._used]

    def save(self) -> None:
        """Write what has been recorded so far; a replay writes nothing."""
        if self.is_recording:
            with self._lock:
                write_file(self.path, self.exchanges, self._secrets)

    def close(self) -> None:
        """Write what was recorded, and close the HTTP clients that were created here."""
        self.save()
        while self._http_clients:
            self._http_clients.pop().close()

    def verify(self, *, exact: bool = False) -> None:
        """Check that all requests could be answered.

        Args:
            exact: Whether to check as well that every recorded exchange was used.

        Raises:
            UnknownRequestError: If a request could not be answered or, with `exact`, an exchange was not used.
        """
        problems = list(self.problems)
        if exact and not self.is_recording:
            problems += [f"{self.path}: {exchange!r} was not used" for exchange in self.unused]
        if problems:
            raise UnknownRequestError("\n".join(problems))

    def account(self) -> str:
        """Return a line for each exchange: the request, and whether it was replayed."""
        lines = []
        for number, exchange in enumerate(self.exchanges):
            state = "recorded" if self.is_recording else "replayed" if number in self._used else "not used"
            lines.append(f"{number + 1}. {exchange!r} -> {state}")
        return "\n".join(lines) or "no exchanges"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def record(
    path: str | PathLike[str], *, secret_names: Iterable[str] = (), secret_values: Iterable[str] = ()
) -> Cassette:
    """Record real traffic to a file.

    `with record("hello.json") as cassette: client = Client(http_client=cassette.http_client())`: leaving the `with`
    statement writes the file and replaces an existing one. Keys, cookies, organizations and projects are removed
    first, by the names of headers and query parameters, and by their values wherever these occur.

    Args:
        path: The file; its folder is created if needed.
        secret_names: Further headers, query parameters and fields of bodies that are secret.
        secret_values: Further values that are secret.

    Returns:
        The cassette. Its `http_client()`, `async_http_client()` and `transport()` record; inside its `patched()`, so
        do all httpx clients of the process.
    """
    return Cassette(path, is_recording=True, secret_names=secret_names, secret_values=secret_values)


def replay(
    path: str | PathLike[str],
    *,
    secret_names: Iterable[str] = (),
    secret_values: Iterable[str] = (),
    speed: float | None = None,
) -> Cassette:
    """Replay a recorded file, without a network.

    A request is answered by the first unused exchange with the same method, path, query and body; host and headers
    are ignored. Streams arrive in the pieces in which they were read, and truncated streams are truncated again.

    Args:
        path: The file.
        secret_names: As when it was recorded.
        secret_values: As when it was recorded, or the values that replace them now.
        speed: 1 waits between the pieces of a stream as the server did, 10 a tenth of that; None does not wait.

    Returns:
        The cassette, used like one from `record`.

    Raises:
        FileNotFoundError: If there is no such file.
        CassetteError: If the file is not a cassette.
        ValueError: If `speed` is not above 0.
    """
    return Cassette(path, is_recording=False, secret_names=secret_names, secret_values=secret_values, speed=speed)
