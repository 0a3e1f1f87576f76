"""Types that the ecosystem names but the specification does not."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

from chat_completions_api.models import ChatCompletionMessageCustomToolCall, ChatCompletionMessageFunctionToolCall
from chat_completions_api.types import Model as BaseModel

__all__ = ["BaseModel", "ChatCompletionMessageToolCallUnion", "ChatCompletionRole", "FunctionParameters", "Metadata"]

ChatCompletionMessageToolCallUnion: TypeAlias = (
    ChatCompletionMessageFunctionToolCall | ChatCompletionMessageCustomToolCall
)
ChatCompletionRole: TypeAlias = Literal["developer", "system", "user", "assistant", "tool", "function"]
FunctionParameters: TypeAlias = dict[str, Any]
Metadata: TypeAlias = dict[str, str]
