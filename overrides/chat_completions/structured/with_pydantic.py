"""Types read by pydantic: its models, and whatever else `pydantic.TypeAdapter` supports."""

from __future__ import annotations

import json
from typing import Any

from pydantic import TypeAdapter, ValidationError, create_model
from pydantic.errors import PydanticUndefinedAnnotation, PydanticUserError

from chat_completions.structured.adapter import Adapter, ValueWrapper, schema_name, unsupported
from chat_completions.structured.partial import partial_json


class PydanticAdapter:
    """See `Adapter`."""

    def __init__(self, kind: Any) -> None:
        self.kind = kind._type if isinstance(kind, TypeAdapter) else kind
        self.name = schema_name(self.kind)
        try:
            self._adapter: TypeAdapter[Any] = kind if isinstance(kind, TypeAdapter) else TypeAdapter(kind)
            self._schema = json.dumps(self._adapter.json_schema())
        except (PydanticUndefinedAnnotation, PydanticUserError) as error:
            raise unsupported(self.kind, error) from error

    def schema(self) -> dict[str, Any]:
        schema: dict[str, Any] = json.loads(self._schema)
        return schema

    def load(self, text: str) -> Any:
        return self._adapter.validate_json(text)

    def load_value(self, value: Any) -> Any:
        # Through JSON text: pydantic is stricter with Python values than with JSON, which has fewer types.
        return self.load(json.dumps(value))

    def partial(self, text: str) -> Any:
        return partial_json(text)

    def place(self, error: Exception) -> tuple[str | int, ...]:
        errors = error.errors(include_url=False) if isinstance(error, ValidationError) else []
        return errors[0]["loc"] if errors else ()

    def wrapped(self) -> Adapter:
        return ValueWrapper(self.kind, PydanticAdapter(create_model(self.name, value=(self.kind, ...))))
