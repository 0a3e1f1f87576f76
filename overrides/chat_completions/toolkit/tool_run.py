"""What `run_tools` returns: the reply, and the rounds that led to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, Literal, Self, TypeAlias, cast

from chat_completions._types import ResponseFormatT, publish
from chat_completions.errors import ChatCompletionsError

if TYPE_CHECKING:
    from chat_completions.models import (
        ChatCompletion,
        ChatCompletionMessageCustomToolCall,
        ChatCompletionMessageFunctionToolCall,
        ChatCompletionMessageParam,
        CompletionUsage,
    )

Stopped: TypeAlias = Literal["answer", "content_filter", "function_call", "length", "refusal", "tool_calls"]


@publish()
@dataclass(frozen=True)
class ToolCallResult:
    """One call of a tool, and its result.

    Attributes:
        round: The round in which the model called, from 1.
        id: The call's id in the transcript.
        name: The tool's name, as the model called it.
        arguments: The JSON text of the arguments, as the model wrote it.
        content: The text that was sent to the model.
        value: What the tool returned; None if it did not return. It does not survive pickling.
        error: What went wrong: what the tool raised, a `ToolArgumentsError`, or a LookupError if there is no such tool;
            None if nothing did. It does not survive pickling.
        seconds: How long the tool took.
    """

    round: int
    id: str
    name: str
    arguments: str
    content: str
    value: Any = field(default=None, compare=False)
    error: Exception | None = field(default=None, compare=False)
    seconds: float = field(default=0.0, compare=False)

    def __getstate__(self) -> dict[str, Any]:
        # They come from the caller's code and may not pickle: a connection, an exception with required arguments.
        return {**vars(self), "value": None, "error": None}

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: Any) -> Self:
        return self


@publish()
@dataclass(frozen=True)
class ToolRun(Generic[ResponseFormatT]):
    """A run of model and tools, finished or so far.

    Attributes:
        messages: The transcript: the caller's messages, then the model's and the tools', ready to be sent again.
        completions: The completions, one for each round.
        tool_results: Each call that was made, with its result, in the order of the model's calls.
        stopped: Why the run ended: "answer"; "refusal"; "length" or "content_filter", if the answer was cut off;
            "tool_calls", if the caller must answer `pending`; "function_call", if the model made a legacy function
            call. None if an error ended it.
        pending: Calls without an answer: of custom tools, and of tools without a function.
    """

    messages: list[ChatCompletionMessageParam]
    completions: tuple[ChatCompletion, ...]
    tool_results: tuple[ToolCallResult, ...]
    stopped: Stopped | None
    pending: tuple[ChatCompletionMessageFunctionToolCall | ChatCompletionMessageCustomToolCall, ...] = ()

    @property
    def completion(self) -> ChatCompletion:
        """The last completion.

        Raises:
            ChatCompletionsError: There is none, because the run failed before the first.
        """
        if not self.completions:
            raise ChatCompletionsError("the model has not answered in this run")
        return self.completions[-1]

    @property
    def content(self) -> str | None:
        """The text of the last completion."""
        return self.completion.choices[0].message.content

    @property
    def parsed(self) -> ResponseFormatT | None:
        """The value of the last reply, if `response_format` is a type; None after a refusal."""
        return cast("ResponseFormatT | None", getattr(self.completion.choices[0].message, "parsed", None))

    @property
    def rounds(self) -> int:
        """The number of rounds that the model completed."""
        return len(self.completions)

    @property
    def usage(self) -> CompletionUsage | None:
        """The tokens of all rounds together; None if no round reported any; streams do with `stream_options`."""
        from chat_completions.models import CompletionUsage

        usages = [
            completion.usage.to_dict()
            for completion in self.completions
            if isinstance(completion.usage, CompletionUsage)
        ]
        return CompletionUsage.from_dict(_sum(usages)) if usages else None


def _sum(parts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the sums of numbers, including those inside objects; for other values, the last one."""
    total: dict[str, Any] = {}
    for part in parts:
        for name, value in part.items():
            so_far = total.get(name)
            if isinstance(value, Mapping):
                total[name] = _sum([so_far if isinstance(so_far, Mapping) else {}, value])
            elif _is_number(value) and _is_number(so_far):
                total[name] = so_far + value
            elif value is not None or name not in total:
                total[name] = value
    return total


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
