"""Documents that are almost right, or not at all: YAML and JSON texts, made from a seed."""

from __future__ import annotations

import copy
import gzip
import json
from collections.abc import Callable
from random import Random
from typing import Any

from tests.drift.minis import small_document
from tools.schema.contract_keys import KINDS, PROSE

Json = dict[str, Any]

WORDS = sorted({*PROSE, *(word for table in KINDS.values() for word in table)})
ODD_TEXTS = (
    "", " ", "\0", "\x1b[31m", "\u202e", "\ud800", "\U0001f600", "é", "a/b~c%", "..", "../../x", "x-y", "$ref", "<<",
    "#", "#/",
    "#/components/schemas/Ask", "#/components/schemas/Lost", "#/components/schemas",
    "#/paths/~1chat~1completions/post",
    "#/components/schemas/Ask/properties/" + "9" * 5000, "%", "#/%ff", "null", "yes", "1.0", "0o17", "2024-01-01",
    "None",
    "class", "self", "__class__", "é" * 300, "a\nb", "\"\"\"", "{{ 7 }}", "{% raw %}", "\\", "'", "type", "string",
    "object",
    "array", "integer", "number", "boolean", "null", "binary", "date-time", "application/json", "text/event-stream",
    "multipart/form-data", "path", "query", "header", "cookie", "deepObject", "default", "2XX", "999",
)  # fmt: skip
ODD_VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1.5, 1e308, 10**400, 10**4299, [], {}, [None], [[]], [{}], {"": None}, {"a": 1}, ["a", "a"], [1, "1", True],  # noqa: E501
)  # fmt: skip


def text(random: Random) -> bytes:
    """Return one document as it would lie in a file."""
    if random.random() < 0.12:
        return random.choice(_TEXTS)(random)
    document = _mutated(random, small_document())
    written = json.dumps(document, indent=random.choice((None, 1)), ensure_ascii=random.random() < 0.8)
    data = written.encode(errors="surrogatepass")
    if random.random() < 0.5:
        data = b"# YAML\n" + data
    if random.random() < 0.1:
        data = _spoiled(random, data)
    return gzip.compress(data) if random.random() < 0.03 else data


def _mutated(random: Random, document: Json) -> Json:
    for _ in range(random.choice((1, 1, 1, 2, 3, 6))):
        places = _places(document)
        holder, key = random.choice(places)
        kind = random.random()
        if kind < 0.35:
            holder[key] = _value(random)
        elif kind < 0.45:
            del holder[key]
        elif kind < 0.6:
            holder[key] = copy.deepcopy(random.choice(places)[0])
        elif kind < 0.7 and isinstance(holder, dict):
            holder[random.choice(ODD_TEXTS)] = holder.pop(key)
        elif kind < 0.9 and isinstance(holder[key], dict):
            holder[key][random.choice(WORDS)] = _value(random)
        else:
            holder[key] = _schema(random, 4)
    return document


def _places(document: Json) -> list[tuple[Any, Any]]:
    found: list[tuple[Any, Any]] = []
    waiting: list[Any] = [document]
    while waiting:
        node = waiting.pop()
        for key, value in list(node.items() if isinstance(node, dict) else enumerate(node)):
            found.append((node, key))
            if isinstance(value, dict | list) and len(found) < 5000:
                waiting.append(value)
    return found


def _value(random: Random) -> Any:
    kind = random.random()
    if kind < 0.35:
        return copy.deepcopy(random.choice(ODD_VALUES))
    if kind < 0.65:
        return random.choice(ODD_TEXTS)
    if kind < 0.7:
        return _nested(random.choice((5, 60, 150, 250)), random.choice(("items", "allOf", "properties", "not", "a")))
    return _schema(random, 4)


def _nested(depth: int, word: str) -> Any:
    value: Any = {}
    for _ in range(depth):
        value = {word: [value] if word == "allOf" else {"p": value} if word == "properties" else value}
    return value


