"""How an input is divided: ranges of bytes whose lines one worker asks, found alike however often one looks.

What cannot be read from the middle (compressed files, and web servers
without ranges) is copied into pieces first, one for each partition.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from chat_completions.bulk.errors import BulkError
from chat_completions.bulk.input.decompression import DecompressedFile
from chat_completions.bulk.input.requests import request_of
from chat_completions.bulk.input.seen import _digest
from chat_completions.bulk.input.source import PIECE, Input, TooLong
from chat_completions.bulk.places import STANDARD_INPUT, compression_of, reason_of
from chat_completions.bulk.ray.places import Directory
from chat_completions.bulk.ray.reading import Partition, Source, piece_name

SMALLEST, LARGEST = 64 * 1024, 16 * 2**20  # bytes of a partition whose size nobody gave
_AN_ACTOR = 8  # partitions, at least: the last ones to end should not leave the others idle for long
_DENSITY = 4  # bytes of text in a byte of a compressed file, roughly


class Survey(NamedTuple):
    """What one look at a partition finds.

    Attributes:
        lines: How many lines there are.
        digests: Of each `custom_id`, 16 bytes each.
        places: In which line of the partition each stands, from 0, in 8 bytes each.
    """

    lines: int
    digests: bytes
    places: bytes


def survey(source: Source, partition: Partition, longest: int) -> Survey:
    """Count the lines of a partition, and note each `custom_id`, so that none is asked twice in all of them.

    Args:
        source: Where it is.
        partition: Which, with nothing known but its bytes.
        longest: Bytes of a line beyond which it is not read.
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
        partitions: As they were divided.
        surveys: What was found in each.
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
    """Refuse what cannot be read more than once.

    Raises:
        BulkError: It is standard input.
    """
    if name == STANDARD_INPUT:
        raise BulkError("the engine 'ray' reads its input from several places at once; write it to a file first")


def size_of_partitions(source: Input, name: str, given: int | None, actors: int) -> int:
    """Return how many bytes a partition has."""
    if given is not None:
        return given
    size = (source.size or 0) * (_DENSITY if compression_of(name) else 1)
    return min(LARGEST, max(SMALLEST, size // (_AN_ACTOR * actors))) if size else LARGEST


def divided(size: int, each: int) -> list[Partition]:
    """Divide a file of so many bytes."""
    return [
        Partition(number, start, min(start + each, size)) for number, start in enumerate(range(0, max(size, 1), each))
    ]


def copied(source: Input, name: str, each: int, pieces: Directory) -> list[Partition]:
    """Copy a file that cannot be divided into pieces of about so many bytes.

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
    """Return a division as it is kept."""
    rows = [json.dumps([*each[:5], list(each.again)]) for each in partitions]
    head = json.dumps({"version": 1, **more})[:-1]
    return "".join((head, ', "partitions": [\n', ",\n".join(rows), "\n]}\n")).encode()


def plan_of(text: bytes) -> tuple[list[Partition], dict[str, Any]]:
    """Return the division that a text tells of, and what else it says.

    Raises:
        ValueError: It tells of none.
    """
    values = json.loads(text)
    if not isinstance(values, dict) or values.get("version") != 1:
        raise ValueError("another version")
    rows = values.pop("partitions")
    return [Partition.of(*row) for row in rows], values
