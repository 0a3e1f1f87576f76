"""The parameters that several APIs share, at the place where the official SDK has them."""

from __future__ import annotations

from typing import TypeAlias

from chat_completions import models
from chat_completions.models import ChatModel as ChatModel
from chat_completions.models import FunctionParameters as FunctionParameters
from chat_completions.models import Metadata as Metadata
from chat_completions.models import ReasoningEffort as ReasoningEffort
from chat_completions.types._modules import SHARED_PARAMS, add_modules

FunctionDefinition: TypeAlias = models.FunctionDefinitionParam
ResponseFormatJSONObject: TypeAlias = models.ResponseFormatJSONObjectParam
ResponseFormatJSONSchema: TypeAlias = models.ResponseFormatJSONSchemaParam
ResponseFormatText: TypeAlias = models.ResponseFormatTextParam

add_modules(__name__, SHARED_PARAMS)
