"""One call, or one stream, as a span and its metrics. OpenTelemetry is imported here.

An operation begins before a call is planned, and is the current span during the call, so that the spans of the HTTP
client nest under it. It ends with the response, or with the stream that the response starts; while a stream is
iterated, the span is not current. Failures in this module are logged and never reach the caller.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from opentelemetry import context as contexts
from opentelemetry import metrics, trace
from opentelemetry.trace import SpanKind, StatusCode

from chat_completions import _logging
from chat_completions._contract import generated
from chat_completions._response_info import request_id_of
from chat_completions._transport.error_mapping import status_error
from chat_completions._version import __version__
from chat_completions.errors import APIError, APIResponseValidationError
from chat_completions.observability import _attributes

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.metrics import MeterProvider
    from opentelemetry.trace import Span, TracerProvider

    from chat_completions._response_info import Attempt
    from chat_completions._transport.observer import StreamState, StreamTimes
    from chat_completions._types import Secret
    from chat_completions.observability._attributes import Attributes

_SCOPE = "chat_completions"
_SUPPRESSED = (
    "suppress_instrumentation",
    getattr(contexts, "_SUPPRESS_INSTRUMENTATION_KEY", "suppress_instrumentation"),
)
# As the conventions recommend.
_SECONDS = [0.01 * 2**step for step in range(14)]
_TOKENS = [4**step for step in range(14)]
_PLAIN_CODE = re.compile(r"[A-Za-z0-9_.-]{1,64}")


class Observer:
    """Creates the spans and metrics of the clients that it is set for. Threads may share it.

    Args:
        tracer_provider: Where spans go; None for the global provider.
        meter_provider: Where metrics go; None for the global provider.
        captures: Whether spans hold messages, tools and error messages.
        provider_name: The provider; None to infer it from the server's address.
    """

    def __init__(
        self,
        tracer_provider: TracerProvider | None,
        meter_provider: MeterProvider | None,
        captures: bool,
        provider_name: str | None,
    ) -> None:
        self.captures, self.provider_name = captures, provider_name
        url = _attributes.SCHEMA_URL
        self.tracer = trace.get_tracer(_SCOPE, __version__, tracer_provider, url)
        meter = metrics.get_meter(_SCOPE, __version__, meter_provider, url)

        def histogram(name: str, unit: str, description: str, bounds: Sequence[float]) -> metrics.Histogram:
            return meter.create_histogram(name, unit, description, explicit_bucket_boundaries_advisory=bounds)

        self.duration = histogram(
            "gen_ai.client.operation.duration", "s", "How long an operation took, with all its attempts.", _SECONDS
        )
        self.time_to_first_chunk = histogram(
            "gen_ai.client.operation.time_to_first_chunk", "s", "How long the first chunk of a stream took.", _SECONDS
        )
        self.time_per_output_chunk = histogram(
            "gen_ai.client.operation.time_per_output_chunk", "s", "How long each further chunk took.", _SECONDS
        )
        self.token_usage = histogram("gen_ai.client.token.usage", "{token}", "How many tokens were used.", _TOKENS)

    def operation(
        self,
        request: Mapping[str, Any],
        *,
        stream: bool,
        goes_on: bool,
        api_key: Secret[Any] | None,
        base_url: Secret[str],
    ) -> Operation:
        """Return the operation that observes a call, already begun; use it as a context manager."""
        operation = Operation(self, stream=stream, goes_on=goes_on)
        if not any(contexts.get_value(key) for key in _SUPPRESSED):
            _safely(operation.begin, request, api_key, base_url)
        return operation


class Operation:
    """One call to the API, including the reading of a body that continues after the call returns."""

    def __init__(self, observer: Observer, *, stream: bool, goes_on: bool) -> None:
        self._observer, self._is_stream, self._goes_on, self._is_list = observer, stream, goes_on, False
        self._span: Span | None = None  # None before the beginning and after the end
        self._context: Context | None = None
        self._token: Any = None
        self._span_attributes: Attributes = {}
        self._secret: Secret[Any] | None = None
        self._attempts: Sequence[Attempt] = ()
        self._began_at, self._began = time.monotonic(), time.time_ns()

    def begin(self, request: Mapping[str, Any], api_key: Secret[Any] | None, base_url: Secret[str]) -> None:
        """Start the span."""
        observer = self._observer
        self._secret = api_key
        self._span_attributes = _attributes.server(base_url.reveal())
        provider = observer.provider_name or _attributes.provider_of(
            str(self._span_attributes.get("server.address", ""))
        )
        self._span_attributes["gen_ai.provider.name"] = provider
        self._is_list = "content" not in request
        self._span_attributes["gen_ai.operation.name"] = name = _attributes.LIST if self._is_list else _attributes.CHAT
        body: dict[str, Any] = {} if self._is_list else json.loads(request["content"])
        if not self._is_list:
            self._span_attributes |= _attributes.request(body, provider)
        model = self._span_attributes.get("gen_ai.request.model")
        span = self._observer.tracer.start_span(
            f"{name} {model}" if model else name,
            kind=SpanKind.CLIENT,
            attributes=_encodable(self._span_attributes),
            start_time=self._began,
        )
        self._span, self._context = span, trace.set_span_in_context(span)
        if observer.captures and span.is_recording():
            captured = {
                "gen_ai.input.messages": _attributes.input_messages(body),
                "gen_ai.tool.definitions": _attributes.tool_definitions(body),
            }
            span.set_attributes(_encodable({n: _attributes.as_text(value) for n, value in captured.items() if value}))

    def __enter__(self) -> Self:
        if self._context is not None:
            self._token = _safely(contexts.attach, self._context)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._token is not None:
            _safely(contexts.detach, self._token)
            self._token = None
        if error is not None:
            self._attempts = getattr(error, "attempts", ())
            self._end(time.monotonic(), error, lambda: {})

    def on_response(self, response: Any, attempts: Sequence[Attempt], at: float) -> None:
        """Record the response of the call; this is the end of the call unless its body is still to be read."""
        self._attempts = attempts
        if not self._goes_on:
            self._end(at, None, lambda: self._response_attributes(response))

    def on_body_end(self, response: Any, error: BaseException | None) -> None:
        """Record that a body that is not read as a stream was read, abandoned, or cut off."""
        self._end(time.monotonic(), error, lambda: self._response_attributes(response))

    def on_stream_end(self, stream: StreamState, times: StreamTimes, error: BaseException | None) -> None:
        """Record that the stream ended, failed, or was abandoned."""
        assert times.ended_at is not None
        self._end(times.ended_at, error, lambda: self._stream_attributes(stream, times, error), times)

    def __del__(self) -> None:
        # A stream that was never iterated.
        if getattr(self, "_span", None) is not None:
            self._end(time.monotonic(), None, lambda: {})

    def _end(
        self,
        at: float,
        error: BaseException | None,
        read_attributes: Callable[[], Attributes],
        times: StreamTimes | None = None,
    ) -> None:
        """End the span, once, with the attributes of the result; then record the metrics."""
        span, self._span = self._span, None
        if span is None:
            return
        attributes = _safely(read_attributes) or {}
        if error is not None:
            attributes["error.type"] = type(error).__qualname__
            if isinstance(error, APIError) and error.request_id:
                attributes["chat_completions.request_id"] = error.request_id
        seconds = max(at - self._began_at, 0.0)
        if span.is_recording():
            _safely(self._write_span, span, attributes, error)
        _safely(span.end, self._began + round(seconds * 1e9))
        _safely(self._measure, seconds, {**self._span_attributes, **attributes}, times)

    def _write_span(self, span: Span, attributes: Attributes, error: BaseException | None) -> None:
        at = self._began
        for attempt in self._attempts:
            at += round((attempt.seconds or 0.0) * 1e9)
            if attempt.delay is not None:
                what: Attributes = {"chat_completions.retry.delay": attempt.delay}
                if attempt.status is not None:
                    what["http.response.status_code"] = attempt.status
                span.add_event("chat_completions.retry", what, timestamp=at)
                at += round(attempt.delay * 1e9)
        if len(self._attempts) > 1:
            attributes["http.request.resend_count"] = len(self._attempts) - 1
        span.set_attributes(_encodable(attributes))
        if "error.type" in attributes:
            # An error message may quote the request, so it counts as content.
            text = str(error or "") if self._observer.captures else _brief(error)
            text = _redacted(self._secret, text)
            span.set_status(StatusCode.ERROR, str(_encodable_value(text)) or None)

    def _response_attributes(self, response: Any) -> Attributes:
        attributes: Attributes = {}
        if request_id := request_id_of(response.headers):
            attributes["chat_completions.request_id"] = request_id
        if self._is_stream or not _is_read(response):
            return attributes
        parse: Callable[[Any], Any] = generated.parse_list if self._is_list else generated.parse_completion
        try:
            body = parse(response).to_dict()
        except generated.UnexpectedStatus:
            return {**attributes, "error.type": type(status_error(response)).__qualname__}
        except generated.UnexpectedContent:
            return {**attributes, "error.type": APIResponseValidationError.__qualname__}
        return attributes | (_attributes.page(body) if self._is_list else self._body_attributes(body))

    def _stream_attributes(self, stream: StreamState, times: StreamTimes, error: BaseException | None) -> Attributes:
        attributes: Attributes = {"chat_completions.stream.complete": error is None and stream.is_complete}
        if stream.request_id:
            attributes["chat_completions.request_id"] = stream.request_id
        if (at := times.first_chunk_at) is not None:
            attributes["gen_ai.response.time_to_first_chunk"] = at - self._began_at
        if (at := times.first_token_at) is not None:
            attributes["chat_completions.response.time_to_first_token"] = at - self._began_at
        completion = stream.completion()
        return attributes if completion is None else attributes | self._body_attributes(completion.to_dict())

    def _body_attributes(self, body: dict[str, Any]) -> Attributes:
        attributes = _attributes.response(body, str(self._span_attributes["gen_ai.provider.name"]))
        if self._observer.captures and (messages := _attributes.output_messages(body)):
            attributes["gen_ai.output.messages"] = _attributes.as_text(messages)
        return attributes

    def _measure(self, seconds: float, attributes: Attributes, times: StreamTimes | None) -> None:
        observer, context = self._observer, self._context
        observer.duration.record(seconds, _encodable(_attributes.metric_attributes(attributes, duration=True)), context)
        measured = _encodable(_attributes.metric_attributes(attributes))
        for kind in ("input", "output"):
            count = attributes.get(f"gen_ai.usage.{kind}_tokens")
            if isinstance(count, int):
                observer.token_usage.record(count, {**measured, "gen_ai.token.type": kind}, context)
        if times is not None and times.first_chunk_at is not None:
            observer.time_to_first_chunk.record(times.first_chunk_at - self._began_at, measured, context)
            for gap, count in times.gaps():
                for _ in range(count):
                    observer.time_per_output_chunk.record(gap, measured, context)


def _redacted(secret: Secret[Any] | None, text: str) -> str:
    """Return a text without a key."""
    key = secret.reveal() if secret is not None else None
    return text.replace(key, "<hidden>") if isinstance(key, str) else text


def _safely(do: Callable[..., Any], *arguments: Any) -> Any:
    try:
        return do(*arguments)
    except Exception as error:
        _logging.hook_failed("OpenTelemetry", error)
        return None


def _is_read(response: Any) -> bool:
    """Return whether the body of a response was read completely."""
    try:
        response.content  # noqa: B018
    except RuntimeError:  # httpx and httpx2 have a ResponseNotRead each
        return False
    return True


def _brief(error: BaseException | None) -> str:
    """Return an error's status and code, without its message."""
    if not isinstance(error, APIError):
        return ""
    parts = [f"HTTP {error.status_code}"] if error.status_code else []
    parts += [error.code] if isinstance(error.code, str) and _PLAIN_CODE.fullmatch(error.code) else []
    return ", ".join(parts)


def _encodable(attributes: Attributes) -> Attributes:
    """Return attributes that can be exported: a lone surrogate would fail the whole export."""
    return {name: _encodable_value(value) for name, value in attributes.items()}


def _encodable_value(value: Any) -> Any:
    if isinstance(value, list):
        return [_encodable_value(one) for one in value]
    if isinstance(value, str) and not value.isascii():
        return value.encode("utf-8", "backslashreplace").decode()
    return value
