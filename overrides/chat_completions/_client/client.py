"""`Client` and `AsyncClient`: settings, connections, and `chat.completions`."""

from __future__ import annotations

import copy
import functools
import inspect
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, TypeVar

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
    from chat_completions._client.raw_response import AsyncCompletionsWithRawResponse, CompletionsWithRawResponse
    from chat_completions._client.streaming_response import (
        AsyncCompletionsWithStreamingResponse,
        CompletionsWithStreamingResponse,
    )
    from chat_completions._types import AsyncHttpClient, HttpClient, Timeout

F = TypeVar("F", bound=Callable[..., Any])
Operations = TypeVar("Operations")


def showing(source: Callable[..., Any], **changes: Any) -> Callable[[F], F]:
    """Show another function's parameters in place of a function's `**` to `help()` and `inspect.signature`.

    Args:
        source: The other function.
        changes: Changes to each of its parameters, such as `default`.
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


class ChatView(Generic[Operations]):
    """The resources of `client.chat`, whose operations return something else."""

    def __init__(self, completions: Operations) -> None:
        self.completions = completions


class Chat:
    """The resources of `client.chat`."""

    def __init__(self, sender: Sender) -> None:
        self.completions = Completions(sender)

    @property
    def with_raw_response(self) -> ChatView[CompletionsWithRawResponse]:
        """The same resources, whose operations return the HTTP response before it is decoded."""
        return ChatView(self.completions.with_raw_response)

    @property
    def with_streaming_response(self) -> ChatView[CompletionsWithStreamingResponse]:
        """The same resources, whose operations return the HTTP response before its body is read, in a `with`."""
        return ChatView(self.completions.with_streaming_response)


class AsyncChat:
    """The resources of `client.chat`."""

    def __init__(self, sender: AsyncSender) -> None:
        self.completions = AsyncCompletions(sender)

    @property
    def with_raw_response(self) -> ChatView[AsyncCompletionsWithRawResponse]:
        """The same resources; see `Chat.with_raw_response`."""
        return ChatView(self.completions.with_raw_response)

    @property
    def with_streaming_response(self) -> ChatView[AsyncCompletionsWithStreamingResponse]:
        """The same resources; see `Chat.with_streaming_response`."""
        return ChatView(self.completions.with_streaming_response)


class _BaseClient:
    """The base class of the two clients: settings, connections, and copies with other settings."""

    _settings: Settings
    _settings_type: ClassVar[type[Settings]] = Settings
    _transport: Transport | AsyncTransport

    @property
    def base_url(self) -> str:
        """The URL of the API, without a user name or password."""
        return self._settings.redacted_url()

    @property
    def max_retries(self) -> int:
        """How often a failed attempt is retried."""
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
        """The client itself: what the official SDK once had in `beta.chat` is in `chat`."""
        return self

    def is_closed(self) -> bool:
        """Return whether the connections are closed."""
        return self._transport.is_closed

    @showing(Settings.__init__, default=NOT_GIVEN)
    @forgetful
    def with_options(
        self, *, http_client: HttpClient | AsyncHttpClient | None = None, **settings: Unpack[ClientArguments]
    ) -> Self:
        """Return a client with other settings that shares the connections: closing one closes both.

        It takes the arguments of the client; `default_headers` and `default_query` are added to the client's, and with
        an `http_client` it has its own connections. Without `on_unknown`, each kind is reported once by either of the
        two clients. `copy` is the same method.
        """
        _check_names("with_options", settings)
        changed = self._like(self._settings.replace(**settings), self._transport)
        if http_client is not None:
            changed._settings.timeout = timeout_of(changed._settings.timeout, http_client)
            changed._transport = type(self._transport)(http_client)  # type: ignore[arg-type]
        return changed

    copy = with_options

    def __copy__(self) -> Self:
        """Return a client with the same settings, including the key; a caller's `http_client` is shared, not copied."""
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
        """Return a client with other settings and connections; it keeps what a subclass added to this one."""
        other = object.__new__(type(self))
        vars(other).update({name: value for name, value in vars(self).items() if name not in ("chat", "_sender")})
        other._settings, other._transport = settings, transport
        return other

    def __reduce__(self) -> Any:
        if not self._transport.owned:
            raise TypeError(
                f"this {type(self).__name__} uses your own http client, which cannot be pickled;"
                " create the client where it is needed"
            )
        return _unpickled, (type(self), self._settings.picklable())

    def __repr__(self) -> str:
        return f"{type(self).__name__}(base_url={self._settings.redacted_url()!r})"


