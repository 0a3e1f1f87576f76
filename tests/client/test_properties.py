"""Laws of streams: however the bytes are split the chunks are the same, and wherever they are cut the truth is told."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from chat_completions._streaming.accumulator import Accumulator
from chat_completions._streaming.received_chunk import decode
from chat_completions._streaming.stream_decoder import ChunkDecoder
from chat_completions.errors import IncompleteStreamError, StreamError
from tests.conftest import examples

texts = st.text(max_size=8)
deltas = st.fixed_dictionaries(
    {},
    optional={
        "content": st.none() | texts,
        "refusal": st.none() | texts,
        "reasoning_content": texts,
        "role": st.just("assistant"),
        "tool_calls": st.lists(
            st.fixed_dictionaries(
                {"index": st.integers(0, 2)},
                optional={"id": texts, "function": st.fixed_dictionaries({}, optional={"arguments": texts})},
            ),
            max_size=2,
        ),
    },
)
choices = st.fixed_dictionaries(
    {"index": st.integers(0, 2), "delta": deltas}, optional={"finish_reason": st.sampled_from([None, "stop", "length"])}
)
chunks = st.fixed_dictionaries(
    {"id": st.just("c"), "object": st.just("chat.completion.chunk"), "choices": st.lists(choices, max_size=2)},
    optional={"usage": st.none() | st.just({"total_tokens": 3}), "x": texts},
)
line_ends = st.sampled_from([b"\n", b"\r\n", b"\r"])


@st.composite
def streams(draw: Any) -> tuple[bytes, list[dict[str, Any]]]:
    """Return the bytes of a complete stream, and its chunks."""
    values = draw(st.lists(chunks, max_size=6))
    end = draw(line_ends)
    ascii_only = draw(st.booleans())
    body = draw(st.sampled_from([b"", b"\xef\xbb\xbf"]))
    for value in values:
        body += draw(st.sampled_from([b"", b": comment" + end, b"id: 1" + end]))
        body += b"data: " + json.dumps(value, ensure_ascii=ascii_only).encode("utf-8", "replace") + end + end
    return body + b"data: [DONE]" + end + end, values


def outcome(pieces: list[bytes]) -> tuple[list[dict[str, Any]], Exception | None, ChunkDecoder[Any]]:
    """Run a body through a core: what it gives, what it raises."""
    core = ChunkDecoder(decode)
    given = [chunk for piece in pieces for chunk in core.feed(piece)]
    given += core.end()
    return [chunk.to_dict() for chunk in given], core.fault, core


def folded(values: list[dict[str, Any]]) -> dict[str, Any] | None:
    fold = Accumulator()
    for value in values:
        fold.add(value)
    completion = fold.completion()
    return None if completion is None else completion.to_dict()


@given(streams(), st.data())
@examples(150)
def test_any_split_gives_the_same_chunks(stream: tuple[bytes, list[dict[str, Any]]], data: st.DataObject) -> None:
    body, values = stream
    cuts = sorted(data.draw(st.lists(st.integers(0, len(body)), max_size=12)))
    pieces = [body[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(body)], strict=True)]
    for split in (pieces, [body], [body[i : i + 1] for i in range(len(body))]):
        given_, fault, core = outcome(split)
        assert given_ == values
        if not core.accumulator.choices:
            assert isinstance(fault, IncompleteStreamError)
            continue
        assert fault is None
        assert core.done
        completion = core.completion()
        assert (None if completion is None else completion.to_dict()) == folded(values)


@given(streams(), st.data())
@examples(150)
def test_a_stream_cut_anywhere_is_whole_or_says_that_it_is_not(
    stream: tuple[bytes, list[dict[str, Any]]], data: st.DataObject
) -> None:
    body, values = stream
    cut = data.draw(st.integers(0, len(body)))
    given_, fault, core = outcome([body[:cut]])
    assert given_ == values[: len(given_)]
    if fault is None:
        # Complete by its own word, or by every finish reason; never by running dry.
        assert core.done or core.accumulator.is_complete
        assert not core.done or given_ == values
    else:
        assert isinstance(fault, StreamError)
        # A cut inside a character is no UTF-8; any other is an incomplete stream.
        assert type(fault) is IncompleteStreamError or "UTF-8" in str(fault)
        assert fault.partial.to_dict() == (folded(given_) or Accumulator().to_dict())


@given(st.lists(st.binary(max_size=60), max_size=6))
@examples(150)
def test_no_bytes_at_all_raise_anything_but_a_typed_fault(pieces: list[bytes]) -> None:
    _, fault, core = outcome(pieces)
    assert fault is None or isinstance(fault, StreamError)
    assert fault is not None or core.done or core.accumulator.is_complete
