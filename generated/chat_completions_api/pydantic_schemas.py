"""Models and TypedDicts as types of pydantic: imported when pydantic asks for them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import unquote

from pydantic_core import core_schema

from .types import Model


def model_schema(kind: type[Model]) -> Any:
    """Give the core schema of a class of models: an object decodes to a model, which loses nothing of it."""

    def validated(value: Any) -> Model:
        try:
            return kind.model_validate(value)
        except TypeError as error:
            raise ValueError(str(error)) from None

    def encoded(model: Model, info: Any) -> Any:
        asked = (info.include, info.exclude, info.exclude_none, info.exclude_defaults)
        if not any(asked):
            return model.to_dict()
        return model.model_dump(
            exclude_unset=True,
            include=info.include,
            exclude=info.exclude,
            exclude_none=info.exclude_none,
            exclude_defaults=info.exclude_defaults,
        )

    return core_schema.no_info_plain_validator_function(
        validated,
        ref=f"{kind.__module__}.{kind.__name__}",
        serialization=core_schema.plain_serializer_function_ser_schema(encoded, info_arg=True),
    )


@cache
def typed_dict(kind: Any) -> Any:
    """Give the twin of a TypedDict that pydantic takes before Python 3.12."""
    import typing_extensions

    make: Any = typing_extensions.TypedDict
    twin = make(kind.__name__, kind.__annotations__, total=False)
    for name in ("__doc__", "__module__", "__pydantic_config__", "__qualname__"):
        setattr(twin, name, getattr(kind, name))
    return twin


class JSONSchemas:
    """The schemas of the specification, as pydantic writes them: each name that they refer to is a definition.

    Args:
        handler: What pydantic gives `__get_pydantic_json_schema__`.
    """

    def __init__(self, handler: Any) -> None:
        self._handler = handler
        self._document = json.loads(files(str(__package__)).joinpath("openapi.json").read_text("utf-8"))
        # The names whose schemas are being made, which may refer to themselves.
        self._begun: set[str] = set()

    def at(self, pointer: str) -> Any:
        """Give the schema at a pointer into the document."""
        parts = [unquote(part).replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
        return self._written(next(self._reached(self._document, parts)))

    def _reached(self, schema: Any, parts: list[str]) -> Iterator[Any]:
        """Yield what lies at the end of a path, which passes `allOf` and references without naming them."""
        if not parts:
            yield schema
        elif isinstance(schema, list):
            yield from self._reached(schema[int(parts[0])], parts[1:])
        else:
            if parts[0] in schema:
                yield from self._reached(schema[parts[0]], parts[1:])
            for branch in schema.get("allOf", ()):
                yield from self._reached(branch, parts)
            if "$ref" in schema:
                yield from self._reached(self._document, schema["$ref"].split("/")[1:] + parts)

    def _written(self, schema: Any) -> Any:
        if isinstance(schema, list):
            return [self._written(entry) for entry in schema]
        if not isinstance(schema, dict):
            return schema
        if "$ref" in schema:
            siblings = {key: value for key, value in schema.items() if key != "$ref"}
            return self._reference(schema["$ref"]) | siblings
        return {
            key: value
            if key in ("const", "default", "enum")
            else {name: self._written(entry) for name, entry in value.items()}
            if key == "properties"
            else self._written(value)
            for key, value in schema.items()
            # Its mapping has pointers of the document.
            if key != "discriminator"
        }

    def _reference(self, pointer: str) -> Any:
        ref = f"{__package__}.schemas.{pointer.rpartition('/')[2]}"
        reference = core_schema.definition_reference_schema(ref)
        if pointer in self._begun:
            return self._handler(reference)
        self._begun.add(pointer)
        functions: Any = {"pydantic_js_functions": [lambda schema, handler: self.at(pointer)]}
        definition = core_schema.any_schema(ref=ref, metadata=functions)
        written = self._handler(core_schema.definitions_schema(reference, [definition]))
        self._begun.discard(pointer)
        return written
