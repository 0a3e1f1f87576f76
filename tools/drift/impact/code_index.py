"""Index the generated code by places: each class, alias and endpoint says its pointer (`# Source: #/`)."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from tools.document.pointer import split
from tools.drift.findings.findings import Symbol, SymbolKind
from tools.drift.impact.schema_places import Key, Place, place_of

PACKAGE = "chat_completions_api"

_SOURCE = re.compile(r"^ *# Source: (#\S*)\n", re.MULTILINE)


@dataclass(frozen=True, eq=False)
class Definition:
    """A part of the generated code that says where it comes from.

    Attributes:
        symbol: What it is.
        members: Its fields, keys or parameters by their words on the wire; parameters by their own names, too.
        names: Further names by which code can refer to the same: for a function, its module
            and the classes that the operation returns.
        related: Further symbols of an endpoint: its `module`, and its functions by name.
    """

    symbol: Symbol
    members: Mapping[str, Symbol] = field(default_factory=dict)
    names: frozenset[str] = frozenset()
    related: Mapping[str, Symbol] = field(default_factory=dict)


class GeneratedCode:
    """The generated package, read on demand and only as far as needed.

    Args:
        root: The repository.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._files: dict[Path, dict[int, Definition]] = {}

    def at(self, key: Key) -> list[tuple[Place, Definition]]:
        """Return the definitions of the schemas that stand where these properties lead, each with its place."""
        return [(place, self._definition(path, line)) for path, line, place in self._places.get(key, ())]

    def operations(self, *segments: str) -> list[tuple[str, ...]]:
        """Return the segments of all operations below `#/paths/...`."""
        found = {root for root, _ in self._places if root[0] == "paths" and len(root) == 3}
        return sorted(root for root in found if root[: len(segments)] == segments)

    @cached_property
    def _places(self) -> Mapping[Key, list[tuple[Path, int, Place]]]:
        """Return file and line of each definition by the places that it says."""
        found: dict[Key, list[tuple[Path, int, Place]]] = defaultdict(list)
        for path in sorted((self._root / "generated" / PACKAGE).rglob("*.py")):
            text = path.read_text(encoding="utf-8")
            waiting: list[Place] = []
            for match in _SOURCE.finditer(text):
                segments = split(match[1])
                operation = Place(tuple(segments), (), ((),))
                waiting.append(place_of(segments) or operation)
                if not _SOURCE.match(text, match.end()):
                    line = text.count("\n", 0, match.end()) + 1
                    for place in waiting:
                        found[place.key].append((path, line, place))
                    waiting = []
        return found

    def _definition(self, path: Path, line: int) -> Definition:
        if path not in self._files:
            self._files[path] = dict(_Reading(path, self._root).definitions())
        return self._files[path][line]


class _Reading:
    """One file of the generated package."""

    def __init__(self, path: Path, root: Path) -> None:
        self._tree = ast.parse(path.read_bytes())
        self._file = path.relative_to(root).as_posix()
        inner = path.relative_to(root / "generated").with_suffix("").parts
        # A model's module is an implementation's detail: the package has the class.
        self._module = ".".join(inner[:-1] if inner[-2] == "models" else inner)

    def definitions(self) -> Iterator[tuple[int, Definition]]:
        """Yield what the file defines, by the line where it begins."""
        for node in self._tree.body:
            # In `if TYPE_CHECKING:` are the aliases as type checkers see them; what runs comes behind `else`.
            for inner in node.body if isinstance(node, ast.If) else [node]:
                definition = self._read(inner)
                if definition is not None:
                    first = inner.decorator_list[:1] if isinstance(inner, ast.ClassDef) else []
                    yield min([inner.lineno, *(decorator.lineno for decorator in first)]), definition

    def _symbol(self, kind: SymbolKind, name: str, node: ast.AST) -> Symbol:
        return Symbol(kind, f"{self._module}.{name}" if name else self._module, self._file, getattr(node, "lineno", 1))

    def _read(self, node: ast.stmt) -> Definition | None:
        match node:
            case ast.ClassDef(keywords=[ast.keyword(arg="total")]):
                return self._typeddict(node.name, node, _annotated(node))
            case ast.ClassDef():
                return self._model(node)
            case ast.Assign(
                targets=[ast.Name(id=name)],
                value=ast.Call(func=ast.Name(id="TypedDict"), args=[_, ast.Dict(keys=keys)]),
            ):
                return self._typeddict(name, node, {_text(key): key for key in keys if key})
            case ast.Assign(targets=[ast.Name(id=name)]):
                return Definition(self._symbol("enum", name, node))
            case ast.AnnAssign(target=ast.Name(id=name)):
                return Definition(self._symbol("union", name, node))
            case ast.FunctionDef(name="_get_kwargs"):
                return self._endpoint(node)
        return None

    def _typeddict(self, name: str, node: ast.stmt, keys: Mapping[str, ast.AST]) -> Definition:
        members = {key: self._symbol("key", f"{name}[{key}]", line) for key, line in keys.items()}
        return Definition(self._symbol("typeddict", name, node), members)

    def _model(self, node: ast.ClassDef) -> Definition:
        lines = _annotated(node)
        names = lines["_attributes"].value
        members = {}
        if isinstance(names, ast.Dict):
            for key, value in zip(names.keys, names.values, strict=True):
                members[_text(key)] = self._symbol("field", f"{node.name}.{_text(value)}", lines[_text(value)])
        return Definition(self._symbol("class", node.name, node), members)

    def _endpoint(self, node: ast.FunctionDef) -> Definition:
        functions = {n.name: n for n in self._tree.body if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef))}
        related = {name: self._symbol("function", name, function) for name, function in functions.items()}
        related["module"] = self._symbol("module", "", self._tree)
        arguments = [*node.args.args, *node.args.kwonlyargs]
        members = {a.arg: self._symbol("parameter", f"{node.name}.{a.arg}", a) for a in arguments}
        for key, name in _sent(node, set(members)):
            members[key] = members[name]
        returns = functions["_parse_response"].returns
        returned = {n.id for n in ast.walk(returns) if isinstance(n, ast.Name)} if returns else set()
        names = frozenset({self._module.rpartition(".")[2], *returned})
        return Definition(related[node.name], members, names, related)


def _sent(function: ast.FunctionDef, arguments: set[str]) -> Iterator[tuple[str, str]]:
    """Yield each word on the wire and the argument that goes out under it, as the statements of a function say."""
    for node in ast.walk(function):
        match node:
            case ast.Assign(
                targets=[ast.Subscript(value=ast.Name(id="params" | "headers"), slice=ast.Constant(value=str(key)))],
                value=value,
            ):
                pass
            case ast.Call(
                func=ast.Attribute(attr="update"),
                args=[ast.DictComp(key=ast.JoinedStr(values=[ast.Constant(value=str(key)), *_]), generators=[inner])],
            ):
                key, value = key.removesuffix("["), inner.iter
            case _:
                continue
        names = [n.id for n in ast.walk(value) if isinstance(n, ast.Name) and n.id in arguments]
        if len(names) == 1:
            yield key, names[0]


def _annotated(node: ast.ClassDef) -> dict[str, ast.AnnAssign]:
    """Return the lines of a class body that declare a name."""
    lines = [line for line in node.body if isinstance(line, ast.AnnAssign)]
    return {line.target.id: line for line in lines if isinstance(line.target, ast.Name)}


def _text(node: ast.AST | None) -> str:
    return str(getattr(node, "value", ""))
