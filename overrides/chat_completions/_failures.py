"""How servers tell a failure in place of an answer: in an event of a stream, or in a reply with a success status."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# What may tell a failure beside choices, or in place of them.
_SIGNS = frozenset({"base_resp", "code", "detail", "error", "error_code", "errors", "success", "type"})
_MORE = frozenset({"message", "code", "error_type"})  # what may say more than a text under `error`
_MESSAGES = ("message", "detail", "error", "error_msg", "status_msg", "error_message", "msg")
# The finish reasons of answers that were given up, by vLLM, OpenRouter, Z.ai and others.
FAILED_REASONS = frozenset({"abort", "error", "error_finish", "network-error", "network_error"})
_SUCCESS = frozenset({"", "0", "200", "ok", "success"})  # as codes


def failure_of(value: Any) -> Any:
    """Return the error that a JSON value reports, as the server wrote it; None if it reports none.

    A choice with an error, or with a finish reason such as `error`, is a failure; a whole message is none, whatever
    stands beside it. An `error`, or `{"object": "error"}`, is a failure otherwise, and where no choice says anything,
    so are `{"detail": ...}`, `{"code": 500, "message": ...}`, `{"errors": [...]}`, `{"error_code": ...}`,
    `{"success": false}`, and MiniMax's `base_resp` with a status code. Empty values and the codes 0 and 200 are none.
    """
    if not isinstance(value, dict):
        return None
    choices = value.get("choices")
    for choice in choices if isinstance(choices, list) else ():
        if isinstance(choice, dict):
            reason, error = choice.get("finish_reason"), choice.get("error")
            if (reason and _is_failed(choice)) or (error and _says_anything(error)):
                return next((found for found in (value.get("error"), error) if _says_anything(found)), choice)
    if value.get("object") == "error":
        return value["error"] if _says_anything(value.get("error")) else value
    if _SIGNS.isdisjoint(value):
        return None
    usable = [choice for choice in choices if _is_usable(choice)] if isinstance(choices, list) else []
    if any("delta" not in choice for choice in usable):
        return None
    if _says_anything(error := value.get("error")):
        is_label = error is True or (isinstance(error, str) and not _MORE.isdisjoint(value))
        return value if is_label else error
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
    )
    return value if is_failure else None


def message_of(error: Any) -> Any:
    """Return the message in an error, under whatever name; the innermost object if it has none."""
    while isinstance(error, Mapping):
        if _is_failed(error):
            return f'a choice has the finish reason "{error["finish_reason"]}"'
        message = next((found for name in _MESSAGES if (found := error.get(name))), None)
        if message is None:
            return error
        error = message
    return error


def _is_failed(choice: Mapping[str, Any]) -> bool:
    reason = choice.get("finish_reason")
    return isinstance(reason, str) and reason in FAILED_REASONS


def _is_failure_code(code: Any) -> bool:
    return isinstance(code, (int, str)) and not isinstance(code, bool) and str(code).lower() not in _SUCCESS


def _says_anything(error: Any) -> bool:
    if isinstance(error, dict):
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
