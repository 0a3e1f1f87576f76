"""The clients of Azure, at the place where the official SDK has them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from chat_completions import AsyncAzureClient as AsyncAzureClient
from chat_completions import AzureClient as AzureClient

AzureADTokenProvider: TypeAlias = Callable[[], str]
AsyncAzureADTokenProvider: TypeAlias = Callable[[], str | Awaitable[str]]
