"""The checks of `doctor` on this machine: installation, key, address, proxies, certificates, time limits."""

from __future__ import annotations

import ipaddress
import os
import re
import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module, metadata
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from chat_completions import _logging, provenance
from chat_completions._contract.provenance import DISTRIBUTION
from chat_completions._transport.settings import (
    DEFAULT_BASE_URL,
    DEFAULT_CONNECT_TIMEOUT,
    DEFAULT_MAX_RETRIES,
    DEFAULT_TIMEOUT,
    validated_api_key,
)
from chat_completions._types import TRANSPORT_VARIABLE
from chat_completions.cli.connection import DEFAULT_KEY_VARIABLE, SET_KEY, Connection
from chat_completions.cli.exits import Failure
from chat_completions.errors import ChatCompletionsError

PROXY_VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
_REQUIREMENT = re.compile(r"([A-Za-z0-9._-]+).*;.*extra\s*==\s*['\"]([^'\"]+)['\"]")
# Distributions whose import package has another name.
_PACKAGES = {"opentelemetry-api": "opentelemetry"}


@dataclass(frozen=True)
class Check:
    """A check and its result.

    Attributes:
        name: What was checked, in a word.
        status: Whether it is ok.
        detail: The result, without secrets.
        advice: What to do about it, None for nothing.
        facts: The result for a program.
    """

    name: str
    status: Literal["ok", "warning", "problem"]
    detail: str
    advice: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


def installation() -> Iterator[Check]:
    """Check the versions, the optional packages, and the specification that the client is generated from."""
    made_from = provenance()
    versions = dict(made_from.versions)
    yield Check("versions", "ok", ", ".join(f"{name} {number}" for name, number in versions.items()), facts=versions)
    extras, broken = _extras()
    there = [name for name, missing in extras.items() if not missing]
    absent = [f"{name} ({', '.join(missing)})" for name, missing in extras.items() if missing]
    detail = f"{', '.join(there) or 'none'}; not installed: {', '.join(absent) or 'none'}"
    if not extras:
        detail = "unknown: the client was not installed as a package"
    if broken:
        reasons = "; ".join(f"{name}: {why}" for name, why in broken.items())
        yield Check(
            "extras", "problem", f"installed but not importable: {reasons}", "reinstall them", {"broken": broken}
        )
    else:
        yield Check(
            "extras", "ok", detail, facts={"missing": {name: list(missing) for name, missing in extras.items()}}
        )
    facts = {name: value for name, value in made_from.to_dict().items() if name != "versions"}
    origin = f"{made_from.repository or 'another origin'} at {(made_from.commit or 'no commit')[:12]}, {made_from.date}"
    yield Check("specification", "ok", f"{origin}; slice sha256 {(made_from.slice_sha256 or '')[:12]}", facts=facts)


def transport() -> Check:
    """Check the transport that the environment sets, and what clients send with."""
    from chat_completions._transport.fast import senders
    from chat_completions._transport.settings import checked_transport

    try:
        name = checked_transport(None)
        found = senders(name)
    except (ChatCompletionsError, ImportError) as error:
        return Check(
            "transport", "problem", str(error), f"change or unset {TRANSPORT_VARIABLE}, or install the package"
        )
    detail = "; ".join(f"{client}: {sender}" for client, sender in found.items())
    return Check("transport", "ok", detail, facts={"transport": name, "senders": found})


def _extras() -> tuple[dict[str, list[str]], dict[str, str]]:
    """Return the missing packages of each extra, and the installed packages that cannot be imported."""
    missing: dict[str, list[str]] = {}
    broken: dict[str, str] = {}
    try:
        requirements = metadata.requires(DISTRIBUTION) or []
    except metadata.PackageNotFoundError:
        requirements = []
    for requirement in requirements:
        if (match := _REQUIREMENT.match(requirement)) is None:
            continue
        name, extra = match[1], match[2]
        if extra == "all":  # It only repeats the others.
            continue
        missing.setdefault(extra, [])
        try:
            metadata.version(name)
        except metadata.PackageNotFoundError:
            missing[extra].append(name)
            continue
        try:
            import_module(_PACKAGES.get(name, name.replace("-", "_")))
        except Exception as error:
            broken[name] = f"{type(error).__name__}: {error}"
    return missing, broken


def key(connection: Connection) -> Check:
    """Check the key. Nothing about it is shown, not even its length."""
    try:
        found = connection.key()
        source = f"the variable {connection.api_key_env}"
        if connection.api_key_file or connection.api_key_command:
            source = "--api-key-file" if connection.api_key_file else "--api-key-command"
        if found is None:
            source = f"the variable {DEFAULT_KEY_VARIABLE}"
            found = validated_api_key(os.environ.get(DEFAULT_KEY_VARIABLE))
    except Failure as failure:
        advice = failure.hint or "use a variable or a file that contains only the key"
        return Check("key", "problem", str(failure), advice, {"present": False})
    except ChatCompletionsError as error:
        return Check("key", "problem", f"{source}: {error}", "copy the key again, without quotes or line ends")
    facts = {"present": bool(found), "source": source if found else None}
    own = {name.lower() for name, value in connection.headers().items() if value} & {"authorization", "api-key"}
    if not found and own:
        return Check("key", "ok", "sent by --header", facts={"present": True, "source": "--header"})
    if not found and _base_url(connection)[0] == DEFAULT_BASE_URL:
        return Check("key", "problem", "not found", SET_KEY, facts)
    if not found:
        return Check("key", "ok", "none; if the server requires one, a check below says so", facts=facts)
    if found.lower().startswith("bearer") or found[0] in "\"'":
        return Check(
            "key", "warning", f"present ({source}), with a prefix or quotes", "remove them from the key", facts
        )
    if connection.api_key_file and os.name != "nt" and stat.S_IMODE(connection.api_key_file.stat().st_mode) & 0o077:
        return Check(
            "key", "warning", f"present ({source}), in a file that others can read", "run chmod 600 on the file", facts
        )
    return Check("key", "ok", f"present ({source})", facts=facts)


