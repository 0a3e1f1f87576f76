"""When the parts of a stream arrived: timestamps in, seconds out. No I/O.

- All chunks that one network read completes arrived at once, so the clock is read once for each read.
- Memory does not grow with the stream. The moments of up to MAX_READS reads are kept; of earlier ones, the longest gap,
  and the length of one gap in SAMPLE, to 2.5 %.
"""

from __future__ import annotations

import itertools
import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from io import StringIO
from operator import sub
from typing import TYPE_CHECKING, Any

from chat_completions._streaming.accumulated_choice import LABELS
from chat_completions._types import publish

if TYPE_CHECKING:
    from chat_completions._streaming.accumulator import Accumulator
    from chat_completions._transport.call import CallResult

MAX_READS = 512
SAMPLE = 8
# The lengths that gaps are rounded to, in seconds: from a microsecond to a quarter of an hour, in steps of 5 %.
_LENGTHS = [math.exp(step / 20) for step in range(round(20 * math.log(1e-6)), round(20 * math.log(1e3)))]
_step = partial(bisect_left, [length * math.exp(1 / 40) for length in _LENGTHS[:-1]])


@dataclass(frozen=True)
class Gaps:
    """The time between one chunk and the next, in seconds; it is 0 between chunks that arrived with one read.

    Attributes:
        count: How many gaps there were.
        mean: Their mean.
        p50: Their median; in a stream of more than 512 reads, this and the other quantiles are estimates.
        p90: The length that 90 % of them did not exceed.
        p99: The length that 99 % of them did not exceed.
        max: The longest one.
    """

    count: int
    mean: float
    p50: float
    p90: float
    p99: float
    max: float


@publish()
@dataclass(frozen=True)
class StreamTimings:
    """How long the parts of a stream took so far, in seconds; `dataclasses.asdict` turns it into plain data.

    All times but the first are measured from when the request that succeeded was sent.

    Attributes:
        before_request: The time between the call and that request: failed attempts, the waits after them, redirects.
        time_to_response: Until the head of the response.
        time_to_first_chunk: Until the first chunk; None before it.
        time_to_first_token: Until the first chunk with a piece of text, of reasoning or of a tool call's arguments;
            None before it.
        duration: Until the end, or until the last chunk so far.
        chunks: How many chunks have been received.
        time_between_tokens: The gaps between the chunks from the first token on; None while there are none.
        output_tokens: The tokens that the server reports as generated, hidden reasoning included; None if it does not.
        tokens_per_second: These tokens divided by the time until the last chunk.
    """

    before_request: float
    time_to_response: float
    time_to_first_chunk: float | None
    time_to_first_token: float | None
    duration: float
    chunks: int
    time_between_tokens: Gaps | None
    output_tokens: int | None
    tokens_per_second: float | None


