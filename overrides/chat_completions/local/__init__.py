"""A Chat Completions server on this machine, for tests, demos and development.

Requests are checked against the contract that the client is generated from, a deterministic engine answers them, and
completions with `store: true` are kept and can be listed. Requires the extra `chat-completions-client[local]`.

The docstrings of `engine` (texts, limits) and `calls` (tools) say how a request controls the reply. In addition, a
model whose name begins with `missing-` does not exist, and streams of a model whose name begins with `cut-` end early.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .server import LocalServer

if TYPE_CHECKING:
    from .app import create_app

__all__ = ["LocalServer", "create_app"]


def __getattr__(name: str) -> Any:
    # Imported on first use, because it needs the extra.
    if name != "create_app":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from .server import require_extra

    require_extra()
    from .app import create_app

    return create_app
