"""What a run is asked to do: the limits it keeps, and the job as an engine gets it."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

from chat_completions._types import Secret, publish
from chat_completions.bulk.progress import Progress

if TYPE_CHECKING:
    from chat_completions import AsyncClient

    ClientSettings: TypeAlias = Mapping[str, Any] | Callable[[], AsyncClient] | None

LONGEST_LINE = 64 * 2**20  # bytes


@publish("chat_completions.bulk")
@dataclass(frozen=True, kw_only=True)
class Options:
    """How a run goes about it. Seconds and requests are positive; None is no limit.

    Attributes:
        concurrency: How many requests are under way, always; None to find out how many are best.
        max_concurrency: The most there may be, where that is found out.
        requests_per_minute: How many requests may begin in a minute, evenly; each attempt counts.
        tokens_per_minute: How many tokens they may take; estimated before, corrected after.
        request_budget: How many requests of the input are asked in this run.
        token_budget: How many tokens are used in this run; those under way are counted by estimate.
        max_retries: How often a request is tried again after a failure, and four times as often after a refusal (429,
            502, 503, 529). An attempt that reached nobody does not count.
        deadline: Seconds for one request with all its attempts and waits; one that takes longer has failed.
        patience: Seconds without any answer but refusals after which the run stops.
        longest_wait: Seconds beyond which a server's wish to wait is a reason to stop.
        give_up_after: How many requests may fail, all in the same way and without one that is answered, until the run
            stops; 0 for any number.
        grace: Seconds that requests under way have to end when the run is stopped.
        sync_seconds: Seconds between two times that results are forced to the disk.
        longest_line: Bytes of an input line beyond which it is reported, not read.
        transport: What sends: httpx, or aiohttp (with the extra `aiohttp`).
    """

    concurrency: int | None = None
    max_concurrency: int = 256
    requests_per_minute: float | None = None
    tokens_per_minute: float | None = None
    request_budget: int | None = None
    token_budget: int | None = None
    max_retries: int = 5
    deadline: float | None = None
    patience: float = 300.0
    longest_wait: float = 600.0
    give_up_after: int = 100
    grace: float = 10.0
    sync_seconds: float = 5.0
    longest_line: int = LONGEST_LINE
    transport: Literal["httpx", "aiohttp"] = "httpx"

    def __post_init__(self) -> None:
        for option in fields(self):
            value = getattr(self, option.name)
            if option.name == "transport":
                if value not in ("httpx", "aiohttp"):
                    raise ValueError(f"transport is {value!r}; give 'httpx' or 'aiohttp'")
            elif value is None and option.default is None:
                continue
            elif isinstance(value, bool) or not isinstance(value, (int, float)):
                raise TypeError(f"{option.name} is {value!r}; give a number")
            elif not math.isfinite(value) or value < 0 or (value == 0 and option.name not in _MAY_BE_ZERO):
                raise ValueError(f"{option.name} is {value!r}; give a number above 0")
            elif option.name in _WHOLE and not isinstance(value, int):
                raise TypeError(f"{option.name} is {value!r}; give a whole number")

    @property
    def changed(self) -> dict[str, Any]:
        """Those that are not as they are by default."""
        values = {option.name: getattr(self, option.name) for option in fields(self)}
        return {option.name: values[option.name] for option in fields(self) if values[option.name] != option.default}

    @property
    def counts_tokens(self) -> bool:
        """Whether tokens must be estimated."""
        return self.tokens_per_minute is not None or self.token_budget is not None


_MAY_BE_ZERO = frozenset({"give_up_after", "grace", "max_retries", "request_budget", "token_budget"})
_WHOLE = frozenset(
    {"concurrency", "max_concurrency", "request_budget", "token_budget", "max_retries", "give_up_after", "longest_line"}
)


@publish("chat_completions.bulk")
@dataclass(frozen=True)
class Prompts:
    """How to make requests from an input whose lines are prompts.

    Attributes:
        body: The request without the prompt: `model`, other fields, and `messages` to send before the prompt.
        field: The field of a JSON object that contains the prompt, as text or messages; None if each line is the prompt
            itself. The object's `custom_id` or `id` names the request; otherwise the line's number does.
    """

    body: Mapping[str, Any]
    field: str | None = None


@publish("chat_completions.bulk")
@dataclass(frozen=True, kw_only=True)
class Job:
    """One run, as an engine gets it.

    Attributes:
        input: The name of the input.
        output: The name of the output.
        errors: The name of the error file.
        client_settings: The arguments of `AsyncClient`, or a function that makes one; hidden, for there is a key in it.
        options: The limits.
        storage_options: What fsspec's file systems take, hidden as well.
        accept_changes: Whether to go on though input or settings are others than when the run began.
        retry_failed: Whether to ask again what failed in earlier runs.
        handle_signals: Whether SIGINT and SIGTERM stop the run.
        prompts: How to make requests from lines that are prompts; None if they are requests.
    """

    input: str
    output: str
    errors: str
    client_settings: Secret[ClientSettings]
    options: Options = field(default_factory=Options)
    storage_options: Secret[Mapping[str, Any] | None] = field(default_factory=lambda: Secret(None))
    accept_changes: bool = False
    retry_failed: bool = False
    handle_signals: bool = False
    prompts: Prompts | None = None


def client_of(client_settings: ClientSettings) -> AsyncClient:
    """Return the client of a run.

    Raises:
        TypeError: What makes it makes something else.
    """
    from chat_completions import AsyncClient

    if client_settings is None or isinstance(client_settings, Mapping):
        settings: Mapping[str, Any] = client_settings or {}
        return AsyncClient(**settings)
    client = client_settings()
    if not isinstance(client, AsyncClient):
        raise TypeError(f"client_settings gave a {type(client).__name__}; it has to make an AsyncClient")
    return client


def settings_of(client: AsyncClient) -> dict[str, Any]:
    """Return what of a client's settings changes the answers, without secrets: names for headers and queries."""
    settings = client._settings
    return {
        "base_url": client.base_url,
        "organization": client.organization,
        "project": client.project,
        "headers": sorted(settings.default_headers.reveal()),
        "query": sorted(settings.default_query.reveal()),
    }


@publish("chat_completions.bulk")
class Ending(NamedTuple):
    """How a run ends.

    Attributes:
        complete: Whether everything in the input has ended.
        reason: Why it ends.
        interrupted: Whether a signal ended it.
    """

    complete: bool
    reason: str
    interrupted: bool = False


Engine: TypeAlias = Callable[[Job, Progress], Awaitable[Ending]]
