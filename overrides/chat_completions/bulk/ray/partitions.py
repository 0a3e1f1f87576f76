"""How an input is divided: byte ranges whose lines one worker sends, always found in the same way.

An input that cannot be read from the middle (compressed files, and web servers without ranges) is first copied into
pieces, one for each partition.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any, BinaryIO, NamedTuple

from chat_completions.bulk.errors import BulkError
from chat_completions.bulk.input.decompression import DecompressedFile
from chat_completions.bulk.input.requests import request_of
from chat_completions.bulk.input.seen_ids import _digest
from chat_completions.bulk.input.source import PIECE, Input, Line, TooLong, lines_in
from chat_completions.bulk.ray.directory import Directory
from chat_completions.bulk.storage import (
    STANDARD_INPUT,
    compression_of,
    filesystem_of,
    is_remote,
    path_of,
    reason_of,
    redacted_name,
)


class Partition(NamedTuple):
    """A part of the input, for one worker.

    Attributes:
        number: Counted from 0.
        start: The first byte where one of its lines may begin.
        end: The first byte after it.
        first: The number of its first line.
        lines: How many there are, blank ones included.
        again: The lines whose `custom_id` is already used in an earlier line of the input.
    """

    number: int
    start: int
    end: int
    first: int = 1
    lines: int = 0
    again: tuple[int, ...] = ()

    @classmethod
    def of(cls, number: int, start: int, end: int, first: int, lines: int, again: Iterable[int]) -> Partition:
        """Return a partition from stored or sent values, whatever their numeric types."""
        return cls(int(number), int(start), int(end), int(first), int(lines), tuple(int(line) for line in again))


class Source:
    """Where the lines of partitions are: the input itself, or pieces of it.

    Args:
        name: The input's name.
        storage_options: Options for fsspec's file system.
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
            BulkError: This machine has a different file.
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
                f"the input {self.label} cannot be read by this worker ({error.strerror}); use a path that all"
                " machines share, or the URL of a store"
            ) from None
        if size != self._size:
            raise BulkError(
                f"the input {self.label} has {size:,} bytes for this worker, but had {self._size:,} when it was"
                " divided; use a path that all machines share, and a file that does not change"
            )
        file = path_of(self._name).open("rb", buffering=0)
        return Reader(file, partition)


