"""The event decoder: the standard to the letter, whatever the splits, linear, bounded, and nothing lost at a fault."""

from __future__ import annotations

import copy
import gc
import gzip
import json
import pickle
import time
import tracemalloc
import weakref
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chat_completions import sse
from chat_completions.errors import EventEncodingError, EventStreamError, EventTooLargeError
from chat_completions.sse import MAX_EVENT_BYTES, Decoder, Event
from tests.conftest import examples

PAYLOADS = Path(__file__).resolve().parents[1].parent / "shared" / "payloads" / "streams.jsonl.gz"


class Outcome(NamedTuple):
    """All that can be seen of a body's decoding."""

    events: list[Event]
    left: list[Event]
    last_event_id: str
    retry: int | None
    comments: int
    fault: tuple[type[EventStreamError], int] | None


def decode(pieces: Iterable[bytes], limit: int = MAX_EVENT_BYTES) -> Outcome:
    """Feed the pieces and close, as a caller does that knows nothing of `fault`."""
    decoder = Decoder(max_event_bytes=limit)
    events: list[Event] = []
    left: list[Event] = []
    fault = None
    try:
        for piece in pieces:
            events += decoder.feed(piece)
        left = decoder.close()
    except EventStreamError as error:
        fault = (type(error), error.offset)
        for more in (b"data: x\n\n", b"", None):
            with pytest.raises(type(error)) as raised:
                _ = decoder.close() if more is None else decoder.feed(more)
            assert raised.value.offset == error.offset
    assert (decoder.fault is None) == (fault is None)
    assert all(type(event) is Event for event in events + left)
    return Outcome(events, left, decoder.last_event_id, decoder.retry, decoder.comments, fault)


def single_bytes(body: bytes) -> Iterator[bytes]:
    """Split a body into its bytes."""
    return (body[i : i + 1] for i in range(len(body)))


def reference(body: bytes, limit: int = MAX_EVENT_BYTES) -> Outcome:
    """Decode as the standard's algorithm reads, line by line and buffer by buffer, with our two faults."""
    begin = 3 if body.startswith(b"\xef\xbb\xbf") else 0
    lines: list[tuple[int, bytes]] = []
    at = begin
    while at < len(body):
        if body[at] in b"\r\n":
            lines.append((begin, body[begin:at]))
            at += 1 + (body[at : at + 2] == b"\r\n")
            begin = at
        else:
            at += 1
    rest = body[begin:]
    data = event_type = last_id_buffer = last_id = ""
    block_retry: int | None = None
    reconnection_time: int | None = None
    events: list[Event] = []
    comments = size = 0
    fault: tuple[type[EventStreamError], int]
    for start, raw in [*lines, (begin, rest)]:
        is_rest = start == begin and raw is rest
        if not raw.startswith(b":") and raw and size + len(raw) > limit:
            fault = (EventTooLargeError, start + limit - size)
            return Outcome(events, [], last_id, reconnection_time, comments, fault)
        try:
            line = raw.decode()
        except UnicodeDecodeError as error:
            if not is_rest or error.reason != "unexpected end of data":
                fault = (EventEncodingError, start + error.start)
                return Outcome(events, [], last_id, reconnection_time, comments, fault)
            line = raw[: error.start].decode() + "\ufffd"
        if is_rest and (not line or line[0] == ":"):
            break
        if not line:
            last_id = last_id_buffer
            if data:
                events.append(Event(event_type or "message", data.removesuffix("\n"), last_id, block_retry))
            data = event_type = ""
            block_retry, size = None, 0
            continue
        if line[0] == ":":
            comments += 1
            continue
        if ":" in line:
            name, value = line[: line.index(":")], line[line.index(":") + 1 :]
            if value.startswith(" "):
                value = value[1:]
        else:
            name, value = line, ""
        if name == "event":
            event_type = value
        elif name == "data":
            data += value + "\n"
            size += len(raw)
        elif name == "id" and "\0" not in value:
            last_id_buffer = value
        elif name == "retry" and value and all(digit in "0123456789" for digit in value):
            block_retry = 0
            for digit in value:
                block_retry = min(10 * block_retry + int(digit), 10**18)
            reconnection_time = block_retry
    left = [Event(event_type or "message", data.removesuffix("\n"), last_id_buffer, block_retry)] if data else []
    return Outcome(events, left, last_id, reconnection_time, comments, None)


def message(data: str, id: str = "", *, event: str = "message", retry: int | None = None) -> Event:
    """Make the event that is expected, in short."""
    return Event(event, data, id, retry)


