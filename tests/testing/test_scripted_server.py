"""What the scripted server answers, to every kind of client, over real sockets."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from chat_completions import APIResponseValidationError, BadRequestError, Client, InternalServerError, RateLimitError
from chat_completions.local.contract import Contract, packaged_document
from chat_completions.models import ChatCompletion, ChatCompletionMessage
from chat_completions.testing import ReceivedRequest, Script, ScriptedServer, ScriptError
from tests.client.conftest import MESSAGES, SyncApi

CALLS = [("get_weather", {"city": "Paris"}), {"name": "now", "arguments": "{}"}]
WIRE_CALL = {"id": "call_9", "type": "function", "function": {"name": "f", "arguments": '{"a":1}'}}


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as server:
        yield server


@pytest.fixture
def client(server: ScriptedServer) -> Iterator[Client]:
    with Client(base_url=server.base_url, api_key="sk-mine") as client:
        yield client


def create(client: Client, **arguments: Any) -> Any:
    return client.chat.completions.create(**{"model": "m", "messages": MESSAGES, **arguments})


def folded(client: Client, **arguments: Any) -> Any:
    """Stream, and give the completion that the chunks fold to."""
    stream = create(client, stream=True, **arguments)
    list(stream)
    assert not stream.anomalies
    return stream.completion


def test_a_text_answers_with_and_without_a_stream(api: SyncApi) -> None:
    """One reply serves both ways of asking, for every kind of client."""
    with ScriptedServer() as server:
        client = api.client(base_url=server.base_url)
        server.reply("Hello there", "Good bye")
        completion = api.create(client)
        assert completion.choices[0].message.content == "Hello there"
        assert completion.choices[0].finish_reason == "stop"
        assert api.texts(api.create(client, stream=True)) == ["Good", " bye"]


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
@pytest.mark.parametrize(
    ("said", "options"),
    [
        ("Hello there, you.", {}),
        ("", {}),
        (None, {"tool_calls": CALLS}),
        ("Let me see.", {"tool_calls": CALLS}),
        (None, {"tool_calls": [WIRE_CALL]}),
        (None, {"refusal": "I will not say that."}),
        ("Four.", {"reasoning": "Two and two."}),
        ("Cut o", {"finish_reason": "length", "usage": {"prompt_tokens": 7}}),
        ({"content": "a message", "annotations": []}, {}),
        (
            {"choices": [{"index": 0, "message": {"role": "assistant", "content": "whole"}, "finish_reason": "stop"}]},
            {},
        ),
    ],
)
def test_what_is_said_arrives_and_keeps_to_the_contract(
    server: ScriptedServer, client: Client, said: Any, options: dict[str, Any], stream: bool
) -> None:
    """A stream folds to the same message as the plain answer, and both are what the specification says."""
    server.reply(*([] if said is None else [said]), **options)
    plain = {} if not stream else {"stream_options": {"include_usage": True}}
    completion = (folded(client, **plain) if stream else create(client)).to_dict()
    message = completion["choices"][0]["message"]
    if isinstance(said, str):
        assert message["content"] == said
    for call, wanted in zip(message.get("tool_calls") or (), options.get("tool_calls", ()), strict=True):
        name, arguments = wanted if isinstance(wanted, tuple) else (None, None)
        if name is not None:
            assert (call["function"]["name"], json.loads(call["function"]["arguments"])) == (name, arguments)
    assert message.get("refusal") == options.get("refusal")
    assert message.get("reasoning_content") == options.get("reasoning")
    usual = "tool_calls" if "tool_calls" in options else "stop"
    assert completion["choices"][0]["finish_reason"] == options.get("finish_reason", usual)
    if "usage" in options:
        assert completion["usage"]["prompt_tokens"] == 7
        assert completion["usage"]["total_tokens"] == 7 + completion["usage"]["completion_tokens"]
    if not isinstance(said, dict):
        contract = Contract(packaged_document())
        assert contract.response_fault("createChatCompletion", completion) is None


def test_chunks_keep_to_the_contract(server: ScriptedServer) -> None:
    """Each event of a scripted stream is a chunk as the specification has it, the first with the role."""
    server.reply("Two words", tool_calls=CALLS).stream(["Two", {"reasoning_content": "hm"}, " words"])
    contract = Contract(packaged_document())
    body = {"model": "m", "messages": MESSAGES, "stream": True, "stream_options": {"include_usage": True}}
    for _ in range(2):
        response = httpx.post(f"{server.base_url}/chat/completions", json=body, trust_env=False)
        *events, done, rest = response.text.split("\n\n")
        assert (done, rest) == ("data: [DONE]", "")
        chunks = [json.loads(event.removeprefix("data: ")) for event in events]
        for chunk in chunks:
            assert contract.response_fault("createChatCompletion", chunk, media_type="text/event-stream") is None
        assert chunks[0]["choices"][0]["delta"]["role"] == "assistant"
        assert chunks[-1]["choices"] == [] and chunks[-1]["usage"]["total_tokens"] > 0
        assert len({chunk["id"] for chunk in chunks}) == 1


def test_models_and_what_other_libraries_have(server: ScriptedServer, client: Client) -> None:
    """Completions and messages are taken as models, ours or pydantic's, and unknown fields are not lost."""
    pydantic = pytest.importorskip("pydantic")
    first = create(client)
    server.reply(first, first.choices[0].message)
    assert create(client) == first
    assert create(client).choices[0].message.content == first.choices[0].message.content

    class Message(pydantic.BaseModel):  # type: ignore[misc]
        role: str = "assistant"
        content: str

    server.reply(Message(content="of pydantic"), ChatCompletionMessage.from_dict({"content": "x", "extra": 5}))
    assert create(client).choices[0].message.content == "of pydantic"
    assert create(client).choices[0].message.extra == 5


