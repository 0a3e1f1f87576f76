"""Calls over a real socket: what goes out, what comes back, what is raised. Sync and async by the same rows."""

from __future__ import annotations

import copy
import io
import pickle
import re
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import httpx2
import pytest

import chat_completions
from chat_completions import Client, errors, response_info
from chat_completions.models import ChatCompletion, ChatCompletionMessage, ChatCompletionUserMessage
from tests.client.conftest import MESSAGES, SyncApi
from tests.client.scripted import Reply, ScriptedServer, json_reply

COMPLETION = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1,
    "model": "m",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}],
}
PAGE = {"object": "list", "data": [COMPLETION], "first_id": "chatcmpl-1", "last_id": "chatcmpl-1", "has_more": False}


def test_a_completion_is_typed_and_equal_to_what_came(api: SyncApi) -> None:
    with ScriptedServer(json_reply(COMPLETION, x_request_id="req-9")) as server:
        completion = api.create(api.client(base_url=server.base_url))
    assert isinstance(completion, ChatCompletion)
    assert completion.to_dict() == COMPLETION
    assert completion.choices[0].message.content == "Hi"
    assert completion.choices[0].message.refusal is None
    assert completion._request_id == "req-9"
    info = response_info(completion)
    assert (info.status_code, info.request_id, len(info.attempts)) == (200, "req-9", 1)


def test_the_request_holds_what_the_caller_named_and_nothing_else(api: SyncApi) -> None:
    with ScriptedServer(json_reply(COMPLETION)) as server:
        api.create(api.client(base_url=server.base_url), temperature=None, extra_body={"top_k": 5})
    (request,) = server.requests
    assert request.json() == {"model": "m", "messages": MESSAGES, "temperature": None, "top_k": 5}
    assert (request.method, request.target) == ("POST", "/v1/chat/completions")
    assert request.headers["content-type"] == "application/json"
    assert request.headers["authorization"] == "Bearer sk-test"
    assert request.headers["user-agent"] == f"chat-completions-client/{chat_completions.__version__}"
    assert re.fullmatch(r"chat-completions-[0-9a-f-]{36}", request.headers["idempotency-key"])


def test_dicts_models_and_replies_may_be_mixed_in_the_messages(api: SyncApi) -> None:
    reply = ChatCompletionMessage.from_dict({"role": "assistant", "content": None, "x": [1]})
    messages: list[Any] = [ChatCompletionUserMessage(content="Hello"), reply, {"role": "user", "content": ("a",)}]
    before = copy.deepcopy(messages)
    with ScriptedServer(json_reply(COMPLETION)) as server:
        api.create(api.client(base_url=server.base_url), messages=messages)
    assert server.requests[0].json()["messages"] == [
        {"content": "Hello", "role": "user"},
        {"role": "assistant", "content": None, "x": [1]},
        {"role": "user", "content": ["a"]},
    ]
    assert messages == before


@pytest.mark.parametrize(
    ("arguments", "pointers"),
    [
        ({"temperature": float("nan")}, ["/temperature"]),
        ({"messages": [{"role": "user", "content": b"x"}]}, ["/messages/0/content"]),
        ({"stop": {"a", "b"}}, ["/stop"]),
        ({"metadata": {"a/b": object()}, "seed": float("inf")}, ["/metadata/a~1b", "/seed"]),
        ({"messages": [ChatCompletionUserMessage(content={1})]}, ["/messages/0/content"]),  # type: ignore[arg-type]
    ],
)
def test_what_json_has_not_is_refused_with_its_place_before_anything_is_sent(
    api: SyncApi, arguments: dict[str, Any], pointers: list[str]
) -> None:
    with ScriptedServer(json_reply(COMPLETION)) as server:
        with pytest.raises(errors.RequestValidationError) as caught:
            api.create(api.client(base_url=server.base_url), **arguments)
    assert [pointer for pointer, _ in caught.value.problems] == pointers
    assert all(pointer in str(caught.value) for pointer in pointers)
    assert server.requests == []


