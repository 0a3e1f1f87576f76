"""The remaining requests: those that wait for a retry, and new ones, within a budget."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable
from typing import Protocol

from chat_completions.bulk.input.requests import Request
from chat_completions.bulk.input.source import Line
from chat_completions.bulk.options import Options
from chat_completions.bulk.output.result_lines import digest_of
from chat_completions.bulk.progress import Progress
from chat_completions.bulk.runner.attempts import PendingRequest

_MOST_WAITING = 1000  # requests that wait to be tried again; beyond, no new ones are begun
_MOST_BYTES = 64 * 2**20  # of their bodies
_AT_ONCE = 500  # lines that are looked at until others may run


class Source(Protocol):
    """A source of lines.

    Attributes:
        position: How much has been read, in bytes.
        on_lines: Called when there are new lines, or no more.
    """

    position: int
    on_lines: Callable[[], None]

    @property
    def ended(self) -> bool:
        """Whether there are no more lines."""
        ...

    def take(self) -> Line | None:
        """Return the next line; None if there is none."""
        ...


class Backlog:
    """Yields the requests of a source, and retries once they are due.

    Args:
        run: The name of the run.
        source: A source of lines.
        admit: Returns the request in a line, or None.
        options: The budgets.
        progress: How much of them is used.

    Attributes:
        used_up: Why no new request may start; None if one may.
        begun: How many requests were started.
        reserved: The estimated tokens of the requests in flight.
    """

    def __init__(
        self, run: str, source: Source, admit: Callable[[Line], Request | None], options: Options, progress: Progress
    ) -> None:
        self._run, self._source, self._admit = run, source, admit
        self._options, self._progress = options, progress
        self._later: list[PendingRequest] = []
        self._bytes = 0
        self.begun = 0
        self.used_up: str | None = None
        self.reserved = 0.0

    def put_back(self, pending: PendingRequest, due: float) -> None:
        """Keep a request for another attempt at that time."""
        pending.due = due
        self._bytes += len(pending.request.body)
        heapq.heappush(self._later, pending)

    @property
    def next_due(self) -> float | None:
        """When the next retry is due; None if there is none."""
        return self._later[0].due if self._later else None

    @property
    def is_empty(self) -> bool:
        """Whether nothing is left except requests in flight."""
        return not self._later and (self.used_up is not None or self._source.ended)

    async def due(self, now: float) -> PendingRequest | None:
        """Return a request that can be sent now; None if there is none yet, or none at all."""
        if self._later and self._later[0].due <= now:
            pending = heapq.heappop(self._later)
            self._bytes -= len(pending.request.body)
            return pending
        if len(self._later) >= _MOST_WAITING or self._bytes >= _MOST_BYTES:
            return None
        looked_at = 0
        while not self._source.ended and not self._is_used_up():
            line = self._source.take()
            if line is None:
                return None
            self._progress.position = self._source.position
            request = self._admit(line)
            if request is not None:
                self.begun += 1
                return PendingRequest(request, digest_of(self._run, request.custom_id, request.body))
            looked_at += 1
            if looked_at % _AT_ONCE == 0:
                await asyncio.sleep(0)
        return None

    def _is_used_up(self) -> bool:
        requests, tokens = self._options.request_budget, self._options.token_budget
        used = self._progress.prompt_tokens + self._progress.completion_tokens
        if requests is not None and self.begun >= requests:
            self.used_up = f"the budget of {requests:,} requests is used up"
        elif tokens is not None and used + self.reserved >= tokens:
            if self.reserved and used < tokens:
                return True  # what is under way may take less than is thought
            self.used_up = f"the budget of {tokens:,} tokens is used up"
        return self.used_up is not None
