"""A Chat Completions server for tests, demos and development, on this machine only.

Requests are checked against the same contract that the client is generated from, a deterministic engine answers, and
completions with `store: true` are kept and can be listed. Needs the extra: `chat-completions-client[local]`.

What steers the engine is said in `engine` (texts, limits) and `calls` (tools). Besides: a model whose name begins with
`missing-` does not exist, and the streams of one whose name begins with `cut-` end early.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .server import LocalServer

if TYPE_CHECKING:
    from .app import create_app

__all__ = ["LocalServer", "create_app"]


def __getattr__(name: str) -> Any:
    # What needs the extra is imported when it is asked for, so that importing this package stays light.
    if name != "create_app":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from .extra import require_extra

    require_extra()
    from .app import create_app

    return create_app
