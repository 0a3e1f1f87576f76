"""A typed, lossless and light client for OpenAI-style Chat Completions.

from chat_completions import Client

client = Client()
completion = client.chat.completions.create(model="gpt-5-mini", messages=[{"role": "user", "content": "Hello"}])
print(completion.choices[0].message.content)
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from chat_completions._version import __version__
from chat_completions.errors import *  # noqa: F403
from chat_completions.errors import __all__ as _errors

# Type checkers read __init__.pyi; a test holds the two equal. A module is imported when one of its names is used.
_NAMES = {
    "chat_completions._client.azure": ("AsyncAzureClient", "AzureClient"),
    "chat_completions._client.client": ("AsyncClient", "Client"),
    "chat_completions._client.streaming_response": ("APIResponse", "AsyncAPIResponse"),
    "chat_completions._contract.provenance": ("Provenance", "provenance"),
    "chat_completions._contract.unknown_values": ("Unknown",),
    "chat_completions._pagination.cursor": ("PageInfo",),
    "chat_completions._pagination.pages": ("AsyncPage", "Page"),
    "chat_completions._response_info": ("ResponseInfo", "response_info"),
    "chat_completions._streaming.async_stream": ("AsyncStream",),
    "chat_completions._streaming.events.event_stream": (
        "AsyncChatCompletionStream",
        "AsyncChatCompletionStreamManager",
        "ChatCompletionStream",
        "ChatCompletionStreamManager",
    ),
    "chat_completions._streaming.events.events": (
        "ChatCompletionStreamEvent",
        "ChunkEvent",
        "ContentDeltaEvent",
        "ContentDoneEvent",
        "CustomToolCallInputDeltaEvent",
        "CustomToolCallInputDoneEvent",
        "FunctionToolCallArgumentsDeltaEvent",
        "FunctionToolCallArgumentsDoneEvent",
        "ReasoningDeltaEvent",
        "ReasoningDoneEvent",
        "RefusalDeltaEvent",
        "RefusalDoneEvent",
    ),
    "chat_completions._streaming.events.logprobs_events": (
        "LogprobsContentDeltaEvent",
        "LogprobsContentDoneEvent",
        "LogprobsRefusalDeltaEvent",
        "LogprobsRefusalDoneEvent",
    ),
    "chat_completions._streaming.events.stream_state": ("ChatCompletionStreamState",),
    "chat_completions._streaming.stream": ("Stream",),
    "chat_completions._streaming.timings": ("StreamTimings",),
    "chat_completions._transport.defaults": ("DEFAULT_CONNECTION_LIMITS", "DEFAULT_MAX_RETRIES", "DEFAULT_TIMEOUT"),
    "chat_completions._transport.http_clients": (
        "DefaultAioHttpClient",
        "DefaultAsyncHttpx2Client",
        "DefaultAsyncHttpxClient",
        "DefaultHttpx2Client",
        "DefaultHttpxClient",
    ),
    "chat_completions._types": ("NOT_GIVEN", "NotGiven", "Omit", "not_given", "omit"),
    "chat_completions.models.aliases": ("BaseModel",),
    "chat_completions.structured.formats": ("response_format_for",),
    "chat_completions.structured.strict": ("strict_schema",),
    "chat_completions.toolkit.events": (
        "RoundBegunEvent",
        "RoundDoneEvent",
        "ToolCallBegunEvent",
        "ToolCallDoneEvent",
        "ToolRunDoneEvent",
        "ToolRunEvent",
    ),
    "chat_completions.toolkit.run_stream": ("AsyncToolRunStream", "ToolRunStream"),
    "chat_completions.toolkit.tool": ("FunctionTool", "function_tool", "pydantic_function_tool"),
    "chat_completions.toolkit.tool_run": ("ToolCallResult", "ToolRun"),
    "httpx": ("Timeout",),
}
_MODULES = {name: module for module, names in _NAMES.items() for name in names}
_SUBMODULES = ("models", "types")  # there without an import of their own, as in the official SDK

__all__ = ["__version__", *_MODULES, *_errors]


def __getattr__(name: str) -> Any:
    if name in _SUBMODULES:
        return import_module(f"{__name__}.{name}")
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_MODULES[name]), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
