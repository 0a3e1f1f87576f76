# Written by `make generate`; do not edit.
from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from attrs import define

from ..types import LazyModel, Model, new

if TYPE_CHECKING:
    from .function_definition import FunctionDefinition

_FunctionDefinition = LazyModel("function_definition", "FunctionDefinition")


# Source: #/components/schemas/ChatCompletionTool
@define(eq=False, getstate_setstate=False, kw_only=True, repr=False, weakref_slot=False)
class ChatCompletionFunctionTool(Model):
    """A function the model may ask you to run, with arguments in JSON."""

    function: FunctionDefinition
    """Name, purpose and parameters of the function."""

    type: Literal["function"] = "function"
    """Always function; tells this tool from a custom one."""

    _attributes: ClassVar[Mapping[str, str]] = {
        "function": "function",
        "type": "type",
    }
    _source: ClassVar[str] = "#/components/schemas/ChatCompletionTool"
    _nested: ClassVar[tuple[str, ...]] = ("function",)
    _empties: ClassVar[Mapping[str, Callable[[], Any]]] = {
        "function": _FunctionDefinition.empty,
    }

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Decode a JSON object; never raises on one, whatever its fields hold."""
        self = new(cls)
        decoded: Any = self
        get = src_dict.get
        value = get("function")
        if value is not None:
            decoded.function = _FunctionDefinition.from_dict(value) if isinstance(value, dict) else value
        decoded.type = get("type")
        decoded._keys = keys = tuple(src_dict)
        decoded._extra = None if cls._known.issuperset(keys) else cls._unknown_of(src_dict)
        return self
