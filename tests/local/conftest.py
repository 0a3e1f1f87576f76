"""A running local server, and the contract that its replies are held against."""

import json

import httpx
import pytest

from chat_completions.local import LocalServer
from chat_completions.local.contract import Contract, packaged_document


@pytest.fixture(scope="session")
def contract():
    return Contract(packaged_document())


@pytest.fixture(scope="session")
def server():
    with LocalServer() as server:
        yield server


@pytest.fixture(scope="session")
def client(server):
    with httpx.Client(base_url=server.base_url, trust_env=False) as client:
        yield client


@pytest.fixture
def ask(client):
    """Send one user message and further fields; return the completion."""

    def ask(content="Hello there!", **fields):
        body = {"model": "gpt-4o", "messages": [{"role": "user", "content": content}], **fields}
        response = client.post("/chat/completions", json=body)
        assert response.status_code == 200, response.text
        return response.json()

    return ask


@pytest.fixture
def stream(client, contract):
    """Send one user message with `stream: true`; return the chunks, each held against the contract."""

    def stream(content="Hello there!", **fields):
        body = {"model": "gpt-4o", "messages": [{"role": "user", "content": content}], "stream": True, **fields}
        with client.stream("POST", "/chat/completions", json=body) as response:
            assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
            events = response.read().decode().split("\n\n")
        assert events[-2:] == ["data: [DONE]", ""]
        chunks = [json.loads(event.removeprefix("data: ")) for event in events[:-2]]
        for chunk, event in zip(chunks, events, strict=False):
            fault = contract.response_fault("createChatCompletion", chunk, media_type="text/event-stream")
            # Upstream's contract has no custom call in a chunk, though its API streams them.
            assert fault is None or '"type":"custom"' in event, (fault, chunk)
        return chunks

    return stream
