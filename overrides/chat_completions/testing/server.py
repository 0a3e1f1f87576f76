"""The local server with a script in front of it and a record of its requests."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from os import PathLike
from types import TracebackType
from typing import Any

from chat_completions._types import publish
from chat_completions.local.server import LocalServer

from .received import ReceivedRequest
from .script import ScriptError, ScriptPlayer

_KEY = "sk-test"


@publish("chat_completions.testing")
class ScriptedServer(ScriptPlayer, LocalServer):
    """A server on a loopback socket that answers from its script, or like `LocalServer` if there is none.

    Use it as a context manager: `with ScriptedServer() as server: server.reply("Hello")`. Completions and streams of
    the script are only sent in reply to valid requests; others are refused as by the API.

    Args:
        exact: Whether a request beyond the script, or an unused answer, fails the test.
        validate: Whether requests are checked against the specification before the script answers.
        host: Address to listen on.
        port: Port to listen on; 0 chooses a free one.
        database: SQLite file for stored completions; None keeps them in memory.
        api_keys: The accepted API keys; None requires no key.
        strict: Whether request fields that are not in the specification are rejected.
        chunk_delay: Seconds between the chunks of a stream that is not from the script.
        document: OpenAPI document to check requests against; None uses the one in the package.

    Attributes:
        requests: The requests so far, in order of arrival.

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
            LookupError: If there was none.
        """
        if not self.requests:
            raise LookupError("the server has received no request yet")
        return self.requests[-1]

    @property
    def url(self) -> str:
        """The URL without `/v1`, for clients that add their own path."""
        return self.base_url.removesuffix("/v1")

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables that make clients use this server, such as in `subprocess.run(..., env=...)`."""
        ours = {"OPENAI_BASE_URL": self.base_url, "AZURE_OPENAI_ENDPOINT": self.url}
        return {**ours, **dict.fromkeys(("OPENAI_API_KEY", "AZURE_OPENAI_API_KEY"), self._key)}

    @property
    def unused(self) -> int:
        """How many answers of the script have not been used yet."""
        return len(self._entries) - self._taken

    def wait_for_requests(self, count: int = 1, timeout: float = 5.0) -> list[ReceivedRequest]:
        """Wait until `count` requests have arrived in all, for code that works in the background.

        Args:
            count: Number of requests.
            timeout: Seconds to wait.

        Returns:
            All requests so far.

        Raises:
            TimeoutError: If there were fewer by then.
        """
        with self._arrived:
            if not self._arrived.wait_for(lambda: len(self.requests) >= count, timeout):
                raise TimeoutError(f"{len(self.requests)} of {count} requests arrived within {timeout:g} s")
            return list(self.requests)

    def clear(self) -> None:
        """Remove the script, the requests and the recorded failures."""
        with self._arrived:
            self._entries.clear()
            self._fallback = None
            self._taken = 0
            self.requests.clear()
            self._outcomes.clear()
            self._failures.clear()

    def verify(self) -> None:
        """Check that no function of the script failed and, with `exact`, that the requests used the script exactly.

        Raises:
            ScriptError: With `exact`, if the requests do not match the script.
            BaseException: The error that a function of the script raised.
        """
        if self._failures:
            raise self._failures[0]
        if self.exact and self.unused:
            rest = ", ".join(entry.label for entry in self._entries[self._taken :][:5])
            raise ScriptError(f"the rest of the script was not used ({rest})\n{self.account()}")

    def account(self) -> str:
        """Return a line for each request and what answered it."""
        lines = [
            f"{number}. {request} -> {outcome}"
            for number, (request, outcome) in enumerate(zip(self.requests, self._outcomes, strict=False), 1)
        ]
        return "\n".join(lines) or "no requests"

    def __repr__(self) -> str:
        where = self._url or "not running"
        received, left = len(self.requests), self.unused
        requests, answers = f"{received} request{'s' * (received != 1)}", f"{left} answer{'s' * (left != 1)}"
        return f"<ScriptedServer {where}, {requests}, {answers} left>"

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
        if error is None:
            self.verify()

    def _connection(self, client: Any) -> asyncio.Transport | None:
        """Return the connection of a client, found by its address."""
        connections = self._server.server_state.connections if self._server else ()
        return next((each.transport for each in connections if getattr(each, "client", None) == client), None)
