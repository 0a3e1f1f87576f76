"""`Client` and `AsyncClient`: settings, connections, and `chat.completions`."""

from __future__ import annotations

import copy
import functools
import inspect
import os
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Generic, NoReturn, Self, TypeVar, cast

from chat_completions._client.completions import AsyncCompletions, Completions
from chat_completions._traceback_locals import forgetful
from chat_completions._transport.sender import AsyncSender, Sender
from chat_completions._transport.settings import Settings
from chat_completions._transport.transport import AsyncTransport, Transport, timeout_of
from chat_completions._types import NOT_GIVEN, NotGiven, publish, without_omitted

if TYPE_CHECKING:
    from typing import Unpack

    from chat_completions._client.argument_types import ClientArguments
    from chat_completions._client.raw_response import AsyncCompletionsWithRawResponse, CompletionsWithRawResponse
    from chat_completions._client.streaming_response import (
        AsyncCompletionsWithStreamingResponse,
        CompletionsWithStreamingResponse,
    )
    from chat_completions._contract.unknown_values import OnUnknown
    from chat_completions._types import ApiKey, AsyncHttpClient, BaseUrl, HttpClient, Timeout, TransportName

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


SETTINGS = frozenset(inspect.signature(Settings).parameters)

_locks: dict[int, threading.RLock] = {}  # by process: a fork may copy a lock that is held

if TYPE_CHECKING:
    Read = TypeVar("Read", covariant=True)
    Given = TypeVar("Given", contravariant=True)

    class Setting(Generic[Read, Given]):
        """A setting of a client, as type checkers see it: what reading it returns, and what may be assigned."""

        def __init__(self, doc: str) -> None: ...
        def __get__(self, client: object, owner: Any = None) -> Read: ...
        def __set__(self, client: object, value: Given) -> None: ...

else:

    class Setting(property):
        """A setting of a client, which can be assigned, and read unless it may hold a secret."""

        def __init__(self, doc):
            super().__init__(self._read, self._write)
            self.__doc__ = doc

        def __set_name__(self, owner, name):
            self._name = name

        def _read(self, client):
            return client._settings.readable(self._name)

        def _write(self, client, value):
            client._assign(self._name, value)


class ChatView(Generic[Operations]):
    """The resources of `client.chat`, whose operations return something else."""

    def __init__(self, completions: Operations) -> None:
        self.completions = completions


class Chat:
    """The resources of `client.chat`."""

    def __init__(self, sender: Sender) -> None:
        self.completions = Completions(sender)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.completions!r})"

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

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.completions!r})"

    @property
    def with_raw_response(self) -> ChatView[AsyncCompletionsWithRawResponse]:
        """The same resources; see `Chat.with_raw_response`."""
        return ChatView(self.completions.with_raw_response)

    @property
    def with_streaming_response(self) -> ChatView[AsyncCompletionsWithStreamingResponse]:
        """The same resources; see `Chat.with_streaming_response`."""
        return ChatView(self.completions.with_streaming_response)


