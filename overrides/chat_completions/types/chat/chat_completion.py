"""The types of a completion, at the place where the official SDK has them."""

from __future__ import annotations

from typing import TypeAlias

from chat_completions import models
from chat_completions.models import ChatCompletion as ChatCompletion
from chat_completions.models import ChatCompletionMessage as ChatCompletionMessage
from chat_completions.models import ChatCompletionTokenLogprob as ChatCompletionTokenLogprob
from chat_completions.models import Choice as Choice
from chat_completions.models import ChoiceLogprobs as ChoiceLogprobs
from chat_completions.models import CompletionUsage as CompletionUsage

Moderation: TypeAlias = models.ChatCompletionModeration
ModerationInputError: TypeAlias = models.ChatCompletionModerationError
ModerationInputModerationResults: TypeAlias = models.ChatCompletionModerationResults
ModerationInputModerationResultsResult: TypeAlias = models.ModerationResultBody
ModerationOutputError: TypeAlias = models.ChatCompletionModerationError
ModerationOutputModerationResults: TypeAlias = models.ChatCompletionModerationResults
ModerationOutputModerationResultsResult: TypeAlias = models.ModerationResultBody
ModerationInput: TypeAlias = ModerationInputModerationResults | ModerationInputError
ModerationOutput: TypeAlias = ModerationOutputModerationResults | ModerationOutputError
