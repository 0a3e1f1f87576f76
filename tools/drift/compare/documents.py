"""The two slices of a comparison, and what the comparison of one operation comes to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tools.document import pointer as pointers
from tools.drift.compare.compare import Change, Pair
from tools.drift.findings.findings import Direction
from tools.schema.normalized import Schemas
from tools.schema.schemas import operation_name, operations
from tools.schema.variants import Node, Spot

# Beyond this a float is not one integer (IEEE 754, binary64).
_EXACT = 2**53


def with_whole_numbers(value: Any) -> Any:
    """Return a copy of a JSON value in which 1.0 is 1, as it is in JSON Schema (2020-12, section 4.2.1)."""
    if isinstance(value, dict):
        return {key: with_whole_numbers(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [with_whole_numbers(inner) for inner in value]
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) <= _EXACT else value


@dataclass
class Compared:
    """The result of comparing one operation: changes, and pairs of schemas to walk, each with its direction."""

    operation: str
    changes: list[tuple[Change, Direction]] = field(default_factory=list)
    schemas: list[tuple[Pair, Direction]] = field(default_factory=list)

    def change(self, direction: Direction, rule: str, at: str, in_base: bool, old: Any = None, new: Any = None) -> None:
        self.changes.append((Change(rule, at, in_base, old, new), direction))


@dataclass
class Side:
    """One of the two slices.

    Attributes:
        document: The slice.
        schemas: Its schemas.
    """

    document: dict[str, Any]
    schemas: Schemas

    def operations(self) -> dict[str, tuple[str, str]]:
        """Return path and method of each operation."""
        found = operations(self.document)
        return {operation_name(path, method, operation): (path, method) for path, method, operation in found}

    def part(self, value: Any, at: str) -> Part:
        """Return a part of the slice, or what it refers to."""
        return Part(self, *pointers.follow(self.document, value, at))


class Part(NamedTuple):
    """A JSON value in one of the two slices, and its pointer."""

    side: Side
    value: Any
    at: str

    def inside(self, key: str, default: Any = None) -> Part:
        """Return what an object holds at a key, or what that refers to."""
        return self.side.part(self.value.get(key, default), pointers.join(self.at, key))

    def schema(self, key: str = "schema") -> Node:
        """Return the schema that an object holds at a key; one of anything where it holds none."""
        return (Spot(self.value.get(key, {}), f"{self.at}/{key}"),)

    def says(self, key: str) -> bool:
        """Return whether an object has a flag."""
        return bool(self.value.get(key))
