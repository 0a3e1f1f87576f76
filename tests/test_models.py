"""The generated models: lossless on every JSON object, typed where the document knows, open where it does not."""

from __future__ import annotations

import copy
import datetime
import gzip
import json
import pickle
import re
import subprocess
import sys
import types as python_types
import uuid
from collections import UserDict, deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import chat_completions_api.models
from chat_completions.models import ParsedChatCompletion
from chat_completions_api import types
from chat_completions_api.models import (
    ChatCompletion,
    ChatCompletionChunk,
    ChatCompletionContentPartText,
    ChatCompletionList,
    ChatCompletionMessage,
    ChatCompletionMessageFunctionToolCall,
    ChatCompletionUserMessage,
    Choice,
    ChoiceDelta,
    CreateChatCompletionRequest,
    ErrorResponse,
    Function,
)
from chat_completions_api.types import Model, UnknownVariant, encode_json
from tests.conftest import examples
from tests.near import ANY_JSON, objects_near
from tests.specs import ROOT, Json, lowered
from tools.document import document as documents
from tools.document import yaml_reader
from tools.rendering.generator import class_names, load_config
from tools.schema.overlay import apply_overlay

PAYLOADS = ROOT.parent / "shared" / "payloads"
DELTA: Json = {"content": None, "unheard_of": "hm", "role": "assistant", "tool_calls": []}


def text_of(value: Any) -> str:
    """Return the one text of a JSON value; unlike `==` it knows the order of keys, and true from 1."""
    return json.dumps(value, allow_nan=False)


# Recorded traffic


def recorded(name: str) -> Iterator[Any]:
    """Yield the recorded bodies of a kind; of event streams, each event's data that is a JSON object."""
    path = PAYLOADS / f"{name}.jsonl.gz"
    if not path.exists():
        pytest.skip(f"the recorded {name} are not at hand")
    for line in gzip.decompress(path.read_bytes()).decode("utf-8", "surrogateescape").strip().split("\n"):
        body = json.loads(line)["body"]
        if not isinstance(body, str):
            yield body
            continue
        for event in body.splitlines():
            data = event.removeprefix("data:").strip()
            if event.startswith("data:") and data.startswith("{"):
                try:
                    yield json.loads(data)
                except ValueError:
                    continue


@pytest.mark.parametrize(
    ("name", "model", "at_least"),
    [
        ("responses", ChatCompletion, 400),
        ("responses", ParsedChatCompletion, 400),
        ("lists", ChatCompletionList, 10),
        ("streams", ChatCompletionChunk, 10_000),
        ("errors", ErrorResponse, 15),
        ("requests", CreateChatCompletionRequest, 300),
    ],
)
def test_recorded_traffic_comes_back(name: str, model: type[Model], at_least: int) -> None:
    """Every recorded object, decoded and encoded, is the same to the last key, and reads."""
    count = 0
    for body in recorded(name):
        if not isinstance(body, dict):
            continue
        count += 1
        decoded = model.from_dict(body)
        assert text_of(decoded.to_dict()) == text_of(body)
        for key in body:
            assert key in decoded
        read_all(decoded)
        assert text_of(decoded.to_dict()) == text_of(body)
        if name == "requests":
            assert json.loads(encode_json(decoded)) == body
    assert count >= at_least


# Objects near the schemas


def lowered_slice() -> Json:
    document = documents.load((ROOT / "openapi.yaml").read_bytes(), name="openapi.yaml")
    overlay = yaml_reader.read((ROOT / "overlay.yaml").read_bytes(), name="overlay.yaml")
    chosen = class_names(load_config(ROOT / "generator-config.yml"))
    schemas: Json = lowered(apply_overlay(document, overlay).document, chosen)["components"]["schemas"]
    return schemas


SCHEMAS = lowered_slice()
MODELS = sorted(name for name, schema in SCHEMAS.items() if "properties" in schema)


def model_named(name: str) -> type[Model]:
    model: type[Model] = getattr(chat_completions_api.models, name)
    return model


def read_all(value: Any) -> None:
    """Read every attribute of a model and of all that it holds."""
    if isinstance(value, Model):
        for name in (*value._attributes.values(), *value._extensions, *value.additional_keys):
            read_all(getattr(value, name, None))
    elif isinstance(value, list):
        for entry in value:
            read_all(entry)


