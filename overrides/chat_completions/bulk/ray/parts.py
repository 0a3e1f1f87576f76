"""The results of one partition: partial, where a lost worker may leave them, then complete."""

from __future__ import annotations

import time
from collections.abc import Iterator

from chat_completions.bulk.errors import BulkError
from chat_completions.bulk.input.seen_ids import Seen
from chat_completions.bulk.output.parts import PartFiles
from chat_completions.bulk.output.result_file import ResultFile, Results, WritingError
from chat_completions.bulk.output.result_lines import Result, ended_by
from chat_completions.bulk.ray.directory import UNDER_WAY, Directory, part_name
from chat_completions.bulk.storage import path_of, reason_of

_LONGEST_LOCK = 90.0  # seconds in which a lost worker's lock goes, or the worker itself


class Part:
    """The answers, or the failures, of one partition.

    While it is under way, it is in `_run/`: on a file system as a file that is appended to and locked, in a store as
    separate files, which are joined at the end.

    Args:
        directory: Where it will be.
        number: The partition's number.
    """

    def __init__(self, directory: Directory, number: int) -> None:
        self._directory, self._under_way = directory, directory.inside(UNDER_WAY)
        self._name = part_name(number)
        self.results: Results | None = None

    def open(self) -> Iterator[str | int]:
        """Continue with existing results, and yield what is done.

        Raises:
            BulkError: It cannot be opened, or another worker keeps it locked.
        """
        directory, under_way, name = self._directory, self._under_way, self._name
        if directory.remote:
            self.results = PartFiles(f"{under_way.name}/{name}.d", directory._storage)
            yield from self._finished_before()
        else:
            self.results = _locked(under_way, name)
            if directory.has(name):
                # Finished, and its partition is not: nothing is under way, for the one becomes the other.
                self.results.close()
                directory.move(directory.path(name), under_way.path(name))
                self.results = _locked(under_way, name)
        yield from self.results.ended()

    def _finished_before(self) -> Iterator[str | int]:
        if self._directory.has(self._name):
            with self._directory.opened(self._name) as file:
                yield from (name for line in file if (name := ended_by(line)) is not None)

    def finish(self, *, empty: bool) -> None:
        """Move the part to its final name, atomically.

        Args:
            empty: Whether it is written even if there is nothing in it.

        Raises:
            WritingError: It cannot be written.
        """
        assert self.results is not None
        directory, under_way, name = self._directory, self._under_way, self._name
        try:
            self.results.flush(last=True)
            self.results.sync()
            if directory.remote:
                self._put_together(empty)
                under_way.remove(f"{name}.d")
            elif empty or under_way._filesystem.size(under_way.path(name)):
                directory.move(under_way.path(name), directory.path(name))
            else:
                under_way.remove(name)
        except WritingError:
            raise
        except Exception as error:
            raise WritingError(f"{directory.label} cannot be written: {reason_of(error, directory.name)}") from error
        finally:
            self.close()

    def _put_together(self, empty: bool) -> None:
        directory, pieces = self._directory, self._under_way.inside(f"{self._name}.d")
        sources = [(directory, self._name)] if directory.has(self._name) else []
        sources += [(pieces, name) for name in pieces.names()]
        if not sources and not empty:
            return
        met: set[str | int] = set()
        with directory.written(self._name) as whole:
            for place, name in sources:
                with place.opened(name) as file:
                    for line in file:
                        # There are no locks in a store: a worker that was thought lost may have written as well.
                        ended = ended_by(line)
                        if ended is not None and ended not in met:
                            met.add(ended)
                            whole.write(line)

    def close(self) -> None:
        """Close the part."""
        if self.results is not None:
            self.results.close()


class PartitionFiles:
    """The files with one partition's results.

    Args:
        answers: The directory for the answers.
        failures: The directory for the failures.
        number: The partition's number.

    Attributes:
        seen: What is done, and what was seen.
        ended: How many were done before: answered, and failed.
    """

    def __init__(self, answers: Directory, failures: Directory, number: int) -> None:
        self._answers, self._failures = Part(answers, number), Part(failures, number)
        self.seen = Seen()
        self.ended = (0, 0)

    def open(self) -> None:
        """Read what is done."""
        self.ended = self.seen.add_ended(self._answers.open()), self.seen.add_ended(self._failures.open())
        self._results = [part.results for part in (self._failures, self._answers) if part.results is not None]

    def write(self, result: Result) -> None:
        """Append a result; `flush` writes it."""
        self._results[0 if result.failed else 1].append(result.line)

    def flush(self, *, last: bool = False) -> None:
        """Write what has been taken."""
        for results in self._results:
            results.flush(last=last)

    def sync(self) -> None:
        """Sync the written lines to disk.

        In a store, a part may be missing because another worker joined them after it considered this one lost.
        """
        for results in self._results:
            if not results.blocking:
                results.sync()

    @property
    def blocking(self) -> bool:
        """Whether `flush` takes long."""
        return any(results.blocking for results in self._results)

    def finish(self) -> None:
        """Move the parts to their final names; the answers' part is last, as it says that the partition ended."""
        self._failures.finish(empty=False)
        self._answers.finish(empty=True)

    def close(self) -> None:
        """Close both parts."""
        self._answers.close()
        self._failures.close()
        self.seen.close()


def _locked(directory: Directory, name: str) -> ResultFile:
    """Open a file that another worker may have locked; the lock of a lost worker disappears after a while."""
    until = time.monotonic() + _LONGEST_LOCK
    if not directory.exists():
        raise BulkError(
            f"{directory.label} is missing for this worker; use a path that all machines share, or the URL of a store"
        )
    while True:
        try:
            return ResultFile(path_of(directory.path(name)))
        except BlockingIOError:
            if time.monotonic() > until:
                raise BulkError(
                    f"{directory.label}/{name} is in use by another worker that was considered lost"
                ) from None
            time.sleep(0.2)
