"""The fast path returns what parsing returns: the same chunks, completion, anomalies, events and faults."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Callable
from typing import Any, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_completions._contract import json_reader
from chat_completions._contract.unknown_values import UnknownReporter
from chat_completions._streaming.accumulator import Accumulator
from chat_completions._streaming.events.event_builder import EventBuilder
from chat_completions._streaming.fast_path import FastPath
from chat_completions._streaming.received_chunk import decode
from chat_completions._streaming.stream_decoder import ChunkDecoder
from chat_completions.errors import StreamError
from tests.conftest import examples

T = TypeVar("T")


class Plainly(Accumulator):
    """Adds every chunk by the rules for any chunk."""

    __slots__ = ()

    def add_plain(self, chunk: Any, as_text: str | None = None) -> None:
        return None


class Counting(FastPath):
    """Counts the chunks that are read without parsing them, and how often something is learned."""

    count = learned = 0

    def read(self, text: str) -> dict[str, Any] | None:
        value = super().read(text)
        self.count += value is not None
        return value

    def _keep(self, *arguments: Any) -> None:
        self.learned += 1
        super()._keep(*arguments)


def fed(core: ChunkDecoder[T], *texts: str) -> list[T]:
    """Feed the data of events, each in a read of its own, and return the items."""
    return [item for text in texts for item in core.feed(b"data: " + text.encode() + b"\n\n")]


def with_events() -> ChunkDecoder[list[Any]]:
    """Return a decoder that yields lists of events."""
    events = EventBuilder()
    return ChunkDecoder(events.events_of, events.accumulator)


def outcome(texts: list[str], *, parsed: bool) -> list[Any]:
    """Return the results of the data of events: the chunks, the completion, the anomalies, the fault."""
    core = ChunkDecoder(decode, Plainly() if parsed else None)
    core._load_json = json.loads
    chunks = [*fed(core, *texts), *core.end()]
    completion = core.completion()
    fault = core.fault
    assert fault is None or isinstance(fault, StreamError)
    return [
        [json.dumps(chunk.to_dict()) for chunk in chunks],
        completion and json.dumps(completion.to_dict()),
        [(a.kind, a.where, a.detail, a.count) for a in core.accumulator.anomalies],
        core.done,
        fault and (type(fault), str(fault), fault.body),
    ]


def events_in(texts: list[str], *, parsed: bool) -> list[Any]:
    """Return what the events of `.stream()` say, and what was unknown to the watch."""
    events, unknown = EventBuilder(), []
    if parsed:
        events = EventBuilder()
        events.accumulator.__class__ = Plainly
    core = ChunkDecoder(events.events_of, events.accumulator, watch=UnknownReporter(unknown.append))
    given: list[Any] = [event for group in fed(core, *texts) for event in group]
    given += events.last_events()
    names = ("choice_index", "delta", "snapshot", "content", "refusal", "reasoning", "name", "index", "arguments")
    return [unknown] + [
        [json.dumps(event.chunk.to_dict())]
        if event.type == "chunk"
        else [event.type, *(repr(getattr(event, name, None)) for name in names)]
        for event in given
    ]


def chunk(piece: Any = "x", *, index: Any = 0, key: str = "content", finish: Any = None, **top: Any) -> dict[str, Any]:
    """Return a chunk."""
    choice = {"index": index, "delta": {key: piece}, "logprobs": None, "finish_reason": finish}
    return {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice], **top}


def read_fast(texts: list[str]) -> int:
    """Return how many chunks were read without parsing them."""
    core = ChunkDecoder(decode)
    fast_path = core._fast_path = Counting(core.accumulator)
    fed(core, *texts)
    return fast_path.count


PIECES = st.one_of(
    st.text(max_size=6),
    st.sampled_from(
        ['"', "\\", '","content":"', '"},"finish', "\u2028", "\x00", "𝄞", "é", '"obfuscation":"y"', "", "\ud83d"]
    ),
)
OTHERS: st.SearchStrategy[Any] = st.sampled_from(
    [
        {"usage": None},
        {"obfuscation": None},
        {"obfuscation": 3},
        {"id": "other"},
        {"x": {"a": []}},
        {"error": {"message": "no"}},
        {"error": None},
        {"choices": []},
        {"choices": None},
        {"object": "error"},
        {"content": "beside"},
    ]
)


def written(
    piece: str, padding: Any, other: dict[str, Any], index: Any, key: str, finish: Any, dense: bool, ascii_only: bool
) -> str:
    """Return the text of a chunk."""
    value = chunk(piece, index=index, key=key, finish=finish)
    value |= {} if padding is None else {"obfuscation": padding}
    separators = (",", ":") if dense else None
    text = json.dumps(value | other, separators=separators, ensure_ascii=ascii_only)
    return text.encode("utf-8", "replace").decode()


CHUNKS = st.builds(
    written,
    PIECES,
    st.one_of(st.none(), PIECES),
    st.one_of(st.just({}), st.just({}), st.just({}), OTHERS),
    st.sampled_from([0, 0, 0, 0, 1, True, None]),
    st.sampled_from(["content", "content", "content", "reasoning_content", "role"]),
    st.sampled_from([None, None, None, None, "stop"]),
    st.sampled_from([True, True, False]),
    st.booleans(),
)


def tool_chunk(piece: Any = "x", *, call: Any = 0, more: Any = None, **top: Any) -> dict[str, Any]:
    """Return a chunk with a piece of a tool call's arguments."""
    value = chunk(None, **top)
    value["choices"][0]["delta"] = {
        "tool_calls": [
            {"index": call, "function": {"arguments": piece, **(more or {})}, **({"id": "t"} if more else {})}
        ]
    }
    return value