def assert_lossless(model: type[Model], body: Json) -> None:
    """Decode and encode an object, read it in every way, and see that nothing is lost, changed or shared."""
    before = text_of(body)
    decoded = model.from_dict(body)
    assert text_of(decoded.to_dict()) == before
    assert type(decoded) is model
    for key, name in model._attributes.items():
        assert (key in decoded) == (key in body)
        value = getattr(decoded, name)
        if name in model._empties and body.get(key) is None:
            assert value in ([], {}) or value.to_dict() == {}
            assert getattr(decoded, name) is value
            assert decoded.get(key) is (value if key in body else None)
        else:
            assert decoded.get(key) is value
            assert key in body or value is None
        assert (key in decoded) == (key in body)
    for name in model._extensions:
        assert getattr(decoded, name) == body.get(name)
    for key in body:
        if model._attributes.get(key) not in model._empties or body[key] is not None:
            assert text_of(types.to_json_value(decoded[key])) == text_of(body[key])
        if key not in model._attributes and not key.startswith("_") and not hasattr(Model, key):
            assert getattr(decoded, key) == body[key] or key in model._attributes.values()
    read_all(decoded)
    assert text_of(decoded.to_dict()) == before
    assert text_of(copy.copy(decoded).to_dict()) == text_of(copy.deepcopy(decoded).to_dict()) == before
    assert text_of(pickle.loads(pickle.dumps(decoded)).to_dict()) == before
    assert repr(decoded).startswith(f"{model.__name__}(")
    assert decoded == model.from_dict(copy.deepcopy(body))
    assert text_of(body) == before


@pytest.mark.slow
@pytest.mark.parametrize("name", MODELS)
@examples(20)
@given(data=st.data())
def test_any_object_near_the_schema_comes_back(name: str, data: st.DataObject) -> None:
    """Right and wrong types, null, missing and extra fields, unknown values and variants: decoded without a loss."""
    assert_lossless(model_named(name), data.draw(objects_near(SCHEMAS, name)))


@examples(60)
@given(name=st.sampled_from(MODELS), body=st.dictionaries(st.text(max_size=3), ANY_JSON, max_size=4))
def test_any_object_at_all_comes_back(name: str, body: Json) -> None:
    """An object that has nothing to do with the schema is decoded just the same."""
    assert_lossless(model_named(name), body)


@examples(50)
@given(data=st.data())
def test_copies_are_equal_and_apart(data: st.DataObject) -> None:
    """Copying, deep copying and pickling give equal objects; a change to one leaves the other."""
    model = model_named(
        data.draw(st.sampled_from(["ChatCompletion", "ChatCompletionChunk", "CreateChatCompletionRequest"]))
    )
    decoded = model.from_dict(data.draw(objects_near(SCHEMAS, model.__name__)))
    before = text_of(decoded.to_dict())
    pickled = [pickle.loads(pickle.dumps(decoded, protocol)) for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1)]
    for other in [copy.copy(decoded), copy.deepcopy(decoded), *pickled]:
        assert type(other) is model and other == decoded
        assert text_of(other.to_dict()) == before
        other["model"], other["zz"] = "other", 1
        assert text_of(decoded.to_dict()) == before


@pytest.mark.parametrize("depth", [50, 400, 900])
@pytest.mark.parametrize("shape", ["list", "object"])
def test_values_of_the_wrong_shape_may_lie_deep(depth: int, shape: str) -> None:
    """What the JSON parser takes, however deep, comes back; Python's own recursion is no limit."""
    value: Any = "leaf"
    for _ in range(depth):
        value = [value] if shape == "list" else {"function": value}
    for key, holder in (("tool_calls", value), ("function_call", {"arguments": value}), ("content", [value])):
        assert ChoiceDelta.from_dict({key: holder}).to_dict() == {key: holder}


# Reading


