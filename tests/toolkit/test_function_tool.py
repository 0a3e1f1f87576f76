"""`function_tool`: what the model is told of a function or a type, and what its arguments become."""

from __future__ import annotations

import asyncio
import copy
import datetime
import functools
import json
import pickle
import subprocess
import sys
from collections.abc import Callable
from typing import Annotated, Any

import jsonschema
import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_completions import Client, FunctionTool, function_tool, pydantic_function_tool
from chat_completions.errors import SchemaError, ToolArgumentsError
from chat_completions.local import LocalServer
from chat_completions.models import ChatCompletionFunctionTool, FunctionDefinition
from tests.client.scripted import ScriptedServer, json_reply
from tests.conftest import examples
from tests.toolkit import tooled
from tests.toolkit.conftest import MESSAGES, calls, completion
from tests.toolkit.tooled import Colour, Model, Part, Place, Point, Settings, Shelf, Struct

shelf = Shelf("A")

# The function, the arguments that a model writes, and what the function is called with.
CALLS: dict[str, tuple[Any, dict[str, Any], dict[str, Any]]] = {
    "plain": (
        tooled.plain,
        {"text": "a", "count": 1, "ratio": 0.5, "sure": True},
        {"text": "a", "count": 1, "ratio": 0.5, "sure": True},
    ),
    "defaults by null": (
        tooled.optional,
        {"text": None, "count": None, "note": None, "other": None},
        {"text": "x", "count": 3, "note": None, "other": None},
    ),
    "defaults by absence": (tooled.optional, {}, {"text": "x", "count": 3, "note": None, "other": 5}),
    "positional-only": (
        tooled.positional,
        {"first": 1, "second": None, "third": 7, "fourth": 4},
        {"first": 1, "second": 2, "third": 7, "fourth": 4},
    ),
    "rich": (
        tooled.rich,
        {
            "colour": "blue",
            "day": "2024-02-29",
            "unit": "km",
            "points": [{"x": 1, "y": 2}],
            "either": "5",
            "warm": None,
            "favourite": None,
        },
        {
            "colour": Colour.BLUE,
            "day": datetime.date(2024, 2, 29),
            "unit": "km",
            "points": [Point(1, 2)],
            "either": "5",
            "warm": 20.0,
            "favourite": Colour.RED,
        },
    ),
    "pydantic models": (
        tooled.with_models,
        {"model": {"name": "a", "parts": [{"weight": 1.5}]}, "many": []},
        {"model": Model(name="a", parts=[Part(weight=1.5)]), "many": []},
    ),
    "attrs and msgspec": (
        tooled.with_structs,
        {"place": {"name": "a", "at": None}, "struct": {"name": "b"}, "point": {"x": 1, "y": 2}},
        {"place": Place("a"), "struct": Struct("b"), "point": Point(1, 2)},
    ),
    "nothing": (tooled.nothing, {}, {}),
    "bound method": (shelf.find, {"title": "a", "limit": None}, {"label": "A", "title": "a", "limit": 5}),
    "class method": (Shelf.opened, {"title": "a"}, {"cls": "Shelf", "title": "a"}),
    "static method": (shelf.shut, {"title": "a"}, {"title": "a"}),
    "callable object": (shelf, {"title": "a"}, {"label": "A", "title": "a"}),
    "partial": (
        functools.partial(tooled.optional, count=9),
        {"text": "a", "note": "n", "other": 1},
        {"text": "a", "count": 9, "note": "n", "other": 1},
    ),
    "partial by place": (
        functools.partial(tooled.positional, 1),
        {"second": 5, "third": 6, "fourth": 7},
        {"first": 1, "second": 5, "third": 6, "fourth": 7},
    ),
    "partial of a partial": (
        functools.partial(functools.partial(shelf.find, title="a"), limit=2),
        {},
        {"label": "A", "title": "a", "limit": 2},
    ),
    "cached": (tooled.cached, {"text": "a"}, {"text": "a"}),
    "wrapped": (tooled.wrapped, {"text": "a", "colour": "red"}, {"text": "a", "colour": Colour.RED}),
    "annotated": (tooled.annotated, {"city": "a", "days": 1, "unit": None}, {"city": "a", "days": 1, "unit": "C"}),
}
ROWS = [pytest.param(*row, id=name) for name, row in CALLS.items()]


