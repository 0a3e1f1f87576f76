"""Explain a failed connection or response, and what to do about it."""

from __future__ import annotations

import errno
import re
import socket
import ssl
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from chat_completions.cli.checks import Check
from chat_completions.cli.connection import SET_KEY
from chat_completions.errors import APIConnectionError, APIError, APIStatusError, APITimeoutError

if TYPE_CHECKING:
    import httpx

_TRUST = "set SSL_CERT_FILE to a file with the issuer's certificate (PEM); it replaces the built-in ones"
# OpenSSL's codes for certificate errors.
_CERTIFICATE: dict[int, tuple[str, str]] = {
    9: (
        "the certificate is not valid yet",
        "check the clock of this machine; if it is right, tell the server's operator",
    ),
    10: ("the certificate has expired", "check the clock of this machine; if it is right, tell the server's operator"),
    18: ("the certificate is self-signed and not trusted here", _TRUST),
    19: ("the certificate chain ends in one that is not trusted here", _TRUST),
    20: ("the issuer of the certificate is not known here; it may be a company proxy that inspects traffic", _TRUST),
    21: ("the server sent an incomplete certificate chain, or it is not trusted here", _TRUST),
    62: ("the certificate is for another host name", "use the name that the certificate is for"),
    64: ("the certificate is for another IP address", "use the name that the certificate is for"),
}


def is_html(response: Any) -> bool:
    """Return whether a complete response is a web page."""
    return "html" in response.headers.get("content-type", "") or response.content.lstrip()[:1] == b"<"


def is_absent(error: APIStatusError) -> bool:
    """Return whether a server says that it has no such path or method."""
    return error.status_code in (404, 405, 501)


def connection_problem(error: APIConnectionError, where: str, *, proxied: bool) -> Check:
    """Explain why there was no connection or answer.

    Args:
        error: The error that the client raised.
        where: The host that it tried to reach.
        proxied: Whether it is a proxy.
    """
    cause = _cause(error)
    unset = "unset the proxy variable, add the server's host to NO_PROXY, or fix the proxy"
    if isinstance(cause, socket.gaierror):
        advice = unset if proxied else "check the host name, the network and DNS"
        return Check("name", "problem", f"the name of {where} cannot be resolved", advice)
    if isinstance(cause, ConnectionRefusedError):
        advice = unset if proxied else "check the port, and whether the server is running"
        return Check("connection", "problem", f"{where} refuses connections", advice)
    if isinstance(cause, OSError) and cause.errno in (errno.ENETUNREACH, errno.EHOSTUNREACH):
        return Check("connection", "problem", f"there is no route to {where}", "check the network, or the VPN")
    if _is("ProxyError", error.__cause__):
        advice = "put the proxy's user and password into its variable, or ask its operator"
        return Check("proxy", "problem", f"{where} rejects the request: {error.__cause__}", advice)
    if isinstance(error, APITimeoutError):
        advice = unset if proxied else "a firewall may drop packets; otherwise increase --timeout and --deadline"
        return Check("connection", "problem", f"{where} does not answer in time", advice)
    advice = "the server may accept only HTTPS; try https:// in the base URL"
    return Check("answer", "problem", f"{where} accepted the connection but closed it: {cause or error}", advice)


def answer_problem(error: APIConnectionError, where: str, *, proxied: bool) -> Check:
    """Explain why there was no answer on an open connection."""
    if isinstance(error, APITimeoutError) and not _is("ConnectTimeout", error.__cause__):
        advice = "it may be starting, overloaded, or not an HTTP server; otherwise increase --timeout and --deadline"
        if proxied:
            advice = (
                "check whether the proxy can reach the server, add the server's host to NO_PROXY, or increase --timeout"
            )
        return Check("answer", "problem", f"{where} accepts connections but does not answer in time", advice)
    check = connection_problem(error, where, proxied=proxied)
    # The connection already has its own line.
    return replace(check, name="answer") if check.name in ("connection", "name") else check