def written_tool(piece: Any, call: Any, more: Any, other: dict[str, Any], padding: Any, finish: Any, odd: str) -> str:
    """Return the text of a chunk with a piece of a tool call's arguments, in one of several shapes."""
    value = tool_chunk(piece, call=call, more=more, finish=finish)
    [delta] = [choice["delta"] for choice in value["choices"]]
    [call_delta] = delta["tool_calls"]
    if odd == "order":
        delta["tool_calls"] = [dict(reversed(call_delta.items()))]
    elif odd == "text":
        delta["tool_calls"] = piece
    elif odd == "more":
        call_delta["function"]["x"] = "y"
    elif odd == "no index":
        del call_delta["index"]
    value |= other | ({"obfuscation": padding} if padding else {})
    return json.dumps(value).encode("utf-8", "replace").decode()


TOOL_CHUNKS = st.builds(
    written_tool,
    PIECES,
    st.sampled_from([0, 0, 0, 0, 1, None, True]),
    st.sampled_from([None, None, None, None, {"name": "f"}]),
    st.one_of(st.just({}), st.just({}), OTHERS, st.just({"service_tier": "a"}), st.just({"service_tier": "b"})),
    st.one_of(st.none(), PIECES),
    st.sampled_from([None, None, None, None, None, "tool_calls"]),
    st.sampled_from(["", "", "", "", "order", "order", "text", "more", "no index"]),
)
ODD = st.sampled_from(["[DONE]", "{", "3", "null", " ", '{"choices":', "[]"])
ANY = st.one_of(CHUNKS, CHUNKS, CHUNKS, TOOL_CHUNKS, TOOL_CHUNKS, ODD)
# What is learned from a chunk is used for the following ones that look the same, so some come several times.
STREAMS = st.lists(st.tuples(ANY, st.sampled_from([1, 1, 1, 3, 5])), max_size=20).map(
    lambda runs: [text for text, times in runs for text in [text] * times]
)


@pytest.mark.parametrize("objects", [["chat.completion.chunk"] * 5, ["", "chat.completion.chunk", "x", "y", "z"]])
@pytest.mark.parametrize("make", [chunk, tool_chunk])
def test_a_chunk_that_is_called_an_error_is_one(make: Any, objects: list[str]) -> None:
    """However plain it is otherwise, and however often the name of the object has changed before."""
    begun = tool_chunk("", more={"name": "f"}) if make is tool_chunk else chunk("a")
    texts = [json.dumps(each) for each in (begun, *(make("1", object=name) for name in [*objects, "error"]))]
    assert outcome(texts, parsed=False) == outcome(texts, parsed=True)
    [fault_type, _, body] = outcome(texts, parsed=False)[-1]
    assert fault_type is StreamError and body["object"] == "error"


