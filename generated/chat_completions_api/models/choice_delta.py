# Written by `make generate`; do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Self

from attrs import define

from ..types import UNSET, LazyModel, Model, new

if TYPE_CHECKING:
    from .choice_delta_function_call import ChoiceDeltaFunctionCall
    from .choice_delta_role import ChoiceDeltaRole
    from .choice_delta_tool_call import ChoiceDeltaToolCall

_ChoiceDeltaFunctionCall = LazyModel("choice_delta_function_call", "ChoiceDeltaFunctionCall")
_ChoiceDeltaToolCall = LazyModel("choice_delta_tool_call", "ChoiceDeltaToolCall")


# Source: #/components/schemas/ChatCompletionStreamResponseDelta
@define(eq=False, getstate_setstate=False, kw_only=True, repr=False, weakref_slot=False)
class ChoiceDelta(Model):
    """A piece of a message, to be joined to the pieces before it."""

    content: str | None = UNSET
    """The next stretch of the reply's text."""

    function_call: ChoiceDeltaFunctionCall | None = UNSET
    """Deprecated, use tool_calls; a piece of the function call."""

    refusal: str | None = UNSET
    """The next stretch of the refusal's text."""

    role: ChoiceDeltaRole | None = UNSET
    """Author of the message, sent with its first piece."""

    tool_calls: list[ChoiceDeltaToolCall] | None = UNSET
    """Pieces of tool calls; join them by index."""

    _attributes: ClassVar[Mapping[str, str]] = {
        "content": "content",
        "function_call": "function_call",
        "refusal": "refusal",
        "role": "role",
        "tool_calls": "tool_calls",
    }
    _source: ClassVar[str] = "#/components/schemas/ChatCompletionStreamResponseDelta"
    _nested: ClassVar[tuple[str, ...]] = (
        "function_call",
        "tool_calls",
    )
    _extensions: ClassVar[frozenset[str]] = frozenset(
        (
            "images",
            "reasoning",
            "reasoning_content",
            "reasoning_details",
        )
    )

    if TYPE_CHECKING:
        # Fields that many servers send and the specification does not know. To assign one, use model["name"] = value.

        @property
        def images(self) -> list[Any] | None:
            """OpenRouter: images that the model made."""

        @property
        def reasoning(self) -> str | None:
            """OpenRouter, Groq, Cerebras, vLLM: the text of the reasoning."""

        @property
        def reasoning_content(self) -> str | None:
            """DeepSeek, xAI, vLLM, llama.cpp: the text of the reasoning."""

        @property
        def reasoning_details(self) -> list[Any] | None:
            """OpenRouter: the parts of the reasoning, to be sent back unchanged."""

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Decode a JSON object; never raises on one, whatever its fields hold."""
        self = new(cls)
        decoded: Any = self
        get = src_dict.get
        decoded.content = get("content")
        decoded.function_call = value = get("function_call")
        if value is not None:
            decoded.function_call = _ChoiceDeltaFunctionCall.from_dict(value) if isinstance(value, dict) else value
        decoded.refusal = get("refusal")
        decoded.role = get("role")
        decoded.tool_calls = value = get("tool_calls")
        if value is not None:
            decoded.tool_calls = (
                [_ChoiceDeltaToolCall.from_dict(item) if isinstance(item, dict) else item for item in value]
                if isinstance(value, list)
                else value
            )
        decoded._keys = keys = tuple(src_dict)
        decoded._extra = None if cls._known.issuperset(keys) else cls._unknown_of(src_dict)
        return self
