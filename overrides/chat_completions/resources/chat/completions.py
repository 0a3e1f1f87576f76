"""The classes of `client.chat.completions`, at the place where the official SDK has them."""

from __future__ import annotations

from chat_completions._client.completions import AsyncCompletions as AsyncCompletions
from chat_completions._client.completions import Completions as Completions
from chat_completions._client.raw_response import AsyncCompletionsWithRawResponse as AsyncCompletionsWithRawResponse
from chat_completions._client.raw_response import CompletionsWithRawResponse as CompletionsWithRawResponse
from chat_completions._client.streaming_response import (
    AsyncCompletionsWithStreamingResponse as AsyncCompletionsWithStreamingResponse,
)
from chat_completions._client.streaming_response import (
    CompletionsWithStreamingResponse as CompletionsWithStreamingResponse,
)
