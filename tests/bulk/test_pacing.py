"""Ceilings, pauses and the number of requests, on a clock of their own: no server, no time."""

from __future__ import annotations

import heapq
import random

import pytest

from chat_completions.bulk.progress import Histogram, Progress
from chat_completions.bulk.runner.concurrency import Concurrency
from chat_completions.bulk.runner.rate_limiter import RateLimiter


def simulated(
    *,
    latency: float,
    seconds: float,
    places: int | None = None,
    workers: int | None = None,
    chance: float = 0.0,
    rest: float = 0.5,
) -> tuple[list[int], float, float]:
    """Play a run against a model of a server.

    Args:
        latency: Seconds of an answer, on average.
        seconds: How long it is played.
        places: Beyond how many requests it refuses.
        workers: How many it works on at once; the others wait.
        chance: The share that it refuses whatever happens.
        rest: Seconds that a place is empty after a refusal.

    Returns:
        The numbers in the second half of the time, the answers a second then, and the share of refusals then.
    """
    chances = random.Random(1)
    number = Concurrency()
    now, under_way, resting, worked_on, order = 0.0, 0, 0, 0, 0
    events: list[tuple[float, int, str, float]] = []
    waiting: list[tuple[float, float]] = []
    limits, answered, refused = [], 0, 0

    def later(delay: float, kind: str, began: float) -> None:
        nonlocal order
        order += 1
        heapq.heappush(events, (now + delay, order, kind, began))

    while now < seconds:
        while under_way + resting < number.limit:
            under_way += 1
            duration = latency * chances.lognormvariate(0, 0.3)
            if (places and under_way > places) or chances.random() < chance:
                later(0.001, "refused", now)
            elif workers and worked_on >= workers:
                waiting.append((duration, now))
            else:
                worked_on += 1
                later(duration, "answered", now)
        now, _, kind, began = heapq.heappop(events)
        if kind == "rested":
            resting -= 1
            continue
        number.ended(now, began, under_way + resting, refused=kind == "refused", answered=kind == "answered")
        under_way -= 1
        if kind == "answered":
            worked_on -= 1
            if waiting:
                duration, since = waiting.pop(0)
                worked_on += 1
                later(duration, "answered", since)
        else:
            resting += 1
            later(rest, "rested", 0.0)
        if now > seconds / 2:
            limits.append(number.limit)
            answered += kind == "answered"
            refused += kind == "refused"
    return limits, answered / (seconds / 2), refused / (answered + refused)


@pytest.mark.parametrize(("latency", "seconds"), [(0.1, 60), (2.0, 600)])
@pytest.mark.parametrize("places", [5, 40, 150])
def test_it_stays_near_the_number_where_a_server_refuses(latency: float, seconds: float, places: int) -> None:
    limits, rate, refused = simulated(latency=latency, seconds=seconds, places=places)
    assert 0.7 * places <= sum(limits) / len(limits) <= 1.1 * places + 2
    assert rate >= 0.65 * places / (latency * 1.046)
    assert refused < (0.06 if places > 5 else 0.15)


@pytest.mark.parametrize(("latency", "seconds"), [(0.02, 60), (0.1, 60), (2.0, 900)])
@pytest.mark.parametrize("workers", [8, 64])
def test_it_does_not_pile_up_where_more_do_not_help(latency: float, seconds: float, workers: int) -> None:
    limits, rate, _ = simulated(latency=latency, seconds=seconds, workers=workers)
    assert 0.8 * workers <= sum(limits) / len(limits) <= 2 * workers
    assert rate >= 0.9 * workers / (latency * 1.046)


def test_it_grows_to_the_highest_where_nothing_speaks_against_it() -> None:
    limits, _, _ = simulated(latency=0.1, seconds=20)
    assert set(limits) == {256}


@pytest.mark.parametrize("chance", [0.05, 0.2])
def test_refusals_by_chance_do_not_bring_it_down(chance: float) -> None:
    limits, _, _ = simulated(latency=0.1, seconds=60, chance=chance)
    assert sum(limits) / len(limits) > 100


