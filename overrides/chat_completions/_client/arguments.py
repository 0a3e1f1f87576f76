"""The keyword arguments of a call: options of how it is sent, apart from the fields of the request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chat_completions._transport.settings import check_mapping, check_retries
from chat_completions._types import NOT_GIVEN, NotGiven, revealed

OPTIONS = ("deadline", "done_timeout", "extra_headers", "extra_query", "idle_timeout", "max_retries", "timeout")


def split_options(arguments: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the options and the request fields, separately.

    Raises:
        TypeError: `max_retries` is not an integer, or headers, query or body are not a mapping.
        ValueError: It is negative.
    """
    options = {name: arguments[name] for name in OPTIONS if name in arguments}
    for name in ("extra_headers", "extra_query", "extra_body"):
        if name in arguments:
            check_mapping(name, revealed(arguments[name]))
    if not isinstance(retries := options.get("max_retries", NOT_GIVEN), NotGiven):
        check_retries(retries)
    return options, {name: value for name, value in arguments.items() if name not in options}
