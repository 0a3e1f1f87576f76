"""The engine for a cluster: Ray Data hands partitions to actors, restarts lost ones, and reassigns their partitions.

from chat_completions import bulk
from chat_completions.bulk.ray.engine import RayEngine

bulk.run("s3://bucket/requests.jsonl", "s3://bucket/answers", engine=RayEngine(actors=16, ray_address="auto"))

`engine="ray"` is the same with the default settings. The output is a directory with one part for each partition of the
input, which appears when the partition is done.
"""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from typing import Any, cast

from chat_completions.bulk.errors import BulkError
from chat_completions.bulk.input.source import Input
from chat_completions.bulk.options import Ending, Job, client_of, settings_of
from chat_completions.bulk.progress import Histogram, Progress
from chat_completions.bulk.ray.cluster import Rows, check_installed, connect, failure_of, start_meter
from chat_completions.bulk.ray.partitions import Partition, Survey
from chat_completions.bulk.ray.records import Records
from chat_completions.bulk.ray.shared_limits import Limits, Report, Sealed
from chat_completions.bulk.ray.worker import COUNTS, Worker
from chat_completions.bulk.ray.worker_job import Work, client_settings_of, count_results, survey_partitions
from chat_completions.bulk.runner.local_engine import _signals

_TICK = 0.25  # seconds between two looks at the meter
_STALE = 10.0  # seconds after which a worker's last word on what is under way says nothing any more
_PATIENCE = 20.0  # seconds without a worker after which the display says that the cluster has no room


@dataclass(frozen=True, kw_only=True)
class RayEngine:
    """Carries out jobs on a Ray cluster.

    Attributes:
        actors: The number of actors, or the minimum and maximum if the cluster scales; by default as many as the
            cluster has CPUs, up to 8. `concurrency` and `max_concurrency` are for each of them.
        cpus: CPUs that each of them takes; they mostly wait, but more than 0 prevents too many on one machine.
        resources: Other resources that each takes, by name.
        ray_address: The cluster, as `ray.init` takes it; by default RAY_ADDRESS, or a new one on this machine. An
            existing connection is used.
        partition_bytes: Bytes of a partition, for a run that begins; by default 64 KiB to 16 MiB.
        ray_settings: More arguments of `ray.init`, such as `runtime_env`.
    """

    actors: int | tuple[int, int] | None = None
    cpus: float = 1.0
    resources: Mapping[str, float] = field(default_factory=dict)
    ray_address: str | None = None
    partition_bytes: int | None = None
    ray_settings: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        numbers = self.actors if isinstance(self.actors, tuple) else (self.actors,)
        for number in numbers:
            if number is not None and (isinstance(number, bool) or not isinstance(number, int) or number < 1):
                raise ValueError(f"actors is {self.actors!r}; pass a number, or the minimum and the maximum")
        if isinstance(self.actors, tuple) and (len(self.actors) != 2 or self.actors[0] > self.actors[1]):
            raise ValueError(f"actors is {self.actors!r}; pass the minimum and the maximum")
        if self.partition_bytes is not None and self.partition_bytes < 1:
            raise ValueError(f"partition_bytes is {self.partition_bytes!r}; pass a number above 0")

    async def __call__(self, job: Job, progress: Progress) -> Ending:
        """Carry out a job.

        Args:
            job: The job.
            progress: Where it counts.

        Raises:
            BulkError: It cannot start, or Ray is not installed.
        """
        if job.prompts is not None:
            raise BulkError("the engine 'ray' reads requests only; use the engine 'local' for prompts")
        client = client_of(job.client_settings.reveal())
        settings, recorded = client_settings_of(job, client), settings_of(client)
        await client.close()
        for needed in ("ray", "ray.data"):
            check_installed(needed)
        with ExitStack() as closing:
            source = Input(job.input, job.storage_options.reveal(), job.options.longest_line)
            records = Records(job, source)
            closing.callback(records.close)
            await asyncio.to_thread(records.begin, recorded)
            ray = await asyncio.to_thread(connect, self.ray_address, self.ray_settings, closing)
            run = _Run(self, job, progress, ray, closing)
            return await run.execute(records, settings)