def test_absent_and_null() -> None:
    """Both read as None; `in` and `get` tell them apart; both are given back as they came."""
    absent, null = ChoiceDelta.from_dict({}), ChoiceDelta.from_dict({"content": None})
    assert absent.content is None and null.content is None
    assert "content" not in absent and "content" in null
    assert absent.get("content", "default") == "default" and null.get("content", "default") is None
    assert absent.to_dict() == {} and null.to_dict() == {"content": None}
    assert absent != null
    with pytest.raises(KeyError):
        absent["content"]
    assert null["content"] is None


def test_extra_fields_are_items_and_attributes() -> None:
    """What the document does not know reads by either way, and what nobody knows is missing by both."""
    delta = ChoiceDelta.from_dict(DELTA)
    assert delta.unheard_of == delta["unheard_of"] == delta.get("unheard_of") == "hm"
    assert "unheard_of" in delta
    assert delta.additional_keys == ["unheard_of"]
    assert delta.additional_properties == {"unheard_of": "hm"}
    assert getattr(delta, "nothing", "default") == "default"
    with pytest.raises(AttributeError, match="ChoiceDelta has no field 'nothing'"):
        _ = delta.nothing
    with pytest.raises(KeyError):
        delta["nothing"]


def test_fields_named_like_methods() -> None:
    """They read as items; the methods stay methods."""
    body = {"to_dict": 1, "get": 2, "from_dict": 3, "_keys": 4, "__class__": 5, "additional_properties": 6, "_info": 7}
    delta = ChoiceDelta.from_dict(body)
    assert {key: delta[key] for key in body} == body == delta.to_dict()
    assert delta.get("get") == 2
    assert isinstance(delta, ChoiceDelta)
    assert delta._request_id is None


def test_unknown_variants_and_values_read() -> None:
    """A union's variant that nobody knows has its fields; an enum's value that nobody knows is the string."""
    message = ChatCompletionMessage.from_dict(
        {
            "role": "robot",
            "tool_calls": [{"type": "unheard_of", "server": {"url": "u"}}, {"type": "function", "id": "1"}, "x"],
        }
    )
    unknown, known, text = message.tool_calls or []
    assert isinstance(unknown, UnknownVariant) and unknown.type == "unheard_of" and unknown["server"] == {"url": "u"}
    assert isinstance(known, ChatCompletionMessageFunctionToolCall) and known.function.name is None
    assert text == "x"
    assert message.role == "robot"
    choice = Choice.from_dict({"finish_reason": "eos", "index": "0"})
    assert choice.finish_reason == "eos" and choice.index == "0"


@pytest.mark.parametrize("tag", [None, 1, 1.5, True, [], {}, "", "\ud800"])
def test_tags_that_are_none(tag: Any) -> None:
    """A variant whose tag is missing or no text is found by its keys, or is an unknown one."""
    call = {"type": tag, "id": "1", "function": {"name": "f", "arguments": ""}}
    message = ChatCompletionMessage.from_dict({"tool_calls": [call]})
    assert message.to_dict() == {"tool_calls": [call]}
    found = (message.tool_calls or [])[0]
    expected = UnknownVariant if isinstance(tag, (str, int)) else ChatCompletionMessageFunctionToolCall
    assert type(found) is expected
    del call["type"]
    decoded = ChatCompletionMessage.from_dict({"tool_calls": [call]})
    assert isinstance((decoded.tool_calls or [])[0], ChatCompletionMessageFunctionToolCall)


# Changing


def test_constructing() -> None:
    """Fields are given by name; what is left out is absent, None is null, the tags are there."""
    message = ChatCompletionUserMessage(content=[ChatCompletionContentPartText(text="Hello")])
    assert message.to_dict() == {"content": [{"text": "Hello", "type": "text"}], "role": "user"}
    assert ChatCompletionMessage(content=None, role="assistant").to_dict() == {"content": None, "role": "assistant"}
    assert ChoiceDelta().to_dict() == {}
    with pytest.raises(TypeError):
        ChatCompletionUserMessage()  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        ChatCompletionUserMessage("Hello")  # type: ignore[misc]
    with pytest.raises(TypeError):
        ChatCompletionUserMessage(content="Hello", nonsense=1)  # type: ignore[call-arg]


