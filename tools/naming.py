"""Names for the schemas that upstream left without one."""

from __future__ import annotations

from openapi_python_client.strings import pascal_case

from tools.schemas import Schema


def singular(word: str) -> str:
    """Give the singular of a plural property name, so that `choices` holds items named `Choice`."""
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "shes", "ches", "xes")):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def variant_label(variant: Schema, position: int) -> str:
    """Give the words that tell one variant of a union from the others.

    The value of its tag if it has one, else its first required property, else its place in the union.
    """
    properties = variant.get("properties", {})
    for name in sorted(properties, key=lambda n: (n not in ("type", "role", "object", "kind"), n)):
        value = properties[name]
        values = [value["const"]] if "const" in value else value.get("enum", [])
        if len(values) == 1 and isinstance(values[0], str):
            return str(pascal_case(values[0]))
    required = variant.get("required") or sorted(properties)
    if required:
        return "With" + str(pascal_case(required[0]))
    if "enum" in variant:
        return "Known"
    return f"Variant{position + 1}"