class _Run:
    """One run on a cluster that is connected."""

    def __init__(self, engine: RayEngine, job: Job, progress: Progress, ray: Any, closing: ExitStack) -> None:
        self._engine, self._job, self._progress, self._ray = engine, job, progress, ray
        options = job.options
        limits = Limits(
            options.requests_per_minute, options.tokens_per_minute, options.request_budget, options.token_budget
        )
        self._actors = self._wanted_actors()
        self._meter = start_meter(ray, limits, self._actors[1])
        closing.callback(lambda: ray.kill(self._meter))
        self._before = (0, 0)
        self._size = 0
        self._last: dict[str, Report] = {}
        self._interrupted = False
        self._opened: dict[int, tuple[int, int]] = {}

    async def execute(self, records: Records, settings: Any) -> Ending:
        job, progress, engine = self._job, self._progress, self._engine
        actors = self._actors
        rows = Rows(self._ray, engine.cpus)

        def survey(some: list[Partition]) -> dict[int, Survey]:
            self._send(records.work(settings))
            return rows.surveys(survey_partitions, some, self._meter)

        self._sealed(records.work(settings))  # what cannot be sent is reported before anything is read
        partitions = await asyncio.to_thread(records.divided, engine.partition_bytes, actors[1], survey)
        await asyncio.to_thread(records.begin_run, job)
        await asyncio.to_thread(self._send, records.work(settings))
        done = await asyncio.to_thread(records.done)
        before = await asyncio.to_thread(
            lambda: list(rows.map_numbers(count_results, sorted(done), self._meter)) if done else []
        )
        self._before = sum(row["answered"] for row in before), sum(row["failed"] for row in before)
        progress.notes += records.notes
        progress.settings = {**records.settings, "actors": actors[1], "partitions": len(partitions)}
        left = [partition for partition in partitions if partition.number not in done]
        progress.size = self._size = sum(partition.end - partition.start for partition in left)
        progress.ended_before = self._before
        ending = Ending(False, "it was cut off")
        try:
            ending = await self._run_workers(left, actors, rows)
            missing = await asyncio.to_thread(records.missing) if ending.complete else 0
            if missing:
                message = f"{missing:,} parts of {records.answers.label} were removed during the run"
                ending = Ending(False, f"{message}; run again to send what is missing")
        finally:
            answered, failed = progress.ended_before
            counts = {"answered": progress.answered + answered, "failed": progress.failed + progress.malformed + failed}
            records.end(ending, counts)
        return ending

    def _send(self, work: Work) -> None:
        sealed = self._sealed(work)
        try:
            self._ray.get(self._meter.set_job.remote(sealed))
        except Exception as error:  # such as a cluster that has not the same packages
            raise BulkError(f"the shared actor failed: {failure_of(error)}") from None

    def _sealed(self, work: Work) -> Sealed:
        try:
            data = importlib.import_module("ray.cloudpickle").dumps(work)
        except Exception as error:
            raise BulkError(
                f"client_settings cannot be sent to other machines ({type(error).__name__}); pass a function from"
                " a module that they also have, to create the client there"
            ) from None
        return Sealed(data)

    def _wanted_actors(self) -> tuple[int, int]:
        given = self._engine.actors
        if isinstance(given, tuple):
            return given
        if given is None:
            each = self._engine.cpus
            given = max(1, min(8, int(self._ray.cluster_resources().get("CPU", 1) / each))) if each else 8
        return given, given

    async def _run_workers(self, left: list[Partition], actors: tuple[int, int], rows: Rows) -> Ending:
        """Have workers send the remaining requests, and follow their progress."""
        if not left:
            return Ending(True, "complete")
        found: list[dict[str, Any]] = []
        actors = min(actors[0], len(left)), min(actors[1], len(left))
        resources = dict(self._engine.resources)
        work = asyncio.create_task(
            asyncio.to_thread(rows.run_workers, Worker, left, actors, resources, self._meter, found.append)
        )
        with _signals(self._job.handle_signals, cast(Any, self), self._job.options.grace):
            try:
                while not work.done():
                    await asyncio.wait([work], timeout=_TICK)
                    await self._poll()
            except BaseException:
                with suppress(Exception):
                    await asyncio.wait_for(self._meter.stop.remote("it was cut off", 0.0), 5)
                    await asyncio.wait([work], timeout=15)
                raise
            finally:
                if not work.done():
                    rows.stop_taking()
            stop = await self._poll()
        self._count(found)
        error = work.exception()
        if error is not None:
            return Ending(False, stop or failure_of(error), self._interrupted)
        return self._ending(left, found, stop)

    def _ending(self, left: list[Partition], found: list[dict[str, Any]], stop: str | None) -> Ending:
        missing = [row for row in found if not row["complete"]]
        if not missing and len({row["number"] for row in found}) == len(left):
            return Ending(True, "complete")
        if stop is not None:
            return Ending(False, stop, self._interrupted)
        reasons = [str(row["reason"]) for row in missing]
        reason = max(reasons, key=reasons.count, default="Ray returned fewer partitions than it received")
        if reason.startswith("the budget"):
            return Ending(False, reason)
        return Ending(False, f"{len(missing)} of {len(left)} partitions are incomplete: {reason}")

    def stop(self, reason: str, *, grace: float, interrupted: bool = False) -> None:
        """Stop all workers."""
        self._interrupted = self._interrupted or interrupted
        self._meter.stop.remote(reason, grace)

    async def _poll(self) -> str | None:
        """Read the state of the meter, and return why the run stops; None if it continues."""
        try:
            reports, opened, stop = await asyncio.wait_for(self._meter.state.remote(), 30)
        except Exception as error:
            return f"the run lost its meter: {failure_of(error)}"
        progress, now = self._progress, {"concurrency": 0, "under_way": 0}
        waiting: list[str | None] = []
        recent = Histogram()
        for name, (age, report) in reports.items():
            last = self._last.get(name)
            for place, count in enumerate(report.latencies):
                recent.counts[place] += count - (last.latencies[place] if last else 0)
            self._last[name] = report
            if age < _STALE:
                now = {key: now[key] + report.now[key] for key in now}
                waiting += [report.waiting] if report.now["concurrency"] else []
        recent.total = sum(recent.counts)
        progress.add_latencies(recent)
        sums = {name: sum(report.counts[name] for report in self._last.values()) for name in COUNTS}
        for name in COUNTS:
            setattr(progress, name, sums[name])
        progress.position = min(sums["position"], self._size)
        progress.attempts.clear()
        progress.failures.clear()
        for report in self._last.values():
            progress.attempts.update(report.attempts)
            progress.failures.update(report.failures)
        progress.concurrency, progress.under_way = now["concurrency"], now["under_way"]
        progress.waiting = waiting[0] if waiting and all(waiting) else None
        if not reports and progress.seconds > _PATIENCE:
            progress.waiting = "the cluster to have room for actors"
        self._opened = opened
        self._count_before()
        return cast("str | None", stop)

    def _count_before(self) -> None:
        answered, failed = self._before
        opened = self._opened.values()
        self._progress.ended_before = answered + sum(a for a, _ in opened), failed + sum(f for _, f in opened)

    def _count(self, found: list[dict[str, Any]]) -> None:
        """Set the counts from the written results: a lost worker did not report its last ones."""
        progress, opened = self._progress, self._opened
        if any(row["number"] not in opened and row["answered"] + row["failed"] for row in found):
            return
        by_number = {row["number"]: row for row in found}
        if set(opened) - set(by_number):
            return  # the engine was stopped: only what was reported is known
        begun = [by_number[number] for number in opened]
        answered = sum(row["answered"] for row in begun) - sum(answered for answered, _ in opened.values())
        failed = sum(row["failed"] for row in begun) - sum(failed for _, failed in opened.values())
        if all(row["complete"] for row in begun):
            progress.answered, progress.failed = answered, max(0, failed - progress.malformed)


engine: Callable[[Job, Progress], Any] = RayEngine()