class Case(NamedTuple):
    """A row of the table: `id_after` is the last event id once the body's last block is ended."""

    name: str
    body: bytes
    events: list[Event]
    left: list[Event] = []
    id_after: str = ""
    comments: int = 0


CASES = [
    Case("nothing", b"", []),
    Case("empty lines", b"\n\r\r\n\n", []),
    Case("one event", b"data: x\n\n", [message("x")]),
    Case("events one after another", b"data: x\n\ndata: y\n\ndata: z\n\n", [message("x"), message("y"), message("z")]),
    Case("json and done", b'data: {"a":[1]}\n\ndata: [DONE]\n\n', [message('{"a":[1]}'), message("[DONE]")]),
    Case("CR", b"data: x\r\rdata: y\r\r", [message("x"), message("y")]),
    Case("CRLF", b"data: x\r\n\r\ndata: y\r\n\r\n", [message("x"), message("y")]),
    Case("CR, then CRLF", b"data: x\r\r\ndata: y\r\n\r", [message("x"), message("y")]),
    Case("CRLF, then LF", b"data: x\r\n\ndata: y\n\r\n", [message("x"), message("y")]),
    Case("LF, then CR", b"data: x\n\rdata: y\n\r", [message("x"), message("y")]),
    Case("LF blocks and CRLF blocks", b"data: x\n\ndata: y\r\n\r\ndata: z\n\n", [message(c) for c in "xyz"]),
    Case("CR inside an LF stream ends a line", b"data: x\n\ndata: y\rdata: z\n\n", [message("x"), message("y\nz")]),
    Case("three LF", b"data: x\n\n\ndata: y\n\n\n\n", [message("x"), message("y")]),
    Case("byte order mark", b"\xef\xbb\xbfdata: x\n\n", [message("x")]),
    Case("byte order mark and nothing", b"\xef\xbb\xbf", []),
    Case("only one byte order mark is dropped", b"\xef\xbb\xbf\xef\xbb\xbfdata: x\n\ndata: y\n\n", [message("y")]),
    Case("byte order mark later", b"\n\xef\xbb\xbfdata: x\n\ndata: \xef\xbb\xbf\n\n", [message("\ufeff")]),
    Case("byte order mark before a comment", b"\xef\xbb\xbf: c\ndata: x\n\n", [message("x")], comments=1),
    Case("several data lines", b"data: x\ndata:\ndata: y\n\n", [message("x\n\ny")]),
    Case("two empty data lines", b"data\ndata\n\n", [message("\n")]),
    Case("data without colon", b"data\n\n", [message("")]),
    Case("data with colon and nothing", b"data:\n\n", [message("")]),
    Case("data with colon and a space", b"data: \n\n", [message("")]),
    Case("no space", b"data:x\n\n", [message("x")]),
    Case("one space is dropped", b"data:  x \n\n", [message(" x ")]),
    Case("a tab is kept", b"data:\tx\n\n", [message("\tx")]),
    Case("colons in the value", b"data: a: b:c\n\ndata::\n\n", [message("a: b:c"), message(":")]),
    Case("data as a value", b"data: data: x\n\n", [message("data: x")]),
    Case("other case and spaces are other fields", b"Data: x\ndata : x\n data: x\n\n", []),
    Case("unknown fields", b"foo: 1\nbar\ndata: x\nfoo\n\n", [message("x")]),
    Case("comments", b": hi\n:\ndata: x\n:data: y\n\n: ping\n\n", [message("x")], comments=4),
    Case("comment between plain events", b"data: x\n\n: p\n\ndata: y\n\n", [message("x"), message("y")], comments=1),
    Case("event name", b"event: add\ndata: x\n\ndata: y\n\n", [message("x", event="add"), message("y")]),
    Case("event name after the data", b"data: x\nevent:add\n\n", [message("x", event="add")]),
    Case("the last event name holds", b"event: a\nevent: b\ndata: x\n\n", [message("x", event="b")]),
    Case("empty event name", b"event: a\nevent:\ndata: x\n\nevent\ndata: y\n\n", [message("x"), message("y")]),
    Case("event name without data is reset", b"event: a\n\ndata: x\n\n", [message("x")]),
    Case("id stays", b"id: 1\ndata: x\n\ndata: y\n\n", [message("x", "1"), message("y", "1")], id_after="1"),
    Case("id without data holds", b"id: 1\n\ndata: x\n\n", [message("x", "1")], id_after="1"),
    Case("id is emptied", b"id: 1\ndata: x\n\nid\ndata: y\n\n", [message("x", "1"), message("y")]),
    Case("id with NUL", b"id: 1\nid: a\0b\ndata: x\n\n", [message("x", "1")], id_after="1"),
    Case("id of any text", "id:  é 1\ndata\n\n".encode(), [message("", " é 1")], id_after=" é 1"),
    Case("id then cut off", b"data: x\n\nid: 2\n", [message("x")], id_after="2"),
    Case("retry", b"retry: 0150\ndata: x\n\ndata: y\n\n", [message("x", retry=150), message("y")]),
    Case("retry nought", b"retry: 000\ndata: x\n\n", [message("x", retry=0)]),
    Case("retry in the block", b"retry: 1\nretry:2\nretry: x\ndata: x\n\n", [message("x", retry=2)]),
    Case("retry without data is not the next event's", b"retry: 7\n\ndata: x\n\n", [message("x")]),
    *(
        Case(f"retry {value!r} is ignored", f"retry:{value}\ndata: x\n\n".encode(), [message("x")])
        for value in ("", " ", "-5", "+5", "1.5", "1e3", "5 ", "  5", "0x5", "1_000", "٣", "²", "５")  # noqa: RUF001
    ),
    Case("retry of many digits", b"retry: " + b"9" * 5000 + b"\ndata: x\n\n", [message("x", retry=10**18)]),
    Case("retry of many noughts", b"retry: " + b"0" * 5000 + b"7\ndata: x\n\n", [message("x", retry=7)]),
    Case("NUL in data", b"data: a\0b\n\n", [message("a\0b")]),
    *(
        Case(
            f"{char!r} ends no line",
            f"data: a{char}b\n\ndata: c\n{char}data: d\n\n".encode(),
            [message(f"a{char}b"), message("c")],
        )
        for char in "\u2028\u2029\x85\x0b\x0c\x1c\x1d\x1e"
    ),
    Case("text of two to four bytes", "data: é€😀\n\n".encode(), [message("é€😀")]),
    Case("unterminated block", b"data: x\n\ndata: y\n", [message("x")], [message("y")]),
    Case("unterminated line", b"data: x\n\ndata: y", [message("x")], [message("y")]),
    Case("unterminated line at CR", b"data: x\r\rdata: y\r", [message("x")], [message("y")]),
    Case(
        "unterminated block with everything",
        b"id: 3\nretry: 4\nevent: e\ndata: x\ndata: y",
        [],
        [message("x\ny", "3", event="e", retry=4)],
        "3",
    ),
    Case("unterminated block without data", b"data: x\n\nevent: e\n", [message("x")]),
    Case("unterminated comment", b"data: x\n\n: y", [message("x")]),
    Case("unterminated name", b"data: x\n\ndat", [message("x")]),
    Case("unterminated field without colon", b"data", [], [message("")]),
]
BY_NAME = pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])


