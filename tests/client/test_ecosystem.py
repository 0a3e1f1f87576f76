"""What programs of the ecosystem take for granted: arguments that say nothing, requests of errors, cursors, logs."""

from __future__ import annotations

import copy
import os
import pickle
import subprocess
import sys
from typing import Any

import httpx2
import pytest

import chat_completions
from chat_completions import NOT_GIVEN, Client, NotGiven, Omit, errors, not_given, omit
from chat_completions.models import ChatCompletionMessage
from tests.client.conftest import SyncApi
from tests.client.scripted import ScriptedServer, json_reply, stream_reply

OK = json_reply({"id": "chatcmpl-1", "object": "chat.completion", "choices": []}, x_request_id="req-1")


def page(ids: list[str], more: bool) -> Any:
    data = [{"id": name, "object": "chat.completion", "choices": []} for name in ids]
    return json_reply({"object": "list", "data": data, "has_more": more}, x_request_id="req-p")


def test_arguments_that_say_nothing_are_not_sent(api: SyncApi) -> None:
    nothing: Any = {"temperature": omit, "stop": NOT_GIVEN, "stream": not_given, "extra_headers": {"x-a": Omit()}}
    options: Any = {"timeout": NOT_GIVEN, "max_retries": NOT_GIVEN, "deadline": omit, "user": None}
    with ScriptedServer(OK, page(["a"], True), page([], False)) as server:
        client = api.client(base_url=server.base_url, default_headers={"x-a": "1", "x-b": "2", "user-agent": omit})
        api.create(client, **nothing, **options)
        assert sorted(server.requests[0].json()) == ["messages", "model", "user"]
        headers = server.requests[0].headers
        assert ("x-a" in headers, headers["x-b"], "chat-completions" in headers["user-agent"]) == (False, "2", False)
        listed = api.list(client, after=omit, limit=1, order=NOT_GIVEN, max_items=omit)
        assert server.requests[1].target.endswith("?limit=1")
        assert listed.next_page_info().params == {"after": "a"}


class Fields(dict[str, Any]):
    """A mapping that stays as it is."""


def test_fields_that_say_nothing_are_left_out_of_objects_and_queries(api: SyncApi) -> None:
    """Wherever they stand, in models and iterators too; the caller's objects are not changed."""
    message = Fields(role="user", content=({"type": "text", "text": "Hi", "note": omit} for _ in range(2)), name=omit)
    answer = ChatCompletionMessage(role="assistant", content=omit)
    answer["x_seen"] = [{"by": NOT_GIVEN, "at": 1}]
    tools = [{"type": "function", "function": {"name": "f", "parameters": {"properties": {"a": omit}}}}]
    body = {"temperature": omit, "deep": {"er": [[{"a": omit}]]}, "stream": omit}
    arguments: dict[str, Any] = {"messages": [message, answer], "tools": tools, "metadata": {"a": omit, "b": "1"}}
    more: dict[str, Any] = {"temperature": 1, "extra_body": body, "extra_query": {"a": omit, "b": omit}}
    with ScriptedServer(OK, page([], False)) as server:
        client = api.client(base_url=server.base_url, default_query={"a": "1", "c": omit})
        api.create(client, **arguments, **more, validate=False)
        sent = server.requests[0].json()
        assert sent["messages"] == [
            {"role": "user", "content": [{"type": "text", "text": "Hi"}] * 2},
            {"role": "assistant", "x_seen": [{"at": 1}]},
        ]
        assert sent["tools"] == [{"type": "function", "function": {"name": "f", "parameters": {"properties": {}}}}]
        assert {*sent} == {"model", "messages", "tools", "metadata", "deep"}
        assert (sent["metadata"], sent["deep"]) == ({"b": "1"}, {"er": [[{}]]})
        assert "?" not in server.requests[0].target
        api.list(client, metadata={"a": omit, "b": "1"})
        assert server.requests[1].target.endswith("?a=1&metadata%5Bb%5D=1")
    assert message["name"] is omit and {*body} == {"temperature", "deep", "stream"} and len(tools[0]["function"]) == 2


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"stop": ["a", omit]}, errors.RequestValidationError, "/stop/1 is NOT_GIVEN, which can omit a field"),
        ({"extra_body": {"a": [omit]}}, errors.RequestValidationError, "/a/0 is NOT_GIVEN"),
        ({"extra_body": {"model": omit}}, TypeError, "missing 1 required keyword-only argument: 'model'"),
        ({"messages": NOT_GIVEN}, TypeError, "missing 1 required keyword-only argument: 'messages'"),
    ],
)
def test_what_cannot_be_left_out_is_refused(
    arguments: dict[str, Any], error: type[Exception], words: str, api: SyncApi
) -> None:
    with ScriptedServer(OK) as server:
        with pytest.raises(error, match=words):
            api.create(api.client(base_url=server.base_url), **arguments)
        assert server.requests == []