@pytest.mark.slow
@examples(150)
@given(STREAMS)
def test_any_chunks_are_read_as_if_parsed(texts: list[str]) -> None:
    """Whatever comes, in whatever order."""
    assert outcome(texts, parsed=False) == outcome(texts, parsed=True)
    assert events_in(texts, parsed=False) == events_in(texts, parsed=True)


@examples(100)
@given(st.lists(PIECES, min_size=2, max_size=20), st.booleans(), st.booleans())
def test_pieces_of_any_kind(pieces: list[str], padded: bool, first: bool) -> None:
    """With padding before the choices, behind them, and without."""
    texts = []
    for position, piece in enumerate(["", *pieces]):
        value = chunk(piece)
        if padded:
            padding = {"obfuscation": "p" * (position % 4)}
            value = {**padding, **value} if first else {**value, **padding}
        texts.append(json.dumps(value))
    assert outcome(texts, parsed=False) == outcome(texts, parsed=True)


def test_most_chunks_of_a_stream_are_read_without_parsing() -> None:
    """All but the first ones; also after a chunk of another kind."""
    texts = [json.dumps(chunk(f"w{i}", obfuscation="x" * (i % 5 + 1))) for i in range(200)]
    assert read_fast(texts) >= 185
    texts[100] = json.dumps(chunk("t", usage={"total_tokens": 1}))
    assert read_fast(texts) >= 150
    assert read_fast([json.dumps(chunk(f"w{i}")) for i in range(200)]) >= 185
    assert read_fast([json.dumps(chunk(f"w{i}", key="reasoning_content")) for i in range(200)]) >= 185


@pytest.mark.parametrize("turn", [(0, 1), (0, 0, 1), (0, 1, 2, 1), (0,) * 9 + (1,) * 9])
def test_choices_that_take_turns(turn: tuple[int, ...]) -> None:
    """Each piece goes to its own choice, and the same shape is not learned again and again."""
    texts = [json.dumps(chunk(f"w{i} ", index=turn[i % len(turn)])) for i in range(1_000)]
    assert outcome(texts, parsed=False) == outcome(texts, parsed=True)
    core = ChunkDecoder(decode)
    fast_path = core._fast_path = Counting(core.accumulator)
    fed(core, *texts)
    assert 0 < fast_path.learned < 20 + 2 * (1_000 // 9)


def test_most_chunks_of_a_tool_call_are_read_without_parsing() -> None:
    """Its first one, with its name, is not; another call begins anew."""
    texts = []
    for call in range(3):
        texts.append(json.dumps(tool_chunk("", call=call, more={"name": "f"})))
        texts += [json.dumps(tool_chunk(f"a{i}", call=call, obfuscation="x" * (i % 5 + 1))) for i in range(50)]
    assert read_fast(texts) >= 3 * 30
    assert outcome(texts, parsed=False) == outcome(texts, parsed=True)
    odd = json.dumps(tool_chunk("z", call=2, service_tier="other"))
    for stream in ([*texts, odd, *texts[-5:]], [*texts[:20], json.dumps(chunk("w")), *texts[20:]]):
        assert outcome(stream, parsed=False) == outcome(stream, parsed=True)


def test_texts_stay_small() -> None:
    """The pieces of a long stream are joined; they would take ten times the memory of the text."""
    core = ChunkDecoder(decode)
    texts = [json.dumps(chunk(f"word{i % 10} ")) for i in range(10)]
    fed(core, texts[0])
    tracemalloc.start()
    for i in range(40_000):
        fed(core, texts[i % 10])
    held = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert held < 3 * 40_000 * 6
    assert (
        core.completion() is not None
        and len(core.accumulator.to_dict()["choices"][0]["message"]["content"]) == 40_001 * 6
    )


def test_chunks_share_nothing() -> None:
    """To change one chunk changes no other, nor what comes later."""
    core = ChunkDecoder(decode)
    texts = [json.dumps(chunk(f"w{i}")) for i in range(30)]
    chunks = fed(core, *texts)
    for changed in (3, 20):  # one that was parsed, one that was compared
        chunks[changed].id = "changed"
        chunks[changed].choices[0].delta.content = "changed"
        chunks[changed].choices.append(None)
    chunks += fed(core, json.dumps(chunk("last")))
    pieces = [*(f"w{i}" for i in range(30)), "last"]
    kept = [i for i in range(31) if i not in (3, 20)]
    assert [chunks[i].to_dict() for i in kept] == [chunk(pieces[i]) for i in kept]


def test_a_piece_that_is_no_string_is_parsed() -> None:
    """As is a text with something behind it, and one that is not whole."""
    texts = [json.dumps(chunk(f"w{i}")) for i in range(4)]
    for odd in (
        json.dumps(chunk(None)),
        json.dumps(chunk(3)),
        texts[0] + " ",
        texts[0][:-1],
        texts[0].replace("w0", "w\t"),
    ):
        stream = [*texts, odd, *texts]
        assert outcome(stream, parsed=False) == outcome(stream, parsed=True)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=20,
)