@pytest.mark.parametrize("strict", [True, False])
@pytest.mark.parametrize(("function", "arguments", "called"), ROWS)
def test_the_model_calls_the_function(
    function: Any, arguments: dict[str, Any], called: dict[str, Any], strict: bool
) -> None:
    """The arguments become values of the parameters' types, by position or by name as the function wants them."""
    tool = function_tool(function, strict=strict)
    assert tool.call(json.dumps(arguments)) == called
    jsonschema.Draft202012Validator.check_schema(tool.parameters)
    if strict:
        _check_strict(tool.parameters)
        if len(arguments) == len(tool.parameters["properties"]):
            jsonschema.validate(arguments, tool.parameters)
    else:
        assert set(tool.parameters.get("required", ())) <= set(arguments) and "strict" not in tool["function"]


def _check_strict(schema: Any) -> None:
    """Check what the API's guide demands of objects: closed, and every property required."""
    if isinstance(schema, dict):
        if schema.get("type") == "object":
            assert schema["additionalProperties"] is False
            assert sorted(schema["required"]) == sorted(schema.get("properties", {}))
        for value in schema.values():
            _check_strict(value)
    elif isinstance(schema, list):
        for value in schema:
            _check_strict(value)


@pytest.fixture(scope="module")
def local() -> Any:
    with LocalServer(strict=True) as server:
        yield server


@pytest.mark.parametrize(("function", "arguments", "called"), ROWS)
def test_what_the_schema_allows_the_function_takes(local: Any, function: Any, arguments: Any, called: Any) -> None:
    """The local server checks the request, and makes arguments of the schema alone: they must fit."""
    with Client(base_url=local.base_url) as client:
        run = client.chat.completions.run_tools(
            model="m", messages=MESSAGES, tools=[function], tool_choice="required", validate=True
        )
    (result,) = run.tool_results
    assert result.error is None and set(result.value) == set(called)


def test_a_tool_is_what_the_api_takes() -> None:
    """It is a dict beside dicts, with the fields of the API's model as attributes."""
    tool = function_tool(tooled.plain, name="renamed", description="Do it.")
    plain = json.loads(json.dumps(tool))
    assert plain == tool == dict(tool) == tool.to_dict() and isinstance(tool, dict)
    assert list(plain["function"]) == ["name", "description", "parameters", "strict"]
    assert (tool.name, tool.description, tool.strict, tool.type) == ("renamed", "Do it.", True, "function")
    assert tool.function == FunctionDefinition.from_dict(plain["function"])
    assert isinstance(ChatCompletionFunctionTool.from_dict(tool).function, FunctionDefinition)
    with ScriptedServer(json_reply(completion(calls()))) as server, Client(base_url=server.base_url) as client:
        client.chat.completions.create(model="m", messages=[], tools=[tool, plain], validate=False)
        assert server.requests[0].json()["tools"] == [plain, plain]
    assert "renamed" in repr(tool) and repr(tool).startswith("FunctionTool(")


def test_parse_and_stream_read_the_arguments_of_tools() -> None:
    """`parsed_arguments`: the value of a type's tool, the arguments of a function's."""
    tools = [function_tool(Model), function_tool(tooled.optional)]
    message = calls(("Model", {"name": "a", "parts": []}), ("optional", {"text": None}))
    with ScriptedServer(json_reply(completion(message))) as server, Client(base_url=server.base_url) as client:
        parsed = client.chat.completions.parse(model="m", messages=MESSAGES, tools=tools)
    model, optional = (
        call.function.parsed_arguments for call in parsed.choices[0].message.tool_calls or () if call.type == "function"
    )
    assert model == Model(name="a")
    assert optional == {"text": "x", "count": 3, "note": None, "other": 5}


STYLES = [tooled.google, tooled.numpy, tooled.rest, tooled.epydoc]


@pytest.mark.parametrize("function", STYLES, ids=lambda function: function.__name__)
def test_docstrings_are_read_in_every_style(function: Any) -> None:
    tool = function_tool(function, strict=False)
    assert tool.description == "Tell the weather.\n\nIt rains mostly."
    told = {name: " ".join(rule["description"].split()) for name, rule in tool.parameters["properties"].items()}
    assert told == {"city": "Where to look, as people call it.", "days": "How many days."}
    assert tool.parameters["properties"]["days"]["default"] == 3


