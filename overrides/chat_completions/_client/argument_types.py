"""The keyword arguments of clients and calls, for type checkers and signatures: the request's fields, and options."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Generic, Required, TypedDict

from chat_completions._types import ResponseFormatT
from chat_completions.models import CompletionCreateParamsBase, CompletionListParams

if TYPE_CHECKING:
    from chat_completions._contract.unknown_values import OnUnknown
    from chat_completions._types import ApiKey, BaseUrl, NotGiven, Timeout, TransportName
    from chat_completions.models import ChatCompletionToolUnionParam
    from chat_completions.toolkit.tool_calls import OnToolError


class ClientArguments(TypedDict, total=False):
    """The settings of a client, as type checkers see them; `Settings` has their defaults, and a test compares."""

    api_key: ApiKey | None
    base_url: BaseUrl | None
    organization: str | None
    project: str | None
    timeout: Timeout | NotGiven
    max_retries: int
    deadline: float | None
    idle_timeout: float | None
    done_timeout: float | None
    max_response_bytes: int
    default_headers: Mapping[str, str | None] | None
    default_query: Mapping[str, Any] | None
    validate: bool
    on_unknown: OnUnknown | None
    unknown_nulls: bool
    transport: TransportName | None


class AzureArguments(ClientArguments, total=False):
    """The settings of a client of Azure; see `AzureClient`."""

    azure_endpoint: str | None
    azure_deployment: str | None
    api_version: str | None
    azure_ad_token: str | None
    azure_ad_token_provider: ApiKey | None


class CallOptions(TypedDict, total=False):
    """How one call is sent, where it differs from the client's settings."""

    extra_headers: Mapping[str, str | None] | None
    """Headers besides the client's; None removes one."""

    extra_query: Mapping[str, Any] | None
    """Query parameters besides the client's."""

    timeout: Timeout
    """Seconds without a byte, or an `httpx.Timeout`; None for no limit."""

    deadline: float | None
    """Seconds for the whole call: all attempts, and the body of a stream."""

    max_retries: int
    """How often a failed attempt is retried."""


class CreateArguments(CompletionCreateParamsBase, CallOptions, total=False):
    """What `create` takes, apart from `stream`."""

    extra_body: Mapping[str, Any] | None
    """Request fields that only some servers know."""

    idle_timeout: float | None
    """Seconds without an event after which a stream counts as dead; comments are not events."""

    done_timeout: float | None
    """Seconds that a stream has for `[DONE]` once every choice has finished; then it ends as complete."""

    validate: bool
    """Whether to check the request against the specification before it is sent; needs the extra `validate`."""


class ParseArguments(CreateArguments, Generic[ResponseFormatT], total=False):
    """What `parse` and `stream` take if the reply has a type."""

    response_format: Required[type[ResponseFormatT]]  # type: ignore[misc]  # pyright: ignore
    """The requested type of the reply."""


class RunToolsArguments(CreateArguments, total=False):
    """What `run_tools` takes, apart from `stream`."""

    tools: Iterable[ChatCompletionToolUnionParam | Callable[..., Any]]  # type: ignore[misc]  # pyright: ignore
    """Functions, tools made by `function_tool`, types, and tools as the API has them."""

    max_rounds: int
    """How many answers the model may write."""

    on_tool_error: OnToolError
    """What to do when a tool raises an exception."""


class ParseRunToolsArguments(RunToolsArguments, Generic[ResponseFormatT], total=False):
    """What `run_tools` takes if the last answer has a type."""

    response_format: Required[type[ResponseFormatT]]  # type: ignore[misc]  # pyright: ignore
    """The requested type of the last answer."""


class ListArguments(CompletionListParams, CallOptions, total=False):
    """What `list` takes."""

    max_items: int | None
    """How many completions to return in all; None for every one."""
