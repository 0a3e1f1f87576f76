"""The protocol of event streams: bytes in, events out. No I/O.

The rules are those of WHATWG HTML, section 9.2.6 "Interpreting an event stream":

- One byte order mark is dropped at the beginning. CR, LF and CRLF end a line, and nothing else does. A CR at the end of
  the bytes ends its line at once; an LF at the start of the next bytes belongs to it.
- A line that starts with a colon is a comment. In other lines, the first colon separates the field's name from its
  value, and one space after it is dropped; without a colon, the value is empty.
- `data` is a line of the event's data, `event` its name until the block ends, `id` the id of this event and of later
  ones unless it contains U+0000, `retry` the reconnection time in milliseconds if it consists of ASCII digits.
- An empty line ends the block and dispatches the event. A block without a data line dispatches none, but sets the id.
- A block that the end of the body cuts off is not an event: `close` returns it separately, for the caller to judge.
- Lines with any other field are ignored, unless the decoder is asked for them (`read_other`).

Where this is stricter than the standard:

- Bytes that are not UTF-8 are a fault, also in comments, where the standard reads U+FFFD. Only a character that the end
  of the body cuts off is read as that.
- It is a fault if a line, or the data lines of one event together, exceed the limit. Comments may be of any length, and
  are not kept.
- Nothing before a fault is lost: `feed` returns the events before it in the same bytes, sets `fault`, and the next call
  raises it; if there are none, it is raised at once.

The work is linear in the bytes, and the result is the same however they are split: bytes without a line end are looked
at once and appended, and a line is joined once, when its end has arrived.
"""

from __future__ import annotations

from codecs import BOM_UTF8, utf_8_decode
from collections.abc import Callable, Iterable
from functools import partial
from typing import Final, NamedTuple

from chat_completions.errors import EventEncodingError, EventStreamError, EventTooLargeError

# Images and sound arrive as base64 inside one event, of which 50 MB must be possible. What is larger is more likely a
# body without line ends than an event, and must not fill the memory.
MAX_EVENT_BYTES: Final = 64 * 1024 * 1024

_LONGEST_RETRY: Final = (
    10**18
)  # milliseconds; anything longer is read as this, because int() rejects thousands of digits


class Event(NamedTuple):
    """An event as the standard dispatches it.

    Attributes:
        event: The event's name; "message" if its block has none.
        data: The data lines, joined by LF.
        id: The last event id at this event, which may be from an earlier block; empty if there was none.
        retry: The reconnection time in milliseconds in this event's block; None if it has none.
    """

    event: str
    data: str
    id: str
    retry: int | None


# Event(...) calls Python code that NamedTuple generates, which takes half as long again.
_new_event: Final[Callable[[tuple[str, str, str, int | None]], Event]] = partial(tuple.__new__, Event)