def test_constructing_from_a_body() -> None:
    """Dicts become models as in `from_dict`, beside models; what the caller gave is not changed."""
    body: Any = {
        "id": "c",
        "created": 1,
        "model": "m",
        "object": "chat.completion",
        "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "a", "odd": 1}}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3},
    }
    before = copy.deepcopy(body)
    completion = ChatCompletion(**body)
    assert completion == ChatCompletion.from_dict(body) and completion.choices[0].message.odd == 1
    assert body == before and completion.to_dict() == body
    call = ChatCompletionMessageFunctionToolCall(id="1", function=Function(name="f", arguments="{}"))
    given: Any = [call, {"id": "2", "type": "function", "function": {"name": "g", "arguments": ""}}, "odd"]
    calls: Any = ChatCompletionMessage(role="assistant", tool_calls=given).tool_calls
    assert calls[0] is call and calls[1].function.name == "g" and calls[2] == "odd" and type(given[1]) is dict
    parts: Any = ChatCompletionUserMessage(content=[{"type": "text", "text": "a"}]).content  # type: ignore[list-item]
    assert isinstance(parts[0], ChatCompletionContentPartText)


def test_setting_fields() -> None:
    """An attribute or an item that is set is encoded; what had a place in the order keeps it."""
    delta = ChoiceDelta.from_dict(DELTA)
    delta.content = "text"
    delta["role"] = None
    delta.refusal = "no"
    delta["extra"] = [1]
    delta.additional_properties["more"] = {"a": 1}
    assert text_of(delta.to_dict()) == text_of(
        {
            "content": "text",
            "unheard_of": "hm",
            "role": None,
            "tool_calls": [],
            "refusal": "no",
            "extra": [1],
            "more": {"a": 1},
        }
    )
    assert delta.more == {"a": 1} and "refusal" in delta and delta["refusal"] == "no"
    null = ChoiceDelta()
    null["content"] = None
    assert null.to_dict() == {"content": None}
    null.content = None
    assert null.to_dict() == {"content": None}
    with pytest.raises(AttributeError):
        delta.nonsense = 1


def test_setting_models_and_plain_values() -> None:
    """Models, dicts and lists of both may stand in a field; encoding gives plain JSON."""
    message = ChatCompletionMessage.from_dict({"role": "assistant"})
    call = ChatCompletionMessageFunctionToolCall(id="1", function=Function(name="f", arguments="{}"))
    message.tool_calls = [call, {"id": "2", "function": Function(name="g", arguments="")}]  # type: ignore[list-item]
    assert message.to_dict()["tool_calls"] == [
        {"function": {"arguments": "{}", "name": "f"}, "id": "1", "type": "function"},
        {"id": "2", "function": {"arguments": "", "name": "g"}},
    ]


def test_deleting_fields() -> None:
    """A field that is deleted is absent, whatever it was; an absent one cannot be."""
    delta = ChoiceDelta.from_dict(DELTA)
    for key in DELTA:
        del delta[key]
        assert key not in delta
        with pytest.raises(KeyError):
            del delta[key]
    assert delta.to_dict() == {} and delta.content is None
    other = ChoiceDelta.from_dict(DELTA)
    other.additional_properties.clear()
    assert "unheard_of" not in other and "unheard_of" not in other.to_dict()


def test_decoding_shares_nothing_that_changes() -> None:
    """Extra fields of the object and of the dict that it came from are apart."""
    body = {"zz": 1}
    delta = ChoiceDelta.from_dict(body)
    delta["zz"] = 2
    delta.to_dict()["zz"] = 3
    assert body == {"zz": 1} and delta["zz"] == 2


def test_any_mapping_is_decoded() -> None:
    """The outermost object need not be a dict."""
    assert ChoiceDelta.from_dict(python_types.MappingProxyType(DELTA)).to_dict() == DELTA


def test_equality_and_repr() -> None:
    """Equal are objects of one class with equal fields; the repr shows what is present, in order."""
    delta = ChoiceDelta.from_dict(DELTA)
    assert delta == ChoiceDelta.from_dict(DELTA) and delta != ChoiceDelta.from_dict({**DELTA, "zz": 1})
    assert delta != ChatCompletionMessage.from_dict(DELTA) and delta != DELTA
    assert repr(delta) == "ChoiceDelta(content=None, unheard_of='hm', role='assistant', tool_calls=[])"
    with pytest.raises(TypeError):
        hash(delta)


