"""What is secret in a request or a response, by name and by value, and how it is taken out.

In headers and queries, only what stands under a name that is known to be harmless is kept. A value is secret wherever
it occurs if it stood under a name that says so, or under one that nobody knows and looks like a token, before the `@`
of an address, in the environment as a key, or if the caller says so; it is then taken out also where it is spread over
several texts, as a model spreads what it says over the events of a stream.
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
# Who pays is nobody's business either.
_NAMES = frozenset({"openai-organization", "openai-project"})
_HARMLESS = frozenset({"idempotency-key"})
# What may be written; any other value may be a credential under a name that nobody foresaw.
_SHOWN_QUERY = frozenset({"after", "api-version", "before", "limit", "model", "order"})
_SHOWN = frozenset(
    {"accept", "accept-encoding", "connection", "content-encoding", "content-length", "content-type", "host"}
    | {"openai-beta", "user-agent"}
)
_SHOWN_IN_RESPONSES = _SHOWN | frozenset(
    {"age", "cache-control", "date", "keep-alive", "location", "openai-model", "openai-processing-ms"}
    | {"openai-version", "retry-after", "retry-after-ms", "server", "transfer-encoding", "vary", "x-should-retry"}
    | set(REQUEST_ID_HEADERS)
)
# What tells requests apart and is random, so that it looks like a token.
_IDS = frozenset({"idempotency-key", "traceparent", *REQUEST_ID_HEADERS})
_LOOKS_LIKE_A_TOKEN = re.compile(r"(?=.*[0-9])(?=.*[A-Za-z])[\x21-\x7e]+")
_ENVIRONMENT = ("OPENAI_ORG_ID", "OPENAI_PROJECT_ID")
# Shorter values, such as `none`, `EMPTY` and `ollama`, are words that occur for other reasons.
_SHORTEST_VALUE = 8


def is_secret(name: str, more: Collection[str] = ()) -> bool:
    """Return whether what stands under a name is secret.

    Args:
        name: Name of a header or of a query parameter.
        more: Further secret names, in lower case.
    """
    lower = name.lower()
    if lower in more or lower in _NAMES:
        return True
    if lower in _HARMLESS or lower.startswith("x-ratelimit-"):
        return False
    words = re.split(r"[^A-Za-z0-9]+|(?<=[a-z0-9])(?=[A-Z])", name)
    return not _WORDS.isdisjoint(word.lower() for word in words)


def is_harmless_in_query(name: str) -> bool:
    """Return whether a query parameter is known to be harmless; metadata is what requests differ by."""
    lower = name.lower()
    return lower in _SHOWN_QUERY or (lower.startswith("metadata[") and not is_secret(name))


def may_be_shown(header: str, *, of_response: bool = False) -> bool:
    """Return whether the value of a header is known to be harmless.

    Args:
        header: Its name.
        of_response: Whether it is a response's.
    """
    lower = header.lower()
    if of_response:
        return lower in _SHOWN_IN_RESPONSES or lower.startswith("x-ratelimit-")
    return lower in _SHOWN or lower.startswith("x-stainless-")


class Secrets:
    """Learns the secrets of what goes by, and takes them out.

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
        """Record the secret values that a request carries."""
        parts = urlsplit(url)
        for text in parts.netloc.rpartition("@")[0].split(":"):
            self._learn(unquote(text))
        for pair in parts.query.split("&"):
            name, sign, value = (unquote_plus(part) for part in pair.partition("="))
            if not self._in_query(name):
                self._learn_of(name, value if sign else name)
        self.learn_headers(headers)

    def learn_headers(self, headers: Headers) -> None:
        """Record the secret values that headers carry."""
        for name, value in headers:
            if not is_secret(name, self._names):
                if name.lower() == "location":
                    self.learn_request(value, ())
                elif not may_be_shown(name, of_response=True) and name.lower() not in _IDS:
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
        """Return an address without its user, and with nothing in its query but what is known to be harmless."""
        parts = urlsplit(url)
        pairs = (pair.partition("=") for pair in parts.query.split("&") if pair)
        query = "&".join(
            name + sign + value if self._in_query(unquote_plus(name)) else f"{name}={REMOVED}" if sign else REMOVED
            for name, sign, value in pairs
        )
        return self.text(urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, query, "")))

    def request_headers(self, headers: Headers) -> list[tuple[str, str]]:
        """Return the headers of a request as they may be written: only values known to be harmless stay."""
        return [
            (lower, self.text(value) if self._shown(lower) else REMOVED)
            for lower, value in ((name.lower(), value) for name, value in headers)
            if lower not in _HARMLESS
        ]

    def response_headers(self, headers: Headers) -> list[tuple[str, str]]:
        """Return the headers of a response as they may be written."""
        return [
            (name, self.url(value) if name == "location" else self.text(value) if self._shown(name, True) else REMOVED)
            for name, value in ((name.lower(), value) for name, value in headers)
        ]

    def text(self, text: str) -> str:
        """Return a text in which no secret value occurs."""
        pattern = self._found()
        return pattern.sub(REMOVED, text) if pattern else text

    def data(self, data: bytes) -> bytes:
        """Return bytes in which no secret value occurs."""
        return self.text(data.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")

    def places(self, data: bytes) -> Iterator[tuple[int, int]]:
        """Yield where secret values occur in bytes, from position to position."""
        for value in sorted(self._forms(), key=len, reverse=True):
            for found in re.finditer(re.escape(value.encode()), data):
                yield found.span()

    def json(self, values: Sequence[Any]) -> list[Any]:
        """Return JSON values without secrets: under secret names, within a text, and spread over texts.

        Args:
            values: What follows each other, such as the events of a stream: the texts that stand at the same place in
                each are also looked at as one text.
        """
        cleaned = [self._clean(value) for value in values]
        pattern = self._found()
        if pattern is not None:
            found: dict[tuple[Any, ...], list[_Leaf]] = {}
            for value in cleaned:
                _collect(value, (), found)
            for leaves in found.values():
                joined = "".join(leaf.text for leaf in leaves)
                # From the end, so that the places before stay where they are.
                for match in reversed(list(pattern.finditer(joined))):
                    _mask(leaves, *match.span())
        return cleaned

    def _shown(self, header: str, of_response: bool = False) -> bool:
        return header not in self._names and may_be_shown(header, of_response=of_response)

    def _in_query(self, name: str) -> bool:
        return name.lower() not in self._names and is_harmless_in_query(name)

    def _learn_of(self, name: str, value: str) -> None:
        """Learn a value that stood under a name which is not known to be harmless."""
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
        """Return the values as they are, as JSON writes them, and as addresses do."""
        return {form for value in self._values for form in (value, json.dumps(value)[1:-1], quote(value, safe=""))}

    def _found(self) -> re.Pattern[str] | None:
        if self._pattern is None and self._values:
            self._pattern = re.compile("|".join(map(re.escape, sorted(self._forms(), key=len, reverse=True))))
        return self._pattern


@dataclass
class _Leaf:
    """A text within a JSON value, by the container that holds it."""

    container: Any
    key: Any

    @property
    def text(self) -> str:
        text: str = self.container[self.key]
        return text

    def replace(self, text: str) -> None:
        self.container[self.key] = text
        if isinstance(self.container, dict):
            # What a token of log probabilities says again in other words.
            if self.container.get("bytes"):
                self.container["bytes"] = None
            if self.container.get("top_logprobs"):
                self.container["top_logprobs"] = []


def _collect(value: Any, path: tuple[Any, ...], found: dict[tuple[Any, ...], list[_Leaf]]) -> None:
    """Sort the texts in a value by their places; items of lists count as one place, unless they say their index."""
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
    """Take the characters from `begin` to `end` out of the joined texts."""
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
