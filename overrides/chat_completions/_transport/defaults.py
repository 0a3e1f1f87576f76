"""The defaults of a client under the official SDK's names."""

from __future__ import annotations

import httpx

from chat_completions._transport import settings, transport
from chat_completions._transport.settings import DEFAULT_MAX_RETRIES as DEFAULT_MAX_RETRIES

DEFAULT_TIMEOUT = httpx.Timeout(settings.DEFAULT_TIMEOUT, connect=settings.DEFAULT_CONNECT_TIMEOUT)
DEFAULT_CONNECTION_LIMITS = httpx.Limits(
    max_connections=transport.MAX_CONNECTIONS, max_keepalive_connections=transport.MAX_IDLE_CONNECTIONS
)
