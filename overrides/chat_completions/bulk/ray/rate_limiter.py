"""The rate limiter of one worker among many: the meter lends the ceilings, and pauses reach all workers."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from chat_completions.bulk.runner.rate_limiter import RateLimiter


class SharedRateLimiter(RateLimiter):
    """The rate limiter of one worker: the meter lends its ceilings, and pauses reach all workers.

    Args:
        meter: The actor.
    """

    def __init__(self, meter: Any) -> None:
        super().__init__()
        self._meter = meter
        self._requests_lent = 0
        self._tokens_lent = 0.0
        self.hold = False

    async def reserve(self, tokens: float) -> None:
        """Wait until a request with so many tokens may begin."""
        while self.hold:
            await asyncio.sleep(0.05)
        wanted, missing = int(self._requests_lent < 1), max(0.0, tokens - self._tokens_lent)
        if wanted or missing:
            requests, lent = await self._meter.lease.remote(wanted, missing)
            self._requests_lent += requests
            self._tokens_lent += lent
        self._requests_lent -= 1
        self._tokens_lent -= tokens
        while (seconds := self.paused_until - time.monotonic()) > 0:
            await asyncio.sleep(min(seconds, 0.25))

    def end(self, reserved: float, used: int | None) -> None:
        """Record the tokens that a request used."""
        super().end(reserved, used)
        if used is not None and reserved > 0:  # otherwise nobody counts them
            self._tokens_lent += reserved - used

    def pause(self, until: float) -> None:
        """Let no request begin before that, here and elsewhere."""
        now = time.monotonic()
        if until > max(now, self.paused_until + 0.01):
            self._meter.pause.remote(until - now)
        super().pause(until)

    def pause_locally(self, seconds: float) -> None:
        """Pause this worker only, because another one was asked to."""
        super().pause(time.monotonic() + seconds)

    def spare(self) -> tuple[int, float]:
        """Return the unused requests and tokens to the meter, so that they cannot come in a burst later."""
        spare = self._requests_lent, max(0.0, self._tokens_lent)
        self._requests_lent, self._tokens_lent = 0, min(0.0, self._tokens_lent)
        return spare
