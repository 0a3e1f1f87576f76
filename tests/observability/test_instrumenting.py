"""How observing is switched on and off, and that it never costs a call."""

from __future__ import annotations

import contextlib
import gc
import logging
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import EntryPoint
from typing import Any

import pytest
from opentelemetry import context as contexts
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.sampling import Sampler

from chat_completions import AsyncClient, Client
from chat_completions.observability import ChatCompletionsInstrumentor, instrument, uninstrument
from tests.client.scripted import ScriptedServer, json_reply, stream_reply
from tests.observability.conftest import COMPLETION, DONE, END, ROLE, USAGE, Telemetry, event

ENTRY_POINT = EntryPoint(
    "chat_completions", "chat_completions.observability:ChatCompletionsInstrumentor", "opentelemetry_instrumentor"
)
Make = Callable[..., Client]
STREAM = stream_reply([ROLE, event({"content": "Hi"}), END, USAGE, DONE])


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer(json_reply(COMPLETION)) as server:
        yield server


@pytest.fixture
def make(server: ScriptedServer) -> Iterator[Make]:
    """Make clients, and close them at the end."""
    with contextlib.ExitStack() as stack:
        yield lambda **settings: stack.enter_context(
            Client(**{"base_url": server.base_url, "api_key": "k", **settings})
        )


@pytest.fixture
def for_all(telemetry: Telemetry) -> Iterator[None]:
    """Observe all clients, as auto-instrumentation does."""
    instrumentor = ENTRY_POINT.load()()
    instrumentor.instrument(
        tracer_provider=telemetry.tracers,
        meter_provider=telemetry.meters,
        skip_dep_check=True,
        raise_exception_on_conflict=True,
    )
    yield
    ENTRY_POINT.load()().uninstrument(skip_dep_check=True)


def ask(client: Any) -> None:
    client.chat.completions.create(model="m", messages=[])


def test_off_unless_switched_on(make: Make, telemetry: Telemetry) -> None:
    observed, other = (make() for _ in range(2))
    telemetry.observe(observed)
    ask(other)
    assert not telemetry.spans
    ask(observed)
    assert len(telemetry.spans) == 1
    uninstrument(observed)
    ask(observed)
    assert len(telemetry.spans) == 1


def test_doing_it_twice_gives_one_span(make: Make, telemetry: Telemetry, for_all: None) -> None:
    client = make()
    telemetry.observe(client)
    telemetry.observe(client, provider_name="mine")
    ask(client)
    assert telemetry.told["gen_ai.provider.name"] == "mine"


def test_copies_are_observed_too(make: Make, telemetry: Telemetry) -> None:
    client = make()
    before = client.with_options(max_retries=0)
    telemetry.observe(client)
    after = client.with_options(max_retries=0)
    ask(before)
    assert not telemetry.spans
    ask(after.with_options(timeout=5))
    assert len(telemetry.spans) == 1
    uninstrument(after)
    ask(after)
    ask(client)
    assert len(telemetry.spans) == 2


def test_all_clients_by_the_entry_point(make: Make, telemetry: Telemetry) -> None:
    before = make()
    instrumentor = ENTRY_POINT.load()()
    assert not instrumentor.is_instrumented_by_opentelemetry
    instrumentor.instrument(tracer_provider=telemetry.tracers, meter_provider=telemetry.meters)
    try:
        assert ChatCompletionsInstrumentor().is_instrumented_by_opentelemetry
        ask(before)
        ask(make())
        assert len(telemetry.spans) == 2
        uninstrument(before)
        ask(before)
        assert len(telemetry.spans) == 2
    finally:
        ChatCompletionsInstrumentor().uninstrument()
    ask(before)
    ask(make())
    assert len(telemetry.spans) == 2


def test_a_client_that_is_observed_pickles_and_leaves_it_behind(make: Make, telemetry: Telemetry) -> None:
    client = telemetry.observe(make(api_key=None))
    with pickle.loads(pickle.dumps(client)) as copy:
        ask(copy)
    assert not telemetry.spans


@pytest.mark.parametrize("thing", [None, 3, "client", Client])
def test_what_is_not_a_client(thing: Any) -> None:
    with pytest.raises(TypeError, match="pass a Client or an AsyncClient"):
        instrument(thing)
    with pytest.raises(TypeError, match="pass a Client or an AsyncClient"):
        uninstrument(thing)


def test_the_extra_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("opentelemetry")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    for do in (lambda: instrument(Client(base_url="http://h/v1")), ChatCompletionsInstrumentor().instrument):
        with pytest.raises(ImportError, match=r"pip install 'chat-completions-client\[otel\]'"):
            do()


@pytest.mark.parametrize(
    "code",
    [
        "import chat_completions",
        "from chat_completions import Client; Client(base_url='http://h/v1').chat.completions",
        "import chat_completions.observability",
    ],
)
def test_nothing_imports_opentelemetry_before_it_is_used(code: str) -> None:
    program = f"{code}\nimport sys\nprint([name for name in sys.modules if name.startswith('opentelemetry')])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_what_is_suppressed_is_not_observed(make: Make, telemetry: Telemetry) -> None:
    client = telemetry.observe(make())
    token = contexts.attach(contexts.set_value("suppress_instrumentation", True))
    try:
        ask(client)
    finally:
        contexts.detach(token)
    assert not telemetry.spans
    assert not telemetry.measured("gen_ai.client.operation.duration")


