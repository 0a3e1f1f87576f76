"""Dicts, lists and scalars to YAML text that YAML 1.1 and YAML 1.2 readers read alike, always the same bytes.

We have our own writer because PyYAML quotes by YAML 1.1 only: it writes the strings `1e5` and `0o17` without quotes,
which YAML 1.2 reads as numbers, and the number `1e+16` in a way that it reads back as a string itself.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from tools.errors import ToolError

# Begins like nothing but a string and holds nothing that means something in a block: safe without quotes...
_PLAIN = re.compile(r"[A-Za-z/$_](?:[A-Za-z0-9/$_.{}()+-]|:(?=\S)| (?=\w))*")
# ...unless it is one of these words, in the eyes of YAML 1.1 or 1.2.
_WORDS = frozenset(("null", "true", "false", "yes", "no", "on", "off", "y", "n"))
# A longer key needs the mark of a key in front of it (YAML 1.2.2, section 7.4.2).
MAX_KEY = 1000
# What a double-quoted JSON string may hold as it is and a YAML one may not, or not safely.
_TO_ESCAPE = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_SURROGATE = re.compile("[\ud800-\udfff]")


def write(value: dict[str, Any] | list[Any], *, comment: str = "") -> str:
    """Return `value` as a YAML document in block style, keys in their order, under a comment line.

    Raises:
        ToolError: A string is not valid Unicode.
    """
    lines = [f"# {comment}"] if comment else []
    return "\n".join([*lines, *_block(value, "", ""), ""])


def _block(value: Any, indent: str, head: str) -> Iterator[str]:
    """Yield the lines of a value; `head` replaces the first line's indent."""
    if isinstance(value, dict) and value:
        for key, item in value.items():
            text = _string(key)
            if len(text) > MAX_KEY:
                yield f"{head}? {text}"
                head, text = indent, ""
            yield from _entry(item, indent, f"{head}{text}:")
            head = indent
    elif isinstance(value, list) and value:
        for item in value:
            yield from _block(item, indent + "  ", f"{head}- ")
            head = indent
    else:
        yield head + _scalar(value)


def _entry(value: Any, indent: str, head: str) -> Iterator[str]:
    if value and isinstance(value, dict | list):
        yield head
        yield from _block(value, indent + "  ", indent + "  ")
    else:
        yield f"{head} {_scalar(value)}"


def _scalar(value: Any) -> str:
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, float):
        mantissa, exponent, power = repr(value).partition("e")
        # YAML 1.1 requires a dot before an exponent.
        return mantissa + ".0" * (bool(exponent) and "." not in mantissa) + exponent + power
    return json.dumps(value)  # null, true, false, an integer, {} or []


def _string(text: str) -> str:
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        return text
    if text.isprintable():
        return "'" + text.replace("'", "''") + "'"
    if _SURROGATE.search(text):
        raise ToolError(f"{text!r} contains half of a surrogate pair, which UTF-8 cannot encode; correct the document")
    quoted = json.dumps(text, ensure_ascii=False)
    return _TO_ESCAPE.sub(lambda match: f"\\u{ord(match[0]):04x}", quoted)
