"""A chunk of a stream, which decodes late what few callers read, is the model that `from_dict` makes."""

from __future__ import annotations

import copy
import json
import pickle
import threading
from collections.abc import Callable
from typing import Any

import attrs
import pytest

from chat_completions._contract import generated
from chat_completions.models import ChatCompletionChunk

TOKEN = {"token": "a", "logprob": -0.5, "bytes": [97], "top_logprobs": [], "odd": {"x": [1]}}
CALL = {"index": 0, "id": "c", "function": {"name": "f", "arguments": "{", "odd": 1}, "type": "function"}
TOP = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
CHOICES: list[Any] = [
    {"index": 0, "delta": {"content": "x"}, "finish_reason": None, "logprobs": None},
    {"delta": {"role": "assistant", "content": None, "reasoning_content": "r", "refusal": "n"}, "index": 0},
    {"index": 0, "delta": {"tool_calls": [CALL], "x": {"y": []}}, "logprobs": {"content": [TOKEN]}, "x": {"y": []}},
    {"index": "0", "delta": {}, "finish_reason": "stop", "logprobs": 3, "stop_reason": 7},
    {"delta": None},
    {"delta": "odd"},
    {},
    "odd",
    None,
]
VALUES: list[Any] = [
    *({**TOP, "choices": [choice]} for choice in CHOICES),
    {"choices": CHOICES, **TOP, "usage": {"total_tokens": 3, "odd": {"x": 1}}, "x": {"y": [1]}},
    {**TOP, "choices": [], "usage": None, "service_tier": None, "timings": {"n": 1}},
    {"choices": None},
    {"choices": {"odd": 1}, "usage": 3},
    {},
]


def late(value: Any) -> ChatCompletionChunk:
    return generated.chunk_decoder()(copy.deepcopy(value))


WAYS: dict[str, Callable[[Any], Any]] = {
    "to_dict": lambda chunk: json.dumps(chunk.to_dict()),
    "model_dump": lambda chunk: json.dumps(chunk.model_dump()),
    "repr": repr,
    "pickled": lambda chunk: json.dumps(pickle.loads(pickle.dumps(chunk)).to_dict()),
    "copied": lambda chunk: json.dumps(copy.copy(chunk).to_dict()),
    "deeply copied": lambda chunk: json.dumps(copy.deepcopy(chunk).to_dict()),
    "evolved": lambda chunk: json.dumps(attrs.evolve(chunk, id="other").to_dict()),
    "fields": lambda chunk: repr(dict(chunk)),
    "fields that are present": lambda chunk: sorted(chunk.model_fields_set),
    "unknown fields": lambda chunk: (chunk.additional_properties, chunk.timings, "x" in chunk, chunk.get("x")),
    "read": lambda chunk: [repr(getattr(chunk, field.name)) for field in attrs.fields(type(chunk))],
    "deleted": lambda chunk: (chunk.__delitem__("id") if "id" in chunk else None, json.dumps(chunk.to_dict())),
    "assigned": lambda chunk: (chunk.__setitem__("usage", None), chunk.usage, json.dumps(chunk.to_dict())),
    "assigned as an attribute": lambda chunk: (setattr(chunk, "model", "other"), json.dumps(chunk.to_dict())),
}


@pytest.mark.parametrize("value", VALUES, ids=range(len(VALUES)))
@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_it_is_what_from_dict_makes(way: Callable[[Any], Any], value: Any) -> None:
    """Whatever is done with it first, and again after it was decoded."""
    one, expected = late(value), ChatCompletionChunk.from_dict(value)
    assert way(one) == way(expected)
    assert one == expected
    assert way(one) == way(expected)


@pytest.mark.parametrize("choice", CHOICES[:4])
def test_parts_are_what_from_dict_makes(choice: Any) -> None:
    """Each field of a choice, of its delta and of its tokens, read first of all."""
    value = {**TOP, "choices": [choice]}
    expected = ChatCompletionChunk.from_dict(value).choices[0]
    for field in attrs.fields(type(expected)):
        assert getattr(late(value).choices[0], field.name) == getattr(expected, field.name)
    for field in (*attrs.fields(type(expected.delta)), "reasoning_content", "reasoning"):
        name = field if isinstance(field, str) else field.name
        assert getattr(late(value).choices[0].delta, name) == getattr(expected.delta, name)
    with pytest.raises(AttributeError, match="'misspelled'"):
        getattr(late(value).choices[0].delta, "misspelled")  # noqa: B009


def test_what_was_changed_stays_when_the_rest_is_decoded() -> None:
    """Also the parts that the caller holds."""
    one = late(VALUES[9])
    choices, delta = one.choices, one.choices[0].delta
    delta.content, one.model = "changed", "other"
    one.choices[0].finish_reason = "stop"
    assert (one.id, one.usage is one.usage, delta.refusal) == ("c", True, None)
    assert one.choices is choices
    found = one.to_dict()
    assert (found["model"], found["choices"][0]["delta"]["content"]) == ("other", "changed")
    assert found["choices"][0]["finish_reason"] == "stop"


def test_all_threads_read_the_same_parts() -> None:
    """A part that one thread changes is the part that the others hold."""
    for _ in range(20):
        one, found, ready = late(VALUES[9]), [], threading.Barrier(8)

        def read(one: Any = one, found: list[Any] = found, ready: threading.Barrier = ready) -> None:
            ready.wait()
            found.append((one.usage, one.choices[2].logprobs, one.choices[2].delta.tool_calls))

        threads = [threading.Thread(target=read) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len({tuple(map(id, parts)) for parts in found}) == 1
