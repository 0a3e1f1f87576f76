"""Types that all rooms share: omitted options, values that must not be shown, and what callers may pass."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, Generic, Literal, NoReturn, TypeVar

if TYPE_CHECKING:
    from typing import TypeAlias

    import httpx
    import httpx2

    # Defaults of type variables are new in Python 3.13; type checkers know this one without the package.
    from typing_extensions import TypeVar as TypeVarWithDefault

    ApiKey: TypeAlias = str | Callable[[], str] | Callable[[], Awaitable[str]]
    AsyncHttpClient: TypeAlias = httpx.AsyncClient | httpx2.AsyncClient
    HttpClient: TypeAlias = httpx.Client | httpx2.Client
    Timeout: TypeAlias = float | httpx.Timeout | httpx2.Timeout | None

    # The requested type of a reply, as type checkers follow it through a call; None without one.
    ResponseFormatT = TypeVarWithDefault("ResponseFormatT", default=None)
else:
    ResponseFormatT = TypeVar("ResponseFormatT")

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


@publish()
class NotGiven:
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


def sealed(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of a call with headers and query, which may hold credentials, as secrets."""
    return {
        name: Secret(value)
        if name in ("extra_headers", "extra_query") and not isinstance(value, NotGiven | Secret)
        else value
        for name, value in arguments.items()
    }
