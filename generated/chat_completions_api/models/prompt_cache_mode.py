# Written by `make generate`; do not edit.
from typing import Literal

# Source: #/components/schemas/PromptCacheModeEnum
PromptCacheMode = Literal["explicit", "implicit"]
"""Cache mode; implicit places breakpoints for you, explicit relies on prompt_cache_breakpoint marks."""
