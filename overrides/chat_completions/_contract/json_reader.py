"""Read the JSON texts of a stream's events, fast: by msgspec where it is installed (the extra `fast`), else by `json`.

Values may also be read from the middle of a text.

Results and errors are those of `json.loads`, which reads what the faster functions do not: NaN and lone surrogates for
msgspec, and whitespace around the text, which `json.loads` always looks for, in a third of its time on a short text.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from typing import Any

CONTROL_CHARACTER = "a string holds a control character that is not escaped"  # the detail of the anomaly

raw_decode = json.JSONDecoder().raw_decode
_decode_leniently = json.JSONDecoder(strict=False).decode  # made once: that takes as long as to read a long text


def _scan_string(text: str, at: int) -> tuple[str, int]:
    value, end = raw_decode(text, at - 1)
    return value, end


# Both read from a position in a text and return the value with its end; a string ends after its quotation mark.
# If there is no JSON, both raise ValueError, and `scan` may raise StopIteration. They are internals of `json`; without
# them, `raw_decode` does the same more slowly.
scan: Callable[[str, int], tuple[Any, int]] = getattr(json.JSONDecoder(), "scan_once", raw_decode)
scan_string: Callable[[str, int], tuple[str, int]] = getattr(json.decoder, "scanstring", _scan_string)


@cache
def reader() -> Callable[[str], Any]:
    """Return the fastest available function that does what `json.loads` does."""
    try:
        from msgspec import MsgspecError
        from msgspec.json import Decoder
    except ImportError:
        return loads
    decode = Decoder().decode

    def read(text: str) -> Any:
        try:
            return decode(text)
        except (MsgspecError, RecursionError, UnicodeError):
            return json.loads(text)

    return read


def loads(text: str) -> Any:
    """Read a JSON text, as `json.loads` does.

    Raises:
        ValueError: The text is not JSON.
        RecursionError: It is nested too deeply.
    """
    try:
        value, end = scan(text, 0)
    except (StopIteration, ValueError):
        return json.loads(text)
    return value if end == len(text) else json.loads(text)


def loads_leniently(text: str | bytes) -> Any:
    """Read a JSON text that may hold control characters in its strings, which JSON requires to be escaped.

    Raises:
        ValueError: The text is not JSON for another reason.
        RecursionError: It is nested too deeply.
    """
    if isinstance(text, str):
        return _decode_leniently(text)
    return json.loads(text, strict=False)


def is_json(text: str) -> bool:
    """Return whether a text is JSON, control characters inside its strings aside."""
    try:
        loads_leniently(text)
    except (ValueError, RecursionError):
        return False
    return True
