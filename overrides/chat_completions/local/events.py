"""JSON and server-sent events as bytes."""

from __future__ import annotations

import json
from typing import Any

DONE = b"data: [DONE]\n\n"


def json_bytes(value: Any) -> bytes:
    """Encode a value as compact UTF-8 JSON.

    Args:
        value: A JSON value without NaN, infinities or lone surrogates.

    Returns:
        The encoded text.
    """
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def event_bytes(value: Any) -> bytes:
    """Encode a value as one server-sent event with its blank line; JSON escapes line ends, so one `data:` is enough."""
    return b"data: " + json_bytes(value) + b"\n\n"