@BY_NAME
def test_reference_agrees_with_the_table(case: Case) -> None:
    """The reference of the property tests is itself held to the table."""
    outcome = reference(case.body)
    assert (outcome.events, outcome.left, outcome.fault) == (case.events, case.left, None)


@BY_NAME
def test_whole(case: Case) -> None:
    """The body in one piece gives the row's events, and its left-over event only when closed."""
    outcome = decode([case.body])
    assert (outcome.events, outcome.left, outcome.fault) == (case.events, case.left, None)
    assert outcome.comments >= case.comments


@BY_NAME
def test_byte_by_byte(case: Case) -> None:
    """The body byte by byte gives the same."""
    assert decode(single_bytes(case.body)) == decode([case.body])


@BY_NAME
def test_every_split_in_two(case: Case) -> None:
    """The body cut anywhere gives the same, also with empty bytes in between."""
    whole = decode([case.body])
    for cut in range(len(case.body) + 1):
        assert decode([case.body[:cut], b"", case.body[cut:]]) == whole


@BY_NAME
def test_trailing_data(case: Case) -> None:
    """A block that follows ends the row's last block, and carries its id on and nothing else."""
    body = case.body + b"\n\ndata: trailing\n\n"
    expected = [*case.events, *case.left, message("trailing", case.id_after)]
    for pieces in ([body], single_bytes(body), [case.body, body[len(case.body) :]]):
        outcome = decode(pieces)
        assert (outcome.events, outcome.left) == (expected, [])
        assert outcome.last_event_id == case.id_after


