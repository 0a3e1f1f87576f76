"""What a failure on the way to the server means, and what to do about it."""

from __future__ import annotations

import errno
import re
import socket
import ssl
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from chat_completions.cli.checks import Check
from chat_completions.errors import APIConnectionError, APIError, APIStatusError, APITimeoutError

if TYPE_CHECKING:
    import httpx

_TRUST = "set SSL_CERT_FILE to a file that holds the issuer's certificate (PEM); it replaces the built-in ones"
# OpenSSL's numbers for what is wrong with a certificate.
_CERTIFICATE: dict[int, tuple[str, str]] = {
    9: ("the certificate is not valid yet", "is the clock of this machine right? else tell who runs the server"),
    10: ("the certificate has expired", "is the clock of this machine right? else tell who runs the server"),
    18: ("the certificate is self-signed, and nobody here trusts it", _TRUST),
    19: ("the certificate's chain ends in one that nobody here trusts", _TRUST),
    20: ("nobody here knows who issued the certificate, perhaps a firm's proxy that reads along", _TRUST),
    21: ("the server sent an incomplete chain of certificates, or nobody here trusts it", _TRUST),
    62: ("the certificate is for another name than the address has", "use the name that the certificate is for"),
    64: ("the certificate is for another address", "use the name that the certificate is for"),
}


def is_html(response: Any) -> bool:
    """Return whether a response, read to its end, is a web page."""
    return "html" in response.headers.get("content-type", "") or response.content.lstrip()[:1] == b"<"


def is_absent(error: APIStatusError) -> bool:
    """Return whether a server says that it has no such path or method."""
    return error.status_code in (404, 405, 501)


def connection_problem(error: APIConnectionError, where: str, *, proxied: bool) -> Check:
    """Explain why there was no answer.

    Args:
        error: What the client raised.
        where: Whom it tried to reach.
        proxied: Whether that is a proxy.
    """
    cause = _cause(error)
    unset = "unset its variable, or put the server's host into NO_PROXY, or mend the proxy"
    if isinstance(cause, socket.gaierror):
        advice = unset if proxied else "is the name right? is this machine on the network, and does its DNS work?"
        return Check("name", "problem", f"the name of {where} is not known", advice)
    if isinstance(cause, ConnectionRefusedError):
        advice = unset if proxied else "is the server running, and is the port right?"
        return Check("connection", "problem", f"{where} refuses connections", advice)
    if isinstance(cause, OSError) and cause.errno in (errno.ENETUNREACH, errno.EHOSTUNREACH):
        return Check("connection", "problem", f"no route leads to {where}", "see to the network, or a VPN")
    if _is("ProxyError", error.__cause__):
        advice = "give the proxy's user and password in its variable, or ask who runs it"
        return Check("proxy", "problem", f"{where} does not let the request through: {error.__cause__}", advice)
    if isinstance(error, APITimeoutError):
        advice = unset if proxied else "a firewall may drop what is sent; else raise --timeout and --deadline"
        return Check("connection", "problem", f"{where} does not answer in time", advice)
    advice = "does it speak HTTP, and not only HTTPS? try https:// in the base URL"
    return Check("answer", "problem", f"{where} takes connections, but broke off: {cause or error}", advice)


def answer_problem(error: APIConnectionError, where: str, *, proxied: bool) -> Check:
    """Explain why there was no answer from whom a connection stood to."""
    if isinstance(error, APITimeoutError) and not _is("ConnectTimeout", error.__cause__):
        advice = "is the server starting, overloaded, or no HTTP server at all? else raise --timeout and --deadline"
        if proxied:
            advice = "does the proxy reach the server? put the server's host into NO_PROXY, or raise --timeout"
        return Check("answer", "problem", f"{where} takes connections, but does not answer in time", advice)
    check = connection_problem(error, where, proxied=proxied)
    # The connection has its line already.
    return replace(check, name="answer") if check.name in ("connection", "name") else check


def redirect_problem(error: APIConnectionError, url: str, where: str) -> Check | None:
    """Explain why there was no answer from where the server redirects to; None if it does not.

    Args:
        error: What the client raised.
        url: The base URL.
        where: Whom the first request went to.
    """
    import httpx

    if error.request is None or _origin(target := httpx.URL(str(error.request.url))) == _origin(httpx.URL(url)):
        return None
    scheme, host, port = _origin(target)
    there = f"{host}:{port} (to which {where} redirects)"
    if isinstance(_cause(error), ssl.SSLError):
        check = tls_problem(error, f"{scheme}://{host}:{port}", there)
    elif isinstance(error, APITimeoutError) and not _is("ConnectTimeout", error.__cause__):
        check = answer_problem(error, there, proxied=False)
    else:
        check = connection_problem(error, there, proxied=False)
    advice = f"{check.advice}; or set the base URL to an address that does not redirect there"
    return replace(check, name="redirect", advice=advice)


