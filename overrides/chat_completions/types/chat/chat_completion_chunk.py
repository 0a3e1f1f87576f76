"""The types of a chunk, at the place where the official SDK has them."""

from __future__ import annotations

from typing import TypeAlias

from chat_completions import models
from chat_completions.models import ChatCompletionChunk as ChatCompletionChunk
from chat_completions.models import ChatCompletionTokenLogprob as ChatCompletionTokenLogprob
from chat_completions.models import ChoiceDelta as ChoiceDelta
from chat_completions.models import ChoiceDeltaFunctionCall as ChoiceDeltaFunctionCall
from chat_completions.models import ChoiceDeltaToolCall as ChoiceDeltaToolCall
from chat_completions.models import ChoiceDeltaToolCallFunction as ChoiceDeltaToolCallFunction
from chat_completions.models import ChoiceLogprobs as ChoiceLogprobs
from chat_completions.models import CompletionUsage as CompletionUsage

Choice: TypeAlias = models.ChunkChoice
Moderation: TypeAlias = models.ChatCompletionModeration
ModerationInputError: TypeAlias = models.ChatCompletionModerationError
ModerationInputModerationResults: TypeAlias = models.ChatCompletionModerationResults
ModerationInputModerationResultsResult: TypeAlias = models.ModerationResultBody
ModerationOutputError: TypeAlias = models.ChatCompletionModerationError
ModerationOutputModerationResults: TypeAlias = models.ChatCompletionModerationResults
ModerationOutputModerationResultsResult: TypeAlias = models.ModerationResultBody
ModerationInput: TypeAlias = ModerationInputModerationResults | ModerationInputError
ModerationOutput: TypeAlias = ModerationOutputModerationResults | ModerationOutputError