@BY_NAME
def test_after_other_blocks(case: Case) -> None:
    """The row in the middle of a plain stream, so that the quick paths come first, gives the same."""
    body = b"data: before\n\n" + case.body.removeprefix(b"\xef\xbb\xbf")
    expected = reference(body)
    assert decode([body]) == decode([b"data: before\n\n", body[14:]]) == decode(single_bytes(body)) == expected
    assert expected.events[1:] == case.events or case.body.startswith(b"\xef\xbb\xbf")


def test_events_come_at_once() -> None:
    """An event is there with the byte that ends it; a CR does not wait for what may follow."""
    decoder = Decoder()
    assert decoder.feed(b"data: a\r\n\r") == [message("a")]
    assert decoder.feed(b"\n") == []
    assert decoder.feed(b"data: b\r") == []
    assert decoder.feed(b"\r") == [message("b")]
    assert decoder.feed(b"data: c\n\n") == [message("c")]
    assert decoder.feed(b"data: d\n") == []
    assert decoder.feed(b"\n") == [message("d")]


def test_last_event_id_waits_for_the_end_of_the_block() -> None:
    """An id counts once its block has ended (9.2.6, dispatch step 1), so one that was cut off never does."""
    decoder = Decoder()
    decoder.feed(b"id: 1\n\nid: 2\n")
    assert decoder.last_event_id == "1"
    decoder.feed(b"data: x\n")
    assert decoder.close() == [message("x", "2")]
    assert decoder.last_event_id == "1"


def test_retry_holds_without_an_event() -> None:
    """The reconnection time is set by its line, with an event or without."""
    decoder = Decoder()
    assert decoder.retry is None
    decoder.feed(b"retry: 1000\n")
    assert decoder.retry == 1000
    decoder.feed(b"\ndata: x\n\nretry: -5\n\n")
    assert decoder.retry == 1000


def test_comments_are_counted_and_yield_nothing() -> None:
    """A caller can tell pings from silence, and neither from an event."""
    decoder = Decoder()
    assert decoder.feed(b": ping\n\n: pi") == []
    assert decoder.comments == 1
    assert decoder.feed(b"ng") == []
    assert decoder.feed(b"\n\n") == []
    assert decoder.comments == 2


def test_closing_twice_and_feeding_after_it() -> None:
    """The left-over event is given once; bytes after the end are a mistake of the caller, also on the quick path."""
    decoder = Decoder()
    decoder.feed(b"data: x\n\n")
    decoder.feed(b"data: y")
    assert decoder.close() == [message("y")]
    assert decoder.close() == []
    with pytest.raises(ValueError, match="closed"):
        decoder.feed(b"data: z\n\n")
    decoder = Decoder()
    decoder.feed(b"data: x\n\n")
    assert decoder.close() == []
    with pytest.raises(ValueError, match="closed"):
        decoder.feed(b"data: z\n\n")


def test_event_is_an_immutable_value() -> None:
    """Events compare, hash, pickle and copy; they cannot be changed and have no dictionary."""
    (event,) = Decoder().feed(b"id: 1\ndata: x\n\n")
    assert event == message("x", "1") and hash(event) == hash(message("x", "1"))
    assert pickle.loads(pickle.dumps(event)) == copy.deepcopy(event) == event
    assert type(pickle.loads(pickle.dumps(event))) is Event
    with pytest.raises(AttributeError):
        event.data = "y"  # type: ignore[misc]
    assert not hasattr(event, "__dict__")


def test_all_is_true() -> None:
    """What the module defines in public is what it lists."""
    assert {n for n, v in vars(sse).items() if getattr(v, "__module__", "") == sse.__name__ and n[0] != "_"} | {
        "MAX_EVENT_BYTES"
    } == set(sse.__all__)


# Faults


