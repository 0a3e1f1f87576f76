"""`Model.from_dict(x).to_dict() == x` for every JSON object x: recorded ones, and ones shaped near the schemas."""

from __future__ import annotations

import copy
import gzip
import json
import pickle
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chat_completions_api import models
from chat_completions_api.models import (
    ChatCompletion,
    ChatCompletionChunk,
    ChatCompletionList,
    CreateChatCompletionRequest,
    ErrorResponse,
)
from chat_completions_api.types import Model, UnknownVariant

PAYLOADS = Path(__file__).parents[2] / "shared" / "payloads"
MODELS = [
    value for name in models.__all__ if isinstance(value := getattr(models, name), type) and issubclass(value, Model)
]
CONTRACT = json.loads(files("chat_completions_api").joinpath("openapi.json").read_text())
SCHEMAS = CONTRACT["components"]["schemas"]


def rows(name: str) -> Iterator[Any]:
    with gzip.open(PAYLOADS / f"{name}.jsonl.gz", "rt", encoding="utf-8", errors="surrogateescape") as lines:
        for line in lines:
            yield json.loads(line)["body"]


def chunks() -> Iterator[Any]:
    for body in rows("streams"):
        for line in body.replace("\r\n", "\n").split("\n"):
            if line.startswith("data:"):
                try:
                    yield json.loads(line[5:])
                except ValueError:
                    continue


RECORDED = {
    "responses": ChatCompletion,
    "lists": ChatCompletionList,
    "errors": ErrorResponse,
    "requests": CreateChatCompletionRequest,
    "chunks": ChatCompletionChunk,
}


@pytest.mark.skipif(not PAYLOADS.exists(), reason="the recorded traffic (../shared/payloads) is not here")
@pytest.mark.parametrize(("name", "model"), RECORDED.items())
def test_every_recorded_object_comes_back_equal_and_in_order(name: str, model: type[Model]) -> None:
    objects = [body for body in (chunks() if name == "chunks" else rows(name)) if isinstance(body, dict)]
    assert len(objects) >= 12
    for body in objects:
        before = json.dumps(body)
        decoded = model.from_dict(body)
        assert json.dumps(decoded.to_dict()) == json.dumps(body) == before
        assert pickle.loads(pickle.dumps(decoded)) == decoded


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


def near(schema: Any, depth: int = 0) -> st.SearchStrategy[Any]:
    """Give values near a schema: mostly right, sometimes null, sometimes anything, objects of other keys."""
    right = _right(schema, depth)
    return st.one_of(right, right, right, st.none(), json_values if depth < 4 else st.text(max_size=3))


def _right(schema: Any, depth: int) -> st.SearchStrategy[Any]:
    if depth > 7 or not isinstance(schema, dict):
        return json_values
    if "$ref" in schema:
        return _right(SCHEMAS[schema["$ref"].rsplit("/", 1)[1]], depth)
    for keyword in ("anyOf", "oneOf", "allOf"):
        if keyword in schema:
            return st.one_of([_right(part, depth) for part in schema[keyword]])
    if "enum" in schema:
        return st.sampled_from(schema["enum"]) | st.just("a new one")
    kind = schema.get("type")
    if isinstance(kind, list):
        return st.one_of([_right({**schema, "type": one}, depth) for one in kind])
    if kind == "array":
        return st.lists(near(schema.get("items", {}), depth + 1), max_size=2)
    if kind == "object" or "properties" in schema:
        known = {key: near(value, depth + 1) for key, value in schema.get("properties", {}).items()}
        extra = st.dictionaries(st.text(max_size=6), json_values, max_size=2)
        return st.tuples(extra, st.fixed_dictionaries({}, optional=known)).map(lambda pair: {**pair[0], **pair[1]})
    plain = {
        "string": st.text(max_size=5),
        "integer": st.integers(),
        "number": st.floats(-9, 9),
        "boolean": st.booleans(),
    }
    return plain.get(str(kind), json_values)


NEAR = {
    "ChatCompletion": ("CreateChatCompletionResponse", ChatCompletion),
    "ChatCompletionChunk": ("CreateChatCompletionStreamResponse", ChatCompletionChunk),
    "ChatCompletionList": ("ChatCompletionList", ChatCompletionList),
    "CreateChatCompletionRequest": ("CreateChatCompletionRequest", CreateChatCompletionRequest),
    "ErrorResponse": ("ErrorResponse", ErrorResponse),
}


