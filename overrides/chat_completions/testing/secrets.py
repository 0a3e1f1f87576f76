"""Remove secrets from requests and responses, by name and by value.

In headers and queries, only values under names that are known to be harmless are kept. A value counts as a secret
everywhere if it appears under a secret name, under an unknown name and looks like a token, before the `@` of a URL, in
the environment as a key, or if the caller names it. It is then also removed where it is spread over several texts, such
as the events of a stream.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote, unquote_plus, urlsplit, urlunsplit

from chat_completions._response_info import REQUEST_ID_HEADERS

REMOVED = "[removed]"

Headers = Iterable[tuple[str, str]]

_WORDS = frozenset(
    {"accesskey", "accesstoken", "apikey", "assertion", "auth", "authorization", "bearer", "clientsecret", "code"}
    | {"cookie", "credential", "credentials", "jwt", "key", "pass", "passwd", "password", "pwd", "sas", "secret"}
    | {"session", "sig", "signature", "token"}
)
# These identify who pays.
_NAMES = frozenset({"openai-organization", "openai-project"})
_RANDOM_NAMES = frozenset({"idempotency-key"})
# Names whose values may be written; any other value may be a credential under an unforeseen name.
_HARMLESS_QUERY = frozenset({"after", "api-version", "before", "limit", "model", "order"})
_HARMLESS_HEADERS = frozenset(
    {"accept", "accept-encoding", "connection", "content-encoding", "content-length", "content-type", "host"}
    | {"openai-beta", "user-agent"}
)
_HARMLESS_RESPONSE_HEADERS = _HARMLESS_HEADERS | frozenset(
    {"age", "cache-control", "date", "keep-alive", "location", "openai-model", "openai-processing-ms"}
    | {"openai-version", "retry-after", "retry-after-ms", "server", "transfer-encoding", "vary", "x-should-retry"}
    | set(REQUEST_ID_HEADERS)
)
# Random ids, which look like tokens.
_IDS = frozenset({"idempotency-key", "traceparent", *REQUEST_ID_HEADERS})
_LOOKS_LIKE_A_TOKEN = re.compile(r"(?=.*[0-9])(?=.*[A-Za-z])[\x21-\x7e]+")
_ENVIRONMENT = ("OPENAI_ORG_ID", "OPENAI_PROJECT_ID")
# Shorter values, such as `none`, `EMPTY` and `ollama`, also occur as ordinary words.
_SHORTEST_VALUE = 8


def is_secret(name: str, more: Collection[str] = ()) -> bool:
    """Return whether the values under a name are secret.

    Args:
        name: Name of a header or of a query parameter.
        more: Further secret names, in lower case.
    """
    lower = name.lower()
    if lower in more or lower in _NAMES:
        return True
    if lower in _RANDOM_NAMES or lower.startswith("x-ratelimit-"):
        return False
    words = re.split(r"[^A-Za-z0-9]+|(?<=[a-z0-9])(?=[A-Z])", name)
    return not _WORDS.isdisjoint(word.lower() for word in words)


def is_harmless_in_query(name: str) -> bool:
    """Return whether a query parameter is known to be harmless, which includes metadata."""
    lower = name.lower()
    return lower in _HARMLESS_QUERY or (lower.startswith("metadata[") and not is_secret(name))


def is_harmless_header(header: str, *, of_response: bool = False) -> bool:
    """Return whether the value of a header is known to be harmless.

    Args:
        header: Its name.
        of_response: Whether it is a response header.
    """
    lower = header.lower()
    if of_response:
        return lower in _HARMLESS_RESPONSE_HEADERS or lower.startswith("x-ratelimit-")
    return lower in _HARMLESS_HEADERS or lower.startswith("x-stainless-")


class Secrets:
    """Collect the secrets of requests and responses, and remove them.

    Args:
        names: Names of headers, query parameters and fields of bodies that are secret as well.
        values: Values that are secret as well, of any length.
    """

    def __init__(self, names: Iterable[str] = (), values: Iterable[str] = ()) -> None:
        self._names = frozenset(name.lower() for name in names)
        self._values = {value for value in values if value}
        self._pattern: re.Pattern[str] | None = None
        for name, value in os.environ.items():
            if name in _ENVIRONMENT or name.upper().endswith("_API_KEY"):
                self._learn(value)

    def __repr__(self) -> str:
        return f"<{len(self._values)} secrets>"

    def learn_request(self, url: str, headers: Headers) -> None:
        """Record the secret values of a request."""
        parts = urlsplit(url)
        for text in parts.netloc.rpartition("@")[0].split(":"):
            self._learn(unquote(text))
        for pair in parts.query.split("&"):
            name, sign, value = (unquote_plus(part) for part in pair.partition("="))
            if not self._in_query(name):
                self._learn_of(name, value if sign else name)
        self.learn_headers(headers)

    def learn_headers(self, headers: Headers) -> None:
        """Record the secret values of headers."""
        for name, value in headers:
            if not is_secret(name, self._names):
                if name.lower() == "location":
                    self.learn_request(value, ())
                elif not is_harmless_header(name, of_response=True) and name.lower() not in _IDS:
                    self._learn_of(name, value.strip())
                continue
            scheme, _, rest = value.strip().partition(" ")
            if "cookie" in name.lower():
                for cookie in value.split(";"):
                    self._learn(cookie.partition("=")[2].strip())
            elif name.lower().endswith("authorization") and rest:
                self._learn(rest.strip())
                if scheme.lower() == "basic":
                    self._learn(_decoded(rest).partition(":")[2])
            else:
                self._learn(value.strip())

    def url(self, url: str) -> str:
        """Return a URL without its user, and with only harmless values in its query."""
        parts = urlsplit(url)
        pairs = (pair.partition("=") for pair in parts.query.split("&") if pair)
        query = "&".join(
            name + sign + value if self._in_query(unquote_plus(name)) else f"{name}={REMOVED}" if sign else REMOVED
            for name, sign, value in pairs
        )
        return self.text(urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, query, "")))

    def request_headers(self, headers: Headers) -> list[tuple[str, str]]:
        """Return the headers of a request with only harmless values."""
        return [
            (lower, self.text(value) if self._is_harmless(lower) else REMOVED)
            for lower, value in ((name.lower(), value) for name, value in headers)
            if lower not in _RANDOM_NAMES
        ]

    def response_headers(self, headers: Headers) -> list[tuple[str, str]]:
        """Return the headers of a response with only harmless values."""
        return [
            (
                name,
                self.url(value)
                if name == "location"
                else self.text(value)
                if self._is_harmless(name, True)
                else REMOVED,
            )
            for name, value in ((name.lower(), value) for name, value in headers)
        ]

    def text(self, text: str) -> str:
        """Return a text without secret values."""
        pattern = self._compiled()
        return pattern.sub(REMOVED, text) if pattern else text

    def data(self, data: bytes) -> bytes:
        """Return bytes without secret values."""
        return self.text(data.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")

    def places(self, data: bytes) -> Iterator[tuple[int, int]]:
        """Yield the begin and end of each secret value in bytes."""
        for value in sorted(self._forms(), key=len, reverse=True):
            for found in re.finditer(re.escape(value.encode()), data):
                yield found.span()

    def json(self, values: Sequence[Any]) -> list[Any]:
        """Return JSON values without secrets: under secret names, inside a text, and spread over texts.

        Args:
            values: A sequence, such as the events of a stream: the texts at the same place in each are also searched
                as one text.
        """
        cleaned = [self._clean(value) for value in values]
        pattern = self._compiled()
        if pattern is not None:
            found: dict[tuple[Any, ...], list[_Leaf]] = {}
            for value in cleaned:
                _collect(value, (), found)
            for leaves in found.values():
                joined = "".join(leaf.text for leaf in leaves)
                # From the end, so that earlier positions stay valid.
                for match in reversed(list(pattern.finditer(joined))):
                    _mask(leaves, *match.span())
        return cleaned

    def _is_harmless(self, header: str, of_response: bool = False) -> bool:
        return header not in self._names and is_harmless_header(header, of_response=of_response)

    def _in_query(self, name: str) -> bool:
        return name.lower() not in self._names and is_harmless_in_query(name)

    def _learn_of(self, name: str, value: str) -> None:
        """Record a value under a name that is not known to be harmless, if it is secret."""
        if is_secret(name, self._names) or _LOOKS_LIKE_A_TOKEN.fullmatch(value):
            self._learn(value)

    def _clean(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self._clean(item) for item in value]
        if isinstance(value, dict):
            return {
                self.text(key): REMOVED if key.lower() in self._names else self._clean(item)
                for key, item in value.items()
            }
        return value

    def _learn(self, value: str) -> None:
        if len(value) >= _SHORTEST_VALUE and value not in self._values:
            self._values.add(value)
            self._pattern = None

    def _forms(self) -> set[str]:
        """Return the values unchanged, as escaped in JSON, and as quoted in URLs."""
        return {form for value in self._values for form in (value, json.dumps(value)[1:-1], quote(value, safe=""))}

    def _compiled(self) -> re.Pattern[str] | None:
        if self._pattern is None and self._values:
            self._pattern = re.compile("|".join(map(re.escape, sorted(self._forms(), key=len, reverse=True))))
        return self._pattern


@dataclass
class _Leaf:
    """A text in a JSON value: its container and key."""

    container: Any
    key: Any

    @property
    def text(self) -> str:
        text: str = self.container[self.key]
        return text

    def replace(self, text: str) -> None:
        self.container[self.key] = text
        if isinstance(self.container, dict):
            # A token of log probabilities repeats its text in these fields.
            if self.container.get("bytes"):
                self.container["bytes"] = None
            if self.container.get("top_logprobs"):
                self.container["top_logprobs"] = []


def _collect(value: Any, path: tuple[Any, ...], found: dict[tuple[Any, ...], list[_Leaf]]) -> None:
    """Collect the texts in a value by place; the items of a list share one place, unless they have an `index`."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        step: Any = key
        if isinstance(value, list):
            step = item.get("index") if isinstance(item, dict) else None
        if isinstance(item, str):
            found.setdefault((*path, step), []).append(_Leaf(value, key))
        else:
            _collect(item, (*path, step), found)


def _mask(leaves: Sequence[_Leaf], begin: int, end: int) -> None:
    """Remove the characters from `begin` to `end` of the joined texts."""
    at = 0
    new = REMOVED
    for leaf in leaves:
        text = leaf.text
        first, last = max(begin - at, 0), min(end - at, len(text))
        at += len(text)
        if first < last:
            leaf.replace(text[:first] + new + text[last:])
            new = ""


def _decoded(text: str) -> str:
    try:
        return base64.b64decode(text.strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""
