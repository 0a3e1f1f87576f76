"""The classes of `client.chat`, at the place where the official SDK has them."""

from __future__ import annotations

from chat_completions._client.client import AsyncChat as AsyncChat
from chat_completions._client.client import Chat as Chat
from chat_completions._client.completions import AsyncCompletions as AsyncCompletions
from chat_completions._client.completions import Completions as Completions
