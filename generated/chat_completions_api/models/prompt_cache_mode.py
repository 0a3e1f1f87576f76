from typing import Literal

PromptCacheMode = Literal["explicit", "implicit"]

PROMPT_CACHE_MODE_VALUES: set[PromptCacheMode] = {
    "explicit",
    "implicit",
}


def check_prompt_cache_mode(value: str) -> PromptCacheMode:
    if value in PROMPT_CACHE_MODE_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {PROMPT_CACHE_MODE_VALUES!r}")
