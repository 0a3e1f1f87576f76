"""Sends the requests of a source of lines: as many at once as help, each until it is done, in constant memory.

There are as many workers as requests may be in flight. A worker takes a request that is due, makes one attempt, and
writes the result or puts the request back for a later retry: a waiting request does not occupy a worker.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

from chat_completions.bulk.input.requests import Request
from chat_completions.bulk.input.source import Line
from chat_completions.bulk.options import Ending, Options
from chat_completions.bulk.output.result_lines import Result
from chat_completions.bulk.progress import Progress
from chat_completions.bulk.runner.attempts import PendingRequest
from chat_completions.bulk.runner.backlog import Backlog, Source
from chat_completions.bulk.runner.concurrency import FIRST, Concurrency
from chat_completions.bulk.runner.rate_limiter import RateLimiter
from chat_completions.bulk.runner.sending import AttemptOutcome, Sender

_LONGEST_REST = 0.5  # seconds
_NEVER_REACHED = 15.0  # seconds after which a server is given up that was not there from the beginning on


class Runner:
    """Sends the requests of a source.

    Args:
        run: The name of the run.
        sender: Makes the attempts.
        options: The limits.
        progress: Counts.
        admit: Returns the request in a line, or None.
        write: Takes results immediately.
        limiter: When requests may start; by default, from the options.
        reserve: Awaited before each attempt, with its estimated tokens: a limit shared with others.
        concurrency: How many requests may be in flight; by default it is found from scratch.

    Attributes:
        backlog: The requests that wait; set once `run` is called.
    """

    def __init__(
        self,
        run: str,
        sender: Sender,
        options: Options,
        progress: Progress,
        admit: Callable[[Line], Request | None],
        write: Callable[[Result], None],
        *,
        limiter: RateLimiter | None = None,
        reserve: Callable[[float], Awaitable[None]] | None = None,
        concurrency: Concurrency | None = None,
    ) -> None:
        self._run, self._sender, self._options, self._progress = run, sender, options, progress
        self._admit, self._write, self._reserve = admit, write, reserve
        self._limiter = limiter or RateLimiter(options.requests_per_minute, options.tokens_per_minute)
        fixed = options.concurrency
        self._concurrency = concurrency or Concurrency(
            fixed or FIRST, fixed or options.max_concurrency, fixed=fixed is not None
        )
        self._turn = asyncio.Lock()
        self._changed = asyncio.Event()
        self._workers: dict[int, asyncio.Task[None]] = {}
        self._all_ended = asyncio.Event()
        self._resting = 0
        self._ending: Ending | None = None
        self._error: BaseException | None = None
        self._last_answer_at = time.monotonic()

    async def run(self, source: Source) -> Ending:
        """Send every request, until all are done or the run stops.

        Raises:
            Exception: Something failed that is not a request's fault.
        """
        self.backlog = Backlog(self._run, source, self._admit, self._options, self._progress)
        source.on_lines = self._changed.set
        try:
            self._adjust()
            await self._all_ended.wait()
        finally:
            for task in self._workers.values():
                task.cancel()
            await asyncio.gather(*self._workers.values(), return_exceptions=True)
        if self._error is not None:
            raise self._error
        if self._ending is not None:
            return self._ending
        used_up = self.backlog.used_up
        return Ending(False, used_up) if used_up else Ending(True, "complete")

    def stop(self, reason: str, *, grace: float, interrupted: bool = False) -> None:
        """Stop starting requests.

        Args:
            reason: Why.
            grace: Seconds for requests in flight to finish; the rest is left for another run.
            interrupted: Whether a signal caused this.
        """
        if self._ending is None:
            self._ending = Ending(False, reason, interrupted)
        self._progress.waiting = "running requests"
        self._changed.set()
        loop = asyncio.get_running_loop()
        loop.call_later(grace, self._drop) if grace > 0 else loop.call_soon(self._drop)

    def _drop(self) -> None:
        for task in self._workers.values():
            task.cancel()

    def _adjust(self) -> None:
        """Start or stop workers to match the concurrency."""
        self._progress.concurrency = limit = self._concurrency.limit
        for place in range(limit) if len(self._workers) < limit else ():
            if place not in self._workers:
                task = asyncio.create_task(self._work(place))
                self._workers[place] = task

    async def _work(self, place: int) -> None:
        try:
            while place < self._concurrency.limit and (pending := await self._next()) is not None:
                await self._attempt(pending, place)
        except asyncio.CancelledError:
            if self._ending is None:
                raise
        except BaseException as error:
            self._error = self._error or error
            self.stop(str(error), grace=0)
        finally:
            del self._workers[place]
            if not self._workers:
                self._all_ended.set()

    async def _next(self) -> PendingRequest | None:
        """Wait until a request may begin, and return it; None if there is nothing more to do."""
        async with self._turn:
            while self._ending is None:
                pending = await self.backlog.due(time.monotonic())
                if pending is not None:
                    return pending if await self._may_begin(pending) else None
                if self.backlog.is_empty and not self._progress.under_way and not self._resting:
                    return None
                due = self.backlog.next_due
                await self._change(None if due is None else due - time.monotonic())
        return None

    async def _change(self, seconds: float | None) -> None:
        """Wait until something happens, or some time has passed."""
        self._changed.clear()
        if seconds is None:
            await self._changed.wait()
        elif seconds > 0:
            handle = asyncio.get_running_loop().call_later(seconds, self._changed.set)
            try:
                await self._changed.wait()
            finally:
                handle.cancel()

    async def _may_begin(self, pending: PendingRequest) -> bool:
        """Wait until limits and pauses let a request start; False if the run stops first."""
        pending.tokens = tokens = self._limiter.estimate(pending.request.tokens) if self._options.counts_tokens else 0.0
        while True:
            now = time.monotonic()
            seconds = self._limiter.wait(now)
            if seconds <= 0:
                break
            if self._limiter.paused_until - now > self._options.longest_wait:
                self.stop(f"the server asks to wait {seconds:,.0f} s", grace=self._options.grace)
                return False
            self._concurrency.paused(now)
            self._progress.waiting = "rate limit" if seconds < 1 else f"rate limit, for {seconds:,.0f} s"
            await self._change(seconds)
            if self._ending is not None:
                return False
        if self._reserve is not None:
            await self._reserve(tokens)
            if self._ending is not None:
                return False
            now = time.monotonic()
        self._progress.waiting = None
        self._limiter.begin(now, tokens)
        self.backlog.reserved += tokens
        self._progress.under_way += 1
        if pending.ends_at is None and self._options.deadline is not None:
            pending.ends_at = now + self._options.deadline
        return True

    async def _attempt(self, pending: PendingRequest, place: int) -> None:
        """Make one attempt, and act on its outcome."""
        progress, limiter = self._progress, self._limiter
        began = time.monotonic()
        outcome: AttemptOutcome | None = None
        try:
            outcome = await self._sender.send(pending, place)
        finally:
            now = time.monotonic()
            under_way, progress.under_way = progress.under_way, progress.under_way - 1
            self.backlog.reserved -= pending.tokens
            self._changed.set()
        used = sum(outcome.result.tokens) if outcome.result is not None and outcome.result.tokens else None
        limiter.end(pending.tokens, used)
        progress.attempt(outcome.kind, now - began)
        self._concurrency.ended(
            now,
            began,
            under_way + self._resting,
            refused=outcome.refused or outcome.slow,
            answered=outcome.kind == "answered",
        )
        if outcome.refused:
            limiter.refused(now, outcome.headers, outcome.requested_delay, under_way)
            self._stop_if_silent(now, outcome)
        else:
            self._last_answer_at = now
            limiter.answered(now, outcome.headers)
        if outcome.stop is not None:
            self.stop(outcome.stop, grace=self._options.grace)
        elif outcome.result is not None:
            self._end(outcome)
        elif outcome.delay is not None:
            progress.retries += 1
            self.backlog.put_back(pending, now + outcome.delay)
            if outcome.refused and self._ending is None:
                await self._rest(min(outcome.delay, _LONGEST_REST))
        if self._concurrency.limit != progress.concurrency:
            self._adjust()

    async def _rest(self, seconds: float) -> None:
        """Leave a place empty for a moment, so that an overloaded server does not get the next request at once."""
        self._resting += 1
        try:
            await asyncio.sleep(seconds)
        finally:
            self._resting -= 1
            self._changed.set()

    def _end(self, outcome: AttemptOutcome) -> None:
        """Write a result, and count it."""
        progress, result = self._progress, outcome.result
        assert result is not None
        if result.failed:
            progress.failed += 1
            progress.add_failure(result.reason)
        else:
            progress.answered += 1
            if result.tokens is not None:
                progress.prompt_tokens += result.tokens[0]
                progress.completion_tokens += result.tokens[1]
        self._write(result)
        most = self._options.give_up_after
        if result.failed and most and progress.failed >= most and not progress.answered:
            kinds = progress.attempts
            if kinds[outcome.kind] == kinds.total():
                reason = f"the first {progress.failed:,} requests all failed in the same way: {outcome.message}"
                self.stop(reason, grace=self._options.grace)

    def _stop_if_silent(self, now: float, outcome: AttemptOutcome) -> None:
        """Stop after a long time with only refusals; earlier if there was never an answer."""
        silent = now - self._last_answer_at
        never = self._progress.attempts["unreachable"] == self._progress.attempts.total()
        if silent > (min(_NEVER_REACHED, self._options.patience) if never else self._options.patience):
            reason = f"no answers for {silent:,.0f} s: {outcome.message}"
            self.stop(reason, grace=self._options.grace)
