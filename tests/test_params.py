"""The TypedDicts of requests take what the ecosystem writes, dicts and models mixed, and refuse what is wrong."""

from __future__ import annotations

import re
import typing
from pathlib import Path

import pytest

from chat_completions_api import params
from tests.specs import ROOT, Json, lowered, obj, ref, spec, type_errors
from tools.errors import ToolError
from tools.rendering.decoding import Decoders
from tools.rendering.models import model_shape
from tools.rendering.operations import operation_shapes
from tools.rendering.params import Params
from tools.rendering.shapes import Shapes

TEXT = {"type": "string"}

HEADER = """\
from __future__ import annotations
from typing import Any
from chat_completions_api import models
from chat_completions_api.params import (
    ChatCompletionMessageParam, ChatCompletionToolUnionParam, CompletionCreateParams, CompletionCreateParamsStreaming,
    CompletionListParams, ResponseFormatParam,
)
def take(params: CompletionCreateParams) -> None: ...
def take_streaming(params: CompletionCreateParamsStreaming) -> None: ...
def reply() -> models.ChatCompletionMessage: raise NotImplementedError
history: list[ChatCompletionMessageParam] = []
page: CompletionListParams
tools: list[ChatCompletionToolUnionParam]
format: ResponseFormatParam
"""

ACCEPTED = """\
take({"model": "gpt-4o", "messages": [{"role": "user", "content": "Hello"}]})
take({"model": "my-own", "messages": [{"role": "system", "content": "s"}, {"role": "developer", "content": "d"}]})
take({"model": "m", "messages": [{"role": "user", "content": [{"type": "text", "text": "t"}]}]})
take({"model": "m", "messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "u"}}]}]})
take({"model": "m", "messages": [{"role": "user", "content": [models.ChatCompletionContentPartText(text="t")]}]})
take({"model": "m", "messages": [models.ChatCompletionUserMessage(content="x"), {"role": "user", "content": "y"}]})
take({"model": "m", "messages": [{"role": "user", "content": "x"}, reply(), {"role": "user", "content": "y"}]})
take({"model": "m", "messages": [{"role": "assistant", "content": None, "tool_calls": [
    {"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]},
    {"role": "tool", "tool_call_id": "1", "content": "42"}]})
take({"model": "m", "messages": [{"role": "assistant", "tool_calls": reply().tool_calls or []}]})
history.append({"role": "user", "content": "x"})
history.append(reply())
history += [{"role": "assistant", "content": reply().content}]
take({"model": "m", "messages": tuple(history)})
take({"model": "m", "messages": history, "stream": True, "stream_options": {"include_usage": True}})
take({"model": "m", "messages": history, "stream": False})
take({"model": "m", "messages": history, "stream": None})
take_streaming({"model": "m", "messages": history, "stream": True})
tools = [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}, "strict": True}}]
tools += [{"type": "custom", "custom": {"name": "c"}}]
tools.append(models.ChatCompletionFunctionTool(function=models.FunctionDefinition(name="f")))
take({"model": "m", "messages": history, "tools": tools, "tool_choice": "auto", "parallel_tool_calls": False})
take({"model": "m", "messages": history, "tools": None, "tool_choice": None, "response_format": None})
take({"model": "m", "messages": history, "tool_choice": {"type": "function", "function": {"name": "f"}}})
format = {"type": "json_object"}
format = {"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "object"}, "strict": None}}
format = models.ResponseFormatText()
take({"model": "m", "messages": history, "response_format": format, "temperature": None, "stop": ["a"], "n": None})
take({"model": "m", "messages": history, "metadata": {"a": "b"}, "logit_bias": {"1": 2}, "modalities": ["text"]})
take({"model": "m", "messages": history, "reasoning_effort": "low", "service_tier": "flex", "verbosity": None})
take({"model": "m", "messages": history, "audio": {"voice": "alloy", "format": "mp3"}, "max_tokens": 3})
page = {"model": "m", "limit": 3, "metadata": {"a": "b"}, "order": "asc", "after": "x"}
page = {"metadata": None}
page = {}
"""

REFUSED = """\
take({"messages": history})
take({"model": "m"})
take({"model": 3, "messages": history})
take({"model": "m", "messages": history, "modle": 1})
take({"model": "m", "messages": [{"role": "usr", "content": "x"}]})
take({"model": "m", "messages": [{"role": "user", "contents": "x"}]})
take({"model": "m", "messages": [{"role": "user"}]})
take({"model": "m", "messages": [{"role": "user", "content": [{"type": "text", "txt": "t"}]}]})
take({"model": "m", "messages": [{"role": "tool", "content": "42"}]})
take({"model": "m", "messages": history, "temperature": "hot"})
take({"model": "m", "messages": history, "tools": [{"type": "function"}]})
take({"model": "m", "messages": history, "tool_choice": "maybe"})
take({"model": "m", "messages": history, "response_format": {"type": "yaml"}})
take({"model": "m", "messages": history, "user": None})
take({"model": "m", "messages": history, "stream": 1})
take_streaming({"model": "m", "messages": history})
take_streaming({"model": "m", "messages": history, "stream": False})
history.append(models.ChatCompletionFunctionTool(function=models.FunctionDefinition(name="f")))
page = {"order": "up"}
page = {"limit": None}
page = {"offset": 3}
models.ChatCompletionUserMessage(contents="x")
models.ChatCompletionUserMessage()
models.ChoiceDelta(content=3)
reply().content = 3
reply().content.upper()
"""