def test_a_fixed_number_stays() -> None:
    number = Concurrency(7, 7, fixed=True)
    for moment in range(1000):
        number.ended(moment, moment - 0.1, 7, refused=moment % 2 == 0, answered=moment % 2 == 1)
    assert number.limit == 7


def test_ceilings_are_held_exactly_and_a_lull_is_not_caught_up_with() -> None:
    pace, now, begun = RateLimiter(requests_per_minute=600), 1000.0, []
    while now < 1060.0:
        if 1020 <= now < 1030:
            now += 1  # nothing to do
            continue
        wait = pace.wait(now)
        if wait:
            now += wait
        else:
            pace.begin(now, 0)
            begun.append(now)
    assert len(begun) == pytest.approx(500, abs=5)
    assert max(sum(start <= moment < start + 1 for moment in begun) for start in begun) <= 12


def test_tokens_are_corrected_by_what_was_used() -> None:
    pace, now, used = RateLimiter(tokens_per_minute=6000), 0.0, 0
    while now < 60:
        wait = pace.wait(now)
        if wait:
            now += wait
        else:
            reserved = pace.estimate(500)
            pace.begin(now, reserved)
            pace.end(reserved, 40)
            used += 40
    assert used == pytest.approx(6000, rel=0.05)
    pace.end(0, None)
    assert pace.mean_tokens == pytest.approx(40)


def test_what_the_server_says_of_its_limits_holds_for_all() -> None:
    pace = RateLimiter()
    pace.answered(0.0, {"x-ratelimit-remaining-requests": "3", "x-ratelimit-reset-requests": "9s"})
    assert pace.wait(0.0) == 0
    pace.answered(0.0, {"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "1m30s"})
    assert pace.wait(0.0) == 90
    pace.refused(0.0, {}, 120.0, 1)
    assert pace.wait(0.0) == 120
    assert pace.wait(121.0) == 0
    for nonsense in ("", "x", "nan", "-1"):
        pace = RateLimiter()
        pace.answered(0.0, {"x-ratelimit-remaining-tokens": nonsense, "x-ratelimit-reset-tokens": nonsense})
        assert pace.wait(0.0) == 0
    pace = RateLimiter()
    pace.end(0, 100)
    pace.answered(0.0, {"x-ratelimit-remaining-tokens": "50", "x-ratelimit-reset-tokens": "2s"})
    assert pace.wait(0.0) == 2


def test_refusals_alone_bring_silence_that_grows() -> None:
    pace, waits = RateLimiter(), []
    for _ in range(100):
        pace.refused(0.0, {}, None, 4)
        waits.append(pace.wait(0.0))
    assert waits[0] == 0
    assert waits == sorted(waits)
    assert waits[-1] == 30
    pace.answered(0.0, {})
    pace = RateLimiter()
    for _ in range(100):
        pace.refused(0.0, {}, None, 4)
        pace.answered(0.0, {})
    assert pace.wait(0.0) == 0


def test_samples_and_latencies_are_bounded() -> None:
    now = 0.0

    def clock() -> float:
        return now

    progress = Progress(clock)
    for number in range(20_000):
        now = number / 4
        progress.answered = number
        progress.attempt("answered", 0.1)
        progress.sample()
    assert 400 <= len(progress.samples) <= 1000
    steps = [b.seconds - a.seconds for a, b in zip(progress.samples, progress.samples[1:], strict=False)]
    assert sum(step == steps[-1] for step in steps) >= 0.95 * len(steps), "evenly over the run"
    assert progress.rate() == pytest.approx(4, rel=0.1)
    assert progress.latencies.quantile(0.5) == pytest.approx(0.1, rel=0.07)
    longest = Histogram()
    for value in (0.0, 1e-9, 1e9):
        longest.add(value)
    assert longest.quantile(1.0) is not None
    merged = Histogram()
    merged.merge(longest)
    assert merged.counts == longest.counts
    assert Histogram().quantile(0.5) is None