@pytest.mark.parametrize("stream", [False, True])
def test_iterators_are_sent_as_lists(api: SyncApi, stream: bool) -> None:
    """Wherever they stand; the dicts that hold them are not changed, and text that is not UTF-8 costs no entry."""
    part = {"type": "text", "text": "half \ud83d"}
    holder = {"role": "user", "content": (each for each in [part])}
    body = {"odd": {"deep": [iter([1, {"deeper": iter("ab")}])]}}
    with ScriptedServer(json_reply(COMPLETION)) as server:
        client = api.client(base_url=server.base_url)
        found = api.create(client, messages=iter([holder]), stop={"a": "b"}.values(), extra_body=body, stream=stream)
        api.chunks(found) if stream else None
    sent = server.requests[0].json()
    assert sent["messages"] == [{"role": "user", "content": [part]}] and sent["stop"] == ["b"]
    assert sent["odd"] == {"deep": [[1, {"deeper": ["a", "b"]}]]}
    assert type(holder["content"]).__name__ == "generator" and len(body["odd"]["deep"]) == 1


class Countdown:
    """What can be iterated more than once, and is not a sequence."""

    def __iter__(self) -> Iterator[Any]:
        return iter([{"role": "user", "content": "2"}, {"role": "user", "content": "1"}])


@pytest.mark.parametrize("made", [Countdown, lambda: (each for each in Countdown()), lambda: map(dict, Countdown())])
def test_iterables_survive_retries(made: Callable[[], Any], api: SyncApi) -> None:
    with ScriptedServer(json_reply({}, 500, retry_after="0"), json_reply(COMPLETION)) as server:
        api.create(api.client(base_url=server.base_url), messages=made())
    assert [request.json()["messages"] for request in server.requests] == [[*Countdown()]] * 2


def test_a_file_is_not_taken_for_a_list_of_its_lines(api: SyncApi) -> None:
    content = io.StringIO("a\nb")
    with pytest.raises(errors.RequestValidationError, match="/messages/0/content is of type 'StringIO'"):
        api.create(api.client(base_url="http://127.0.0.1:1"), messages=iter([{"role": "user", "content": content}]))


def test_what_json_has_not_is_found_in_iterators(api: SyncApi) -> None:
    with pytest.raises(errors.RequestValidationError, match="/messages/1/content is bytes"):
        bad = [{"role": "user", "content": "a"}, {"role": "user", "content": b"b"}]
        api.create(api.client(base_url="http://127.0.0.1:1"), messages=iter(bad))


def test_a_body_that_is_too_deep_is_refused(api: SyncApi) -> None:
    deep: Any = 1
    for _ in range(5000):
        deep = {"d": deep}
    with pytest.raises(errors.RequestValidationError, match="cannot be encoded: maximum recursion depth"):
        api.create(api.client(base_url="http://127.0.0.1:1"), extra_body=deep)


def test_a_body_that_contains_itself_is_refused(api: SyncApi) -> None:
    loop: list[Any] = []
    loop.append(loop)
    with pytest.raises(errors.RequestValidationError, match="/tools/0 contains itself"):
        api.create(api.client(base_url="http://127.0.0.1:1"), tools=loop)


def test_an_unknown_argument_is_a_type_error_that_knows_better(api: SyncApi) -> None:
    with pytest.raises(TypeError, match=r"'temprature'; did you mean 'temperature'.*extra_body"):
        api.create(api.client(base_url="http://127.0.0.1:1"), temprature=1)


def test_headers_and_query_win_in_order_and_none_takes_a_header_away(api: SyncApi) -> None:
    with ScriptedServer(json_reply(COMPLETION)) as server:
        client = api.client(
            base_url=server.base_url + "/",
            organization="org-1",
            project="proj-1",
            default_headers={"api-key": "azure", "AUTHORIZATION": None, "X-A": "default"},
            default_query={"api-version": "1", "b": "default"},
        )
        api.create(client, extra_headers={"x-a": "call", "openai-project": None}, extra_query={"b": "call"})
    (request,) = server.requests
    assert request.target == "/v1/chat/completions?api-version=1&b=call"
    assert request.headers["api-key"] == "azure"
    assert request.headers["x-a"] == "call"
    assert request.headers["openai-organization"] == "org-1"
    assert not {"authorization", "openai-project"} & request.headers.keys()


