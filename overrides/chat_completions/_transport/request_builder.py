"""Build the requests of one HTTP client, of httpx or httpx2; their common parts are built once."""

from __future__ import annotations

import functools
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

from chat_completions._transport.cookies import cookie_book
from chat_completions._transport.header_checks import check_raw_headers
from chat_completions._types import Secret

if TYPE_CHECKING:
    from chat_completions._transport.steps import Send

# Headers with which the library would build another request.
_FRAMING = frozenset({b"content-length", b"transfer-encoding"})


class Requests:
    """Builds the requests that `client.build_request` would build, at a fifth of the cost.

    That method spends its time on parsing the URL and merging headers, which are the same in nearly all calls; only the
    idempotency key and the length differ. Timeouts are an extension, so they need no `Timeout` of the library at hand.
    """

    __slots__ = ("_last",)

    def __init__(self) -> None:
        # The parts of the last request, its URL, and its headers without those that differ.
        self._last: Secret[tuple[tuple[Any, ...], Any, Any, dict[str, str]]] | None = None

    def request(self, client: Any, step: Send) -> Any:
        """Return the request of a step.

        Args:
            client: The HTTP client that will send it, whose headers, query and cookies are merged in.
            step: What to send.
        """
        kind: Any = type(client)
        if step.is_bare:
            return _bare(step, _library_of(kind))
        module = _module_of(kind)
        asks = step.params or (client.params and step.params is not None)
        book = cookie_book(client)
        cookies = book.chosen(client, step) if book is not None else client.cookies or None
        if module is None or asks or cookies:
            return _built(client, step, module, cookies)
        rest = dict(step.headers)
        key = rest.pop("Idempotency-Key", None)
        source = (module, step.url, rest, client.headers.raw)
        last = self._last.reveal() if self._last is not None else None
        if last is None or last[0] != source:
            pairs = _merged(client, rest)
            if not _FRAMING.isdisjoint(name.lower() for name, _ in pairs):
                return _built(client, step, module, cookies)
            url = module.URL(step.url)
            if not any(name.lower() == b"host" for name, _ in pairs):
                pairs.insert(0, (b"Host", url.netloc))
            headers = module.Headers(pairs)
            last = (source, url, headers, dict(headers.items()))
            self._last = Secret(last)
        content = step.content
        stream = module.ByteStream(content or b"")
        extensions = {"timeout": dict(step.timeout)}
        request = module.Request(step.method, last[1], stream=stream, extensions=extensions)
        request.headers = headers = _headers_kind(module)(last[2])
        known = last[3].copy()
        if key is not None:
            headers["Idempotency-Key"] = known["idempotency-key"] = key
        if content is not None:
            headers["Content-Length"] = known["content-length"] = str(len(content))
        headers.known = known
        # So that `content` can be read, as in a request that was created with it.
        request.read()
        return request


@functools.cache
def _headers_kind(module: Any) -> Any:
    class Headers(module.Headers):  # type: ignore[misc]
        """Headers whose values are known until one is changed.

        For cookies, the library looks up every header of a request after its response, each in a list of all.
        """

        known: dict[str, str] | None = None  # by the name in lower case

        def keys(self) -> Any:
            return super().keys() if self.known is None else self.known.keys()

        def __getitem__(self, name: str) -> str:
            known = self.known
            value: str = super().__getitem__(name) if known is None or name not in known else known[name]
            return value

        def __setitem__(self, name: str, value: str) -> None:
            self.known = None
            super().__setitem__(name, value)

        def __delitem__(self, name: str) -> None:
            self.known = None
            super().__delitem__(name)

        def update(self, headers: Any = None) -> None:
            self.known = None
            super().update(headers)

        def __reduce__(self) -> Any:
            return module.Headers, (self.raw,)

    return Headers


def _built(client: Any, step: Send, module: Any, cookies: Any) -> Any:
    """Return the request as the library builds it."""
    extensions = {"timeout": dict(step.timeout)}
    if module is None:
        headers, params = step.headers, step.params or None
        request = client.build_request(
            step.method, step.url, headers=headers, params=params, content=step.content, extensions=extensions
        )
        check_raw_headers(request.headers.raw)
        if client.cookies and not any(name.lower() == "cookie" for name in step.headers):
            # It used all cookies in the jar.
            request.headers.pop("cookie", None)
            if cookies is not None:
                cookies.set_cookie_header(request)
        if step.params is None:
            request.url = type(request.url)(step.url)
        return request
    params = step.params or None
    if client.params and step.params is not None:
        params = client.params.merge(step.params)
    return module.Request(
        step.method,
        step.url,
        headers=_merged(client, step.headers),
        params=params,
        cookies=_sendable(cookies),
        content=step.content,
        extensions=extensions,
    )


def _bare(step: Send, module: Any) -> Any:
    """Return a request that has nothing of the HTTP client and to which nothing can be added."""
    url = module.URL(step.url)
    headers = {"Host": url.netloc.decode("ascii"), **step.headers}
    if step.content is not None:
        headers["Content-Length"] = str(len(step.content))
    stream = module.ByteStream(step.content or b"")
    extensions = {"timeout": step.timeout}
    request = _bare_kind(module)(step.method, url, headers=headers, stream=stream, extensions=extensions)
    request.read()
    return request


@functools.cache
def _bare_kind(module: Any) -> Any:
    class BareRequest(module.Request):  # type: ignore[misc]
        """A request whose headers cannot be changed: hooks of the HTTP client change a copy."""

        @property
        def headers(self) -> Any:
            return self.__dict__["headers"].copy()

        @headers.setter
        def headers(self, headers: Any) -> None:
            if "headers" not in self.__dict__:
                self.__dict__["headers"] = headers

    return BareRequest


def send_options(step: Send) -> dict[str, Any]:
    """Return the arguments of `client.send` for the request of a step."""
    options: dict[str, Any] = {"stream": True, "follow_redirects": False}
    return {**options, "auth": None} if step.is_bare else options


def _sendable(cookies: Any) -> Any:
    """Return the cookies that a header can carry; with others, which a server may set, no request could be built."""
    if not cookies or all(_is_sendable(cookie) for cookie in cookies.jar):
        return cookies or None
    sendable = type(cookies)()
    for cookie in cookies.jar:
        if _is_sendable(cookie):
            sendable.jar.set_cookie(cookie)
    return sendable


def _is_sendable(cookie: Any) -> bool:
    return str(cookie.value).isascii() and str(cookie.value).isprintable()


def _merged(client: Any, ours: Any) -> list[tuple[bytes, bytes]]:
    """Return the headers of the HTTP client, overridden by ours."""
    names = {name.lower().encode() for name in ours}
    headers = [pair for pair in client.headers.raw if pair[0].lower() not in names]
    check_raw_headers(headers)
    return headers + [(name.encode("ascii"), value.encode("ascii")) for name, value in ours.items()]


def _library_of(kind: type) -> Any:
    """Return the library that a client's class derives from, httpx or httpx2; httpx if neither."""
    names = (base.__module__.partition(".")[0] for base in kind.__mro__)
    return import_module(next((name for name in names if name in ("httpx", "httpx2")), "httpx"))


@functools.cache
def _module_of(kind: type) -> Any:
    """Return the library that a client's class is of; None if the class builds requests itself."""
    for base in kind.__mro__:
        if "build_request" in vars(base):
            module = base.__module__.partition(".")[0]
            return sys.modules[module] if module in ("httpx", "httpx2") else None
    return None
