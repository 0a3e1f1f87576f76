"""Reads the lines of a partition: a line belongs to the range of bytes in which it begins."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any, BinaryIO, NamedTuple

from chat_completions.bulk.errors import BulkError
from chat_completions.bulk.input.source import PIECE, Line, lines_in
from chat_completions.bulk.places import filesystem_of, is_remote, path_of, reason_of, redacted_name
from chat_completions.bulk.ray.places import Directory


class Partition(NamedTuple):
    """A part of the input, asked by one worker.

    Attributes:
        number: Counted from 0.
        start: The first byte at which a line of it may begin.
        end: The first byte behind.
        first: The number of its first line.
        lines: How many there are, blank ones included.
        again: Those whose `custom_id` stands in an earlier line of the input.
    """

    number: int
    start: int
    end: int
    first: int = 1
    lines: int = 0
    again: tuple[int, ...] = ()

    @classmethod
    def of(cls, number: int, start: int, end: int, first: int, lines: int, again: Iterable[int]) -> Partition:
        """Return a partition from what was kept or sent of it, of whatever types of numbers that is."""
        return cls(int(number), int(start), int(end), int(first), int(lines), tuple(int(line) for line in again))


class Source:
    """Where the lines of partitions are: the input itself, or pieces of it.

    Args:
        name: The input's name.
        storage_options: What fsspec's file system takes.
        size: How many bytes it had when it was divided.
        pieces: The directory with the pieces; None if the input itself is read.
    """

    def __init__(
        self, name: str, storage_options: Mapping[str, Any] | None, size: int, pieces: Directory | None
    ) -> None:
        self._name, self._storage, self._size, self._pieces = name, storage_options, size, pieces
        self.label = redacted_name(name)

    def reason_of(self, error: Exception) -> str:
        """Return why the input cannot be read, without its secrets."""
        return reason_of(error, self._name)

    def reader(self, partition: Partition) -> Reader:
        """Open a partition.

        Raises:
            BulkError: There is another file here.
        """
        if self._pieces is not None:
            return Reader(self._pieces.opened(piece_name(partition.number)), partition)
        file: BinaryIO
        if is_remote(self._name):
            filesystem, path = filesystem_of(self._name, self._storage)
            return Reader(filesystem.open(path, "rb"), partition)
        try:
            size = path_of(self._name).stat().st_size
        except OSError as error:
            raise BulkError(
                f"the input {self.label} cannot be read by this worker ({error.strerror}); a cluster needs a path that"
                " all its machines share, or an address of a store"
            ) from None
        if size != self._size:
            raise BulkError(
                f"the input {self.label} has {size:,} bytes for this worker, and had {self._size:,} when it was"
                " divided; a cluster needs a path that all its machines share, and a file that nobody writes to"
            )
        file = path_of(self._name).open("rb", buffering=0)
        return Reader(file, partition)


class Reader:
    """Reads the lines of a partition.

    Args:
        file: The file that they are in; it is closed by whoever reads to the end, or by `close`.
        partition: The partition.

    Attributes:
        newlines: How many ends of lines were read.
        position: How many bytes of the partition were read.
    """

    def __init__(self, file: BinaryIO, partition: Partition) -> None:
        self._file, self._partition = file, partition
        self.newlines = self.position = 0
        self.torn = False  # whether the last line has no end
        self._at = partition.start
        self._over = partition.start >= partition.end

    def batches(self, longest: int, name: str) -> Iterator[list[Line]]:
        """Yield the lines, with their numbers in the whole input.

        Args:
            longest: Bytes of a line beyond which it is not read.
            name: The input's name, for messages.

        Raises:
            ValueError: There is less than when the input was divided.
        """
        try:
            self._seek()
            start = self._partition.start
            # What stands in the middle of a file says nothing of what kind it is; behind an empty line it is not asked.
            given = [b"\n"] if start else []
            shift = self._partition.first - 1 - len(given)

            def read(count: int) -> bytes:
                return given.pop() if given else self._read(count)

            for batch in lines_in(read, longest, name):
                yield [(number + shift, line) for number, line in batch]
            self._check_whole()
        finally:
            self.close()

    def _check_whole(self) -> None:
        partition, lines = self._partition, self.newlines + self.torn
        changed = "let nobody write to it, and begin anew with another output"
        if self._at < partition.end:
            raise ValueError(f"it ends at byte {self._at:,}, and had {partition.end:,} when it was divided; {changed}")
        if partition.lines not in (0, lines):
            change = f"has {lines:,} lines, and had {partition.lines:,} when it was divided"
            raise ValueError(f"partition {partition.number} of it {change}; {changed}")

    def _seek(self) -> None:
        """Go to the first line that begins in the partition."""
        if not self._partition.start:
            return
        self._at = self._partition.start - 1
        self._file.seek(self._at)
        while not self._over and (data := self._file.read(PIECE)):
            end = data.find(b"\n") + 1
            self._at += end or len(data)
            if end:
                self._file.seek(self._at)
                break
        else:
            self._over = True
        self._over = self._over or self._at >= self._partition.end

    def _read(self, count: int) -> bytes:
        if self._over:
            return b""
        data = self._file.read(count)
        last = self._partition.end - 1 - self._at  # the line that holds this byte is the last one
        if last < len(data):
            end = data.find(b"\n", max(0, last)) + 1
            if end:
                data, self._over = data[:end], True
        self._at += len(data)
        self.position = max(0, min(self._at, self._partition.end) - self._partition.start)
        self.newlines += data.count(b"\n")
        if data:
            self.torn = not data.endswith(b"\n")
        return data

    def close(self) -> None:
        """Close the file."""
        with suppress(Exception):
            self._file.close()


def piece_name(number: int) -> str:
    """Return the name of the piece that is a partition."""
    return f"piece-{number:05d}.jsonl"
