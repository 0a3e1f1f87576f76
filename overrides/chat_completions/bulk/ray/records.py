"""The records of a run on a cluster: its settings, and how its input is divided."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from chat_completions.bulk.errors import BulkError, ChangedError, RunningError
from chat_completions.bulk.input.source import Input
from chat_completions.bulk.options import Ending, Job
from chat_completions.bulk.output.manifest import Manifest
from chat_completions.bulk.output.result_file import ResultFile
from chat_completions.bulk.ray.directory import UNDER_WAY, Directory, part_name
from chat_completions.bulk.ray.partitions import (
    Partition,
    Source,
    Survey,
    can_be_divided,
    check_input,
    copied,
    divided,
    number_lines,
    piece_name,
    plan_of,
    plan_text,
    size_of_partitions,
    survey,
)
from chat_completions.bulk.ray.worker_job import Work
from chat_completions.bulk.storage import is_remote, path_of

_PLAN = "plan.json"
_HERE = 8 * 2**20  # bytes of an input up to which it is not worth it to have it surveyed by others


class Records:
    """The directories and records of a run.

    Args:
        job: The job.
        source: Its input.

    Attributes:
        notes: What the user should know.
        settings: The run's settings at its start.

    Raises:
        BulkError: A name cannot be used.
    """

    def __init__(self, job: Job, source: Input) -> None:
        check_input(job.input)
        storage = job.storage_options.reveal()
        self._job, self._input = job, source
        self.answers, self.failures = Directory(job.output, storage), Directory(job.errors, storage)
        if self.answers.name == self.failures.name:
            raise BulkError(f"the output and the error file are the same, {self.answers.label}")
        if job.retry_failed and (self.answers.remote or self.failures.remote):
            raise BulkError("failures in a store cannot be sent again; send them in a separate run")
        self._under_way = self.answers.inside(UNDER_WAY)
        self._pieces = self._under_way.inside("input")
        self.notes: list[str] = []
        self.settings: dict[str, Any] = {}
        self._wanted: dict[str, Any] = {}
        self._partitions: list[Partition] = []
        self._copied = False
        self._lock: ResultFile | None = None
        self._manifest: Manifest | None = None

    @property
    def manifest(self) -> Manifest:
        """The record, once it is opened."""
        assert self._manifest is not None
        return self._manifest

    def begin(self, settings: Mapping[str, Any]) -> None:
        """Create the directories, and compare with the run to resume.

        Args:
            settings: Those of the client.

        Raises:
            BulkError: It is a different run, or is still running.
        """
        job = self._job
        self._manifest = manifest = Manifest(job.output, job.storage_options.reveal())
        self.settings = {**settings, "errors": self.failures.label, "engine": "ray"}
        self._wanted = {
            "input": {"name": self._input.label, "fingerprint": self._input.fingerprint()},
            "settings": self.settings,
        }
        known = manifest.values.get("settings") or {}
        if known.get("engine", "ray") != "ray":
            raise ChangedError(f"{self.answers.label} is from the engine {known['engine']!r}; use another output")
        changes = manifest.changes(self._wanted) if manifest.values else []
        was = (manifest.values.get("input") or {}).get("fingerprint")
        if manifest.values and was != self._wanted["input"]["fingerprint"]:
            raise ChangedError(
                f"{self.answers.label} is from another input: {changes[0]}. Its partitions do not fit;"
                " use another output"
            )
        if changes and not job.accept_changes:
            raise ChangedError(
                f"{self.answers.label} is from a different run: {'; '.join(changes)}. Use another output, or"
                " accept the changes: existing results stay as they are"
            )
        self.notes += [f"accepted: {change}" for change in changes]
        for directory in (self.answers, self.failures):
            directory.make()
            directory.inside(UNDER_WAY).make()
        self._lock_up()
        if not manifest.values and (self.answers.parts() or self.failures.parts()):
            raise ChangedError(
                f"{self.answers.label} holds results already, and {manifest.label} is missing, so nobody knows of which"
                " input; give another output"
            )

    def _lock_up(self) -> None:
        """Verify that this is the only run here; in a store there are no locks."""
        if self.answers.remote:
            return
        try:
            self._lock = ResultFile(path_of(self._under_way.path("lock")))
        except BlockingIOError:
            holder = self.manifest.values
            who = f"process {holder['process']} on {holder['host']}" if holder.get("process") else "another process"
            raise RunningError(
                f"{self.answers.label} is in use by {who}: a run is writing to it; wait for it, or give another output"
            ) from None

    def divided(
        self, each: int | None, actors: int, surveyed: Callable[[list[Partition]], dict[int, Survey]]
    ) -> list[Partition]:
        """Return the partitions of the input: those of the run to resume, or new ones.

        Args:
            each: Bytes of a partition; None to choose.
            actors: How many actors there are.
            surveyed: Has workers survey them.
        """
        fingerprint = self._wanted["input"]["fingerprint"]
        if self.manifest.values:
            try:
                with self._under_way.opened(_PLAN) as file:
                    self._partitions, more = plan_of(file.read())
            except Exception as error:
                raise BulkError(
                    f"{self._under_way.label}/{_PLAN}, which divides the input, cannot be read ({error});"
                    " use another output"
                ) from None
            self._copied, each = more["copied"], more["each"]
            if self._copied:
                self._copy_again(more["each"])
            return self._partitions
        each = size_of_partitions(self._input, self._job.input, each, actors)
        self._copied = not can_be_divided(self._input, self._job.input)
        if self._copied:
            self._pieces.make()
            partitions = copied(self._input, self._job.input, each, self._pieces)
        else:
            partitions = divided(self._input.size or 0, each)
        self._partitions = partitions
        if sum(partition.end - partition.start for partition in partitions) <= _HERE:
            source = self._source()
            found = {each.number: survey(source, each, self._job.options.longest_line) for each in partitions}
        else:
            found = surveyed(partitions)
        self._partitions = number_lines(partitions, found)
        with self._under_way.written(_PLAN) as file:
            file.write(plan_text(self._partitions, copied=self._copied, each=each, fingerprint=fingerprint))
        return self._partitions

    def _copy_again(self, each: int) -> None:
        """Copy the input again if pieces that are needed were removed."""
        done = self.answers.parts() if not self._job.retry_failed else set()
        there = set(self._pieces.names())
        if any(piece_name(p.number) not in there for p in self._partitions if p.number not in done):
            self._pieces.make()
            copied(self._input, self._job.input, each, self._pieces)

    def _source(self) -> Source:
        storage = self._job.storage_options.reveal()
        name = self._job.input if is_remote(self._job.input) else str(path_of(self._job.input).resolve())
        return Source(name, storage, self._input.size or 0, self._pieces if self._copied else None)

    def work(self, client_settings: Any) -> Work:
        """Return the work for workers; before the run has begun, enough to survey its input."""
        run = self.manifest.run if self.manifest.values else ""
        return Work(run, self._source(), self.answers, self.failures, client_settings, self._job.options)

    def begin_run(self, job: Job) -> None:
        """Record that the run begins, or goes on."""
        if job.retry_failed:
            self._put_aside()
        again = job.retry_failed and bool(self.manifest.values)
        self.manifest.begin({**self._wanted, "partitions": len(self._partitions)}, again=again)

    def _put_aside(self) -> None:
        """Keep earlier failures under another name, and continue with their partitions."""
        under_way = self.failures.inside(UNDER_WAY)
        failed = [(place, part_name(n)) for place in (self.failures, under_way) for n in place.parts()]
        if not failed:
            return
        names = set(self.failures.names())
        before = next(name for n in range(1, 10**6) if (name := f"before-{n}") not in names)
        aside = self.failures.inside(before)
        aside.make()
        for place, name in failed:
            # The answers first: if it is cut off between, the partition has not ended, and can be gone on with.
            if self.answers.has(name):
                self.answers.move(self.answers.path(name), self._under_way.path(name))
            place.move(place.path(name), aside.path(f"{name}.under-way" if aside.has(name) else name))
        self.notes.append(f"earlier failures are in {aside.label}")

    def done(self) -> set[int]:
        """Return the partitions that are done."""
        return self.answers.parts() & {partition.number for partition in self._partitions}

    def missing(self) -> int:
        """Count the partitions without a finished part: once all are done, those were removed."""
        return len(self._partitions) - len(self.done())

    def end(self, ending: Ending, counts: Mapping[str, Any]) -> None:
        """Record how the run ended."""
        if ending.complete and self._copied:
            with suppress(Exception):
                self._under_way.remove("input")
        self.manifest.end("complete" if ending.complete else "stopped", ending.reason, counts)

    def close(self) -> None:
        """Release the lock."""
        if self._lock is not None:
            self._lock.close()
