"""A typed, lossless and light client for OpenAI-style Chat Completions.

from chat_completions import Client

client = Client()
completion = client.chat.completions.create(model="gpt-5-mini", messages=[{"role": "user", "content": "Hello"}])
print(completion.choices[0].message.content)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from chat_completions._version import __version__
from chat_completions.errors import *  # noqa: F403
from chat_completions.errors import __all__ as _errors

if TYPE_CHECKING:
    from chat_completions._async_streams import AsyncStream as AsyncStream
    from chat_completions._client import AsyncClient as AsyncClient
    from chat_completions._client import Client as Client
    from chat_completions._event_streams import AsyncChatCompletionStream as AsyncChatCompletionStream
    from chat_completions._event_streams import AsyncChatCompletionStreamManager as AsyncChatCompletionStreamManager
    from chat_completions._event_streams import ChatCompletionStream as ChatCompletionStream
    from chat_completions._event_streams import ChatCompletionStreamManager as ChatCompletionStreamManager
    from chat_completions._events import ChatCompletionStreamEvent as ChatCompletionStreamEvent
    from chat_completions._events import ChunkEvent as ChunkEvent
    from chat_completions._events import ContentDeltaEvent as ContentDeltaEvent
    from chat_completions._events import ContentDoneEvent as ContentDoneEvent
    from chat_completions._events import FunctionToolCallArgumentsDeltaEvent as FunctionToolCallArgumentsDeltaEvent
    from chat_completions._events import FunctionToolCallArgumentsDoneEvent as FunctionToolCallArgumentsDoneEvent
    from chat_completions._events import LogprobsContentDeltaEvent as LogprobsContentDeltaEvent
    from chat_completions._events import LogprobsContentDoneEvent as LogprobsContentDoneEvent
    from chat_completions._events import LogprobsRefusalDeltaEvent as LogprobsRefusalDeltaEvent
    from chat_completions._events import LogprobsRefusalDoneEvent as LogprobsRefusalDoneEvent
    from chat_completions._events import ReasoningDeltaEvent as ReasoningDeltaEvent
    from chat_completions._events import ReasoningDoneEvent as ReasoningDoneEvent
    from chat_completions._events import RefusalDeltaEvent as RefusalDeltaEvent
    from chat_completions._events import RefusalDoneEvent as RefusalDoneEvent
    from chat_completions._pages import AsyncPage as AsyncPage
    from chat_completions._pages import Page as Page
    from chat_completions._provenance import Provenance as Provenance
    from chat_completions._provenance import provenance as provenance
    from chat_completions._response_info import ResponseInfo as ResponseInfo
    from chat_completions._response_info import response_info as response_info
    from chat_completions._streams import Stream as Stream
    from chat_completions._unknown import Unknown as Unknown

_LAZY = {
    "AsyncChatCompletionStream": "chat_completions._event_streams",
    "AsyncChatCompletionStreamManager": "chat_completions._event_streams",
    "ChatCompletionStream": "chat_completions._event_streams",
    "ChatCompletionStreamManager": "chat_completions._event_streams",
    "ChatCompletionStreamEvent": "chat_completions._events",
    "ChunkEvent": "chat_completions._events",
    "ContentDeltaEvent": "chat_completions._events",
    "ContentDoneEvent": "chat_completions._events",
    "FunctionToolCallArgumentsDeltaEvent": "chat_completions._events",
    "FunctionToolCallArgumentsDoneEvent": "chat_completions._events",
    "LogprobsContentDeltaEvent": "chat_completions._events",
    "LogprobsContentDoneEvent": "chat_completions._events",
    "LogprobsRefusalDeltaEvent": "chat_completions._events",
    "LogprobsRefusalDoneEvent": "chat_completions._events",
    "ReasoningDeltaEvent": "chat_completions._events",
    "ReasoningDoneEvent": "chat_completions._events",
    "RefusalDeltaEvent": "chat_completions._events",
    "RefusalDoneEvent": "chat_completions._events",
    "AsyncClient": "chat_completions._client",
    "AsyncPage": "chat_completions._pages",
    "AsyncStream": "chat_completions._async_streams",
    "Client": "chat_completions._client",
    "Page": "chat_completions._pages",
    "Provenance": "chat_completions._provenance",
    "ResponseInfo": "chat_completions._response_info",
    "Stream": "chat_completions._streams",
    "Unknown": "chat_completions._unknown",
    "provenance": "chat_completions._provenance",
    "response_info": "chat_completions._response_info",
}

__all__ = [
    "AsyncChatCompletionStream",
    "AsyncChatCompletionStreamManager",
    "ChatCompletionStream",
    "ChatCompletionStreamManager",
    "ChatCompletionStreamEvent",
    "ChunkEvent",
    "ContentDeltaEvent",
    "ContentDoneEvent",
    "FunctionToolCallArgumentsDeltaEvent",
    "FunctionToolCallArgumentsDoneEvent",
    "LogprobsContentDeltaEvent",
    "LogprobsContentDoneEvent",
    "LogprobsRefusalDeltaEvent",
    "LogprobsRefusalDoneEvent",
    "ReasoningDeltaEvent",
    "ReasoningDoneEvent",
    "RefusalDeltaEvent",
    "RefusalDoneEvent",
    "AsyncClient",
    "AsyncPage",
    "AsyncStream",
    "Client",
    "Page",
    "Provenance",
    "ResponseInfo",
    "Stream",
    "Unknown",
    "__version__",
    "provenance",
    "response_info",
    *_errors,
]


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_LAZY[name]), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
