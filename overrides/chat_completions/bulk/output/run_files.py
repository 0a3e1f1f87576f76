"""The files of a run, opened, locked, compared and read: what is done, and where new results are written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from itertools import count
from pathlib import PurePosixPath
from typing import Any

from chat_completions.bulk.errors import BulkError, ChangedError, RunningError
from chat_completions.bulk.input.seen_ids import Seen
from chat_completions.bulk.output.manifest import Manifest
from chat_completions.bulk.output.parts import PartFiles
from chat_completions.bulk.output.result_file import ResultFile, Results
from chat_completions.bulk.output.result_lines import Result
from chat_completions.bulk.storage import STANDARD_INPUT, compression_of, is_remote, path_of, redacted_name


def errors_beside(output: str) -> str:
    """Return the name of the error file for an output: `answers.jsonl` has `answers.errors.jsonl`."""
    directory, slash, name = output.rstrip("/").rpartition("/")
    suffix = PurePosixPath(name).suffix
    return f"{directory}{slash}{name.removesuffix(suffix)}.errors{suffix}"


class RunFiles:
    """The output, the error file and the record of a run, from the beginning to `close`.

    Args:
        source: The name of the input.
        output: The name of the output.
        errors: The name of the error file.
        storage_options: Options for fsspec's file systems.

    Attributes:
        manifest: The record.
        seen: What is done, and what was seen.
        ended: How many were done before: answered, and failed.
        notes: What the user should know.

    Raises:
        BulkError: They cannot be opened, or are in use.
    """

    def __init__(self, source: str, output: str, errors: str, storage_options: Mapping[str, Any] | None = None) -> None:
        _check_names(source, output, errors)
        self.ended: tuple[int, int] = (0, 0)
        self.notes: list[str] = []
        self._names = output, errors
        self._storage_options = storage_options
        self._closing = ExitStack()
        with self._closing:
            self.output = self._opened(output)
            self.errors = self._opened(errors)
            self.manifest = Manifest(output, storage_options)
            self.seen = Seen()
            self._closing.callback(self.seen.close)
            self._closing = self._closing.pop_all()

    def _opened(self, name: str) -> Results:
        if is_remote(name):
            return PartFiles(name, self._storage_options)
        try:
            file = ResultFile(path_of(name))
        except BlockingIOError:
            holder = Manifest(self._names[0], self._storage_options).values
            who = f"process {holder['process']} on {holder['host']}" if holder.get("process") else "another process"
            raise RunningError(f"{name} is in use by {who}: wait for that run, or use another output") from None
        self._closing.callback(file.close)
        return file

    def begin(self, wanted: Mapping[str, Any], *, accept_changes: bool, retry_failed: bool) -> None:
        """Compare with the run to resume, read what is done, and record that it resumes.

        Args:
            wanted: The input, its fingerprint, and the settings.
            accept_changes: Whether to continue even if they changed.
            retry_failed: Whether to resend failed requests; the error file is set aside.

        Raises:
            ChangedError: They changed.
            BulkError: The files contain something other than results.
        """
        manifest = self.manifest
        answered = self._read(self.output)
        # What was begun and brought nothing, such as with a wrong input, may be begun with something else.
        held = answered or not self.errors.is_empty
        changes = manifest.changes(wanted) if manifest.values and held else []
        if changes and not accept_changes:
            raise ChangedError(
                f"{self.output.label} is from a different run: {'; '.join(changes)}. Use another output,"
                " or accept the changes (accept_changes, --accept-changes): existing results stay as they are"
            )
        self.notes += [f"accepted: {change}" for change in changes]
        if retry_failed:
            self._put_aside()
        failed = self._read(self.errors)
        self.ended = answered, failed
        if (answered or failed) and not manifest.values and not accept_changes:
            raise ChangedError(
                f"{self.output.label} has results, but {manifest.label} is missing, so their input is unknown;"
                " use another output, or accept_changes (--accept-changes) to add what is missing"
            )
        manifest.begin(wanted, again=retry_failed and bool(manifest.values))

    def _read(self, results: Results) -> int:
        added = self.seen.add_ended(results.ended())
        if results.note:
            self.notes.append(results.note)
        return added

    def _put_aside(self) -> None:
        """Keep earlier failures under another name, and start a new error file."""
        name = self._names[1]
        if is_remote(name):
            raise BulkError("failures in a store cannot be sent again; move the error file's parts")
        path = path_of(name).resolve()  # a link stays a link
        if not path.stat().st_size:
            return
        taken = next(
            beside for n in count(1) if not (beside := path.with_name(f"{path.stem}.{n}{path.suffix}")).exists()
        )
        path.rename(taken)
        self.errors.close()
        self.errors = self._opened(name)
        self.notes.append(f"earlier failures are in {taken}")

    def write(self, result: Result) -> None:
        """Append a result; `flush` writes it."""
        (self.errors if result.failed else self.output).append(result.line)

    def flush(self, *, last: bool = False) -> None:
        """Write what has been taken.

        Raises:
            WritingError: It cannot be written.
        """
        self._each(lambda results: results.flush(last=last))

    def sync(self) -> None:
        """Sync the written lines to disk, and check that they exist.

        Raises:
            WritingError: They are not.
        """
        self._each(lambda results: results.sync())
        self.manifest.keep()

    @property
    def blocking(self) -> bool:
        """Whether `flush` takes long."""
        return self.output.blocking or self.errors.blocking

    def _each(self, do: Callable[[Results], None]) -> None:
        # Both, even if the first cannot be written: each answer that is safe need not be asked again.
        with ExitStack() as both:
            both.callback(do, self.errors)
            both.callback(do, self.output)

    def close(self) -> None:
        """Close the files."""
        self.errors.close()
        self._closing.close()


def _check_names(source: str, output: str, errors: str) -> None:
    """Reject names for the same file, or for a kind that cannot be appended to."""
    for name in (output, errors):
        if name == STANDARD_INPUT:
            raise BulkError("results must go to a file, so that a run can resume; name one instead of -")
        if compression_of(name):
            raise BulkError(
                f"{redacted_name(name)}: results are written uncompressed, so that a crash truncates one line at most;"
                " omit the suffix, and compress the file afterwards"
            )
    named = {"input": source, "output": output, "error file": errors}
    places = {what: _place(name) for what, name in named.items() if name != STANDARD_INPUT}
    for one, other in (("input", "output"), ("input", "error file"), ("output", "error file")):
        if one in places and places[one] == places[other]:
            raise BulkError(f"the {one} and the {other} are the same file, {redacted_name(named[one])}")


def _place(name: str) -> str:
    return name if is_remote(name) else str(path_of(name).resolve())
