"""The errors of structured output; import them from `chat_completions.errors`, where the tree of all errors is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chat_completions.errors import ChatCompletionsError

if TYPE_CHECKING:
    from chat_completions.models import ChatCompletion


class StructuredOutputError(ChatCompletionsError):
    """The completion came, and has no value of the type that was asked for.

    Attributes:
        completion: The completion, with all that it does have.
    """

    def __init__(self, message: str, *, completion: ChatCompletion) -> None:
        super().__init__(message)
        self.completion = completion


class LengthFinishReasonError(StructuredOutputError):
    """A choice was cut off at the limit of tokens; raise `max_completion_tokens`, or ask for less."""


class ContentFilterFinishReasonError(StructuredOutputError):
    """A choice was cut off by the server's content filter."""


class OutputValidationError(StructuredOutputError):
    """A reply is no value of the type that was asked for.

    Attributes:
        error: What the type's library raised; the error's `__cause__` as well.
        where: JSON pointer to the reply in the completion, as `/choices/0/message/content`.
        pointer: JSON pointer to the fault in the reply's JSON, empty for all of it, and if the library does not tell.
    """

    def __init__(self, message: str, *, error: Exception, where: str, pointer: str, **details: Any) -> None:
        super().__init__(message, **details)
        self.error = error
        self.where = where
        self.pointer = pointer
