"""A file of results on this machine: lines are only appended, so a crash truncates the last one at most."""

from __future__ import annotations

import errno
import json
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from chat_completions.bulk.errors import BulkError
from chat_completions.bulk.output.result_lines import ended_by

_BEGIN = b'{"id":"batch_req_'  # of every line of ours
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_NO_LOCKS = frozenset({errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOLCK, errno.ENOSYS})


class WritingError(BulkError):
    """Results cannot be written; the next run sends their requests again."""


class Results(Protocol):
    """A place for results.

    Attributes:
        label: Its name, for messages.
        note: What had to be repaired, None if nothing.
        lost: How many lines could not be written.
        blocking: Whether `flush` is slow and should run in a thread.
    """

    label: str
    note: str | None
    lost: int
    blocking: bool

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing in it."""
        ...

    def ended(self) -> Iterator[str | int]:
        """Return what is done in earlier runs, and repair a line that a crash truncated."""
        ...

    def append(self, line: bytes) -> None:
        """Take a line; it survives this process after `flush`, and a power cut after `sync`."""
        ...

    def flush(self, *, last: bool = False) -> None:
        """Write what has been taken, if there is enough, or if `last`."""
        ...

    def sync(self) -> None:
        """Sync the written lines to disk, and check that others see them."""
        ...

    def close(self) -> None:
        """Close the file."""
        ...


class ResultFile:
    """Results in a local file, which is locked until it is closed or the process ends.

    Args:
        path: Where it is.

    Raises:
        BulkError: It cannot be opened.
        BlockingIOError: Another process has it locked.
    """

    blocking = False

    def __init__(self, path: Path) -> None:
        self.label = str(path)
        self.note: str | None = None
        self.lost = 0
        self._lines: list[bytes] = []
        self._written = 0  # lines, in this run
        self._writing = threading.Lock()  # `sync` has a thread of its own
        self._path = path
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
        try:
            existed = path.exists()
            if existed and not path.is_file():
                raise BulkError(f"{path} is not a regular file, which is needed to resume a run")
            self._descriptor = os.open(path, flags, 0o666)
        except OSError as error:
            raise BulkError(f"{path} cannot be written: {error.strerror}") from None
        try:
            _lock(self._descriptor)
        except BaseException:
            os.close(self._descriptor)
            raise
        self._size = os.fstat(self._descriptor).st_size
        if not existed:
            _sync_directory(path.parent)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing in it."""
        return not self._size

    def ended(self) -> Iterator[str | int]:
        """Yield what is done; a truncated last line is removed, and its request sent again.

        Raises:
            BulkError: A line in the middle is not a result.
        """
        good, torn = 0, 0
        with self._path.open("rb") as file:
            for number, line in enumerate(file, 1):
                whole = line.endswith(b"\n")
                name = ended_by(line) if whole else _ended_by_all_of(line)
                if name is None and not line.isspace() and not _is_torn(line):
                    raise BulkError(
                        f"{self.label}, line {number}: not a result of a run; use another output, or remove the line"
                    )
                if name is None and not line.isspace():
                    torn += len(line)
                    continue
                if torn:
                    raise BulkError(f"{self.label}, line {number - 1}: damaged; remove it to send its request again")
                good += len(line)
                if name is not None:
                    yield name
                if not whole:
                    os.write(self._descriptor, b"\n")
                    good += 1
        if torn:
            os.ftruncate(self._descriptor, good)
            self.note = f"{self.label}: the last line was truncated ({torn} bytes); its request is sent again"
        self._size = good

    def append(self, line: bytes) -> None:
        """Append a line."""
        self._lines.append(line)

    def flush(self, *, last: bool = False) -> None:
        """Write what has been taken.

        Raises:
            WritingError: It cannot be written; the unwritten part is dropped, and no line is truncated.
        """
        lines, self._lines = self._lines, []
        data = memoryview(b"".join(lines))
        written = 0
        with self._writing:
            try:
                while written < len(data):
                    written += os.write(self._descriptor, data[written:])
            except OSError as error:
                kept = bytes(data[:written]).rfind(b"\n") + 1
                with suppress(OSError):
                    os.ftruncate(self._descriptor, self._size + kept)
                self._size += kept
                lost = bytes(data[kept:]).count(b"\n")
                self.lost += lost
                self._written += len(lines) - lost
                raise _writing_error(self.label, error) from error
            self._size += written
            self._written += len(lines)

    def sync(self) -> None:
        """Sync the written lines to disk, and check that others still see this file.

        Raises:
            WritingError: It cannot be written, or another program changed the file.
        """
        try:
            os.fsync(self._descriptor)
            with self._writing:
                here = os.fstat(self._descriptor)
                size = self._size
        except OSError as error:
            raise _writing_error(self.label, error) from error
        try:
            named: os.stat_result | None = self._path.stat()
        except OSError:
            named = None
        if not here.st_nlink or named is None or not os.path.samestat(here, named):
            self.lost, self._written = self.lost + self._written, 0
            what = "was removed" if named is None else "was replaced by another file"
            suffix = "" if here.st_nlink else " with its results"
            raise WritingError(
                f"{self.label} {what} during the run{suffix}; restore it if possible, and run"
                " again to send what is missing"
            )
        if here.st_size != size:
            raise WritingError(
                f"{self.label} has {here.st_size:,} bytes where {size:,} were written: another program changed"
                " it; stop that, and run again to send what is missing"
            )

    def close(self) -> None:
        """Close the file, which releases the lock."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def _is_torn(line: bytes) -> bool:
    """Return whether a line is the beginning of a result, or has the gap that a power cut may leave."""
    if b"\0" in line:
        return True
    return not line.endswith(b"\n") and (line.startswith(_BEGIN) or _BEGIN.startswith(line))


def _ended_by_all_of(line: bytes) -> str | int | None:
    """Return what a line without a line end is a result of, if it is otherwise complete."""
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return None
    return ended_by(line)


def _writing_error(label: str, error: OSError) -> WritingError:
    what = "the disk is full, or a quota is reached" if error.errno in _FULL else str(error.strerror)
    return WritingError(f"{label} cannot be written: {what}; fix this, and run again to resume")


def _lock(descriptor: int) -> None:
    """Lock a file against other processes, for as long as it is open.

    Raises:
        BlockingIOError: It is locked.
    """
    if sys.platform == "win32":
        import msvcrt

        os.lseek(descriptor, 2**40, os.SEEK_SET)  # beyond all lines: a lock keeps others from reading there
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError as error:
            raise BlockingIOError(errno.EWOULDBLOCK, "locked") from error
        return
    import fcntl

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno not in _NO_LOCKS:  # a file system without locks
            raise BlockingIOError(errno.EWOULDBLOCK, "locked") from error


def _sync_directory(path: Path) -> None:
    """Force a new file's name to the disk."""
    with suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
