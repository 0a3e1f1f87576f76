"""The usage of tokens, at the place where the official SDK has it."""

from __future__ import annotations

from chat_completions.models import CompletionTokensDetails as CompletionTokensDetails
from chat_completions.models import CompletionUsage as CompletionUsage
from chat_completions.models import PromptTokensDetails as PromptTokensDetails