@forgetful
def _unpickled(kind: type[Client] | type[AsyncClient], settings: Mapping[str, Any]) -> Client | AsyncClient:
    return kind(**settings)


@publish()
class Client(_BaseClient):
    """A client of an OpenAI-style Chat Completions API. Threads may share it.

    Args:
        api_key: The API key, or a function that returns it for each call; by default OPENAI_API_KEY. Only the
            default server requires one.
        base_url: The URL of the API; by default OPENAI_BASE_URL, or else OpenAI's.
        organization: The organization to be billed; by default OPENAI_ORG_ID.
        project: The project to be billed; by default OPENAI_PROJECT_ID.
        timeout: Seconds without a byte after which an attempt fails, or an `httpx.Timeout`; None for no limit. By
            default the timeout of `http_client` if one was set there, or else 600 seconds, and 5 to connect.
        max_retries: How often a failed attempt is retried.
        deadline: Seconds for a whole call: all attempts, and the body of a stream; None for no limit.
        idle_timeout: Seconds without an event after which a stream counts as dead; None for no limit.
        done_timeout: Seconds that a stream may still take for the usage and `[DONE]` once every choice has finished,
            from the last chunk on; then it ends as complete. None for no limit.
        max_response_bytes: The maximum size of a response that is not streamed, in bytes after decompression.
        default_headers: Headers for every request; None removes one of the client's.
        default_query: Query parameters for every request.
        validate: Whether to check requests against the specification before they are sent; needs the extra `validate`.
        on_unknown: A function (not async) that is called with an `Unknown` for each enum value, field and variant
            that a server sends and the specification does not define, once for each kind. Its exceptions are logged.
        unknown_nulls: Whether a field whose value is null counts; if not, it does once it has another value.
        http_client: An `httpx.Client` or `httpx2.Client` to send with. The caller closes it, unless it is a
            `DefaultHttpxClient`, which is closed with the client.

    Raises:
        ChatCompletionsError: The base URL is not valid, or there is no API key for the default server.
        TypeError: `on_unknown` is not a function, or is async.
    """

    @showing(Settings.__init__)
    @forgetful
    def __init__(self, *, http_client: HttpClient | None = None, **settings: Unpack[ClientArguments]) -> None:
        self._settings = self._settings_of(settings, http_client)
        self._transport = Transport(http_client)

    @functools.cached_property
    def chat(self) -> Chat:
        """The resource of the API: `chat.completions` has the operations."""
        return Chat(self._sender)

    @functools.cached_property
    def _sender(self) -> Sender:
        return Sender(self._settings, self._transport)

    _transport: Transport

    def close(self) -> None:
        """Close the connections, except those of an `http_client` that the caller closes; see the class."""
        self._transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


@publish()
class AsyncClient(_BaseClient):
    """A client of an OpenAI-style Chat Completions API. Tasks of one event loop may share it.

    Args:
        api_key: As for `Client`; the function may be async.
        http_client: An `httpx.AsyncClient` or `httpx2.AsyncClient` to send with. The caller closes it, unless it
            is a `DefaultAsyncHttpxClient`, which is closed with the client.

    The other arguments are those of `Client`.
    """

    @showing(Settings.__init__)
    @forgetful
    def __init__(self, *, http_client: AsyncHttpClient | None = None, **settings: Unpack[ClientArguments]) -> None:
        self._settings = self._settings_of(settings, http_client)
        self._transport = AsyncTransport(http_client)

    @functools.cached_property
    def chat(self) -> AsyncChat:
        """The resource of the API: `chat.completions` has the operations."""
        return AsyncChat(self._sender)

    @functools.cached_property
    def _sender(self) -> AsyncSender:
        return AsyncSender(self._settings, self._transport)

    _transport: AsyncTransport

    async def close(self) -> None:
        """Close the connections, except those of an `http_client` that the caller closes; see the class."""
        await self._transport.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.close()