def test_answers_do_not_follow_later_changes(server: ScriptedServer, client: Client) -> None:
    """What a test does to its dict after it scripted it changes no answer."""
    message = {"content": "before"}
    server.reply(message, times=2)
    message["content"] = "after"
    assert [create(client).choices[0].message.content for _ in range(2)] == ["before", "before"]


def test_several_choices(server: ScriptedServer, client: Client) -> None:
    """A text answers all choices that were asked for; a completion has its own."""
    server.reply("same")
    assert [choice.message.content for choice in create(client, n=3).choices] == ["same"] * 3
    choices = [{"index": i, "message": {"content": f"{i}"}, "finish_reason": "stop"} for i in range(2)]
    server.reply({"choices": choices}, times=2)
    assert [choice.message.content for choice in create(client, n=2).choices] == ["0", "1"]
    assert [choice.message.content for choice in folded(client, n=2).choices] == ["0", "1"]


def test_a_function_answers(server: ScriptedServer, client: Client) -> None:
    """A function of the request gives a reply, a fault, or leaves it to the local server; it may be async."""

    async def later(request: ReceivedRequest) -> str:
        return f"later: {request.body['model']}"

    server.reply(lambda request: request.body["messages"][0]["content"].upper(), later)
    server.reply(lambda request: Script().fail(429, retry_after=0.001), lambda request: None)
    assert create(client).choices[0].message.content == "HELLO"
    assert create(client).choices[0].message.content == "later: m"
    assert create(client).choices[0].message.content.startswith("You said: Hello")
    assert len(server.requests) == 4


def test_a_function_that_fails_fails_the_test() -> None:
    """What a function raises is raised again where the server is left, even if the code under test hides it."""
    with pytest.raises(AssertionError, match="no temperature"):
        with ScriptedServer() as server, Client(base_url=server.base_url) as client:

            def check(request: ReceivedRequest) -> str:
                assert "temperature" in request.body, "no temperature"
                return "never"

            server.reply(check)
            with pytest.raises(InternalServerError, match="AssertionError in the test: no temperature"):
                create(client)
            assert len(server.requests) == 1  # and was not tried again


def test_without_a_script_it_is_the_local_server(server: ScriptedServer, client: Client) -> None:
    """What the script does not answer is answered deterministically, stored and listed."""
    assert create(client, store=True).choices[0].message.content.startswith("You said: Hello")
    server.reply("scripted")
    create(client, store=True, metadata={"by": "script"})
    assert create(client).choices[0].message.content.startswith("You said: Hello")
    assert [item.choices[0].message.content for item in client.chat.completions.list(metadata={"by": "script"})] == [
        "scripted"
    ]
    assert len(list(client.chat.completions.list())) == 2


