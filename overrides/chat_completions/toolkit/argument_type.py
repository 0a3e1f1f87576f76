"""The arguments of a function as one type: from its signature to a JSON Schema, and from JSON to a call."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Mapping
from typing import Annotated, Any, NotRequired, Optional, Required, cast

from chat_completions.errors import ToolArgumentsError
from chat_completions.structured.adapter import Adapter
from chat_completions.structured.adapter_choice import adapter_for
from chat_completions.structured.strict import target_of
from chat_completions.toolkit.results import as_json
from chat_completions.toolkit.signatures import Parameter, Signature

MAX_QUOTED = 200  # of arguments that a message quotes


class SignatureAdapter:
    """An `Adapter` that loads the arguments of a function as a dict, defaults included.

    Args:
        kind: The function.
        name: The tool's name.
        signature: What the function takes.
        notes: Descriptions of parameters, by name; those in `Annotated` take precedence.
        strict: Whether the schema is for strict mode, which has no optional fields; null means the default.

    Raises:
        ImportError: The parameters' types need a library that is not installed.
        TypeError: No library can create a JSON Schema for a parameter's type; the message names it.
    """

    def __init__(
        self, kind: Callable[..., Any], name: str, signature: Signature, notes: Mapping[str, str], strict: bool
    ) -> None:
        self.kind = kind
        self.name = name
        self.is_async = signature.is_async
        self._signature = signature
        self._strict = strict
        # Models write null for what they leave out; a strict schema asks them to.
        self._loader = self._adapter(nullable=True)
        adapter = self._loader if strict else self._adapter(nullable=False)
        self._schema: dict[str, Any] = rooted(adapter.schema()) if adapter else {"type": "object", "properties": {}}
        self._schema.pop("title", None)
        self._describe(notes)

    def _adapter(self, nullable: bool) -> Adapter | None:
        """Return the adapter of a dict of the arguments; None if there are none."""
        parameters = self._signature.parameters
        if not parameters:
            return None
        try:
            return adapter_for(_dict_of(self.name, parameters, nullable))
        except TypeError as failure:
            for parameter in parameters:
                # One by one, to name the one at fault.
                try:
                    adapter_for(parameter.annotation)
                except TypeError as error:
                    raise TypeError(f"the parameter {parameter.name!r} of {self.name}: {error}") from error
            raise TypeError(
                f"{self.name} has parameters that no single library supports, such as a pydantic model and an attrs"
                f" class: {failure}"
            ) from failure

    def _describe(self, notes: Mapping[str, str]) -> None:
        properties: dict[str, Any] = self._schema["properties"]
        # A model writes its arguments in the order of the schema, and one of the libraries sorts them.
        names = [parameter.name for parameter in self._signature.parameters if parameter.name in properties]
        self._schema["properties"] = properties = {name: properties[name] for name in names} | properties
        for parameter in self._signature.parameters:
            if not isinstance(inner := properties.get(parameter.name), dict):
                continue  # an alias has taken its name
            if inner.get("title") == parameter.name.replace("_", " ").title():
                del inner["title"]  # pydantic's, which says nothing
            words = inner.get("description") or parameter.note or notes.get(parameter.name)
            default = None if parameter.is_required else _plain(parameter.default)
            if self._strict and parameter.null_is_default:
                hint = (
                    f"null for the default, {json.dumps(default, ensure_ascii=False)}"
                    if default is not None
                    else "null for the default"
                )
                words = f"{words} ({hint})" if words else hint
            elif not self._strict and default is not None:
                inner["default"] = default
            if words:
                inner["description"] = words

    def schema(self) -> dict[str, Any]:
        schema: dict[str, Any] = json.loads(json.dumps(self._schema))
        return schema

    def load(self, text: str) -> dict[str, Any]:
        return dict(self.bound(text).arguments)

    def load_value(self, value: Any) -> dict[str, Any]:
        return self.load(json.dumps(value))

    def bound(self, text: str) -> inspect.BoundArguments:
        """Return the typed arguments of a call for the JSON text of a model.

        Raises:
            ToolArgumentsError: They do not fit; `.problems` says where and why.
        """
        # Servers differ in how they say that there are no arguments.
        given = text if text.strip() not in ("", "null") else "{}"
        self._check_names(text, given)
        if self._loader is None:
            return self._signature.bound({})
        try:
            values = self._loader.load(given)
        except Exception as error:
            raise arguments_error(self.name, text, self._loader, error) from error
        defaulted = {parameter.name for parameter in self._signature.parameters if parameter.null_is_default}
        return self._signature.bound({k: v for k, v in values.items() if v is not None or k not in defaulted})

    def _check_names(self, text: str, given: str) -> None:
        """Refuse arguments without a parameter: dropping them might change what the call means."""
        try:
            value = json.loads(given)
        except (ValueError, RecursionError) as error:
            raise _arguments_error(self.name, text, (("", f"not JSON: {error}"),)) from None
        if not isinstance(value, dict):
            raise _arguments_error(self.name, text, (("", f"{_shortened(value)} is not an object"),))
        known = self._schema.get("properties", {})
        if unknown := [name for name in value if name not in known]:
            there_are = ", ".join(known) or "none"
            message = f"unknown parameter; the parameters are: {there_are}"
            raise _arguments_error(self.name, text, tuple((pointer((name,)), message) for name in unknown))

    def partial(self, text: str) -> Any:
        from chat_completions.structured.partial import partial_json

        return partial_json(text)

    def place(self, error: Exception) -> tuple[str | int, ...]:
        if isinstance(error, ToolArgumentsError) and error.__cause__ is not None and self._loader is not None:
            return self._loader.place(error.__cause__)  # type: ignore[arg-type]
        return ()

    def wrapped(self) -> Adapter:
        return self


def arguments_error(name: str, text: str, adapter: Adapter, error: Exception) -> ToolArgumentsError:
    """Return a `ToolArgumentsError` for a library's error about the arguments of a tool."""
    errors = getattr(error, "errors", None)
    if callable(errors):
        problems = tuple((pointer(one["loc"]), str(one["msg"])) for one in cast(Any, errors)(include_url=False))
    else:
        what = str(error) or type(error).__name__
        problems = ((pointer(adapter.place(error)), what.partition(" - at `$")[0]),)
    return _arguments_error(name, text, problems)


