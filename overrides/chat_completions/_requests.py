"""The requests of one http client, of httpx or httpx2: what they have in common is made once."""

from __future__ import annotations

import functools
import sys
from typing import TYPE_CHECKING, Any

from chat_completions._settings import Secret

if TYPE_CHECKING:
    from chat_completions._exchange import Send

# Headers with which the library would not do as it is done here.
_FRAMING = frozenset({b"content-length", b"transfer-encoding"})


class Requests:
    """Gives the requests that `client.build_request` would give, at a fifth of the cost.

    What that spends its time on is reading the address, and merging headers: both are the same in nearly all calls.
    Only the idempotency key and the length differ. Time limits are an extension, so they need no `Timeout` of the
    library at hand.
    """

    __slots__ = ("_last",)

    def __init__(self) -> None:
        # What the last request was made from, its URL, and its headers without those that differ.
        self._last: Secret[tuple[tuple[Any, ...], Any, Any]] | None = None

    def request(self, client: Any, step: Send) -> Any:
        """Give the request of a step.

        Args:
            client: The http client that will send it, whose headers, query and cookies are merged in.
            step: What to send.
        """
        kind: Any = type(client)
        module = _module_of(kind)
        if module is None or client.params or client.cookies or step.params:
            return _built(client, step, module)
        rest = dict(step.headers)
        key = rest.pop("Idempotency-Key", None)
        source = (module, step.url, rest, client.headers.raw)
        last = self._last.reveal() if self._last is not None else None
        if last is None or last[0] != source:
            pairs = _merged(client, rest)
            if not _FRAMING.isdisjoint(name.lower() for name, _ in pairs):
                return _built(client, step, module)
            url = module.URL(step.url)
            if not any(name.lower() == b"host" for name, _ in pairs):
                pairs.insert(0, (b"Host", url.netloc))
            last = (source, url, module.Headers(pairs))
            self._last = Secret(last)
        headers = last[2].copy()
        if key is not None:
            headers["Idempotency-Key"] = key
        content = step.content
        if content is not None:
            headers["Content-Length"] = str(len(content))
        stream = module.ByteStream(content or b"")
        extensions = {"timeout": dict(step.timeout)}
        request = module.Request(step.method, last[1], headers=headers, stream=stream, extensions=extensions)
        # So that whoever looks at it finds its content, as in one that was made with it.
        request.read()
        return request


def _built(client: Any, step: Send, module: Any) -> Any:
    """Give the request as the library makes it."""
    extensions = {"timeout": dict(step.timeout)}
    if module is None:
        headers, params = step.headers, step.params or None
        return client.build_request(
            step.method, step.url, headers=headers, params=params, content=step.content, extensions=extensions
        )
    return module.Request(
        step.method,
        step.url,
        headers=_merged(client, step.headers),
        params=client.params.merge(step.params) if client.params else step.params or None,
        cookies=_sendable(client.cookies),
        content=step.content,
        extensions=extensions,
    )


def _sendable(cookies: Any) -> Any:
    """Return the cookies that a header can carry; a server may set others, and no request could be made any more."""
    if all(str(cookie.value).isascii() and str(cookie.value).isprintable() for cookie in cookies.jar):
        return cookies or None
    sendable = type(cookies)()
    for cookie in cookies.jar:
        if str(cookie.value).isascii() and str(cookie.value).isprintable():
            sendable.jar.set_cookie(cookie)
    return sendable


def _merged(client: Any, ours: Any) -> list[tuple[bytes, bytes]]:
    """Give the headers of the client and ours, which win."""
    names = {name.lower().encode() for name in ours}
    headers = [pair for pair in client.headers.raw if pair[0].lower() not in names]
    return headers + [(name.encode("ascii"), value.encode("ascii")) for name, value in ours.items()]


@functools.cache
def _module_of(kind: type) -> Any:
    """Give httpx or httpx2, whichever a client's class is of; None if it builds requests in a way of its own."""
    for base in kind.__mro__:
        if "build_request" in vars(base):
            module = base.__module__.partition(".")[0]
            return sys.modules[module] if module in ("httpx", "httpx2") else None
    return None