def test_the_environment_is_the_default(api: SyncApi, monkeypatch: pytest.MonkeyPatch) -> None:
    with ScriptedServer(json_reply(COMPLETION)) as server:
        monkeypatch.setenv("OPENAI_API_KEY", "sk-environment")
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        monkeypatch.setenv("OPENAI_ORG_ID", "org-e")
        monkeypatch.setenv("OPENAI_PROJECT_ID", "proj-e")
        api.create(api.client(api_key=None))
    headers = server.requests[0].headers
    assert headers["authorization"] == "Bearer sk-environment"
    assert (headers["openai-organization"], headers["openai-project"]) == ("org-e", "proj-e")


def test_only_the_default_server_demands_a_key(api: SyncApi) -> None:
    with pytest.raises(errors.ChatCompletionsError, match="OPENAI_API_KEY"):
        api.client(api_key=None)
    with ScriptedServer(json_reply(COMPLETION)) as server:
        api.create(api.client(api_key=None, base_url=server.base_url))
    assert "authorization" not in server.requests[0].headers


def test_a_key_may_be_a_function_and_is_asked_for_each_call(api: SyncApi) -> None:
    keys = iter(["sk-1", "sk-2"])
    with ScriptedServer(json_reply(COMPLETION)) as server:
        client = api.client(base_url=server.base_url, api_key=lambda: next(keys))
        api.create(client)
        api.create(client)
    assert [request.headers["authorization"] for request in server.requests] == ["Bearer sk-1", "Bearer sk-2"]


def test_a_key_that_no_header_can_carry_is_refused_without_showing_it(api: SyncApi) -> None:
    with pytest.raises(errors.ChatCompletionsError) as caught:
        api.create(api.client(base_url="http://127.0.0.1:1", api_key="sk-secret\r\nX: y"))
    assert "sk-secret" not in str(caught.value)


def test_one_page_is_listed_with_all_parameters(api: SyncApi) -> None:
    with ScriptedServer(json_reply(PAGE)) as server:
        page = api.list(
            api.client(base_url=server.base_url),
            model="m",
            metadata={"a": "1", "b c": "&"},
            after="x",
            limit=5,
            order="desc",
        )
    assert page.to_dict() == PAGE
    assert page.data[0].id == "chatcmpl-1"
    query = httpx.URL(server.requests[0].target).params.multi_items()
    assert sorted(query) == [
        ("after", "x"), ("limit", "5"), ("metadata[a]", "1"), ("metadata[b c]", "&"), ("model", "m"), ("order", "desc"),
    ]  # fmt: skip


STATUSES = [
    (400, errors.BadRequestError, False),
    (401, errors.AuthenticationError, False),
    (403, errors.PermissionDeniedError, False),
    (404, errors.NotFoundError, False),
    (409, errors.ConflictError, True),
    (418, errors.APIStatusError, False),
    (422, errors.UnprocessableEntityError, False),
    (429, errors.RateLimitError, True),
    (500, errors.InternalServerError, True),
    (529, errors.InternalServerError, True),
]


@pytest.mark.parametrize(("status", "kind", "retryable"), STATUSES)
def test_an_error_status_is_its_error(
    api: SyncApi, status: int, kind: type[errors.APIStatusError], retryable: bool
) -> None:
    body = {"error": {"message": "No.", "type": "t", "param": "model", "code": "c"}}
    with ScriptedServer(json_reply(body, status, x_request_id="req-2")) as server:
        with pytest.raises(errors.APIStatusError) as caught:
            api.create(api.client(base_url=server.base_url, max_retries=0))
    error = caught.value
    assert type(error) is kind
    assert (error.status_code, error.code, error.param, error.type) == (status, "c", "model", "t")
    assert (error.request_id, error.body, error.is_retryable) == ("req-2", body["error"], retryable)
    assert "No." in str(error)
    assert error.response.status_code == status
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), again.code, again.status_code, str(again)) == (kind, "c", status, str(error))
    assert copy.deepcopy(error).request_id == "req-2"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"error": "plain"}', "plain"),
        (b'{"detail": "gone"}', "gone"),
        (b'{"object": "error", "message": "flat", "code": 40}', "flat"),
        (b'[{"error": {"message": "listed"}}]', "listed"),
        (b"<html>bad gateway</html>", "HTTP 400: bad gateway"),
        (b"", "(no body)"),
        (b"\xff\xfe", "\ufffd"),
    ],
)
def test_an_error_body_of_any_form_is_told(api: SyncApi, body: bytes, message: str) -> None:
    with ScriptedServer(Reply([body], status=400)) as server:
        with pytest.raises(errors.BadRequestError, match=re.escape(message)):
            api.create(api.client(base_url=server.base_url))