@given(JSON, st.booleans(), st.sampled_from(["", " ", "\n"]))
def test_every_reader_reads_as_json_does(value: Any, ascii_only: bool, space: str) -> None:
    """Numbers of any size, NaN, half surrogates, white space."""
    text = space + json.dumps(value, ensure_ascii=ascii_only) + space
    expected = repr(json.loads(text))
    assert repr(json_reader.loads(text)) == expected
    assert repr(json_reader.reader()(text)) == expected


@pytest.mark.parametrize(
    "text",
    ["", " ", "{", "[1,]", "nul", '"\x01"', "1 2", '{"a":1,"a":2}', "1e400", "-", "[" * 100_000, "\ufeff1", "0123"],
)
def test_every_reader_fails_as_json_does(text: str) -> None:
    """With the same error, or the same value."""

    def run(read: Any) -> Any:
        try:
            return repr(read(text))
        except (ValueError, RecursionError) as error:
            return type(error), str(error)[:40] if isinstance(error, ValueError) else ""

    assert run(json_reader.loads) == run(json_reader.reader()) == run(json.loads)


def test_padding_that_is_null_is_parsed() -> None:
    """It is not a string, as in the chunk before."""
    texts = [json.dumps(chunk(f"w{i}", obfuscation="pad")) for i in range(4)]
    texts.append(json.dumps(chunk("w", obfuscation=None)))
    assert outcome(texts, parsed=False) == outcome(texts, parsed=True)


TOKEN = {"token": "a", "logprob": -0.5, "bytes": [97], "top_logprobs": [{"token": "b", "logprob": -1, "bytes": None}]}
LOGPROBS = st.sampled_from(
    [
        {"content": [TOKEN], "refusal": None},
        {"content": [TOKEN, {**TOKEN, "odd": {"x": [1, "é"]}}], "refusal": None},
        {"content": [{**TOKEN, "index": 3}], "refusal": None},
        {"content": [], "refusal": None},
        {"content": None, "refusal": None},
        {"content": ["odd", None], "refusal": [TOKEN]},
        {"content": [TOKEN], "refusal": [TOKEN], "more": 1},
        {"content": [{**TOKEN, "odd": {"choices": [{"x": 1, "finish_reason": None}], "obfuscation": "x"}}]},
        {"content": [{"odd": [{"x": "\ud83d", "finish_reason": None}]}], "refusal": None},
        {"content": {"odd": 1}},
        {},
        "odd",
        0,
        None,
    ]
)


