"""The shared limits of a run's workers: one actor that lends out requests and tokens, and passes on pauses and stops.

It does not hand out work, which the engine does. The job's settings, which contain the key, are sent and fetched by
calls, not as arguments of an actor, which a cluster keeps and shows.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import NamedTuple

from chat_completions.bulk.runner.rate_limiter import Ceiling

_LEASE_SECONDS = 0.2  # of a ceiling that are lent at once, to all workers together
_REPORT_SECONDS = 0.25  # between two reports of a worker; more where there are many
_REPORTS_A_SECOND = 400
_ANY = 10**9  # requests, or tokens a minute: there is no ceiling for them
_LOST_SECONDS = 10.0  # after which a worker without a report counts no more among those that share


class Sealed:
    """Bytes with secrets in them, on their way from the driver to the workers; no repr shows them.

    Args:
        data: The bytes.
    """

    __slots__ = ("data",)

    def __init__(self, data: bytes) -> None:
        self.data = data

    def __repr__(self) -> str:
        return "<hidden>"

    def __reduce__(self) -> tuple[type[Sealed], tuple[bytes]]:
        return Sealed, (self.data,)


class Limits(NamedTuple):
    """The shared limits; None means unlimited.

    Attributes:
        requests_per_minute: How many requests may start per minute, for all workers together.
        tokens_per_minute: How many tokens they may take.
        request_budget: How many requests may be sent.
        token_budget: How many tokens may be used.
    """

    requests_per_minute: float | None = None
    tokens_per_minute: float | None = None
    request_budget: int | None = None
    token_budget: int | None = None


class Report(NamedTuple):
    """The state of a worker since it began.

    Attributes:
        counts: Numbers by name, to be summed.
        now: Current numbers.
        attempts: How attempts ended, and how often.
        latencies: The buckets of its histogram.
        waiting: What it waits for.
        spare: Requests and tokens that were lent but not used.
        failures: Why requests failed, and how many of them.
    """

    counts: dict[str, int]
    now: dict[str, int]
    attempts: dict[str, int]
    latencies: list[int]
    waiting: str | None
    spare: tuple[int, float] = (0, 0.0)
    failures: Mapping[str, int] = {}


class Instructions(NamedTuple):
    """Instructions for a worker.

    Attributes:
        paused: Seconds in which no request may begin.
        hold: Whether none may begin until others finish, because these may use up a budget.
        stop: Why the run stops; None if it continues.
        grace: Seconds that requests in flight then have.
        again: Seconds until the next report.
    """

    paused: float
    hold: bool
    stop: str | None
    grace: float
    again: float


class Meter:
    """The actor that all workers of a run share.

    Args:
        limits: What is shared.
        workers: The maximum number of workers.
    """

    def __init__(self, limits: Limits, workers: int = 1) -> None:
        self._limits, self._most = limits, workers
        self._requests = Ceiling(limits.requests_per_minute)
        self._tokens = Ceiling(limits.tokens_per_minute)
        self._paused_until = float("-inf")
        self._stop: str | None = None
        self._grace = 0.0
        self._job: Sealed | None = None
        self._given = asyncio.Event()
        self._changed = asyncio.Event()
        self._turn = asyncio.Lock()
        self._reports: dict[str, Report] = {}
        self._reported_at: dict[str, float] = {}
        self._opened: dict[int, tuple[int, int]] = {}
        self._allowed: dict[int, int] = {}
        self._left = limits.request_budget

    async def set_job(self, job: Sealed) -> None:
        """Store the job that the driver sends."""
        self._job = job
        self._given.set()

    async def job(self) -> Sealed:
        """Return the job to a worker."""
        await self._given.wait()
        assert self._job is not None
        return self._job

    async def open(self, partition: int, ended: tuple[int, int], lines: int) -> int | None:
        """Record that a worker starts a partition, or takes it over from a lost worker.

        Args:
            partition: Its number.
            ended: How many of its requests were answered, and failed, before.
            lines: How many requests it may have.

        Returns:
            How many requests the budget allows; None for any number.
        """
        before = self._opened.setdefault(partition, ended)
        if self._left is None:
            return None
        if partition not in self._allowed:
            self._allowed[partition] = allowed = min(self._left, max(0, lines - sum(ended)))
            self._left -= allowed
        return max(0, self._allowed[partition] - (sum(ended) - sum(before)))

    async def close(self, partition: int, unused: int) -> None:
        """Record that a worker finished a partition, and the budget that it did not use."""
        if self._left is not None and unused > 0:
            self._left += unused
            self._allowed[partition] -= unused

    async def lease(self, requests: int, tokens: float) -> tuple[int, float]:
        """Lend the right to begin some requests, as soon as the ceilings allow it.

        Args:
            requests: How many are needed now, at least; 0 if only tokens are.
            tokens: How many tokens are needed now, at least.

        Returns:
            How many requests may begin, and how many tokens they may take.
        """
        async with self._turn:  # those who wait come in turn
            while (seconds := self._wait(time.monotonic())) > 0 and self._stop is None:
                self._changed.clear()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._changed.wait(), seconds)
            now, share = time.monotonic(), _LEASE_SECONDS / 60.0 / self._most
            ceilings = self._limits
            if requests > 0:
                a_minute = ceilings.requests_per_minute
                requests = _ANY if a_minute is None else max(requests, int(a_minute * share))
                self._requests.take(now, requests)
            if tokens > 0:
                tokens = max(tokens, (ceilings.tokens_per_minute or _ANY) * share)
                self._tokens.take(now, tokens)
            return requests, tokens

    def _wait(self, now: float) -> float:
        return max(self._paused_until - now, self._requests.wait(now), self._tokens.wait(now))

    async def pause(self, seconds: float) -> None:
        """Pause all workers for some time."""
        self._paused_until = max(self._paused_until, time.monotonic() + seconds)

    async def stop(self, reason: str, grace: float) -> None:
        """Stop the run; the first reason counts, and the last grace."""
        self._stop, self._grace = self._stop or reason, grace
        self._changed.set()

    async def report(self, worker: str, report: Report) -> Instructions:
        """Record a worker's report, and return its instructions.

        Args:
            worker: Its name.
            report: Its state.
        """
        requests, tokens = report.spare
        self._requests.correct(-requests)
        self._tokens.correct(-tokens)
        self._reports[worker] = report
        self._reported_at[worker] = now = time.monotonic()
        return Instructions(
            max(0.0, self._paused_until - now), self._holds(), self._stop, self._grace, self._seconds_to_next()
        )

    def _holds(self) -> bool:
        budget = self._limits.token_budget
        if budget is None:
            return False
        reports = self._reports.values()
        used = sum(report.counts["prompt_tokens"] + report.counts["completion_tokens"] for report in reports)
        if used >= budget and self._stop is None:
            self._stop, self._grace = f"the budget of {budget:,} tokens is used up", _FOR_ALL
            self._changed.set()
        since = time.monotonic() - _LOST_SECONDS
        reserved = sum(r.now["reserved"] for name, r in self._reports.items() if self._reported_at[name] > since)
        return used + reserved >= budget

    def _seconds_to_next(self) -> float:
        return max(_REPORT_SECONDS, self._most / _REPORTS_A_SECOND)

    async def state(self) -> tuple[dict[str, tuple[float, Report]], dict[int, tuple[int, int]], str | None]:
        """Return all reports with their ages in seconds, what was done before in started partitions, and the stop."""
        now = time.monotonic()
        reports = {name: (now - self._reported_at[name], report) for name, report in self._reports.items()}
        return reports, self._opened, self._stop


_FOR_ALL = 3600.0  # seconds: what is under way when a budget is used up may end