def test_what_type_checkers_say(tmp_path: Path) -> None:
    """Every line of the one is accepted, every line of the other refused, as a user would write them."""
    (tmp_path / "use.py").write_text(HEADER + ACCEPTED + REFUSED)
    (tmp_path / "chat_completions_api").symlink_to(ROOT / "generated" / "chat_completions_api")
    errors = type_errors(tmp_path, "use.py", cache=ROOT / ".mypy_cache" / "tests")
    lines = {int(match[1]) for line in errors if (match := re.match(r"use\.py:(\d+): error:", line))}
    assert all(line.startswith("use.py:") for line in errors), errors
    source = (HEADER + ACCEPTED + REFUSED).splitlines()
    expected = range(len((HEADER + ACCEPTED).splitlines()) + 1, len(source) + 1)
    assert [source[number - 1] for number in sorted(lines - set(expected))] == []
    assert [source[number - 1] for number in expected if number not in lines] == []


def test_they_cost_nothing_at_run_time() -> None:
    """A TypedDict makes a dict; every name of the module is there; the request knows its parts."""
    message = params.ChatCompletionUserMessageParam(role="user", content="x")
    assert type(message) is dict and message == {"role": "user", "content": "x"}
    for name in params.__all__:
        assert getattr(params, name) is not None
    assert typing.get_args(params.CompletionCreateParams) == (
        params.CompletionCreateParamsNonStreaming,
        params.CompletionCreateParamsStreaming,
    )
    assert params.ChatCompletionUserMessageParam in typing.get_args(params.ChatCompletionMessageParam)


def params_of(schemas: Json, body: Json, *, streams: bool = False) -> Params:
    """Return what `params.py` has for a document."""
    document = spec(schemas, body=body)
    if streams:
        operation = document["paths"]["/things"]["post"]
        operation["responses"]["200"] = {"description": "", "content": {"text/event-stream": {}}}
    core = lowered(document)
    shapes = Shapes(core)
    assert Decoders(shapes).lazy == []
    return Params(shapes, operation_shapes(core, shapes).values())


def keys_of(found: Params, name: str) -> dict[str, str]:
    return {key.key: key.annotation for key in found.dicts[name].keys}


def test_forms_of_values() -> None:
    """Each form of schema as the type of what may be sent."""
    schemas = {
        "Foo": obj({"a": TEXT}),
        "Bar": obj({"b": TEXT}),
        "Either": {"anyOf": [ref("Foo"), ref("Bar"), TEXT]},
        "Mode": {"type": "string", "enum": ["a", "b"]},
        "Body": obj(
            {
                "foo": ref("Foo"),
                "maybe": {"anyOf": [ref("Foo"), {"type": "null"}]},
                "many": {"type": "array", "items": ref("Foo")},
                "by_name": {"type": "object", "additionalProperties": ref("Foo")},
                "either": ref("Either"),
                "eithers": {"type": "array", "items": {**ref("Either"), "nullable": True}},
                "named": {"anyOf": [ref("Foo"), ref("Bar")], "x-param-name": "NamedParam"},
                "unnamed": {"anyOf": [ref("Foo"), ref("Bar"), {"type": "null"}]},
                "mode": ref("Mode"),
                "at": {"type": "string", "format": "date-time"},
                "uuid": {"type": "string", "format": "uuid"},
                "tag": {"const": "x"},
                "anything": {},
                "number": {"type": "number"},
            },
            required=["foo", "tag"],
        ),
    }
    found = params_of(schemas, ref("Body"))
    assert keys_of(found, "BodyParam") == {
        "foo": "Required[_Foo]",
        "maybe": "_Foo | None",
        "many": "Iterable[_Foo]",
        "by_name": "Mapping[str, _Foo]",
        "either": "EitherParam",
        "eithers": "Iterable[EitherParam | None]",
        "named": "NamedParam",
        "unnamed": "_Foo | _Bar | None",
        "mode": "Mode",
        "at": "str | datetime.datetime",
        "uuid": "str | uuid.UUID",
        "tag": "Required[Literal['x']]",
        "anything": "Any",
        "number": "float",
    }
    assert found.inputs["_Foo"].dicts == ["FooParam"] and found.inputs["_Foo"].models == ["Foo"]
    assert found.unions["EitherParam"].others == ["str"]
    assert found.enums == {("mode", "Mode")}