ENCODING_FAULTS = [
    ("lone byte in data", b"data: a\xffb\n\n", 7),
    ("lone continuation", b"data: a\x80\n\n", 7),
    ("cut character before the line's end", b"data: a\xe2\x82\n\n", 7),
    ("cut character before CR", b"data: a\xe2\x82\r\r", 7),
    ("overlong", b"data: \xc0\xaf\n\n", 6),
    ("surrogate", b"data: \xed\xa0\x80\n\n", 6),
    ("beyond Unicode", b"data: \xf4\x90\x80\x80\n\n", 6),
    ("in a name", b"da\xffta: x\n\n", 2),
    ("in an ignored field", b"foo: \xff\n\n", 5),
    ("in a comment", b": \xff\n\n", 2),
    ("at the beginning", b"\xff", 0),
    ("half a byte order mark", b"\xef\xbbdata: x\n\n", 0),
    ("after a byte order mark", b"\xef\xbb\xbf\xffdata: x\n\n", 3),
    ("after CRLF and text of several bytes", "data: é\r\n\r\n: €\r\n\r\ndata: ".encode() + b"a\xfe\r\n\r\n", 28),
    ("in the unterminated last line", b"data: x\n\ndata: \xe2(", 15),
    ("after a comment's cut character", b": \xe2\x82\xac \xe2\x82\n", 6),
]


@pytest.mark.parametrize(("body", "offset"), [row[1:] for row in ENCODING_FAULTS], ids=[r[0] for r in ENCODING_FAULTS])
def test_bytes_that_are_not_utf8(body: bytes, offset: int) -> None:
    """The fault names the byte, wherever the splits are, and the events before it are not lost."""
    before = b"id: 1\ndata: x\n\ndata: y\n\n" if offset != 0 and body[:1] != b"\xef" else b""
    events = [message("x", "1"), message("y", "1")] if before else []
    stream = before + body
    for cut in range(len(stream) + 1):
        outcome = decode([stream[:cut], stream[cut:]])
        assert outcome.fault == (EventEncodingError, len(before) + offset)
        assert outcome.events[: len(events)] == events
    assert decode(single_bytes(stream)) == decode([stream]) == reference(stream)


def test_character_cut_by_the_end_of_the_body() -> None:
    """A body that ends inside a character was cut, and is not told as badly encoded."""
    decoder = Decoder()
    assert decoder.feed(b'data: x\n\ndata: {"a":"\xe2\x82') == [message("x")]
    assert decoder.close() == [message('{"a":"\ufffd')]
    assert decoder.fault is None


def test_events_before_a_fault_come_first() -> None:
    """`feed` gives the good events, `fault` tells at once, and the next call raises it, every time."""
    decoder = Decoder()
    assert decoder.feed(b"data: x\n\ndata: \xff\n\ndata: y\n\n") == [message("x")]
    assert isinstance(decoder.fault, EventEncodingError) and decoder.fault.offset == 15
    for _ in range(2):
        with pytest.raises(EventEncodingError, match=r"byte 15 .*invalid start byte") as raised:
            decoder.feed(b"data: y\n\n")
        assert pickle.loads(pickle.dumps(raised.value)).offset == 15
    with pytest.raises(EventEncodingError):
        decoder.close()


def test_fault_without_events_is_raised_at_once() -> None:
    """If no event precedes the fault in the same bytes, the same call raises it."""
    decoder = Decoder()
    with pytest.raises(EventEncodingError):
        decoder.feed(b"data: \xff\n\n")
    decoder = Decoder(max_event_bytes=8)
    decoder.feed(b"data: x\n\n")
    with pytest.raises(EventTooLargeError, match="limit of 8 bytes at byte 17"):
        decoder.feed(b"data: xyz")


OVERFLOWS = [
    ("line", b"data: 12345\n\n", 10),
    ("line without end", b"data: 123456789", 10),
    ("line of a name", b"12345678901", 10),
    ("id", b"id: 1234567", 10),
    ("data lines together", b"data:1\ndata:2\n\n", 11),
    ("data lines together, CRLF", b"data:1\r\n:::::::::::::::\r\ndata:2\r\n\r\n", 29),
    ("a line beside data lines", b"data:1\nevent\n\n", 11),
    ("bytes and not characters", "data: ééé\n\n".encode(), 10),
    ("a fault of encoding further on", b"data: 12345\xff\n\n", 10),
    ("plain blocks first", b"data: 1\n\ndata: 2\n\ndata: 12345\n\n", 28),
    ("no event stream at all", b'{"error": "x"}', 10),
]


@pytest.mark.parametrize(("body", "offset"), [row[1:] for row in OVERFLOWS], ids=[row[0] for row in OVERFLOWS])
def test_event_over_the_limit(body: bytes, offset: int) -> None:
    """The fault names the first byte over the limit, wherever the splits are."""
    expected = reference(body, 10)
    assert expected.fault == (EventTooLargeError, offset)
    assert decode(single_bytes(body), 10) == expected
    for cut in range(len(body) + 1):
        assert decode([body[:cut], body[cut:]], 10) == expected


