"""Proxies and certificates of the environment, whose errors the HTTP library raises without naming the variable."""

from __future__ import annotations

import ipaddress
import os
import ssl
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, cast
from urllib.request import getproxies

import httpx

from chat_completions.errors import ChatCompletionsError

_SCHEMES = ("http", "https", "all")


class _Refusing(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """A transport that refuses requests whose proxy cannot be used; others do not pass through it."""

    def __init__(self, problem: str) -> None:
        self._problem = problem

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        raise ChatCompletionsError(self._problem)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        raise ChatCompletionsError(self._problem)


class _Late(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """A transport that is created by the first request that passes through it."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make
        self._made: Any = None
        self._lock = threading.Lock()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return cast("httpx.Response", self._transport().handle_request(request))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return cast("httpx.Response", await self._transport().handle_async_request(request))

    def close(self) -> None:
        if self._made is not None:
            self._made.close()

    async def aclose(self) -> None:
        if self._made is not None:
            await self._made.aclose()

    def _transport(self) -> Any:
        with self._lock:
            if self._made is None:
                self._made = self._make()
            return self._made


def late_arguments(make: Callable[[], Any]) -> dict[str, Any]:
    """Return the arguments for an HTTP client that creates its transport for https when it first needs it.

    Loading the certificates takes longer than the rest of a first call, and a server on this machine needs none.
    If the environment names a proxy, it is created at once.

    Raises:
        ChatCompletionsError: The certificates that the environment names do not exist.
    """
    if getproxies():
        return {}
    if (problem := _missing_certificates()) is not None:
        raise ChatCompletionsError(problem)
    # Trusts nobody; it is for http, where nothing asks it.
    return {"verify": ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), "mounts": {"https://": _Late(make)}}


def proxy_arguments(transport: type[Any], **options: Any) -> dict[str, Any]:
    """Return the arguments for proxies of the environment that an HTTP client cannot read itself.

    Args:
        transport: The class that sends through a proxy: `httpx.HTTPTransport` or the async one.
        options: The other arguments for it.
    """
    found = getproxies()
    exempt = _exempt(found)
    proxied = [scheme for scheme in _SCHEMES if found.get(scheme)]
    if not proxied or "*" in exempt:
        return {}
    problems = {scheme: _proxy_problem(scheme, found[scheme], transport, options) for scheme in proxied}
    # httpx takes an IPv6 address in brackets or with a prefix length for a name.
    is_readable = not any("[" in host or (host.count(":") > 1 and "/" in host) for host in exempt)
    if is_readable and not any(problems.values()) and not _exempt_problem(exempt):
        return {}
    mounts: dict[str, Any] = {}
    for scheme, problem in problems.items():
        if refusal := problem or _exempt_problem(exempt):
            mounts[f"{scheme}://"] = _Refusing(refusal)
        else:
            mounts[f"{scheme}://"] = transport(proxy=httpx.Proxy(_proxy_url(found[scheme])), **options)
    mounts |= {_pattern(host): None for host in exempt if _is_address(_pattern(host))}
    return {"trust_env": False, "mounts": mounts}


def ssl_context() -> ssl.SSLContext:
    """Return httpx's default TLS context, with the certificates that the environment names.

    Raises:
        ChatCompletionsError: The certificates do not exist.
    """
    with environment_errors():
        context = httpx.create_ssl_context()
    if (problem := _folder_problem()) is not None:
        raise ChatCompletionsError(problem)
    return context


@contextmanager
def environment_errors() -> Iterator[None]:
    """Raise an error that names the variable, if an HTTP client cannot be created because of it.

    Raises:
        ChatCompletionsError: A proxy, an exemption or certificates in the environment cannot be used.
    """
    try:
        yield
    except ChatCompletionsError:
        raise
    except Exception as failure:
        if (problem := _problem()) is None:
            raise
        raise ChatCompletionsError(problem) from failure


def _problem() -> str | None:
    """Return the problem of the first variable that cannot be used; None if all can."""
    if (problem := _certificates_problem()) is not None:
        return problem
    found = getproxies()
    if "*" in (exempt := _exempt(found)):
        return None
    verify = httpx.create_ssl_context(verify=False)
    for scheme in _SCHEMES:
        if found.get(scheme) and (
            problem := _proxy_problem(scheme, found[scheme], httpx.HTTPTransport, {"verify": verify})
        ):
            return problem
    unreadable = next((host for host in exempt if "[" in host or (host.count(":") > 1 and "/" in host)), None)
    if unreadable is not None:
        return f"{_variable('no')} has {_quoted(unreadable)}; write an IPv6 address without brackets or prefix"
    return _exempt_problem(exempt)


def _certificates_problem() -> str | None:
    if (problem := _missing_certificates()) is not None:
        return problem
    if file := os.environ.get("SSL_CERT_FILE"):
        try:
            httpx.create_ssl_context()
        except Exception as error:  # of many types: no certificate in the file, not readable, and so on
            return _file_problem(file, f"which cannot be loaded ({error})")
    return None


def _missing_certificates() -> str | None:
    file = os.environ.get("SSL_CERT_FILE")
    if file and not _exists(file, stat.S_ISREG):
        return _file_problem(file, "which is not a file")
    return _folder_problem()


def _file_problem(file: str, why: str) -> str:
    return f"SSL_CERT_FILE is {_quoted(file)}, {why}; set it to a file of PEM certificates, or unset it"


def _folder_problem() -> str | None:
    # Otherwise no certificate would be trusted, silently.
    folder = os.environ.get("SSL_CERT_DIR")
    if not folder or os.environ.get("SSL_CERT_FILE") or _exists(folder, stat.S_ISDIR):
        return None
    what = "which is not a directory; set it to a directory of certificates, or unset it"
    return f"SSL_CERT_DIR is {_quoted(folder)}, {what}"


def _proxy_problem(scheme: str, proxy: str, transport: type[Any], options: dict[str, Any]) -> str | None:
    """Return why a proxy cannot be used, without its URL, which may contain a password; None if it can."""
    try:
        url = httpx.Proxy(_proxy_url(proxy)).url
        transport(proxy=httpx.Proxy(_proxy_url(proxy)), **options)
        why = "" if _is_host(url) else "has no host"
    except ImportError:
        why = "names a SOCKS proxy, which needs the package socksio: pip install 'httpx[socks]'"
    except Exception:
        why = "is not a proxy URL such as http://host:8080 or socks5://host:1080"
    return f"{_variable(scheme)} {why}; fix it, unset it, or list the server in NO_PROXY" if why else None


def _proxy_url(proxy: str) -> str:
    return proxy if "://" in proxy else f"http://{proxy}"


def _exempt(found: dict[str, str]) -> list[str]:
    return [host.strip() for host in found.get("no", "").split(",") if host.strip()]


def _exempt_problem(exempt: list[str]) -> str | None:
    wrong = next((host for host in exempt if not _is_address(_pattern(host))), None)
    if wrong is None:
        return None
    return f"{_variable('no')} has {_quoted(wrong)}, which is neither a host name nor an address; fix or remove it"


def _pattern(host: str) -> str:
    """Return the pattern that httpx has for an entry of NO_PROXY."""
    if "://" in host:
        return host
    bare = host.strip("[]").partition("/")[0].strip("[]")
    with suppress(ValueError):
        return f"all://[{bare}]" if ipaddress.ip_address(bare).version == 6 else f"all://{bare}"
    return f"all://{host}" if host.lower() == "localhost" else f"all://*{host}"


def _is_address(pattern: str) -> bool:
    try:
        return _is_host(httpx.URL(pattern))
    except Exception:
        return False


def _is_host(url: httpx.URL) -> bool:
    # httpx encodes what a host name cannot contain.
    return bool(url.host) and b"%" not in url.raw_host and (url.port is None or 0 < url.port < 65536)


def _exists(path: str, is_kind: Callable[[int], bool]) -> bool:
    try:
        return is_kind(Path(path).stat().st_mode)
    except (OSError, ValueError):
        return False


def _quoted(value: str) -> str:
    """Return a value for a message, unless it may contain a password, as the URL of a proxy may."""
    return "something else" if "@" in value else repr(value)


def _variable(scheme: str) -> str:
    names = (f"{scheme}_proxy", f"{scheme}_PROXY".upper())
    return next((name for name in names if os.environ.get(name)), "the system's proxy setting")
