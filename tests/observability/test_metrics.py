"""The metrics of calls and streams."""

from __future__ import annotations

from typing import Any

import pytest
from opentelemetry.sdk.metrics import AlwaysOnExemplarFilter, MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from chat_completions import APIStatusError, Client, IncompleteStreamError
from chat_completions._streaming.timings import MAX_READS, SAMPLE
from tests.client.scripted import ScriptedServer, json_reply, stream_reply
from tests.observability.conftest import COMPLETION, DONE, END, ROLE, USAGE, Telemetry, event

DURATION = "gen_ai.client.operation.duration"
TOKENS = "gen_ai.client.token.usage"
FIRST_CHUNK = "gen_ai.client.operation.time_to_first_chunk"
NEXT_CHUNK = "gen_ai.client.operation.time_per_output_chunk"
SECONDS = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92)
COUNTS = (1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864)


def common(server: ScriptedServer) -> dict[str, Any]:
    return {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "m",
        "gen_ai.response.model": "m-2026",
        "server.address": "127.0.0.1",
        "server.port": int(server.base_url.rpartition(":")[2].partition("/")[0]),
    }


def test_a_completion(api: Any, telemetry: Telemetry) -> None:
    with ScriptedServer(json_reply(COMPLETION)) as server:
        client = telemetry.observe(api.client(base_url=server.base_url))
        api.create(client)
        api.create(client)
    openai = {"openai.response.service_tier": "default", "openai.response.system_fingerprint": "fp_1"}
    (duration,) = telemetry.measured(DURATION)
    assert dict(duration.attributes) == {**common(server), **openai}
    assert (duration.count, duration.explicit_bounds) == (2, SECONDS)
    assert 0 < duration.sum < 10
    tokens = {point.attributes["gen_ai.token.type"]: point for point in telemetry.measured(TOKENS)}
    assert {kind: (point.count, point.sum) for kind, point in tokens.items()} == {"input": (2, 24), "output": (2, 68)}
    assert tokens["input"].explicit_bounds == COUNTS
    assert dict(tokens["input"].attributes) == {**common(server), "gen_ai.token.type": "input"}
    assert not telemetry.measured(FIRST_CHUNK)
    assert not telemetry.measured(NEXT_CHUNK)


def test_a_stream(api: Any, telemetry: Telemetry) -> None:
    pieces = [
        ROLE,
        0.2,
        event({"content": "a"}),
        0.1,
        event({"content": "b"}) + event({"content": "c"}),
        END + USAGE + DONE,
    ]
    with ScriptedServer(stream_reply([0.1, *pieces])) as server:
        stream = api.create(telemetry.observe(api.client(base_url=server.base_url)), stream=True)
        api.chunks(stream)
    (first,), (further,), (duration,) = map(telemetry.measured, (FIRST_CHUNK, NEXT_CHUNK, DURATION))
    assert dict(first.attributes) == dict(further.attributes) == common(server)
    assert first.count == 1
    assert 0.09 < first.sum < duration.sum
    # Chunks that came with one read are one.
    assert 1 <= further.count <= 3
    assert 0.1 < further.sum < duration.sum
    assert first.explicit_bounds == further.explicit_bounds == SECONDS
    assert len(telemetry.measured(TOKENS)) == 2


def test_no_tokens_are_made_up(api: Any, telemetry: Telemetry) -> None:
    with ScriptedServer(stream_reply([ROLE, event({"content": "a"}), END, DONE])) as server:
        api.chunks(api.create(telemetry.observe(api.client(base_url=server.base_url)), stream=True))
    assert not telemetry.measured(TOKENS)


def test_errors_are_measured_apart(api: Any, telemetry: Telemetry) -> None:
    failed = json_reply({"error": {"message": "No"}}, 400)
    with ScriptedServer(failed, stream_reply([ROLE])) as server:
        client = telemetry.observe(api.client(base_url=server.base_url))
        with pytest.raises(APIStatusError):
            api.create(client)
        with pytest.raises(IncompleteStreamError):
            api.chunks(api.create(client, stream=True))
    kinds = {point.attributes["error.type"]: point.count for point in telemetry.measured(DURATION)}
    assert kinds == {"BadRequestError": 1, "IncompleteStreamError": 1}


def test_the_longest_stream_is_measured_within_bounds(telemetry: Telemetry) -> None:
    """A measurement takes ten times as long as a chunk, so of a very long stream not every gap is one."""
    count = 3 * MAX_READS
    pieces = [event({"content": "x"})] * count
    with ScriptedServer(stream_reply([ROLE, *pieces, END, DONE])) as server:
        with Client(base_url=server.base_url, api_key="k") as client:
            telemetry.observe(client)
            stream = client.chat.completions.create(model="m", messages=[], stream=True)
            assert len(list(stream)) == count + 2
    (further,) = telemetry.measured(NEXT_CHUNK)
    assert 0 < further.count <= MAX_READS + 2 * MAX_READS // SAMPLE + 16


def test_a_measurement_leads_to_its_span(telemetry: Telemetry) -> None:
    reader = InMemoryMetricReader()
    telemetry.reader, telemetry.meters = reader, MeterProvider([reader], exemplar_filter=AlwaysOnExemplarFilter())
    with ScriptedServer(json_reply(COMPLETION)) as server, Client(base_url=server.base_url, api_key="k") as client:
        telemetry.observe(client).chat.completions.create(model="m", messages=[])
    (duration,) = telemetry.measured(DURATION)
    assert telemetry.span.context is not None
    assert [exemplar.span_id for exemplar in duration.exemplars] == [telemetry.span.context.span_id]


def test_a_span_that_is_not_sampled_is_measured(telemetry: Telemetry) -> None:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.sampling import ALWAYS_OFF

    telemetry.tracers.shutdown()
    telemetry.tracers = TracerProvider(sampler=ALWAYS_OFF)
    with ScriptedServer(json_reply(COMPLETION)) as server, Client(base_url=server.base_url, api_key="k") as client:
        telemetry.observe(client).chat.completions.create(model="m", messages=[])
    assert telemetry.measured(DURATION)[0].count == 1
    assert len(telemetry.measured(TOKENS)) == 2