def test_models_are_slotted() -> None:
    """No model has a dict of attributes; each class has its fields' slots only."""
    for name in MODELS:
        model = model_named(name)
        assert not hasattr(model.from_dict({}), "__dict__"), name
        assert set(model.__slots__) == set(model._attributes.values()), name  # type: ignore[attr-defined]
    assert not hasattr(UnknownVariant.from_dict({}), "__dict__")


# Encoding requests


def test_encoding_a_body() -> None:
    """Dicts, models, tuples, dates and what else JSON has no word for but texts."""
    moment = datetime.datetime(2024, 1, 2, 3, 4, 5, tzinfo=datetime.UTC)
    identity = uuid.UUID(int=7)
    body = {
        "messages": (ChatCompletionUserMessage(content="Grüße"), {"role": "user", "content": ChoiceDelta(content="x")}),
        "at": moment,
        "on": moment.date(),
        "id": identity,
        "mapping": UserDict(a=1),
        "queue": deque([1, 2]),
    }
    encoded = encode_json(body)
    assert "Grüße".encode() in encoded
    assert json.loads(encoded) == {
        "messages": [{"content": "Grüße", "role": "user"}, {"role": "user", "content": {"content": "x"}}],
        "at": "2024-01-02T03:04:05+00:00",
        "on": "2024-01-02",
        "id": str(identity),
        "mapping": {"a": 1},
        "queue": [1, 2],
    }


@pytest.mark.parametrize("value", [{1, 2}, b"bytes", bytearray(b"x"), object(), 1j])
def test_what_json_has_not(value: Any) -> None:
    """It is an error that names the type."""
    with pytest.raises(TypeError, match=f"JSON has no {type(value).__name__}"):
        encode_json({"a": [value]})


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_numbers_that_json_has_not(value: float) -> None:
    """NaN and infinities never go out."""
    with pytest.raises(ValueError, match="JSON"):
        encode_json({"temperature": value})


def test_what_holds_itself_and_what_is_too_deep_are_told_apart() -> None:
    """Neither goes out, nor ends the interpreter."""
    body: dict[str, Any] = {"a": [1]}
    body["a"].append(body)
    with pytest.raises(ValueError, match="Circular"):
        encode_json(body)
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(RecursionError):
        encode_json({"a": deep})


def test_lone_surrogates_are_sent_as_escapes() -> None:
    """They are legal in JSON, and not in UTF-8."""
    assert encode_json({"a": "\ud800é"}) == b'{"a":"\\ud800\\u00e9"}'
    assert json.loads(encode_json({"a": "\ud800é"})) == {"a": "\ud800é"}


# Imports

IMPORTS = """
import json, sys
import chat_completions_api
from chat_completions_api import models, types
from chat_completions_api.api.chat import create_chat_completion, list_chat_completions
def loaded():
    return sorted(name.removeprefix("chat_completions_api.models.") for name in sys.modules
                  if name.startswith("chat_completions_api.models."))
first = loaded()
others = [name for name in ("dateutil", "httpx", "uuid", "chat_completions_api.client") if name in sys.modules]
chunk = models.ChatCompletionChunk.from_dict({"choices": [{"delta": {"content": "x"}}]})
second = loaded()
print(json.dumps([first, others, second, "dateutil" in sys.modules]))
"""


@pytest.mark.bare
def test_imports_are_lazy() -> None:
    """The package, its models and its endpoints import no model; decoding imports those that came, and no dateutil."""
    done = subprocess.run([sys.executable, "-W", "error", "-c", IMPORTS], capture_output=True, text=True, check=True)
    first, others, second, dateutil = json.loads(done.stdout)
    assert first == [] and others == [] and not dateutil
    assert second == ["chat_completion_chunk", "choice_delta", "chunk_choice"]


def test_every_public_name_is_importable() -> None:
    """`__all__`, `dir` and what can be read agree; another name is an AttributeError."""
    names = chat_completions_api.models.__all__
    assert list(names) == sorted(names, key=str.lower) and set(names) == set(SCHEMAS)
    assert set(names) <= set(dir(chat_completions_api.models))
    for name in names:
        assert getattr(chat_completions_api.models, name) is not None
    with pytest.raises(AttributeError, match="has no attribute 'Nothing'"):
        _ = chat_completions_api.models.Nothing


