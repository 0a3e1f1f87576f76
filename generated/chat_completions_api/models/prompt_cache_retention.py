# Written by `make generate`; do not edit.
from typing import Literal

PromptCacheRetention = Literal["24h", "in_memory"]
"""Deprecated, use prompt_cache_options; how long cached prompt prefixes are kept."""
