"""What upstream may add tomorrow is generated, typed and decoded without a hand edit."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.specs import ROOT, Json, obj, ref, type_errors
from tools.__main__ import main
from tools.document import document as documents
from tools.generate import PACKAGE

pytestmark = [pytest.mark.slow, pytest.mark.contract]

CACHE = ROOT / ".mypy_cache" / "tests"
TEXT = {"type": "string"}

# What a user would write the day after; each `assert_type` fails if a type is not known.
USE = """\
from __future__ import annotations
import datetime
from typing import Any, Literal, assert_type
from chat_completions_api import models
from chat_completions_api.params import CompletionCreateParams

def take(params: CompletionCreateParams) -> None: ...

take({
    "model": "m",
    "messages": [
        {"role": "robot", "content": "beep", "volume": 3},
        models.ChatCompletionRequestRobotMessage(content="boop"),
        {"role": "user", "content": "Hello"},
    ],
    "tools": [
        {"type": "lookup", "lookup": {"url": "u", "depth": 2}},
        models.LookupTool(lookup=models.LookupToolLookup(url="u")),
        {"type": "function", "function": {"name": "f"}},
    ],
    "creativity": "high",
    "sampling": {"top_a": 0.5, "mode": "fast"},
    "not_before": datetime.datetime(2030, 1, 1, tzinfo=datetime.timezone.utc),
    "service_tier": "turbo",
})
take({"model": "m", "messages": [], "creativity": None, "not_before": "2030-01-01T00:00:00Z"})

def read(completion: models.ChatCompletion, chunk: models.ChatCompletionChunk) -> None:
    assert_type(completion.carbon, models.Carbon | None)
    if completion.carbon is not None:
        assert_type(completion.carbon.grams, float)
        assert_type(completion.carbon.measured_at, datetime.datetime | None)
    assert_type(completion.expires_at, datetime.datetime | None)
    choice = completion.choices[0]
    if choice.finish_reason == "paused":
        pass
    for call in choice.message.tool_calls or []:
        if isinstance(call, models.LookupCall):
            assert_type(call.type, Literal["lookup"])
            assert_type(call.results, list[models.LookupCallResult])
    assert_type(chunk.choices[0].delta.mood, models.ChoiceDeltaMood | None)
"""

REFUSED = """\
take({"model": "m", "messages": [], "creativity": "medium"})
take({"model": "m", "messages": [], "sampling": {"top_b": 1}})
take({"model": "m", "messages": [{"role": "robot"}]})
take({"model": "m", "messages": [], "tools": [{"type": "lookup", "lookup": {}}]})
take({"model": "m", "messages": [], "not_before": 3})
"""

RUN = """\
import datetime, json, sys
from chat_completions_api import models
from chat_completions_api.types import encode_json
before = "dateutil" in sys.modules
body = {
    "id": "c", "object": "chat.completion", "created": 1, "model": "m", "expires_at": "2030-01-01T00:00:00.500Z",
    "carbon": {"grams": 0.5, "measured_at": "2029-12-31T23:59:59+01:00", "by": "x"},
    "choices": [{"index": 0, "finish_reason": "paused", "message": {"role": "assistant", "tool_calls": [
        {"id": "1", "type": "lookup", "results": [{"title": "t", "score": None}]}, {"id": "2", "type": "later"}]}}],
}
completion = models.ChatCompletion.from_dict(body)
assert json.dumps(completion.to_dict()) == json.dumps(body)
call, later = completion.choices[0].message.tool_calls
assert type(call) is models.LookupCall and call.results[0].title == "t" and type(later).__name__ == "UnknownVariant"
moment = datetime.datetime(2030, 1, 1, microsecond=500000, tzinfo=datetime.timezone.utc)
assert completion.expires_at == moment and completion.carbon.measured_at.utcoffset() == datetime.timedelta(hours=1)
assert not before and "dateutil" in sys.modules
robot = models.CreateChatCompletionRequest.from_dict({"messages": [{"role": "robot", "content": "beep"}]}).messages[0]
assert type(robot) is models.ChatCompletionRequestRobotMessage
sent = {"model": "m", "messages": [robot], "not_before": moment, "sampling": models.Sampling(top_a=0.5)}
assert json.loads(encode_json(sent)) == {"model": "m", "messages": [{"role": "robot", "content": "beep"}],
    "not_before": "2030-01-01T00:00:00.500000+00:00", "sampling": {"top_a": 0.5}}
