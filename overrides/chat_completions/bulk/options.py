"""The options of a run: its limits, and the job for an engine."""

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
    """The limits of a run. Seconds and requests are positive; None means unlimited.

    Attributes:
        concurrency: The fixed number of requests in flight; None to find the best number.
        max_concurrency: The maximum, when finding the best number.
        requests_per_minute: How many requests may start per minute, evenly; each attempt counts.
        tokens_per_minute: How many tokens they may take; estimated before, corrected after.
        request_budget: How many requests this run may send.
        token_budget: How many tokens this run may use; those in flight are estimated.
        max_retries: How often a request is retried after a failure, and four times as often after a refusal (429, 502,
            503, 529). An attempt that did not reach the server does not count.
        deadline: Seconds for one request with all its attempts and waits; one that takes longer has failed.
        patience: Seconds with nothing but refusals after which the run stops.
        longest_wait: The run stops if the server asks to wait longer than this, in seconds.
        give_up_after: The run stops if this many requests fail in the same way before any is answered; 0 for no limit.
        grace: Seconds for requests in flight to finish when the run is stopped.
        sync_seconds: Seconds between syncs of the results to disk.
        longest_line: The largest input line in bytes; longer ones are reported, not read.
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
                    raise ValueError(f"transport is {value!r}; pass 'httpx' or 'aiohttp'")
            elif value is None and option.default is None:
                continue
            elif isinstance(value, bool) or not isinstance(value, (int, float)):
                raise TypeError(f"{option.name} is {value!r}; pass a number")
            elif not math.isfinite(value) or value < 0 or (value == 0 and option.name not in _MAY_BE_ZERO):
                raise ValueError(f"{option.name} is {value!r}; pass a number above 0")
            elif option.name in _WHOLE and not isinstance(value, int):
                raise TypeError(f"{option.name} is {value!r}; pass a whole number")

    @property
    def changed(self) -> dict[str, Any]:
        """The options that differ from their defaults."""
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
    """How to create requests from an input whose lines are prompts.

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
    """One run, for an engine.

    Attributes:
        input: The name of the input.
        output: The name of the output.
        errors: The name of the error file.
        client_settings: The arguments of `AsyncClient`, or a function that returns one; hidden, as it contains a key.
        options: The limits.
        storage_options: Options for fsspec's file systems, also hidden.
        accept_changes: Whether to continue even if the input or settings changed.
        retry_failed: Whether to resend requests that failed in earlier runs.
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
        TypeError: The function returns something else.
    """
    from chat_completions import AsyncClient

    if client_settings is None or isinstance(client_settings, Mapping):
        settings: Mapping[str, Any] = client_settings or {}
        return AsyncClient(**settings)
    client = client_settings()
    if not isinstance(client, AsyncClient):
        raise TypeError(f"client_settings must return an AsyncClient, not {type(client).__name__}")
    return client


def settings_of(client: AsyncClient) -> dict[str, Any]:
    """Return the client settings that affect the answers, without secrets: only names for headers and queries."""
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
        complete: Whether every request in the input is done.
        reason: Why it ends.
        interrupted: Whether a signal ended it.
    """

    complete: bool
    reason: str
    interrupted: bool = False


Engine: TypeAlias = Callable[[Job, Progress], Awaitable[Ending]]