def redirect_problem(error: APIConnectionError, url: str, where: str) -> Check | None:
    """Explain why there was no answer from the target of a redirect; None if there was no redirect.

    Args:
        error: The error that the client raised.
        url: The base URL.
        where: The host of the first request.
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
        advice = "the server may use plain HTTP; try http:// in the base URL, or another port"
        return Check("TLS", "problem", f"{where} does not use TLS as expected: {cause.reason or cause}", advice)
    advice = "a firewall or proxy may be in between, or the server uses plain HTTP"
    if isinstance(error, APITimeoutError):
        detail = f"{where} accepts connections but does not complete the TLS handshake in time"
        return Check("TLS", "problem", detail, advice + "; otherwise increase --timeout and --deadline")
    return Check("TLS", "problem", f"{where} closed the connection during the TLS handshake", advice)


def demands_key(error: APIError) -> Check:
    """Report a server that requires a key when there is none to send."""
    facts = {"status": error.status_code, "request_id": error.request_id}
    advice = SET_KEY
    return Check("answer", "problem", "HTTP 401: the API answers and requires a key", advice, facts)


def status_problem(error: APIError, url: str, *, proxied: bool) -> Check:
    """Explain an error response.

    Args:
        error: The error that the client raised; a message that may quote the key is not shown.
        url: The base URL.
        proxied: Whether a proxy is in between, which may have sent the response.
    """
    status = error.status_code
    facts = {"status": status, "request_id": error.request_id}
    page = error.response is not None and is_html(error.response)
    path = urlsplit(url).path
    detail, advice = f"HTTP {status}", "see the server's documentation"
    match status:
        case 401:
            detail += ": the server does not accept the key"
            advice = "check that it is complete, valid, and for this server"
        case 403 if page or proxied:
            detail += ": something in front of the API, such as a proxy or a firewall, refuses"
            advice = "ask the network's operator, or add the server's host to NO_PROXY"
        case 403:
            detail += ": the key is valid but does not have permission"
            advice = "check the key's permissions, project and organization, and whether the country is supported"
        case 404 | 405 | 501:
            detail += ": the API is not at this address"
            advice = "check the path of the base URL"
            if not path.endswith("/v1"):
                advice += f"; most end in /v1, not in {path or '/'}"
            if (urlsplit(url).hostname or "").endswith(".azure.com"):
                advice += "; Azure also needs --query api-version=VERSION and --api-key-header api-key"
        case 407:
            detail += ": the proxy requires a user and a password"
            advice = "put USER:PASSWORD@ before the host in its variable"
        case 429 if not error.is_retryable:
            detail += ": the server answers that the quota is exhausted"
            advice = "check the billing, or use another key"
        case 429:
            detail += ": the server answers that there were too many requests"
            return Check("answer", "warning", detail, "wait a moment", facts)
        case _ if status is not None and 300 <= status < 400:
            detail, advice = error.message, "set the base URL to the target of the redirect, if that is right"
        case _ if status is not None and status >= 500:
            detail += ": the server failed" + (", or the proxy in between" if proxied else "")
            advice = "try again later" + (", or add the server's host to NO_PROXY" if proxied else "")
        case _ if page:
            detail += " with a web page, not an API response"
            advice = "check the path, and that the scheme is https://, not http://"
        case _ if re.search("key|token|credential", error.message, re.IGNORECASE):
            # Some servers report it with 400 and quote parts of the key.
            detail += ": the server rejects the key"
            advice = "check that it is complete, valid, and for this server"
        case _:
            detail = error.message
    return Check("answer", "problem", detail, advice, facts)


def _cause(error: BaseException) -> BaseException | None:
    """Return the error of the system or of TLS that caused an exception."""
    seen: BaseException | None = error
    found: BaseException | None = None
    while seen is not None:
        if isinstance(seen, OSError):
            found = seen
        seen = seen.__cause__ or seen.__context__
    return found
