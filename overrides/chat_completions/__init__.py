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
    from httpx import Timeout as Timeout

    from chat_completions import models as models
    from chat_completions import types as types
    from chat_completions._async_streams import AsyncStream as AsyncStream
    from chat_completions._azure import AsyncAzureClient as AsyncAzureClient
    from chat_completions._azure import AzureClient as AzureClient
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
    from chat_completions._events import ReasoningDeltaEvent as ReasoningDeltaEvent
    from chat_completions._events import ReasoningDoneEvent as ReasoningDoneEvent
    from chat_completions._events import RefusalDeltaEvent as RefusalDeltaEvent
    from chat_completions._events import RefusalDoneEvent as RefusalDoneEvent
    from chat_completions._http_clients import DefaultAioHttpClient as DefaultAioHttpClient
    from chat_completions._http_clients import DefaultAsyncHttpx2Client as DefaultAsyncHttpx2Client
    from chat_completions._http_clients import DefaultAsyncHttpxClient as DefaultAsyncHttpxClient
    from chat_completions._http_clients import DefaultHttpx2Client as DefaultHttpx2Client
    from chat_completions._http_clients import DefaultHttpxClient as DefaultHttpxClient
    from chat_completions._logprobs_events import LogprobsContentDeltaEvent as LogprobsContentDeltaEvent
    from chat_completions._logprobs_events import LogprobsContentDoneEvent as LogprobsContentDoneEvent
    from chat_completions._logprobs_events import LogprobsRefusalDeltaEvent as LogprobsRefusalDeltaEvent
    from chat_completions._logprobs_events import LogprobsRefusalDoneEvent as LogprobsRefusalDoneEvent
    from chat_completions._pages import AsyncPage as AsyncPage
    from chat_completions._pages import Page as Page
    from chat_completions._paging import PageInfo as PageInfo
    from chat_completions._provenance import Provenance as Provenance
    from chat_completions._provenance import provenance as provenance
    from chat_completions._response_info import ResponseInfo as ResponseInfo
    from chat_completions._response_info import response_info as response_info
    from chat_completions._settings import NotGiven as NotGiven
    from chat_completions._settings import Omit as Omit
    from chat_completions._streamed_response import APIResponse as APIResponse
    from chat_completions._streamed_response import AsyncAPIResponse as AsyncAPIResponse
    from chat_completions._streams import Stream as Stream
    from chat_completions._timings import StreamTimings as StreamTimings
    from chat_completions._unknown import Unknown as Unknown
    from chat_completions.structured.formats import response_format_for as response_format_for
    from chat_completions.structured.strict import strict_schema as strict_schema
    from chat_completions.toolkit.events import RoundBegunEvent as RoundBegunEvent
    from chat_completions.toolkit.events import RoundDoneEvent as RoundDoneEvent
    from chat_completions.toolkit.events import ToolCallBegunEvent as ToolCallBegunEvent
    from chat_completions.toolkit.events import ToolCallDoneEvent as ToolCallDoneEvent
    from chat_completions.toolkit.events import ToolRunDoneEvent as ToolRunDoneEvent
    from chat_completions.toolkit.events import ToolRunEvent as ToolRunEvent
    from chat_completions.toolkit.run import ToolCallResult as ToolCallResult
    from chat_completions.toolkit.run import ToolRun as ToolRun
    from chat_completions.toolkit.running import AsyncToolRunStream as AsyncToolRunStream
    from chat_completions.toolkit.running import ToolRunStream as ToolRunStream
    from chat_completions.toolkit.tool import FunctionTool as FunctionTool
    from chat_completions.toolkit.tool import function_tool as function_tool
    from chat_completions.toolkit.tool import pydantic_function_tool as pydantic_function_tool

    # Any, so that they may stand for every argument.
    NOT_GIVEN: Any
    not_given: Any
    omit: Any

# Modules that are there without an import of their own, as in the official SDK.
_MODULES = ("models", "types")
_LAZY = {
    "RoundBegunEvent": "chat_completions.toolkit.events",
    "RoundDoneEvent": "chat_completions.toolkit.events",
    "ToolCallBegunEvent": "chat_completions.toolkit.events",
    "ToolCallDoneEvent": "chat_completions.toolkit.events",
    "ToolRunDoneEvent": "chat_completions.toolkit.events",
    "ToolRunEvent": "chat_completions.toolkit.events",
    "ToolCallResult": "chat_completions.toolkit.run",
    "ToolRun": "chat_completions.toolkit.run",
    "AsyncToolRunStream": "chat_completions.toolkit.running",
    "ToolRunStream": "chat_completions.toolkit.running",
    "FunctionTool": "chat_completions.toolkit.tool",
    "function_tool": "chat_completions.toolkit.tool",
    "pydantic_function_tool": "chat_completions.toolkit.tool",
    "APIResponse": "chat_completions._streamed_response",
    "AsyncAPIResponse": "chat_completions._streamed_response",
    "AsyncAzureClient": "chat_completions._azure",
    "AzureClient": "chat_completions._azure",
    "DefaultAioHttpClient": "chat_completions._http_clients",
    "DefaultAsyncHttpxClient": "chat_completions._http_clients",
    "DefaultAsyncHttpx2Client": "chat_completions._http_clients",
    "DefaultHttpxClient": "chat_completions._http_clients",
    "DefaultHttpx2Client": "chat_completions._http_clients",
    "PageInfo": "chat_completions._paging",
    "NOT_GIVEN": "chat_completions._settings",
    "NotGiven": "chat_completions._settings",
    "Omit": "chat_completions._settings",
    "not_given": "chat_completions._settings",
    "omit": "chat_completions._settings",
    "Timeout": "httpx",
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
    "LogprobsContentDeltaEvent": "chat_completions._logprobs_events",
    "LogprobsContentDoneEvent": "chat_completions._logprobs_events",
    "LogprobsRefusalDeltaEvent": "chat_completions._logprobs_events",
    "LogprobsRefusalDoneEvent": "chat_completions._logprobs_events",
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
    "StreamTimings": "chat_completions._timings",
    "Unknown": "chat_completions._unknown",
    "provenance": "chat_completions._provenance",
    "response_format_for": "chat_completions.structured.formats",
    "strict_schema": "chat_completions.structured.strict",
    "response_info": "chat_completions._response_info",
}

__all__ = [
    "AsyncToolRunStream",
    "FunctionTool",
    "RoundBegunEvent",
    "RoundDoneEvent",
    "ToolCallBegunEvent",
    "ToolCallDoneEvent",
    "ToolCallResult",
    "ToolRun",
    "ToolRunDoneEvent",
    "ToolRunEvent",
    "ToolRunStream",
    "function_tool",
    "pydantic_function_tool",
    "APIResponse",
    "AsyncAPIResponse",
    "AsyncAzureClient",
    "AzureClient",
    "DefaultAioHttpClient",
    "DefaultAsyncHttpxClient",
    "DefaultAsyncHttpx2Client",
    "DefaultHttpxClient",
    "DefaultHttpx2Client",
    "PageInfo",
    "NOT_GIVEN",
    "NotGiven",
    "Omit",
    "Timeout",
    "not_given",
    "omit",
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
    "StreamTimings",
    "Unknown",
    "__version__",
    "provenance",
    "response_format_for",
    "strict_schema",
    "response_info",
    *_errors,
]


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module(f"{__name__}.{name}")
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_LAZY[name]), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
