"""`function_tool`: a tool that a request carries as JSON and that can be called with the model's arguments.

`Toolset` is the tools of a run: what the request offers the model, and what is called for it.
"""

from __future__ import annotations

import copy
import functools
import inspect
import re
import sys
import typing
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, Self, TypeVar, cast, overload

from chat_completions._contract import generated
from chat_completions._types import publish
from chat_completions.errors import SchemaError
from chat_completions.structured.adapter import Adapter
from chat_completions.structured.adapter_choice import adapter_for
from chat_completions.structured.strict import strict_schema
from chat_completions.toolkit.argument_type import SignatureAdapter, arguments_error, rooted
from chat_completions.toolkit.signatures import described, signature_of

if TYPE_CHECKING:
    # A tool is a dict; to type checkers it is the model of the same fields, which `tools=[...]` takes.
    from chat_completions.models import ChatCompletionFunctionTool as _Definition
else:
    _Definition = dict

# The names that the API accepts; the specification states it only in prose.
_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")

P = ParamSpec("P")
R_co = TypeVar("R_co", covariant=True)
R = TypeVar("R")


@publish()
class FunctionTool(_Definition, Generic[P, R_co]):
    """A tool: a dict in the API's form, with the function behind it.

    It can be called like the function; `call` calls it with the arguments of a model. Created by `function_tool`.

    Attributes:
        adapter: Reads the model's arguments: to a value of the type, or to a dict of a function's arguments.
        is_async: Whether calling it returns an awaitable.
        is_type: Whether it was created from a type, so that calling it returns a value and runs nothing.
    """

    adapter: Adapter
    is_async: bool
    is_type: bool
    __wrapped__: Callable[P, R_co]

    def __init__(self, wrapped: Callable[P, R_co], definition: Mapping[str, Any], adapter: Adapter) -> None:
        cast(Any, self).update(type="function", function=dict(definition))
        self.adapter = adapter
        self.is_type = not isinstance(adapter, SignatureAdapter)
        self.is_async = isinstance(adapter, SignatureAdapter) and adapter.is_async
        # As functools.wraps does, without copying the function's own attributes.
        for name in ("__module__", "__name__", "__qualname__", "__doc__"):
            setattr(self, name, getattr(wrapped, name, None))
        self.__wrapped__ = wrapped

    if not TYPE_CHECKING:

        @property
        def type(self) -> str:
            return self["type"]

        @property
        def function(self) -> Any:
            from chat_completions.models import FunctionDefinition

            return FunctionDefinition.from_dict(self["function"])

        def to_dict(self) -> dict[str, Any]:
            return copy.deepcopy(dict(self))

    @property
    def name(self) -> str:
        """The name that the model calls it by."""
        return str(self["function"]["name"])

    @property
    def description(self) -> str | None:
        """The description that the model reads."""
        text: str | None = self["function"].get("description")
        return text

    @property
    def parameters(self) -> dict[str, Any]:
        """The JSON Schema of its arguments."""
        schema: dict[str, Any] = self["function"]["parameters"]
        return schema

    @property
    def strict(self) -> bool:
        """Whether the model's arguments are held to the schema by the server."""
        return self["function"].get("strict") is True

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R_co:
        """Call the function, as it is called without a model."""
        return self.__wrapped__(*args, **kwargs)

    def call(self, arguments: str) -> R_co:
        """Call the function with the arguments of a model; for an async function, await the result.

        Args:
            arguments: The JSON text of a tool call.

        Raises:
            ToolArgumentsError: They do not fit; `.problems` says where and why. The function was not called.
        """
        return self.bind(arguments)()

    def bind(self, arguments: str) -> Callable[[], R_co]:
        """Return the call to make with the arguments of a model.

        Args:
            arguments: The JSON text of a tool call.

        Raises:
            ToolArgumentsError: They do not fit; `.problems` says where and why.
        """
        if isinstance(self.adapter, SignatureAdapter):
            bound = self.adapter.bound(arguments)
            return functools.partial(self.__wrapped__, *bound.args, **bound.kwargs)
        try:
            value = self.adapter.load(arguments)
        except Exception as error:
            raise arguments_error(self.name, arguments, self.adapter, error) from error
        return lambda: cast(R_co, value)

    def __repr__(self) -> str:
        return f"FunctionTool({dict(cast(Any, self))!r})"

    def __copy__(self) -> Self:
        return self._with(dict(self["function"]))

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self._with(copy.deepcopy(self["function"], memo))

    def _with(self, definition: Mapping[str, Any]) -> Self:
        return type(self)(self.__wrapped__, definition, self.adapter)

    def __reduce_ex__(self, protocol: Any) -> Any:
        name = getattr(self, "__qualname__", None)
        found: Any = sys.modules.get(getattr(self, "__module__", None) or "")
        for part in name.split(".") if name else ():
            found = getattr(found, part, None)
        if found is self:
            return name  # a decorated function: its name means the tool
        return _unpickled, (self.__wrapped__, self.adapter.name, self.strict, dict(self["function"]))


def _unpickled(wrapped: Any, name: str, strict: bool, definition: dict[str, Any]) -> FunctionTool[..., Any]:
    return _tool_of(wrapped, name, None, strict, {})._with(definition)


