"""Results in a store that cannot append: whole files in a directory, each written once."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from typing import Any

from chat_completions._types import Secret
from chat_completions.bulk.errors import BulkError
from chat_completions.bulk.output.result_file import WritingError
from chat_completions.bulk.output.result_lines import ended_by
from chat_completions.bulk.storage import filesystem_of, reason_of, redacted_name

PART_BYTES = 8 * 2**20
PART_SECONDS = 30.0  # after which a part is written, however small: what a kill loses is asked again


class PartFiles:
    """Results as `NAME/part-NNNNNN-XXXX.jsonl` in a store that fsspec knows.

    A store takes a file completely or not at all, so no line is ever truncated. There is no lock: two runs at once do
    not overwrite each other's parts, but may send the same request twice.

    Args:
        name: The address of the directory.
        storage_options: Options for fsspec's file system.

    Raises:
        BulkError: A file has this name, or the store cannot be reached.
    """

    blocking = True

    def __init__(self, name: str, storage_options: Mapping[str, Any] | None = None) -> None:
        self.label = redacted_name(name)
        self._name = Secret(name)
        self.note: str | None = None
        self.lost = 0
        self._filesystem, self._directory = filesystem_of(name, storage_options)
        self._lines: list[bytes] = []
        self._size = 0
        self._since = 0.0
        self._unchecked = False
        self._written: dict[str, tuple[int, int]] = {}  # the parts of this run: their bytes and lines
        # Of this process alone, for there is no lock.
        self._mark = os.urandom(2).hex()
        try:
            if self._filesystem.isfile(self._directory):
                raise BulkError(f"{self.label} is a file, but results go to a directory there; use another output")
            self._parts = sorted(self._filesystem.glob(f"{self._directory}/part-*.jsonl"))
        except BulkError:
            raise
        except Exception as error:  # of as many kinds as there are stores
            raise BulkError(f"{self.label} cannot be reached: {reason_of(error, name)}") from None
        self._number = max((_number(part) for part in self._parts), default=0)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing in it."""
        return not self._parts

    def ended(self) -> Iterator[str | int]:
        """Yield what is done in earlier runs.

        Raises:
            BulkError: A line is not a result.
        """
        for part in self._parts:
            with self._filesystem.open(part, "rb") as file:
                for number, line in enumerate(file, 1):
                    name = ended_by(line)
                    if name is None and not line.isspace():
                        raise BulkError(f"{part}, line {number}: not a result of a run; use another output")
                    if name is not None:
                        yield name

    def append(self, line: bytes) -> None:
        """Append a line."""
        if not self._lines:
            self._since = time.monotonic()
        self._lines.append(line)
        self._size += len(line)

    def flush(self, *, last: bool = False) -> None:
        """Write a part if there is enough for one, if it has taken long, or if it is the last.

        Raises:
            WritingError: The store does not accept it.
        """
        late = time.monotonic() - self._since > PART_SECONDS
        if not self._lines or not (last or late or self._size >= PART_BYTES):
            return
        lines, self._lines, self._size = self._lines, [], 0
        self._number += 1
        name, data = f"part-{self._number:06d}-{self._mark}.jsonl", b"".join(lines)
        try:
            self._filesystem.makedirs(self._directory, exist_ok=True)
            self._filesystem.pipe_file(f"{self._directory}/{name}", data)
        except Exception as error:
            self.lost += len(lines)
            reason = reason_of(error, self._name.reveal())
            raise WritingError(f"{self.label} cannot be written: {reason}") from None
        self._written[name] = len(data), len(lines)
        self._unchecked = True

    def sync(self) -> None:
        """Verify that the store still has all parts, those of earlier runs as well, if one was written since.

        Raises:
            WritingError: One is missing, or has a different size.
        """
        if not self._unchecked:
            return
        self._unchecked = False
        try:
            self._filesystem.invalidate_cache()
            found = self._filesystem.ls(self._directory, detail=True)
            sizes = {each["name"].rstrip("/").rpartition("/")[2]: each.get("size") for each in found}
            wanted: dict[str, int | None] = {part.rpartition("/")[2]: None for part in self._parts}
            wanted |= {name: size for name, (size, _) in self._written.items()}
            wrong = [
                name
                for name, size in wanted.items()
                if name not in sizes or (None not in (size, sizes[name]) and size != sizes[name])
            ]
            # Stores may take their time to list what is there.
            gone = [name for name in wrong if name in sizes or not self._filesystem.exists(f"{self._directory}/{name}")]
        except Exception as error:
            raise WritingError(f"{self.label} cannot be listed: {reason_of(error, self._name.reveal())}") from None
        if gone:
            self.lost += sum(self._written.pop(name)[1] for name in gone if name in self._written)
            raise WritingError(
                f"{self.label}: {gone[0]} was removed or changed during the run ({len(gone):,} files in all);"
                " restore what is possible, and run again to send what is missing"
            )

    def close(self) -> None:
        """Do nothing: nothing is open."""


def _number(part: str) -> int:
    digits = part.rpartition("/part-")[2].partition("-")[0].partition(".")[0]
    return int(digits) if digits.isdigit() else 0
