"""The types that several APIs share, at the place where the official SDK has them."""

from __future__ import annotations

from chat_completions.models import ChatModel as ChatModel
from chat_completions.models import ErrorObject as ErrorObject
from chat_completions.models import FunctionDefinition as FunctionDefinition
from chat_completions.models import FunctionParameters as FunctionParameters
from chat_completions.models import Metadata as Metadata
from chat_completions.models import ReasoningEffort as ReasoningEffort
from chat_completions.models import ResponseFormatJSONObject as ResponseFormatJSONObject
from chat_completions.models import ResponseFormatJSONSchema as ResponseFormatJSONSchema
from chat_completions.models import ResponseFormatText as ResponseFormatText
from chat_completions.types._modules import SHARED, add_modules

add_modules(__name__, SHARED)
