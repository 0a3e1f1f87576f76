"""OpenTelemetry for a client: spans and metrics by the semantic conventions for generative AI (the extra `otel`).

from chat_completions import Client
from chat_completions.observability import instrument

client = Client()
instrument(client)

Nothing is observed before that, and an import of this module imports no OpenTelemetry.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from chat_completions._client.client import AsyncClient, Client
from chat_completions._transport.settings import Settings

if TYPE_CHECKING:
    from opentelemetry.metrics import MeterProvider
    from opentelemetry.trace import TracerProvider

    from chat_completions.observability._operations import Observer

CAPTURE = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"
_CAPTURING = ("true", "span_only", "span_and_event")


def instrument(
    client: Client | AsyncClient,
    *,
    tracer_provider: TracerProvider | None = None,
    meter_provider: MeterProvider | None = None,
    capture_content: bool | None = None,
    provider_name: str | None = None,
) -> None:
    """Observe the calls of a client, and of the clients that `with_options` makes of it from now on.

    Doing it again replaces what was set before.

    Args:
        client: The client.
        tracer_provider: Where spans go; by default the global provider.
        meter_provider: Where metrics go; by default the global provider.
        capture_content: Whether spans hold messages, tools and what errors say; by default what
            `OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT` says, and if it says nothing, no.
        provider_name: The `gen_ai.provider.name`; by default known by the server's address, else `openai`.

    Raises:
        ImportError: The extra is not installed.
        TypeError: This is no client.
    """
    settings = _settings_of(client)
    settings._observer = _observer(tracer_provider, meter_provider, capture_content, provider_name)


def uninstrument(client: Client | AsyncClient) -> None:
    """Observe the calls of a client no more, neither by `instrument` nor by `ChatCompletionsInstrumentor`.

    Raises:
        TypeError: This is no client.
    """
    _settings_of(client)._observer = None


class ChatCompletionsInstrumentor:
    """Observes the calls of all clients, also of those that there are; `opentelemetry-instrument` makes one.

    A client with an `instrument` or `uninstrument` of its own goes by that.
    """

    def instrument(
        self,
        *,
        tracer_provider: TracerProvider | None = None,
        meter_provider: MeterProvider | None = None,
        capture_content: bool | None = None,
        provider_name: str | None = None,
        **_: Any,
    ) -> None:
        """Begin to observe; the arguments are those of the function `instrument`, and unknown ones are let pass.

        Raises:
            ImportError: The extra is not installed.
        """
        Settings._observer = _observer(tracer_provider, meter_provider, capture_content, provider_name)

    def uninstrument(self, **_: Any) -> None:
        """Cease to observe."""
        Settings._observer = None

    def instrumentation_dependencies(self) -> Collection[str]:
        """Return the packages that have to be there to be instrumented: none beside this one."""
        return ()

    @property
    def is_instrumented_by_opentelemetry(self) -> bool:
        """Whether the calls of all clients are observed."""
        return Settings._observer is not None


def _settings_of(client: Any) -> Settings:
    if not isinstance(client, (Client, AsyncClient)):
        raise TypeError(f"this is a {type(client).__name__}; give a Client or an AsyncClient")
    return client._settings


def _observer(
    tracer_provider: TracerProvider | None,
    meter_provider: MeterProvider | None,
    capture_content: bool | None,
    provider_name: str | None,
) -> Observer:
    try:
        import opentelemetry.metrics
        import opentelemetry.trace  # noqa: F401
    except ImportError as error:
        raise ImportError(
            f"instrumenting needs the package {error.name!r}: pip install 'chat-completions-client[otel]'",
            name=error.name,
        ) from error
    from chat_completions.observability._operations import Observer

    if capture_content is None:
        # The value for events alone is heeded as well: there is no content where none is asked for, and no events.
        capture_content = os.environ.get(CAPTURE, "").strip().lower() in _CAPTURING
    return Observer(tracer_provider, meter_provider, capture_content, provider_name)


__all__ = ["ChatCompletionsInstrumentor", "instrument", "uninstrument"]