@st.composite
def with_tokens(draw: st.DrawFn) -> str:
    """A chunk with log probabilities, in one of two orders, mostly like the last."""
    padding = draw(st.sampled_from(["xx", "y", None]))
    choice = {
        "index": draw(st.sampled_from([0, 0, 0, 1])),
        "delta": {draw(st.sampled_from(["content"] * 8 + ["refusal", "role"])): draw(st.sampled_from(["a", "bc", ""]))},
        "logprobs": draw(st.just({"content": [TOKEN], "refusal": None}) | LOGPROBS),
        "finish_reason": draw(st.sampled_from([None] * 12 + ["stop"])),
    }
    order = draw(st.sampled_from([list(choice)] * 6 + [["index", "logprobs", "delta", "finish_reason"]]))
    top = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    chunk = {**top, "choices": [{key: choice[key] for key in order}]}
    return json.dumps(chunk | ({"obfuscation": padding} if draw(st.booleans()) else {}))


@given(st.lists(st.tuples(with_tokens(), st.sampled_from([1, 1, 3])), max_size=12))
def test_chunks_with_log_probabilities_are_read_as_if_parsed(runs: list[tuple[str, int]]) -> None:
    """What comes of a stream is the same, whether its chunks are compared as texts or parsed."""
    texts = [text for text, times in runs for text in [text] * times]
    assert outcome(texts, parsed=False) == outcome(texts, parsed=True)
    assert events_in(texts, parsed=False) == events_in(texts, parsed=True)


def test_changed_log_probabilities_do_not_change_the_completion() -> None:
    """They are kept apart from those of the chunk."""
    tokens = [{"token": f"t{i}", "logprob": -i, "bytes": [i], "top_logprobs": [{"token": "x"}]} for i in range(100)]
    core = ChunkDecoder(decode)
    for i, token in enumerate(tokens):
        value = chunk(f"t{i}")
        value["choices"][0]["logprobs"] = {"content": [token], "refusal": None}
        for one in fed(core, json.dumps(value)):
            content: Any = one.choices[0].logprobs.content  # type: ignore[union-attr]
            content[0].bytes.append("changed")
            content[0].top_logprobs.clear()
            content.append(None)
    assert core.accumulator.to_dict()["choices"][0]["logprobs"]["content"] == tokens


def test_log_probabilities_can_be_read_at_any_depth_of_the_stack() -> None:
    """They are parsed again then, which must not fail if they could be parsed when they arrived."""
    odd: Any = "x"
    for _ in range(700):
        odd = [odd]
    tokens = [{"token": f"t{i}", "logprob": -i, "bytes": None, "top_logprobs": []} for i in range(9)] + [{"odd": odd}]
    core = ChunkDecoder(decode)
    for i, token in enumerate(tokens):
        one = chunk(f"t{i}")
        one["choices"][0]["logprobs"] = {"content": [token], "refusal": None}
        fed(core, json.dumps(one))

    def to_dict_below(frames: int) -> Any:
        return to_dict_below(frames - 1) if frames else core.accumulator.to_dict()

    content = to_dict_below(400)["choices"][0]["logprobs"]["content"]
    assert content[:9] == tokens[:9]
    found = content[9]["odd"]
    for _ in range(700):
        [found] = found
    assert found == "x"


def test_the_tokens_of_an_event_are_those_of_its_chunk() -> None:
    """They are decoded once; a snapshot is made from the completion."""
    core = with_events()
    given: list[Any] = []
    for i in range(8):
        one = chunk(f"t{i}")
        one["choices"][0]["logprobs"] = {"content": [{**TOKEN, "token": f"t{i}"}], "refusal": None}
        given += fed(core, json.dumps(one))
    for i, (first, *_, last) in enumerate(given):
        assert last.type == "logprobs.content.delta"
        assert last.content is first.chunk.choices[0].logprobs.content
        assert [token.token for token in last.snapshot] == [f"t{n}" for n in range(i + 1)]