def test_limit_is_exact_and_for_one_event() -> None:
    """What is just within the limit passes, again and again, and comments are free."""
    body = b"data: 1234\n\n: a long comment\n\ndata\nevent: x\n\ndata:\ndata:\n\ndata: 1234\r\n\r\n" * 3
    expected = [message("1234"), message("", event="x"), message("\n"), message("1234")] * 3
    assert decode([body], 12).events == decode(single_bytes(body), 12).events == expected
    assert decode([body], 11).fault == decode(single_bytes(body), 11).fault == (EventTooLargeError, 42)


def test_limit_must_be_positive() -> None:
    """A limit that lets nothing through is a mistake."""
    with pytest.raises(ValueError, match="max_event_bytes"):
        Decoder(max_event_bytes=0)


@pytest.mark.slow
def test_default_limit_lets_50_mb_through() -> None:
    """Issue 5 asks for events of 50 MB; in reads of 64 KiB each byte is looked at a few times only."""
    text = "x" * 50_000_000
    body = f"data: {text}\n\n".encode()
    decoder = Decoder()
    events = [event for i in range(0, len(body), 65536) for event in decoder.feed(body[i : i + 65536])]
    assert [len(event.data) for event in events] == [50_000_000] and events[0].data == text


# Properties


CHARACTERS = ["a", "7", "0", " ", ":", "\t", "\0", "\x0b", "\x0c", "\x85", "é", "\u2028", "\ufeff", "€", "😀", "{", '"']
TEXTS = st.lists(st.sampled_from(CHARACTERS), max_size=6).map("".join)
DIGITS = st.text("0123456789", max_size=25)
LINES = st.one_of(
    st.just(""),
    st.builds(
        "{}{}{}".format,
        st.sampled_from(["data", "data", "data", "event", "id", "retry", "", "foo", "Data", "data ", "\ufeffdata"]),
        st.sampled_from([":", ": ", ": ", ":  ", ""]),
        st.one_of(TEXTS, DIGITS),
    ),
)
ENDS = st.sampled_from(["\n", "\n", "\r\n", "\r\n", "\r"])
# Most streams keep to one kind of line end and to plain blocks, and those are the ones with a path of their own.
MIXED = st.lists(st.builds("{}{}".format, LINES, ENDS)).map("".join)
PLAIN = st.builds(
    lambda end, values: "".join(f"data: {value}{end}{end}" for value in values),
    ENDS,
    st.lists(st.one_of(TEXTS, st.text(max_size=30).map(lambda text: text.replace("\r", "").replace("\n", "")))),
)
STREAMS = st.builds(
    lambda bom, parts, rest: (bom + "".join(parts) + rest).encode(),
    st.sampled_from(["", "", "\ufeff"]),
    st.lists(st.one_of(MIXED, PLAIN), max_size=4),
    st.one_of(st.just(""), LINES),
)
FRAGMENTS = (
    [
        name.encode()
        for name in ("data", "data: ", "data: x\n\n", "event:", "id", "retry:", "é", "€", "😀", "\ufeff", " ")
    ]
    + [bytes([byte]) for byte in b"\n\r\n\r::07 \0\xef\xbb\xbf\xe2\x82\xf0\x9f\xc0\xed\xa0\xff"]
    + [b"\r\n\r\n", b"\n\n"]
)
WRECKS = st.one_of(
    st.binary(),
    st.lists(st.sampled_from(FRAGMENTS), max_size=30).map(b"".join),
    st.builds(
        lambda body, at, junk: body[: at % (len(body) + 1)] + junk + body[at % (len(body) + 1) :],
        STREAMS,
        st.integers(0),
        st.binary(max_size=3),
    ),
)
LIMITS = st.one_of(st.just(MAX_EVENT_BYTES), st.integers(2, 40))


def split(body: bytes, cuts: list[int]) -> list[bytes]:
    """Cut a body at the given places, taken modulo its length."""
    places = sorted({cut % (len(body) + 1) for cut in cuts} | {0, len(body)})
    return [body[start:stop] for start, stop in pairwise(places)] or [body]


CUTS = st.lists(st.integers(0, 10_000), max_size=8)


@pytest.mark.slow
@examples(100)
@given(STREAMS, CUTS)
@example(b"data: a\r\n\r\ndata: b\r\r\n", [9])
def test_any_stream_in_any_pieces_is_as_the_standard_says(body: bytes, cuts: list[int]) -> None:
    """Whole, byte by byte or cut anywhere: the events are those of the standard's algorithm."""
    expected = reference(body)
    assert expected.fault is None
    assert decode([body]) == expected
    assert decode(split(body, cuts)) == expected
    assert decode(single_bytes(body)) == expected


