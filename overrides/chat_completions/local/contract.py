"""Check request bodies, query parameters and responses against the OpenAPI document."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any
from urllib.parse import quote, unquote

from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from .errors import ApiError
from .faults import Fault, all_faults, first_fault

_Place = list[str | int]

_BASE = "urn:chat-completions:openapi"
# The API's defaults that the document does not state.
_DEFAULTS = {"limit": 20, "order": "asc"}

_INTEGER = re.compile(r"-?[0-9]{1,18}")
_NUMBER = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,18})?")


@dataclass(frozen=True, slots=True)
class _Parameter:
    types: frozenset[str]
    default: Any
    place: _Place


def packaged_document() -> dict[str, Any]:
    """Load the OpenAPI document that ships with the generated package.

    Returns:
        The document; its schemas are JSON Schema 2020-12.
    """
    text = files("chat_completions_api").joinpath("openapi.json").read_text("utf-8")
    document: dict[str, Any] = json.loads(text)
    return document


class Contract:
    """Check values against an OpenAPI 3.1 document.

    Args:
        document: The document; it must have `createChatCompletion` and `listChatCompletions`.

    Raises:
        ValueError: If an operation is missing.
    """

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document
        self._registry: Registry[Any] = Registry().with_resource(_BASE, DRAFT202012.create_resource(document))
        create = self._operation("createChatCompletion")
        request = self._place([*create, "requestBody"])
        self._request = self._validator([*request, "content", "application/json", "schema"])
        self.request_fields = frozenset(
            self._property_names(self._at(request)["content"]["application/json"]["schema"])
        )
        self._parameters: dict[str, _Parameter] = {}
        places = [*self._operation("listChatCompletions"), "parameters"]
        for number in range(len(self._at(places))):
            place = self._place([*places, number])
            parameter = self._at(place)
            if parameter["in"] == "query":
                schema = self._resolved(parameter["schema"])
                found = _Parameter(frozenset(self._types(schema)), schema.get("default"), [*place, "schema"])
                self._parameters[parameter["name"]] = found
        properties = {name: {"$ref": _reference(found.place)} for name, found in self._parameters.items()}
        self._query = Draft202012Validator({"properties": properties}, registry=self._registry)

    def check_request(self, body: Mapping[str, Any]) -> None:
        """Check the body of a create request.

        Args:
            body: The decoded JSON object.

        Raises:
            ApiError: With status 400 and the first fault.
        """
        fault = first_fault(self._request.iter_errors(body), body)
        if fault:
            place = fault.pointer or "the root"
            raise ApiError(400, f"{fault.message} (at {place})", param=fault.param, code=fault.code)

    def request_faults(self, body: Mapping[str, Any]) -> list[Fault]:
        """Return what is wrong with the body of a create request: one fault for each invalid value."""
        return all_faults(self._request.iter_errors(body), body)

    def query(self, pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
        """Parse the query parameters of a list request.

        Args:
            pairs: Names and values, percent-decoded; the last one of a repeated name wins.

        Returns:
            The parameters converted to their types, with defaults; unknown names are left out.

        Raises:
            ApiError: With status 400 and the first fault.
        """
        values: dict[str, Any] = {}
        for name, text in pairs:
            head, _, tail = name.partition("[")
            if name in self._parameters:
                values[name] = _typed(text, self._parameters[name].types)
            elif head in self._parameters and tail.endswith("]") and "object" in self._parameters[head].types:
                if not isinstance(values.get(head), dict):
                    values[head] = {}
                values[head][tail[:-1]] = text
        fault = first_fault(self._query.iter_errors(values), values)
        if fault:
            raise ApiError(
                400, f"{fault.message} (in the query at {fault.pointer})", param=fault.param, code=fault.code
            )
        defaults = {name: found.default for name, found in self._parameters.items() if found.default is not None}
        return _DEFAULTS | defaults | values

    def response_fault(
        self, operation: str, value: Any, *, status: int = 200, media_type: str = "application/json"
    ) -> Fault | None:
        """Return the first fault of a response, or None if it matches the contract.

        Args:
            operation: The operation's id.
            value: The decoded body, or one decoded chunk of a stream.
            status: HTTP status code.
            media_type: Content type without parameters.
        """
        return first_fault(self._response(operation, status, media_type).iter_errors(value), value)

    def response_faults(
        self, operation: str, value: Any, *, status: int = 200, media_type: str = "application/json"
    ) -> list[Fault]:
        """Return what is wrong with a response: one fault for each invalid value. The arguments are the same."""
        return all_faults(self._response(operation, status, media_type).iter_errors(value), value)

    def _response(self, operation: str, status: int, media_type: str) -> Draft202012Validator:
        place = self._place([*self._operation(operation), "responses", str(status)])
        return self._validator([*place, "content", media_type, "schema"])

    def _operation(self, operation: str) -> _Place:
        for path, item in self._document.get("paths", {}).items():
            for method, found in item.items():
                if isinstance(found, dict) and found.get("operationId") == operation:
                    return ["paths", path, method]
        raise ValueError(f"the OpenAPI document has no operation {operation}")

    def _at(self, place: _Place) -> Any:
        found: Any = self._document
        for step in place:
            found = found[step]
        return found

    def _place(self, place: _Place) -> _Place:
        """Return the path of the node at a path after following references."""
        while "$ref" in (node := self._at(place)):
            place = _steps(node["$ref"])
        return place

    def _resolved(self, schema: Any) -> Any:
        return self._at(self._place(_steps(schema["$ref"]))) if "$ref" in schema else schema

    def _validator(self, place: _Place) -> Draft202012Validator:
        return Draft202012Validator({"$ref": _reference(place)}, registry=self._registry)

    def _property_names(self, schema: Any) -> Iterable[str]:
        schema = self._resolved(schema)
        yield from schema.get("properties", ())
        for part in schema.get("allOf", ()):
            yield from self._property_names(part)

    def _types(self, schema: Any) -> Iterable[str]:
        schema = self._resolved(schema)
        named = schema.get("type", ())
        yield from [named] if isinstance(named, str) else named
        for keyword in ("anyOf", "oneOf", "allOf"):
            for part in schema.get(keyword, ()):
                yield from self._types(part)


def _steps(reference: str) -> _Place:
    steps = unquote(reference.removeprefix("#/")).split("/")
    return [step.replace("~1", "/").replace("~0", "~") for step in steps]


def _reference(place: _Place) -> str:
    steps = (str(step).replace("~", "~0").replace("/", "~1") for step in place)
    return f"{_BASE}#/{'/'.join(quote(step) for step in steps)}"


def _typed(text: str, types: Collection[str]) -> str | bool | int | float:
    if "string" in types:
        return text
    if "boolean" in types and text in ("true", "false"):
        return text == "true"
    if "integer" in types and _INTEGER.fullmatch(text):
        return int(text)
    if "number" in types and _NUMBER.fullmatch(text):
        return float(text)
    return text
