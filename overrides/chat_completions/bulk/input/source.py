"""The input: opened wherever it is, decompressed, and read as a stream of lines."""

from __future__ import annotations

import hashlib
import os
import stat
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any, BinaryIO, NamedTuple, TypeAlias

from chat_completions.bulk.errors import BulkError
from chat_completions.bulk.input.decompression import DecompressedFile
from chat_completions.bulk.options import LONGEST_LINE
from chat_completions.bulk.storage import (
    STANDARD_INPUT,
    compression_of,
    filesystem_of,
    is_remote,
    path_of,
    reason_of,
    redacted_name,
)

PIECE = 256 * 1024  # bytes that are read at once
_WHOLE = 2**30  # bytes up to which a file is compared as a whole
_SAMPLE = 8 * 2**20  # bytes of its beginning, middle and end, for a longer one
# What a store says of a file that changes with it; stores name it differently.
_TELLING = ("size", "ETag", "etag", "md5", "md5Hash", "crc32c", "generation", "mtime", "LastModified", "last_modified")
# What a text in another encoding, or a compressed file under another name, begins with.
_FOREIGN = {
    b"\xff\xfe": "is UTF-16; write it as UTF-8",
    b"\xfe\xff": "is UTF-16; write it as UTF-8",
    b"\x1f\x8b": "is gzip-compressed; rename it to end in .gz",
    b"BZh": "is bzip2-compressed; rename it to end in .bz2",
    b"\xfd7zXZ": "is xz-compressed; rename it to end in .xz",
    b"\x28\xb5\x2f\xfd": "is zstd-compressed; rename it to end in .zst",
    b"PK\x03\x04": "is a zip archive; unpack it",
    b"PAR1": "is a Parquet file; convert it to JSON Lines",
}


class TooLong(NamedTuple):
    """Represents a line that is longer than the limit: its size in bytes."""

    size: int


Line: TypeAlias = tuple[int, bytes | TooLong]