def _arguments_error(name: str, text: str, problems: tuple[tuple[str, str], ...]) -> ToolArgumentsError:
    reasons = "; ".join(f"{where or '/'}: {what}" for where, what in problems)
    return ToolArgumentsError(
        f"the arguments of {name} do not fit: {reasons}", name=name, arguments=text, problems=problems
    )


def pointer(place: tuple[str | int, ...]) -> str:
    """Return a place in a JSON value as a JSON pointer (RFC 6901)."""
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in place)


def rooted(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema whose root is the object itself instead of a reference to a definition."""
    reference = schema.get("$ref")
    target = target_of(schema, reference) if isinstance(reference, str) else None
    if not isinstance(reference, str) or not isinstance(target, dict):
        return schema
    root = {**target, **{key: rule for key, rule in schema.items() if key != "$ref"}}
    definitions = root.pop("$defs", {})
    if json.dumps(reference) not in json.dumps(definitions):
        del definitions[reference.rpartition("/")[2]]
    return {**root, "$defs": definitions} if definitions else root


def _dict_of(name: str, parameters: Any, nullable: bool) -> Any:
    """Return a TypedDict with a field for each parameter, which both libraries support."""
    make: Any
    try:
        from typing_extensions import TypedDict as make  # pydantic accepts no other before Python 3.12, and installs it
    except ImportError:
        from typing import TypedDict as make
    kind = make(name, {parameter.name: _field(parameter, nullable) for parameter in parameters})
    # Adapters of classes are kept, and this class is of no use to another tool.
    return Annotated[kind, name]


def _field(parameter: Parameter, nullable: bool) -> Any:
    if parameter.is_required:
        return Required[parameter.annotation]
    kind = parameter.annotation
    # Not `kind | None`: not all that stands for a type has the operator.
    return NotRequired[Optional[kind] if nullable and parameter.null_is_default else kind]  # noqa: UP045


def _plain(value: Any) -> Any:
    """Return a default as a JSON value; None if it cannot be written as JSON, or is long."""
    try:
        text = as_json(value)
    except (TypeError, ValueError, RecursionError):
        return None
    return json.loads(text) if len(text) <= MAX_QUOTED else None


def _shortened(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= MAX_QUOTED else text[:MAX_QUOTED] + "..."
