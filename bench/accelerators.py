"""The JSON libraries of the extra `fast`: hidden in this process, and there for a child that measures with them.

Whichever way the client finds them, what is not importable is not used; so the figures without them are the core's
even where they are installed.
"""

from __future__ import annotations

import os
import sys

NAMES = ("orjson", "msgspec")
HIDDEN = "; ".join(["import sys", *(f"sys.modules[{name!r}] = None" for name in NAMES)])
# What a child needs in its environment to use them, should being importable not be enough.
SWITCHES: dict[str, str] = {}


def hide() -> None:
    """Let nobody in this process import them."""
    for name in NAMES:
        sys.modules[name] = None  # type: ignore[assignment]


def environment() -> dict[str, str]:
    """Return the environment of a child that uses them."""
    return {**os.environ, **SWITCHES}


def in_use() -> list[str]:
    """Return those that were imported in this process."""
    return [name for name in NAMES if sys.modules.get(name) is not None]
