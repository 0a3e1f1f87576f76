"""Upstream moves: what is new in a document comes out typed, with no edit by hand; and older documents go through."""

from __future__ import annotations

import copy
import gzip
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parent.parent
UPSTREAM = ROOT.parent / "shared" / "upstream"

USER = """
from __future__ import annotations

import datetime
from typing import assert_type

from chat_completions_api.models import ChatCompletion, ChatCompletionMessage, ChatCompletionNarratorMessage
from chat_completions_api.params import ChatCompletionMessageParam, CompletionCreateParamsNonStreaming

narrator: ChatCompletionMessageParam = {"role": "narrator", "content": "Once upon a time", "mood": "dark"}
params: CompletionCreateParamsNonStreaming = {
    "model": "m",
    "messages": [narrator, ChatCompletionNarratorMessage(content="x"), {"role": "user", "content": "y"}],
    "creativity": 0.5,
    "reasoning_effort": "boundless",
    "tools": [{"type": "robot", "robot": {"arms": 2}}],
}


def read(completion: ChatCompletion) -> None:
    assert_type(completion.weather, str | None)
    assert_type(completion.finished_at, datetime.datetime | None)
    if completion.choices[0].finish_reason == "tired":
        print(completion.choices[0].message)
"""

RUN = """
import sys
from chat_completions_api.models import ChatCompletion, ChatCompletionMessage, CreateChatCompletionRequest
assert "dateutil" not in sys.modules
body = {
    "weather": "fine", "finished_at": "2026-01-02T03:04:05.678Z", "id": "x",
    "choices": [{"index": 0, "finish_reason": "tired", "message": {"role": "assistant", "content": None}}],
}
completion = ChatCompletion.from_dict(body)
assert completion.to_dict() == body, completion
assert completion.finished_at.year == 2026 and completion.finished_at.utcoffset().total_seconds() == 0
assert "dateutil" in sys.modules
import copy, pickle
assert pickle.loads(pickle.dumps(completion)).to_dict() == copy.deepcopy(completion).to_dict() == body
odd = {"finished_at": "next week", "weather": 5}
assert ChatCompletion.from_dict(odd).to_dict() == odd
request = {"model": "m", "messages": [{"role": "narrator", "content": "x", "mood": "dark"}], "creativity": 1,
           "tools": [{"type": "robot", "robot": {"arms": 2}}]}
decoded = CreateChatCompletionRequest.from_dict(request)
assert type(decoded.messages[0]).__name__ == "ChatCompletionNarratorMessage", decoded
assert decoded.tools[0].robot.arms == 2
assert decoded.to_dict() == request
print("fine")
"""


def evolved() -> dict[str, Any]:
    """Give the vendored slice with something new of each kind."""
    document: dict[str, Any] = yaml.safe_load((ROOT / "openapi.yaml").read_text())
    schemas = document["components"]["schemas"]
    own = next(
        part for part in schemas["CreateChatCompletionRequest"]["allOf"] if "messages" in part.get("properties", {})
    )
    own["properties"]["creativity"] = {"type": "number", "minimum": 0, "maximum": 1}
    schemas["CreateChatCompletionResponse"]["properties"]["weather"] = {"type": "string"}
    schemas["CreateChatCompletionResponse"]["properties"]["finished_at"] = {"type": "string", "format": "date-time"}
    choice = schemas["CreateChatCompletionResponse"]["properties"]["choices"]["items"]["properties"]
    choice["finish_reason"]["enum"].append("tired")
    effort = next(part for part in schemas["ReasoningEffort"]["anyOf"] if "enum" in part)
    effort["enum"].append("boundless")
    narrator = copy.deepcopy(schemas["ChatCompletionRequestUserMessage"])
    narrator["properties"]["role"]["enum"] = ["narrator"]
    narrator["properties"]["mood"] = {"type": "string", "enum": ["dark", "light"]}
    schemas["ChatCompletionNarratorMessage"] = narrator
    schemas["ChatCompletionRequestMessage"]["oneOf"].append(
        {"$ref": "#/components/schemas/ChatCompletionNarratorMessage"}
    )
    own["properties"]["tools"]["items"]["oneOf"].append(
        {
            "type": "object",
            "required": ["type", "robot"],
            "properties": {
                "type": {"type": "string", "enum": ["robot"]},
                "robot": {"type": "object", "properties": {"arms": {"type": "integer"}}},
            },
        }
    )
    return document


def tool(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tools", *map(str, arguments)], cwd=ROOT, capture_output=True, text=True, check=False
    )


def mypy(folder: Path, *paths: str) -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable,
        "-m",
        "mypy",
        "--strict",
        "--python-version",
        "3.11",
        "--cache-dir",
        str(folder / ".cache"),
    ]
    return subprocess.run([*command, *paths], cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def regenerated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("evolved")
    (folder / "new.yaml").write_text(yaml.safe_dump(evolved(), sort_keys=False))
    result = tool("generate", "--spec", folder / "new.yaml", "--output", folder)
    assert result.returncode == 0, result.stderr
    return folder


def test_what_is_new_type_checks(regenerated: Path) -> None:
    (regenerated / "user.py").write_text(USER)
    result = mypy(regenerated, "chat_completions_api", "user.py")
    assert result.returncode == 0, result.stdout


def test_what_is_new_is_decoded_and_encoded(regenerated: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(regenerated)}
    result = subprocess.run(
        [sys.executable, "-c", RUN], cwd=regenerated, env=environment, capture_output=True, text=True, check=False
    )
    assert result.stdout == "fine\n", result.stderr


def test_create_accepts_a_new_field_without_an_edit(regenerated: Path) -> None:
    code = """
from chat_completions import _body
assert _body.request_body({"creativity": 1}, None, None) == {"creativity": 1}
print("fine")
"""
    environment = {**os.environ, "PYTHONPATH": f"{regenerated}{os.pathsep}{ROOT / 'overrides'}"}
    result = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert result.stdout == "fine\n", result.stderr


DOCUMENTS = sorted(UPSTREAM.glob("*.yaml.gz"))


@pytest.mark.skipif(not DOCUMENTS, reason="the upstream documents (../shared/upstream) are not here")
@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name[:10])
def test_every_upstream_document_goes_through(document: Path, tmp_path: Path) -> None:
    (tmp_path / "upstream.yaml").write_bytes(gzip.decompress(document.read_bytes()))
    result = tool("vendor", "--upstream", tmp_path / "upstream.yaml", "--output", tmp_path / "slice.yaml")
    assert result.returncode == 0, result.stderr
    result = tool("generate", "--spec", tmp_path / "slice.yaml", "--output", tmp_path)
    assert result.returncode == 0, result.stderr
    assert not [line for line in result.stderr.splitlines() if not line.startswith("note: ")]
    checked = mypy(tmp_path, "chat_completions_api")
    assert checked.returncode == 0, checked.stdout
    code = "from chat_completions_api import models; print(len([getattr(models, name) for name in models.__all__]))"
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    ran = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert int(ran.stdout) > 60
