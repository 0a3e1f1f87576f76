"""The progress and the summary of a run: counts, samples over time, latencies. Memory is bounded."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

from chat_completions._types import publish

_MOST_SAMPLES = 1000
_FIRST_INTERVAL = 0.25  # seconds between two samples; doubled whenever there are too many
_SHORTEST = 0.001  # seconds of the histogram's first bucket
_MOST_REASONS = 50  # why requests failed; a server may write something else each time
_A_DECADE = 40  # buckets
_BUCKETS = 8 * _A_DECADE  # up to 10**5 seconds
_REFUSED = frozenset({"429", "502", "503", "529", "unreachable"})  # kinds of attempts


@publish("chat_completions.bulk")
class Histogram:
    """Counts durations in buckets that are each 6 % wide.

    Attributes:
        counts: The count of each bucket; the last one has all that are longer.
        total: How many there are.
    """

    def __init__(self) -> None:
        self.counts = [0] * _BUCKETS
        self.total = 0

    def add(self, seconds: float) -> None:
        """Count a duration."""
        place = int(math.log10(seconds / _SHORTEST) * _A_DECADE) if seconds > _SHORTEST else 0
        self.counts[min(place, _BUCKETS - 1)] += 1
        self.total += 1

    def merge(self, other: Histogram) -> None:
        """Add the counts of another histogram."""
        self.counts = [mine + theirs for mine, theirs in zip(self.counts, other.counts, strict=True)]
        self.total += other.total

    def quantile(self, share: float) -> float | None:
        """Return the seconds that a share of the durations does not exceed; None if there are none."""
        left = share * self.total
        for place, count in enumerate(self.counts):
            left -= count
            if count and left <= 0:
                return self.upper(place)
        return None

    @staticmethod
    def upper(place: int) -> float:
        """Return the upper bound of a bucket in seconds."""
        return float(_SHORTEST * 10 ** ((place + 1) / _A_DECADE))


@publish("chat_completions.bulk")
class Sample(NamedTuple):
    """A moment of a run.

    Attributes:
        seconds: Since its beginning.
        answered: Requests answered so far.
        failed: Requests failed so far.
        tokens: Tokens used so far.
        retries: Attempts that failed and were retried, so far.
        concurrency: How many requests may be in flight.
        under_way: How many are in flight.
        latency: The median of the attempts since the previous sample, in seconds; None if there were none.
        slow_latency: Their 95th percentile.
        refused: Attempts that the server refused or that did not reach it, so far.
    """

    seconds: float
    answered: int
    failed: int
    tokens: int
    retries: int
    concurrency: int
    under_way: int
    latency: float | None
    slow_latency: float | None
    refused: int = 0


@publish("chat_completions.bulk")
class Progress:
    """The progress of a run: engines count here, and displays read it.

    Attributes:
        answered: Requests answered in this run.
        failed: Requests failed in this run.
        malformed: Input lines that are not requests, found in this run.
        ended_before: Requests answered, and failed, in earlier runs.
        prompt_tokens: Tokens of the prompts that were answered.
        completion_tokens: Tokens of the answers.
        attempts: How attempts ended: `answered`, a status, `timeout`, `unreachable`, `cut`, and so on.
        failures: Why requests failed, and how many of them.
        retries: Attempts that failed and were retried.
        concurrency: How many requests may be in flight.
        under_way: How many are in flight.
        waiting: What the run waits for; None if nothing.
        position: How much of the input has been read, in bytes.
        size: Its size; None if it is unknown.
        samples: Up to 1,000 samples, evenly over the run.
        latencies: Of all attempts that were answered.
        notes: What the user should know.
        begun: When the run began, as a Unix time.
        settings: Those of the engine and of the client, without secrets.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self.begun_at, self.begun = clock(), time.time()
        self.settings: dict[str, Any] = {}
        self.answered = self.failed = self.malformed = self.retries = 0
        self.ended_before = (0, 0)
        self.prompt_tokens = self.completion_tokens = 0
        self.attempts: Counter[str] = Counter()
        self.failures: Counter[str] = Counter()
        self.concurrency = self.under_way = 0
        self.waiting: str | None = None
        self.position, self.size = 0, None
        self._started_at_position: tuple[float, int] | None = None
        self.samples: list[Sample] = []
        self.latencies = Histogram()
        self.notes: list[str] = []
        self._interval, self._next_at = _FIRST_INTERVAL, 0.0
        self._recent = Histogram()

    size: int | None
    ended_before: tuple[int, int]

    @property
    def seconds(self) -> float:
        """Seconds since the run began."""
        return self._clock() - self.begun_at

    @property
    def refused(self) -> int:
        """Attempts that the server refused, or that did not reach it."""
        return sum(self.attempts[kind] for kind in _REFUSED)

    def attempt(self, kind: str, seconds: float) -> None:
        """Count an attempt that ended.

        Args:
            kind: How: `answered`, or what went wrong.
            seconds: How long it took.
        """
        self.attempts[kind] += 1
        if kind == "answered":
            self.latencies.add(seconds)
            self._recent.add(seconds)

    def add_failure(self, reason: str) -> None:
        """Count a request that failed, and why.

        Args:
            reason: In a few words; beyond a number of different ones it is counted with the others.
        """
        known = reason in self.failures or len(self.failures) < _MOST_REASONS
        self.failures[reason if known else "other reasons"] += 1

    def add_latencies(self, latencies: Histogram) -> None:
        """Count the latencies of attempts that were answered elsewhere."""
        self.latencies.merge(latencies)
        self._recent.merge(latencies)

    def sample(self, *, last: bool = False) -> None:
        """Keep a sample, if it is time for one, or at the end."""
        seconds = self.seconds
        if seconds < self._next_at and not last:
            return
        if len(self.samples) >= _MOST_SAMPLES:
            self.samples = self.samples[1::2]
            self._interval *= 2
        self._next_at = seconds + self._interval
        tokens = self.prompt_tokens + self.completion_tokens
        recent, self._recent = self._recent, Histogram()
        self.samples.append(
            Sample(
                seconds,
                self.answered,
                self.failed,
                tokens,
                self.retries,
                self.concurrency,
                self.under_way,
                recent.quantile(0.5),
                recent.quantile(0.95),
                self.refused,
            )
        )

    def rate(self, over: float = 10.0) -> float:
        """Return the recent number of completed requests per second.

        Args:
            over: How many seconds to look back.
        """
        now, ended = self.seconds, self.answered + self.failed
        for sample in reversed(self.samples):
            if now - sample.seconds >= over:
                return (ended - sample.answered - sample.failed) / (now - sample.seconds)
        return ended / now if now > 0 else 0.0

    def seconds_left(self) -> float | None:
        """Estimate the seconds until the end, from how much of the input is left; None if that is unknown."""
        if self.size is None or not self.answered + self.failed:
            return None
        # What earlier runs ended is skipped quickly, so it is left out.
        if self._started_at_position is None:
            self._started_at_position = (self.seconds, self.position)
        since, start = self._started_at_position
        if self.position <= start or self.seconds - since < 1:
            return None
        return max(0.0, (self.size - self.position) * (self.seconds - since) / (self.position - start))


