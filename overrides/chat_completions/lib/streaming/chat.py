"""The streams and their events, at the place where the official SDK has them; all are in `chat_completions`, too."""

from __future__ import annotations

from chat_completions import AsyncChatCompletionStream as AsyncChatCompletionStream
from chat_completions import AsyncChatCompletionStreamManager as AsyncChatCompletionStreamManager
from chat_completions import ChatCompletionStream as ChatCompletionStream
from chat_completions import ChatCompletionStreamEvent as ChatCompletionStreamEvent
from chat_completions import ChatCompletionStreamManager as ChatCompletionStreamManager
from chat_completions import ChatCompletionStreamState as ChatCompletionStreamState
from chat_completions import ChunkEvent as ChunkEvent
from chat_completions import ContentDeltaEvent as ContentDeltaEvent
from chat_completions import ContentDoneEvent as ContentDoneEvent
from chat_completions import FunctionToolCallArgumentsDeltaEvent as FunctionToolCallArgumentsDeltaEvent
from chat_completions import FunctionToolCallArgumentsDoneEvent as FunctionToolCallArgumentsDoneEvent
from chat_completions import LogprobsContentDeltaEvent as LogprobsContentDeltaEvent
from chat_completions import LogprobsContentDoneEvent as LogprobsContentDoneEvent
from chat_completions import LogprobsRefusalDeltaEvent as LogprobsRefusalDeltaEvent
from chat_completions import LogprobsRefusalDoneEvent as LogprobsRefusalDoneEvent
from chat_completions import RefusalDeltaEvent as RefusalDeltaEvent
from chat_completions import RefusalDoneEvent as RefusalDoneEvent
from chat_completions.models import ParsedChatCompletion as ParsedChatCompletionSnapshot
from chat_completions.models import ParsedChatCompletionMessage as ParsedChatCompletionMessageSnapshot
from chat_completions.models import ParsedChoice as ParsedChoiceSnapshot

__all__ = [
    "AsyncChatCompletionStream",
    "AsyncChatCompletionStreamManager",
    "ChatCompletionStream",
    "ChatCompletionStreamEvent",
    "ChatCompletionStreamManager",
    "ChatCompletionStreamState",
    "ChunkEvent",
    "ContentDeltaEvent",
    "ContentDoneEvent",
    "FunctionToolCallArgumentsDeltaEvent",
    "FunctionToolCallArgumentsDoneEvent",
    "LogprobsContentDeltaEvent",
    "LogprobsContentDoneEvent",
    "LogprobsRefusalDeltaEvent",
    "LogprobsRefusalDoneEvent",
    "ParsedChatCompletionMessageSnapshot",
    "ParsedChatCompletionSnapshot",
    "ParsedChoiceSnapshot",
    "RefusalDeltaEvent",
    "RefusalDoneEvent",
]