class Decoder:
    """Decode one event stream.

    Args:
        max_event_bytes: The limit for a line, and for the data lines of one event together, in bytes without line ends.
        read_other: Called at the end of each block that has lines with a field that the standard does not know, with
            these lines, joined by LF. The events that it returns come before the block's own. None to ignore the lines.

    Attributes:
        last_event_id: The id that a reconnecting client would send; empty if there is none.
        retry: The last reconnection time in the stream, in milliseconds; None if there was none.
        comments: How many comment lines there were so far; they do not mean that events are being generated.
        fault: What is wrong with the stream; None if nothing is. It is set as soon as it is known.
    """

    def __init__(
        self, *, max_event_bytes: int = MAX_EVENT_BYTES, read_other: Callable[[str], Iterable[Event]] | None = None
    ) -> None:
        if max_event_bytes < 1:
            raise ValueError(f"max_event_bytes must be at least 1, not {max_event_bytes}")
        self.last_event_id = ""
        self.retry: int | None = None
        self.comments = 0
        self.fault: EventStreamError | None = None
        self._max_event_bytes = max_event_bytes
        self._read_other = read_other
        self._received = 0  # bytes of the stream so far; the start of `_partial` and all offsets follow from it
        self._partial = (
            bytearray()
        )  # the line that has no end yet; of a comment, only its colon and a cut-off character
        self._at_start = True  # a byte order mark may follow, or `_partial` holds the first bytes of one
        self._after_cr = False  # the last byte was a CR that ended its line: an LF now would be the same line end
        self._at_boundary = False  # none of the above holds: the next byte begins a block
        self._closed = False  # the body has ended: feeding more is an error of the caller
        self._in_block = False  # there was a field since the last empty line: the next lines belong to its block
        self._lines: list[str] = []  # the block's data lines
        self._other: list[str] = []  # its lines with unknown fields, if they are asked for
        self._held = 0  # bytes that the lines in both had, for the limit
        self._type = ""  # the block's event name
        self._retry: int | None = None  # the block's retry
        self._id = ""  # the last event id, which becomes `last_event_id` when the block ends

    def feed(self, data: bytes) -> list[Event]:
        """Take the next bytes of the body, and return the events that they complete (sections 9.2.5 and 9.2.6).

        Args:
            data: Any number of bytes, split anywhere.

        Returns:
            The events in their order. If a fault follows them, it is in `fault`, and the next call raises it.

        Raises:
            EventEncodingError: Bytes are not UTF-8; `offset` is the first byte of the invalid sequence.
            EventTooLargeError: A line or an event exceeds the limit; `offset` is the first byte beyond it.
            ValueError: The decoder is closed.
        """
        last_id = self._id
        texts, events = self.feed_apart(data)
        return [*[_new_event(("message", text, last_id, None)) for text in texts], *events]

    def feed_apart(self, data: bytes) -> tuple[list[str], list[Event]]:
        """Take the next bytes of the body, as `feed` does.

        Returns:
            The data of the first events as long as each is a message with the last id and nothing else, and the events
            after them. That is quicker than to make events.
        """
        if (text := self.lone_data(data)) is not None:
            return [text], []
        self._received += len(data)
        if self.fault is not None:
            raise self.fault.with_traceback(None)
        if self._closed:
            raise ValueError("the decoder is closed; each body needs its own")
        if not data:
            return [], []
        if self._after_cr:
            self._after_cr = False
            data = data.removeprefix(b"\n")
        if self._at_start:
            self._partial += data
            if len(self._partial) < len(BOM_UTF8) and BOM_UTF8.startswith(bytes(self._partial)):
                return [], []
            self._at_start = False
            data = bytes(self._partial).removeprefix(BOM_UTF8)
            self._partial.clear()
        if self._partial:
            self._partial += data
            if b"\n" not in data and b"\r" not in data:
                data = b""
                self._check_partial()
            else:
                data = bytes(self._partial)
                self._partial.clear()
        texts: list[str] = []
        events: list[Event] = []
        taken = 0
        if not self._in_block and data.startswith(b"data: ") and len(data) <= self._max_event_bytes:
            texts, taken = self._plain_blocks(data)
        if taken < len(data):
            self._take_lines(data[taken:], events)
        if self.fault is not None and not texts and not events:
            raise self.fault.with_traceback(None)
        self._at_boundary = not (self._partial or self._in_block or self._after_cr or self.fault)
        return texts, events

    def lone_data(self, data: bytes) -> str | None:
        """Take bytes that are one whole block of one data line, such as a server sends that flushes each event.

        Returns:
            The data of its event, which is a message with the last id; None, with nothing taken, if they are not.
        """
        if self._at_boundary and data[:6] == b"data: " and data[-2:] == b"\n\n" and len(data) <= self._max_event_bytes:
            try:
                text = data[6:-2].decode()
            except UnicodeDecodeError:
                return None  # reading it as a line finds out where
            if "\n" not in text and "\r" not in text:
                self._received += len(data)
                return text
        return None

    def close(self) -> list[Event]:
        """Record that the body ended, and return what is left.

        Returns:
            The event of the last block if that has data and lacks its empty line, else nothing. The standard discards
            it: it may be whole, or cut anywhere. It does not change `last_event_id`. Closing again returns nothing.

        Raises:
            EventEncodingError: The last line has bytes that are not UTF-8, except a character that the end cuts off.
            EventStreamError: The stream had failed before.
        """
        if self.fault is not None:
            raise self.fault.with_traceback(None)
        if self._closed:
            return []
        self._closed, self._at_boundary = True, False
        rest = bytes(self._partial)
        try:
            line = rest.decode()
        except UnicodeDecodeError as error:
            if error.reason != "unexpected end of data":
                raise self._fail_encoding(self._received - len(rest), error) from None
            line = rest[: error.start].decode() + "\ufffd"
        if line and line[0] != ":":
            self._take_field(line, len(rest))
        events: list[Event] = []
        self._end_block(events, is_whole=False)
        self._partial.clear()
        return events

    def _plain_blocks(self, data: bytes) -> tuple[list[str], int]:
        """Read the blocks that end in `data` if each is one line that starts with "data: ", as nearly all are.

        Returns:
            The data of each, and how many bytes they take; nothing if there is anything else among them, also a fault.
        """
        end = b"\r\n\r\n" if b"\r" in data else b"\n\n"
        stop = data.rfind(end)
        if stop < 0:
            return [], 0
        try:
            text = data[6:stop].decode()
        except UnicodeDecodeError:
            return [], 0
        values = text.split(f"{end.decode()}data: ")
        joined = "".join(values)
        if "\n" in joined or "\r" in joined:
            return [], 0
        return values, stop + len(end)

    def _take_lines(self, data: bytes, events: list[Event]) -> None:
        """Take the lines one by one, whatever they hold, and keep the last if it has no end yet."""
        lines = data.splitlines()  # bytes are split at CR, LF and CRLF only; text would be split at U+2028, too
        self._after_cr = data.endswith(b"\r")
        if not data.endswith((b"\r", b"\n")):
            self._partial += lines.pop()
        for index, line in enumerate(lines):
            if self._held + len(line) > self._max_event_bytes and line[:1] not in (b"", b":"):
                self._fail_size(self._offset_of(data, index))
                return
            try:
                text = line.decode()
            except UnicodeDecodeError as error:
                self._fail_encoding(self._offset_of(data, index), error)
                return
            if not text:
                self._end_block(events)
            elif text[0] == ":":
                self.comments += 1
            else:
                self._take_field(text, len(line))
        if self._partial:
            self._check_partial()

    def _take_field(self, line: str, size: int) -> None:
        self._in_block = True
        name, _, value = line.partition(":")
        if value[:1] == " ":
            value = value[1:]
        if name == "data":
            self._lines.append(value)
            self._held += size
        elif name == "event":
            self._type = value
        elif name == "id":
            if "\0" not in value:
                self._id = value
        elif name == "retry" and value.isascii() and value.isdigit():
            digits = value.lstrip("0")
            self.retry = self._retry = min(int(digits[:19] or "0"), _LONGEST_RETRY)
        elif name != "retry" and self._read_other is not None:
            self._other.append(line)
            self._held += size

    def _end_block(self, events: list[Event], *, is_whole: bool = True) -> None:
        if is_whole:
            self.last_event_id = self._id
        if self._other and self._read_other is not None:
            events += self._read_other("\n".join(self._other))
            self._other.clear()
        if self._lines:
            events.append(_new_event((self._type or "message", "\n".join(self._lines), self._id, self._retry)))
            self._lines.clear()
        self._held = 0
        self._in_block = False
        self._type = ""
        self._retry = None

    def _check_partial(self) -> None:
        """Check the line without an end against the limit; of a comment, drop what has been checked."""
        line = self._partial
        begin = self._received - len(line)  # for a comment, this is right for the bytes after its colon
        if line.startswith(b":"):
            try:
                del line[1 : utf_8_decode(line, "strict", False)[1]]
            except UnicodeDecodeError as error:
                self._fail_encoding(begin, error)
        elif self._held + len(line) > self._max_event_bytes:
            self._fail_size(begin)

    def _offset_of(self, data: bytes, index: int) -> int:
        """Return where in the stream a line of `data`, the last bytes received, begins."""
        return self._received - len(data) + sum(map(len, data.splitlines(keepends=True)[:index]))

    def _fail_encoding(self, begin: int, error: UnicodeDecodeError) -> EventStreamError:
        offset = begin + error.start
        what = f"the event stream is not UTF-8 at byte {offset} ({error.reason})"
        hint = "the server, or a proxy in front of it, uses another encoding or damages the bytes"
        return self._fail(EventEncodingError(f"{what}; {hint}", offset=offset))

    def _fail_size(self, begin: int) -> None:
        offset = begin + self._max_event_bytes - self._held
        what = f"an event exceeds the limit of {self._max_event_bytes} bytes at byte {offset} of the stream"
        self._fail(EventTooLargeError(f"{what}; increase max_event_bytes if it is meant to be so large", offset=offset))

    def _fail(self, fault: EventStreamError) -> EventStreamError:
        self.fault = fault
        self._at_boundary = False
        self._partial.clear()
        self._lines.clear()
        self._other.clear()
        return fault


__all__ = ["MAX_EVENT_BYTES", "Decoder", "Event"]
