"""Generated code says where it comes from: `# Source: #/...` stands above each class, alias and endpoint."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

from tests.specs import ROOT, generate, obj, spec
from tools.document import document as documents
from tools.document import pointer as pointers

PACKAGE = ROOT / "generated" / "chat_completions_api"
TEXT = {"type": "string"}


def sources(path: Path) -> dict[str, list[str]]:
    """Return the pointers directly above each statement of a file that defines a name, by that name."""
    lines = path.read_text().splitlines()
    found: dict[str, list[str]] = {}
    waiting: list[ast.AST] = [*ast.parse(path.read_text()).body]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If):
            waiting += node.body
        targets = getattr(node, "targets", [getattr(node, "target", None)])
        name = getattr(node, "name", getattr(targets[0], "id", None))
        first = min([getattr(node, "lineno", 0), *(d.lineno for d in getattr(node, "decorator_list", ()))])
        above = []
        while name and lines[first - 2 - len(above)].strip().startswith("# Source: "):
            above.append(lines[first - 2 - len(above)].strip().removeprefix("# Source: "))
        if name:
            found.setdefault(str(name), above[::-1])
    return found


def leads_somewhere(document: Any, node: Any, segments: list[str]) -> bool:
    """Return whether a pointer leads to a part of the slice, through its `allOf`s, and less a union that null made."""
    if not segments:
        return True
    if isinstance(node, dict) and "$ref" in node:
        return leads_somewhere(document, pointers.find(document, pointers.split(node["$ref"])), segments)
    try:
        if leads_somewhere(document, pointers.find(node, segments[:1]), segments[1:]):
            return True
    except LookupError:
        pass
    parts = node.get("allOf", ()) if isinstance(node, dict) else ()
    made = segments[:2] == ["anyOf", "0"] and leads_somewhere(document, node, segments[2:])
    return made or any(leads_somewhere(document, part, segments) for part in parts)


def test_everything_says_where_it_comes_from() -> None:
    """Every model, enum, TypedDict, named union and endpoint does; every pointer leads to a part of the slice."""
    document = documents.load((ROOT / "openapi.yaml").read_bytes(), name="openapi.yaml")
    said: set[str] = set()
    for path in (PACKAGE / "models").glob("[!_]*.py"):
        (own,) = (above for name, above in sources(path).items() if not name.startswith("_"))
        assert own, path.name
        said |= {*own}
    params = sources(PACKAGE / "params.py")
    assert [name for name, above in params.items() if not name.startswith("_") and not above] == []
    endpoints = [sources(path)["_get_kwargs"] for path in sorted((PACKAGE / "api" / "chat").glob("[!_]*.py"))]
    assert endpoints == [["#/paths/~1chat~1completions/post"], ["#/paths/~1chat~1completions/get"]]
    for pointer in said.union(*params.values()):
        assert leads_somewhere(document, document, pointers.split(pointer)), pointer


def test_a_class_that_stands_for_several_schemas_names_them_all() -> None:
    """Sorted, the class as well as its TypedDict."""
    calls = [
        "#/components/schemas/ChatCompletionRequestAssistantMessage/properties/function_call/anyOf/0",
        "#/components/schemas/ChatCompletionResponseMessage/properties/function_call",
    ]
    assert sources(PACKAGE / "models" / "function_call.py")["FunctionCall"] == calls
    assert sources(PACKAGE / "params.py")["FunctionCallParam"] == calls


def test_odd_names_stay_on_their_line(tmp_path: Path) -> None:
    """Whatever a property is called, its pointer is one line of ASCII, as `tools.document.pointer` writes it."""
    odd = ["two\nlines", "import os  # noqa", "naïve ☃", "a/b~c%41", "\ud800", "coding: utf-7"]
    inline = {name: obj({f"x{i}": TEXT}) for i, name in enumerate(odd)}
    document = spec({"Odd": obj(inline)}, body={"$ref": "#/components/schemas/Odd"})
    generate(document, tmp_path / "package")
    said = re.findall("# Source: (.*)", "".join(path.read_text() for path in tmp_path.rglob("*.py")))
    assert all(re.fullmatch("[!-~]+", pointer) for pointer in said)
    for name in odd:
        if name.isprintable() or "\n" in name:
            assert said.count(pointers.join("#/components/schemas/Odd/properties", name)) == 2
    for path in tmp_path.rglob("*.py"):
        compile(path.read_text(), path, "exec")


def test_the_types_of_a_list_stand_where_the_list_does(tmp_path: Path) -> None:
    """A type in a list has no pointer of its own; a property that is called `type` has."""
    schemas = {"Odd": obj({"type": {**obj({"type": obj({"x": TEXT})}), "type": ["object", "null"]}})}
    generate(spec(schemas, body={"$ref": "#/components/schemas/Odd"}), tmp_path / "package")
    at = "#/components/schemas/Odd"
    assert {*re.findall("# Source: (.*)", (tmp_path / "package" / "params.py").read_text())} == {
        at,
        f"{at}/properties/type",
        f"{at}/properties/type/properties/type",
    }