class Reader:
    """Reads the lines of a partition.

    Args:
        file: The file that they are in; it is closed at its end, or by `close`.
        partition: The partition.

    Attributes:
        newlines: How many line ends were read.
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
            longest: The largest line that is read, in bytes.
            name: The input's name, for messages.

        Raises:
            ValueError: The input is shorter than when it was divided.
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
        changed = "start again with another output and an input that does not change"
        if self._at < partition.end:
            raise ValueError(f"it ends at byte {self._at:,}, but had {partition.end:,} bytes before; {changed}")
        if partition.lines not in (0, lines):
            change = f"has {lines:,} lines, but had {partition.lines:,} when it was divided"
            raise ValueError(f"partition {partition.number} of it {change}; {changed}")

    def _seek(self) -> None:
        """Seek to the first line that begins in the partition."""
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


SMALLEST, LARGEST = 64 * 1024, 16 * 2**20  # bytes of a partition whose size nobody gave
_AN_ACTOR = 8  # partitions, at least: the last ones to end should not leave the others idle for long
_DENSITY = 4  # bytes of text in a byte of a compressed file, roughly


class Survey(NamedTuple):
    """The findings about a partition.

    Attributes:
        lines: How many lines there are.
        digests: The digest of each `custom_id`, 16 bytes each.
        places: The line of each in the partition, from 0, in 8 bytes each.
    """

    lines: int
    digests: bytes
    places: bytes


def survey(source: Source, partition: Partition, longest: int) -> Survey:
    """Count the lines of a partition, and record each `custom_id`, so that none is sent twice.

    Args:
        source: Where it is.
        partition: The partition; only its bytes are known.
        longest: The largest line that is read, in bytes.
    """
    from array import array

    digests: list[bytes] = []
    places = array("Q")
    reader = source.reader(partition)
    for batch in reader.batches(longest, source.label):
        for number, raw in batch:
            custom_id = None if isinstance(raw, TooLong) else request_of(number, raw).custom_id
            if custom_id is not None:
                digests.append(_digest(custom_id))
                places.append(number - partition.first)
    return Survey(reader.newlines + reader.torn, b"".join(digests), places.tobytes())


def number_lines(partitions: list[Partition], surveys: Mapping[int, Survey]) -> list[Partition]:
    """Return the partitions with the numbers of their lines, and which of these repeat a `custom_id`.

    Args:
        partitions: The partitions, as divided.
        surveys: The findings about each.
    """
    import numpy

    firsts = numpy.ones(len(partitions) + 1, dtype=numpy.uint64)
    for partition in partitions:
        firsts[partition.number + 1] = firsts[partition.number] + surveys[partition.number].lines
    found = [surveys[partition.number] for partition in partitions]
    digests = numpy.frombuffer(b"".join(each.digests for each in found), dtype=numpy.uint64).reshape(-1, 2)
    lines = numpy.concatenate(
        [numpy.frombuffer(each.places, dtype=numpy.uint64) + firsts[n] for n, each in enumerate(found)]
        or [numpy.empty(0, dtype=numpy.uint64)]
    )
    order = numpy.lexsort((lines, digests[:, 0], digests[:, 1]))
    same = (digests[order[1:]] == digests[order[:-1]]).all(axis=1)
    again = numpy.sort(lines[order[1:][same]])
    owners = numpy.searchsorted(firsts, again, side="right") - 1
    repeats: dict[int, list[int]] = {}
    for owner, line in zip(owners.tolist(), again.tolist(), strict=True):
        repeats.setdefault(owner, []).append(line)
    return [
        partition._replace(
            first=int(firsts[partition.number]),
            lines=surveys[partition.number].lines,
            again=tuple(repeats.get(partition.number, ())),
        )
        for partition in partitions
    ]


def can_be_divided(source: Input, name: str) -> bool:
    """Return whether a file can be read from the middle."""
    if compression_of(name) or source.size is None:
        return False
    return not name.startswith(("http://", "https://")) or bool(source._info.get("partial"))


def check_input(name: str) -> None:
    """Reject an input that cannot be read more than once.

    Raises:
        BulkError: It is standard input.
    """
    if name == STANDARD_INPUT:
        raise BulkError("the engine 'ray' reads its input in parallel; write it to a file first")


def size_of_partitions(source: Input, name: str, given: int | None, actors: int) -> int:
    """Return the size of a partition in bytes."""
    if given is not None:
        return given
    size = (source.size or 0) * (_DENSITY if compression_of(name) else 1)
    return min(LARGEST, max(SMALLEST, size // (_AN_ACTOR * actors))) if size else LARGEST


def divided(size: int, each: int) -> list[Partition]:
    """Divide a file of this size in bytes."""
    return [
        Partition(number, start, min(start + each, size)) for number, start in enumerate(range(0, max(size, 1), each))
    ]


def copied(source: Input, name: str, each: int, pieces: Directory) -> list[Partition]:
    """Copy a file that cannot be divided into pieces of about this size in bytes.

    Raises:
        BulkError: It cannot be read to its end.
    """
    found: list[Partition] = []
    file = source._opened()
    try:
        kind = compression_of(name)
        content = DecompressedFile(file, kind) if kind else file
        read: Callable[[int], bytes] = content.read
        data, over = b"", False
        while not over or not found:
            with pieces.written(piece_name(len(found))) as piece:
                size = 0
                while True:
                    end = data.find(b"\n", max(0, each - size - 1)) + 1
                    if end:
                        break
                    piece.write(data)
                    size += len(data)
                    data = read(PIECE)
                    if not data:
                        over = True
                        break
                piece.write(data[:end])
                size += end
                data = data[end:]
            found.append(Partition(len(found), 0, size))
    except Exception as error:
        raise BulkError(f"the input {source.label} cannot be read to its end: {reason_of(error, name)}") from None
    finally:
        file.close()
    return found


def plan_text(partitions: list[Partition], **more: Any) -> bytes:
    """Return a division as stored text."""
    rows = [json.dumps([*each[:5], list(each.again)]) for each in partitions]
    head = json.dumps({"version": 1, **more})[:-1]
    return "".join((head, ', "partitions": [\n', ",\n".join(rows), "\n]}\n")).encode()


def plan_of(text: bytes) -> tuple[list[Partition], dict[str, Any]]:
    """Return the division from its stored text, and the other values there.

    Raises:
        ValueError: The text is not a division.
    """
    values = json.loads(text)
    if not isinstance(values, dict) or values.get("version") != 1:
        raise ValueError("another version")
    rows = values.pop("partitions")
    return [Partition.of(*row) for row in rows], values