def _schema(random: Random, depth: int) -> Any:
    """Return a schema with any words, most of them of the right kind."""
    if depth == 0 or random.random() < 0.1:
        return random.choice(
            ({}, True, False, {"type": "string"}, {"$ref": "#/components/schemas/" + random.choice(_NAMES)})
        )
    made: Json = {}
    for word in random.sample(WORDS_OF_SCHEMAS, random.choice((1, 1, 2, 3, 5))):
        shape = KINDS["schema"][word]
        if random.random() < 0.05:
            made[word] = _value(random)
        elif shape == "schema":
            made[word] = _schema(random, depth - 1)
        elif shape == "[schema]":
            made[word] = [_schema(random, depth - 1) for _ in range(random.choice((0, 1, 2, 2, 3, 9)))]
        elif shape == "{schema}":
            made[word] = {random.choice(_KEYS): _schema(random, depth - 1) for _ in range(random.choice((0, 1, 2, 4)))}
        else:
            made[word] = _fitting(random, word)
    return made


def _fitting(random: Random, word: str) -> Any:
    if word == "$ref":
        return "#/components/schemas/" + random.choice(_NAMES)
    if word == "type":
        return random.choice((*_TYPES, [*random.sample(_TYPES, 2)], list(_TYPES)))
    if word == "enum":
        return random.choices((*ODD_VALUES, *ODD_TEXTS), k=random.choice((0, 1, 2, 5)))
    if word == "required":
        return random.choices(_KEYS, k=random.choice((0, 1, 3)))
    if word == "discriminator":
        name = random.choice(_NAMES)
        return {"propertyName": random.choice(_KEYS), "mapping": {random.choice(_KEYS): name}}
    if word == "dependentRequired":
        return {random.choice(_KEYS): [random.choice(_KEYS)]}
    if word in ("const", "default"):
        return random.choice((*ODD_VALUES, *ODD_TEXTS))
    if word in ("nullable", "deprecated", "readOnly", "writeOnly", "uniqueItems"):
        return random.random() < 0.7
    if word.startswith(("min", "max", "exclusive", "multiple")):
        return random.choice((0, 1, 1.0, 0.5, -3, 10**30, 1e308, 2**53 + 1))
    return random.choice(ODD_TEXTS)


WORDS_OF_SCHEMAS = sorted(KINDS["schema"])
_NAMES = (*small_document()["components"]["schemas"], "Lost")
_TYPES = ("string", "number", "integer", "boolean", "object", "array", "null")
_KEYS = ("a", "type", "role", "kind", "", "class", "a-b", "a_b", "é", "content", "self", "A", "__init__", "model", "\0")


def _spoiled(random: Random, data: bytes) -> bytes:
    """Return a text that was cut, or has some bytes more."""
    at = random.randrange(len(data) + 1)
    odd = random.choice(
        (b"", b"\0", b"\xff", b"\x85", b"&a ", b"*a ", b"!x ", b"\t", b": ", b"- ", b"{", b"]", b"<<: ", b"---\n", b"?")
    )
    return data[:at] + odd + data[at + random.choice((0, 0, 1, 20)) :]


_HEAD = b"openapi: 3.1.0\ninfo: {title: t, version: '1'}\n"


def _bomb(random: Random) -> bytes:
    depth, width = random.choice(((8, 9), (30, 2), (3, 60)))
    lines = [b"x0: &x0 {a: b}"]
    for i in range(depth):
        inner = b",".join([b"*x%d" % i] * width)
        lines.append(
            b"x%d: &x%d %s" % (i + 1, i + 1, random.choice((b"[%s]" % inner, b"{<<: [%s], b: *x%d}" % (inner, i))))
        )
    return _HEAD + b"\n".join(lines) + b"\npaths: {/a: *x%d}\n" % depth


def _cycle(random: Random) -> bytes:
    return _HEAD + random.choice(
        (b"paths: &a {/x: *a}", b"paths: {/x: &b [*b]}", b"? *c\n: 1", b"paths: {<<: *d}", b"paths: &e\n  <<: *e")
    )


