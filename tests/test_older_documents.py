"""Upstream's documents of other days go through vendor and generate with nothing lost, by the same overlay."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.specs import ROOT, type_errors
from tools.__main__ import main
from tools.document import document as documents
from tools.generate import PACKAGE

pytestmark = pytest.mark.slow

FOLDER = ROOT.parent / "shared" / "upstream"
DOCUMENTS = sorted(path.name for path in FOLDER.glob("*.yaml.gz"))

# The first is OpenAPI 3.0, the second is the oldest 3.1.
TYPE_CHECKED = DOCUMENTS[:2]

RUN = """\
import json
from chat_completions_api import models, params
from chat_completions_api.api.chat import create_chat_completion, list_chat_completions
print(json.dumps({name: str(getattr(models, name)) for name in models.__all__}))
assert all(getattr(params, name) for name in params.__all__)
body = {"id": "c", "object": "chat.completion.chunk", "system_fingerprint": None, "usage": None, "x_new": {"a": 1},
    "choices": [{"index": 0, "delta": {"role": "assistant", "content": None, "tool_calls": None, "reasoning": "r"},
                 "finish_reason": None, "logprobs": None}]}
chunk = models.ChatCompletionChunk.from_dict(body)
assert json.dumps(chunk.to_dict()) == json.dumps(body)
assert type(chunk.choices[0].delta) is models.ChoiceDelta and chunk.choices[0].delta.reasoning == "r"
sent = list_chat_completions._get_kwargs(model="m", metadata={"a": "b"}, limit=3)
assert sent["params"] == {"limit": 3, "metadata[a]": "b", "model": "m"}
"""


@pytest.mark.skipif(not DOCUMENTS, reason="the recorded upstream documents are not at hand")
@pytest.mark.parametrize("name", DOCUMENTS or ["none"])
def test_an_older_document(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Vendored, generated, imported, decoded; what of the overlay is about later days is a note, and nothing warns."""
    monkeypatch.chdir(tmp_path)
    assert main(["vendor", "--upstream", str(FOLDER / name), "--output", "openapi.yaml"]) == 0
    assert main(["generate", "--spec", "openapi.yaml", "--output", "."]) == 0
    error = capsys.readouterr().err
    assert all(line.startswith("note: ") for line in error.splitlines()), error
    done = subprocess.run([sys.executable, "-W", "error", "-c", RUN], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    classes = json.loads(done.stdout)
    schemas = documents.load(Path("openapi.yaml").read_bytes(), name="openapi.yaml")["components"]["schemas"]
    objects = [component for component, schema in schemas.items() if schema.get("properties")]
    assert len(classes) >= len(objects) > 30
    assert {"ChatCompletion", "ChatCompletionChunk", "ChoiceDelta", "ChatCompletionMessage"} <= classes.keys()
    if name in TYPE_CHECKED:
        assert type_errors(tmp_path, PACKAGE, cache=ROOT / ".mypy_cache" / "tests") == []
