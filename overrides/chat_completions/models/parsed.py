"""Completions with parsed values: the API's models, with the values of the requested type.

Otherwise, they are the models: they encode to what was received, without the values.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Generic, Self

from chat_completions._types import ResponseFormatT, publish
from chat_completions_api.models import (
    ChatCompletion,
    ChatCompletionMessage,
    ChatCompletionMessageCustomToolCall,
    ChatCompletionMessageFunctionToolCall,
    Choice,
    Function,
)


@publish("chat_completions.models")
class ParsedFunction(Function):
    """A function that the model called.

    Attributes:
        parsed_arguments: The value of its arguments, if the tool's type is known; their plain JSON if the tool is
            strict; else None.
    """

    __slots__ = ("parsed_arguments",)

    parsed_arguments: Any

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        made: Self = _copied(cls, Function.from_dict(src_dict))
        return made

    def __copy__(self) -> Self:
        made: Self = _copied(type(self), self)
        return made

    def _shown(self) -> Iterator[tuple[str, Any]]:
        yield from super()._shown()
        yield "parsed_arguments", self.parsed_arguments


@publish("chat_completions.models")
class ParsedFunctionToolCall(ChatCompletionMessageFunctionToolCall):
    """A call of a function, with the value of its arguments."""

    __slots__ = ()

    if TYPE_CHECKING:
        function: ParsedFunction

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        made: Self = _copied(cls, ChatCompletionMessageFunctionToolCall.from_dict(src_dict))
        return made


@publish("chat_completions.models")
class ParsedChatCompletionMessage(Generic[ResponseFormatT], ChatCompletionMessage):
    """The message that the model wrote.

    Attributes:
        parsed: The value of the requested type; None without a type, after a refusal, and with tool calls but no such
            value.
    """

    __slots__ = ("parsed",)

    parsed: ResponseFormatT | None

    if TYPE_CHECKING:
        tool_calls: list[ParsedFunctionToolCall | ChatCompletionMessageCustomToolCall] | None  # type: ignore[assignment]

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        made: Self = _copied(cls, ChatCompletionMessage.from_dict(src_dict))
        return made

    def __copy__(self) -> Self:
        made: Self = _copied(type(self), self)
        return made

    def _shown(self) -> Iterator[tuple[str, Any]]:
        yield from super()._shown()
        yield "parsed", self.parsed


@publish("chat_completions.models")
class ParsedChoice(Generic[ResponseFormatT], Choice):
    """A choice whose message has the value of the requested type."""

    __slots__ = ()

    if TYPE_CHECKING:
        message: ParsedChatCompletionMessage[ResponseFormatT]

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        made: Self = _copied(cls, Choice.from_dict(src_dict))
        return made


@publish("chat_completions.models")
class ParsedChatCompletion(Generic[ResponseFormatT], ChatCompletion):
    """A finished chat completion whose messages have the values of the requested type."""

    __slots__ = ()

    if TYPE_CHECKING:
        choices: list[ParsedChoice[ResponseFormatT]]  # type: ignore[assignment]

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        made: Self = _copied(cls, ChatCompletion.from_dict(src_dict))
        return made


def as_parsed(completion: ChatCompletion) -> ParsedChatCompletion[Any]:
    """Return a completion with places for values, all None."""
    parsed: ParsedChatCompletion[Any] = _copied(ParsedChatCompletion, completion)
    return parsed


def _copied(kind: Any, model: Any) -> Any:
    """Return a model and its parts as classes of this module."""
    made = kind.__new__(kind)
    blank = model._blank()
    for name in (*model._attributes.values(), "_extra", "_info", "_keys"):
        if name not in blank and hasattr(model, name):
            setattr(made, name, getattr(model, name))
    made._extra = None if model._extra is None else dict(model._extra)
    if kind in _VALUES:
        # A server may have a field of that name: it is no value of ours.
        setattr(made, _VALUES[kind], getattr(model, _VALUES[kind], None) if isinstance(model, kind) else None)
    for name, (plain, parsed) in _PARTS.get(kind, {}).items():
        if name in blank:
            continue
        part = getattr(made, name)
        if isinstance(part, list):
            part = [_copied(parsed, entry) if type(entry) is plain else entry for entry in part]
        elif type(part) is plain:
            part = _copied(parsed, part)
        setattr(made, name, part)
    return made


# What stands for a part that is not there.
ParsedFunctionToolCall._empties = {"function": lambda: ParsedFunction.from_dict({})}
ParsedChoice._empties = {"message": lambda: ParsedChatCompletionMessage.from_dict({})}

_VALUES: Mapping[type, str] = {ParsedFunction: "parsed_arguments", ParsedChatCompletionMessage: "parsed"}
_PARTS: Mapping[type, Mapping[str, tuple[type, type]]] = {
    ParsedFunctionToolCall: {"function": (Function, ParsedFunction)},
    ParsedChatCompletionMessage: {
        "tool_calls": (ChatCompletionMessageFunctionToolCall, ParsedFunctionToolCall),
    },
    ParsedChoice: {"message": (ChatCompletionMessage, ParsedChatCompletionMessage)},
    ParsedChatCompletion: {"choices": (Choice, ParsedChoice)},
}
