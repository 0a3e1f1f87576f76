"""Apply `overlay.yaml` (OpenAPI Overlay 1.0) to a slice, and notice what no longer applies.

The actions themselves are carried out by oas_patch. What it does not tell, we look up: an action whose target matches
nothing, and a hint or a sentence for a part that is not there, which a plain merge would create out of nothing.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tools.errors import ToolError
from tools.schemas import escape

_HINTS = frozenset({"description", "summary", "x-also-accepts", "x-class-name", "x-param-name"})


@dataclass
class Applied:
    """A document with an overlay applied, and what of the overlay found nothing to apply to."""

    document: dict[str, Any]
    unmatched: list[str] = field(default_factory=list)


def apply_overlay(document: dict[str, Any], overlay: dict[str, Any], *, name: str = "overlay.yaml") -> Applied:
    """Give a copy of a document with every action of an overlay applied, in order.

    Args:
        document: The OpenAPI document as plain dicts and lists.
        overlay: The overlay document, as loaded.
        name: What messages call the overlay.

    Returns:
        The changed document; `unmatched` has one line for each action, hint or sentence that applied to nothing.

    Raises:
        ToolError: The overlay is not one, an action has no reason, or its target is no JSONPath.
    """
    from jsonpath_ng.ext import parse
    from oas_patch.overlay import apply_overlay as apply_actions

    if not str(overlay.get("overlay", "")).startswith("1."):
        raise ToolError("this is not an OpenAPI Overlay 1.x document; it needs `overlay: 1.0.0`", where=name)
    applied = Applied(copy.deepcopy(document))
    for position, action in enumerate(overlay.get("actions", [])):
        where = f"{name}#/actions/{position}"
        target = action.get("target", "")
        if not str(action.get("description", "")).strip():
            raise ToolError(f"the action on {target} gives no reason; write one as its description", where=where)
        try:
            matches = parse(target).find(applied.document)
        except Exception as error:
            raise ToolError(f"the target {target!r} is no JSONPath: {error}", where=where) from None
        if not matches:
            applied.unmatched.append(f"{where}: {target} matches nothing")
            continue
        if "update" in action:
            missing: set[str] = set()
            update = _fitting(action["update"], [match.value for match in matches], "", missing)
            applied.unmatched += [f"{where}: {target} has no {pointer}" for pointer in sorted(missing)]
            action = {**action, "update": update}
        try:
            # The library edits the dicts and lists it is given, and an update may be merged in by reference.
            applied.document = apply_actions(applied.document, {"actions": [copy.deepcopy(action)]})
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise ToolError(f"the action on {target} cannot be applied: {error}", where=where) from None
    return applied


def _fitting(update: Any, targets: list[Any], at: str, missing: set[str]) -> Any:
    """Give the part of an update that applies: hints for objects that no target has are left out and noted."""
    if not isinstance(update, dict):
        return update
    fitting = {}
    for key, value in update.items():
        below = [target[key] for target in targets if isinstance(target, dict) and key in target]
        if below or not isinstance(value, dict) or not _only_hints(value):
            fitting[key] = _fitting(value, below, f"{at}/{escape(key)}", missing) if below else value
        else:
            missing.add(f"{at}/{escape(key)}")
    return fitting


def _only_hints(update: dict[str, Any]) -> bool:
    return all(key in _HINTS for key in _leaf_keys(update))


def _leaf_keys(update: dict[str, Any]) -> Iterator[str]:
    for key, value in update.items():
        if isinstance(value, dict):
            yield from _leaf_keys(value)
        else:
            yield key
