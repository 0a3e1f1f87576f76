"""Write the expressions that decode JSON values, and the decoders of unions that they need."""

from __future__ import annotations

from collections.abc import Iterable

from tools.lowering.naming import module_name
from tools.lowering.unions import union_of
from tools.rendering.shapes import Shapes, text_type
from tools.schema.schemas import Schema, ref_name

# In the order in which they are tried: a date is not a date-time.
_TEXT_DECODERS = {
    "uuid": "decode_text(uuid.UUID, {})",
    "date": "decode_text(datetime.date.fromisoformat, {})",
    "date-time": "decode_datetime({})",
}


class Decoders:
    """The decoders that one module needs, collected while its expressions are written.

    Args:
        shapes: The classes of the document.

    Attributes:
        lazy: Module, class, and whether it can contain itself, of each model that is decoded to.
        variants: Name and expression of each decoder of a union.
    """

    def __init__(self, shapes: Shapes) -> None:
        self._shapes = shapes
        self.lazy: list[tuple[str, str, bool]] = []
        self.variants: list[tuple[str, str]] = []

    def expression(self, core: Schema, value: str, name: str) -> str | None:
        """Return the expression that decodes `value`; None where the JSON value is used as it is.

        Args:
            core: The lowered schema.
            value: The name of the variable that holds the JSON value.
            name: What a decoder is named after.
        """
        members = core.get("anyOf", [core])
        formats = {member["format"] for member in members if text_type(member)}
        objects = [member for member in members if self._shapes.is_object(member)]
        arrays = [member["items"] for member in members if member.get("type") == "array"]
        maps = [member["x-map"] for member in members if "x-map" in member]
        cases = []
        if objects:
            cases.append(("dict", f"{self._decoder(core, objects, name, plain=bool(maps))}.from_dict({value})"))
        elif maps and (entry := self.expression(union_of(maps), "entry", name)):
            cases.append(("dict", f"{{key: {entry} for key, entry in {value}.items()}}"))
        inner = "item" if value != "item" else "inner"
        if arrays and (entry := self.expression(union_of(arrays), inner, name)):
            cases.append(("list", f"[{entry} for {inner} in {value}]"))
        expression = value
        for decoder in (_TEXT_DECODERS[known] for known in _TEXT_DECODERS if known in formats):
            expression = decoder.format(expression)
        for kind, decoded in reversed(cases):
            expression = f"{decoded} if isinstance({value}, {kind}) else {expression}"
            expression = f"({expression})" if len(cases) > 1 else expression
        return None if expression == value else expression

    def empty(self, core: Schema, name: str) -> str | None:
        """Return what makes the value that stands for a list or an object that is not there; None for other schemas."""
        members = core.get("anyOf", [core])
        if all(member.get("type") == "array" for member in members):
            return "list"
        if all("x-map" in member for member in members):
            return "dict"
        objects = [member for member in members if self._shapes.is_object(member)]
        return f"{self._decoder(core, objects, name, plain=False)}.empty" if len(objects) == len(members) else None

    def _decoder(self, core: Schema, objects: list[Schema], name: str, *, plain: bool) -> str:
        classes = [ref_name(member["$ref"]) for member in objects]
        lazies = {class_name: self._lazy(class_name) for class_name in classes}
        if len(classes) == 1 and not plain:
            return lazies[classes[0]]
        tag, values, others = tag_of(self._shapes, core, classes)

        def by_keys(group: Iterable[str]) -> str:
            required = {c: set(self._shapes.schemas[c].get("required", ())) - {tag} for c in group}
            ordered = sorted(required, key=lambda c: -len(required[c]))
            return "({},)".format(", ".join(f"(frozenset({sorted(required[c])!r}), {lazies[c]})" for c in ordered))

        def one(group: list[str]) -> str:
            return lazies[group[0]] if len(group) == 1 else f"Variants(None, {{}}, {by_keys(group)})"

        by_value = ", ".join(f"{value!r}: {one(group)}" for value, group in values.items())
        otherwise = ", PlainObject" if plain else f", {one(others)}" if tag and others else ""
        written = f"Variants({tag!r}, {{{by_value}}}, {by_keys(classes)}{otherwise})"
        decoder = f"_{name}_variants"
        if (decoder, written) not in self.variants:
            if any(known == decoder for known, _ in self.variants):
                decoder = f"{decoder}_{len(self.variants)}"
            self.variants.append((decoder, written))
        return decoder

    def _lazy(self, class_name: str) -> str:
        entry = (module_name(class_name), class_name, class_name in self._shapes.recursive)
        if entry not in self.lazy:
            self.lazy.append(entry)
        return f"_{class_name}"


def tag_of(
    shapes: Shapes, union: Schema, classes: list[str]
) -> tuple[str | None, dict[str | int, list[str]], list[str]]:
    """Return the property that tells the variants of a union apart.

    The declared discriminator counts (OpenAPI 3.1, "Discriminator Object"); where there is none, a property that is
    fixed to different values in different variants is one all the same.

    Args:
        shapes: The classes of the document.
        union: The union.
        classes: The variants of it that are objects.

    Returns:
        The property's wire name or None, the variants by its values, and the variants that leave its value open.
    """
    declared = union.get("discriminator", {})
    best: tuple[str | None, dict[str | int, list[str]], list[str]] = (None, {}, [])
    for key in dict.fromkeys(key for name in classes for key in shapes.schemas[name]["properties"]):
        values: dict[str | int, list[str]] = {}
        others = []
        for name in classes:
            fixed = shapes.fixed_values(name, key)
            if key == declared.get("propertyName"):
                mapped = [value for value, target in declared["mapping"].items() if target == name]
                implicit = [value for value, target in declared["implicit"].items() if target == name]
                fixed = list(dict.fromkeys([*fixed, *mapped])) or implicit
            for value in fixed:
                values.setdefault(value, []).append(name)
            others += [] if fixed else [name]
        groups = {tuple(group) for group in values.values()}
        if len(groups) + bool(others) < 2 or not groups:
            continue
        if key == declared.get("propertyName"):
            return key, values, others
        if best[0] is None or (len(others), -len(groups)) < (len(best[2]), -len({tuple(g) for g in best[1].values()})):
            best = (key, values, others)
    return best