def test_always(server: ScriptedServer, client: Client) -> None:
    """A standing answer serves whatever the script has no answer for."""
    server.always("again").reply("first")
    assert [create(client).choices[0].message.content for _ in range(3)] == ["first", "again", "again"]
    server.always(Script().fail(400))
    with pytest.raises(BadRequestError):
        create(client)


def test_pages(server: ScriptedServer, client: Client) -> None:
    """Pages are scripted as well, and followed by the client."""
    one, two = ({"id": f"chatcmpl-{n}", "object": "chat.completion", "choices": []} for n in "12")
    server.page([one], has_more=True).page([ChatCompletion.from_dict(two)])
    assert [item.id for item in client.chat.completions.list(limit=1)] == ["chatcmpl-1", "chatcmpl-2"]
    assert [dict(request.query) for request in server.requests] == [
        {"limit": "1"},
        {"limit": "1", "after": "chatcmpl-1"},
    ]


@pytest.mark.parametrize(("validate", "answer"), [(True, None), (False, "fine")])
def test_requests_are_checked_before_the_script_answers(validate: bool, answer: str | None) -> None:
    """What the specification does not allow is refused, and the answer stays for the next request."""
    with ScriptedServer(validate=validate) as server, Client(base_url=server.base_url) as client:
        server.reply("fine")
        if answer:
            assert create(client, temperature=7).choices[0].message.content == answer
            return
        with pytest.raises(BadRequestError) as refused:
            create(client, temperature=7)
        assert refused.value.param == "temperature"
        assert server.unused == 1
        assert create(client).choices[0].message.content == "fine"
        assert "refused" in server.account()


def test_keys_are_asked_for_before_the_script_answers() -> None:
    """With keys, only one of them gets an answer; a fault needs none."""
    with ScriptedServer(api_keys=["sk-right"]) as server:
        assert server.environment["OPENAI_BASE_URL"] == server.base_url
        assert {value for name, value in server.environment.items() if name.endswith("_KEY")} == {"sk-right"}
        server.reply("x").html(502)
        url, body = f"{server.base_url}/chat/completions", {"model": "m", "messages": MESSAGES}
        rows = [("sk-wrong", 401), ("sk-right", 200), ("sk-wrong", 502)]
        for key, status in rows:
            headers = {"authorization": f"Bearer {key}"}
            assert httpx.post(url, json=body, headers=headers, trust_env=False).status_code == status


def test_what_was_asked_is_remembered(server: ScriptedServer, client: Client) -> None:
    """Method, path, query, headers, body and time of each request are there, and no secret shows in a repr."""
    with pytest.raises(LookupError, match="no request yet"):
        _ = server.last
    begin = time.time()
    create(
        client, extra_headers={"X-Team": "blue", "Cookie": "id=very-secret"}, extra_query={"key": "q-secret", "a": "b"}
    )
    request = server.last
    assert (request.method, request.path) == ("POST", "/v1/chat/completions")
    assert request.query == {"key": "q-secret", "a": "b"}
    assert request.headers["AUTHORIZATION"] == "Bearer sk-mine"
    assert request.headers["x-team"] == "blue"
    assert request.body == {"model": "m", "messages": MESSAGES} == json.loads(request.content)
    assert begin <= request.time <= time.time()
    for shown in (repr(request), repr(server.requests), repr(request.headers), str(request), server.account()):
        assert not any(secret in shown for secret in ("sk-mine", "very-secret", "q-secret"))
    assert "application/json" in repr(request) and "blue" not in repr(request)


def test_bodies_that_are_no_json(server: ScriptedServer) -> None:
    """Whatever arrives is remembered, and refused as the API does."""
    url = f"{server.base_url}/chat/completions"
    server.reply("never").reply("x")
    for content in (b"", b"{", b"\xff\xfe", b"[" * 5000, b"a=b"):
        response = httpx.post(url, content=content, headers={"content-type": "application/json"}, trust_env=False)
        assert response.status_code == 400
        assert (server.last.content, server.last.body) == (content, None)
    assert server.unused == 2
    assert httpx.get(f"{server.url}/v1/models", trust_env=False).status_code == 404
    assert server.last.path == "/v1/models"
    assert server.unused == 2


