"""The local server with a script in front of it, and with a memory of what it was asked."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from os import PathLike
from types import TracebackType
from typing import Any

from chat_completions.local.server import LocalServer

from .received import ReceivedRequest
from .script_player import ScriptError, ScriptPlayer

_KEY = "sk-test"


class ScriptedServer(ScriptPlayer, LocalServer):
    """A server on a loopback socket that answers as its script says, and without a script as `LocalServer` does.

    A context manager: `with ScriptedServer() as server: server.reply("Hello")`. Completions and streams of the script
    are given only to requests that the specification allows; others are refused, as the API does it.

    Args:
        exact: Whether a request without an answer in the script, and an answer without a request, are failures.
        validate: Whether requests are checked against the specification before the script answers.
        host: Address to listen on.
        port: Port to listen on; 0 takes a free one.
        database: SQLite file of the stored completions; None keeps them in memory.
        api_keys: The keys that are accepted; None asks for no key.
        strict: Whether a request field that the specification does not have is refused.
        chunk_delay: Seconds between the chunks of a stream that the script does not say.
        document: OpenAPI document to keep to; None takes the one in the package.

    Attributes:
        requests: The requests so far, in the order of their arrival.

    Raises:
        ImportError: If the extra `[testing]` is not installed.
        ValueError: If a setting is out of range.
    """

    _Error = ScriptError

    def __init__(
        self,
        *,
        exact: bool = False,
        validate: bool = True,
        host: str = "127.0.0.1",
        port: int = 0,
        database: str | PathLike[str] | None = None,
        api_keys: Collection[str] | None = None,
        strict: bool = False,
        chunk_delay: float = 0.0,
        document: Mapping[str, Any] | None = None,
    ) -> None:
        ScriptPlayer.__init__(self, exact=exact, validate=validate)
        try:
            LocalServer.__init__(
                self,
                host,
                port,
                database=database,
                api_keys=api_keys,
                strict=strict,
                chunk_delay=chunk_delay,
                document=document,
            )
        except ImportError as error:
            raise ImportError(
                f"a scripted server needs the package {error.name!r}: pip install 'chat-completions-client[testing]'",
                name=error.name,
            ) from error
        from .scripting import Scripting

        self.app.add_middleware(Scripting, player=self, connection_of=self._connection)
        keys = [api_keys] if isinstance(api_keys, str) else list(api_keys or ())
        self._key = keys[0] if keys else _KEY

    @property
    def last(self) -> ReceivedRequest:
        """The last request.

        Raises:
            LookupError: There was none.
        """
        if not self.requests:
            raise LookupError("the server has got no request yet")
        return self.requests[-1]

    @property
    def url(self) -> str:
        """The address without `/v1`, for clients that add a path of their own."""
        return self.base_url.removesuffix("/v1")

    @property
    def environment(self) -> dict[str, str]:
        """The variables that make a client use this server, for `subprocess.run(env={**os.environ, ...})`."""
        ours = {"OPENAI_BASE_URL": self.base_url, "AZURE_OPENAI_ENDPOINT": self.url}
        return {**ours, **dict.fromkeys(("OPENAI_API_KEY", "AZURE_OPENAI_API_KEY"), self._key)}

    @property
    def unused(self) -> int:
        """How many answers of the script nobody has asked for yet."""
        return len(self._entries) - self._taken

    def wait_for_requests(self, count: int = 1, timeout: float = 5.0) -> list[ReceivedRequest]:
        """Wait until so many requests have arrived in all, for code that asks in the background.

        Args:
            count: How many.
            timeout: Seconds.

        Returns:
            All requests so far.

        Raises:
            TimeoutError: There were fewer by then.
        """
        with self._arrived:
            if not self._arrived.wait_for(lambda: len(self.requests) >= count, timeout):
                raise TimeoutError(f"{len(self.requests)} of {count} requests arrived within {timeout:g} s")
            return list(self.requests)

    def clear(self) -> None:
        """Forget the script, the requests, and what went wrong."""
        with self._arrived:
            self._entries.clear()
            self._fallback = None
            self._taken = 0
            self.requests.clear()
            self._outcomes.clear()
            self._failures.clear()

    def verify(self) -> None:
        """Check that the functions of the script did not fail, and with `exact` that all of it was used, and no more.

        Raises:
            ScriptError: With `exact`, the script and the requests differ.
            BaseException: What a function of the script raised.
        """
        if self._failures:
            raise self._failures[0]
        if self.exact and self.unused:
            rest = ", ".join(entry.label for entry in self._entries[self._taken :][:5])
            raise ScriptError(f"nobody asked for the rest of the script ({rest})\n{self.account()}")

    def account(self) -> str:
        """Return a line for each request: what was asked, and who answered."""
        lines = [
            f"{number}. {request} -> {outcome}"
            for number, (request, outcome) in enumerate(zip(self.requests, self._outcomes, strict=False), 1)
        ]
        return "\n".join(lines) or "no requests"

    def __repr__(self) -> str:
        where = self._url or "not running"
        asked, left = len(self.requests), self.unused
        requests, answers = f"{asked} request{'s' * (asked != 1)}", f"{left} answer{'s' * (left != 1)}"
        return f"<ScriptedServer {where}, {requests}, {answers} left>"

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
        if error is None:
            self.verify()

    def _connection(self, client: Any) -> asyncio.Transport | None:
        """Return the connection of a client, by its address."""
        connections = self._server.server_state.connections if self._server else ()
        return next((each.transport for each in connections if getattr(each, "client", None) == client), None)