def test_without_an_sdk_a_call_is_a_call(api: Any) -> None:
    """The API alone, as a program has it that no SDK was set up in."""
    with ScriptedServer(json_reply(COMPLETION), STREAM) as server:
        client = api.client(base_url=server.base_url)
        instrument(client)
        assert api.create(client).id == "chatcmpl-1"
        assert len(api.chunks(api.create(client, stream=True))) == 4


class Breaks(SpanExporter, SimpleSpanProcessor, Sampler):
    """Fails at whatever it is asked."""

    def __init__(self) -> None:
        self.asked = 0

    def _fail(self, *_: Any, **__: Any) -> Any:
        self.asked += 1
        raise RuntimeError("this is broken")

    on_start = on_end = export = should_sample = get_description = _fail  # type: ignore[assignment]

    def shutdown(self) -> None:
        pass

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return True


class BrokenMeter:
    """A meter provider whose instruments fail."""

    def get_meter(self, *_: Any, **__: Any) -> Any:
        return self

    def create_histogram(self, *_: Any, **__: Any) -> Any:
        return self

    def record(self, *_: Any, **__: Any) -> None:
        raise RuntimeError("this is broken")


def providers() -> dict[str, Any]:
    at_start_and_end, exports, samples = TracerProvider(), TracerProvider(), TracerProvider(sampler=Breaks())
    at_start_and_end.add_span_processor(Breaks())
    exports.add_span_processor(SimpleSpanProcessor(Breaks()))
    return {
        "processor": {"tracer_provider": at_start_and_end},
        "exporter": {"tracer_provider": exports},
        "sampler": {"tracer_provider": samples},
        "meter": {"meter_provider": BrokenMeter()},
    }


@pytest.mark.parametrize("what", ["processor", "exporter", "sampler", "meter"])
def test_what_fails_in_telemetry_costs_no_call(api: Any, what: str, caplog: pytest.LogCaptureFixture) -> None:
    given = providers()[what]
    with ScriptedServer(json_reply(COMPLETION), STREAM) as server:
        client = api.client(base_url=server.base_url)
        with caplog.at_level(logging.WARNING):
            instrument(client, **given)
            assert api.create(client).id == "chatcmpl-1"
            stream = api.create(client, stream=True)
            assert len(api.chunks(stream)) == 4
            assert stream.timings.chunks == 4
    assert contexts.get_current() == {}
    assert caplog.records


def test_a_shut_down_sdk(api: Any) -> None:
    tracers, meters = TracerProvider(), MeterProvider()
    with ScriptedServer(json_reply(COMPLETION)) as server:
        client = api.client(base_url=server.base_url)
        instrument(client, tracer_provider=tracers, meter_provider=meters)
        tracers.shutdown()
        meters.shutdown()
        assert api.create(client).id == "chatcmpl-1"


def test_attributes_are_there_when_a_sampler_decides(make: Make) -> None:
    from opentelemetry.sdk.trace.sampling import ALWAYS_ON

    seen: dict[str, Any] = {}

    class Decides(Sampler):
        def should_sample(self, parent_context: Any, trace_id: int, name: str, *more: Any, **named: Any) -> Any:
            seen.update(named.get("attributes") or more[1])
            return ALWAYS_ON.should_sample(parent_context, trace_id, name)

        def get_description(self) -> str:
            return "decides"

    client = make()
    instrument(client, tracer_provider=TracerProvider(sampler=Decides()))
    ask(client)
    wanted = ("gen_ai.operation.name", "gen_ai.provider.name", "gen_ai.request.model", "server.address", "server.port")
    assert not set(wanted) - set(seen)


def test_an_operation_is_no_part_of_a_cycle(telemetry: Telemetry) -> None:
    """A stream that is forgotten ends its span at once, not when the garbage is collected."""
    gc.collect()
    gc.disable()
    try:
        with ScriptedServer(STREAM) as server, Client(base_url=server.base_url, api_key="k") as client:
            telemetry.observe(client)
            stream = client.chat.completions.create(model="m", messages=[], stream=True)
            next(stream)
            del stream
            assert len(telemetry.spans) == 1
    finally:
        gc.enable()


def test_a_program_that_ends_in_the_middle_of_a_stream(telemetry: Telemetry) -> None:
    with ScriptedServer(stream_reply([ROLE, 0.2])) as server:
        program = f"""
import asyncio
from chat_completions import AsyncClient, Client
from chat_completions.observability import instrument
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter

trace.set_tracer_provider(TracerProvider())
trace.get_tracer_provider().add_span_processor(BatchSpanProcessor(ConsoleSpanExporter()))
client = Client(base_url={server.base_url!r})
instrument(client)
stream = client.chat.completions.create(model="m", messages=[], stream=True)
next(stream)

async def main():
    global other
    client = AsyncClient(base_url={server.base_url!r})
    instrument(client)
    other = await client.chat.completions.create(model="m", messages=[], stream=True)
    await anext(other)

asyncio.run(main())
"""
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0
    assert "Error" not in done.stderr, done.stderr


def test_clients_of_both_kinds_are_observed(
    make: Make, server: ScriptedServer, telemetry: Telemetry, for_all: None
) -> None:
    import asyncio

    async def main() -> None:
        async with AsyncClient(base_url=server.base_url, api_key="k") as client:
            await client.chat.completions.create(model="m", messages=[])

    asyncio.run(main())
    ask(make())
    spans: list[ReadableSpan] = list(telemetry.spans)
    assert [span.name for span in spans] == ["chat m", "chat m"]
