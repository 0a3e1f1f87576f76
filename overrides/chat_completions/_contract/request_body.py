"""Turn keyword arguments into a request body, with clear errors for what cannot be encoded."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from contextlib import suppress
from io import IOBase
from typing import Any

from chat_completions._contract import generated
from chat_completions._types import NotGiven, without_omitted
from chat_completions.errors import RequestValidationError


def request_body(
    params: Mapping[str, Any], stream: bool | None, extra_body: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Return the request as a JSON object of what the caller passed, and nothing else.

    Args:
        params: The keyword arguments; None is sent as null, NOT_GIVEN is not sent.
        stream: The `stream` argument, None if the caller omitted it.
        extra_body: Fields that the specification does not define, or that override those it defines.

    Raises:
        TypeError: The specification has no such parameter, or requires one that is missing.
    """
    fields = generated.request_fields()
    unknown = [name for name in params if name not in fields]
    if unknown:
        import difflib

        near = difflib.get_close_matches(unknown[0], fields, n=1)
        hint = f"did you mean {near[0]!r}? If" if near else "if"
        raise TypeError(
            f"create() got an unexpected keyword argument {unknown[0]!r}; {hint}"
            " only some servers support this field, pass it in extra_body"
        )
    body = without_omitted(params)
    if stream is not None and not isinstance(stream, NotGiven):
        body["stream"] = stream
    if extra_body:
        body = without_omitted({**body, **extra_body})
    check_required("create", body, generated.required_fields())
    return body


def check_required(method: str, arguments: Mapping[str, Any], names: Sequence[str]) -> None:
    """Check that the arguments of a method have these names.

    Raises:
        TypeError: One of them is missing, in Python's own words.
    """
    if missing := [repr(name) for name in names if name not in arguments]:
        plural = "s" if len(missing) > 1 else ""
        raise TypeError(
            f"{method}() missing {len(missing)} required keyword-only argument{plural}: {' and '.join(missing)}"
        )


def encodable_request(body: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of the HTTP request that carries a body of plain JSON.

    Raises:
        RequestValidationError: The body contains values that cannot be encoded as JSON; the error lists all.
    """
    try:
        try:
            return generated.create_request(body)
        except TypeError:
            body.update({name: _as_json(value) for name, value in body.items()})
            return generated.create_request(body)
    except (TypeError, ValueError, RecursionError) as error:
        problems: tuple[tuple[str, str], ...] = ()
        with suppress(RecursionError):
            problems = tuple(_problems(body, "", ()))
        if not problems:
            raise RequestValidationError(f"the request cannot be encoded: {error}") from error
        listed = "; ".join(f"{pointer or '/'} {what}" for pointer, what in problems)
        raise RequestValidationError(
            f"the request contains values that cannot be encoded as JSON: {listed}", problems=problems
        ) from None


def is_list_like(value: Any) -> bool:
    """Return whether a value stands for a list that is made when it is iterated, such as a generator.

    Text, sets, files, and objects that iterate over their fields do not.
    """
    return isinstance(value, Iterable) and not (
        isinstance(value, (str, bytes, bytearray, memoryview, Mapping, Set, IOBase, type, generated.Model))
        or hasattr(value, "model_dump")
    )


def _as_json(value: Any) -> Any:
    """Return a value with lists for iterables, and dicts without omitted fields for mappings and models.

    The caller's objects are not changed.
    """
    if isinstance(value, generated.Model):
        value = value.to_dict()
    elif hasattr(type(value), "model_dump"):  # a model of pydantic, such as the official SDK's
        value = value.model_dump(mode="json", exclude_unset=True)
    if isinstance(value, Mapping):
        return {key: _as_json(entry) for key, entry in without_omitted(value).items()}
    return [_as_json(entry) for entry in value] if is_list_like(value) else value


def _problems(value: Any, at: str, above: tuple[int, ...]) -> Iterator[tuple[str, str]]:
    """Yield the values that cannot be encoded, once encoding has failed."""
    if id(value) in above:
        yield at, "contains itself"
    elif isinstance(value, generated.Model):
        yield from _problems(value.to_dict(), at, (*above, id(value)))
    elif isinstance(value, Mapping):
        for key, entry in without_omitted(value).items():
            pointer = f"{at}/{str(key).replace('~', '~0').replace('/', '~1')}"
            if not isinstance(key, (str, int, float)) and key is not None:
                yield pointer, f"has a key of type {type(key).__name__}; use str"
            yield from _problems(entry, pointer, (*above, id(value)))
    elif isinstance(value, NotGiven):
        yield at, "is NOT_GIVEN, which can omit a field but not a list entry"
    elif isinstance(value, type):
        yield at, f"is the class {value.__name__}; for a typed reply, use parse() or stream()"
    elif isinstance(value, (bytes, bytearray, memoryview)):
        yield at, f"is {type(value).__name__}; decode it, or encode it as base64 text"
    elif isinstance(value, float) and not math.isfinite(value):
        yield at, f"is {value}; JSON numbers must be finite"
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for position, entry in enumerate(value):
            yield from _problems(entry, f"{at}/{position}", (*above, id(value)))
    elif not isinstance(value, (str, int, float)) and value is not None and not hasattr(value, "isoformat"):
        yield at, f"is of type {type(value).__name__!r}; JSON has objects, arrays, strings, numbers, booleans and null"
