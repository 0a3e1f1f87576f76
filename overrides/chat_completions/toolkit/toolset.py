"""The tools of a run: what the request offers the model, and what is called for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from chat_completions._contract import generated
from chat_completions.toolkit.tool import FunctionTool, function_tool

ASYNC_IN_SYNC = "is async, which only AsyncClient can call; pass a sync function, or use AsyncClient"


class Toolset:
    """The tools of a run.

    Args:
        tools: Functions, tools created by `function_tool`, types, and tools in the API's form (dicts and models).
        runs_async: Whether async functions can be called.

    Attributes:
        definitions: What the request carries.
        functions: The tools that can be called, by name.
        types: The tools that stand for a type, by name. The caller answers their calls.
        others: The names of the other tools without a function; the caller answers them too.

    Raises:
        TypeError: Something is not a tool, or is an async function where none can be called.
        ValueError: Two tools have the same name.
    """

    def __init__(self, tools: Iterable[Any], *, runs_async: bool) -> None:
        if isinstance(tools, (str, Mapping, generated.Model)) or not isinstance(tools, Iterable):
            raise TypeError(f"tools is a {type(tools).__name__}; pass a list of functions and tools")
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
