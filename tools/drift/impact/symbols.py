"""From a JSON pointer in a slice to the parts of our code that a change there touches, as the code itself says.

Generated code says its pointers (`tools.drift.impact.code_index`), the slice says which schema is part of which, and
the hand-written modules name classes and fields (`tools.drift.impact.source_references` says what counts as naming).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

from tools.document.pointer import find, follow, join, split
from tools.drift.findings.entries import call_of
from tools.drift.findings.findings import Finding, Symbol
from tools.drift.impact.code_index import PACKAGE as GENERATED
from tools.drift.impact.code_index import Definition, GeneratedCode
from tools.drift.impact.python_names import python_names
from tools.drift.impact.schema_places import Key, Place, Root, Use, Uses, place_of
from tools.drift.impact.source_references import OwnCode
from tools.schema.schemas import METHODS, operation_name, operations

# What a stream sends in pieces is merged there, whatever it is called.
MERGES_DELTAS = "chat_completions._streaming.accumulator"


class Symbols:
    """The symbols of our code by pointers.

    Args:
        root: The repository.
        document: The slice that the code was made from, without overlay.
    """

    def __init__(self, root: Path, document: dict[str, Any]) -> None:
        self._document = document
        self._generated = GeneratedCode(root)
        self._own = OwnCode(root)
        self._uses = Uses(document)
        self._known: dict[Root, tuple[Symbol, ...]] = {}

    def names(self, finding: Finding, parameter: str = "") -> tuple[str, ...]:
        """Return what changed as users of the client write it.

        Args:
            finding: The finding, with its symbols.
            parameter: The name of the parameter that is new.
        """
        place = place_of(split(finding.place or finding.pointer))
        path = [parameter] if parameter else place.path if place is not None else ()
        names = python_names(finding.symbols, path, finding.direction, self._calls)
        return names or tuple(map(call_of, finding.operations))

    @cached_property
    def _calls(self) -> dict[str, str]:
        """Return the client's method for each class and TypedDict that says what an operation takes."""
        calls = {}
        for path, method, operation in operations(self._document):
            call = call_of(operation_name(path, method, operation))
            if not call.endswith("()"):
                continue  # No method calls it.
            keys: list[Key] = [(("paths", path, method), ())]
            body, at = follow(
                self._document, operation.get("requestBody", {}), f"{join('#/paths', path, method)}/requestBody"
            )
            for media_type, content in body.get("content", {}).items():
                schema = content.get("schema", {})
                there = follow(self._document, schema, join(at, "content", media_type, "schema"))[1]
                place = place_of(split(there))
                keys += [place.key] if place is not None else []
            for key in keys:
                for _, definition in self._generated.at(key):
                    if definition.symbol.kind in ("class", "typeddict"):
                        name = definition.symbol.name.rpartition(".")[2]
                        calls[name] = call.removesuffix("()")
        return calls

    def of(self, pointer: str, *, new: bool = False, modules: bool = True) -> tuple[Symbol, ...]:
        """Return what a change at a pointer touches, generated code first; else what is above it.

        Args:
            pointer: The pointer, as a URI fragment.
            new: Whether it is a newer slice's: the parameters of this one have other positions.
            modules: Whether hand-written modules may have to change.
        """
        segments = tuple(split(pointer))
        if new and "parameters" in segments[2:4]:
            segments = segments[: segments.index("parameters", 2) + 1]
        if segments not in self._known:
            touched = _Touched(self._document, self._uses, self._generated, self._own)
            touched.change(segments)
            first: dict[str, Symbol] = {}
            for symbol in sorted(touched.symbols, key=lambda s: (s.file, s.line, s.name)):
                first.setdefault(symbol.name, symbol)
            self._known[segments] = tuple(first.values())
        found = self._known[segments]
        return found if modules else tuple(s for s in found if s.kind != "module" or s.name.startswith(GENERATED))