def test_addresses_of_other_vendors(server: ScriptedServer) -> None:
    """A path that ends as the API's does is served, by the script and by the local server."""
    url = f"{server.url}/openai/deployments/gpt/chat/completions?api-version=2024-10-21"
    server.reply("by script")
    for start in ("by script", "You said: Hello"):
        answer = httpx.post(url, json={"model": "m", "messages": MESSAGES}, trust_env=False).json()
        assert answer["choices"][0]["message"]["content"].startswith(start)
    assert server.last.query["api-version"] == "2024-10-21"


def test_many_at_once(server: ScriptedServer, client: Client) -> None:
    """Each of many requests at once gets an answer of its own, and a slow function holds up nobody."""
    free = threading.Event()

    def slow(request: ReceivedRequest) -> str:
        assert free.wait(10)
        return "slow"

    server.reply(slow).reply(*map(str, range(40)))
    with ThreadPoolExecutor(20) as pool:
        first = pool.submit(create, client)
        server.wait_for_requests(1)
        texts = [answer.choices[0].message.content for answer in pool.map(lambda _: create(client), range(40))]
        assert sorted(texts, key=int) == list(map(str, range(40)))
        free.set()
        assert first.result().choices[0].message.content == "slow"


def test_waiting_for_requests(server: ScriptedServer, client: Client) -> None:
    """A test can wait for what happens in the background, for a limited time."""
    asking = threading.Thread(target=create, args=(client,))
    asking.start()
    assert server.wait_for_requests(1)[0].body["model"] == "m"
    asking.join()
    with pytest.raises(TimeoutError, match="1 of 2 requests arrived within"):
        server.wait_for_requests(2, timeout=0.05)


def test_an_exact_script() -> None:
    """With `exact`, an unused answer and a request without an answer are failures."""
    with pytest.raises(ScriptError, match=r"the rest of the script was not used \(a reply, status 500\)"):
        with ScriptedServer(exact=True) as server:
            server.reply("never").fail()
    with pytest.raises(ScriptError, match=r"request 2, POST .*: the script is over"):
        with ScriptedServer(exact=True) as server, Client(base_url=server.base_url) as client:
            server.reply("once")
            create(client)
            with pytest.raises(InternalServerError):
                create(client)
            assert len(server.requests) == 2
    with ScriptedServer(exact=True) as server, Client(base_url=server.base_url) as client:
        server.reply("once").reply("never")
        create(client)
        server.clear()
    with pytest.raises(ZeroDivisionError), ScriptedServer(exact=True) as server:
        server.reply("never")
        raise ZeroDivisionError  # which is not hidden by what else is wrong


@pytest.mark.parametrize("script", [Script().stream(["a"]), Script().reply("a")])
def test_an_answer_that_does_not_fit_the_request(script: Script) -> None:
    """A stream for a request without `stream`, and a completion for a list request, are errors of the test."""
    with pytest.raises(ScriptError, match="the script's next answer is"):
        with ScriptedServer() as server, Client(base_url=server.base_url) as client:
            server.reply(lambda request: script)
            with pytest.raises(InternalServerError, match="the script's next answer is"):
                create(client) if "stream" in repr(script._entries[0]) else client.chat.completions.list()


