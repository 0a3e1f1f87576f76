"""Read the arguments of tool calls: with the type that the tool was created from, or as plain JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, TypeAlias

from chat_completions._contract.generated import Model
from chat_completions.structured.adapter import Adapter
from chat_completions.structured.partial import partial_json


class PlainJson:
    """Reads JSON as it is; see `Adapter`."""

    name = "JSON"

    def load(self, text: str) -> Any:
        return json.loads(text)

    def partial(self, text: str) -> Any:
        return partial_json(text)

    def place(self, error: Exception) -> tuple[str | int, ...]:
        return ()


Loader: TypeAlias = Adapter | PlainJson


class Arguments(dict[str, Loader]):
    """How the arguments of each tool are read, by the tool's name; tools that are missing have none.

    A tool created from a type has an attribute `adapter`, on itself or on its `function`. Other strict tools return
    JSON.

    Args:
        tools: The `tools` of a request.
    """

    def __init__(self, tools: Any) -> None:
        super().__init__()
        for tool in tools if isinstance(tools, list | tuple) else ():
            function = tool.get("function") if isinstance(tool, Mapping | Model) else None
            if isinstance(function, Mapping | Model) and isinstance(name := function.get("name"), str):
                loader = getattr(function, "adapter", None) or getattr(tool, "adapter", None)
                if loader is not None or function.get("strict") is True:
                    self[name] = loader or PlainJson()