class BaseClient:
    """The base class of the two clients: settings, connections, and copies with other settings."""

    _settings_type: ClassVar[type[Settings]] = Settings
    _setting_names: ClassVar[frozenset[str]] = SETTINGS
    _sender: Sender | AsyncSender

    @property
    def _settings(self) -> Settings:
        return self._sender.settings

    @property
    def _transport(self) -> Transport | AsyncTransport:
        return self._sender.transport

    api_key: Setting[NoReturn, ApiKey | NotGiven | None] = Setting("The key, which can be assigned, but not read.")
    base_url: Setting[str, BaseUrl | NotGiven | None] = Setting("The URL of the API, without a user name or password.")
    organization: Setting[str | None, str | NotGiven | None] = Setting("The organization to be billed.")
    project: Setting[str | None, str | NotGiven | None] = Setting("The project to be billed.")
    timeout: Setting[Timeout, Timeout | NotGiven] = Setting(
        "Seconds without a byte after which an attempt fails, or an `httpx.Timeout`; None for no limit."
    )
    max_retries: Setting[int, int | NotGiven] = Setting("How often a failed attempt is retried.")
    deadline: Setting[float | None, float | NotGiven | None] = Setting("Seconds for a whole call; None for no limit.")
    idle_timeout: Setting[float | None, float | NotGiven | None] = Setting(
        "Seconds without an event after which a stream counts as dead; None for no limit."
    )
    done_timeout: Setting[float | None, float | NotGiven | None] = Setting(
        "Seconds that a stream may still take once every choice has finished; None for no limit."
    )
    max_response_bytes: Setting[int, int | NotGiven] = Setting("The maximum size of a response that is not streamed.")
    default_headers: Setting[NoReturn, Mapping[str, str | None] | NotGiven | None] = Setting(
        "The headers for every request, which can be assigned, but not read."
    )
    default_query: Setting[NoReturn, Mapping[str, Any] | NotGiven | None] = Setting(
        "The query parameters for every request, which can be assigned, but not read."
    )
    validate: Setting[bool, bool | NotGiven] = Setting("Whether to check requests before they are sent.")
    on_unknown: Setting[OnUnknown | None, OnUnknown | NotGiven | None] = Setting(
        "The function that is called with what the specification does not define."
    )
    unknown_nulls: Setting[bool, bool | NotGiven] = Setting("Whether a field whose value is null counts as unknown.")
    transport: Setting[TransportName, TransportName | NotGiven | None] = Setting(
        "What sends, without an `http_client`: `httpx` or `fast`."
    )

    @property
    def beta(self) -> Self:
        """The client itself, because older code calls `client.beta.chat`."""
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
        an `http_client` or another `transport` it has its own connections. Without `on_unknown`, each kind is reported
        once by either of the two clients. `copy` is the same method.
        """
        self._check_names("with_options", settings)
        changed = self._settings.replace(**settings)
        if http_client is None or isinstance(http_client, NotGiven):
            return self._like(changed, self._transport.named(changed.transport))
        changed.timeout = timeout_of(changed.timeout, http_client)
        return self._like(changed, type(self._transport)(http_client, changed.transport))  # type: ignore[arg-type]

    copy = with_options

    def __copy__(self) -> Self:
        """Return a client with the same settings, including the key; a caller's `http_client` is shared, not copied."""
        return self._like(copy.copy(self._settings), self._transport.sibling())

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        copied = self.__copy__()
        own = {name: value for name, value in vars(copied).items() if name not in ("_sender", "chat")}
        vars(copied).update(copy.deepcopy(own, memo))
        return copied

    def _settings_of(self, settings: Mapping[str, Any], http_client: Any) -> Settings:
        self._check_names(type(self).__name__, settings)
        timeout = timeout_of(settings.get("timeout", NOT_GIVEN), http_client)
        return self._settings_type(**without_omitted({**settings, "timeout": timeout}))

    def _check_names(self, caller: str, settings: Mapping[str, Any]) -> None:
        for name in settings.keys() - self._setting_names:
            raise TypeError(f"{caller}() got an unexpected keyword argument {name!r}")

    def _like(self, settings: Settings, transport: Transport | AsyncTransport) -> Self:
        """Return a client with other settings and connections; it keeps what a subclass added to this one."""
        other = object.__new__(type(self))
        vars(other).update({name: value for name, value in vars(self).items() if name not in ("chat", "_sender")})
        other._sender = type(self._sender)(settings, transport)  # type: ignore[arg-type]
        return other

    def _assign(self, name: str, value: Any) -> None:
        """Replace one setting for all calls that begin from now on; other threads may be in calls."""
        with _locks.setdefault(os.getpid(), threading.RLock()):
            settings = self._settings.assigned(name, value)
            # Calls that are under way keep their connections; those that nothing uses any more are closed.
            self._sender.transport = cast(Any, self._transport.named(settings.transport))
            self._sender.settings = settings

    if not TYPE_CHECKING:  # they would accept every name

        @forgetful
        def __setattr__(self, name: str, value: Any) -> None:
            if not name.startswith("_") and not hasattr(type(self), name):
                _check_attribute(type(self), name)
            super().__setattr__(name, value)

    def __reduce__(self) -> Any:
        if not self._transport.owned:
            raise TypeError(
                f"this {type(self).__name__} uses your own http client, which cannot be pickled;"
                " create the client where it is needed"
            )
        return _unpickled, (type(self), self._settings.picklable())

    def __repr__(self) -> str:
        closed = ", closed" if self.is_closed() else ""
        return f"{type(self).__name__}(base_url={self._settings.redacted_url()!r}{closed})"


