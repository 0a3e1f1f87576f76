"""JSON that is still arriving."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from chat_completions.structured.fence import fenced_text


def partial_json(text: str) -> Any:
    """Return the JSON value of a JSON text so far, including a string that is not closed.

    Returns:
        The plain value; None while there is none, or if the text is not JSON.

    Raises:
        ImportError: No parser is installed; the message names the extra.
    """
    try:
        return _parser()(text.encode())
    except ValueError:
        inside = fenced_text(text, is_done=False)
    try:
        return None if inside is None else _parser()(inside.encode())
    except ValueError:
        return None


@cache
def _parser() -> Callable[[bytes], Any]:
    try:
        from jiter import from_json
    except ImportError:
        try:
            # The same parser, as pydantic brings it.
            from pydantic_core import from_json as from_json_of_pydantic
        except ImportError as error:
            raise ImportError(
                "reading JSON as it arrives needs the package 'jiter': "
                "pip install 'chat-completions-client[pydantic]' or 'chat-completions-client[msgspec]'",
                name="jiter",
            ) from error
        return lambda text: from_json_of_pydantic(text, allow_partial="trailing-strings")
    return lambda text: from_json(text, partial_mode="trailing-strings")
