"""A slice of more operations than our two: a maintainer names them, and the code is there without a hand edit."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.specs import ROOT, Json, obj, ref
from tools import vendor
from tools.__main__ import main
from tools.document import document as documents
from tools.document import yaml_writer
from tools.release import rehearsing
from tools.schema.slicing import OPERATIONS, slice_document

pytestmark = pytest.mark.slow

MORE = ("getChatCompletion", "updateChatCompletion", "deleteChatCompletion", "getChatCompletionMessages")
DOCUMENTS = sorted((ROOT.parent / "shared" / "upstream").glob("*.yaml.gz"))
TEXT = {"type": "string"}

# What a user of the generated package may do with it.
USE = """
import json
import httpx
from chat_completions_api import models
from chat_completions_api.api.chat import (
    delete_chat_completion, get_chat_completion, get_chat_completion_messages, update_chat_completion
)
from chat_completions_api.client import AuthenticatedClient
import chat_completions.models


def answer(request):
    if request.method == "DELETE":
        body = {"object": "chat.completion.deleted", "id": "c 1", "deleted": True}
    elif request.url.path.endswith("/messages"):
        message = {"role": "assistant", "content": "Hi", "refusal": None, "id": "m", "odd": 1}
        body = {"object": "list", "data": [message], "first_id": "m", "last_id": "m", "has_more": False}
    else:
        body = {"id": "c 1", "object": "chat.completion", "created": 1, "model": "m", "choices": [],
                "metadata": json.loads(request.content or b'{"metadata": {}}')["metadata"]}
    return httpx.Response(200, json={**body, "path": str(request.url.raw_path, "ascii")})

client = AuthenticatedClient(base_url="http://here", token="t")
client.set_httpx_client(httpx.Client(base_url="http://here", transport=httpx.MockTransport(answer)))
found = get_chat_completion.sync("c 1", client=client)
assert isinstance(found, models.ChatCompletion), found
assert found.to_dict()["path"] == "/chat/completions/c%201"
changed = update_chat_completion.sync("c 1", client=client, body={"metadata": {"a": "b"}})
assert changed.to_dict()["metadata"] == {"a": "b"}
gone = delete_chat_completion.sync("c 1", client=client)
assert isinstance(gone, models.ChatCompletionDeleted) and gone.deleted is True
page = get_chat_completion_messages.sync("c 1", client=client, after="m", limit=2)
assert page.to_dict()["path"] == "/chat/completions/c%201/messages?after=m&limit=2"
assert page.data[0].content == "Hi" and page.to_dict()["data"][0]["odd"] == 1
print("used")
"""


def synthetic() -> Json:
    """Return the vendored slice with four more operations, and one that nobody asks for."""
    document = documents.load((ROOT / "openapi.yaml").read_bytes(), name="openapi.yaml")
    schemas = document["components"]["schemas"]
    completion = ref("CreateChatCompletionResponse")
    schemas["ChatCompletionDeleted"] = obj(
        {"object": TEXT, "id": TEXT, "deleted": {"type": "boolean"}}, required=["deleted"]
    )
    stored = {"allOf": [ref("ChatCompletionResponseMessage"), obj({"id": TEXT}, required=["id"])]}
    listed = {"object": TEXT, "data": {"type": "array", "items": stored}, "has_more": {"type": "boolean"}}
    schemas["ChatCompletionMessageList"] = obj(listed, required=["data"])
    id = {"name": "completion_id", "in": "path", "required": True, "schema": TEXT}

    def operation(name: str, reply: Json, *parameters: Json, **parts: Json) -> Json:
        responses = {"200": {"description": "", "content": {"application/json": {"schema": reply}}}}
        return {"operationId": name, "tags": ["Chat"], "parameters": [id, *parameters], "responses": responses, **parts}

    metadata = {"required": True, "content": {"application/json": {"schema": obj({"metadata": ref("Metadata")})}}}
    paging = [
        {"name": name, "in": "query", "schema": kind}
        for name, kind in (("after", TEXT), ("limit", {"type": "integer"}))
    ]
    document["paths"]["/chat/completions/{completion_id}"] = {
        "get": operation("getChatCompletion", completion),
        "post": operation("updateChatCompletion", completion, requestBody=metadata),
        "delete": operation("deleteChatCompletion", ref("ChatCompletionDeleted")),
    }
    document["paths"]["/chat/completions/{completion_id}/messages"] = {
        "get": operation("getChatCompletionMessages", ref("ChatCompletionMessageList"), *paging),
        "post": operation("postChatCompletionMessages", ref("ChatCompletionMessageList")),
    }
    return document


def use(*packages: Path) -> None:
    """Run the user's program with the package that lies in one of these folders."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, packages))}
    done = subprocess.run([sys.executable, "-c", USE], env=environment, capture_output=True, text=True, check=False)
    assert done.stdout == "used\n", done.stderr


def test_two_commands_give_more_operations(tmp_path: Path) -> None:
    """`make vendor` with their names, then `make generate`; naming ours again leads back to what is released."""
    upstream = tmp_path / "upstream.yaml"
    upstream.write_text(yaml_writer.write(synthetic(), comment="Synthetic."), encoding="utf-8")
    copy = rehearsing.copy_project(ROOT, tmp_path / "place")
    python = copy / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    (copy / ".venv" / ".ready").touch()

    def make(*words: str) -> None:
        environment = {**os.environ, "PYTHONPATH": ""}
        done = subprocess.run(["make", *words], cwd=copy, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    make("vendor", f"UPSTREAM={upstream}", f"OPERATIONS={','.join((*OPERATIONS, *MORE))}")
    make("generate")
    use(copy / "generated", copy / "overrides")

    # The lock remembers the names, for whatever comes next.
    spec = copy / "openapi.yaml"
    six = spec.read_bytes()
    assert vendor.operations_of(spec) == sorted((*OPERATIONS, *MORE))
    make("check-lock")
    make("vendor", f"UPSTREAM={upstream}")
    assert spec.read_bytes() == six
    make("vendor", f"UPSTREAM={upstream}", f"OPERATIONS={','.join(OPERATIONS)}")
    ours = slice_document(documents.load((ROOT / "openapi.yaml").read_bytes(), name="openapi.yaml"), OPERATIONS)
    assert spec.read_text(encoding="utf-8") == yaml_writer.write(ours, comment=vendor.COMMENT)


@pytest.mark.skipif(not DOCUMENTS, reason="upstream's document is not here")
def test_upstreams_own_operations(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same with upstream's document, into a folder beside the project."""
    spec = tmp_path / "openapi.yaml"
    named = ["--operations", ",".join((*OPERATIONS, *MORE))]
    assert main(["vendor", "--upstream", str(DOCUMENTS[-1]), "--output", str(spec), *named]) == 0
    assert main(["generate", "--spec", str(spec), "--output", str(tmp_path)]) == 0
    assert capsys.readouterr().err == ""
    use(tmp_path, ROOT / "overrides")


def test_the_released_slice_has_our_operations() -> None:
    """Those that the client calls."""
    assert {*OPERATIONS} <= {*vendor.operations_of(ROOT / "openapi.yaml")}
