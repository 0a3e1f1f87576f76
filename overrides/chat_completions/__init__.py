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
    from chat_completions._client import AsyncClient as AsyncClient
    from chat_completions._client import Client as Client
    from chat_completions._pages import AsyncPage as AsyncPage
    from chat_completions._pages import Page as Page
    from chat_completions._response_info import ResponseInfo as ResponseInfo
    from chat_completions._response_info import response_info as response_info
    from chat_completions._streams import AsyncStream as AsyncStream
    from chat_completions._streams import Stream as Stream

_LAZY = {
    "AsyncClient": "chat_completions._client",
    "AsyncPage": "chat_completions._pages",
    "AsyncStream": "chat_completions._streams",
    "Client": "chat_completions._client",
    "Page": "chat_completions._pages",
    "ResponseInfo": "chat_completions._response_info",
    "Stream": "chat_completions._streams",
    "response_info": "chat_completions._response_info",
}

__all__ = [
    "AsyncClient",
    "AsyncPage",
    "AsyncStream",
    "Client",
    "Page",
    "ResponseInfo",
    "Stream",
    "__version__",
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