def test_what_stands_with_the_type_wins_over_the_docstring() -> None:
    told = {
        name: rule["description"]
        for name, rule in function_tool(tooled.annotated, strict=False).parameters["properties"].items()
    }
    assert told == {"city": "Where to look.", "days": "How many days.", "unit": "Of degrees."}


def test_a_strict_schema_says_that_null_is_the_default() -> None:
    properties = function_tool(tooled.optional).parameters["properties"]
    assert properties["count"]["description"] == "null for the default, 3"
    assert {"type": "null"} in properties["count"]["anyOf"]
    assert "description" not in properties["note"] and "description" not in properties["other"]
    assert (
        function_tool(tooled.google).parameters["properties"]["days"]["description"]
        == "How many days. (null for the default, 3)"
    )
    assert "red" in function_tool(tooled.rich).parameters["properties"]["favourite"]["description"]


def test_the_order_of_parameters_stays() -> None:
    """A model writes its arguments in this order, so what it needs to think of first comes first."""
    for function in (tooled.rich, tooled.with_structs, tooled.with_models):
        names = list(function.__annotations__)[:-1]
        for strict in (True, False):
            assert list(function_tool(function, strict=strict).parameters["properties"]) == names


def test_docstrings_that_are_odd() -> None:
    def only_arguments(x: int) -> None:
        """
        Args:
            x: A number.
        """

    def no_sections(x: int) -> None:
        """Do: a thing, with a colon.

        Example:
            foo: bar
        """

    def blank(x: int) -> None:
        """ """  # noqa: D419

    def other_names(x: int) -> None:  # noqa: D417
        """Do it.

        Args:
            y: No parameter.
        """

    def describe(function: Any) -> tuple[Any, Any]:
        tool = function_tool(function)
        return tool.description, tool.parameters["properties"]["x"].get("description")

    assert describe(only_arguments)[1] == "A number."
    assert describe(no_sections)[0].startswith("Do: a thing, with a colon.")
    assert describe(blank) == (None, None) and "description" not in function_tool(blank)["function"]
    assert describe(other_names) == ("Do it.", None)


def test_types_become_tools() -> None:
    """Their arguments become values; nothing is run."""
    for kind, written, value in [
        (Model, {"name": "a", "parts": []}, Model(name="a")),
        (Point, {"x": 1, "y": 2}, Point(1, 2)),
        (Place, {"name": "a", "at": None}, Place("a")),
        (Struct, {"name": "a"}, Struct("a")),
        (Settings, {"depth": 3}, {"depth": 3}),
    ]:
        tool: FunctionTool[..., Any] = function_tool(kind)
        assert tool.is_type and tool.name == kind.__name__ and tool.strict
        assert tool.call(json.dumps(written)) == value == tool.adapter.load(json.dumps(written))
        _check_strict(tool.parameters)
        with pytest.raises(ToolArgumentsError, match=f"the arguments of {kind.__name__} do not fit"):
            tool.call("{}")
    model = function_tool(Model)
    assert model.description == "A thing." and model(name="b") == Model(name="b")
    assert model.parameters["properties"]["name"]["description"] == "What it is called."
    assert function_tool(Point).description is None
    assert pydantic_function_tool(Model, name="thing")["function"]["name"] == "thing"


def test_as_a_decorator() -> None:
    @function_tool
    def bare(x: int) -> int:
        """Bare."""
        return x

    @function_tool(name="other", description="Other.", strict=False)
    async def with_options(x: int) -> int:
        return x

    assert bare(3) == 3 and bare.call('{"x": 4}') == 4 and bare.__name__ == "bare" and bare.__doc__ == "Bare."
    assert with_options.is_async and asyncio.run(with_options.call('{"x": 4}')) == 4
    assert (with_options.name, with_options.description, with_options.strict) == ("other", "Other.", False)
    again = function_tool(bare, name="again")
    assert again.name == "again" and again(5) == 5


@function_tool
def decorated(x: int) -> int:
    """Stand in the module, under the name of the function."""
    return x


def test_tools_are_copied_and_pickled() -> None:
    for tool in (
        function_tool(tooled.plain),
        function_tool(Model),
        function_tool(shelf.find),
        function_tool(functools.partial(tooled.optional, count=4), name="p", strict=False),
    ):
        for again in (copy.copy(tool), copy.deepcopy(tool), pickle.loads(pickle.dumps(tool))):
            assert again == tool and type(again) is FunctionTool and again is not tool
            assert again.adapter.name == tool.adapter.name
    original = function_tool(tooled.plain)
    changed = copy.deepcopy(original)
    changed["function"]["parameters"]["properties"].clear()
    assert list(original.parameters["properties"]) == ["text", "count", "ratio", "sure"]
    changed["function"]["name"] = "changed"
    assert changed.name == "changed" == pickle.loads(pickle.dumps(changed)).name != function_tool(tooled.plain).name
    assert pickle.loads(pickle.dumps(decorated)) is decorated


