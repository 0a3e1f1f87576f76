"""Parse the bytes of a request into its JSON object."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from .errors import ApiError

MAX_DEPTH = 128


def json_object(raw: bytes, content_type: str | None, content_encoding: str | None = None) -> dict[str, Any]:
    """Parse the JSON object in the body of a request.

    Args:
        raw: The body as received.
        content_type: The header's value, or None without the header.
        content_encoding: The header's value, or None without the header.

    Returns:
        The decoded object.

    Raises:
        ApiError: If the body is not one JSON object in UTF-8 that can be written as JSON again.
    """
    _check_headers(content_type, content_encoding)
    if not raw.strip():
        raise _invalid("The request body is empty; it must be a JSON object.")
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        raise _invalid(f"The request body is not UTF-8: {error.reason} at byte {error.start}.") from error
    try:
        value = json.loads(text, parse_constant=refuse_constant, parse_float=_finite)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise _invalid(f"We could not parse the JSON body of your request: {error.msg} at {place}.") from error
    except ValueError as error:
        raise _invalid(f"We could not parse the JSON body of your request: {error}.") from error
    except RecursionError as error:
        raise too_deep() from error
    if not isinstance(value, dict):
        raise ApiError(400, "The request body must be a JSON object (at the root).", code="invalid_type")
    _check_depth(value)
    # Only an escape can produce half of a surrogate pair, which no UTF-8 reply could echo.
    if "\\ud" in text.lower():
        try:
            json.dumps(value, ensure_ascii=False).encode()
        except UnicodeEncodeError as error:
            raise _invalid("The request body contains half of a surrogate pair.") from error
    return value


def too_deep() -> ApiError:
    """Return the error for a body that is nested too deeply."""
    return _invalid(f"The request body is nested deeper than {MAX_DEPTH} levels.")


def _check_headers(content_type: str | None, content_encoding: str | None) -> None:
    media_type, _, parameters = (content_type or "").partition(";")
    media_type = media_type.strip().lower()
    is_json = media_type == "application/json" or (
        media_type.startswith("application/") and media_type.endswith("+json")
    )
    if not is_json:
        raise ApiError(
            400,
            f"The Content-Type must be application/json, but the request has {content_type or 'none'!r}.",
            code="invalid_content_type",
        )
    name, _, charset = parameters.partition("=")
    if name.strip().lower() == "charset" and charset.strip().strip('"').lower() not in ("utf-8", "utf8", "us-ascii"):
        raise ApiError(400, "The charset of the request must be utf-8.", code="invalid_content_type")
    if (content_encoding or "identity").strip().lower() != "identity":
        raise ApiError(
            400, "The request body must not be compressed (Content-Encoding).", code="invalid_content_encoding"
        )


def _invalid(message: str) -> ApiError:
    return ApiError(400, message, code="invalid_json")


def refuse_constant(name: str) -> NoReturn:
    """Refuse a constant that Python's parser accepts although it is not JSON.

    Args:
        name: `NaN`, `Infinity` or `-Infinity`.

    Raises:
        ValueError: Always.
    """
    raise ValueError(f"{name} is not JSON")


def _finite(digits: str) -> float:
    number = float(digits)
    if number in (float("inf"), float("-inf")):
        raise ValueError(f"the number {digits[:40]} is out of range")
    return number


def _check_depth(value: Any) -> None:
    level = [value]
    for _ in range(MAX_DEPTH):
        inner: list[Any] = []
        for item in level:
            if isinstance(item, dict):
                inner.extend(item.values())
            elif isinstance(item, list):
                inner.extend(item)
        if not inner:
            return
        level = inner
    raise too_deep()
