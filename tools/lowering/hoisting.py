"""Give inline objects and enums their own classes."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from openapi_python_client.strings import pascal_case

from tools.document.pointer import unescape
from tools.lowering.naming import ClassNames, class_name, other_names, singular
from tools.schema.schemas import SCHEMA_REF, Schema, canonical_json

_STRUCTURE = ["components", "content", "headers", "parameters", "paths", "requestBodies", "responses", "schema"]
_MEANINGLESS = ("deprecated", "description", "x-default", "x-param-name")


@dataclass(frozen=True)
class Place:
    """Where a schema is: its pointer, and the name that it gets if it needs one.

    Attributes:
        at: The JSON pointer.
        name: The class name that its place suggests.
        hint: The class name from the overlay, for it and the schemas inline in it.
        param: The TypedDict's name from the overlay.
    """

    at: str
    name: str
    hint: str | None = None
    param: str | None = None

    @property
    def source(self) -> str:
        """The pointer of the schema in the document: the types of a list are at the list's place."""
        return re.sub(r"(?<!/properties)/type/\d+", "", self.at)

    def hinted(self, schema: Schema) -> Place:
        return replace(self, hint=schema.get("x-class-name", self.hint), param=schema.get("x-param-name", self.param))

    def inside(self, keyword: str) -> Place:
        return replace(self, at=f"{self.at}/{keyword}", name=singular(self.name))


class Hoisting:
    """The classes of inline schemas.

    Args:
        names: The names that the components have; those of inline schemas are added.
    """

    def __init__(self, names: ClassNames) -> None:
        self.names = names
        self.classes: dict[str, Schema] = {}
        self.clashes: list[str] = [*names.clashes]
        self.sources: dict[str, set[str]] = {}
        self._meanings: dict[str, str] = {}

    def reference(self, core: Schema, place: Place, owner: str | None) -> Schema:
        """Return a `$ref` to the class of a lowered object or enum: a new one, or the one that means the same.

        Args:
            core: The object or enum.
            place: Its place.
            owner: The component there, if it does not need a class itself: "X or null" leaves its name to X.
        """
        meaning = _meaning(core)
        name = class_name(place.hint or place.name)
        others = other_names(class_name(place.name))
        hint = place.hint
        while not self._fits(name, meaning, owner):
            if hint is not None:
                self.clashes.append(f"{place.at}: the class name {name} is taken by a different schema")
                hint, name = None, class_name(place.name)
            else:
                name = next(others)
        self.classes.setdefault(name, core)
        self.names.claim(name, f"# {name}")
        self.sources.setdefault(name, set()).add(place.source)
        return {"$ref": SCHEMA_REF + name}

    def _fits(self, name: str, meaning: str, owner: str | None) -> bool:
        """Return whether a name is free, or that of a class that means the same."""
        if name not in self.classes:
            return self.names.free(name, owner)
        if name not in self._meanings:
            self._meanings[name] = _meaning(self.classes[name])
        return self._meanings[name] == meaning

    def of(self, core: Schema) -> Schema | None:
        """Return the inline class that a schema refers to, possibly with other types; the caller may change it."""
        found = [member["$ref"].removeprefix(SCHEMA_REF) for member in core.get("anyOf", [core]) if "$ref" in member]
        if len(found) != 1:
            return None
        self._meanings.pop(found[0], None)
        return self.classes.get(found[0])


def outer_name(document: dict[str, Any], at: str) -> str:
    """Return the stem of names for inline schemas of an operation: its id, then the parameter or status."""
    words: list[str] = []
    node, holder = document, ""
    for token in at.split("/")[1:]:
        key = unescape(token)
        parent: Any = node
        node = parent[int(key)] if isinstance(parent, list) else parent[key]
        if isinstance(node, dict) and "operationId" in node:
            words = [str(node["operationId"])]
        elif isinstance(parent, list) and isinstance(node, dict) and "name" in node:
            words.append(node["name"])
        elif holder == "content":
            # Of several media types, one is JSON as a rule, and has the plain name.
            words += [] if key.partition(";")[0].endswith("json") else [key]
        elif key in ("requestBody", "responses") and words:
            words.append("body" if key == "requestBody" else "response")
        elif key not in _STRUCTURE:
            words.append(key)
        holder = key
    return str(pascal_case(" ".join(words).replace("/", " ")))


def _meaning(schema: Any) -> str:
    """Return one text for all schemas that mean the same."""

    def bare(node: Any) -> Any:
        if isinstance(node, dict):
            return {key: bare(value) for key, value in node.items() if key not in _MEANINGLESS}
        return [bare(entry) for entry in node] if isinstance(node, list) else node

    return canonical_json(bare(schema))