def test_annotations_that_are_looked_up_later() -> None:
    """Texts, as `from __future__ import annotations` makes them, also of what is local, and of the function itself."""

    class Local(pydantic.BaseModel):
        x: int
        more: list[Local] = []

    def takes(local: Local, many: list[Local] | None = None) -> Any:
        return local

    def calls_itself(local: Local, depth: int = 0) -> Any:
        return calls_itself

    @function_tool
    def recursive(local: "Local") -> Any:  # noqa: UP037
        return recursive

    assert function_tool(takes).call('{"local": {"x": 1, "more": []}, "many": null}') == Local(x=1)
    assert function_tool(calls_itself, strict=False).call('{"local": {"x": 1}}') is calls_itself
    assert recursive.call('{"local": {"x": 1, "more": []}}') is recursive


Unknown: Any = None


def no_type(x) -> None: ...  # type: ignore[no-untyped-def]
def stars(*x: int) -> None: ...
def double_stars(x: int, **options: int) -> None: ...
def free(x: dict[str, int]) -> None: ...
def anything(x: Any) -> None: ...
def of_nowhere(x: Nowhere) -> None: ...  # type: ignore[name-defined]  # noqa: F821
def field(x: int = pydantic.Field(3)) -> None: ...
def function_wanted(x: str, hook: Callable[[int], int]) -> None: ...
def of_two_libraries(x: Model, y: Place) -> None: ...
def yields(x: int) -> Any:
    yield x


class Plain:
    def __init__(self, x: int) -> None: ...


@pytest.mark.parametrize(
    ("x", "options", "kind", "said"),
    [
        (no_type, {}, TypeError, r"the parameter 'x' of no_type\(\) has no type; annotate it, such as `x: str`"),
        (lambda x: x, {"name": "f"}, TypeError, r"the parameter 'x' of .*<lambda>\(\) has no type"),
        (Shelf.find, {}, TypeError, r"the parameter 'self' of Shelf.find\(\) has no type.*pass it bound to its object"),
        (stars, {}, TypeError, r"stars\(\) takes \*x, which no schema can describe"),
        (double_stars, {}, TypeError, r"double_stars\(\) takes \*\*options"),
        (free, {}, SchemaError, r"free cannot be a strict tool; .*strict=False.*/properties/x: "),
        (anything, {}, SchemaError, r"anything cannot be a strict tool"),
        (of_nowhere, {}, TypeError, r"'Nowhere' of the parameter 'x' of of_nowhere\(\) cannot be resolved"),
        (field, {}, TypeError, r"the parameter 'x' of field\(\) has a Field as its default; write Annotated"),
        (function_wanted, {}, TypeError, r"the parameter 'hook' of function_wanted: cannot create a JSON Schema"),
        (of_two_libraries, {}, TypeError, r"of_two_libraries has parameters that no single library supports"),
        (yields, {}, TypeError, r"yields\(\) yields its results one by one"),
        (lambda: 1, {}, ValueError, r"not accept the tool name '<lambda>'.*name="),
        (tooled.plain, {"name": "no spaces"}, ValueError, r"'no spaces': 1 to 64"),
        (tooled.plain, {"name": "x" * 65}, ValueError, r"1 to 64"),
        (Plain, {}, TypeError, r"cannot create a JSON Schema for Plain"),
        (Annotated[list[int], "x"], {}, TypeError, r"must be an object, but list_int is not"),
        ({"type": "function"}, {}, TypeError, r"pass a dict in tools=\[...\] as it is"),
        (3, {}, TypeError, r"not from 3"),
        (print, {}, TypeError, r"print\(\) takes \*args"),
    ],
)
def test_what_cannot_be_a_tool(x: Any, options: Any, kind: type[Exception], said: str) -> None:
    with pytest.raises(kind, match=said):
        function_tool(x, **options)


def test_free_objects_are_taken_where_the_tool_is_not_strict() -> None:
    assert function_tool(free, strict=False).parameters["properties"]["x"]["type"] == "object"
    assert function_tool(anything, strict=False).parameters["required"] == ["x"]