def test_log_probabilities_that_end_are_not_repeated() -> None:
    """Unknown fields in them are not reported again either."""
    with_some = [chunk(f"t{i}") for i in range(12)]
    for i in (*range(4), *range(8, 12)):
        with_some[i]["choices"][0]["logprobs"] = {"content": [{**TOKEN, "odd": i}], "refusal": None}
    for texts in (
        [json.dumps(one) for one in with_some],
        [json.dumps({**one, "obfuscation": "x" * i}) for i, one in enumerate(with_some)],
    ):
        assert outcome(texts, parsed=False) == outcome(texts, parsed=True)
        assert events_in(texts, parsed=False) == events_in(texts, parsed=True)


def test_an_empty_list_of_tokens_does_not_hide_those_that_follow() -> None:
    """Each token has its event."""
    core = with_events()
    new_tokens = []
    for piece in ("a", "b", "", "d", "e", "f"):
        one = chunk(piece)
        tokens = [{**TOKEN, "token": piece}] if piece else []
        one["choices"][0]["logprobs"] = {"content": tokens, "refusal": None}
        given: list[Any] = fed(core, json.dumps(one))
        new_tokens += [
            token.token for event in given[0] if event.type == "logprobs.content.delta" for token in event.content
        ]
    assert new_tokens == ["a", "b", "d", "e", "f"]


def test_merged_tokens_are_in_events_as_they_are_in_the_completion() -> None:
    """If a chunk has a choice twice, or tokens have an index, the new tokens are not those that arrived last."""
    core = with_events()
    first, second = chunk("a"), chunk("b")
    first["choices"][0]["logprobs"] = {"content": [{"token": "a", "index": 0}], "refusal": None}
    twice = second["choices"][0]
    second["choices"] = [
        {**twice, "logprobs": {"content": [{"token": "-merges", "index": 0}], "refusal": None}},
        {**twice, "logprobs": {"content": [{"token": "new"}], "refusal": None}},
    ]
    new_tokens = []
    for one in (first, second):
        given: list[Any] = fed(core, json.dumps(one))
        new_tokens += [[token.token for token in event.content] for event in given[0] if "logprobs" in event.type]
    assert new_tokens == [["a"], ["new"]]


@pytest.mark.parametrize("piece", ["abc", ""])
def test_tool_calls_that_are_text(piece: str) -> None:
    """A meaningless delta is passed on and accumulated unchanged, however often it arrives."""
    texts = [json.dumps(chunk(piece, key="tool_calls")) for _ in range(30)]
    assert outcome(texts, parsed=False) == outcome(texts, parsed=True)


def test_arguments_after_their_end_are_noted_each_time() -> None:
    """A repeated finish reason is an anomaly each time, even if the chunks are alike."""
    texts = [json.dumps(tool_chunk("", more={"name": "f"})), json.dumps(tool_chunk("a"))]
    texts += [json.dumps(tool_chunk(piece, finish="tool_calls")) for piece in "bcdef"]
    assert outcome(texts, parsed=False) == outcome(texts, parsed=True)
    assert outcome(texts, parsed=False)[2]


