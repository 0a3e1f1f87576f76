"""The logger `chat_completions`: off unless the program or CHAT_COMPLETIONS_LOG turns it on. It never logs a key.

If CHAT_COMPLETIONS_LOG is not set, OPENAI_LOG is used, with the same levels except `bodies`.
CHAT_COMPLETIONS_LOG=info logs retries and redirects; debug, every attempt; bodies, the bodies of requests as well.
"""

from __future__ import annotations

import functools
import logging
import os
from typing import Any

from chat_completions._redaction import redact_url as redact_url
from chat_completions._response_info import request_id_of

LOGGER = logging.getLogger("chat_completions")
LOGGER.addHandler(logging.NullHandler())

_LEVELS = {name.lower(): getattr(logging, name) for name in ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")}


@functools.cache
def set_up() -> None:
    """Set the level that CHAT_COMPLETIONS_LOG or OPENAI_LOG requests, once."""
    requested = _requested_level()
    level = _LEVELS.get("debug" if requested == "bodies" else requested or os.environ.get("OPENAI_LOG", "").lower())
    if level is not None:
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("%(asctime)s %(name)s %(levelname)s %(message)s"))
        LOGGER.addHandler(handler)
        LOGGER.setLevel(level)


def sending(method: str, url: str, attempt: int, content: bytes | None) -> None:
    """Log that an attempt begins."""
    if LOGGER.isEnabledFor(logging.DEBUG):
        LOGGER.debug("%s %s, attempt %d, %d bytes", method, redact_url(url), attempt, len(content or b""))
        if _requested_level() == "bodies":
            LOGGER.debug("body: %s", (content or b"").decode("utf-8", "replace"))


def response_received(status: int, seconds: float, headers: Any) -> None:
    """Log the status and request id of a response."""
    if LOGGER.isEnabledFor(logging.DEBUG):
        LOGGER.debug("HTTP %d after %.3f s, request id %s", status, seconds, request_id_of(headers))


def waiting(delay: float, reason: str) -> None:
    """Log that an attempt failed and another one follows."""
    LOGGER.info("retrying in %.2f s: %s", delay, reason)


def _requested_level() -> str:
    return os.environ.get("CHAT_COMPLETIONS_LOG", "").lower()


def hook_failed(name: str, error: Exception) -> None:
    """Log that a caller's function raised an exception, and that the call continues."""
    LOGGER.warning("%s raised %s; the call continues", name, type(error).__name__)


def redirected(url: str) -> None:
    """Log that a redirect is followed."""
    LOGGER.info("redirected to %s", redact_url(url))


def not_fast(reason: str) -> None:
    """Log that a client sends with httpx although the fast transport was requested."""
    LOGGER.info("transport='fast' is not used: %s", reason)


def key_left_out() -> None:
    """Log that the key from the environment is not sent."""
    LOGGER.info("sending the user name from the base URL instead of the key from the environment")