def test_only_models_with_a_date_need_dateutil() -> None:
    """A model mentions the decoder of dates, or a module for them, only if one of its fields has the format."""
    for name in MODELS:
        schema = json.dumps(SCHEMAS[name])
        text = Path(sys.modules[model_named(name).__module__].__file__ or "").read_text()
        assert "decode_datetime" not in text or '"format": "date-time"' in schema, name
        assert "import datetime" not in text or '"format": "date' in schema, name
        assert "import uuid" not in text or '"format": "uuid"' in schema, name


def test_no_unset_and_no_numbered_name_in_public() -> None:
    """No response type shows `Unset`, and no class is called after a number or the word item."""
    for name in SCHEMAS:
        assert not re.search(r"(Type|Variant)\d|Item$|Value$", name), name
        module = Path(sys.modules[model_named(name).__module__].__file__ or "") if name in MODELS else None
        assert module is None or "Unset" not in module.read_text()


def test_what_is_required_and_missing_reads_as_empty() -> None:
    """Lists and objects; to_dict() gives what came until something is put in."""
    for sent in ({}, {"choices": None}, {"choices": [{}]}, {"choices": [{"delta": None}]}, {"choices": []}):
        chunk = ChatCompletionChunk.from_dict(sent)
        for choice in chunk.choices:
            assert choice.delta.content is None and choice.delta.tool_calls is None
            assert choice.delta is choice.delta
        assert chunk.choices is chunk.choices
        assert chunk.to_dict() == sent and chunk == ChatCompletionChunk.from_dict(sent)
        assert chunk.model_dump(exclude_unset=True) == sent
        assert ("choices" in chunk) == ("choices" in sent)


@pytest.mark.parametrize("sent", [{}, {"choices": None}], ids=["absent", "null"])
@pytest.mark.parametrize(
    "duplicate", [lambda it: it, copy.copy, copy.deepcopy, lambda it: pickle.loads(pickle.dumps(it))]
)
def test_what_is_put_in_is_given(sent: Json, duplicate: Callable[[Any], Any]) -> None:
    choice = Choice.from_dict({"index": 0})
    for read_before in (False, True):
        completion = ChatCompletion.from_dict(sent)
        if read_before:
            assert completion.choices == []
        completion = duplicate(completion)
        assert completion.to_dict() == sent
        completion.choices.append(choice)
        assert completion.to_dict() == {"choices": [{"index": 0}]} and "choices" in completion
        completion.choices.clear()
        assert completion.to_dict() == sent
        completion.choices = []
        assert completion.to_dict() == {"choices": []}
        del completion["choices"]
        assert completion.to_dict() == {} and completion.choices == []
    choice.message.content = "Hm"
    assert choice.to_dict() == {"index": 0, "message": {"content": "Hm"}}
    choice.message["refusal"] = None
    del choice.message["content"]
    assert choice.to_dict() == {"index": 0, "message": {"refusal": None}}


def test_threads_read_one_and_the_same_empty_list() -> None:
    for _ in range(200):
        completion = ChatCompletion.from_dict({})
        with ThreadPoolExecutor(8) as pool:
            for one in pool.map(lambda one: one.choices, [completion] * 8):
                one.append(Choice.from_dict({}))
        assert len(completion.choices) == 8


def test_extensions_are_read_and_stay_unknown() -> None:
    delta = ChoiceDelta.from_dict({"reasoning_content": "Hm"})
    assert (delta.reasoning_content, delta.reasoning) == ("Hm", None)
    assert delta.model_extra == {"reasoning_content": "Hm"} and "reasoning" not in delta
    assert "reasoning_content" not in delta._known
    with pytest.raises(AttributeError, match="reasoning_contend"):
        _ = delta.reasoning_contend  # type: ignore[attr-defined]  # pyright: ignore
    for packaged in ("known_fields.json", "openapi.json"):
        text = (Path(chat_completions_api.__file__).parent / packaged).read_text(encoding="utf-8")
        assert "reasoning_content" not in text and "x-extensions" not in text
