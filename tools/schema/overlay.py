"""Apply `overlay.yaml` (OpenAPI Overlay 1.0) to a slice, and find the actions that no longer apply.

oas_patch carries out the actions. We find what it does not report: an action whose target matches nothing, a correction
that the document has made itself, and a hint or a sentence for a missing part, which a plain merge would create.
"""

from __future__ import annotations

import argparse
import copy
import functools
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tools.document import yaml_reader
from tools.document.pointer import escape
from tools.errors import ToolError
from tools.schema.nulls import accepts_null
from tools.schema.schemas import is_annotation, same_json

# What each of our extensions holds.
_HINTS: dict[str, tuple[type, str]] = {
    "x-also-accepts": (list, "a list of schemas' names"),
    "x-class-name": (str, "a name"),
    "x-extensions": (dict, "a mapping of fields to schemas"),
    "x-param-name": (str, "a name"),
}

# The one that is ours.
OVERLAY = Path(__file__).resolve().parent.parent.parent / "overlay.yaml"

# An object of an update that holds one of these, somewhere, adds a part; any other one is about a part that there is.
_DEFINING = frozenset({"$ref", "allOf", "anyOf", "const", "content", "enum", "in", "oneOf", "schema", "type"})


def add_overlay_argument(parser: argparse.ArgumentParser) -> None:
    """Declare the argument that says by which overlay a document is changed."""
    parser.add_argument(
        "--overlay",
        type=lambda text: None if text == "none" else Path(text),
        default=OVERLAY,
        metavar="FILE|none",
        help="the changes to the document before code is generated (default: overlay.yaml, with the class names"
        " of generator-config.yml; for another vendor's document, a file with changes to that one, or none)",
    )


def read_overlay(path: Path) -> Any:
    """Return the overlay in a file, for `apply_overlay`.

    Raises:
        ToolError: The file cannot be read, or is not YAML.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ToolError(f"cannot be read: {error.strerror}", where=str(path)) from None
    return yaml_reader.read(data, name=path.name)


@dataclass
class Applied:
    """A document with an overlay applied, and what of the overlay found nothing to apply to."""

    document: dict[str, Any]
    unmatched: list[str] = field(default_factory=list)


def apply_overlay(document: dict[str, Any], overlay: dict[str, Any], *, name: str = "overlay.yaml") -> Applied:
    """Return a copy of a document with every action of an overlay applied, in order.

    Args:
        document: The OpenAPI document as plain dicts and lists.
        overlay: The overlay document, as loaded.
        name: What messages call the overlay.

    Returns:
        The changed document; `unmatched` has one line for each action, hint or sentence that applied to nothing or
        changed nothing.

    Raises:
        ToolError: The overlay is not one, an action has no reason, or its target is not a JSONPath.
    """
    from oas_patch import overlay as engine

    # The library builds its parser's tables anew for each path, 20 ms each; one parser serves all of them.
    engine.parse = parse = _json_path_parser()
    if not isinstance(overlay, dict) or not str(overlay.get("overlay", "")).startswith("1."):
        raise ToolError("this is not an OpenAPI Overlay 1.x document; it needs `overlay: 1.0.0`", where=name)
    actions = overlay.get("actions")
    if not isinstance(actions, list):
        raise ToolError("`actions` is not a list; write one, which may be empty", where=f"{name}#/actions")
    applied = Applied(copy.deepcopy(document))
    for position, action in enumerate(actions):
        where = f"{name}#/actions/{position}"
        target = action.get("target", "") if isinstance(action, dict) else ""
        if not target or not {"remove", "update"} & action.keys():
            raise ToolError("this is not an action; it needs a target, and an update or a removal", where=where)
        if not str(action.get("description", "")).strip():
            raise ToolError(f"the action on {target} has no reason; write one as its description", where=where)
        try:
            matches = parse(target).find(applied.document)
        except Exception as error:
            raise ToolError(f"the target {target!r} is not a JSONPath: {error}", where=where) from None
        if not matches:
            applied.unmatched.append(f"{where}: {target} matches nothing")
            continue
        if "update" in action:
            _check_hints(action["update"], where)
            fitting = _Fitting(applied.document.get("components", {}).get("schemas", {}))
            action = {**action, "update": fitting.part(action["update"], [match.value for match in matches], "")}
            applied.unmatched += [f"{where}: {target} {line}" for line in sorted(fitting.notes)]
        try:
            # The library edits the dicts and lists it is given, and an update may be merged in by reference.
            applied.document = engine.apply_overlay(applied.document, {"actions": [copy.deepcopy(action)]})
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise ToolError(f"the action on {target} cannot be applied: {error}", where=where) from None
    return applied


@functools.cache
def _json_path_parser() -> Callable[[str], Any]:
    from jsonpath_ng.ext.parser import ExtentedJsonPathParser  # type: ignore[import-untyped]

    return functools.cache(ExtentedJsonPathParser().parse)


class _Fitting:
    """Finds out what of an update fits the document.

    Args:
        components: The document's component schemas.

    Attributes:
        notes: A line for each part that does not fit.
    """

    def __init__(self, components: dict[str, Any]) -> None:
        self.notes: list[str] = []
        self._components = components

    def part(self, update: Any, targets: list[Any], at: str) -> Any:
        """Return the part of an update that applies: what is about a part that no target has is left out and noted."""
        if not isinstance(update, dict):
            return update
        fitting = {}
        for key, value in update.items():
            pointer = f"{at}/{escape(key)}"
            below = [target[key] for target in targets if isinstance(target, dict) and key in target]
            if isinstance(value, dict) and not below and not _defines(value):
                self.notes.append(f"has no {pointer}")
                continue
            if not isinstance(value, dict) and all(self._says(target, key, value) for target in targets):
                self.notes.append(f"has {pointer}: {value} already")
            fitting[key] = self.part(value, below, pointer) if below else value
        return fitting

    def _says(self, target: Any, key: str, value: Any) -> bool:
        """Return whether a target needs no update of a key to a value."""
        if not isinstance(target, dict):
            return False
        if key == "nullable" and value is True:
            kept = {k: v for k, v in target.items() if not is_annotation(k)}
            return bool(kept) and accepts_null(kept, self._components)
        return key in target and same_json(target[key], value)


def _check_hints(update: Any, where: str) -> None:
    """Raise if one of our extensions holds what it cannot."""
    for key, value in update.items() if isinstance(update, dict) else ():
        kind, name = _HINTS.get(key, (object, ""))
        names = value if isinstance(value, list) and key in _HINTS else []
        if not isinstance(value, kind) or not all(isinstance(part, str) for part in names):
            raise ToolError(f"{key} is {name}, and here it is {value!r}; correct it", where=where)
    for value in update.values() if isinstance(update, dict) else update if isinstance(update, list) else ():
        _check_hints(value, where)


def _defines(update: Any) -> bool:
    if isinstance(update, list):
        return any(map(_defines, update))
    if not isinstance(update, dict):
        return False
    # Declared extensions define no schema.
    parts = [value for key, value in update.items() if key != "x-extensions"]
    return bool(_DEFINING & update.keys()) or any(map(_defines, parts))
