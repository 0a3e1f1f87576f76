"""The connections of a run: one client's settings, and as many pools as keep each of them small."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from chat_completions.bulk.errors import BulkError

if TYPE_CHECKING:
    from chat_completions import AsyncClient
    from chat_completions.bulk.options import Options

# httpx looks at every connection of a pool whenever a request begins or ends: with 64 in one, that is two thirds of all
# the time that a request takes here.
_A_POOL = 4


class Clients:
    """Holds the client for each of the requests that are in flight at once.

    Args:
        client: The client; it is closed at the end. A caller's http client is used unchanged.
        options: The maximum number of requests, and what sends them.
    """

    def __init__(self, client: AsyncClient, options: Options) -> None:
        self._client = client
        self._shares = client._transport.owned
        self._most = options.concurrency or options.max_concurrency
        self._aiohttp = options.transport == "aiohttp" or (self._shares and client.transport == "fast")
        self._pools: list[AsyncClient] = []
        if self._aiohttp and not self._shares:
            raise BulkError("transport='aiohttp' and your own http client cannot be combined; pass one of them")

    def for_place(self, place: int) -> AsyncClient:
        """Return the client for one of the places for requests, counted from 0."""
        if not self._shares:
            return self._client
        number = 0 if self._aiohttp else place // _A_POOL
        while len(self._pools) <= number:
            self._pools.append(self._new())
        return self._pools[number]

    def _new(self) -> AsyncClient:
        import httpx

        from chat_completions._transport.http_clients import DefaultAioHttpClient, DefaultAsyncHttpxClient

        if self._aiohttp:
            limits = httpx.Limits(max_connections=self._most, max_keepalive_connections=self._most)
            try:
                return self._client.with_options(transport="httpx", http_client=DefaultAioHttpClient(limits=limits))
            except ImportError as error:
                raise BulkError(str(error)) from None
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=_A_POOL)
        return self._client.with_options(transport="httpx", http_client=DefaultAsyncHttpxClient(limits=limits))

    async def close(self) -> None:
        """Close all connections."""
        for client in (*self._pools, self._client):
            with suppress(Exception):  # a connection that breaks while it is closed is closed
                await client.close()
