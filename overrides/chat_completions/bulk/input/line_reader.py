"""Reads the input in a thread, a little ahead: files, stores and pipes may block, but an event loop may not."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Iterator

from chat_completions.bulk.input.source import Line

_BATCHES_AHEAD = 2  # batches


class LineReader:
    """The lines of the input, for one event loop; reading stays a little ahead, and no more.

    Args:
        batches: The lines.
        position: Returns how much of the input has been read, in bytes.

    Attributes:
        ended: Whether all lines have been read.
        error: What ended it early; None if nothing did.
        position: How much of the input the run has taken, in bytes.
    """

    def __init__(self, batches: Iterator[list[Line]], position: Callable[[], int] = lambda: 0) -> None:
        self._batches, self._position = batches, position
        self._lines: deque[Line] = deque()
        self._held: deque[tuple[list[Line], int]] = deque()
        self._room = threading.Semaphore(_BATCHES_AHEAD)
        self._over = False
        self._last = False
        self.error: Exception | None = None
        self.position = 0
        self.on_lines: Callable[[], None] = lambda: None

    def start(self) -> None:
        """Begin to read. The thread is a daemon: one that waits for a pipe must not keep the process from ending."""
        self._loop = asyncio.get_running_loop()
        threading.Thread(target=self._read, name="chat-completions-bulk-input", daemon=True).start()

    def _read(self) -> None:
        error: Exception | None = None
        try:
            for batch in self._batches:
                self._room.acquire()
                if self._over:
                    break
                self._hand(batch, self._position(), None, False)
            self._batches.close()  # type: ignore[attr-defined]
        except Exception as failure:
            error = failure
        self._hand([], self._position(), error, True)

    def _hand(self, batch: list[Line], position: int, error: Exception | None, last: bool) -> None:
        def take() -> None:
            self._held.append((batch, position))
            self.error, self._last = error, last
            self.on_lines()

        if not self._loop.is_closed():
            try:
                self._loop.call_soon_threadsafe(take)
            except RuntimeError:  # closed since
                return

    @property
    def ended(self) -> bool:
        """Whether there will be no more lines."""
        return self._last and not self._lines and not any(batch for batch, _ in self._held)

    def take(self) -> Line | None:
        """Return the next line; None if there is none yet, or no more."""
        while not self._lines:
            if not self._held:
                return None
            batch, self.position = self._held.popleft()
            self._lines.extend(batch)
            self._room.release()
        return self._lines.popleft()

    def close(self) -> None:
        """Stop reading."""
        self._over = True
        self._room.release()
