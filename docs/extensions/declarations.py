"""What a module declares, read from its source: classes with their fields, and names of types, each with its prose.

Reading the source shows annotations as they are written, and what is there for type checkers only.
"""

from __future__ import annotations

import ast
import functools
import inspect
import re
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple


class Field(NamedTuple):
    """A field of a class, or a key of a TypedDict."""

    name: str
    type: str
    prose: str


class Declared(NamedTuple):
    """A class (its bases and fields), or a name for a type (the type)."""

    name: str
    prose: str
    fields: tuple[Field, ...] = ()
    bases: tuple[str, ...] = ()
    type: str = ""

    @property
    def words(self) -> set[str]:
        """The names that its fields, bases and type mention."""
        texts = [*(field.type for field in self.fields), *self.bases, self.type]
        return {word for text in texts for word in re.findall(r"\w+", re.sub(r"'[^']*'", "", text))}


@functools.cache
def declarations(module: str) -> dict[str, Declared]:
    """Give what a module declares, by name, in its order; private type names stand for what they mean."""
    found = {declared.name: declared for declared in _declared(_tree(module).body)}
    private = {name: declared.type for name, declared in found.items() if name.startswith("_") and declared.type}

    def plain(text: str) -> str:
        text = re.sub(r"\b_\w+\b", lambda match: private.get(match[0], match[0]), text)
        return text.replace("models.", "")

    return {
        name: declared._replace(
            fields=tuple(field._replace(type=plain(field.type)) for field in declared.fields), type=plain(declared.type)
        )
        for name, declared in found.items()
        if name not in private
    }


@functools.cache
def home_of(name: str) -> str:
    """Give the module that defines a class or a name of a type, wherever in our packages that is by now.

    Raises:
        LookupError: There is no such name, or more than one.
    """
    defines = re.compile(rf"^ *(class {name}\b|{name}: TypeAlias\b)", re.MULTILINE)
    found = []
    for package in ("chat_completions", "chat_completions_api"):
        spec = find_spec(package)
        assert spec is not None and spec.origin is not None
        root = Path(spec.origin).parent
        for path in root.rglob("*.py"):
            if defines.search(path.read_text("utf-8")):
                found.append(".".join((package, *path.relative_to(root).with_suffix("").parts)))
    if len(found) != 1:
        raise LookupError(f"{name} is defined in {found or 'no module'}")
    return found[0].removesuffix(".__init__")


@functools.cache
def _tree(module: str) -> ast.Module:
    spec = find_spec(module)
    assert spec is not None and spec.origin is not None, module
    return ast.parse(Path(spec.origin).read_text("utf-8"))


def _declared(body: list[ast.stmt]) -> Iterator[Declared]:
    for statement, following in zip(body, [*body[1:], None], strict=True):
        if isinstance(statement, ast.If) and ast.unparse(statement.test) == "TYPE_CHECKING":
            yield from _declared(statement.body)
        elif isinstance(statement, ast.ClassDef):
            bases = tuple(ast.unparse(base) for base in statement.bases)
            yield Declared(statement.name, ast.get_docstring(statement) or "", tuple(_fields(statement.body)), bases)
        elif isinstance(statement, ast.AnnAssign) and ast.unparse(statement.annotation) == "TypeAlias":
            assert statement.value is not None
            yield Declared(ast.unparse(statement.target), _prose(following), type=ast.unparse(statement.value))
        elif isinstance(statement, ast.Assign) and ast.unparse(statement.value).startswith("Literal["):
            yield Declared(ast.unparse(statement.targets[0]), _prose(following), type=ast.unparse(statement.value))


def _fields(body: list[ast.stmt]) -> Iterator[Field]:
    for statement, following in zip(body, [*body[1:], None], strict=True):
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            name = statement.target.id
            if not name.startswith("_"):
                yield Field(name, ast.unparse(statement.annotation), _prose(following))


def _prose(statement: ast.stmt | None) -> str:
    """Give the text of a string that stands below a field or a name."""
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
        return inspect.cleandoc(str(statement.value.value))
    return ""
