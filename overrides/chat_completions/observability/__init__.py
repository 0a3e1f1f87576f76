"""OpenTelemetry for a client: spans and metrics by the semantic conventions for generative AI (the extra `otel`).

from chat_completions import Client
from chat_completions.observability import instrument

client = Client()
instrument(client)

Nothing is observed before that, and importing this module does not import OpenTelemetry.
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
    """Observe the calls of a client, and of clients created from it by `with_options` from now on.

    Calling it again replaces the earlier settings.

    Args:
        client: The client.
        tracer_provider: Where spans go; by default the global provider.
        meter_provider: Where metrics go; by default the global provider.
        capture_content: Whether spans hold messages, tools and error messages; by default, as
            `OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT` says, and False if it is not set.
        provider_name: The `gen_ai.provider.name`; by default inferred from the server's address, else `openai`.

    Raises:
        ImportError: The extra is not installed.
        TypeError: This is not a client.
    """
    settings = _settings_of(client)
    settings._observer = _observer(tracer_provider, meter_provider, capture_content, provider_name)


def uninstrument(client: Client | AsyncClient) -> None:
    """Stop observing the calls of a client, whether by `instrument` or by `ChatCompletionsInstrumentor`.

    Raises:
        TypeError: This is not a client.
    """
    _settings_of(client)._observer = None


class ChatCompletionsInstrumentor:
    """Observes the calls of all clients, including existing ones; `opentelemetry-instrument` creates one.

    A client that was passed to `instrument` or `uninstrument` keeps that setting.
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
        """Start observing; the arguments are those of the function `instrument`, and unknown ones are ignored.

        Raises:
            ImportError: The extra is not installed.
        """
        Settings._observer = _observer(tracer_provider, meter_provider, capture_content, provider_name)

    def uninstrument(self, **_: Any) -> None:
        """Stop observing."""
        Settings._observer = None

    def instrumentation_dependencies(self) -> Collection[str]:
        """Return the packages that must be installed to be instrumented: none besides this one."""
        return ()

    @property
    def is_instrumented_by_opentelemetry(self) -> bool:
        """Whether the calls of all clients are observed."""
        return Settings._observer is not None


def _settings_of(client: Any) -> Settings:
    if not isinstance(client, (Client, AsyncClient)):
        raise TypeError(f"pass a Client or an AsyncClient, not {type(client).__name__}")
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
        # The value for events alone is accepted as well, but captures nothing, since there are no events.
        capture_content = os.environ.get(CAPTURE, "").strip().lower() in _CAPTURING
    return Observer(tracer_provider, meter_provider, capture_content, provider_name)


__all__ = ["ChatCompletionsInstrumentor", "instrument", "uninstrument"]