@pytest.mark.parametrize("body", [b"<html>hello</html>", b"[1]", b"null", b'{"id": '])
def test_a_success_that_is_no_object_is_an_error_that_points_at_the_base_url(api: SyncApi, body: bytes) -> None:
    with ScriptedServer(Reply([body], headers={"content-type": "text/html"})) as server:
        with pytest.raises(errors.APIResponseValidationError, match="base_url"):
            api.create(api.client(base_url=server.base_url))


def test_a_refused_connection_is_a_connection_error(api: SyncApi) -> None:
    with pytest.raises(errors.APIConnectionError, match=r"127\.0\.0\.1:1") as caught:
        api.create(api.client(base_url="http://127.0.0.1:1/v1", max_retries=0))
    assert caught.value.is_retryable
    assert "cannot reach" in str(caught.value)


def test_a_silent_server_is_a_time_out(api: SyncApi) -> None:
    with ScriptedServer(Reply([b"{", 60.0, b"}"])) as server:
        with pytest.raises(errors.APITimeoutError):
            api.create(api.client(base_url=server.base_url, max_retries=0), timeout=0.05)


def test_the_connection_is_used_again(api: SyncApi) -> None:
    with ScriptedServer(json_reply(COMPLETION)) as server:
        client = api.client(base_url=server.base_url)
        for _ in range(3):
            api.create(client)
        assert server.connections == 1
        api.close(client)
        assert server.wait_until_closed()


def test_the_key_shows_nowhere(api: SyncApi) -> None:
    key = "sk-0123456789-very-secret"
    with ScriptedServer(json_reply({"error": {"message": "No."}}, 401)) as server:
        client = api.client(
            base_url=server.base_url.replace("http://", f"http://user:{key}@"), api_key="", default_headers={"x": key}
        )
        with pytest.raises(errors.AuthenticationError) as caught:
            api.create(client)
    shown = [repr(client), str(vars(client)), str(vars(client._settings)), repr(caught.value), str(caught.value)]
    shown += [str(vars(caught.value)), "".join(traceback.format_exception(caught.value))]
    shown.append(str(pickle.dumps(caught.value)))
    assert not [text for text in shown if key in text]


class _Signing(httpx.Client):
    def build_request(self, *args: Any, **kwargs: Any) -> httpx.Request:
        request = super().build_request(*args, **kwargs)
        request.headers["X-Signed"] = "yes"
        return request


@pytest.mark.parametrize("kind", [httpx.Client, httpx2.Client, _Signing])
def test_what_a_callers_http_client_adds_is_sent(kind: Any) -> None:
    """Its headers, cookies and query, and what its own way to build requests does; ours win."""
    with ScriptedServer(json_reply({"choices": []})) as server:
        more = {"X-Mine": "1", "accept": "text/plain", "AUTHORIZATION": "Bearer other"}
        with kind(headers=more, cookies={"a": "b"}, params={"q": "1"}, timeout=3) as own:
            with Client(base_url=server.base_url, api_key="k", http_client=own) as client:
                client.chat.completions.create(model="m", messages=[], extra_query={"r": "2"})
                client.chat.completions.create(model="m", messages=[])
    first, second = server.requests
    assert first.target.endswith("/chat/completions?q=1&r=2") and second.target.endswith("/chat/completions?q=1")
    assert first.headers["x-mine"] == "1" and first.headers["cookie"] == "a=b"
    assert first.headers["accept"] == "application/json" and first.headers["authorization"] == "Bearer k"
    assert ("x-signed" in first.headers) == (kind is _Signing)


def test_a_callers_http_client_is_used_and_left_open() -> None:
    with ScriptedServer(json_reply(COMPLETION)) as server, httpx.Client(headers={"x-own": "1"}) as own:
        with Client(base_url=server.base_url, http_client=own) as client:
            client.chat.completions.create(model="m", messages=[{"role": "user", "content": "Hello"}])
        assert not own.is_closed
    assert server.requests[0].headers["x-own"] == "1"