def test_they_are_one_and_false() -> None:
    assert isinstance(omit, Omit) and isinstance(NOT_GIVEN, NotGiven) and not omit and not not_given
    assert pickle.loads(pickle.dumps(omit)) is omit
    assert copy.deepcopy(NOT_GIVEN) is NOT_GIVEN
    assert repr(omit) == "NOT_GIVEN"


@pytest.mark.parametrize(("retries", "kind"), [(-1, ValueError), (None, TypeError), (1.0, TypeError), ("2", TypeError)])
def test_retries_that_cannot_be_counted_are_refused(retries: Any, kind: type[Exception], api: SyncApi) -> None:
    with ScriptedServer(OK) as server:
        with pytest.raises(kind, match="max_retries"):
            api.client(base_url=server.base_url, max_retries=retries)
        client = api.client(base_url=server.base_url)
        with pytest.raises(kind, match="max_retries"):
            client.with_options(max_retries=retries)
        for call in (api.create, api.list):
            with pytest.raises(kind, match="max_retries"):
                call(client, max_retries=retries)
        assert server.requests == []


def test_an_error_has_its_request(api: SyncApi) -> None:
    with ScriptedServer(json_reply({"error": {"message": "no"}}, 400)) as server:
        with pytest.raises(errors.BadRequestError) as refused:
            api.create(api.client(base_url=server.base_url))
    assert (refused.value.request.method, refused.value.request.url.path) == ("POST", "/v1/chat/completions")
    with pytest.raises(errors.APIConnectionError) as unreachable:
        api.create(api.client(base_url="http://127.0.0.1:9/v1", max_retries=0))
    assert unreachable.value.request.url.port == 9
    assert pickle.loads(pickle.dumps(refused.value)).request is None
    assert errors.APIError("by hand").request is None


def test_a_page_tells_where_the_next_one_begins(api: SyncApi) -> None:
    with ScriptedServer(page(["a", "b"], True), page(["c"], False), page([], True)) as server:
        client = api.client(base_url=server.base_url)
        first, last, lost = (api.list(client) for _ in range(3))
    assert (first.after, first.next_page_info(), first._request_id) == (
        "b",
        chat_completions.PageInfo({"after": "b"}),
        "req-p",
    )
    assert repr(first.next_page_info()) == "PageInfo(params={'after': 'b'})"
    assert (last.after, last.next_page_info()) == (None, None)
    with pytest.raises(errors.PaginationError):
        lost.next_page_info()
    assert first.model_dump(exclude_unset=True)["has_more"] is True


def test_a_client_tells_its_settings(api: SyncApi) -> None:
    limits = httpx2.Timeout(3)
    client = api.client(base_url="http://127.0.0.1:9/v1", organization="org", timeout=limits)
    assert (client.organization, client.project, client.timeout) == ("org", None, limits)
    assert client.with_options(timeout=None).timeout is None
    assert client.beta.chat is client.chat


@pytest.mark.slow
@pytest.mark.parametrize(
    ("environment", "told"),
    [
        ({"OPENAI_LOG": "debug"}, True),
        ({"OPENAI_LOG": "DEBUG"}, True),
        ({"OPENAI_LOG": "info"}, False),
        ({"OPENAI_LOG": "bodies"}, False),
        ({"OPENAI_LOG": "nonsense"}, False),
        ({"OPENAI_LOG": "debug", "CHAT_COMPLETIONS_LOG": "error"}, False),
        ({"OPENAI_LOG": "info", "CHAT_COMPLETIONS_LOG": "bodies"}, True),
    ],
)
def test_which_variable_turns_the_log_on(environment: dict[str, str], told: bool) -> None:
    code = """
import sys
from chat_completions import Client
Client(base_url=sys.argv[1], api_key="sk-secret").chat.completions.create(model="m", messages=[])
"""
    kept = {name: text for name, text in os.environ.items() if not name.endswith("_LOG")}
    with ScriptedServer(OK) as server:
        command = [sys.executable, "-c", code, server.base_url]
        result = subprocess.run(command, env=kept | environment, capture_output=True, text=True, check=True)
    assert ("attempt 1" in result.stderr) is told
    assert "sk-secret" not in result.stderr


def test_a_raw_response_of_a_stream_is_not_read() -> None:
    with ScriptedServer(stream_reply([b"data: [DONE]\n\n"])) as server, Client(base_url=server.base_url) as client:
        raw = client.chat.completions.with_raw_response.create(model="m", messages=[], stream=True)
        assert not raw.is_closed and raw.http_request.method == raw.method == "POST"
        raw.parse().close()
        assert raw.is_closed
        assert repr(raw) == "<RawResponse [200 Reason]>"