def address(connection: Connection) -> Check:
    """Check the base URL."""
    url, source = _base_url(connection)
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname
    except ValueError as error:
        return Check("address", "problem", f"the base URL ({source}) is not valid: {error}", _WRITE)
    shown = _logging.redact_url(url)
    facts = {"base_url": shown, "source": source, "host": host, "port": port}
    if parts.scheme not in ("http", "https") or not host or re.search(r"[\s'\"]", url):
        what = (
            "contains whitespace or quotes"
            if re.search(r"[\s'\"]", url)
            else "does not have a host, or http:// or https://"
        )
        # In an invalid URL, any part may be a password.
        return Check("address", "problem", f"the base URL ({source}) {what}", _WRITE, {"source": source})
    if parts.query or parts.fragment:
        return Check("address", "problem", f"{shown} ({source}) has a query", "remove it; use --query", facts)
    if re.search(r"/(chat/)?completions$", parts.path):
        less = re.sub(r"/(chat/)?completions$", "", shown)
        return Check(
            "address", "problem", f"{shown} ({source}) includes the path of the endpoint", f"use {less}", facts
        )
    if parts.scheme == "http" and not _is_near(host):
        advice = "use https:// if the server has it"
        return Check("address", "warning", f"{shown} ({source}) sends the key and texts unencrypted", advice, facts)
    return Check("address", "ok", f"{shown} ({source})", facts=facts)


_WRITE = "write it as https://HOST/v1, or http://HOST:PORT/v1"


def _base_url(connection: Connection) -> tuple[str, str]:
    if connection.base_url:
        return connection.base_url.rstrip("/"), "--base-url"
    if os.environ.get("OPENAI_BASE_URL"):
        return os.environ["OPENAI_BASE_URL"].rstrip("/"), "the variable OPENAI_BASE_URL"
    return DEFAULT_BASE_URL, "the default"


def _is_near(host: str) -> bool:
    try:
        where = ipaddress.ip_address(host)
    except ValueError:
        return "." not in host or host.endswith((".localhost", ".local", ".internal", ".lan"))
    return where.is_private or where.is_loopback


def environment(connection: Connection) -> Iterator[Check]:
    """Check the environment variables for proxies and certificates that affect the connection."""
    proxies = dict(_variables(PROXY_VARIABLES))
    shown = {name: value if "no_proxy" in name.lower() else _without_user(value) for name, value in proxies.items()}
    detail = ", ".join(f"{name}={value}" for name, value in shown.items()) or "no variable is set"
    yield Check("proxies", "ok", detail, facts=shown)
    yield from _certificates(_base_url(connection)[0].lower().startswith("http://"))


def _certificates(plain: bool) -> Iterator[Check]:
    """Check the variables as httpx reads them: the directory only if there is no file."""
    file, directory = os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")
    instead = "is used instead of the built-in ones"
    if file and not Path(file).is_file():
        # Even for an unencrypted connection, because it is loaded in any case.
        detail = f"SSL_CERT_FILE={file} does not exist"
        yield Check("certificate file", "problem", detail, "correct the path, or unset the variable")
    elif file and not plain:
        yield Check("certificate file", "ok", f"SSL_CERT_FILE={file} {instead}")
    if not directory or plain:
        return
    if file:
        yield Check("certificate directory", "ok", "SSL_CERT_DIR is not used, because SSL_CERT_FILE is set")
    elif Path(directory).is_dir():
        yield Check("certificate directory", "ok", f"SSL_CERT_DIR={directory} {instead}")
    else:
        detail = f"SSL_CERT_DIR={directory} does not exist"
        yield Check("certificate directory", "problem", detail, "correct the path, or unset the variable")


def _variables(names: Iterable[str]) -> Iterator[tuple[str, str]]:
    for name in names:
        for variable in dict.fromkeys((name, name.lower())):
            if value := os.environ.get(variable):
                yield variable, value


def _without_user(address: str) -> str:
    scheme, sign, rest = address.rpartition("://")
    user, at, host = rest.rpartition("@")
    return f"{scheme}{sign}{'[hidden]@' if user or at else ''}{host}"


def limits(connection: Connection) -> Check:
    """Report the time limits of a call."""
    facts = {
        "connect": connection.timeout or DEFAULT_CONNECT_TIMEOUT,
        "timeout": connection.timeout or DEFAULT_TIMEOUT,
        "deadline": connection.deadline,
        "idle_timeout": connection.idle_timeout,
        "max_retries": DEFAULT_MAX_RETRIES if connection.max_retries is None else connection.max_retries,
    }
    detail = (
        f"connect {facts['connect']:g} s, without data {facts['timeout']:g} s,"
        f" deadline {_limit(connection.deadline)}, idle stream {_limit(connection.idle_timeout)},"
        f" retries {facts['max_retries']}"
    )
    return Check("time limits", "ok", detail, facts=facts)


def _limit(seconds: float | None) -> str:
    return "none" if seconds is None else f"{seconds:g} s"