@overload
def function_tool(
    x: Callable[P, R], *, name: str | None = None, description: str | None = None, strict: bool = True
) -> FunctionTool[P, R]: ...
@overload
def function_tool(
    x: None = None, *, name: str | None = None, description: str | None = None, strict: bool = True
) -> Callable[[Callable[P, R]], FunctionTool[P, R]]: ...
def function_tool(
    x: Any = None, *, name: str | None = None, description: str | None = None, strict: bool = True
) -> Any:
    """Create a tool from a typed function, or from a type.

    It goes into `tools=[...]`, like plain dicts. The schema of its parameters is made from the types by pydantic or
    msgspec, their descriptions come from the docstring and from `Annotated`. May be used as a decorator.

    Args:
        x: A function, sync or async, a bound method, a `functools.partial`, an object that can be called; or a type
            that `parse` takes, for a tool that returns a value and runs nothing.
        name: What the model calls it by; by default the function's or the type's name.
        description: The description that the model reads; by default the docstring without its sections.
        strict: Whether the model's arguments are held to the schema by the server. All parameters are required
            then; for one with a default, null means the default.

    Raises:
        TypeError: It has a parameter without a type, `*args`, or a type without a schema.
        SchemaError: Strict mode has no schema for the parameters; pass `strict=False`.
        ValueError: The API does not accept the name.
        ImportError: The types need a library that is not installed.
    """
    scope = _outer_scope()
    if x is None:
        return lambda x: _tool_of(x, name, description, strict, scope)
    return _tool_of(x, name, description, strict, scope)


def pydantic_function_tool(
    model: type[R], *, name: str | None = None, description: str | None = None
) -> FunctionTool[..., R]:
    """Create a tool from a type; `function_tool` under the official SDK's name."""
    return _tool_of(model, name, description, True, _outer_scope())


def _tool_of(
    x: Any, name: str | None, description: str | None, strict: bool, scope: Mapping[str, Any]
) -> FunctionTool[..., Any]:
    if isinstance(x, FunctionTool):
        x = x.__wrapped__
    adapter: Adapter
    if isinstance(x, type) or typing.get_origin(x) is not None or hasattr(type(x), "validate_json"):
        adapter = adapter_for(x)
        called, documented = name or adapter.name, x if isinstance(x, type) else None
        schema = rooted(adapter.schema())
        if schema.get("type") != "object":
            raise TypeError(f"a tool's arguments must be an object, but {adapter.name} is not; make it a field of one")
        notes = described(documented, schema.get("properties", {}))
        for field, inner in schema.get("properties", {}).items():
            if field in notes.parameters and isinstance(inner, dict):
                inner.setdefault("description", notes.parameters[field])
    elif callable(x):
        signature = signature_of(x, scope)
        called = name or signature.name
        notes = described(signature.documented, [parameter.name for parameter in signature.parameters])
        adapter = SignatureAdapter(x, called, signature, notes.parameters, strict)
        schema = adapter.schema()
    else:
        hint = "; pass a dict in tools=[...] as it is" if isinstance(x, Mapping) else ""
        raise TypeError(f"a tool is created from a function or a type, not from {x!r:.100}{hint}")
    if not _NAME.fullmatch(called):
        raise ValueError(
            f"the API does not accept the tool name {called!r}: 1 to 64 of a-z A-Z 0-9 _ -; pass another one as name="
        )
    text = notes.text if description is None else description
    definition = {
        "name": called,
        **({"description": text} if text else {}),
        "parameters": _strict(called, schema) if strict else schema,
        **({"strict": True} if strict else {}),
    }
    return FunctionTool(x, definition, adapter)


def _strict(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    try:
        return strict_schema(schema)
    except SchemaError as error:
        raise SchemaError(
            f"{name} cannot be a strict tool; change its types, or pass strict=False: {error}", problems=error.problems
        ) from None


def _outer_scope() -> Mapping[str, Any]:
    """Return the local names around the call into this package: a function's types may be defined there."""
    frame = inspect.currentframe()
    while frame is not None and str(frame.f_globals.get("__name__", "")).split(".")[0] == "chat_completions":
        frame = frame.f_back
    return {} if frame is None else frame.f_locals


ASYNC_IN_SYNC = "is async, which only AsyncClient can call; pass a sync function, or use AsyncClient"


class Toolset:
    """The tools of a run.

    Args:
        tools: Functions, tools created by `function_tool`, types, and tools in the API's form (dicts and models).
        runs_async: Whether async functions can be called.

    Attributes:
        definitions: What the request carries.
        functions: The tools that can be called, by name.
        types: The tools created from a type, by name. The caller answers their calls.
        others: The names of the other tools without a function; the caller answers them too.

    Raises:
        TypeError: An item is not a tool, or is an async function that cannot be called here.
        ValueError: Two tools have the same name.
    """

    def __init__(self, tools: Iterable[Any], *, runs_async: bool) -> None:
        if isinstance(tools, (str, Mapping, generated.Model)) or not isinstance(tools, Iterable):
            raise TypeError(f"tools must be a list of functions and tools, not {type(tools).__name__}")
        self.definitions = [_definition(tool) for tool in tools]
        self.functions: dict[str, FunctionTool[..., Any]] = {}
        self.types: dict[str, FunctionTool[..., Any]] = {}
        self.others: set[str] = set()
        for definition in self.definitions:
            kind = definition.get("type")
            inner = definition.get(kind) if isinstance(kind, str) and kind in definition else None
            name = inner.get("name") if isinstance(inner, (Mapping, generated.Model)) else None
            if not isinstance(name, str):
                continue  # of a kind that only the server knows and calls
            if name in {*self.functions, *self.types, *self.others}:
                raise ValueError(f"two tools have the name {name!r}; rename one: function_tool(f, name=...)")
            if not isinstance(definition, FunctionTool):
                self.others.add(name)
            elif definition.is_type:
                self.types[name] = definition
            else:
                if definition.is_async and not runs_async:
                    raise TypeError(f"the tool {name!r} {ASYNC_IN_SYNC}")
                self.functions[name] = definition


def _definition(tool: Any) -> Any:
    if isinstance(tool, (Mapping, generated.Model)):
        return tool
    return function_tool(tool)