def _deep(random: Random) -> bytes:
    depth = random.choice((190, 201, 5000, 100_000))
    left, right = random.choice(((b"[", b"]"), (b'{"a":', b"}"), (b"- ", b""), (b"? ", b"")))
    return random.choice((_HEAD + b"paths: ", b"", b'{"openapi": "3.1.0", "paths": ')) + left * depth + right * depth


def _scalar(random: Random) -> bytes:
    odd = (
        b"1.0",
        b"1e999",
        b".nan",
        b"0x" + b"f" * 5000,
        b"9" * 5000,
        b"!!int 5",
        b"!!binary aa",
        b"!!python/object:os.system x",
        b"yes",
        b"2024-01-01",
        b"010",
        b"|\n  a",
        b">-\n  a",
        b"&v 1",
        b"<<",
        b"~",
        b"",
        b"'\\ud800'",
        b'"\\ud800"',
        b'"\\0"',
        b"*lost",
    )
    value = random.choice(odd)
    keys = (
        b"openapi: %s\npaths: {}",
        b"openapi: 3.1.0\ninfo: {title: t, version: %s}\npaths: {}",
        b"openapi: 3.1.0\n%s: 1",
        b"%s",
        b"openapi: 3.1.0\ninfo: {title: t, version: a}\npaths: {/x: {get: {operationId: createChatCompletion, responses: {%s: {}}}}}",  # noqa: E501
    )
    return random.choice(keys) % value


def _chain(random: Random) -> bytes:
    """Return a document of schemas that lead from one to the next, for long or for ever."""
    count = random.choice((2, 40, 300, 3000))
    end = random.choice(({"type": "string"}, {"$ref": "#/components/schemas/T0"}))
    links: dict[str, Callable[[Json], Json]] = {
        "alias": lambda link: link,
        "property": lambda link: {"type": "object", "properties": {"n": link}},
        "part": lambda link: {"allOf": [link, {"type": "object", "properties": {"z": {"type": "string"}}}]},
        "union": lambda link: {"anyOf": [link, {"type": "string"}, {"type": "array", "items": link}]},
        "twice": lambda link: {"oneOf": [{"allOf": [link]}, {"allOf": [link]}], "discriminator": {"propertyName": "n"}},
        "null": lambda link: {"nullable": True, **link},
        "not": lambda link: {"not": link},
        "both": lambda link: {"allOf": [{"anyOf": [link, {"type": "string"}]}, {"anyOf": [link, {"type": "integer"}]}]},
    }
    chosen = random.sample(sorted(links), random.choice((1, 1, 2)))
    schemas = {
        f"T{i}": links[chosen[i % len(chosen)]]({"$ref": f"#/components/schemas/T{i + 1}"}) for i in range(count)
    }
    document = small_document()
    document["components"]["schemas"] |= {**schemas, f"T{count}": end}
    document["components"]["schemas"]["Ask"]["properties"]["it"] = {"$ref": "#/components/schemas/T0"}
    return json.dumps(document).encode()


def _unions(random: Random) -> bytes:
    """Return a document with unions side by side, and inside of each other."""
    count, size, depth = random.choice(
        ((2, 20, 1), (3, 8, 1), (8, 8, 1), (2, 4, 3), (1, 30, 2), (2, 300, 1), (3, 3, 3))
    )

    def union(level: int, name: str) -> Json:
        if level == 0:
            return {"type": "object", "properties": {name: {"type": "string"}}}
        word = random.choice(("anyOf", "oneOf"))
        return {"allOf": [{word: [union(level - 1, f"{name}{i}{j}") for j in range(size)]} for i in range(count)]}

    document = small_document()
    document["components"]["schemas"]["Ask"]["properties"]["it"] = union(depth, "p")
    return json.dumps(document).encode()


_TEXTS: tuple[Callable[[Random], bytes], ...] = (_bomb, _cycle, _deep, _scalar, _chain, _unions)
