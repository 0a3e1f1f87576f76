"""`Client` and `AsyncClient`: settings and connections, and `chat.completions` on top of them."""

from __future__ import annotations

import copy
import functools
import inspect
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar

from chat_completions._client.completions import AsyncCompletions, Completions
from chat_completions._traceback_locals import forgetful
from chat_completions._transport.sender import AsyncSender, Sender
from chat_completions._transport.settings import (
    DEFAULT_CONNECT_TIMEOUT,
    DEFAULT_TIMEOUT,
    Settings,
)
from chat_completions._transport.transport import AsyncTransport, Transport, timeout_of
from chat_completions._types import NOT_GIVEN, NotGiven, publish

if TYPE_CHECKING:
    from typing import Unpack

    from chat_completions._client.arguments import ClientArguments
    from chat_completions._types import AsyncHttpClient, HttpClient, Timeout

F = TypeVar("F", bound=Callable[..., Any])


def showing(source: Callable[..., Any], **changes: Any) -> Callable[[F], F]:
    """Show the parameters of another function where a function has `**`, to `help()` and `inspect.signature`.

    Args:
        source: The other function.
        changes: What is changed in each of its parameters, such as `default`.
    """

    def show(function: F) -> F:
        own = inspect.signature(function)
        shown = [each for each in own.parameters.values() if each.kind is not each.VAR_KEYWORD]
        names = {"self", *own.parameters}
        more = [each for each in inspect.signature(source).parameters.values() if each.name not in names]
        shown[-1:-1] = [each.replace(**changes) for each in more]
        function.__signature__ = own.replace(parameters=shown)  # type: ignore[attr-defined]
        return function

    return show


_SETTINGS = frozenset(inspect.signature(Settings).parameters)


def _check_names(caller: str, settings: Mapping[str, Any]) -> None:
    for name in settings.keys() - _SETTINGS:
        raise TypeError(f"{caller}() got an unexpected keyword argument {name!r}")


class Chat:
    """What `client.chat` has."""

    def __init__(self, sender: Sender) -> None:
        self.completions = Completions(sender)


class AsyncChat:
    """What `client.chat` has."""

    def __init__(self, sender: AsyncSender) -> None:
        self.completions = AsyncCompletions(sender)


class _BaseClient:
    """What the two clients have in common: settings, connections, and copies that differ in settings."""

    _settings: Settings
    _settings_type: ClassVar[type[Settings]] = Settings
    _transport: Transport | AsyncTransport

    @property
    def base_url(self) -> str:
        """Where the API is, without a user or a password that may be in the address."""
        return self._settings.redacted_url()

    @property
    def max_retries(self) -> int:
        """How often a failed attempt is repeated."""
        return self._settings.max_retries

    @property
    def timeout(self) -> Timeout:
        """Seconds without a byte after which an attempt fails, or an `httpx.Timeout`; None for no limit."""
        if not isinstance(self._settings.timeout, NotGiven):
            return self._settings.timeout
        import httpx

        return httpx.Timeout(DEFAULT_TIMEOUT, connect=DEFAULT_CONNECT_TIMEOUT)

    @property
    def organization(self) -> str | None:
        """The organization to be billed."""
        return self._settings.organization

    @property
    def project(self) -> str | None:
        """The project to be billed."""
        return self._settings.project

    @property
    def beta(self) -> Self:
        """The client itself: what began as `beta.chat` in the ecosystem is in `chat`."""
        return self

    def is_closed(self) -> bool:
        """Return whether the connections are closed."""
        return self._transport.is_closed

    @showing(Settings.__init__, default=NOT_GIVEN)
    @forgetful
    def with_options(
        self, *, http_client: HttpClient | AsyncHttpClient | None = None, **settings: Unpack[ClientArguments]
    ) -> Self:
        """Return a client that differs in some settings and shares the connections: closing one closes both.

        It takes the arguments of the client; `default_headers` and `default_query` are added to the client's, and with
        an `http_client` the connections are its own. Without `on_unknown`, the two tell each kind once together. `copy`
        is the same method.
        """
        _check_names("with_options", settings)
        changed = self._like(self._settings.replace(**settings), self._transport)
        if http_client is not None:
            changed._settings.timeout = timeout_of(changed._settings.timeout, http_client)
            changed._transport = type(self._transport)(http_client)  # type: ignore[arg-type]
        return changed

    copy = with_options

    def __copy__(self) -> Self:
        """Return a client with the same settings, the key included; a caller's http client is shared, not copied."""
        return self._like(copy.copy(self._settings), self._transport.sibling())

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        copied = self.__copy__()
        own = {name: value for name, value in vars(copied).items() if name not in ("_settings", "_transport")}
        vars(copied).update(copy.deepcopy(own, memo))
        return copied

    def _settings_of(self, settings: ClientArguments, http_client: Any) -> Settings:
        _check_names(type(self).__name__, settings)
        settings["timeout"] = timeout_of(settings.get("timeout", NOT_GIVEN), http_client)
        return self._settings_type(**settings)

    def _like(self, settings: Settings, transport: Transport | AsyncTransport) -> Self:
        """Return a client with other settings and connections, and with what a subclass has added to this one."""
        other = object.__new__(type(self))
        vars(other).update({name: value for name, value in vars(self).items() if name not in ("chat", "_sender")})
        other._settings, other._transport = settings, transport
        return other

    def __reduce__(self) -> Any:
        if not self._transport.owned:
            raise TypeError(
                f"this {type(self).__name__} sends with an http client of yours, which cannot be pickled;"
                " make the client where it is needed"
            )
        return _unpickled, (type(self), self._settings.picklable())

    def __repr__(self) -> str:
        return f"{type(self).__name__}(base_url={self._settings.redacted_url()!r})"


