"""The settings with which the endpoint functions reach a server."""

from __future__ import annotations

import ssl
from typing import Any, NoReturn, Self

import httpx
from attrs import define, evolve, field


@define(repr=False, eq=False)
class Client:
    """Where the API is, and how requests to it are sent.

    Args:
        base_url: The base URL of the API; all requests go to a path below it.
        cookies: Cookies to be sent with every request.
        headers: Headers to be sent with every request.
        timeout: The time-outs of a request, in seconds; None for httpx's own.
        verify_ssl: Whether to verify the server's certificate, or what to verify it with.
        follow_redirects: Whether to follow redirects.
        httpx_args: Further arguments for `httpx.Client` and `httpx.AsyncClient`.
        raise_on_unexpected_status: Whether to raise errors.UnexpectedStatus for a status that the specification does
            not document; without it, the `*_detailed` functions give such a response with `parsed=None`.
    """

    raise_on_unexpected_status: bool = field(default=True, kw_only=True)
    _base_url: str = field(alias="base_url")
    _cookies: dict[str, str] = field(factory=dict, kw_only=True, alias="cookies")
    _headers: dict[str, str] = field(factory=dict, kw_only=True, alias="headers")
    _timeout: httpx.Timeout | None = field(default=None, kw_only=True, alias="timeout")
    _verify_ssl: str | bool | ssl.SSLContext = field(default=True, kw_only=True, alias="verify_ssl")
    _follow_redirects: bool = field(default=False, kw_only=True, alias="follow_redirects")
    _httpx_args: dict[str, Any] = field(factory=dict, kw_only=True, alias="httpx_args")
    _client: httpx.Client | None = field(default=None, init=False)
    _async_client: httpx.AsyncClient | None = field(default=None, init=False)

    def with_headers(self, headers: dict[str, str]) -> Self:
        """Get a new client like this one with additional headers."""
        return evolve(self, headers={**self._headers, **headers})

    def with_cookies(self, cookies: dict[str, str]) -> Self:
        """Get a new client like this one with additional cookies."""
        return evolve(self, cookies={**self._cookies, **cookies})

    def with_timeout(self, timeout: httpx.Timeout) -> Self:
        """Get a new client like this one with other time-outs."""
        return evolve(self, timeout=timeout)

    def set_httpx_client(self, client: httpx.Client) -> Self:
        """Use an `httpx.Client` of your own; its settings count instead of this client's."""
        self._client = client
        return self

    def set_async_httpx_client(self, async_client: httpx.AsyncClient) -> Self:
        """Use an `httpx.AsyncClient` of your own; its settings count instead of this client's."""
        self._async_client = async_client
        return self

    def get_httpx_client(self) -> httpx.Client:
        """Get the underlying `httpx.Client`, made at the first call."""
        if self._client is None:
            self._client = httpx.Client(**self._httpx_settings())
        return self._client

    def get_async_httpx_client(self) -> httpx.AsyncClient:
        """Get the underlying `httpx.AsyncClient`, made at the first call."""
        if self._async_client is None:
            self._async_client = httpx.AsyncClient(**self._httpx_settings())
        return self._async_client

    def _httpx_settings(self) -> dict[str, Any]:
        timeout = {} if self._timeout is None else {"timeout": self._timeout}
        return {
            "base_url": self._base_url,
            "cookies": self._cookies,
            "headers": {**self._headers, **self._authorization()},
            "verify": self._verify_ssl,
            "follow_redirects": self._follow_redirects,
            **timeout,
            **self._httpx_args,
        }

    def _authorization(self) -> dict[str, str]:
        return {}

    def __enter__(self) -> Self:
        self.get_httpx_client().__enter__()
        return self

    def __exit__(self, *args: Any) -> None:
        self.get_httpx_client().__exit__(*args)

    async def __aenter__(self) -> Self:
        await self.get_async_httpx_client().__aenter__()
        return self

    async def __aexit__(self, *args: Any) -> None:
        await self.get_async_httpx_client().__aexit__(*args)

    # Headers, cookies and the token are secrets: they show in no repr, and in no pickle.
    def __repr__(self) -> str:
        return f"{type(self).__name__}(base_url={str(httpx.URL(self._base_url).copy_with(userinfo=b''))!r})"

    def __reduce__(self) -> NoReturn:
        raise TypeError(f"a {type(self).__name__} holds connections and secrets; make one where you need it")


@define(repr=False, eq=False)
class AuthenticatedClient(Client):
    """A client that sends a token with every request.

    Args:
        token: The token.
        prefix: What stands before the token in the header; empty for the token alone.
        auth_header_name: The header that carries it.
    """

    token: str
    prefix: str = "Bearer"
    auth_header_name: str = "Authorization"

    def _authorization(self) -> dict[str, str]:
        return {self.auth_header_name: f"{self.prefix} {self.token}" if self.prefix else self.token}
