"""Hypothesis strategies for JSON objects near a lowered schema: as it says, or wrong in one way or another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from tests.specs import Json
from tools.schema.schemas import ref_name

# What Python cannot put into UTF-8 is legal in JSON all the same, as an escape.
TEXTS = st.text(st.characters(exclude_categories=()), max_size=5)
NUMBERS = st.integers() | st.just(10**400) | st.floats(allow_nan=False, allow_infinity=False)
SCALARS = st.none() | st.booleans() | NUMBERS | TEXTS
ODD_KEYS = st.sampled_from(
    [
        "from_dict",
        "get",
        "_keys",
        "_extra",
        "_info",
        "__class__",
        "__dict__",
        "self",
        "additional_properties",
        "",
        "class_",
    ]
)
KEYS = TEXTS | ODD_KEYS
ANY_JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=6
)
FORMATS = {
    "date-time": st.datetimes().map(lambda moment: moment.isoformat() + "Z")
    | st.sampled_from(
        [
            "2024-02-29t23:59:60.123456789z",
            "2024-01-01 00:00:00+00:00",
            "2024-01-01T00:00:00.5-23:59",
            "2024-01-01T24:00:00Z",
            "9999-12-31T24:00:00Z",
            "0000-00-00T00:00:00Z",
            "2024-01-01T00:00:00",
            "2024-01-01",
            "2024",
            "2024-W01-1T10:00",
            "20240101T101010Z",
        ]
    ),
    "date": st.dates().map(str) | st.sampled_from(["20240101", "2024-W01-1", "2024-02-30", "2024-1-1"]),
    "uuid": st.uuids().map(str) | st.uuids().map(lambda value: value.hex) | st.uuids().map(lambda value: value.urn),
}


def objects_near(schemas: Json, class_name: str) -> st.SearchStrategy[Json]:
    """Return objects near a lowered object schema.

    Args:
        schemas: The lowered document's classes.
        class_name: One of them, with properties.
    """
    return _Near(schemas).object(schemas[class_name])


class _Near:
    def __init__(self, schemas: Json) -> None:
        self._schemas = schemas
        self._known: dict[str, st.SearchStrategy[Any]] = {}

    def object(self, schema: Json) -> st.SearchStrategy[Json]:
        known = {key: self.value(core) for key, core in schema["properties"].items()}

        @st.composite
        def objects(draw: Callable[[st.SearchStrategy[Any]], Any]) -> Json:
            keys = draw(st.lists(st.sampled_from([*known]) | st.sampled_from([*known]) | KEYS, unique=True, max_size=9))
            return {key: draw(known.get(key, ANY_JSON)) for key in keys}

        return objects()

    def value(self, core: Json) -> st.SearchStrategy[Any]:
        right = self.right(core)
        return st.one_of(right, right, right, right, st.none(), ANY_JSON)

    def right(self, core: Json) -> st.SearchStrategy[Any]:
        if "$ref" in core:
            return self.class_(ref_name(core["$ref"]))
        if "anyOf" in core:
            return st.one_of([self.right(member) for member in core["anyOf"]])
        if "const" in core:
            return st.just(core["const"])
        if "x-map" in core:
            return st.dictionaries(KEYS, self.value(core["x-map"]), max_size=3)
        if core.get("type") == "array":
            return st.lists(self.value(core["items"]), max_size=3)
        scalars = {"boolean": st.booleans(), "integer": st.integers(), "null": st.none(), "number": NUMBERS}
        scalars["string"] = FORMATS.get(core.get("format", ""), TEXTS)
        return scalars.get(core.get("type", ""), ANY_JSON)

    def class_(self, name: str) -> st.SearchStrategy[Any]:
        if name not in self._known:
            self._known[name] = st.deferred(lambda: self._class(name))
        return self._known[name]

    def _class(self, name: str) -> st.SearchStrategy[Any]:
        schema = self._schemas[name]
        return self.object(schema) if "properties" in schema else st.sampled_from(schema["enum"]) | TEXTS
