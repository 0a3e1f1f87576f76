from typing import Literal

PromptCacheRetention = Literal["24h", "in_memory"]

PROMPT_CACHE_RETENTION_VALUES: set[PromptCacheRetention] = {
    "24h",
    "in_memory",
}


def check_prompt_cache_retention(value: str) -> PromptCacheRetention:
    if value in PROMPT_CACHE_RETENTION_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {PROMPT_CACHE_RETENTION_VALUES!r}")
