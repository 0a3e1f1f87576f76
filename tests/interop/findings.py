"""What a server sends that the specification does not say, found by comparing each body with its schema."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from tests.interop.environments import HERE
from tests.interop.recording import Exchange

DOCUMENT = HERE.parents[1] / "generated/chat_completions_api/openapi.json"
KINDS = {"enum": "unknown value", "type": "wrong type", "required": "missing field"}


@dataclass
class Findings:
    """What was found, by server: a sentence, and in how many bodies."""

    document: dict[str, Any] = field(default_factory=lambda: read(DOCUMENT))
    counts: dict[str, dict[str, int]] = field(default_factory=dict)

    def look_at(self, server: str, exchange: Exchange) -> None:
        """Compare what an exchange brought with the schema for it."""
        if "x-request-id" not in exchange.headers:
            self._count(server, "no header x-request-id")
        if exchange.status == 429 and "retry-after" not in exchange.headers:
            self._count(server, "a status 429 without the header retry-after")
        if exchange.is_stream:
            for event in exchange.events():
                if isinstance(event, dict) and "error" in event:
                    self._look_at(server, "error in a stream", "ErrorResponse", event)
                else:
                    self._look_at(server, "chunk", "CreateChatCompletionStreamResponse", event)
            return
        try:
            body = exchange.json()
        except ValueError:
            self._count(server, f"a body of {exchange.content_type}, status {exchange.status}")
            return
        if isinstance(body, dict) and exchange.status >= 400:
            self._look_at(server, "error", "ErrorResponse", body)
        else:
            self._look_at(server, "completion", "CreateChatCompletionResponse", body)

    def look_at_anomalies(self, server: str, anomalies: list[Any]) -> None:
        """Take note of what the client repaired in a stream."""
        for anomaly in anomalies:
            place = anomaly.where.lstrip("/").partition("/")[2]  # without the chunk's number
            self._count(server, f"stream anomaly: {anomaly.kind} {re.sub('[0-9]+', '*', place)}")

    def _look_at(self, server: str, kind: str, schema: str, body: Any) -> None:
        root = {"$ref": f"#/components/schemas/{schema}", "components": self.document["components"]}
        for sentence in {*broken_rules(root, body), *extra_fields(root, root, body, "")}:
            self._count(server, f"{kind}: {sentence}")

    def _count(self, server: str, sentence: str) -> None:
        counts = self.counts.setdefault(server, {})
        counts[sentence] = counts.get(sentence, 0) + 1


def read(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(path.read_text())
    return document


def broken_rules(root: dict[str, Any], body: Any) -> Iterator[str]:
    """Return which rules of the schema a body breaks, and where."""
    for error in Draft202012Validator(root).iter_errors(body):
        yield from _sentences(error)


def _sentences(error: ValidationError) -> Iterator[str]:
    if error.context and error.validator in ("anyOf", "oneOf"):
        # The variant that it comes nearest to is the one of which least is wrong; that it is no null says nothing.
        variants: dict[Any, list[ValidationError]] = {}
        for cause in error.context:
            variants.setdefault(cause.schema_path[0], []).append(cause)
        nearest = min(variants.values(), key=lambda causes: (any(not cause.path for cause in causes), len(causes)))
        for cause in nearest:
            yield from _sentences(cause)
        return
    place = "/".join("*" if isinstance(step, int) else str(step) for step in error.absolute_path)
    kind = KINDS.get(str(error.validator), str(error.validator))
    if error.validator == "required":
        required, instance = cast(list[str], error.validator_value), cast(dict[str, Any], error.instance)
        names = [name for name in required if name not in instance]
        yield from (f"{kind} {place}/{name}".replace(" /", " ") for name in names)
    elif error.validator in ("enum", "type"):
        shown = type(error.instance).__name__ if isinstance(error.instance, dict | list) else repr(error.instance)
        yield f"{kind} {place}: {shown}"
    else:
        yield f"{kind} {place}"


def extra_fields(root: dict[str, Any], schema: Any, value: Any, place: str) -> Iterator[str]:
    """Return which fields of a body no schema knows."""
    variants = list(_plain(root, schema))
    if isinstance(value, list):
        for item in value:
            for variant in variants:
                if "items" in variant:
                    yield from extra_fields(root, variant["items"], item, f"{place}*/")
    elif isinstance(value, dict) and not any(variant.get("additionalProperties") for variant in variants):
        known: dict[str, list[Any]] = {}
        for variant in variants:
            for name, schema in variant.get("properties", {}).items():
                known.setdefault(name, []).append(schema)
        for name, item in value.items():
            if name not in known:
                yield f"extra field {place}{name}"
            else:
                yield from extra_fields(root, {"anyOf": known[name]}, item, f"{place}{name}/")


def _plain(root: dict[str, Any], schema: Any) -> Iterator[dict[str, Any]]:
    """Yield the variants of a schema, references followed."""
    while "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        schema = root["components"]["schemas"][name]
    nested = [*schema.get("anyOf", []), *schema.get("oneOf", []), *schema.get("allOf", [])]
    if not nested:
        yield schema
    for part in nested:
        yield from _plain(root, part)