@forgetful
def _unpickled(kind: type[Client] | type[AsyncClient], settings: Mapping[str, Any]) -> Client | AsyncClient:
    return kind(**settings)


class Client(_BaseClient):
    """A client of an OpenAI-style Chat Completions API. Threads may share it.

    Args:
        api_key: The key, or a function that gives it for each call; by default OPENAI_API_KEY. Only the default
            server demands one.
        base_url: Where the API is; by default OPENAI_BASE_URL, or else OpenAI.
        organization: The organization to be billed; by default OPENAI_ORG_ID.
        project: The project to be billed; by default OPENAI_PROJECT_ID.
        timeout: Seconds without a byte after which an attempt fails, or an `httpx.Timeout`; None for no limit. By
            default that of `http_client` if it has one of its own, or 600 seconds, and 5 to connect.
        max_retries: How often a failed attempt is repeated.
        deadline: Seconds for a whole call: all attempts, and the body of a stream; None for no limit.
        idle_timeout: Seconds without an event after which a stream counts as dead; None for no limit.
        max_response_bytes: The most bytes, decompressed, of a reply that is not streamed.
        default_headers: Headers for every request; None takes one of ours away.
        default_query: Query parameters for every request.
        validate: Whether to check requests against the specification before they are sent; needs the extra `validate`.
        on_unknown: A function, not an async one, to call with an `Unknown` for each enum value, field and variant that
            a server sends and the specification does not know, once a kind. What it raises is logged, not raised.
        http_client: An `httpx.Client` or `httpx2.Client` to send with; closing it stays with the caller, unless it is a
            `DefaultHttpxClient`, which is closed with the client.

    Raises:
        ChatCompletionsError: The base URL is none, or the default server is meant and there is no key for it.
        TypeError: `on_unknown` is no function, or an async one.
    """

    @showing(Settings.__init__)
    @forgetful
    def __init__(self, *, http_client: HttpClient | None = None, **settings: Unpack[ClientArguments]) -> None:
        self._settings = self._settings_of(settings, http_client)
        self._transport = Transport(http_client)

    @functools.cached_property
    def chat(self) -> Chat:
        """What the API does: `chat.completions` has the operations."""
        return Chat(self._sender)

    @functools.cached_property
    def _sender(self) -> Sender:
        return Sender(self._settings, self._transport)

    _transport: Transport

    def close(self) -> None:
        """Close the connections; those of a caller's http client are the caller's, if it is not made by ours."""
        self._transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


class AsyncClient(_BaseClient):
    """A client of an OpenAI-style Chat Completions API. Tasks of one event loop may share it.

    Args:
        api_key: As for `Client`; the function may be async.
        http_client: An `httpx.AsyncClient` or `httpx2.AsyncClient` to send with; closing it stays with the caller,
            unless it is a `DefaultAsyncHttpxClient`, which is closed with the client.

    The other arguments are those of `Client`.
    """

    @showing(Settings.__init__)
    @forgetful
    def __init__(self, *, http_client: AsyncHttpClient | None = None, **settings: Unpack[ClientArguments]) -> None:
        self._settings = self._settings_of(settings, http_client)
        self._transport = AsyncTransport(http_client)

    @functools.cached_property
    def chat(self) -> AsyncChat:
        """What the API does: `chat.completions` has the operations."""
        return AsyncChat(self._sender)

    @functools.cached_property
    def _sender(self) -> AsyncSender:
        return AsyncSender(self._settings, self._transport)

    _transport: AsyncTransport

    async def close(self) -> None:
        """Close the connections; those of a caller's http client are the caller's, if it is not made by ours."""
        await self._transport.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.close()


publish(Client, AsyncClient)