@pytest.mark.parametrize(
    "changing",
    [
        lambda i: {"id": f"c{i}"},
        lambda i: {"created": i // 3},
        lambda i: {"p": "x" * (i % 7), "id": f"c{i}"},
        lambda i: {"usage": {"total_tokens": i, "completion_tokens_details": {"reasoning_tokens": i // 2}}},
        lambda i: {
            "x": [i, {"y": [None, float("nan") if i % 20 == 3 else -0.5e-7, "é"]}],
            "usage": {"total_tokens": i},
        },
        lambda i: {"obfuscation": "o" * (i % 5), "id": f"c{i}"},
        lambda i: {"same": {"a": 1, "b": None}, "id": f"c{i}"},
    ],
)
def test_what_chunks_keep_changing_is_read_without_parsing(changing: Callable[[int], dict[str, Any]]) -> None:
    """Ids, times, the usage, padding under any name: each chunk has objects of its own, and what they say is noted."""
    texts = [json.dumps(chunk(f"w{i} ") | changing(i)) for i in range(100)]
    texts.append(json.dumps(chunk("", finish="stop") | changing(100)))
    assert read_fast(texts) > 60
    assert outcome(texts, parsed=False) == outcome(texts, parsed=True)
    assert events_in(texts, parsed=False) == events_in(texts, parsed=True)
    core = ChunkDecoder(decode)
    for one in fed(core, *texts):
        for value in one.additional_properties.values():
            if isinstance(value, dict):
                value["ruined"] = 1
    assert "ruined" not in str(core.completion())


NAN = float("nan")


@pytest.mark.parametrize(
    "values",
    [
        [
            chunk("a", id=""),
            chunk("a", id="", object=""),
            chunk("a", id="x", object=""),
            chunk("a", id="y", object="z"),
        ],
        [
            chunk("a", model="", usage=None),
            chunk("a", model="", usage={}),
            chunk("b", model=None, usage={}),
            chunk("b", model="q", usage=None),
            chunk("b", model="r", usage={"total_tokens": 1}),
        ],
        [
            *({"id": i, "object": "chat.completion.chunk", "choices": chunk("a")["choices"]} for i in "abc"),
            *(chunk("a", id=f"d{i}", created=NAN) for i in range(5)),
        ],
        [chunk("a", id="1"), chunk("a", id="2"), chunk("a", id="3", obfuscation=NAN)],
        [chunk("a", id="1"), chunk("a", id="2") | {"choices": NAN}, chunk("b", id="2"), chunk("c", id="2")],
    ],
)
def test_what_changes_together_is_noted_in_the_order_of_the_chunk(values: list[dict[str, Any]]) -> None:
    """Also values that are not equal to themselves: they are what the last chunk had."""
    texts = [json.dumps(value) for value in values]
    assert outcome(texts, parsed=False) == outcome(texts, parsed=True)


def test_a_label_that_says_what_the_piece_says_is_not_the_piece() -> None:
    """The piece is what grew."""

    def text(role: str) -> str:
        value = chunk("assistant")
        value["choices"][0]["delta"] = {"role": role, "content": "assistant"}
        return json.dumps(value)

    texts = [*[text("assistant")] * 20, text("user"), text("assistant")]
    assert read_fast(texts) > 5
    assert outcome(texts, parsed=False) == outcome(texts, parsed=True)


def test_a_value_that_changes_may_be_as_deep_as_it_can_be_read() -> None:
    """At the depth where comparing it fails, the chunk is still added and given."""
    texts = [json.dumps(chunk(f"w{i}", x=f"x{i}")) for i in range(30)]
    for depth in range(900, 1_000):
        core = ChunkDecoder(decode)
        deep = [text.replace('"x3"', "[" * depth + f'"{i}"' + "]" * depth) for i, text in enumerate([texts[3]] * 2)]
        chunks = [*fed(core, *texts, *deep, texts[4]), *core.end()]
        assert len(chunks) == core.accumulator.chunks
        assert "cannot be read" not in str(core.fault)


@pytest.mark.parametrize("last", [{"object": "error"}, {"object": "other"}, {"id": "error"}, {"id": None}, {"id": 5}])
def test_a_value_that_changes_is_looked_at_each_time(last: dict[str, Any]) -> None:
    """A failure, or a value that the specification does not know, where there was another one in each chunk before."""
    texts = [json.dumps(chunk(f"w{i} ", id=f"c{i}", object=("", "chat.completion.chunk")[i % 2])) for i in range(60)]
    texts += [json.dumps(chunk("x", **{"id": "c", "object": ""} | last)), json.dumps(chunk("y"))]
    assert read_fast(texts) > 20
    assert outcome(texts, parsed=False) == outcome(texts, parsed=True)
    assert events_in(texts, parsed=False) == events_in(texts, parsed=True)


def test_alternating_shapes_are_learned_rarely() -> None:
    """Learning costs as much as ten chunks, so it must pay."""
    core = ChunkDecoder(decode)
    fast_path = core._fast_path = Counting(core.accumulator)
    for i in range(2_000):
        fed(core, json.dumps(chunk("t", usage={"total_tokens": i}) if i % 4 == 0 else chunk(f"w{i}")))
    assert fast_path.learned < 20
