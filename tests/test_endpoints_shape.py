"""The endpoint modules by themselves: their functions, what they send and what they make of a response; no network."""

from __future__ import annotations

import inspect
import json
from importlib.resources import files
from types import ModuleType
from typing import Any

import httpx
import pytest

from chat_completions_api.api.chat import create_chat_completion, list_chat_completions
from chat_completions_api.client import AuthenticatedClient
from chat_completions_api.errors import UnexpectedContent, UnexpectedStatus
from chat_completions_api.models import (
    ChatCompletion,
    ChatCompletionList,
    ChatCompletionUserMessage,
    CreateChatCompletionRequest,
    ErrorResponse,
)

MODULES = [create_chat_completion, list_chat_completions]
KINDS = ("sync", "sync_detailed", "asyncio", "asyncio_detailed")


@pytest.mark.parametrize("module", MODULES)
def test_the_four_functions_take_the_same(module: ModuleType) -> None:
    """They differ in what they return and in whether they are awaited; all parameters are documented."""
    signatures = [inspect.signature(getattr(module, kind)) for kind in KINDS]
    assert len({tuple(signature.parameters.items()) for signature in signatures}) == 1
    assert [inspect.iscoroutinefunction(getattr(module, kind)) for kind in KINDS] == [False, False, True, True]
    parameters = signatures[0].parameters
    assert all(parameter.kind is inspect.Parameter.KEYWORD_ONLY for parameter in parameters.values())
    own = {name for name in parameters if name != "client"}
    assert own == set(inspect.signature(module._get_kwargs).parameters)
    for kind in KINDS:
        prose = inspect.getdoc(getattr(module, kind)) or ""
        assert all(f"    {name}:" in prose for name in parameters)
    assert signatures[1].return_annotation == f"Response[{signatures[0].return_annotation}]"


def test_what_a_list_request_sends() -> None:
    """Only what is given; metadata as the API reads it; null is the same as nothing."""
    assert list_chat_completions._get_kwargs() == {"method": "get", "url": "/chat/completions", "params": {}}
    sent = list_chat_completions._get_kwargs(
        model="m", metadata={"a": "b", "c d": "é"}, after="x", limit=0, order="desc"
    )["params"]
    assert sent == {"after": "x", "limit": 0, "metadata[a]": "b", "metadata[c d]": "é", "model": "m", "order": "desc"}
    assert list_chat_completions._get_kwargs(metadata=None)["params"] == {}
    query = httpx.Request("GET", "http://x", params=sent).url.query
    assert b"metadata%5Ba%5D=b" in query or b"metadata[a]=b" in query


@pytest.mark.parametrize(
    "body",
    [
        {"model": "m", "messages": [{"role": "user", "content": "é"}], "temperature": None},
        {"model": "m", "messages": [ChatCompletionUserMessage(content="é")], "temperature": None},
        CreateChatCompletionRequest(model="m", messages=[ChatCompletionUserMessage(content="é")], temperature=None),
        CreateChatCompletionRequest.from_dict(
            {"model": "m", "messages": [{"role": "user", "content": "é"}], "temperature": None}
        ),
    ],
)
def test_what_a_create_request_sends(body: Any) -> None:
    """A dict, a model, or both mixed: the same JSON, with no default added and null kept."""
    sent = create_chat_completion._get_kwargs(body=body)
    assert (sent["method"], sent["url"]) == ("post", "/chat/completions")
    assert sent["headers"] == {"Content-Type": "application/json"}
    expected = {"model": "m", "messages": [{"role": "user", "content": "é"}], "temperature": None}
    assert json.loads(sent["content"]) == expected
    assert "é".encode() in sent["content"] and b": " not in sent["content"]


def parsed(module: Any, status: int, content: bytes, **settings: Any) -> Any:
    client = AuthenticatedClient(base_url="http://x", token="t", **settings)
    return module._parse_response(client=client, response=httpx.Response(status, content=content))


def test_what_comes_of_a_response() -> None:
    """Each documented status has its type; an undocumented one raises, or gives nothing where that is wished for."""
    assert type(parsed(create_chat_completion, 200, b'{"id": "c"}')) is ChatCompletion
    assert type(parsed(create_chat_completion, 429, b'{"error": "slow"}')) is ErrorResponse
    assert type(parsed(list_chat_completions, 200, b'{"data": [{"id": "c"}]}').data[0]) is ChatCompletion
    assert type(parsed(list_chat_completions, 200, b"{}")) is ChatCompletionList
    contract = json.loads(files("chat_completions_api").joinpath("openapi.json").read_text())
    documented = contract["paths"]["/chat/completions"]["post"]["responses"]
    for status in (status for status in (201, 400, 404, 500, 529) if str(status) not in documented):
        with pytest.raises(UnexpectedStatus) as failed:
            parsed(create_chat_completion, status, b'{"error": {}}')
        assert failed.value.status_code == status and "error" in str(failed.value)
        assert parsed(create_chat_completion, status, b"{}", raise_on_unexpected_status=False) is None


@pytest.mark.parametrize(
    "content", [b"", b"<html>", b"null", b"[]", b'"text"', b"data: {}\n\n", b"\xff", b'{"a": ', b"[" * 100_000]
)
def test_a_body_that_is_no_object(content: bytes) -> None:
    """It is an error that shows the beginning of the body and hints at what may be wrong."""
    with pytest.raises(UnexpectedContent) as failed:
        parsed(create_chat_completion, 200, content)
    assert failed.value.content == content
    assert "is no JSON object" in str(failed.value) and len(str(failed.value)) < 1000