def test_other_json_is_sent_as_it_is(server: ScriptedServer, client: Client) -> None:
    """A reply may be what no API sends."""
    server.reply({"odd": [1, None]}, {"error": {"message": "hidden in a 200"}})
    with pytest.raises(APIResponseValidationError) as caught:
        create(client)
    assert caught.value.body == {"odd": [1, None]}
    assert httpx.post(
        f"{server.base_url}/chat/completions", json={"model": "m", "messages": MESSAGES}, trust_env=False
    ).json() == {"error": {"message": "hidden in a 200"}}


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda s: s.reply(), "needs a string"),
        (lambda s: s.reply(5), "not int"),
        (lambda s: s.reply(None), "not NoneType"),
        (lambda s: s.reply(["a", "b"]), r"reply\(\*values\)"),
        (lambda s: s.reply({"content": object()}), "not a JSON value"),
        (lambda s: s.reply({"content": float("nan")}), "not a JSON value"),
        (lambda s: s.reply({"object": "chat.completion.chunk", "choices": []}), r"stream\(\[chunk"),
        (lambda s: s.reply(tool_calls=["get_weather"]), "a tool call is"),
        (lambda s: s.reply(lambda request: "x", refusal="no"), "a function returns the whole answer"),
        (lambda s: s.reply({"choices": []}, refusal="no"), "not with a completion"),
        (lambda s: s.reply("x", times=0), "times must be"),
        (lambda s: s.reply("x", delay=-1), "delay must be"),
        (lambda s: s.stream("text"), "list of parts"),
        (lambda s: s.stream({"content": "x"}), "list of parts"),
        (lambda s: s.stream([None]), "a part must be"),
        (lambda s: s.stream([True]), "a part must be"),
        (lambda s: s.stream([-1.0]), "pause must be"),
        (lambda s: s.stream(["x"], split=0), "split must be"),
        (lambda s: s.stream(["x"], cut_after=-1), "cut_after must be"),
        (lambda s: s.stream(["x"], chunk_delay=float("nan")), "chunk_delay must be"),
        (lambda s: s.fail(99), "status must be"),
        (lambda s: s.fail(200), "status must be from 400"),
        (lambda s: s.fail(399), "status must be from 400"),
        (lambda s: s.fail(429, retry_after=-1), "retry_after must be"),
        (lambda s: s.raw("x", status=700), "status must be"),
        (lambda s: s.always(Script()), "one answer is needed"),
        (lambda s: s.always(Script().reply("a", "b")), "not 2"),
    ],
)
def test_an_invalid_entry_is_refused_when_it_is_added(wrong: Any, message: str) -> None:
    """A mistake in a script is an error in the test's own line."""
    with pytest.raises((TypeError, ValueError), match=message):
        wrong(Script())


def test_a_function_must_return_an_answer() -> None:
    """A function that does not return a valid answer fails the test with the reason."""
    for value, message in ((5, "not int"), (lambda: "x", "returned a function")):
        with pytest.raises(TypeError, match=message):
            with ScriptedServer() as server, Client(base_url=server.base_url) as client:
                server.reply(lambda request, value=value: value)
                with pytest.raises(InternalServerError, match="TypeError in the test"):
                    create(client)


def test_programs_of_their_own(server: ScriptedServer) -> None:
    """A program gets to the server through its environment."""
    server.reply("in another process")
    code = (
        "from chat_completions import Client\n"
        "with Client() as client:\n"
        "    messages = [{'role': 'user', 'content': 'x'}]\n"
        "    print(client.chat.completions.create(model='m', messages=messages).choices[0].message.content)"
    )
    environment = {**os.environ, **server.environment}
    result = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert result.stdout == "in another process\n"


def test_starting_and_stopping_is_quick_and_leaves_nothing() -> None:
    """A server for every test costs little: hundredths of a second, and no thread stays."""
    ScriptedServer()
    threads = set(threading.enumerate())
    took = []
    for _ in range(10):
        begin = time.perf_counter()
        with ScriptedServer() as server, Client(base_url=server.base_url) as client:
            server.reply("x")
            create(client)
        took.append(time.perf_counter() - begin)
    assert min(took) < 1  # the machine may be busy with something else
    assert repr(server).endswith(", 1 request, 0 answers left>")
    assert set(threading.enumerate()) <= threads


@pytest.mark.parametrize("missing", ["uvicorn", "starlette", "jsonschema"])
def test_a_missing_extra_says_what_to_install(missing: str) -> None:
    """Without the extra the class says what to install, and the names can be imported all the same."""
    code = (
        f"import sys; sys.modules[{missing!r}] = None\n"
        "from chat_completions.testing import *\n"
        "Script().reply('x').stream(['y']).fail()\n"
        "try: ScriptedServer()\n"
        "except ImportError as error: print(error)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "pip install 'chat-completions-client[testing]'" in result.stdout


def test_rate_limits_of_the_scripted_error(server: ScriptedServer, client: Client) -> None:
    """An error has the API's shape, its usual words, and the headers that it is given."""
    server.fail(429, code="insufficient_quota", headers={"X-RateLimit-Limit-Requests": "60"})
    with pytest.raises(RateLimitError, match="quota") as failed:
        create(client)
    assert (failed.value.code, failed.value.type) == ("insufficient_quota", "insufficient_quota")
    assert failed.value.response.headers["x-ratelimit-limit-requests"] == "60"
    assert failed.value.request_id == "req_scripted_1"
    assert len(server.requests) == 1
