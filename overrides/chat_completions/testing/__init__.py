"""Test code that calls Chat Completions: a scripted server on a real socket, and recorded traffic.

With the extra `chat-completions-client[testing]` pytest has the fixtures `chat_completions_server`,
`chat_completions_client` and `chat_completions_cassette`; without pytest, `ScriptedServer`, `record` and `replay` are
context managers.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .cassette import Cassette as Cassette
    from .cassette import record as record
    from .cassette import replay as replay
    from .exchanges import CassetteError as CassetteError
    from .received import ReceivedRequest as ReceivedRequest
    from .script import Script as Script
    from .script import ScriptError as ScriptError
    from .server import ScriptedServer as ScriptedServer
    from .tape import UnknownRequestError as UnknownRequestError

# Every pytest run in an environment with this package imports this module, so its contents are imported lazily.
_LAZY = {
    "Cassette": "cassette",
    "CassetteError": "exchanges",
    "ReceivedRequest": "received",
    "Script": "script",
    "ScriptError": "script",
    "ScriptedServer": "server",
    "UnknownRequestError": "tape",
    "record": "cassette",
    "replay": "cassette",
}

__all__ = [
    "Cassette",
    "CassetteError",
    "ReceivedRequest",
    "Script",
    "ScriptError",
    "ScriptedServer",
    "UnknownRequestError",
    "record",
    "replay",
]


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