class ChunkTimer:
    """When the chunks of one stream arrived.

    Args:
        answer: The call's result, whose response is the stream.

    Attributes:
        ended_at: When the stream ended, on the clock; None before that.
    """

    def __init__(self, answer: CallResult) -> None:
        self._answer = answer.began_at, answer.sent_at, answer.headed_at
        self._chunks = 0
        self._look_at = 0  # up to this number of chunks, only their moments need to be recorded
        self._first: float | None = None
        self._moments: list[float] = []  # of the reads that brought chunks, without those that were compacted
        # Counted from the first time on that moments are compacted: to create a Counter takes long.
        self._before_token: Mapping[int, int] = {}
        self._since_token: Mapping[int, int] = {}
        # The number and the longest of the gaps that `_since_token` is a sample of.
        self._compacted, self._longest = 0, 0.0
        self._token: float | None = None
        self._token_read = 0  # its position among the moments
        self._token_chunks = 0  # chunks up to the end of its read
        self.ended_at: float | None = None

    def record(self, at: float, accumulator: Accumulator) -> None:
        """Record the chunks that were taken since the last call; they arrived with the last read, at `at`."""
        chunks = accumulator.chunks
        if chunks != self._chunks:
            self._chunks = chunks
            self._moments.append(at)
            if chunks > self._look_at:
                self._find_first_token(at, accumulator)

    def _find_first_token(self, at: float, accumulator: Accumulator) -> None:
        """Look for the first token and for the end of the read that brought it; later, compact from time to time."""
        if self._first is None:
            self._first = at
        if self._token is None and any(_has_text(state.message) for state in accumulator.choices.values()):
            self._token, self._token_read = at, len(self._moments) - 1
        if self._token == at:
            self._token_chunks = self._chunks
        if len(self._moments) > MAX_READS:
            self._compact()
        if self._token is not None:
            self._look_at = self._chunks + (0 if self._token == at else MAX_READS - len(self._moments))

    def _compact(self) -> None:
        """Count a sample of the gaps by their length, and drop all moments but the last one."""
        moments, token = self._moments, self._token_read
        early, late = (moments, []) if self._token is None else (moments[: token + 1], moments[token:])
        self._before_token = Counter(self._before_token) + Counter(_sampled(early))
        self._since_token = Counter(self._since_token) + Counter(_sampled(late))
        if late:
            self._compacted += len(late) - 1
            self._longest = max(self._longest, *map(sub, late[1:], late), 0.0)
        self._moments, self._token_read = moments[-1:], 0

    def gaps(self) -> Iterator[tuple[float, int]]:
        """Yield the gaps between reads that brought chunks, in seconds, each with its count."""
        for counter in (self._before_token, self._since_token):
            yield from ((_LENGTHS[step], count) for step, count in counter.items())
        # Items taken at different times may belong to one read, between which there is no gap.
        yield from ((gap, 1) for gap in map(sub, self._moments[1:], self._moments) if gap)

    @property
    def first_chunk_at(self) -> float | None:
        """When the first chunk arrived, on the clock."""
        return self._first

    @property
    def first_token_at(self) -> float | None:
        """When the first token arrived, on the clock."""
        return self._token

    def timings(self, usage: Any) -> StreamTimings:
        """Return the timings so far, with the usage that the server has reported."""
        began, sent, headed = self._answer
        last = self._moments[-1] if self._moments else headed
        tokens = usage.get("completion_tokens") if isinstance(usage, Mapping) else None
        tokens = tokens if type(tokens) is int else None
        return StreamTimings(
            before_request=sent - began,
            time_to_response=headed - sent,
            time_to_first_chunk=None if self._first is None else self._first - sent,
            time_to_first_token=None if self._token is None else self._token - sent,
            duration=(last if self.ended_at is None else self.ended_at) - sent,
            chunks=self._chunks,
            time_between_tokens=self._token_gaps(),
            output_tokens=tokens,
            tokens_per_second=tokens / (last - sent) if tokens is not None and last > sent else None,
        )

    def _token_gaps(self) -> Gaps | None:
        count = self._chunks - self._token_chunks
        if self._token is None or count == 0:
            return None
        moments = self._moments[self._token_read :]
        gaps = sorted(map(sub, moments[1:], moments))
        sampled = [(_LENGTHS[step], times * SAMPLE) for step, times in self._since_token.items()]
        together = count - self._compacted - len(gaps)  # chunks that arrived with the one before
        spread = sorted([(0.0, together), *sampled, *((gap, 1) for gap in gaps)])
        longest = max([self._longest, *gaps[-1:]])
        p50, p90, p99 = (min(_quantile(spread, share), longest) for share in (0.5, 0.9, 0.99))
        return Gaps(count, (self._moments[-1] - self._token) / count, p50, p90, p99, longest)


def _sampled(moments: Sequence[float]) -> Iterator[int]:
    """Yield the gap after every SAMPLE-th moment, as its index in _LENGTHS."""
    return map(_step, map(sub, moments[1::SAMPLE], moments[::SAMPLE]))


def _quantile(spread: Sequence[tuple[float, int]], share: float) -> float:
    """Return the smallest of sorted values, each with its count, that a share of them does not exceed."""
    rank = math.ceil(share * sum(times for _, times in spread))
    until = itertools.accumulate(times for _, times in spread)
    return next(value for (value, _), seen in zip(spread, until, strict=True) if seen >= rank)


def _has_text(value: Any) -> bool:
    """Return whether an accumulated message has any text besides labels."""
    left = [value]  # no recursion, because a server may nest values as deeply as it likes
    while left:
        part = left.pop()
        if isinstance(part, Mapping):
            left += [inner for name, inner in part.items() if name not in LABELS]
        elif isinstance(part, list):
            left += part
        elif part.tell() > 0 if isinstance(part, StringIO) else isinstance(part, str) and part != "":
            return True
    return False
