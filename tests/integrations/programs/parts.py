"""What the programs share: which clients they use, and how each of their parts is run and reported."""

from __future__ import annotations

import asyncio
import functools
import inspect
import json
import sys
from collections.abc import Callable
from typing import Any

from pydantic import BaseModel

from chat_completions._transport.sender import AsyncSender, Sender

BASE_URL, WITH = sys.argv[1:]
MODEL, CUT_MODEL = "gpt-4o-mini", "cut-demo"  # the local server cuts the streams of models that begin with `cut-`
SETTINGS: dict[str, Any] = {"base_url": BASE_URL, "api_key": "none"}

if WITH == "compat":
    from chat_completions.compat import AsyncOpenAI, OpenAI
else:
    from chat_completions import AsyncClient as AsyncOpenAI  # type: ignore[assignment]
    from chat_completions import Client as OpenAI  # type: ignore[assignment]

__all__ = ["CUT_MODEL", "MODEL", "SETTINGS", "AsyncOpenAI", "Lamp", "OpenAI", "clients", "run", "wind"]


class Lamp(BaseModel):
    """A lamp, as it is asked for."""

    name: str
    on: bool


def wind(harbour: str) -> str:
    """Return the wind at a harbour."""
    asked.append(harbour)
    return "a light breeze"


asked: list[str] = []  # what `wind` was called with


def clients() -> tuple[Any, Any]:
    """Return a sync and an async client for the local server."""
    return OpenAI(**SETTINGS), AsyncOpenAI(**SETTINGS)


def run(**parts: Callable[[], Any]) -> None:
    """Run the parts, and print for each of them whether it went through this package, or how it failed.

    A part returns something true if it did what it should; the part `cut` should raise an error.
    """
    report = {name: _outcome(name, part) for name, part in parts.items()}
    print(json.dumps(report))


def _outcome(name: str, part: Callable[[], Any]) -> str:
    sent, before = _Sent(), len(asked)
    try:
        with sent:
            found = part()
            if inspect.isawaitable(found):
                found = asyncio.run(_awaited(found))
    except Exception as error:
        if name == "cut" and _is_of_a_stream(error):
            return "ok"
        return f"{type(error).__name__}: {error}".partition("\n")[0]
    if name == "cut":
        return "a stream that was cut off ended as if it were complete"
    if name == "tools" and len(asked) == before:
        return "the tool was not called"
    if not sent.number:
        return "the requests went past this package"
    return "ok" if found else f"the result is {found!r}"


async def _awaited(outcome: Any) -> Any:
    return await outcome


def _is_of_a_stream(error: BaseException | None) -> bool:
    """Return whether an error, or one that it was raised for, is that of a stream that broke."""
    while error is not None:
        if hasattr(error, "partial"):
            return True
        error = error.__cause__ or error.__context__
    return False


class _Sent:
    """Counts the calls that this package sends."""

    number = 0

    def __enter__(self) -> _Sent:
        self._plain = {kind: kind.send for kind in (Sender, AsyncSender)}
        for kind, plain in self._plain.items():
            kind.send = self._counting(plain)  # type: ignore[method-assign, assignment]
        return self

    def __exit__(self, *exc: object) -> None:
        for kind, plain in self._plain.items():
            kind.send = plain  # type: ignore[method-assign, assignment]

    def _counting(self, send: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(send)
        def counting(*args: Any) -> Any:
            self.number += 1
            return send(*args)

        return counting