@examples(80)
@given(WRECKS, CUTS, LIMITS)
@example(b"\xef\xbb", [], 2)
@example(b"\xef\xbb\xbfdata\n\n", [1, 2], 4)
@example(b"\xed\xa0", [], 40)
@example(b":\xed\xa0", [], 40)
def test_any_bytes_give_events_or_an_event_stream_error(body: bytes, cuts: list[int], limit: int) -> None:
    """Nothing but an EventStreamError is ever raised, and it is the same one after the same events for all splits."""
    expected = reference(body, limit)
    assert decode([body], limit) == expected
    assert decode(split(body, cuts), limit) == expected
    assert decode(single_bytes(body), limit) == expected


@pytest.mark.slow
@examples(80)
@given(WRECKS)
def test_offset_of_bad_encoding_is_that_of_decoding_it_all(body: bytes) -> None:
    """The offset is the one that Python's own decoder finds in the whole body, or the body's end cut a character."""
    fault = decode([body]).fault
    try:
        body.decode()
    except UnicodeDecodeError as error:
        cut_by_end = error.reason == "unexpected end of data" and error.end == len(body)
        assert fault == (None if cut_by_end else (EventEncodingError, error.start))
    else:
        assert fault is None


@pytest.mark.slow
def test_recorded_streams() -> None:
    """Every recorded stream decodes as the reference says, whole, in reads and byte by byte."""
    if not PAYLOADS.exists():
        pytest.skip(f"the recorded streams are not here: {PAYLOADS}")
    count = 0
    with gzip.open(PAYLOADS, "rt", encoding="utf-8", errors="surrogateescape") as lines:
        for line in lines:
            body = json.loads(line)["body"].encode("utf-8", "surrogateescape")
            expected = reference(body)
            assert expected.events or expected.left
            assert decode([body]) == expected
            assert decode(body[i : i + 1000] for i in range(0, len(body), 1000)) == expected
            assert decode(single_bytes(body)) == expected
            count += 1
    assert count > 200


# Work and memory


def seconds(pieces: list[bytes], limit: int = MAX_EVENT_BYTES) -> float:
    """Measure the processor time of decoding, the best of five."""
    times = []
    for _ in range(5):
        decoder = Decoder(max_event_bytes=limit)
        # The collector walks all events ever made at times of its own choosing.
        gc.disable()
        begin = time.process_time()
        for piece in pieces:
            decoder.feed(piece)
        times.append(time.process_time() - begin)
        gc.enable()
    return min(times)


def pieces_of(body: bytes, size: int) -> list[bytes]:
    """Split a body into pieces of one size."""
    return [body[i : i + size] for i in range(0, len(body), size)]


