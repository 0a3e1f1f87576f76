"""What kind of value each word of a document takes, which words an object needs, and the sentence where one is wrong.

`slicing` checks every object that it keeps, so vendor, generate and drift say the same. Prose and
other parts that are not contract are dropped unread.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from tools.document import pointer as pointers
from tools.errors import ToolError

_MAX_SHOWN = 40


class _Kind(NamedTuple):
    name: str
    types: tuple[type, ...]
    inside: _Kind | None = None


_STRING = _Kind("a string", (str,))
_FLAG = _Kind("true or false", (bool,))
_NUMBER = _Kind("a number", (int, float))
_NUMBER_OR_FLAG = _Kind("a number", (int, float, bool))
_LIST = _Kind("a list", (list,))
_MAPPING = _Kind("a mapping", (dict,))
_STRINGS = _Kind("a list of strings", (list,), _STRING)
_TYPES = _Kind("a type, or a list of types", (str, list), _STRING)
_LISTS_OF_STRINGS = _Kind("a mapping of names to lists of strings", (dict,), _STRINGS)

_STYLED = {
    **dict.fromkeys(("contentType", "style"), _STRING),
    **dict.fromkeys(("explode", "allowReserved", "required", "deprecated", "allowEmptyValue"), _FLAG),
}
_COUNTED = ("Contains", "Items", "Length", "Properties")

# By kind of object, as `contract_keys` has them; what stands at the other words is an object itself, or anything.
_WORDS: dict[str, dict[str, _Kind]] = {
    "info": dict.fromkeys(("title", "version"), _STRING),
    "server": dict.fromkeys(("name", "url"), _STRING),
    "variable": {"enum": _STRINGS, "default": _STRING},
    "operation": {"operationId": _STRING, "deprecated": _FLAG, "tags": _STRINGS},
    "parameter": {"name": _STRING, "in": _STRING, **_STYLED},
    "header": _STYLED,
    "requestBody": {"required": _FLAG},
    "encoding": _STYLED,
    "schema": {
        "type": _TYPES,
        "enum": _LIST,
        "required": _STRINGS,
        "dependentRequired": _LISTS_OF_STRINGS,
        **dict.fromkeys(
            ("$anchor", "$dynamicAnchor", "$dynamicRef", "$id", "$recursiveRef", "$schema", "contentEncoding",
             "contentMediaType", "format", "pattern"), _STRING
        ),
        **dict.fromkeys(("deprecated", "nullable", "readOnly", "uniqueItems", "writeOnly"), _FLAG),
        **dict.fromkeys(("maximum", "minimum", "multipleOf"), _NUMBER),
        **dict.fromkeys((f"{limit}{what}" for limit in ("max", "min") for what in _COUNTED), _NUMBER),
        # OpenAPI 3.0 has a flag here.
        **dict.fromkeys(("exclusiveMaximum", "exclusiveMinimum"), _NUMBER_OR_FLAG),
    },
    "discriminator": {"propertyName": _STRING},
    "securityScheme": dict.fromkeys(("type", "name", "in", "scheme", "bearerFormat", "openIdConnectUrl"), _STRING),
    "flow": dict.fromkeys(("authorizationUrl", "deviceAuthorizationUrl", "tokenUrl", "refreshUrl"), _STRING),
}  # fmt: skip
_NEEDED = {"info": ("title", "version"), "parameter": ("name", "in"), "server": ("url",)}


def check_words(value: dict[str, Any], kind: str, at: str) -> None:
    """Check the words of an object of that kind, but not those of objects inside it.

    Raises:
        ToolError: A word has a value of another kind than it takes, or one that the object needs is missing.
    """
    for word in _NEEDED.get(kind, ()):
        if word not in value:
            raise ToolError(f"`{word}` is required here; add it", where=at)
    takes = _WORDS.get(kind, {})
    for word, inner in value.items():
        if word in takes:
            _check(inner, takes[word], f"{at}/{word}")


def mapping(value: Any, at: str) -> dict[str, Any]:
    """Return a value that is a mapping.

    Raises:
        ToolError: It is not one.
    """
    _check(value, _MAPPING, at)
    checked: dict[str, Any] = value
    return checked


def items(value: Any, at: str) -> list[Any]:
    """Return a value that is a list.

    Raises:
        ToolError: It is not one.
    """
    _check(value, _LIST, at)
    checked: list[Any] = value
    return checked


def strings(value: Any, at: str) -> list[str]:
    """Return a value that is a list of strings.

    Raises:
        ToolError: It is not one.
    """
    _check(value, _STRINGS, at)
    checked: list[str] = value
    return checked


def string(value: Any, at: str) -> str:
    """Return a value that is a string.

    Raises:
        ToolError: It is not one.
    """
    _check(value, _STRING, at)
    checked: str = value
    return checked


def _check(value: Any, kind: _Kind, at: str) -> None:
    if type(value) not in kind.types:
        quoted = kind is _STRING and isinstance(value, bool | int | float)
        advice = "put it in quotes" if quoted else "correct it"
        raise ToolError(f"expected {kind.name}, found {_shown(value)}; {advice}", where=at)
    if kind.inside is not None and not isinstance(value, str):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            _check(inner, kind.inside, pointers.join(at, key))


def _shown(value: Any) -> str:
    if value is None or isinstance(value, dict | list):
        return "nothing" if value is None else "a mapping" if isinstance(value, dict) else "a list"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}..."