class _Touched:
    """What one change touches."""

    def __init__(self, document: dict[str, Any], uses: Uses, generated: GeneratedCode, own: OwnCode) -> None:
        self.symbols: set[Symbol] = set()
        self._document = document
        self._uses = uses
        self._generated = generated
        self._own = own
        self._seen: set[object] = set()

    def change(self, segments: Root) -> None:
        """Take what a change at a pointer touches."""
        if segments in self._seen:
            return
        self._seen.add(segments)
        place = place_of(segments)
        if place is not None and (place.root[:2] == ("components", "schemas") or place.path or self._at(place)):
            self._schema(place)
        if segments[:1] == ("paths",):
            self._path(segments)
        elif segments[:1] == ("components",) and segments[1:2] != ("schemas",):
            self._part(segments)
        elif segments[:1] == ("security",):
            self._part(("components", "securitySchemes"))
        elif segments[:1] == ("servers",):
            self._servers(segments)

    def _schema(self, place: Place) -> None:
        """Collect the symbols of a schema: its class or alias, and the field that holds it."""
        if place.path:
            objects = list(self._objects(place.holder))
            if not objects:
                self._schema(place.holder)  # What holds it is new as well, or is nothing by itself.
                return
            having = [(key, found) for key, found in objects if any(place.path[-1] in d.members for d in found)]
            for key, definitions in having or objects:
                self._member(place.path[-1], key, definitions, new=not having)
        here = [d for _, definitions in self._objects(place) for d in definitions]
        self._definitions(here)
        if not place.path:
            around = [d for p, d in self._at(place) if p.contains(place)]
            if not any(definition.symbol.kind == "class" for definition in around):
                self._users(place.root)

    def _users(self, root: Root) -> None:
        """Take what holds a schema that is nothing by itself: its name ends where it is referred to."""
        if ("users", root) in self._seen:
            return
        self._seen.add(("users", root))
        for place, _ in self._uses.of_schemas.get(root, ()):
            if place.path:
                for key, definitions in self._objects(place.holder):
                    if any(place.path[-1] in d.members for d in definitions):
                        self._member(place.path[-1], key, definitions)
            elif place.root[:2] != ("components", "schemas"):
                self.change(place.root[:-1])
            around = [(p, d) for p, d in self._at(place) if p.contains(place)]
            self._definitions([d for _, d in around if not place.path or d.symbol.kind == "union"])
            if not place.path and not any(d.symbol.kind == "class" for _, d in around):
                self._users(place.root)

    def _at(self, place: Place) -> list[tuple[Place, Definition]]:
        """Return the definitions at a place: those of the one variant that it means, if they can be told apart."""
        found = self._generated.at(place.key)
        return [(p, d) for p, d in found if p.contains(place) or place.contains(p)] or found

    def _objects(self, place: Place, seen: frozenset[Use] = frozenset()) -> Iterator[tuple[Key, list[Definition]]]:
        """Yield the definitions at a place, and wherever its schema is merged into another one."""
        found = [definition for _, definition in self._at(place)]
        if found:
            yield place.key, found
        for use in self._uses.of_schemas.get(place.root, ()):
            if use.merged and use not in seen:
                yield from self._objects(place.below(use.place), seen | {use})

    def _member(self, word: str, key: Key, definitions: list[Definition], *, new: bool = False) -> None:
        """Take the fields of one word, or the objects that will have it, and who names it."""
        if new:
            self.symbols |= {d.symbol for d in [d for d in definitions if d.members] or definitions}
            if self._uses.is_inside(key, "delta"):
                self.symbols |= {*self._own.module(MERGES_DELTAS, "delta")}
        self.symbols |= {d.members[word] for d in definitions if word in d.members}
        self.symbols |= {*self._own.about(word, *self._evidence(key, definitions))}

    def _evidence(self, key: Key, definitions: list[Definition]) -> tuple[set[str], set[str]]:
        """Return the names and the words by which a module shows that it is about an object."""
        names = {name for d in definitions for name in (d.symbol.name.rpartition(".")[2], *d.names)}
        return names, self._uses.words(key).union(*(d.members for d in definitions))

    def _definitions(self, definitions: list[Definition]) -> None:
        """Take classes and aliases, and who names them."""
        self.symbols |= {d.symbol for d in definitions}
        self.symbols |= {*self._own.naming(d.symbol.name.rpartition(".")[2] for d in definitions)}

    def _path(self, segments: Root) -> None:
        """Take the endpoints of an operation, or of all operations of a path."""
        own = segments[2:3] and segments[2] in METHODS
        rest = segments[3:] if own else segments[2:]
        for operation in self._generated.operations(*segments[: 3 if own else 2]):
            key: Key = (operation, ())
            definitions = [definition for _, definition in self._generated.at(key)]
            endpoint = next(d for d in definitions if d.related)
            if rest[:1] == ("parameters",):
                self._parameter(segments[: len(segments) - len(rest) + 2], key, definitions)
                continue
            name = {"requestBody": "_get_kwargs", "responses": "_parse_response"}.get("".join(rest[:1]), "module")
            self.symbols.add(endpoint.related[name])
            if not rest:
                self.symbols |= {d.symbol for d in definitions if d is not endpoint}
            self.symbols |= {*self._own.naming([endpoint.related["module"].name.rpartition(".")[2]])}
        for keyword, text in itertools.pairwise(rest):
            if keyword == "headers" or (keyword == "content" and not text.endswith("json")):
                self.symbols |= {*self._own.saying([text])}

    def _parameter(self, segments: Root, key: Key, definitions: list[Definition]) -> None:
        try:
            parameter, _ = follow(self._document, find(self._document, segments))
        except LookupError:
            parameter = {}  # Only the newer slice has it.
        if "name" not in parameter:
            self.symbols |= {definition.symbol for definition in definitions}  # A new one.
            return
        name = str(parameter["name"])
        sent = next(definition.members for definition in definitions if definition.related)
        arguments = [symbol.name.rpartition(".")[2] for symbol in sent.values()]
        # One of two that have the same name has its place in the argument's name; the rest differs in spelling alone.
        found = [a for a in (name, f"{name}_{parameter.get('in')}") if a in arguments]
        found += [sent[name].name.rpartition(".")[2]] if name in sent else []
        found += [argument for argument in arguments if _letters(argument) == _letters(name)]
        for argument in found[:1]:
            self.symbols |= {d.members[argument] for d in definitions if argument in d.members}
            evidence = self._evidence(key, definitions)
            self.symbols |= {*self._own.about(name, *evidence), *self._own.parameters(name, *evidence)}

    def _part(self, segments: Root) -> None:
        """Collect the symbols of a component that is not a schema: its uses, or the modules that name its header."""
        section, name, rest = segments[1:2], segments[2:3], segments[3:]
        if section == ("securitySchemes",):
            schemes = self._document.get("components", {}).get("securitySchemes", {})
            chosen = [scheme for known, scheme in schemes.items() if not name or name == (known,)]
            self.symbols |= {*self._own.saying(str(s.get("name", "Authorization")) for s in chosen)}
            return
        for user in self._uses.of_parts.get((*segments[:1], *section, *name), ()):
            self.change((*user, *rest))

    def _servers(self, segments: Root) -> None:
        servers = self._document.get("servers", [])
        chosen = [s for i, s in enumerate(servers) if segments[1:2] in ((), (str(i),))]
        self.symbols |= {*self._own.saying(str(server.get("url")) for server in chosen)}


def _letters(name: str) -> str:
    return "".join(filter(str.isalnum, name)).lower()
