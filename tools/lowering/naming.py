"""Names for classes: from what the document calls its schemas, and for those that it leaves without a name."""

from __future__ import annotations

import functools
import itertools
import keyword
import re
import unicodedata
from collections.abc import Container, Iterable, Iterator, Mapping

from openapi_python_client.strings import ClassName, PythonIdentifier, pascal_case

from tools.errors import ToolError
from tools.schema.schemas import TAG_PROPERTIES, Schema

# What the generator puts before a name that cannot begin one in Python.
PREFIX = "field_"

# What generated modules import: a class of this name would hide it where both are used.
_RESERVED = frozenset(("Any", "AuthenticatedClient", "ClassVar", "Client", "Iterable", "LazyModel", "Literal",
                       "Mapping", "Model", "PlainObject", "Required", "Response", "Self", "Sequence", "TYPE_CHECKING",
                       "TypeAlias", "TypedDict", "UNSET", "Union", "UnknownVariant", "Unset",
                       "Variants"))  # fmt: skip
_LONGEST_FILE_NAME = 200  # bytes; file systems take 255, with the suffix


def singular(word: str) -> str:
    """Return the singular of a plural property name, so that `choices` holds items named `Choice`."""
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "shes", "ches", "xes")):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def variant_label(variant: Schema, position: int) -> str:
    """Return the words that tell one variant of a union from the others.

    The value of its tag if it has one, else its first required property, else its place in the union.
    """
    properties = variant.get("properties", {})
    for name in sorted(properties, key=lambda n: (n not in TAG_PROPERTIES, n)):
        value = properties[name] if isinstance(properties[name], dict) else {}
        values = [value["const"]] if "const" in value else value.get("enum", [])
        if len(values) == 1 and isinstance(values[0], str) and pascal_case(values[0]):
            return str(pascal_case(values[0]))
    required = variant.get("required") or sorted(properties)
    if required:
        return "With" + str(pascal_case(required[0]))
    if "enum" in variant:
        return "Known"
    return f"Variant{position + 1}"


@functools.cache
def class_name(words: str) -> str:
    """Return the class name that is made of these words: one that the generator writes just so, and Python reads."""
    normal = unicodedata.normalize("NFKC", words)
    ascii_only = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode()
    for spelling in (normal, ascii_only):
        name = str(ClassName(spelling, PREFIX))
        if name == module_name(name) or name.startswith("ClassVar"):
            # Without capitals, the class would hide behind its module; attrs takes the other for a `ClassVar`.
            name = str(ClassName(f"Schema {name}", PREFIX))
        while len(module_name(name).encode()) > _LONGEST_FILE_NAME:
            name = name[: len(name) * 3 // 4]
        for _ in range(3):
            again = str(ClassName(name, PREFIX))
            if again == name and _readable(name) and _readable(module_name(name)):
                # A trailing underscore marks what Python itself has: `None`, `Exception`.
                return name.rstrip("_") + "Schema" if name in _RESERVED or name.endswith("_") else name
            name = again
    return "Schema"


def other_names(name: str) -> Iterator[str]:
    """Yield what a class may be called where another one has its name: `NameValue`, `NameValue2` and so on."""
    while len(module_name(f"{name}Value").encode()) > _LONGEST_FILE_NAME:
        name = name[: len(name) * 3 // 4]
    yield class_name(f"{name}Value")
    for number in itertools.count(2):
        yield f"{name}Value{number}"


@functools.cache
def module_name(class_name: str) -> str:
    """Return the module in which the generator puts a class."""
    return str(PythonIdentifier(class_name, PREFIX))


def free_name(wanted: str, taken: Container[str]) -> str:
    """Return `wanted`, or else the first of `wanted_`, `wanted__` and so on that is not taken."""
    while wanted in taken:
        wanted += "_"
    return wanted


def numbered(wanted: str, taken: Container[str]) -> str:
    """Return `wanted`, or else the first of `wanted2`, `wanted3` and so on that is not taken."""
    stem = f"{wanted}X" if wanted[-1:].isdigit() else wanted
    numbers = itertools.count(2)
    while wanted in taken:
        wanted = f"{stem}{next(numbers)}"
    return wanted


def identifier(wire_name: str) -> str:
    """Return a wire name as a Python identifier: the same word wherever Python allows it."""
    name = unicodedata.normalize("NFKC", wire_name)
    if not name.isidentifier():
        name = str(PythonIdentifier(re.sub(r"[^\w]+", "_", name).strip("_"), PREFIX))
    return f"field{name}" if name.startswith("_") else f"{name}_" if keyword.iskeyword(name) else name


class ClassNames:
    """Who has which class name: none is given twice, nor two that would share a module.

    Args:
        components: The component schemas' names.
        chosen: The class names that the generator's configuration chooses for some of them.

    Raises:
        ToolError: The configuration chooses one name twice.
    """

    def __init__(self, components: Iterable[str], chosen: Mapping[str, str]) -> None:
        self._owners: dict[str, str] = {}
        self.of: dict[str, str] = {}
        self.clashes: list[str] = []
        # Chosen names come first, then those that need no change: a name must not depend on what else there is.
        for component in sorted(components, key=lambda c: (c not in chosen, class_name(c) != c, c)):
            name = class_name(chosen.get(component, component))
            if component in chosen and name in self:
                raise ToolError(f"two schemas would be the class {name}; choose another name", where=_config(component))
            if name in self:
                name = numbered(name, self)
                self.clashes.append(
                    f"{_config(component)}: it was named {name}, because its own name is taken; choose a name"
                )
            self.of[component] = name
            self.claim(name, component)

    def __contains__(self, name: object) -> bool:
        """Return whether a name is taken."""
        return not self.free(str(name))

    def free(self, name: str, owner: str | None = None) -> bool:
        """Return whether a name is free, or the owner's own."""
        return self._owners.get(module_name(name), owner) == owner

    def claim(self, name: str, owner: str) -> None:
        """Take a name."""
        self._owners[module_name(name)] = owner


def _config(component: str) -> str:
    return f"generator-config.yml#/class_overrides/{component}"


def _readable(name: str) -> bool:
    return name.isidentifier() and unicodedata.normalize("NFKC", name) == name and not keyword.iskeyword(name)
