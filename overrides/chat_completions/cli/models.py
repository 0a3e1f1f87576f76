"""The models that a server lists, and those with names close to an unknown one."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chat_completions import APIStatusError, Client

_SECONDS = 5.0  # for a list that only adds to an error
_MOST_NEAR = 3
_SIMILARITY = 0.5


class UnknownModelError(Exception):
    """The server refused a request, and does not list its model.

    Args:
        error: The error that the client raised.
        hint: The models to use instead.
    """

    def __init__(self, error: APIStatusError, hint: str) -> None:
        super().__init__(error.message)
        self.error, self.hint = error, hint


def model_names(client: Client, *, deadline: float = _SECONDS) -> list[str] | None:
    """Return the names of a server's models; None if it does not list any.

    Args:
        client: The client.
        deadline: Seconds for the request.
    """
    from chat_completions import ChatCompletionsError
    from chat_completions._transport.call import Call

    try:
        quick = client.with_options(max_retries=0, deadline=deadline)
        listed: Any = quick._sender.send(Call({"method": "get", "url": "/models"})).response.json()
    except (ChatCompletionsError, ValueError, RecursionError):
        return None
    items = listed.get("data", listed.get("models")) if isinstance(listed, dict) else listed
    if not isinstance(items, list):
        return None
    found = (item.get("id", item.get("name")) if isinstance(item, dict) else item for item in items)
    return list(dict.fromkeys(name for name in found if isinstance(name, str) and name))


def nearest(model: str, names: Sequence[str]) -> list[str]:
    """Return the names close to a model's, the closest first; names that contain it come before others."""
    wanted = model.lower()
    lowered = {name.lower(): name for name in reversed(names)}
    within = sorted((name for name in lowered if wanted in name), key=len)
    similar = difflib.get_close_matches(wanted, lowered, n=_MOST_NEAR, cutoff=_SIMILARITY)
    return [lowered[name] for name in dict.fromkeys([*within, *similar])][:_MOST_NEAR]


def unknown_model_hint(client: Client, model: str) -> str | None:
    """Return a hint for a model that a server does not list; None if it lists it, or lists no models."""
    names = model_names(client)
    if not names or model in names:
        return None
    near = nearest(model, names)
    shown = f"did you mean {' or '.join(near)}?" if near else f"it lists {listed_names(names)}"
    return f"the server does not list the model {model!r}; {shown}"


def listed_names(names: Sequence[str], most: int = 8) -> str:
    """Return the first of some names, and how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