@publish("chat_completions.bulk")
@dataclass(frozen=True)
class Summary:
    """How a run ended.

    Attributes:
        complete: Whether every request in the input is done.
        reason: Why it ended.
        interrupted: Whether a signal ended it.
        input: The input's name, and so on.
        answered: Requests answered in this run.
        failed: Requests failed in this run.
        malformed: Input lines that are not requests, found in this run.
        answered_before: Requests answered in earlier runs.
        failed_before: Requests failed, and lines found malformed, in earlier runs.
        prompt_tokens: Tokens of the prompts that were answered, in this run.
        completion_tokens: Tokens of the answers, in this run.
        seconds: How long this run took.
        attempts: How attempts ended, and how often.
        retries: Attempts that failed and were retried.
        concurrency: How many requests could be in flight at the end.
        samples: Samples over the run.
        latencies: Of all attempts that were answered.
        notes: What the user should know.
        begun: When this run began: date and time in UTC.
        settings: The engine, the server, and the options that were set; without secrets.
        failures: Why requests failed in this run, and how many of them, the most frequent reason first.
    """

    complete: bool
    reason: str
    interrupted: bool
    input: str
    output: str
    errors: str
    answered: int
    failed: int
    malformed: int
    answered_before: int
    failed_before: int
    prompt_tokens: int
    completion_tokens: int
    seconds: float
    attempts: dict[str, int]
    retries: int
    concurrency: int
    samples: list[Sample] = field(repr=False)
    latencies: Histogram = field(repr=False)
    notes: list[str]
    begun: str = ""
    settings: dict[str, Any] = field(default_factory=dict)
    failures: dict[str, int] = field(default_factory=dict)

    @property
    def requests_per_second(self) -> float:
        """The number of completed requests per second."""
        return (self.answered + self.failed) / self.seconds if self.seconds else 0.0

    @property
    def tokens_per_second(self) -> float:
        """The number of tokens per second."""
        return (self.prompt_tokens + self.completion_tokens) / self.seconds if self.seconds else 0.0

    def to_dict(self) -> dict[str, Any]:
        """Return the summary as a JSON object, without samples."""
        values = asdict(self)
        del values["samples"], values["latencies"]
        values["seconds"] = round(self.seconds, 3)
        values["requests_per_second"] = round(self.requests_per_second, 3)
        values["tokens_per_second"] = round(self.tokens_per_second, 3)
        values["latency"] = {
            name: self.latencies.quantile(share) for name, share in (("median", 0.5), ("p95", 0.95), ("p99", 0.99))
        }
        return values