def test_requests_need_nothing_that_is_read_only() -> None:
    """A required property that only replies have is not asked of callers, however the document says so."""
    schemas = {
        "Id": {**obj({"at": TEXT}), "readOnly": True},
        "Body": obj(
            {
                "name": TEXT,
                "id": {**TEXT, "readOnly": True},
                "nullable": {"type": "string", "nullable": True, "readOnly": True},
                "inline": {**obj({"at": TEXT}), "readOnly": True},
                "referred": ref("Id"),
                "beside": {**ref("Part"), "readOnly": True},
                "merged": {"allOf": [ref("Part"), {"readOnly": True}]},
            },
            required=["name", "id", "nullable", "inline", "referred", "beside", "merged"],
        ),
        "Part": obj({"x": {"type": "integer"}}),
    }
    document = lowered(spec(schemas, body=ref("Body")))
    shapes = Shapes(document)
    found = Params(shapes, operation_shapes(document, shapes).values())
    needed = [key for key, annotation in keys_of(found, "BodyParam").items() if annotation.startswith("Required[")]
    assert needed == ["name"]
    assert [field.name for field in model_shape(shapes, "Body").fields if field.default is None] == ["name"]


def test_stream_decides_what_comes_back() -> None:
    """Where an operation streams, its request is two, told apart by `stream`."""
    schemas = {"Body": obj({"a": TEXT, "stream": {"type": ["boolean", "null"]}}, required=["a"])}
    found = params_of(schemas, ref("Body"), streams=True)
    assert keys_of(found, "BodyParamBase") == {"a": "Required[str]"}
    assert keys_of(found, "BodyParamNonStreaming") == {"stream": "Literal[False] | None"}
    assert keys_of(found, "BodyParamStreaming") == {"stream": "Required[Literal[True]]"}
    assert found.unions["BodyParam"].dicts == ["BodyParamNonStreaming", "BodyParamStreaming"]
    assert set(params_of(schemas, ref("Body")).dicts) == {"BodyParam"}


def test_objects_that_contain_themselves() -> None:
    """One TypedDict, which names itself."""
    found = params_of({"Node": obj({"next": ref("Node"), "either": {"anyOf": [ref("Node"), TEXT]}})}, ref("Node"))
    assert keys_of(found, "NodeParam") == {"next": "_Node", "either": "_Node | str"}


def test_unions_that_contain_themselves() -> None:
    """They are called by their name wherever they are met."""
    schemas = {
        "Filter": {"anyOf": [ref("Group"), ref("Simple")]},
        "Group": obj({"filters": {"type": "array", "items": ref("Filter")}}),
        "Simple": obj({"key": TEXT}),
        "Body": obj({"filter": {**ref("Filter"), "nullable": True}}),
    }
    found = params_of(schemas, ref("Body"))
    assert keys_of(found, "BodyParam") == {"filter": "FilterParam | None"}
    assert keys_of(found, "GroupParam") == {"filters": "Iterable[FilterParam]"}
    assert found.unions["FilterParam"].dicts == ["GroupParam", "SimpleParam"]


def test_other_classes_that_may_be_sent() -> None:
    """The overlay can say that a response's class may stand where a request's is sent; one that is gone is left out."""
    schemas = {
        "Sent": {**obj({"a": TEXT}), "x-also-accepts": ["received-thing", "Gone", "NoClass"]},
        "NoClass": {"type": "array", "items": TEXT},
        "received-thing": obj({"b": TEXT}),
        "Body": obj({"it": ref("Sent")}),
    }
    assert params_of(schemas, ref("Body")).inputs["_Sent"].models == ["Sent", "ReceivedThing"]


def test_names_that_are_taken() -> None:
    """A TypedDict and a union step back before a class and before each other; a name that was chosen does not."""
    schemas = {
        "Foo": obj({"a": TEXT}),
        "FooParam": obj({"b": TEXT}),
        "Bar": {"anyOf": [{**obj({"x": TEXT}), "x-class-name": "Bar"}, TEXT]},
        "Body": obj({"foo": ref("Foo"), "other": ref("FooParam"), "bar": ref("Bar"), "again": ref("Bar")}),
    }
    found = params_of(schemas, ref("Body"))
    assert set(found.dicts) == {"BodyParam", "FooParam2", "FooParamParam", "BarParam"}
    assert set(found.unions) == {"BarParam2"}
    schemas["Foo"]["x-param-name"] = "FooParam"
    with pytest.raises(ToolError, match="the overlay: FooParam names two things"):
        params_of(schemas, ref("Body"))


@pytest.mark.parametrize("key", ["foo-bar", "class", "__x", "ﬁ", "str", "Any", "", "1st", "a b"])
def test_keys_that_a_class_body_cannot_hold(key: str) -> None:
    """They are written in the functional form, which takes any text."""
    found = params_of({"Body": obj({key: TEXT})}, ref("Body"))
    assert found.dicts["BodyParam"].functional
    assert keys_of(found, "BodyParam") == {key: "str"}
    assert not params_of({"Body": obj({"plain": TEXT, "_x": TEXT})}, ref("Body")).dicts["BodyParam"].functional