SHAPES: dict[str, Callable[[int], list[bytes]]] = {
    "one event byte by byte": lambda n: pieces_of(b"data: " + b"x" * n + b"\n\n", 1),
    "one event in small reads": lambda n: pieces_of(b"data: " + b"x" * n * 50 + b"\n\n", 100),
    "many events byte by byte": lambda n: pieces_of(b'data: {"a": 1}\n\n' * (n // 16), 1),
    "a comment byte by byte": lambda n: pieces_of(b":" + b"x" * n, 1),
    "a block of many data lines byte by byte": lambda n: pieces_of(b"data: x\n" * (n // 8), 1),
    "a block of many data lines at once": lambda n: [b"data: x\n" * n],
    "empty lines at once": lambda n: [b"\n" * n * 4],
    "CR line by line": lambda n: [b"data: x\r"] * n,
    "plain events at once": lambda n: [b"data: x\n\n" * n],
    "other events at once": lambda n: [b"event: a\ndata: x\n\n" * n],
    "pieces that end inside the block": lambda n: [b"data: x\n", b"\n"] * n,
    "names without end": lambda n: pieces_of(b"x" * n * 20, 40),
}


@pytest.mark.slow
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_work_is_linear(shape: Callable[[int], list[bytes]]) -> None:
    """Sixteen times the bytes cost about sixteen times the work; what is quadratic would cost 256 times."""
    small, large = seconds(shape(8_000)), seconds(shape(128_000))
    assert large < 16 * 5 * max(small, 0.0005)


@pytest.mark.slow
def test_fault_late_in_a_million_lines_is_found_once() -> None:
    """Telling the offset costs one more look at the bytes, not one per line."""
    body = b"data: x\r\n\r\n" * 500_000 + b"data: \xff\n\n"
    decoder = Decoder()
    begin = time.process_time()
    assert len(decoder.feed(body)) == 500_000
    assert decoder.fault is not None and decoder.fault.offset == len(body) - 3
    assert time.process_time() - begin < 20


@pytest.fixture
def peak() -> Iterator[Callable[[], int]]:
    """Trace memory, and give the peak in bytes."""
    gc.collect()
    tracemalloc.start()
    yield lambda: tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()


@pytest.mark.slow
@pytest.mark.parametrize("piece", [b"x" * 65536, b"x\n:" * 20_000, "€".encode() * 20_000 + b"\xe2", b"\n:\r" * 20_000])
def test_endless_comments_are_not_kept(piece: bytes, peak: Callable[[], int]) -> None:
    """Comment lines of any length and number leave nothing behind."""
    decoder = Decoder(max_event_bytes=1000)
    assert decoder.feed(b"data: x\n\n:") == [message("x")]
    following = b"\x82\xac" if piece.endswith(b"\xe2") else b""
    for _ in range(40):
        assert decoder.feed(piece) == decoder.feed(following) == []
    assert len(decoder._partial) <= 4
    assert peak() < 16 * len(piece) + 3_000_000


@pytest.mark.slow
def test_memory_is_bounded_by_the_limit(peak: Callable[[], int]) -> None:
    """A body without line ends fails at the limit, in whatever pieces, and keeps nothing after that."""
    for size in (7, 65536):
        decoder = Decoder(max_event_bytes=1_000_000)
        with pytest.raises(EventTooLargeError) as raised:
            for _ in range(10_000_000):
                decoder.feed(b"x" * size)
        assert raised.value.offset == 1_000_000
        assert not decoder._partial
    assert peak() < 4_000_000


def test_stream_leaves_nothing_behind(peak: Callable[[], int]) -> None:
    """The decoder of a long stream stays as small as that of a short one."""
    decoder = Decoder()
    piece = b'data: {"a": "' + b"x" * 300 + b'"}\n\ndata: {"b'
    rest = b'": 1}\n\n'
    decoder.feed(piece + rest)
    before = tracemalloc.get_traced_memory()[0]
    for _ in range(5_000):
        decoder.feed(piece)
        decoder.feed(rest)
    assert tracemalloc.get_traced_memory()[0] - before < 20_000
    assert peak() < 10_000_000


OTHER = b"data: 1\n\nerror: {\nerror:}\nx\ndata: 2\n\n: c\nid: 1\n\ny: z\n\ndata: 3\n\nretry: x\n\nend: 4"


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_other_fields_are_read_where_they_stand(size: int) -> None:
    """Lines that the standard ignores are given block by block, if they are asked for, and become events in order."""

    def read(text: str) -> list[Event]:
        return [Event("other", text, "", None)]

    pieces = [OTHER[at : at + size] for at in range(0, len(OTHER), size)]
    decoder = Decoder(read_other=read)
    events = [event for piece in pieces for event in decoder.feed(piece)] + decoder.close()
    assert [(event.event, event.data) for event in events] == [
        ("message", "1"),
        ("other", "error: {\nerror:}\nx"),
        ("message", "2"),
        ("other", "y: z"),
        ("message", "3"),
        ("other", "end: 4"),
    ]
    assert [event.data for event in decode(pieces).events] == ["1", "2", "3"], "the standard's decoder ignores them"


def test_other_fields_count_for_the_limit() -> None:
    """Lines that are kept are bounded, also if their block never ends."""
    decoder = Decoder(max_event_bytes=100, read_other=lambda text: [])
    with pytest.raises(EventTooLargeError):
        for _ in range(100):
            decoder.feed(b"error: ten\n")


def test_failed_decoder_is_collected() -> None:
    """A fault that was raised and dropped does not hold the decoder for ever."""
    decoder = Decoder()
    decoder.feed(b"data: x\n")
    frames = []
    for _ in range(3):
        with pytest.raises(EventEncodingError) as raised:
            decoder.feed(b"data: \xff\n\n")
        frames.append(len(raised.traceback))
    del raised
    assert len(set(frames)) == 1, "each raising has its own traceback, not those before it as well"
    assert not decoder._lines
    watched = weakref.ref(decoder)
    del decoder
    gc.collect()
    assert watched() is None
