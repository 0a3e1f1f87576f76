"""Read the chunked body of an HTTP/1.1 response from its connection, at a fraction of what h11 costs a chunk.

httpx takes each chunk of HTTP through h11's state machine, which takes longer than all that this package does with the
event in it. Here the ordinary chunk is read: its size, its bytes, the end of its line. Anything else (the last chunk
and trailers, extensions, wrong framing, the end of the connection) goes back to h11, which continues with
its own errors; so the connection is reused or closed as without this module.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from typing import Any

import httpx

_READ_BYTES = 65536  # as httpcore reads
_SIZE = re.compile(rb"([0-9A-Fa-f]{1,8})\r\n").match
_LONGEST_SIZE = 10  # bytes that `_SIZE` matches
_LINE_END = b"\r\n"
_STEPS = logging.getLogger("httpcore.http11")


def read_directly(response: Any) -> bool:
    """Have the body of a response of an `httpx.Client` read directly, if it is chunked.

    Returns:
        Whether this version of httpcore and h11 is supported; if not, they read the body.
    """
    parser, read = _parser_and_read(response.stream)
    # A program that logs httpcore's steps is shown those of the body, too.
    if type(getattr(parser, "_reader", None)).__name__ == "ChunkedReader" and not _STEPS.isEnabledFor(logging.DEBUG):
        response.stream = _ChunkedBody(response, parser, read)
    return parser is not None


def _parser_and_read(stream: Any) -> tuple[Any, Any]:
    """Return h11's connection and the method that reads bytes for it; neither is public."""
    while stream is not None:
        if (connection := getattr(stream, "_connection", None)) is not None:
            parser = getattr(connection, "_h11_state", None)
            read = getattr(getattr(connection, "_network_stream", None), "read", None)
            buffer = getattr(parser, "_receive_buffer", None)
            is_known = read is not None and hasattr(buffer, "maybe_extract_at_most") and hasattr(parser, "_reader")
            return (parser, read) if is_known else (None, None)
        stream = getattr(stream, "_stream", None) or getattr(stream, "_httpcore_stream", None)
    return None, None


class _ChunkedBody(httpx.SyncByteStream):
    """The raw body of a response.

    Args:
        response: The response, whose body has not been read.
        parser: h11's connection, which has read the head.
        read: The method of the network stream.
    """

    def __init__(self, response: Any, parser: Any, read: Any) -> None:
        self._stream = response.stream
        self._timeouts = response.request.extensions
        self._parser = parser
        self._read = read
        buffer = parser._receive_buffer
        self._rest = bytes(buffer.maybe_extract_at_most(len(buffer)) or b"")  # read, and not yet understood
        self._left = 0  # bytes of the chunk that are still to come, with the end of its line
        self._is_parsers = False  # whether h11 reads the rest

    def __iter__(self) -> Iterator[bytes]:
        timeout = self._timeouts.get("timeout", {}).get("read")
        try:
            while not self._is_parsers:
                if data := self._ready():
                    yield data
                elif not self._is_parsers:
                    self._receive(timeout)
            yield from self._stream
        except BaseException:
            self._stream.close()  # as httpcore does
            raise

    def _receive(self, timeout: float | None) -> None:
        try:
            data = self._read(_READ_BYTES, timeout=timeout)
        except Exception as failure:
            kind = getattr(httpx, type(failure).__name__, None)  # the classes of httpcore have httpx's names
            if kind is None:
                raise
            raise kind(str(failure)) from failure
        if data:
            self._rest += data
            return
        if self._rest and not self._left:
            self._parser.receive_data(self._rest)  # a part of a size
        self._give_back(b"")

    def _ready(self) -> bytes:
        """Return the bytes of all chunks that have arrived."""
        rest, left, at = self._rest, self._left, 0
        pieces = []
        while at < len(rest):
            if left > len(_LINE_END):
                piece = rest[at : at + left - len(_LINE_END)]
                pieces.append(piece)
                at += len(piece)
                left -= len(piece)
            elif left:
                if len(rest) - at < left:
                    break
                if not rest.startswith(_LINE_END, at):
                    self._give_back(_LINE_END + rest[at:])  # which is no size of a chunk
                    return b"".join(pieces)
                at, left = at + left, 0
            elif (match := _SIZE(rest, at)) is not None and (size := int(match[1], 16)):
                at, left = match.end(), size + len(_LINE_END)
            elif match is None and len(rest) - at < _LONGEST_SIZE and b"\n" not in rest[at:]:
                break
            else:
                self._give_back(rest[at:])
                return b"".join(pieces)
        self._rest, self._left = rest[at:], left
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _give_back(self, data: bytes) -> None:
        self._is_parsers, self._rest = True, b""
        self._parser.receive_data(data)

    def close(self) -> None:
        self._stream.close()