class Input:
    """The file of requests, which may also be standard input.

    Args:
        name: A path, a URL that fsspec supports, or `-`; the suffix says how it is compressed.
        storage_options: Options for fsspec's file system.
        longest_line: The largest line that is read, in bytes.

    Attributes:
        size: The size of the file in bytes, as compressed; None if it is unknown.

    Raises:
        BulkError: There is no such file.
    """

    def __init__(
        self, name: str, storage_options: Mapping[str, Any] | None = None, longest_line: int = LONGEST_LINE
    ) -> None:
        self._name, self._longest = name, longest_line
        self.label = "standard input" if name == STANDARD_INPUT else redacted_name(name)
        self.size: int | None = None
        self.position = 0
        self._storage = storage_options
        self._fingerprint: str | None = None
        self._remote: tuple[Any, str] | None = None
        try:
            if name == STANDARD_INPUT:
                self._info: Any = os.fstat(sys.stdin.fileno()) if sys.stdin is not None else None
            elif is_remote(name):
                self._remote = filesystem_of(name, storage_options)
                self._info = self._remote[0].info(self._remote[1])
                self.size = self._info.get("size")
            else:
                self._info = path_of(name).stat()
        except BulkError:
            raise
        except Exception as error:  # of as many kinds as there are stores
            raise BulkError(f"the input {self.label} cannot be read: {reason_of(error, name)}") from None
        if self._is_file():
            self.size = self._info.st_size
        elif not self._remote and name != STANDARD_INPUT and stat.S_ISDIR(self._info.st_mode):
            raise BulkError(f"the input {self.label} is a directory; use a file")

    def _is_file(self) -> bool:
        return not self._remote and self._name != STANDARD_INPUT and stat.S_ISREG(self._info.st_mode)

    def fingerprint(self) -> str | None:
        """Return a value that changes if the file does; None for a pipe.

        Up to 1 GiB, it is computed from the whole content, beyond that from parts and the time. For a remote file, the
        store provides it.
        """
        self._fingerprint = self._compute_fingerprint()
        return self._fingerprint

    def _compute_fingerprint(self) -> str | None:
        if self._remote is not None:
            found = {name: str(self._info[name]) for name in _TELLING if self._info.get(name) is not None}
            return "store:" + hashlib.blake2b(repr(sorted(found.items())).encode(), digest_size=16).hexdigest()
        if not self._is_file():
            return None
        size = self._info.st_size
        digest = hashlib.blake2b(str(size).encode(), digest_size=16)
        with path_of(self._name).open("rb") as file:
            if size <= _WHOLE:
                while data := file.read(2**20):
                    digest.update(data)
                return "whole:" + digest.hexdigest()
            for start in (0, size // 2, size - _SAMPLE):
                file.seek(start)
                digest.update(file.read(_SAMPLE))
        digest.update(str(self._info.st_mtime_ns).encode())
        return "parts:" + digest.hexdigest()

    def batches(self) -> Iterator[list[Line]]:
        """Read the lines, in batches of about as many as are read at once; blank ones are counted and skipped.

        Raises:
            BulkError: It is another kind of file.
            ValueError: It was changed meanwhile, or is compressed and damaged.
            EOFError: It is truncated.
            Exception: It cannot be read further; of any kind that its file system raises.
        """
        file = self._opened()
        kind = compression_of(self._name)
        content = DecompressedFile(file, kind) if kind else file
        try:
            read: Callable[[int], bytes] = getattr(content, "read1", content.read)
            tell = getattr(file, "tell", None)
            for batch in lines_in(read, self._longest, self.label):
                if tell is not None:
                    with suppress(OSError, ValueError):
                        self.position = tell()
                yield batch
            self._check_unchanged(tell() if tell is not None and self.size is not None else None)
        finally:
            content.close()
            if self._name != STANDARD_INPUT:
                file.close()

    def _check_unchanged(self, read: int | None) -> None:
        """Verify that everything was read that was there when the run began.

        Args:
            read: How many bytes were read; None if it is unknown.

        Raises:
            ValueError: It was changed meanwhile.
        """
        if self.size is None:
            return
        if read is not None and read < self.size:
            raise _changed(f"it ended at byte {read:,}, but had {self.size:,} bytes when the run began")
        try:
            if self._remote is not None:
                self._remote[0].invalidate_cache()
            now = Input(self._name, self._storage)
            if self._remote is None and now._signature() == self._signature():
                return
            fingerprint = now.fingerprint()
        except Exception:  # removed since it was opened, or the store no longer answers: all was read
            return
        if self._fingerprint not in (None, fingerprint):
            size = f"{now.size:,} bytes" if now.size is not None else "a different size"
            found = "different content" if now.size == self.size else size
            raise _changed(f"it now has {found}; it had {self.size:,} bytes when the run began")

    def _signature(self) -> tuple[int, ...]:
        return self._info.st_dev, self._info.st_ino, self._info.st_size, self._info.st_mtime_ns

    def _opened(self) -> BinaryIO:
        file: BinaryIO
        if self._remote is not None:
            file = self._remote[0].open(self._remote[1], "rb")
        elif self._name == STANDARD_INPUT:
            # Without its buffer, and without closing it: it is the process's.
            file = open(sys.stdin.fileno(), "rb", buffering=0, closefd=False)  # noqa: SIM115
        else:
            file = path_of(self._name).open("rb", buffering=0)
        return file


def _changed(found: str) -> ValueError:
    return ValueError(
        f"it changed while it was read: {found}; once it no longer changes, run again and accept the change"
        " (accept_changes, --accept-changes)"
    )


def lines_in(read: Callable[[int], bytes], longest: int, label: str) -> Iterator[list[Line]]:
    """Yield the lines of a file, as many at once as were read at once.

    Args:
        read: Reads at most the given number of bytes.
        longest: How many bytes a line may have.
        label: The file's name, for messages.
    """
    number = 0
    begun: list[bytes] = []  # the pieces of the line that has begun
    size = 0
    first = True
    while data := read(PIECE):
        if first:
            _check_kind(data, label)
            first = False
        *ended, rest = data.split(b"\n")
        batch: list[Line] = []
        for piece in ended:
            number += 1
            size += len(piece)
            if size > longest:
                batch.append((number, TooLong(size)))
            else:
                line = b"".join((*begun, piece)) if begun else piece
                if line and not line.isspace():
                    batch.append((number, line))
            begun, size = [], 0
        size += len(rest)
        if size <= longest:
            begun.append(rest)
        else:
            begun = []
        yield batch
    line = b"".join(begun)
    if size > longest:
        yield [(number + 1, TooLong(size))]
    elif line and not line.isspace():
        yield [(number + 1, line)]


def _check_kind(data: bytes, label: str) -> None:
    for begin, found in _FOREIGN.items():
        if data.startswith(begin):
            raise BulkError(f"the input {label} {found}")
