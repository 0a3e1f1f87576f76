"""The exchanges of a cassette: being recorded, or being replayed."""

from __future__ import annotations

import threading
from pathlib import Path

from .exchanges import Exchange, read_file
from .matching import differences, nearest, told
from .secrets import Secrets


class UnknownRequestError(AssertionError):
    """A request that was replayed and that no recorded exchange answers; the message shows the nearest one."""


class Tape:
    """Exchanges with a server, in their order.

    Args:
        path: The file of a replay; of a recording, the one to be.
        secrets: What is taken out of it.
        is_recording: Whether requests go out and are recorded; otherwise they are answered from the file.
        speed: How many times as fast as the server a replay is; None does not wait.
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
        """Record a request that goes out."""
        exchange = Exchange(method, url, headers, content)
        with self._lock:
            self._secrets.learn_request(url, headers)
            self.exchanges.append(exchange)
        return exchange

    def _headed(self, headers: list[tuple[str, str]]) -> None:
        with self._lock:
            self._secrets.learn_headers(headers)

    def _answer(self, method: str, url: str, headers: list[tuple[str, str]], content: bytes) -> Exchange:
        """Return the first exchange that answers a request and was not used.

        Raises:
            UnknownRequestError: There is none.
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
        remedy = "record it anew if the request is right"
        if same:
            times = "once" if len(same) == 1 else f"{len(same)} times"
            return f"{what}: it was recorded {times}, and has been replayed as often; {remedy}"
        if not known:
            return f"{what}: it holds no exchanges; {remedy}"
        number, found = nearest(known, now, self._used)
        state = ", which has been replayed," if number in self._used else ""
        return f"{what}; the nearest of its {len(known)}, number {number + 1}{state} differs; {remedy}\n{told(found)}"
