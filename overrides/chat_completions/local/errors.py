"""The one error of the local server, in the shape of the API's errors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class ApiError(Exception):
    """An error response of the API.

    Args:
        status: HTTP status code.
        message: What is wrong, and where.
        type: The API's error class, such as `invalid_request_error`.
        param: The field at fault as the API writes it, such as `messages[0].content`.
        code: The API's machine-readable reason, such as `invalid_type`.
        headers: Response headers beyond the usual ones.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        type: str = "invalid_request_error",
        param: str | None = None,
        code: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.type = type
        self.param = param
        self.code = code
        self.headers = dict(headers or {})

    def body(self) -> dict[str, Any]:
        """Return the JSON object that goes into the response body."""
        return {"error": {"message": self.message, "type": self.type, "param": self.param, "code": self.code}}


def refusal(message: str, param: str, code: str | None = None) -> ApiError:
    """Return the error for a field that breaks a rule.

    Args:
        message: What is wrong, without its place.
        param: The field as the API writes it; its keys must not contain dots or brackets.
        code: The API's machine-readable reason.

    Returns:
        An error with status 400 whose message ends with the field's JSON pointer.
    """
    pointer = "/" + param.replace("[", "/").replace("]", "").replace(".", "/")
    return ApiError(400, f"{message} (at {pointer})", param=param, code=code)