"""


def evolved() -> Json:
    """Return the vendored document with what it does not have yet."""
    document = documents.load((ROOT / "openapi.yaml").read_bytes(), name="openapi.yaml")
    schemas = document["components"]["schemas"]
    moment = {"type": "string", "format": "date-time"}

    def constant(value: str) -> Json:
        return {"type": "string", "enum": [value]}

    parts = schemas["CreateChatCompletionRequest"]["allOf"]
    request = next(part["properties"] for part in parts if "messages" in part.get("properties", {}))
    request["creativity"] = {"type": "string", "enum": ["low", "high"], "nullable": True, "default": "low"}
    request["sampling"] = ref("Sampling")
    request["not_before"] = moment
    schemas["Sampling"] = obj({"top_a": {"type": "number"}, "mode": {"type": "string", "enum": ["fast", "exact"]}})

    response = schemas["CreateChatCompletionResponse"]["properties"]
    response["carbon"] = ref("Carbon")
    response["expires_at"] = moment
    schemas["Carbon"] = obj({"grams": {"type": "number"}, "measured_at": moment}, required=["grams"])
    response["choices"]["items"]["properties"]["finish_reason"]["enum"].append("paused")
    tiers = next(part for part in [schemas["ServiceTier"], *schemas["ServiceTier"].get("anyOf", [])] if "enum" in part)
    tiers["enum"].append("turbo")
    schemas["ChatCompletionStreamResponseDelta"]["properties"]["mood"] = {"type": "string", "enum": ["calm", "hasty"]}

    robot = {"role": constant("robot"), "content": TEXT, "volume": {"type": "integer"}}
    schemas["ChatCompletionRequestRobotMessage"] = obj(robot, required=["role", "content"])
    schemas["ChatCompletionRequestMessage"]["oneOf"].append(ref("ChatCompletionRequestRobotMessage"))
    lookup = obj({"url": TEXT, "depth": {"type": "integer"}}, required=["url"])
    schemas["LookupTool"] = obj({"type": constant("lookup"), "lookup": lookup}, required=["type", "lookup"])
    request["tools"]["items"]["oneOf"].append(ref("LookupTool"))
    results = {"type": "array", "items": obj({"title": TEXT, "score": {"type": "number", "nullable": True}})}
    call = {"id": TEXT, "type": constant("lookup"), "results": results}
    schemas["LookupCall"] = obj(call, required=["id", "type", "results"])
    schemas["ChatCompletionMessageToolCalls"]["items"]["oneOf"].append(ref("LookupCall"))
    return document


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return a folder with the package that comes of the evolved document."""
    folder = tmp_path_factory.mktemp("evolution")
    (folder / "tomorrow.json").write_text(json.dumps(evolved()))
    assert main(["generate", "--spec", str(folder / "tomorrow.json"), "--output", str(folder)]) == 0
    return folder


def test_nothing_had_to_be_edited(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The overlay and the configuration still apply; one shared name gives way, and that is said."""
    main(["generate", "--check"])
    today = capsys.readouterr().err.splitlines()
    main(["generate", "--spec", str(folder / "tomorrow.json"), "--output", str(folder), "--check"])
    notes = [line for line in capsys.readouterr().err.splitlines() if "ChoiceFinishReason is taken" not in line]
    assert [line for line in notes if line not in today] == []


def test_it_type_checks(folder: Path) -> None:
    """The package, and what users write with what is new in it; what is wrong with that is refused."""
    (folder / "use.py").write_text(USE)
    assert type_errors(folder, PACKAGE, "use.py", cache=CACHE) == []
    (folder / "use.py").write_text(USE + REFUSED)
    lines = {int(line.split(":")[1]) for line in type_errors(folder, "use.py", cache=CACHE)}
    first = len(USE.splitlines()) + 1
    assert lines == set(range(first, first + len(REFUSED.splitlines())))


def test_it_runs(folder: Path) -> None:
    """Decoding finds the new classes and values, and loses nothing; sending takes dicts, models and datetimes."""
    command = [sys.executable, "-W", "error", "-c", RUN]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_default_is_only_told(folder: Path) -> None:
    """A default is documentation: it is in the prose, and never sent."""
    text = (folder / PACKAGE / "params.py").read_text()
    assert "The server's default is low." in text
    assert (
        "'low'"
        not in (folder / PACKAGE / "models" / "create_chat_completion_request.py").read_text().split("def from_dict")[1]
    )


def test_create_takes_a_new_field_with_no_edit_to_the_client(folder: Path) -> None:
    """The hand-written client learns the fields of a request from the generated package."""
    code = """
from chat_completions._contract.request_body import request_body
request = {"model": "m", "messages": [], "creativity": "high"}
assert request_body(request, None, None) == request
"""
    environment = {**os.environ, "PYTHONPATH": f"{folder}{os.pathsep}{ROOT / 'overrides'}"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
