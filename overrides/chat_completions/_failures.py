"""How servers report a failure instead of an answer: in an event of a stream, or in a reply with a success status."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# What may tell a failure beside choices, or in place of them.
_STATUSES = ("status", "status_code", "statusCode")
FAILURE_SIGNS = frozenset(
    {"base_resp", "code", "detail", "error", "error_code", "errors", "success", "type", "x_groq", *_STATUSES}
)
_MORE = frozenset({"message", "code", "error_type"})  # what may say more than a text under `error`
_MESSAGES = ("message", "detail", "error", "error_msg", "status_msg", "error_message", "msg")
# The finish reasons of answers that were given up, by vLLM, OpenRouter, Z.ai, DeepSeek and others.
_FAILED_REASONS = frozenset(
    {"abort", "error", "error_finish", "insufficient_system_resource", "network-error", "network_error"}
)
_SUCCESS = frozenset({"", "0", "200", "ok", "success"})  # as codes


def failure_of(value: Any) -> Any:
    """Return the error that a JSON value reports, as the server wrote it; None if it reports none.

    A choice with an error, or with a finish reason such as `error`, is a failure; a whole message is not, whatever
    else there is. An `error`, or `{"object": "error"}`, is a failure otherwise, and where no choice says anything,
    so are `{"detail": ...}`, `{"code": 500, "message": ...}`, `{"errors": [...]}`, `{"error_code": ...}`,
    `{"success": false}`, `{"status": 500}` and MiniMax's `base_resp` with a status code. Empty values and the codes 0
    and 200 are not. In a list, which Google's servers send, the first failure counts.
    """
    if isinstance(value, list):
        return next((found for item in value if isinstance(item, dict) and (found := failure_of(item))), None)
    if not isinstance(value, dict):
        return None
    choices = value.get("choices")
    for choice in choices if isinstance(choices, list) else ():
        if isinstance(choice, dict):
            reason, error = choice.get("finish_reason"), choice.get("error")
            if (reason and is_failed(reason)) or (error and _says_anything(error)):
                errors = (value.get("error"), error)
                return next((_innermost(found) for found in errors if _says_anything(found)), choice)
    if value.get("object") == "error":
        return _innermost(value["error"]) if _says_anything(value.get("error")) else value
    if FAILURE_SIGNS.isdisjoint(value):
        return None
    usable = [choice for choice in choices if _is_usable(choice)] if isinstance(choices, list) else []
    if any("delta" not in choice for choice in usable):
        return None
    if _says_anything(error := value.get("error")):
        is_label = error is True or (isinstance(error, str) and not _MORE.isdisjoint(value))
        return value if is_label else _innermost(error)
    # Groq's reason why a stream ends early.
    if isinstance(groq := value.get("x_groq"), dict) and _says_anything(groq.get("error")):
        return _innermost(groq["error"])
    if value.get("type") == "error":
        return value
    return None if usable else _failure_without_choices(value)


def _failure_without_choices(value: dict[str, Any]) -> Any:
    base = value.get("base_resp")
    if isinstance(base, dict) and _is_failure_code(base.get("status_code")):
        return base
    if errors := value.get("errors"):
        first = errors[0] if isinstance(errors, list) else errors
        return first if isinstance(first, (dict, str)) and first else value
    has_message = isinstance(value.get("message") or value.get("msg"), str)
    is_failure = (
        value.get("detail")
        or value.get("success") is False
        or _is_failure_code(value.get("error_code"))
        or (has_message and _is_failure_code(value.get("code")))
        or any(_is_failure_status(value.get(name)) for name in _STATUSES)
        or (has_message and value.get("status") in ("error", "failed"))
    )
    return value if is_failure else None


def _innermost(error: Any) -> Any:
    """Return the error in a list of one, or in an object that says nothing else."""
    while True:
        if isinstance(error, list) and len(error) == 1 and error[0]:
            [error] = error
        elif isinstance(error, dict) and len(error) == 1 and isinstance(inner := error.get("error"), dict) and inner:
            error = inner
        else:
            return error


def message_of(error: Any) -> Any:
    """Return the message in an error, under whatever name; the innermost object if it has none."""
    while isinstance(error, Mapping):
        if is_failed(error.get("finish_reason")):
            return f'a choice has the finish reason "{error["finish_reason"]}"'
        message = next((found for name in _MESSAGES if (found := error.get(name))), None)
        if message is None:
            return error
        error = message
    return error


def is_failed(reason: Any) -> bool:
    """Return whether a finish reason means that the server gave up."""
    return isinstance(reason, str) and reason.lower() in _FAILED_REASONS


def _is_failure_code(code: Any) -> bool:
    return isinstance(code, (int, str)) and not isinstance(code, bool) and str(code).lower() not in _SUCCESS


def _is_failure_status(status: Any) -> bool:
    """Return whether a number is an HTTP status of an error."""
    return isinstance(status, (int, str)) and str(status)[:1] in ("4", "5") and len(str(status)) == 3


def _says_anything(error: Any) -> bool:
    if isinstance(error, dict):
        if str(error.get("code")) in ("0", "200") and str(error.get("message", "")).lower() in _SUCCESS:
            return False
        return any(_is_failure_code(part) if name == "code" else part for name, part in error.items())
    return bool(error)


def _is_usable(choice: Any) -> bool:
    """Return whether a choice says more than a role."""
    if not isinstance(choice, dict):
        return False
    messages = [message for name in ("delta", "message") if isinstance(message := choice.get(name), dict)]
    return bool(choice.get("finish_reason")) or any(
        part for message in messages for name, part in message.items() if name != "role"
    )
