"""Make every httpx and httpx2 client of the process use a cassette, for code that creates its own clients."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any

from .transports import HANDLED, CassetteTransport

if TYPE_CHECKING:
    from .tape import Tape

_LIBRARIES = ("httpx", "httpx2")
_PATH_END = "/chat/completions"


@contextmanager
def patched(tape: Tape) -> Iterator[None]:
    """Replace the sending methods of the installed libraries, and restore them at the end."""
    originals = []
    for name in _LIBRARIES:
        try:
            library = import_module(name)
        except ImportError:
            continue
        for kind, method, patch in (
            (library.HTTPTransport, "handle_request", _sync_patch),
            (library.AsyncHTTPTransport, "handle_async_request", _async_patch),
        ):
            original = getattr(kind, method)
            originals.append((kind, method, original))
            setattr(kind, method, patch(tape, original))
    try:
        yield
    finally:
        for kind, method, original in reversed(originals):
            setattr(kind, method, original)


def _is_for_tape(request: Any) -> bool:
    return str(request.url.path).endswith(_PATH_END) and HANDLED not in request.extensions


def _sync_patch(tape: Tape, original: Any) -> Any:
    def handle_request(self: Any, request: Any) -> Any:
        if not _is_for_tape(request):
            return original(self, request)
        return CassetteTransport(tape, _Bound(self, original)).handle_request(request)

    return handle_request


def _async_patch(tape: Tape, original: Any) -> Any:
    async def handle_async_request(self: Any, request: Any) -> Any:
        if not _is_for_tape(request):
            return await original(self, request)
        return await CassetteTransport(tape, _Bound(self, original)).handle_async_request(request)

    return handle_async_request


class _Bound:
    """A transport with its original, unpatched method."""

    def __init__(self, transport: Any, original: Any) -> None:
        self._transport = transport
        self._original = original

    def handle_request(self, request: Any) -> Any:
        return self._original(self._transport, request)

    async def handle_async_request(self, request: Any) -> Any:
        return await self._original(self._transport, request)
