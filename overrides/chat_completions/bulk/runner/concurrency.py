"""How many requests to have in flight: as many as help, fewer when the server is overloaded. No I/O.

Each window of some requests measures the answers per second. The number doubles while that helps, then returns to the
last one that helped; higher numbers are tried now and then. If the server refuses some requests, fewer are tried: if
about as many are answered, the number stays lower; if not, the refusals have other reasons. If it refuses most, the
number shrinks at once, and grows slowly back to that point.
"""

from __future__ import annotations

import math

FIRST = 8
_FEWEST = 40  # requests of a window; fewer say nothing
_SHORTEST = 0.1  # seconds of a window
_CLIMB = 2.0
_PROBE = 1.5
_FEWER = 0.75
_SHRINK = 0.6
_GAIN = 0.25  # of what a growth promises; with less than that it is not worth it
_LOSS = 0.5  # of what a smaller number threatens; with less than that it is as good
_MOST = 0.4  # share of refusals in a window beyond which the number shrinks at once
_SOME = 0.04  # share beyond which fewer are tried
_FIRST_HOLD = 5.0  # seconds until it is tried again, twice as many each time that it was of no use
_LONGEST_HOLD = 120.0


class Concurrency:
    """The number of requests that may be in flight.

    Args:
        first: The initial number.
        highest: The maximum.
        fixed: Whether the number stays.

    Attributes:
        limit: The number.
    """

    def __init__(self, first: int = FIRST, highest: int = 256, *, fixed: bool = False) -> None:
        self.limit = min(first, highest)
        self._highest, self._fixed = highest, fixed
        self._climbing = True
        # The rate and the number before the last change, and the share that was refused; None if nothing is compared.
        self._trial: tuple[float, int, float] | None = None
        self._hold, self._held_until = _FIRST_HOLD, 0.0
        self._wall: int | None = None  # where the server refused
        self._chance = 0.0  # the share that it refuses however many there are
        self._changed_at = float("-inf")
        self._clear()

    def _clear(self) -> None:
        self._since: float | None = None
        self._ended = self._answered = self._refused = 0
        self._full = False

    def paused(self, now: float) -> None:
        """Record that requests had to wait for something else, so this window does not count."""
        self._changed_at = now
        self._clear()

    def ended(self, now: float, began: float, under_way: int, *, refused: bool, answered: bool) -> None:
        """Record that a request ended.

        Args:
            now: The time.
            began: When it began.
            under_way: How many there were, including this one.
            refused: Whether the server was overloaded, or did not answer in time.
            answered: Whether it was answered.
        """
        if self._fixed or began < self._changed_at:
            return  # it tells of what was before the last change
        if self._since is None:
            self._since = now
        self._ended += 1
        self._answered += answered
        self._refused += refused
        self._full = self._full or under_way >= self.limit
        window = max(_FEWEST, 2 * self.limit)
        if refused and self._refused >= _MOST * window:
            self._wall = self.limit
            self._climbing, self._trial, self._held_until = False, None, now
            self._set(now, int(self.limit * _SHRINK))
        elif self._ended >= window and now - self._since >= _SHORTEST:
            rate, share = (self._answered - 1) / (now - self._since), self._refused / self._ended
            if self._full:  # otherwise there was not enough to do
                self._evaluate(now, rate, share)
            self._clear()

    def _evaluate(self, now: float, rate: float, share: float) -> None:
        """Decide at the end of a window."""
        trial, self._trial = self._trial, None
        if trial is not None:
            before, number, refused = trial
            change = self.limit / number - 1
            if rate < before * (1 + (_GAIN if change > 0 else _LOSS) * change):
                if change < 0:
                    self._chance = refused  # and more may well be better
                else:
                    self._climbing = False
                    self._wait(now)
                self._set(now, number)
                return
            self._hold = _FIRST_HOLD
            if change < 0:
                self._wall, self._climbing = number, False
        if share > max(_SOME, 1.5 * self._chance) and self.limit > 1:
            self._trial = (rate, self.limit, share)
            self._set(now, min(self.limit - 1, int(self.limit * _FEWER)))
        elif now >= self._held_until:
            self._grow(now, rate, share)

    def _grow(self, now: float, rate: float, share: float) -> None:
        wanted = min(self._highest, math.ceil(self.limit * (_CLIMB if self._climbing else _PROBE)))
        if self._wall is not None:
            near = max(1, self._wall // 20)
            if self.limit >= self._wall:
                self._wall = None  # it is where it was no more
            elif self.limit >= self._wall - near:
                wanted = min(wanted, self._wall)  # it was held there; now the wall is tried
                self._wait(now)
            else:
                wanted = min(wanted, self.limit + near, self._wall - near)
                if wanted >= self._wall - near:
                    self._wait(now)
        if wanted > self.limit:
            self._trial = (rate, self.limit, share) if wanted >= 1.25 * self.limit else None
            self._set(now, wanted)

    def _wait(self, now: float) -> None:
        self._held_until, self._hold = now + self._hold, min(2 * self._hold, _LONGEST_HOLD)

    def _set(self, now: float, limit: int) -> None:
        self.limit, self._changed_at = max(1, min(limit, self._highest)), now
        self._clear()
