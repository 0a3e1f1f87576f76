"""Where a change is, in stable terms: for its fingerprint, and for people."""

from __future__ import annotations

import json
from typing import Any

from tools.document import pointer as pointers
from tools.schema.schemas import METHODS, TAG_PROPERTIES, is_null, ref_name
from tools.schema.variants import SHAPES

_UNIONS = ("anyOf", "oneOf")
_VALUES = ("enum", "required")
_NAMED = ("$defs", "dependentSchemas", "patternProperties", "properties", "schemas")
# The names of the places in a schema that are not properties.
_INSIDE = {
    "propertyNames": " names",
    "contentSchema": " content",
    "requestBody": " body",
    "then": " then",
    "else": " else",
    **dict.fromkeys(("additionalProperties", "unevaluatedProperties"), ".*"),
    **dict.fromkeys(("items", "contains", "prefixItems", "additionalItems", "unevaluatedItems"), "[]"),
}


def describe_location(steps: list[str], names: dict[tuple[str, str], str]) -> str:
    """Return a place in readable form: `CreateChatCompletionRequest.tools[].function`.

    Args:
        steps: The result of `steps_to`.
        names: The operation at each path and method.
    """
    rest = list(steps)
    words = ""
    if rest[:1] == ["components"]:
        words, rest = rest[2] if len(rest) > 2 else "components", rest[3:]
    elif rest[:1] == ["paths"] and len(rest) > 2 and rest[2] not in METHODS:
        words, rest = rest[1], rest[2:]
    elif rest[:1] == ["paths"] and len(rest) > 2:
        words, rest = names.get((rest[1], rest[2]), f"{rest[2].upper()} {rest[1]}"), rest[3:]
    while rest:
        step = rest.pop(0)
        if step in ("properties", "patternProperties") and rest:
            words += f".{rest.pop(0)}"
        elif step == "required" and rest:
            words += f".{json.loads(rest.pop(0))}"
        elif step == "dependentSchemas" and rest:
            words += f" with {rest.pop(0)}"
        elif step in _INSIDE:
            words += _INSIDE[step]
        elif step in ("parameters", "responses", "content", "headers") and rest:
            words += f" {rest.pop(0)}"
        elif step.startswith("["):
            words += step
        elif step != "schema":
            break  # A keyword: the rule's sentence is about it.
    return words or "the API"


def steps_to(document: dict[str, Any], at: str) -> list[str]:
    """Follow a pointer and describe each step by its content, not its position."""
    steps: list[str] = []
    value: Any = document
    holder = ""  # The keyword whose value this is; "" for what a name or a position leads to.
    for segment in pointers.split(at):
        below = _below(value, segment)
        if not isinstance(value, list):
            # A property may be called `enum` or `allOf` too.
            keyword = "" if holder in _NAMED else segment
            if keyword not in ("allOf", *_UNIONS) or not isinstance(below, list):
                steps.append(segment)
            holder = keyword
        else:
            if holder in _UNIONS:
                label = _label(below) if sum(not is_null(variant) for variant in value) > 1 else ""
                steps += [f"[{label}]"] if label else []
            elif holder == "parameters":
                target = pointers.follow(document, below)[0] or {}
                steps.append(f"{target.get('in')}:{target.get('name')}")
            elif holder != "allOf":
                steps.append(json.dumps(below, sort_keys=True) if holder in _VALUES else segment)
            holder = ""
        value = below
    return steps


def _below(value: Any, segment: str) -> Any:
    try:
        return pointers.find(value, [segment])
    except LookupError:
        return None


def _label(variant: Any) -> str:
    """Return what distinguishes a variant from the others: its name, its tag, its type; "" for a scalar."""
    if not isinstance(variant, dict):
        return ""
    if "$ref" in variant:
        return ref_name(variant["$ref"])
    for name in TAG_PROPERTIES:
        inner = variant.get("properties", {}).get(name, {})
        values = inner.get("enum", [inner["const"]] if "const" in inner else []) if isinstance(inner, dict) else []
        if len(values) == 1:
            return f"{name} {values[0]}"
    for kind in ("array", "object"):
        if variant.get("type", kind) in (kind, [kind]) and any(
            keyword in variant for keyword in ("type", *SHAPES[kind])
        ):
            return kind
    # A union has one text, one number: they need no label.
    return next((label for part in variant.get("allOf", ()) if (label := _label(part))), "")
