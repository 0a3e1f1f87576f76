"""Read compressed inputs to their last byte: one that was cut off, or has other content, is never taken as complete.

The file classes of the standard library and zstandard are too lenient: bz2 and lzma skip what follows the first stream
if they cannot read it. zstandard does not distinguish a complete frame from a truncated one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, BinaryIO

from chat_completions.bulk.errors import BulkError

_PIECE = 64 * 1024  # bytes that are read at once
_SLICE = 4096  # bytes that are decompressed at once: of the densest formats, they become a hundred megabytes at most
_PADDED = frozenset({"gzip", "lzma"})  # what may be filled up with zeros


class DecompressedFile:
    """Reads a compressed file: one stream, or several in a row.

    Args:
        file: The compressed file.
        kind: How it is compressed, one of the values of `places.SUFFIXES`.

    Raises:
        BulkError: The decompressor is not installed.
    """

    def __init__(self, file: BinaryIO, kind: str) -> None:
        self._file, self._kind = file, kind
        self._begin = _decompressor_factory(kind)
        self._stream: Any = None  # decompresses the stream that has begun; None between two
        self._streams = 0
        self._data, self._at = b"", 0  # what was read of the file, and how much of it was taken
        self._offset = 0  # in the file, of all that was taken
        self._size = 0
        self._error: Exception | None = None

    def read(self, size: int) -> bytes:
        """Return about as many bytes as requested, and none at the end.

        Raises:
            EOFError: The file ends before its last stream does.
            ValueError: It contains something that is not a stream, or a damaged one.
        """
        found: list[bytes] = []
        wanted = self._size + size
        try:
            while self._error is None and self._size < wanted and (piece := self._next_slice()):
                found.append(self._decompress(piece))
                self._size += len(found[-1])
        except (EOFError, ValueError) as error:
            self._error = error  # what came before it is given first
        text = b"".join(found)
        if not text and self._error is not None:
            raise self._error
        return text

    def _next_slice(self) -> bytes:
        if self._at >= len(self._data):
            self._data, self._at = self._file.read(_PIECE), 0
            if not self._data and (self._stream is not None or not self._streams):
                raise EOFError(
                    f"it is truncated: it ends at byte {self._offset:,}, before its compressed data does"
                    f" ({self._size:,} bytes could be decompressed)"
                )
        return self._data[self._at : self._at + _SLICE]

    def _decompress(self, piece: bytes) -> bytes:
        """Decompress the next bytes of the current stream."""
        if self._stream is None:
            padding = len(piece) - len(piece.lstrip(b"\0")) if self._streams and self._kind in _PADDED else 0
            if padding:
                self._take(padding)
                return b""
            self._stream = self._begin()
            self._streams += 1
        try:
            text: bytes = self._stream.decompress(piece)
        except Exception as error:  # each of the four has its own
            what = "is damaged" if self._streams == 1 else "is damaged, or is followed by something else"
            raise ValueError(
                f"its compressed data {what}, near byte {self._offset:,} ({self._kind}: {error};"
                f" {self._size:,} bytes could be decompressed)"
            ) from None
        left = 0
        if self._stream.eof:
            left, self._stream = len(self._stream.unused_data), None
        self._take(len(piece) - left)
        return text

    def _take(self, count: int) -> None:
        self._at += count
        self._offset += count

    def close(self) -> None:
        """Close the compressed file."""
        self._file.close()


def _decompressor_factory(kind: str) -> Callable[[], Any]:
    """Return a factory for decompressors, with `decompress`, `eof` and `unused_data`."""
    if kind == "gzip":
        import zlib

        return lambda: zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    if kind == "bz2":
        import bz2

        return bz2.BZ2Decompressor
    if kind == "lzma":
        import lzma

        return lzma.LZMADecompressor
    try:
        import zstandard
    except ImportError:
        raise BulkError(
            "a .zst file needs the package zstandard: pip install 'chat-completions-client[bulk]'"
        ) from None
    return zstandard.ZstdDecompressor().decompressobj
