"""A type gives its JSON Schema and its values by its own library; what is missing or no type is told."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from typing import Annotated, Any, Literal, NewType

import msgspec
import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_completions.structured import adapter_for, strict_schema
from chat_completions.structured.partial import partial_json
from tests.structured import kinds
from tests.structured.kinds import WEATHERS, Box, Cat, Dog, MsgspecWeather, PydanticWeather, Step, Unit

WEATHER = '{"city": "Zürich", "degrees": 21.5, "unit": "F", "days": ["Mo"]}'


def as_dict(value: Any) -> dict[str, Any]:
    return (
        value
        if isinstance(value, dict)
        else {name: getattr(value, name) for name in ("city", "degrees", "unit", "days")}
    )


@pytest.mark.parametrize("kind", WEATHERS, ids=lambda kind: kind.__name__)
def test_each_library_loads_its_own(kind: Any) -> None:
    adapter = adapter_for(kind)
    assert adapter.kind is kind
    assert adapter.name == kind.__name__
    loaded = adapter.load(WEATHER)
    assert isinstance(loaded, dict if issubclass(kind, dict) else kind)
    assert as_dict(loaded) == {"city": "Zürich", "degrees": 21.5, "unit": Unit.FAHRENHEIT, "days": ["Mo"]}
    assert as_dict(adapter.load_value(json.loads(WEATHER))) == as_dict(loaded)
    fewer = adapter.load('{"city": "a", "degrees": 1}')
    if not isinstance(fewer, dict):
        assert as_dict(fewer) == {"city": "a", "degrees": 1.0, "unit": Unit.CELSIUS, "days": []}


@pytest.mark.parametrize("kind", WEATHERS, ids=lambda kind: kind.__name__)
def test_each_library_raises_its_own_error_and_tells_the_place(kind: Any) -> None:
    adapter = adapter_for(kind)
    expected = (pydantic.ValidationError, msgspec.ValidationError)
    with pytest.raises(expected) as caught:
        adapter.load('{"city": "a", "degrees": 1, "days": ["Mo", 3]}')
    assert adapter.place(caught.value) == ("days", 1)
    with pytest.raises((pydantic.ValidationError, msgspec.MsgspecError)) as caught:
        adapter.load("```json\n{}\n```")
    assert adapter.place(caught.value) == ()
    assert adapter.place(KeyError("of the caller's own validator")) == ()


def test_validators_of_the_types_are_run() -> None:
    for kind in (PydanticWeather, kinds.AttrsWeather, MsgspecWeather):
        with pytest.raises(ValueError):
            adapter_for(kind).load('{"city": "", "degrees": 1}')


def test_a_schema_is_the_callers() -> None:
    adapter = adapter_for(PydanticWeather)
    adapter.schema().clear()
    assert adapter.schema() == PydanticWeather.model_json_schema()
    assert adapter_for(PydanticWeather) is adapter


Meters = NewType("Meters", int)


@pytest.mark.parametrize(
    ("kind", "name", "text", "value"),
    [
        (list[Step], "list_Step", '[{"explanation": "a", "output": "b"}]', [Step(explanation="a", output="b")]),
        (Cat | Dog, "Cat_Dog", '{"kind": "dog", "name": "Rex"}', Dog(kind="dog", name="Rex")),
        (Box[int], "Box_int", '{"content": 1}', Box[int](content=1)),
        (Box[list[Step]], "Box_list_Step", '{"content": []}', Box[list[Step]](content=[])),
        (Annotated[int, pydantic.Field(gt=1)], "int", "2", 2),
        (Literal["a", "b"], "response", '"a"', "a"),
        (dict[str, list[int]], "dict_str_list_int", '{"a": [1]}', {"a": [1]}),
        (pydantic.TypeAdapter(list[int]), "list_int", "[1]", [1]),
        (list[MsgspecWeather], "list_MsgspecWeather", "[]", []),
        (MsgspecWeather | None, "MsgspecWeather_NoneType", "null", None),
        (Meters, "Meters", "3", 3),
        (Unit, "Unit", '"C"', Unit.CELSIUS),
        (type("Größe" * 20, (msgspec.Struct,), {}), ..., "{}", ...),
    ],
    ids=lambda part: str(part)[:30],
)
def test_any_type_has_a_name_that_the_api_takes(kind: Any, name: Any, text: str, value: Any) -> None:
    adapter = adapter_for(kind)
    assert name is ... or adapter.name == name
    assert 1 <= len(adapter.name) <= 64
    assert adapter.name.replace("-", "_").isidentifier() and adapter.name.isascii()
    assert value is ... or adapter.load(text) == value


def test_what_is_no_object_can_be_the_field_of_one() -> None:
    for kind in (list[Step], list[MsgspecWeather]):
        adapter = adapter_for(kind).wrapped()
        assert adapter.name == adapter_for(kind).name
        assert list(strict_schema(adapter.schema())["properties"]) == ["value"]
        assert adapter.load('{"value": []}') == adapter.load_value({"value": []}) == []
        assert adapter.partial('{"value": [{"a": ') == [{}]
        assert adapter.partial("[1") is None
        with pytest.raises((pydantic.ValidationError, msgspec.ValidationError)) as caught:
            adapter.load('{"value": [3]}')
        assert adapter.place(caught.value) == ("value", 0)
        assert adapter.wrapped() is adapter


class Plain:
    x: int


@pytest.mark.parametrize("kind", [3, "json_object", None, PydanticWeather(city="a", degrees=1), len, ..., [Step]])
def test_what_is_not_a_type_is_a_type_error(kind: Any) -> None:
    with pytest.raises(TypeError, match="is not a type; pass a pydantic model"):
        adapter_for(kind)


@pytest.mark.parametrize("kind", [Plain, list[Plain], Plain | Step, kinds.AttrsWeather | MsgspecWeather], ids=str)
def test_a_type_that_no_library_knows_is_a_type_error_that_says_what_they_said(kind: Any) -> None:
    with pytest.raises(
        TypeError, match=r"cannot create a JSON Schema for .*Unable to generate .* / .*; pass a pydantic"
    ):
        adapter_for(kind)


def test_what_msgspec_says_of_a_type_is_a_whole_sentence() -> None:
    class Holds(msgspec.Struct):
        plain: Plain

    with pytest.raises(TypeError, match=r"for Holds \(type <class '.*Plain'> is not supported\); pass a"):
        adapter_for(Holds)


def test_a_model_that_its_own_library_has_no_schema_for_is_a_type_error() -> None:
    class Odd(pydantic.BaseModel):
        model_config = pydantic.ConfigDict(arbitrary_types_allowed=True)
        plain: Plain

    with pytest.raises(TypeError, match="cannot create a JSON Schema for Odd"):
        adapter_for(Odd)


class Forward(pydantic.BaseModel):
    later: Later  # type: ignore[name-defined]  # noqa: F821


def test_a_name_that_is_not_defined_yet_is_reported() -> None:
    with pytest.raises(TypeError, match=r"Forward.*(not defined|not fully defined)"):
        adapter_for(Forward)


BLOCKED = """
import dataclasses, sys, typing
for name in {blocked!r}:
    sys.modules[name] = None
