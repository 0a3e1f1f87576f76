"""The types of a request, at the place where the official SDK has them."""

from __future__ import annotations

from typing import TypeAlias

from chat_completions import models
from chat_completions.models import ChatCompletionFunctionCallOptionParam as ChatCompletionFunctionCallOptionParam
from chat_completions.models import ChatCompletionMessageParam as ChatCompletionMessageParam
from chat_completions.models import ChatCompletionToolUnionParam as ChatCompletionToolUnionParam
from chat_completions.models import CompletionCreateParams as CompletionCreateParams
from chat_completions.models import CompletionCreateParamsBase as CompletionCreateParamsBase
from chat_completions.models import CompletionCreateParamsNonStreaming as CompletionCreateParamsNonStreaming
from chat_completions.models import CompletionCreateParamsStreaming as CompletionCreateParamsStreaming

Function: TypeAlias = models.ChatCompletionFunctionsParam
Moderation: TypeAlias = models.ModerationParam
ModerationPolicy: TypeAlias = models.ModerationPolicyParam
ModerationPolicyInput: TypeAlias = models.ModerationConfigParam
ModerationPolicyOutput: TypeAlias = models.ModerationConfigParam
PromptCacheOptions: TypeAlias = models.PromptCacheOptionsParam
ResponseFormat: TypeAlias = models.ResponseFormatParam
WebSearchOptions: TypeAlias = models.WebSearchOptionsParam
WebSearchOptionsUserLocation: TypeAlias = models.WebSearchOptionsUserLocationParam
WebSearchOptionsUserLocationApproximate: TypeAlias = models.WebSearchLocationParam
FunctionCall: TypeAlias = models.CreateChatCompletionRequestFunctionCall | ChatCompletionFunctionCallOptionParam
