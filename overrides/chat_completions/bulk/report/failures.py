"""What an error file says went wrong: kinds, counts and a few examples of each, from no more of it than that takes."""

from __future__ import annotations

from collections import Counter
from typing import Any, NamedTuple

from chat_completions.bulk.output.result_lines import object_of
from chat_completions.bulk.places import is_remote, path_of

_MOST_BYTES = 64 * 2**20  # that are read of an error file
_LONGEST_LINE = 2**20
_MOST_KINDS = 30
_EXAMPLES = 3


class Example(NamedTuple):
    """A request that failed.

    Attributes:
        name: Its `custom_id`; None for a line without one, of which the message tells.
        message: What happened.
    """

    name: str | None
    message: str


class Failures(NamedTuple):
    """What failed.

    Attributes:
        kinds: Statuses and codes with how many requests ended so, the most frequent first.
        examples: A few of each kind.
        cut_short: Whether the file holds more than was read.
    """

    kinds: list[tuple[str, int]]
    examples: dict[str, list[Example]]
    cut_short: bool


def failures_of(name: str) -> Failures | None:
    """Read an error file; None if it is not on this machine, or cannot be read.

    Args:
        name: Its name.
    """
    if is_remote(name):
        return None
    kinds: Counter[str] = Counter()
    examples: dict[str, list[Example]] = {}
    left = _MOST_BYTES
    try:
        with path_of(name).open("rb") as file:
            while left > 0 and (line := file.readline(_LONGEST_LINE)):
                left -= len(line)
                kind, example = _read(line)
                while not line.endswith(b"\n") and (line := file.readline(_LONGEST_LINE)):
                    left -= len(line)
                if kind not in examples and len(examples) >= _MOST_KINDS:
                    kind = "others"
                kinds[kind] += 1
                found = examples.setdefault(kind, [])
                if len(found) < _EXAMPLES:
                    found.append(example)
            more = bool(file.read(1))
    except OSError:
        return None
    return Failures(kinds.most_common(), examples, more)


def _read(line: bytes) -> tuple[str, Example]:
    value = object_of(line)
    if value is None:
        return "unreadable", Example(None, "the line is no result, or longer than a report reads")
    response, error = _mapping(value.get("response")), _mapping(value.get("error"))
    name = value.get("custom_id")
    custom_id = None if name is None else str(name)
    if error:
        return str(error.get("code") or "error"), Example(custom_id, str(error.get("message")))
    body = response.get("body")
    message: Any = _mapping(body).get("error", body)
    if isinstance(message, dict):
        message = message.get("message", message)
    return f"HTTP {response.get('status_code')}", Example(custom_id, str(message))


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
