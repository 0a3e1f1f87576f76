# Written by `make generate`; do not edit.
from typing import Literal

# Source: #/components/schemas/CreateChatCompletionRequest/properties/prompt_cache_retention/anyOf/0
# Source: #/components/schemas/CreateModelResponseProperties/properties/prompt_cache_retention/anyOf/0
# Source: #/components/schemas/ModelResponseProperties/properties/prompt_cache_retention/anyOf/0
PromptCacheRetention = Literal["24h", "in_memory"]
"""Deprecated, use prompt_cache_options; how long cached prompt prefixes are kept."""
