"""Read the JSON texts of a stream's events, fast: by msgspec where it is installed (the extra `fast`), else by `json`.

Values may be read out of the middle of a text, too.

Results and errors are those of `json.loads`, which gets whatever the faster ways do not read: NaN and half surrogates
for msgspec, and white space around the text, for which `json.loads` spends a third of its time on a short text.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from typing import Any

raw_decode = json.JSONDecoder().raw_decode


def _scan_string(text: str, at: int) -> tuple[str, int]:
    value, end = raw_decode(text, at - 1)
    return value, end


# Both read from a place in a text on, and give where the value ends; of a string, that is behind its quotation mark.
# Where there is no JSON, both raise ValueError, and `scan` StopIteration, too. `json` has them for its own use; without
# them, `raw_decode` does the same at more cost.
scan: Callable[[str, int], tuple[Any, int]] = getattr(json.JSONDecoder(), "scan_once", raw_decode)
scan_string: Callable[[str, int], tuple[str, int]] = getattr(json.decoder, "scanstring", _scan_string)


@cache
def reader() -> Callable[[str], Any]:
    """Return the fastest function at hand that does what `json.loads` does."""
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
        ValueError: It is no JSON.
        RecursionError: It is nested too deeply.
    """
    try:
        value, end = raw_decode(text)
    except ValueError:
        return json.loads(text)
    return value if end == len(text) else json.loads(text)
