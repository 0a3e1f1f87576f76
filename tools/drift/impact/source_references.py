"""Find what the hand-written modules say about the contract.

A module refers to a class if it imports it, or has its name as `models.X` or as a string. It names a field if its code
has the field's word as a string, an attribute, an argument or a keyword, and names the class, or a class that inherits
from it. Instead of the class, it may have two more words of the class and of the fields that hold it. For
a word with an underscore, one more is enough; if there are fewer, all of them. Comments and docstrings do not count.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path

from tools.drift.findings.findings import Symbol

PACKAGE = "chat_completions"


@dataclass
class _Module:
    """The content of one module.

    Attributes:
        name: Its dotted name.
        file: Its file, from the repository's root.
        words: The line on which each word is said first: strings, attributes, arguments and keywords.
        names: The same of what may be the name of a class.
        strings: The same of its strings, in small letters.
        parameters: The functions' parameters by their names: their own dotted names and lines.
        heirs: The classes defined here by the class that they inherit from.
    """

    name: str
    file: str
    words: dict[str, int] = field(default_factory=dict)
    names: dict[str, int] = field(default_factory=dict)
    strings: dict[str, int] = field(default_factory=dict)
    parameters: dict[str, dict[str, int]] = field(default_factory=lambda: defaultdict(dict))
    heirs: list[tuple[str, str]] = field(default_factory=list)

    def symbol(self, line: int) -> Symbol:
        return Symbol("module", self.name, self.file, line)


class OwnCode:
    """The hand-written package, read on demand.

    Args:
        root: The repository.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def naming(self, names: Iterable[str]) -> Iterator[Symbol]:
        """Yield the modules that name one of these classes, or the module of an endpoint."""
        wanted = {*names}
        for module in self._modules:
            if found := wanted & module.names.keys():
                yield module.symbol(min(module.names[name] for name in found))

    def saying(self, texts: Iterable[str]) -> Iterator[Symbol]:
        """Yield the modules that have one of these texts as a string, in small letters or capitals."""
        wanted = {text.lower() for text in texts}
        for module in self._modules:
            if found := wanted & module.strings.keys():
                yield module.symbol(min(module.strings[text] for text in found))

    def module(self, name: str, word: str) -> Iterator[Symbol]:
        """Yield a module by its name, with the first line that says a word."""
        for module in self._modules:
            if module.name == name:
                yield module.symbol(module.words.get(word, 1))

    def about(self, word: str, names: Iterable[str], near: Iterable[str]) -> Iterator[Symbol]:
        """Yield the modules that name a field.

        Args:
            word: Its word on the wire.
            names: The names of its class and of the class's TypedDicts.
            near: The words of the class's fields and of the fields that hold it.
        """
        for module in self._about(word, names, near):
            yield module.symbol(module.words[word])

    def parameters(self, word: str, names: Iterable[str], near: Iterable[str]) -> Iterator[Symbol]:
        """Yield the parameters called so of the functions in the modules that name a field."""
        for module in self._about(word, names, near):
            for name, line in module.parameters.get(word, {}).items():
                yield Symbol("parameter", name, module.file, line)

    def _about(self, word: str, names: Iterable[str], near: Iterable[str]) -> Iterator[_Module]:
        wanted = {*names}
        wanted |= {heir for name in wanted for heir in self._heirs.get(name, ())}
        others = {*near} - {word}
        enough = min(1 if "_" in word else 2, len(others))
        for module in self._modules:
            if word in module.words and (wanted & module.names.keys() or len(others & module.words.keys()) >= enough):
                yield module

    @cached_property
    def _modules(self) -> list[_Module]:
        modules = []
        for path in sorted((self._root / "overrides" / PACKAGE).rglob("*.py")):
            inner = path.relative_to(self._root / "overrides").with_suffix("").parts
            name = ".".join(inner).removesuffix(".__init__")
            modules.append(_module(name, path.relative_to(self._root).as_posix(), path.read_bytes()))
        return modules

    @cached_property
    def _heirs(self) -> dict[str, set[str]]:
        """Return the classes of our own that inherit from each class."""
        heirs: dict[str, set[str]] = defaultdict(set)
        for base, heir in (pair for module in self._modules for pair in module.heirs):
            heirs[base].add(heir)
        return heirs


@cache
def _module(name: str, file: str, code: bytes) -> _Module:
    module = _Module(name, file)
    tree = ast.parse(code)
    _read(tree, module)
    _read_definitions(tree.body, name, module)
    return module


def _read(tree: ast.Module, module: _Module) -> None:
    """Note the words and names that a module's code says."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Name):
            continue  # A variable may be called anything.
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            continue  # A docstring.
        if isinstance(node, ast.Constant):
            if isinstance(node.value, str):
                _note(module.words, node.value, node.lineno)
                _note(module.names, node.value, node.lineno)
                _note(module.strings, node.value.lower(), node.lineno)
            continue
        if isinstance(node, ast.Attribute):
            _note(module.words, node.attr, node.lineno)
            if isinstance(node.value, ast.Name) and node.value.id.strip("_") in ("models", "params"):
                _note(module.names, node.attr, node.lineno)
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names if str(node.module).startswith(PACKAGE) else ():
                _note(module.names, alias.name, alias.lineno)
        elif isinstance(node, (ast.arg, ast.keyword)) and node.arg:
            _note(module.words, node.arg, node.lineno)
        for name in node._fields:
            value = getattr(node, name)
            if type(value) is list:
                waiting += [inner for inner in value if isinstance(inner, ast.AST)]
            elif isinstance(value, ast.AST):
                waiting.append(value)


def _note(lines: dict[str, int], text: str, line: int) -> None:
    lines[text] = min(lines.get(text, line), line)


def _read_definitions(body: Iterable[ast.stmt], name: str, module: _Module) -> None:
    """Note the classes of a module, those for type checkers among them, and the parameters of the functions."""
    for node in body:
        if isinstance(node, ast.If):
            _read_definitions((n for n in node.body if isinstance(n, ast.ClassDef)), name, module)
        elif isinstance(node, ast.ClassDef):
            module.heirs += [(base.id, node.name) for base in node.bases if isinstance(base, ast.Name)]
            _read_definitions(node.body, f"{name}.{node.name}", module)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            for argument in [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]:
                # Of overloads the last definition is the one that runs.
                module.parameters[argument.arg][f"{name}.{node.name}.{argument.arg}"] = argument.lineno