def _check_attribute(kind: type[BaseClient], name: str) -> None:
    """Check that a name which the class does not have can be an attribute of a client.

    Raises:
        AttributeError: It cannot, because nothing would read it. Subclasses may use names unlike a setting's.
    """
    import difflib

    settings = sorted(kind._setting_names)
    near = difflib.get_close_matches(name.lower(), settings, n=1, cutoff=0.8)
    if name == "http_client":
        hint = "; for another http client, call with_options(http_client=...)"
    elif near:
        hint = f"; did you mean {near[0]!r}?"
    else:
        hint = f"; the settings are {', '.join(settings)}"
    if kind.__module__ != "chat_completions":
        if not near:
            return
        hint += f". To add an attribute to a subclass, define {name} in the class"
    raise AttributeError(f"{name!r} is not a setting of {kind.__name__}{hint}", name=name)


@forgetful
def _unpickled(kind: type[Client] | type[AsyncClient], settings: Mapping[str, Any]) -> Client | AsyncClient:
    return kind(**settings)


@publish()
class Client(BaseClient):
    """A client of an OpenAI-style Chat Completions API. Threads may share it.

    Args:
        api_key: The API key, or a function that returns it for each attempt; by default OPENAI_API_KEY. Only the
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
        transport: What sends, without an `http_client`: `"httpx"`, or `"fast"`, which is faster per chunk; by default
            CHAT_COMPLETIONS_TRANSPORT, or else httpx. An `AsyncClient` needs the extra `fast` for it.
        http_client: An `httpx.Client` or `httpx2.Client` to send with. The caller closes it, unless it is a
            `DefaultHttpxClient`, which is closed with the client.

    Raises:
        ChatCompletionsError: The base URL is invalid, or no API key was given for the default server.
        TypeError: `on_unknown` is not a function, or is async.
    """

    @showing(Settings.__init__)
    @forgetful
    def __init__(self, *, http_client: HttpClient | None = None, **settings: Unpack[ClientArguments]) -> None:
        client = None if isinstance(http_client, NotGiven) else http_client
        own = self._settings_of(settings, client)
        self._sender = Sender(own, Transport(client, own.transport))

    @functools.cached_property
    def chat(self) -> Chat:
        """The resource of the API: `chat.completions` has the operations."""
        return Chat(self._sender)

    _sender: Sender

    def close(self) -> None:
        """Close the connections, except those of an `http_client` that the caller closes; see the class."""
        self._sender.transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


@publish()
class AsyncClient(BaseClient):
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
        client = None if isinstance(http_client, NotGiven) else http_client
        own = self._settings_of(settings, client)
        self._sender = AsyncSender(own, AsyncTransport(client, own.transport))

    @functools.cached_property
    def chat(self) -> AsyncChat:
        """The resource of the API: `chat.completions` has the operations."""
        return AsyncChat(self._sender)

    _sender: AsyncSender

    async def close(self) -> None:
        """Close the connections, except those of an `http_client` that the caller closes; see the class."""
        await self._sender.transport.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.close()
