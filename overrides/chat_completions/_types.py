"""Types that all rooms share: omitted options, values that must not be shown, and what callers may pass."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from types import NoneType
from typing import TYPE_CHECKING, Any, Generic, Literal, NoReturn, TypeVar

if TYPE_CHECKING:
    from typing import Protocol, TypeAlias

    import httpx

    # Defaults of type variables are new in Python 3.13; type checkers know this one without the package.
    from typing_extensions import TypeVar as TypeVarWithDefault

    # What the classes of httpx2 have in common with those of httpx. Where httpx2 is not installed, its names would mean
    # Any to type checkers, which would then accept anything.
    class _Sends(Protocol):
        @property
        def is_closed(self) -> bool: ...
        def build_request(self, *args: Any, **kwargs: Any) -> Any: ...
        def send(self, *args: Any, **kwargs: Any) -> Any: ...

    class _Closes(_Sends, Protocol):
        def close(self) -> None: ...

    class _ClosesLater(_Sends, Protocol):
        async def aclose(self) -> None: ...

    class _Limits(Protocol):
        def as_dict(self) -> dict[str, float | None]: ...

    class _Address(Protocol):
        @property
        def host(self) -> str: ...
        @property
        def raw_path(self) -> bytes: ...

    ApiKey: TypeAlias = str | Callable[[], str] | Callable[[], Awaitable[str]]
    AsyncHttpClient: TypeAlias = httpx.AsyncClient | _ClosesLater
    BaseUrl: TypeAlias = str | httpx.URL | _Address
    HttpClient: TypeAlias = httpx.Client | _Closes
    TransportName: TypeAlias = Literal["httpx", "fast"]
    Timeout: TypeAlias = float | httpx.Timeout | _Limits | None

    # The requested type of a reply, as type checkers follow it through a call; None without one.
    ResponseFormatT = TypeVarWithDefault("ResponseFormatT", default=None)
else:
    ResponseFormatT = TypeVar("ResponseFormatT")

TRANSPORT_VARIABLE = "CHAT_COMPLETIONS_TRANSPORT"

T = TypeVar("T")
Kind = TypeVar("Kind", bound=type)


def publish(module: str = "chat_completions") -> Callable[[Kind], Kind]:
    """Decorate a class that names the module people import it from, in its repr, in tracebacks and in pickles."""

    def decorate(kind: Kind) -> Kind:
        kind.__module__ = module
        return kind

    return decorate


class Secret(Generic[T]):
    """A value that is hidden from repr, `vars` and pickles."""

    __slots__ = ("reveal",)

    def __init__(self, value: T) -> None:
        self.reveal: Callable[[], T] = lambda: value

    def __repr__(self) -> str:
        return "<hidden>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret cannot be pickled")


def revealed(value: Any) -> Any:
    """Return a value, unwrapped if it is a `Secret`."""
    return value.reveal() if isinstance(value, Secret) else value


class _Omitted(type):
    """The type of `NotGiven`; the official SDK's `NOT_GIVEN` and `omit` count as instances."""

    def __instancecheck__(cls, value: object) -> bool:
        kind = type(value)
        # That SDK is not imported, so names decide.
        return kind is cls or (kind.__name__ in ("NotGiven", "Omit") and kind.__module__ in ("openai", "openai._types"))


@publish()
class NotGiven(metaclass=_Omitted):
    """The type of NOT_GIVEN, which stands for an omitted option where None has a meaning."""

    def __bool__(self) -> Literal[False]:
        return False

    def __reduce__(self) -> str:
        return "NOT_GIVEN"

    def __repr__(self) -> str:
        return "NOT_GIVEN"


NOT_GIVEN = NotGiven()


# Names that other libraries use for the same.
Omit = NotGiven


not_given = omit = NOT_GIVEN


# Spares most values the question of `_Omitted`, which is asked in Python.
_ORDINARY = frozenset({NoneType, bool, dict, float, int, list, str, tuple})


def without_omitted(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments that are given."""
    return {
        name: value for name, value in arguments.items() if type(value) in _ORDINARY or not isinstance(value, NotGiven)
    }


def sealed(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of a call with headers and query, which may hold credentials, as secrets."""
    return {
        name: Secret(value)
        if name in ("extra_headers", "extra_query") and not isinstance(value, NotGiven | Secret)
        else value
        for name, value in arguments.items()
    }
