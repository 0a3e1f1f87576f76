"""The cookies of an HTTP client: a cookie that was set for one credential is never sent with another one.

An HTTP library keeps all cookies in one jar, and copies of a client with different keys share one HTTP client. So the
cookies that a server sets are kept here by credential. Of the library's jar only the caller's cookies are sent: those
that were in it while none of our requests was in flight, and that none of our responses has set.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from chat_completions._transport.settings import SECRET_WORDS
from chat_completions.errors import ChatCompletionsError

if TYPE_CHECKING:
    from chat_completions._transport.steps import Send

_MOST_CREDENTIALS = 100  # credentials whose cookies are kept; a function may return a new key for each call

_books: WeakKeyDictionary[Any, CookieBook] = WeakKeyDictionary()
_books_lock = threading.Lock()


class CookieBook:
    """The cookies of one HTTP client, by the credential that they were set for.

    Args:
        http_client: The HTTP client, of httpx or httpx2 or of a class derived from theirs.
    """

    def __init__(self, http_client: Any) -> None:
        self._cookies_type: Any = type(http_client.cookies)
        self._lock = threading.Lock()
        self._under_way = 0
        self._kept: OrderedDict[bytes, Any] = OrderedDict()  # by credential
        self._answers: set[Any] = set()  # cookies in the library's jar that responses of ours have set
        self._callers: set[Any] = set()

    def chosen(self, http_client: Any, step: Send) -> Any:
        """Return the cookies to send with a request, None for none."""
        if step.is_bare or not (self._kept or http_client.cookies):
            return None
        chosen = self.callers_own(http_client)
        with self._lock:
            kept = self._kept.get(credential_of(step))
            for cookie in kept.jar if kept is not None else ():
                chosen.jar.set_cookie(cookie)
        return chosen

    def callers_own(self, http_client: Any) -> Any:
        """Return the cookies that the caller put into the http client's jar."""
        own = self._cookies_type()
        with self._lock:
            cookies = _listed(http_client.cookies)
            if not self._under_way:
                known = {_identity(cookie) for cookie in cookies}
                self._answers &= known
                self._callers = known - self._answers
            for cookie in cookies:
                # Cookies that a server sets always have a domain.
                if not cookie.domain or _identity(cookie) in self._callers:
                    own.jar.set_cookie(cookie)
        return own

    def __enter__(self) -> None:
        """Mark that a request is in flight, so that new cookies in the jar may be those of its response."""
        with self._lock:
            self._under_way += 1

    def __exit__(self, *exc: object) -> None:
        with self._lock:
            self._under_way -= 1

    def record(self, step: Send, response: Any) -> None:
        """Record the cookies that a response sets; those of other origins are not sent."""
        for answer in (*response.history, response):
            if "set-cookie" not in answer.headers:
                continue
            received = self._cookies_type()
            received.extract_cookies(answer)
            with self._lock:
                self._answers |= {_identity(cookie) for cookie in received.jar} - self._callers
                if not step.is_bare:
                    self._of(credential_of(step)).extract_cookies(answer)

    def _of(self, credential: bytes) -> Any:
        if credential not in self._kept and len(self._kept) >= _MOST_CREDENTIALS:
            self._kept.popitem(last=False)
        self._kept.setdefault(credential, self._cookies_type())
        self._kept.move_to_end(credential)
        return self._kept[credential]


def cookie_book(http_client: Any) -> CookieBook | None:
    """Return the cookie book of an HTTP client; None if it has no cookie jar of the kind that httpx and httpx2 have."""
    try:
        book = _books.get(http_client)
    except TypeError:
        return None
    if book is None and hasattr(getattr(http_client, "cookies", None), "jar"):
        with _books_lock:
            book = _books.setdefault(http_client, CookieBook(http_client))
    return book


def credential_of(step: Send) -> bytes:
    """Return a digest of the credentials in a request: headers and query parameters whose names suggest one."""
    sent: Iterable[tuple[str, Any]] = (*step.headers.items(), *(step.params or {}).items())
    pairs = [(name.lower(), str(value)) for name, value in sent if _names_credential(name.lower())]
    return hashlib.sha256(repr(sorted(pairs)).encode("utf-8", "backslashreplace")).digest()


def _names_credential(name: str) -> bool:
    return name != "idempotency-key" and any(word in name for word in SECRET_WORDS)


def _identity(cookie: Any) -> tuple[Any, ...]:
    return cookie.domain, cookie.path, cookie.name, cookie.value


def _listed(cookies: Any) -> list[Any]:
    while True:
        try:
            return list(cookies.jar)
        except RuntimeError:
            continue  # another thread has added one meanwhile


def aiohttp_sessions(http_client: Any) -> list[Any]:
    """Return the aiohttp sessions of an HTTP client, if it sends with aiohttp; they have their own cookie jars."""
    transports = (getattr(http_client, "_transport", None), *getattr(http_client, "_mounts", {}).values())
    sessions = (getattr(transport, "client", None) for transport in transports)
    return [session for session in sessions if hasattr(session, "cookie_jar")]


def forget_in_sessions(http_client: Any, response: Any) -> None:
    """Remove from aiohttp's jars the cookies that a response set; they are kept by credential."""
    if "set-cookie" not in response.headers:
        return
    names = {line.partition("=")[0].strip() for line in response.headers.get_list("set-cookie")}
    host = response.request.url.host

    def was_set(morsel: Any) -> bool:
        domain = morsel["domain"].lstrip(".")
        return morsel.key in names and bool(domain) and (host == domain or host.endswith("." + domain))

    for session in aiohttp_sessions(http_client):
        session.cookie_jar.clear(was_set)


def check_sessions(http_client: Any, step: Send) -> None:
    """Check that a caller's aiohttp session adds nothing to a request that is redirected to another origin.

    Raises:
        ChatCompletionsError: The session has headers, cookies or credentials, which it would send there.
    """
    for session in aiohttp_sessions(http_client) if step.is_bare else ():
        if session.headers or session.auth or session.trust_env or len(session.cookie_jar):
            raise ChatCompletionsError(
                "the server redirects to another origin, where this client's aiohttp session would send its own"
                " headers, cookies or credentials; set base_url to the target, or pass them to the client instead"
            )
