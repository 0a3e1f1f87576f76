"""The directories of a run on a cluster: finished parts, and what is under way, in a shared file system or a store."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, BinaryIO, cast

from chat_completions.bulk.errors import BulkError
from chat_completions.bulk.storage import filesystem_of, is_remote, path_of, reason_of, redacted_name

UNDER_WAY = "_run"  # what reads directories of data leaves out names that begin so
_PART = re.compile(r"part-(\d+)\.jsonl").fullmatch


def part_name(number: int) -> str:
    """Return the name of the part that has the results of a partition."""
    return f"part-{number:05d}.jsonl"


class Directory:
    """A directory on a file system that all machines share, or in a store that fsspec knows.

    Args:
        name: Its path or address.
        storage_options: Options for fsspec's file system.
    """

    def __init__(self, name: str, storage_options: Mapping[str, Any] | None = None) -> None:
        self._storage, self.remote = storage_options, is_remote(name)
        # Workers have other working directories.
        self.name = name.rstrip("/") if self.remote else str(path_of(name).resolve())
        self.label = redacted_name(name.rstrip("/"))
        self._filesystem: Any
        if self.remote:
            self._filesystem, self._path = filesystem_of(self.name, storage_options)
        else:
            from fsspec.implementations.local import LocalFileSystem

            self._filesystem, self._path = LocalFileSystem(), self.name

    def inside(self, name: str) -> Directory:
        """Return a directory in this one."""
        return Directory(f"{self.name}/{name}", self._storage)

    def make(self) -> None:
        """Create the directory if it is missing.

        Raises:
            BulkError: It cannot be made, or is a file.
        """
        try:
            if self._filesystem.isfile(self._path):
                raise BulkError(
                    f"{self.label} is a file; the engine 'ray' writes a directory of parts; use another output"
                )
            self._filesystem.makedirs(self._path, exist_ok=True)
        except BulkError:
            raise
        except Exception as error:
            raise BulkError(f"{self.label} cannot be made: {reason_of(error, self.name)}") from None

    def names(self) -> list[str]:
        """Return the names in it."""
        self._filesystem.invalidate_cache()
        try:
            return sorted(path.rstrip("/").rpartition("/")[2] for path in self._filesystem.ls(self._path, detail=False))
        except FileNotFoundError:
            return []

    def parts(self) -> set[int]:
        """Return the numbers of the partitions that have a finished part."""
        return {int(match[1]) for name in self.names() if (match := _PART(name))}

    def path(self, name: str) -> str:
        """Return the path of an entry, for its file system."""
        return f"{self._path}/{name}"

    def exists(self) -> bool:
        """Return whether the directory exists for this machine."""
        return bool(self._filesystem.isdir(self._path))

    def has(self, name: str) -> bool:
        """Return whether an entry of this name exists now."""
        self._filesystem.invalidate_cache()
        return bool(self._filesystem.exists(self.path(name)))

    def opened(self, name: str) -> BinaryIO:
        """Open a file."""
        return cast(BinaryIO, self._filesystem.open(self.path(name), "rb"))

    @contextmanager
    def written(self, name: str) -> Iterator[BinaryIO]:
        """Open a file for writing; it gets its name once it is complete."""
        beside = self.path(f"{name}.{os.urandom(4).hex()}.new")
        try:
            with self._filesystem.open(beside, "wb") as file:
                yield file
                if not self.remote:
                    file.flush()
                    os.fsync(file.fileno())
            self.move(beside, self.path(name))
        except BaseException:
            with suppress(Exception):
                self._filesystem.rm_file(beside)
            raise

    def move(self, old: str, new: str) -> None:
        """Rename a file."""
        if self.remote:
            self._filesystem.mv(old, new)
            return
        os.replace(old, new)  # noqa: PTH105
        descriptor = os.open(self._path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def remove(self, name: str) -> None:
        """Remove a file or a directory, if it exists."""
        with suppress(FileNotFoundError):
            self._filesystem.rm(self.path(name), recursive=True)

    def lines(self, name: str) -> int:
        """Count the lines of a file."""
        with self.opened(name) as file:
            return sum(data.count(b"\n") for data in iter(lambda: file.read(2**20), b""))