@pytest.mark.parametrize(("component", "model"), NEAR.values(), ids=NEAR.keys())
def test_objects_near_the_schemas_come_back_equal(component: str, model: type[Model]) -> None:
    @given(_right({"$ref": f"#/components/schemas/{component}"}, 0))
    @settings(max_examples=60, deadline=None)
    def check(value: Any) -> None:
        if not isinstance(value, dict):
            value = {"value": value}
        before = copy.deepcopy(value)
        decoded = model.from_dict(value)
        assert decoded.to_dict() == value == before
        assert list(decoded.to_dict()) == list(value)
        assert pickle.loads(pickle.dumps(decoded)).to_dict() == copy.deepcopy(decoded).to_dict() == value

    check()


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_any_object_comes_back_equal_through_every_model(data: st.DataObject) -> None:
    model = data.draw(st.sampled_from([*MODELS, UnknownVariant]))
    known = st.sampled_from([*model._attributes, "unknown"])
    value = data.draw(st.dictionaries(known | st.text(max_size=4), json_values, max_size=8))
    decoded = model.from_dict(value)
    assert decoded.to_dict() == value
    for key in value:
        assert key in decoded
        assert decoded[key] is not None or value[key] is None
    for key, name in model._attributes.items():
        if key not in value:
            assert key not in decoded
            assert getattr(decoded, name) is None


def test_absent_null_and_unknown_are_told_apart() -> None:
    chunk = ChatCompletionChunk.from_dict(
        {"choices": [{"delta": {"content": None, "reasoning_content": "hm"}, "index": 0}], "x_groq": {"id": 1}}
    )
    delta = chunk.choices[0].delta
    assert delta.content is delta.refusal is None
    assert "content" in delta
    assert "refusal" not in delta
    assert delta.reasoning_content == delta["reasoning_content"] == delta.get("reasoning_content") == "hm"
    assert chunk.x_groq == {"id": 1}
    assert chunk.additional_keys == ["x_groq"]
    assert delta.get("nothing", 5) == 5
    with pytest.raises(AttributeError, match="ChoiceDelta has no field 'nothing'"):
        _ = delta.nothing
    with pytest.raises(KeyError):
        _ = delta["refusal"]


@pytest.mark.parametrize(
    ("call", "kind"),
    [
        (
            {"type": "function", "id": "1", "function": {"name": "f", "arguments": "{}"}},
            "ChatCompletionMessageFunctionToolCall",
        ),
        ({"type": "custom", "id": "1", "custom": {"name": "f", "input": ""}}, "ChatCompletionMessageCustomToolCall"),
        ({"type": "brand_new", "id": "1", "brand_new": {"x": [1]}}, "UnknownVariant"),
        ({"id": "1", "function": {"name": "f", "arguments": "{}"}}, "ChatCompletionMessageFunctionToolCall"),
        ({"type": None, "id": "1", "custom": {"name": "f"}}, "ChatCompletionMessageCustomToolCall"),
        ({"type": ["odd"], "z": 1}, "UnknownVariant"),
        ({}, "UnknownVariant"),
    ],
)
def test_a_union_is_decoded_by_its_tag(call: dict[str, Any], kind: str) -> None:
    message = models.ChatCompletionMessage.from_dict({"tool_calls": [call, "odd", None]})
    assert message.tool_calls is not None
    decoded: Any = message.tool_calls[0]
    assert type(decoded).__name__ == kind
    assert all(getattr(decoded, key) is not None or value is None for key, value in call.items())
    assert message.to_dict() == {"tool_calls": [call, "odd", None]}


def test_models_can_be_made_changed_and_compared() -> None:
    message = models.ChatCompletionUserMessage(content="Hello")
    assert message.to_dict() == {"content": "Hello", "role": "user"}
    assert models.ChatCompletionAssistantMessage(content=None).to_dict() == {"content": None, "role": "assistant"}
    message.name = "me"
    message["extra"] = [1]
    assert message.to_dict() == {"content": "Hello", "role": "user", "name": "me", "extra": [1]}
    del message["name"]
    del message["extra"]
    assert message == models.ChatCompletionUserMessage(content="Hello") != models.ChatCompletionUserMessage(content="x")
    message["name"] = None
    assert "name" in message
    assert message.to_dict() == {"content": "Hello", "role": "user", "name": None}
    assert repr(message) == "ChatCompletionUserMessage(content='Hello', role='user', name=None)"
    assert not hasattr(message, "__dict__")
    with pytest.raises(TypeError):
        models.ChatCompletionUserMessage()  # type: ignore[call-arg]
    with pytest.raises(AttributeError):
        message.typo = 1  # type: ignore[attr-defined]
    with pytest.raises(TypeError):
        iter(message)
