"""The exchanges of a cassette while it records or replays."""

from __future__ import annotations

import threading
from pathlib import Path

from chat_completions._types import publish

from .exchanges import Exchange, read_file
from .matching import differences, format_differences, nearest
from .secrets import Secrets


class UnknownRequestError(AssertionError):
    """No recorded exchange answers a replayed request; the message shows the nearest one."""


class Tape:
    """Exchanges with a server, in their order.

    Args:
        path: The file to replay or to write.
        secrets: Removed from the exchanges.
        is_recording: Whether requests are sent and recorded; otherwise they are answered from the file.
        speed: Speed of a replay relative to the server; None does not wait.
    """

    def __init__(self, path: Path, secrets: Secrets, *, is_recording: bool, speed: float | None) -> None:
        self.path = path
        self.is_recording = is_recording
        self.speed = speed
        self.problems: list[str] = []
        self.exchanges: list[Exchange] = [] if is_recording else read_file(path)
        self._secrets = secrets
        self._lock = threading.Lock()
        self._used: set[int] = set()

    def _begin(self, method: str, url: str, headers: list[tuple[str, str]], content: bytes) -> Exchange:
        """Record a request before it is sent."""
        exchange = Exchange(method, url, headers, content)
        with self._lock:
            self._secrets.learn_request(url, headers)
            self.exchanges.append(exchange)
        return exchange

    def _learn_headers(self, headers: list[tuple[str, str]]) -> None:
        with self._lock:
            self._secrets.learn_headers(headers)

    def _find(self, method: str, url: str, headers: list[tuple[str, str]], content: bytes) -> Exchange:
        """Return the first unused exchange that answers a request.

        Raises:
            UnknownRequestError: If there is none.
        """
        with self._lock:
            self._secrets.learn_request(url, headers)
            now = Exchange(method, url, headers, content).cleaned(self._secrets)
            same = [number for number, known in enumerate(self.exchanges) if not differences(known, now)]
            unused = [number for number in same if number not in self._used]
            if unused:
                self._used.add(unused[0])
                return self.exchanges[unused[0]]
            self.problems.append(self._unknown(now, same))
            raise UnknownRequestError(self.problems[-1])

    def _unknown(self, now: Exchange, same: list[int]) -> str:
        known = self.exchanges
        what = f"{self.path} has no answer for {now.method} {now.url}"
        remedy = "record it again if the request is right"
        if same:
            times = "once" if len(same) == 1 else f"{len(same)} times"
            return f"{what}: it was recorded {times} and has been replayed as often; {remedy}"
        if not known:
            return f"{what}: it contains no exchanges; {remedy}"
        number, found = nearest(known, now, self._used)
        state = ", which has been replayed," if number in self._used else ""
        nearest_one = f"the nearest of its {len(known)}, number {number + 1}{state} differs"
        return f"{what}; {nearest_one}; {remedy}\n{format_differences(found)}"


publish(UnknownRequestError, module="chat_completions.testing")