@pytest.mark.parametrize(
    ("text", "pointer", "what"),
    [
        ("{", "", "not JSON"),
        ("[" * 100_000, "", "not JSON"),
        ('"x"', "", '"x" is not an object'),
        ("{}", "/colour", "required"),
        ('{"colour": "green", "day": "2024-02-29", "unit": "km", "points": [], "either": 1}', "/colour", "red"),
        ('{"colour": "red", "day": "yesterday", "unit": "km", "points": [], "either": 1}', "/day", "date"),
        (
            '{"colour": "red", "day": "2024-02-29", "unit": "km", "points": [{"x": "?"}], "either": 1}',
            "/points/0/x",
            "integer",
        ),
        ('{"a/b": 1}', "/a~1b", "unknown parameter"),
    ],
)
def test_arguments_that_do_not_fit(text: str, pointer: str, what: str) -> None:
    """The error names each place, survives pickling, and the function is not called."""
    with pytest.raises(ToolArgumentsError) as caught:
        function_tool(tooled.rich).call(text)
    error = pickle.loads(pickle.dumps(caught.value))
    assert error.name == "rich" and error.arguments == text and str(error) == str(caught.value)
    assert any(place == pointer and what in said for place, said in error.problems), error.problems
    assert len(str(error)) < 2000


@given(st.text(), st.integers(-(2**53), 2**53), st.floats(allow_nan=False, allow_infinity=False), st.booleans())
@examples(50)
def test_values_arrive_as_they_were_written(text: str, count: int, ratio: float, sure: bool) -> None:
    given = {"text": text, "count": count, "ratio": ratio, "sure": sure}
    assert PLAIN.call(json.dumps(given)) == given == PLAIN.call(json.dumps(given, ensure_ascii=False))


PLAIN = function_tool(tooled.plain)


def test_what_type_checkers_alone_know_has_to_be_there_for_parameters_only() -> None:
    """The type of the result may be unknown at run time; it is not the model's business."""

    def returns(x: int) -> Nowhere:  # type: ignore[name-defined]  # noqa: F821
        return x

    assert function_tool(returns).call('{"x": 1}') == 1


BLOCKED = """
import sys
for name in {blocked!r}:
    sys.modules[name] = None
from dataclasses import dataclass
from chat_completions import function_tool

def add(a: int, b: int = 2, *, note: str | None = None) -> int:
    {doc!r}
    return a + b

def none(): return 1

@dataclass
class Point:
    x: int

print(function_tool(none).call("{{}}"))
tool = function_tool(add)
print(tool.call('{{"a": 1, "b": null, "note": null}}'))
print(list(tool.parameters["properties"]), sorted(tool.parameters["required"]))
print(function_tool(Point).call('{{"x": 1}}'))
"""
PYDANTIC = ["pydantic", "pydantic_core", "typing_extensions"]


@pytest.mark.parametrize(
    ("blocked", "doc", "printed", "error"),
    [
        ([], "Add.", "3\n['a', 'b', 'note'] ['a', 'b', 'note']", ""),
        (["msgspec"], "Add.", "3\n['a', 'b', 'note'] ['a', 'b', 'note']", ""),
        (PYDANTIC, "Add.", "3\n['a', 'b', 'note'] ['a', 'b', 'note']", ""),
        (
            [*PYDANTIC, "msgspec"],
            "",
            "1",
            "pip install 'chat-completions-client[pydantic]' or 'chat-completions-client[msgspec]'",
        ),
        (["docstring_parser"], "Add.\nAdd.", "1", "docstrings needs the package 'docstring-parser': pip install"),
    ],
)
def test_with_what_is_installed(blocked: list[str], doc: str, printed: str, error: str) -> None:
    """One of the two libraries is enough; without both, the error names what to install."""
    code = BLOCKED.format(blocked=blocked, doc=doc)
    result = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)
    assert printed in result.stdout and error in result.stderr, result
    assert bool(result.returncode) == bool(error)


def test_importing_and_creating_import_nothing_of_tools() -> None:
    code = (
        "import chat_completions, sys; chat_completions.Client(base_url='http://127.0.0.1:1').chat.completions;"
        " print(*sys.modules)"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not [
        name for name in loaded if name.startswith(("chat_completions.toolkit", "pydantic", "docstring_parser"))
    ]
