"""When the next request may start: rate limits of the run and of the server, and requested pauses. No I/O.

Times are of one clock, in seconds; `time.monotonic()` in a run, anything in a test.
"""

from __future__ import annotations

from collections.abc import Mapping

from chat_completions._rate_limits import seconds
from chat_completions._transport import retry

SLACK = 0.1  # seconds of a ceiling that may be caught up with after a lull
LONGEST_PAUSE = 30.0  # seconds, of our own choosing
_WEIGHT = 0.05  # of the newest request, in the mean of what requests take


class Ceiling:
    """An even limit per minute.

    Args:
        a_minute: The amount; None for no limit.
    """

    def __init__(self, a_minute: float | None) -> None:
        self._seconds = 60.0 / a_minute if a_minute else 0.0
        self._free_at = float("-inf")

    def wait(self, now: float) -> float:
        """Return the seconds until something may be taken."""
        return self._free_at - now if self._free_at > now else 0.0

    def take(self, now: float, amount: float) -> None:
        """Take an amount; any excess makes later requests wait."""
        if self._seconds:
            self._free_at = max(self._free_at, now - SLACK) + amount * self._seconds

    def correct(self, amount: float) -> None:
        """Take more than estimated, or return the excess."""
        self._free_at += amount * self._seconds


class RateLimiter:
    """Ceilings and pauses of one run.

    Args:
        requests_per_minute: How many attempts may start; None for any number.
        tokens_per_minute: How many tokens they may take; None for any number.

    Attributes:
        paused_until: When the pause that the server requested, or was given, ends.
        mean_tokens: The average tokens of recent requests; None if the server reports none.
    """

    def __init__(self, requests_per_minute: float | None = None, tokens_per_minute: float | None = None) -> None:
        self._requests = Ceiling(requests_per_minute)
        self._tokens = Ceiling(tokens_per_minute)
        self.paused_until = float("-inf")
        self.mean_tokens: float | None = None
        self._refused_in_a_row = 0

    def wait(self, now: float) -> float:
        """Return the seconds until the next request may begin; 0 for at once."""
        return max(self.paused_until - now, self._requests.wait(now), self._tokens.wait(now), 0.0)

    def estimate(self, tokens: int) -> float:
        """Return the tokens to reserve for a request with this estimate."""
        return max(float(tokens), self.mean_tokens or 0.0)

    def begin(self, now: float, tokens: float) -> None:
        """Record that a request begins, with the tokens that are reserved for it."""
        self._requests.take(now, 1.0)
        self._tokens.take(now, tokens)

    def end(self, reserved: float, used: int | None) -> None:
        """Record the tokens that a request used; None if the server does not say."""
        if used is None:
            return
        self._tokens.correct(used - reserved)
        mean = self.mean_tokens
        self.mean_tokens = float(used) if mean is None else mean + _WEIGHT * (used - mean)

    def answered(self, now: float, headers: Mapping[str, str]) -> None:
        """Record a response, and the remaining limits in its headers."""
        self._refused_in_a_row = 0
        self._apply_limits(now, headers)

    def refused(self, now: float, headers: Mapping[str, str], delay: float | None, under_way: int) -> None:
        """Record that the server is not reachable, or refused a request because there are too many.

        Args:
            now: The time.
            headers: The headers of the refusal; empty if there was no response.
            delay: The delay that it requests, in seconds; None if it does not.
            under_way: How many requests are in flight.
        """
        self._refused_in_a_row += 1
        if delay is not None:
            self.pause(now + delay)
        elif self._refused_in_a_row > max(8, under_way):
            # Nothing else gets through: it is not one request too many, it is all of them.
            times = self._refused_in_a_row // max(8, under_way)
            self.pause(now + min(retry.FIRST_DELAY * 2.0 ** min(times - 1, 10), LONGEST_PAUSE))
        self._apply_limits(now, headers)

    def pause(self, until: float) -> None:
        """Let no request begin before a time."""
        self.paused_until = max(self.paused_until, until)

    def _apply_limits(self, now: float, headers: Mapping[str, str]) -> None:
        # Most servers send none: two look-ups, then.
        for kind, needed in (("requests", 1.0), ("tokens", self.mean_tokens or 1.0)):
            text = headers.get(f"x-ratelimit-remaining-{kind}")
            if text is None:
                continue
            try:
                remaining = float(text)
            except ValueError:
                continue
            if remaining < needed:
                # Until it is whole again. On average that takes just what the server gives, and no more.
                self.pause(now + (seconds(headers.get(f"x-ratelimit-reset-{kind}")) or 0.0))
