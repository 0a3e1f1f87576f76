"""The keyword arguments of a call: the request's fields, as generated, and the options of how it is sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypedDict

from chat_completions._paging import Listing, start

OPTIONS = ("deadline", "extra_headers", "extra_query", "idle_timeout", "max_retries", "timeout")

if TYPE_CHECKING:
    from chat_completions._settings import Timeout
    from chat_completions.models import CompletionCreateParamsBase, CompletionListParams

    class CallOptions(TypedDict, total=False):
        """How one call is sent, where it differs from the client's settings."""

        extra_headers: Mapping[str, str | None] | None
        """Headers beside the client's; None takes one away."""

        extra_query: Mapping[str, Any] | None
        """Query parameters beside the client's."""

        timeout: Timeout
        """Seconds without a byte, or an `httpx.Timeout`; None for no limit."""

        deadline: float | None
        """Seconds for the whole call: all attempts, and the body of a stream."""

        max_retries: int
        """How often a failed attempt is repeated."""

    class CreateArguments(CompletionCreateParamsBase, CallOptions, total=False):
        """What `create` takes, apart from `stream`."""

        extra_body: Mapping[str, Any] | None
        """Fields of the request that only some servers know."""

        idle_timeout: float | None
        """Seconds without an event after which a stream counts as dead; comments are no events."""

        validate: bool
        """Whether to check the request against the specification before it is sent; needs the extra `validate`."""

    class ListArguments(CompletionListParams, CallOptions, total=False):
        """What `list` takes."""

        max_items: int | None
        """How many completions to give in all; None for every one."""


def split_options(arguments: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Give the options and the fields of the request, apart."""
    options = {name: arguments[name] for name in OPTIONS if name in arguments}
    return options, {name: value for name, value in arguments.items() if name not in options}


def split_listing(arguments: Mapping[str, Any]) -> Listing:
    """Give the listing that the arguments of `list` begin."""
    rest = dict(arguments)
    max_items = rest.pop("max_items", None)
    return start(rest, max_items)
