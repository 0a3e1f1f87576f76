"""The fields of a request by name, where `help()` and `inspect.signature` would show `**arguments`."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import Any, TypeVar, get_overloads

from chat_completions._contract import generated
from chat_completions._types import NOT_GIVEN

F = TypeVar("F", bound=Callable[..., Any])


class FunctionWithSignature:
    """A function whose signature is created on first use."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.__wrapped__ = function

    @property
    def __signature__(self) -> inspect.Signature:
        return _signature_of(self.__wrapped__)


def listing(fields: str) -> Callable[[F], F]:
    """Decorate a `forgetful` method so that its docstring and its signature list the fields of the request.

    Args:
        fields: The fields, as the docstring lists them.
    """

    def decorate(method: F) -> F:
        # `inspect.signature` stops at the first object with a signature; all else finds the function behind it.
        method.__wrapped__ = FunctionWithSignature(method.__wrapped__)  # type: ignore[attr-defined]
        if method.__doc__:  # There is none with `python -OO`.
            # The last of several lines is their margin, which Python 3.13 takes away.
            text, _, last = method.__doc__.rpartition("\n")
            margin = last if text else ""
            method.__doc__ = (text or last) + f"\n\nFields:\n{fields}".replace("\n", f"\n{margin}")
        return method

    return decorate


def _signature_of(function: Callable[..., Any]) -> inspect.Signature:
    from chat_completions._client import argument_types

    overloads = get_overloads(function) or [function]
    unpacked = [each.__annotations__["arguments"] for each in overloads]
    returned = dict.fromkeys(kind for each in overloads for kind in each.__annotations__["return"].split(" | "))
    names = [re.sub(r"Unpack\[(\w+).*", r"\1", text) for text in dict.fromkeys(unpacked)]
    kinds = [getattr(argument_types, name).__annotations__ for name in names]
    own = inspect.signature(function)
    parameters = [each for each in own.parameters.values() if each.kind is not each.VAR_KEYWORD]
    for name in dict.fromkeys(name for kind in kinds for name in kind):
        parameters.append(_parameter(name, [kind[name].__forward_arg__ for kind in kinds if name in kind]))
    parameters.sort(key=lambda each: each.default is not each.empty)
    return own.replace(parameters=parameters, return_annotation=" | ".join(returned))


def _parameter(name: str, annotations: list[str]) -> inspect.Parameter:
    """Return the parameter of a field; it is required if all overloads require it."""
    required = re.compile(r"Required\[(.*)\]")
    types = dict.fromkeys(required.sub(r"\1", text) for text in annotations)
    return inspect.Parameter(
        name,
        inspect.Parameter.KEYWORD_ONLY,
        default=inspect.Parameter.empty if all(map(required.fullmatch, annotations)) else NOT_GIVEN,
        annotation=generated.public_annotation(" | ".join(types)),
    )