def _origin(url: httpx.URL) -> tuple[str, str, int]:
    return url.scheme, url.raw_host.decode("ascii"), url.port or (443 if url.scheme == "https" else 80)


def _is(kind: str, error: BaseException | None) -> bool:
    return any(one.__name__ == kind for one in type(error).__mro__)


def tls_problem(error: APIConnectionError, url: str, where: str) -> Check:
    """Explain why there is no encrypted connection."""
    cause = _cause(error)
    host = urlsplit(url).hostname
    if isinstance(cause, ssl.SSLCertVerificationError):
        what, advice = _CERTIFICATE.get(cause.verify_code, (cause.verify_message, _TRUST))
        return Check("TLS", "problem", f"{host}: {what} ({cause.verify_message})", advice)
    if isinstance(cause, ssl.SSLError):
        advice = "does the server speak plain HTTP? try http:// in the base URL, or the right port"
        return Check("TLS", "problem", f"{where} does not speak TLS as expected: {cause.reason or cause}", advice)
    advice = "a firewall or proxy may stand in between, or the server speaks plain HTTP"
    if isinstance(error, APITimeoutError):
        detail = f"{where} takes connections, but does not agree on the encryption in time"
        return Check("TLS", "problem", detail, advice + "; else raise --timeout and --deadline")
    return Check("TLS", "problem", f"{where} broke off while the encryption was agreed on", advice)


def demands_key(error: APIError) -> Check:
    """Tell of a server that wants a key, of which there is none to send."""
    facts = {"status": error.status_code, "request_id": error.request_id}
    advice = "set OPENAI_API_KEY, or use --api-key-file or --api-key-env"
    return Check("answer", "problem", "HTTP 401: the API answers, and demands a key", advice, facts)


def status_problem(error: APIError, url: str, *, proxied: bool) -> Check:
    """Explain an answer that is not the one that was hoped for.

    Args:
        error: What the client raised; of a server's message that may quote the key, nothing is shown.
        url: The base URL.
        proxied: Whether a proxy stands in between, and may have answered itself.
    """
    status = error.status_code
    facts = {"status": status, "request_id": error.request_id}
    page = error.response is not None and is_html(error.response)
    path = urlsplit(url).path
    detail, advice = f"HTTP {status}", "see the server's documentation"
    match status:
        case 401:
            detail += ": the server does not accept the key"
            advice = "is it complete, not revoked, and of this server?"
        case 403 if page or proxied:
            detail += ": something before the API, such as a proxy or a firewall, refuses"
            advice = "ask who runs the network; or put the server's host into NO_PROXY"
        case 403:
            detail += ": the key is known, but may not do this here"
            advice = "see to the key's permissions, project and organization, and to the country"
        case 404 | 405 | 501:
            detail += ": nothing of the API is at this address"
            advice = "see to the path of the base URL"
            if not path.endswith("/v1"):
                advice += f"; most end in /v1, not in {path or '/'}"
            if (urlsplit(url).hostname or "").endswith(".azure.com"):
                advice += "; Azure also needs --query api-version=VERSION and --api-key-header api-key"
        case 407:
            detail += ": the proxy demands a user and a password"
            advice = "put them into its variable, with a colon between and an @ after them, before the host"
        case 429 if not error.is_retryable:
            detail += ": the server answers, and says that the quota is used up"
            advice = "see to billing, or use another key"
        case 429:
            detail += ": the server answers, and says that there were too many requests"
            return Check("answer", "warning", detail, "wait a little", facts)
        case _ if status is not None and 300 <= status < 400:
            detail, advice = error.message, "set the base URL to where it leads, if that is right"
        case _ if status is not None and status >= 500:
            detail += ": the server failed" + (", or the proxy that stands in between" if proxied else "")
            advice = "try again later" + ("; or put the server's host into NO_PROXY" if proxied else "")
        case _ if page:
            detail += " with a web page, not with the API"
            advice = "http:// instead of https://, or a path that is not the API's?"
        case _ if re.search("key|token|credential", error.message, re.IGNORECASE):
            # Some servers say so with 400, and quote the key's beginning and end.
            detail += ": the server has something against the key"
            advice = "is it complete, not revoked, and of this server?"
        case _:
            detail = error.message
    return Check("answer", "problem", detail, advice, facts)


def _cause(error: BaseException) -> BaseException | None:
    """Return the failure of the system or of TLS at the root of an exception."""
    seen: BaseException | None = error
    found: BaseException | None = None
    while seen is not None:
        if isinstance(seen, OSError):
            found = seen
        seen = seen.__cause__ or seen.__context__
    return found
