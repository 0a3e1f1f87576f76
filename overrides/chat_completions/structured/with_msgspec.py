"""Types read by msgspec: its structs, attrs classes, and whatever else it supports."""

from __future__ import annotations

import json
import re
from typing import Any

import msgspec

from chat_completions.structured.adapter import Adapter, ValueWrapper, schema_name, unsupported
from chat_completions.structured.partial import partial_json

_PLACE = re.compile(r" - at `\$?(.*)`$", re.DOTALL)
_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]")


class MsgspecAdapter:
    """See `Adapter`."""

    def __init__(self, kind: Any) -> None:
        self.kind = kind
        self.name = schema_name(kind)
        try:
            self._schema = json.dumps(msgspec.json.schema(kind))
            self._decoder = msgspec.json.Decoder(kind)
        except (TypeError, ValueError, NameError) as error:
            raise unsupported(kind, error) from error

    def schema(self) -> dict[str, Any]:
        schema: dict[str, Any] = json.loads(self._schema)
        return schema

    def load(self, text: str) -> Any:
        return self._decoder.decode(text)

    def load_value(self, value: Any) -> Any:
        return self.load(json.dumps(value))

    def partial(self, text: str) -> Any:
        return partial_json(text)

    def place(self, error: Exception) -> tuple[str | int, ...]:
        found = _PLACE.search(str(error))
        steps: list[str | int] = []
        path, at = found.group(1) if found else "", 0
        while step := _STEP.match(path, at):
            steps.append(step.group(1) if step.group(2) is None else int(step.group(2)))
            at = step.end()
        return tuple(steps)

    def wrapped(self) -> Adapter:
        return ValueWrapper(self.kind, MsgspecAdapter(msgspec.defstruct(self.name, [("value", self.kind)])))
