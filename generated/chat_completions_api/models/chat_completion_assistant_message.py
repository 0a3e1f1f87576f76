# Written by `make generate`; do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from attrs import define

from ..types import UNSET, LazyModel, Model, Variants, new

if TYPE_CHECKING:
    from .chat_completion_assistant_message_audio import ChatCompletionAssistantMessageAudio
    from .chat_completion_content_part_refusal import ChatCompletionContentPartRefusal
    from .chat_completion_content_part_text import ChatCompletionContentPartText
    from .chat_completion_message_custom_tool_call import ChatCompletionMessageCustomToolCall
    from .chat_completion_message_function_tool_call import ChatCompletionMessageFunctionToolCall
    from .function_call import FunctionCall

_ChatCompletionAssistantMessageAudio = LazyModel(
    "chat_completion_assistant_message_audio", "ChatCompletionAssistantMessageAudio"
)
_ChatCompletionContentPartText = LazyModel("chat_completion_content_part_text", "ChatCompletionContentPartText")
_ChatCompletionContentPartRefusal = LazyModel(
    "chat_completion_content_part_refusal", "ChatCompletionContentPartRefusal"
)
_FunctionCall = LazyModel("function_call", "FunctionCall")
_ChatCompletionMessageFunctionToolCall = LazyModel(
    "chat_completion_message_function_tool_call", "ChatCompletionMessageFunctionToolCall"
)
_ChatCompletionMessageCustomToolCall = LazyModel(
    "chat_completion_message_custom_tool_call", "ChatCompletionMessageCustomToolCall"
)
_content_variants = Variants(
    "type",
    {"text": _ChatCompletionContentPartText, "refusal": _ChatCompletionContentPartRefusal},
    (
        (frozenset(["text"]), _ChatCompletionContentPartText),
        (frozenset(["refusal"]), _ChatCompletionContentPartRefusal),
    ),
)
_tool_calls_variants = Variants(
    "type",
    {"function": _ChatCompletionMessageFunctionToolCall, "custom": _ChatCompletionMessageCustomToolCall},
    (
        (frozenset(["function", "id"]), _ChatCompletionMessageFunctionToolCall),
        (frozenset(["custom", "id"]), _ChatCompletionMessageCustomToolCall),
    ),
)


# Source: #/components/schemas/ChatCompletionRequestAssistantMessage
@define(eq=False, getstate_setstate=False, kw_only=True, repr=False, weakref_slot=False)
class ChatCompletionAssistantMessage(Model):
    """An earlier reply of the model, sent back as part of the conversation."""

    audio: ChatCompletionAssistantMessageAudio | None = UNSET
    """Refers back to an earlier audio reply, in place of repeating the audio."""

    content: str | list[ChatCompletionContentPartText | ChatCompletionContentPartRefusal] | None = UNSET
    """What the model said; may be missing or null when the message calls tools."""

    function_call: FunctionCall | None = UNSET
    """Deprecated, use tool_calls; the function call the model made in that turn."""

    name: str | None = UNSET
    """Optional name to tell apart several assistants in one conversation."""

    refusal: str | None = UNSET
    """The refusal text, if the model declined to answer."""

    role: Literal["assistant"] = "assistant"
    """Always assistant; tells this message from the others."""

    tool_calls: list[ChatCompletionMessageFunctionToolCall | ChatCompletionMessageCustomToolCall] | None = UNSET
    """The tool calls the model made in that turn; each one needs a tool message in answer."""

    _attributes: ClassVar[Mapping[str, str]] = {
        "audio": "audio",
        "content": "content",
        "function_call": "function_call",
        "name": "name",
        "refusal": "refusal",
        "role": "role",
        "tool_calls": "tool_calls",
    }
    _source: ClassVar[str] = "#/components/schemas/ChatCompletionRequestAssistantMessage"
    _nested: ClassVar[tuple[str, ...]] = (
        "audio",
        "content",
        "function_call",
        "tool_calls",
    )

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Decode a JSON object; never raises on one, whatever its fields hold."""
        self = new(cls)
        decoded: Any = self
        get = src_dict.get
        decoded.audio = value = get("audio")
        if value is not None:
            decoded.audio = _ChatCompletionAssistantMessageAudio.from_dict(value) if isinstance(value, dict) else value
        decoded.content = value = get("content")
        if value is not None:
            decoded.content = (
                [_content_variants.from_dict(item) if isinstance(item, dict) else item for item in value]
                if isinstance(value, list)
                else value
            )
        decoded.function_call = value = get("function_call")
        if value is not None:
            decoded.function_call = _FunctionCall.from_dict(value) if isinstance(value, dict) else value
        decoded.name = get("name")
        decoded.refusal = get("refusal")
        decoded.role = get("role")
        decoded.tool_calls = value = get("tool_calls")
        if value is not None:
            decoded.tool_calls = (
                [_tool_calls_variants.from_dict(item) if isinstance(item, dict) else item for item in value]
                if isinstance(value, list)
                else value
            )
        decoded._keys = keys = tuple(src_dict)
        decoded._extra = None if cls._known.issuperset(keys) else cls._unknown_of(src_dict)
        return self
