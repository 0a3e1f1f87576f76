"""A worker on a cluster: an actor with one event loop and one client, which processes partitions one by one."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from contextlib import suppress
from dataclasses import replace
from typing import Any

from chat_completions.bulk.errors import BulkError
from chat_completions.bulk.input.line_reader import LineReader
from chat_completions.bulk.options import Options, client_of
from chat_completions.bulk.output.result_lines import Result
from chat_completions.bulk.progress import Progress
from chat_completions.bulk.ray.directory import part_name
from chat_completions.bulk.ray.partitions import Partition
from chat_completions.bulk.ray.parts import PartitionFiles
from chat_completions.bulk.ray.shared_limits import Instructions, Report
from chat_completions.bulk.ray.worker_job import Work, lines_of, unpack
from chat_completions.bulk.runner.clients import Clients
from chat_completions.bulk.runner.concurrency import FIRST, Concurrency
from chat_completions.bulk.runner.local_engine import Writer, reading_lines
from chat_completions.bulk.runner.rate_limiter import RateLimiter
from chat_completions.bulk.runner.request_filter import RequestFilter
from chat_completions.bulk.runner.runner import Runner
from chat_completions.bulk.runner.sending import Sender


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
        """Wait until a request with that many tokens may begin."""
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
        """Let no request begin before that, in any worker."""
        now = time.monotonic()
        if until > max(now, self.paused_until + 0.01):
            self._meter.pause.remote(until - now)
        super().pause(until)

    def pause_locally(self, seconds: float) -> None:
        """Pause only this worker, because another one paused."""
        super().pause(time.monotonic() + seconds)

    def spare(self) -> tuple[int, float]:
        """Return the unused requests and tokens to the meter, so that they cannot come in a burst later."""
        spare = self._requests_lent, max(0.0, self._tokens_lent)
        self._requests_lent, self._tokens_lent = 0, min(0.0, self._tokens_lent)
        return spare


COUNTS = ("answered", "failed", "malformed", "retries", "prompt_tokens", "completion_tokens", "position")


class Worker:
    """An actor of the engine: it takes partitions, and returns rows with their results.

    Args:
        meter: The shared actor.
    """

    def __init__(self, meter: Any) -> None:
        self._meter = meter
        self._name = f"{socket.gethostname()}:{os.getpid()}"
        self._loop = asyncio.new_event_loop()
        self._progress = Progress()
        self._limiter = SharedRateLimiter(meter)
        self._work: Work | None = None
        self._clients: Clients | None = None
        self._concurrency: Concurrency | None = None
        self._runner: Runner | None = None
        self._stopped: tuple[str, float] | None = None
        self._bytes_before = 0
        self._line_reader: LineReader | None = None

    def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
        """Process partitions.

        Args:
            batch: The `Partition` of each.
        """
        names = Partition._fields
        rows = [
            self._loop.run_until_complete(self._process(Partition.of(*(batch[name][place] for name in names))))
            for place in range(len(batch["number"]))
        ]
        return {name: [row[name] for row in rows] for name in ("number", "complete", "reason", "answered", "failed")}

    async def _process(self, partition: Partition) -> dict[str, Any]:
        """Process a partition, and return its row; a failure becomes the reason in the row."""
        row: dict[str, Any] = {"number": partition.number, "complete": False, "answered": 0, "failed": 0}
        reporting = asyncio.create_task(self._report_regularly())
        try:
            await self._report_progress()
            if self._stopped is not None:
                return {**row, "reason": self._stopped[0]}
            work = await self._prepared()
            if await asyncio.to_thread(work.answers.has, part_name(partition.number)):
                ended = await asyncio.to_thread(lines_of, work, partition.number)
                await self._meter.open.remote(partition.number, ended, 0)
                return {**row, "complete": True, "reason": "", "answered": ended[0], "failed": ended[1]}
            row |= await self._run_partition(work, partition)
        except Exception as error:
            row["reason"] = str(error) if isinstance(error, BulkError) else f"{type(error).__name__}: {error}"
        finally:
            reporting.cancel()
            await asyncio.gather(reporting, return_exceptions=True)
            self._bytes_before += partition.end - partition.start if row["complete"] else 0
            self._line_reader = self._runner = None
            with suppress(Exception):
                await self._report_progress()
        return row

    async def _prepared(self) -> Work:
        if self._work is None:
            work = unpack(await self._meter.job.remote())
            client = client_of(work.client_settings)
            self._clients = Clients(client, work.options)
            self._clients.for_place(0)  # a missing package is reported before anything is read
            fixed = work.options.concurrency
            self._concurrency = Concurrency(
                fixed or FIRST, fixed or work.options.max_concurrency, fixed=fixed is not None
            )
            self._work = work
        return self._work

    async def _run_partition(self, work: Work, partition: Partition) -> dict[str, Any]:
        files = PartitionFiles(work.answers, work.failures, partition.number)
        try:
            await asyncio.to_thread(files.open)
            allowed = await self._meter.open.remote(partition.number, files.ended, partition.lines)
            options = replace(work.options, request_budget=allowed)
            sent, complete, reason = await self._send_requests(work, partition, files, options)
            if allowed is not None:
                await self._meter.close.remote(partition.number, allowed - sent)
            if complete:
                await asyncio.to_thread(files.finish)
            answered, failed = files.ended
            return {
                "complete": complete,
                "reason": reason,
                "answered": answered + self._written[0],
                "failed": failed + self._written[1],
            }
        finally:
            files.close()

    async def _send_requests(
        self, work: Work, partition: Partition, files: PartitionFiles, options: Options
    ) -> tuple[int, bool, str]:
        """Send a partition's remaining requests; return how many, whether all are done, and why not."""
        assert self._clients is not None
        source, progress = work.source, self._progress
        self._written = [0, 0]
        writer = Writer(files)  # type: ignore[arg-type]

        def write(result: Result) -> None:
            writer.write(result)
            self._written[result.failed] += 1

        again = frozenset(partition.again)
        request_filter = RequestFilter(work.run, files.seen, write, progress, count=options.counts_tokens, again=again)
        self._runner = runner = Runner(
            work.run,
            Sender(self._clients, options),
            options,
            progress,
            request_filter,
            write,
            limiter=self._limiter,
            reserve=self._limiter.reserve,
            concurrency=self._concurrency,
        )
        writer.on_failure = lambda error: runner.stop(str(error), grace=0)
        reader = source.reader(partition)
        self._line_reader = line_reader = LineReader(
            reader.batches(options.longest_line, source.label), lambda: reader.position
        )
        async with reading_lines(line_reader, writer, options.sync_seconds):
            if self._stopped is not None:
                runner.stop(self._stopped[0], grace=0)
            ending = await runner.run(line_reader)
        backlog = runner.backlog
        if writer.failure is not None:
            reason = str(writer.failure)
        elif line_reader.error is not None:
            cause = source.reason_of(line_reader.error)
            return (
                backlog.begun,
                False,
                f"the input {source.label} cannot be read further: {cause}; the rest is not done",
            )
        elif ending.complete:
            return backlog.begun, True, ""
        elif backlog.used_up and ending.reason == backlog.used_up:
            budget = work.options.request_budget
            reason = f"the budget of {budget:,} requests is used up" if budget is not None else backlog.used_up
            return backlog.begun, False, reason
        else:
            reason = ending.reason
        if self._stopped is None:
            # What stops this one stops all: a key that is not accepted, a disk that is full.
            await self._meter.stop.remote(reason, work.options.grace)
        return backlog.begun, False, reason

    async def _report_regularly(self) -> None:
        while True:
            instructions = None
            with suppress(Exception):  # the partition's own calls tell of a meter that is lost
                instructions = await self._report_progress()
            await asyncio.sleep(instructions.again if instructions else 1.0)

    async def _report_progress(self) -> Instructions:
        """Report progress to the meter, and follow its instructions."""
        progress, line_reader, runner = self._progress, self._line_reader, self._runner
        progress.position = self._bytes_before + (line_reader.position if line_reader is not None else 0)
        reserved = runner.backlog.reserved if runner is not None and hasattr(runner, "backlog") else 0.0
        now = {
            "concurrency": progress.concurrency,
            "under_way": progress.under_way if runner is not None else 0,
            "reserved": int(reserved),
        }
        counts = {name: getattr(progress, name) for name in COUNTS}
        report = Report(
            counts,
            now,
            dict(progress.attempts),
            progress.latencies.counts,
            progress.waiting,
            self._limiter.spare(),
            dict(progress.failures),
        )
        instructions: Instructions = await self._meter.report.remote(self._name, report)
        if instructions.paused > 0:
            self._limiter.pause_locally(instructions.paused)
        self._limiter.hold = instructions.hold and instructions.stop is None
        if instructions.stop is not None and self._stopped != (instructions.stop, instructions.grace):
            self._stopped = (instructions.stop, instructions.grace)
            if self._runner is not None:
                self._runner.stop(instructions.stop, grace=instructions.grace)
        return instructions
