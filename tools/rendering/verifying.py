"""Verify that every class and every operation of a lowered document is in the written package."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tools.errors import ToolError
from tools.lowering.naming import module_name
from tools.rendering.operations import OperationShape
from tools.rendering.shapes import Shapes

FUNCTIONS = ("_get_kwargs", "_parse_response", "asyncio", "asyncio_detailed", "sync", "sync_detailed")


def verify_models(package: Path, shapes: Shapes) -> None:
    """Verify that each class is in its module, with all of its properties or values, and that there are no others.

    Raises:
        ToolError: One is missing, or there are too many.
    """
    modules = {path.stem: path for path in (package / "models").glob("*.py") if path.stem != "__init__"}
    for name, schema in shapes.schemas.items():
        if module_name(name) not in modules:
            raise ToolError("the generator left out this class", where=name)
        module = _parsed(modules.pop(module_name(name)))
        expected = schema.get("properties") or schema["enum"]
        found = _fields(module, name) if "properties" in schema else _values(module, name)
        if missing := [str(part) for part in expected if part not in found]:
            raise ToolError(f"the generator left out {', '.join(missing)}", where=name)
    if modules:
        names = ", ".join(sorted(modules))
        raise ToolError(f"the generator made unexpected classes: {names}; lower the schemas that they come from")


def verify_operations(package: Path, operations: Iterable[OperationShape]) -> None:
    """Verify that each operation is in its module, with all of its functions.

    Raises:
        ToolError: One is missing.
    """
    modules = {path.stem: path for path in (package / "api").rglob("*.py")}
    for operation in operations:
        if operation.module not in modules:
            raise ToolError(f"the generator left out the operation {operation.operation_id}", where=operation.at)
        defined = {getattr(statement, "name", "") for statement in _parsed(modules[operation.module]).body}
        if missing := [name for name in FUNCTIONS if name not in defined]:
            raise ToolError(f"{', '.join(missing)} is missing from the generated module", where=operation.at)


def _parsed(module: Path) -> ast.Module:
    return ast.parse(module.read_text(encoding="utf-8"), module.name)


def _fields(module: ast.Module, name: str) -> list[Any]:
    """Return the wire names of the fields that a model defines."""
    classes = [node for node in module.body if isinstance(node, ast.ClassDef) and node.name == name]
    for statement in (statement for found in classes for statement in found.body):
        if isinstance(statement, ast.AnnAssign) and ast.unparse(statement.target) == "_attributes" and statement.value:
            return list(ast.literal_eval(statement.value))
    return []


def _values(module: ast.Module, name: str) -> list[Any]:
    """Return the values of an enum: `Name = Literal[...]`."""
    for statement in module.body:
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == name:
            literal = statement.value.slice if isinstance(statement.value, ast.Subscript) else statement.value
            return [
                ast.literal_eval(value) for value in (literal.elts if isinstance(literal, ast.Tuple) else [literal])
            ]
    return []