from chat_completions.structured import adapter_for, response_format_for
from chat_completions.structured.partial import partial_json

@dataclasses.dataclass
class Point:
    x: int
    y: list[int]

class Entry(typing.TypedDict):
    word: str

try:
    print({code})
except ImportError as error:
    print(error.name, error)
"""


@pytest.mark.parametrize(
    ("blocked", "code", "said"),
    [
        (["pydantic"], 'adapter_for(Point).load(\'{"x": 1, "y": [2]}\')', "Point(x=1, y=[2])"),
        (["pydantic"], "response_format_for(Entry)['json_schema']['schema']['required']", "['word']"),
        (["msgspec"], 'adapter_for(Point).load(\'{"x": 1, "y": [2]}\')', "Point(x=1, y=[2])"),
        (["pydantic", "msgspec"], "adapter_for(Point)",
         "pydantic Point needs the package 'pydantic': "
         "pip install 'chat-completions-client[pydantic]' or 'chat-completions-client[msgspec]'"),
        (["msgspec"], "__import__('attrs').define(Point) and adapter_for(__import__('attrs').make_class('A', ['x']))",
         "msgspec A needs the package 'msgspec': "
         "pip install 'chat-completions-client[msgspec]'"),
        (["jiter"], "partial_json('{\"a\": [1, \"tex')", "{'a': [1, 'tex']}"),
        (["jiter", "pydantic_core"], "partial_json('')",
         "jiter reading JSON as it arrives needs the package 'jiter': "
         "pip install 'chat-completions-client[pydantic]' or 'chat-completions-client[msgspec]'"),
    ],
)  # fmt: skip
def test_a_missing_library_is_done_without_or_told_with_its_extra(blocked: list[str], code: str, said: str) -> None:
    program = textwrap.dedent(BLOCKED.format(blocked=blocked, code=code))
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert result.stdout.strip() == said, result.stderr


def test_nothing_of_the_libraries_is_imported_before_a_type_needs_it() -> None:
    program = (
        "import chat_completions.structured, chat_completions._streaming.events.event_stream, sys; print(*sys.modules)"
    )
    modules = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert not {"pydantic", "msgspec", "jiter", "jsonschema"} & set(modules)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-99, 99) | st.text(max_size=4) | st.floats(allow_nan=False, width=16),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


def is_begun(part: Any, whole: Any) -> bool:
    """Whether a value may be what a text says on its way to another one."""
    if isinstance(whole, dict) and isinstance(part, dict):
        keys = list(part)
        return keys == list(whole)[: len(keys)] and all(is_begun(part[key], whole[key]) for key in keys)
    if isinstance(whole, list) and isinstance(part, list):
        return len(part) <= len(whole) and all(map(is_begun, part, whole))
    if isinstance(whole, str) and isinstance(part, str):
        return whole.startswith(part)
    return part == whole or isinstance(whole, int | float)


@given(JSON, st.booleans(), st.sampled_from([None, 1]), st.sampled_from(["{}", "```json\n{}\n```", "```\n{}```"]))
def test_the_beginning_of_a_text_says_the_beginning_of_its_value(
    value: Any, ascii_only: bool, indent: int | None, fence: str
) -> None:
    text = fence.replace("{}", json.dumps(value, ensure_ascii=ascii_only, indent=indent))
    for end in range(len(text) + 1):
        part = partial_json(text[:end])
        assert part is None or is_begun(part, value)
    assert partial_json(text) == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "no JSON",
        "It is ```json\n{}",
        "```json",
        "```python\nprint()",
        "{]",
        '{"a" 1',
        "\ud83d",
        '{"a": "\ud83d',
        "-",
    ],
)
def test_what_says_nothing_yet_is_none(text: str) -> None:
    assert partial_json(text) is None
