"""`probe`: each verdict, against the local server with one thing changed, and the command as a user runs it."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from itertools import zip_longest
from pathlib import Path
from typing import Any

import httpx
import pytest

from chat_completions import Client
from chat_completions._streaming.timings import Gaps
from chat_completions.cli.probe import verdicts
from chat_completions.cli.probe.answers import Answer
from chat_completions.cli.probe.prober import Prober, Result
from chat_completions.cli.probe.questions import FIRST, QUESTIONS, WRONG_KEY, cost
from chat_completions.cli.probe.verdicts import MEANINGS, TIGHT, Seen
from chat_completions.cli.probe_server import is_loopback
from chat_completions.local import LocalServer
from tests.cli.commands import Command, Ended, nobody, once
from tests.client.scripted import Received, Reply, ScriptedServer, json_reply

pytestmark = pytest.mark.slow

KEY = "sk-probe-0123456789abcdef"
Change = Callable[[Any], Any]  # from the local server's reply, the chunks of a stream, to another one or a `Reply`
LIMITS = ("max_tokens", "max_completion_tokens")


def question_of(request: Received) -> str | None:
    """Give the question that a request belongs to; for `stop` and `store`, the one that was asked first."""
    if request.method == "GET":
        return "list" if "limit=1" in request.target and "metadata" not in request.target else None
    sent = request.json()
    body = {name: value for name, value in sent.items() if name not in LIMITS}
    for question in QUESTIONS:
        for ask in question.asks:
            asked = {"model": "m", **ask.body} if isinstance(ask.body, Mapping) else {}
            wrong = request.headers.get("authorization") == f"Bearer {WRONG_KEY}"
            if body == asked and (ask.limit is None or ask.limit in sent) and wrong is not ask.key:
                return question.name
    return None


class Proxy(ScriptedServer):
    """Stands before the local server, and changes what it answers to some of the questions."""

    def __init__(self, behind: LocalServer, changes: Mapping[str, Change]) -> None:
        super().__init__(self._reply)
        self._behind = httpx.Client(base_url=behind.base_url, trust_env=False)
        self._changes = changes

    def __exit__(self, *exc: object) -> None:
        super().__exit__(*exc)
        self._behind.close()

    def _reply(self, request: Received) -> Reply:
        path = request.target.partition("/v1")[2]  # a proxy gets whole URLs
        json_type = {"content-type": "application/json"}
        response = self._behind.request(request.method, path, content=request.body, headers=json_type)
        change = self._changes.get(question_of(request) or path, lambda value: value)
        if "event-stream" in response.headers["content-type"]:
            events = [block.removeprefix("data: ") for block in response.text.split("\n\n") if block]
            changed = change([json.loads(event) for event in events if event != "[DONE]"])
            return changed if isinstance(changed, Reply) else streamed(changed)
        changed = change(response.json())
        return changed if isinstance(changed, Reply) else json_reply(changed, response.status_code, x_request_id="r")


def streamed(chunks: list[Any], end: str = "data: [DONE]\n\n", **more: Any) -> Reply:
    pieces = "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks) + end
    return Reply([pieces.encode()], headers={"content-type": "text/event-stream"}, framing="chunked", **more)


def refused(status: int = 400, body: Any = None) -> Change:
    error = {"message": "Not supported here.", "type": "invalid_request_error", "param": None, "code": "no"}
    return lambda value: json_reply({"error": error} if body is None else body, status)


def with_(**members: Any) -> Change:
    """Change members of a reply."""
    return lambda value: {**value, **members}


def choice(**members: Any) -> Change:
    """Change members of the first choice of a reply, or of each choice of a stream."""

    def change(value: Any) -> Any:
        for body in value if isinstance(value, list) else [value]:
            for one in body["choices"][: None if isinstance(value, list) else 1]:
                one.update(members)
        return value

    return change


def message(**members: Any) -> Change:
    """Change members of the message of a reply; with None, they are null."""

    def change(value: Any) -> Any:
        value["choices"][0]["message"].update(members)
        return value

    return change


def both(*changes: Change) -> Change:
    def change(value: Any) -> Any:
        for one in changes:
            value = one(value)
        return value

    return change


def call(*, id: str | None = "c", name: str = "get_weather", arguments: Any = '{"city": "Ulm"}') -> dict[str, Any]:
    return {"id": id, "type": "function", "function": {"name": name, "arguments": arguments}}


def calls(*calls: Any, finish: str = "tool_calls") -> Change:
    return both(message(content=None, tool_calls=list(calls)), choice(finish_reason=finish))


def text(content: str | None, finish: str = "stop") -> Change:
    return both(message(content=content, tool_calls=None), choice(finish_reason=finish))


def last_token(**members: Any) -> Change:
    """Change the last token of the log probabilities."""

    def change(value: Any) -> Any:
        value["choices"][0]["logprobs"]["content"][-1].update(members)
        return value

    return change


def delta_text(content: str, finish: str | None = "stop") -> Change:
    """Make a stream of one text."""

    def change(chunks: Any) -> Any:
        first = {**chunks[0], "choices": [{"index": 0, "delta": {"role": "assistant", "content": content}}]}
        return [first, {**chunks[0], "choices": [{"index": 0, "delta": {}, "finish_reason": finish}]}]

    return change


def delta_arguments(arguments: str) -> Change:
    """Make a stream of one tool call."""

    def change(chunks: Any) -> Any:
        delta = {"role": "assistant", "tool_calls": [{"index": 0, **call(arguments=arguments)}]}
        first = {**chunks[0], "choices": [{"index": 0, "delta": delta}]}
        return [first, {**chunks[0], "choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]}]

    return change


def without(name: str) -> Change:
    """Leave a member out of the chunks of a stream."""
    return lambda chunks: [{key: value for key, value in chunk.items() if key != name} for chunk in chunks]


def only_choice(keeps: Callable[[Any], bool]) -> Change:
    """Keep some of the choices in the chunks of a stream."""
    return lambda chunks: [
        {**chunk, "choices": kept} for chunk in chunks if (kept := [one for one in chunk["choices"] if keeps(one)])
    ]


def in_turn(*texts: str) -> Change:
    """Give one text after the other."""
    left = list(texts)
    return lambda value: text(left.pop(0))(value)


def raised(error: Mapping[str, Any]) -> Change:
    return lambda chunks: streamed([*chunks[:2], {"error": error}])


USAGE = {"prompt_tokens": 5, "completion_tokens": 50, "total_tokens": 55}
STATION = '{"station": "K-17", "level": 3}'
# The question, the verdict, a part of its detail, the change; and whose answer is changed, if not the question's own.
ROWS: list[tuple[str, str, str, Change, str]] = [
    (name, word, says, change, changed[0] if changed else name)
    for name, word, says, change, *changed in [
        ("max-tokens", "ok", "ends at 8 tokens", lambda value: value),
        (
            "max-tokens",
            "ignored",
            "50 tokens, although the limit is 8",
            both(choice(finish_reason="stop"), with_(usage=USAGE)),
        ),
        ("max-tokens", "ignored", "more tokens", both(text("one two " * 50, "length"), with_(usage=None))),
        ("max-tokens", "unclear", "ended before", text("one", "stop")),
        ("max-tokens", "refused", "Not supported", refused()),
        ("max-completion-tokens", "refused", "Not supported", refused()),
        ("create", "ok", "finish_reason length", lambda value: value),
        ("create", "wrong", "id is None", with_(id=None)),
        ("create", "wrong", "created is '1'", with_(created="1")),
        ("create", "wrong", "without choices", with_(choices=[])),
        ("create", "wrong", "no message of the assistant", message(role="model")),
        ("create", "wrong", "finish reason 'eos'", choice(finish_reason="eos")),
        ("create", "wrong", "finish reason None", choice(finish_reason=None)),
        ("create", "wrong", "", lambda value: Reply([b"<html>hello</html>"], headers={"content-type": "text/html"})),
        ("create", "refused", "Not supported", lambda value: json_reply({"error": {"message": "Not supported here."}})),
        ("create", "refused", "HTTP 501", refused(501)),
        ("create", "failed", "HTTP 503", refused(503)),
        ("create", "failed", "HTTP 429", refused(429)),
        ("usage", "ok", "= 22 tokens", lambda value: value, "create"),
        ("usage", "wrong", "no usage", with_(usage=None), "create"),
        ("usage", "wrong", "5 + 50 is not 54", with_(usage={**USAGE, "total_tokens": 54}), "create"),
        ("usage", "wrong", "usage is", with_(usage={**USAGE, "total_tokens": "55"}), "create"),
        ("usage", "unclear", "no completion", refused(), "create"),
        ("request-id", "wrong", "no header", json_reply, "create"),
        ("stream", "ok", "chunks, finish_reason stop", lambda value: value),
        ("stream", "repaired", "repaired: changed", lambda chunks: [*chunks, {**chunks[-1], "id": "another"}]),
        ("stream", "wrong", "before it is complete", lambda chunks: streamed(chunks[:3], end="")),
        ("stream", "wrong", "finish reason", lambda chunks: streamed(chunks[:3])),
        ("stream", "refused", "overloaded", raised({"message": "overloaded", "code": 500})),
        ("stream", "failed", "", lambda chunks: streamed(chunks[:3], end="", cut=True)),
        (
            "stream",
            "wrong",
            "before it is complete",
            lambda chunks: streamed([{**chunks[0], "choices": []}]),
        ),
        ("incremental", "unclear", "no text", refused(), "stream"),
        ("stream-usage", "ok", "6 + 16 = 22", lambda value: value),
        ("stream-usage", "ignored", "no usage", without("usage")),
        ("stream-n", "ok", "two choices", lambda value: value),
        ("stream-n", "ignored", "one choice", only_choice(lambda one: one["index"] == 0)),
        (
            "stream-n",
            "wrong",
            "choice 1 has the finish reason None",
            only_choice(lambda one: not (one["index"] and one["finish_reason"])),
        ),
        ("stream-logprobs", "ok", "16 tokens", lambda value: value),
        ("stream-logprobs", "ignored", "no log", choice(logprobs=None)),
        ("stream-tools", "ok", "calls the tool", lambda value: value),
        ("stream-tools", "wrong", "not a JSON object", delta_arguments('{"city": ')),
        ("stream-tools", "repaired", "reread", delta_arguments('{"city": "Ulm"}{"city": "Ulm"}')),
        ("stream-tools", "ignored", "no tool", delta_text("Rain.")),
        ("stream-tools", "unclear", "increase --max-tokens", delta_text("Let me think", "length")),
        ("stream-json-schema", "ok", "matches", lambda value: value),
        ("stream-json-schema", "ignored", "not a JSON object", delta_text("3 m")),
        ("stream-json-schema", "ignored", "does not match", delta_text('{"station": "K-17", "level": "3"}')),
        ("stream-json-schema", "unclear", "increase --max-tokens", delta_text('{"station', "length")),
        ("text-parts", "refused", "HTTP 422", refused(422)),
        ("developer-role", "refused", "HTTP 400", refused()),
        ("tool-results", "failed", "HTTP 500", refused(500)),
        ("list", "ok", "on the page", lambda value: value),
        ("list", "refused", "HTTP 405", refused(405)),
        ("list", "wrong", "", lambda value: Reply([b"{}"])),
        ("store", "ok", "by its metadata", lambda value: value),
        ("store", "unclear", "not tested, because list is refused", refused(404), "list"),
        ("store", "unclear", "or not yet", with_(id="another")),
        ("store", "refused", "HTTP 400", refused()),
        ("sampling", "ok", "not visible", lambda value: value),
        ("sampling", "refused", "HTTP 400", refused()),
        ("n", "ok", "two choices", lambda value: value),
        ("n", "ignored", "one choice", lambda value: {**value, "choices": value["choices"][:1]}),
        ("n", "wrong", "indexes [1, 1]", choice(index=1)),
        ("stop", "ok", "stopped before", lambda value: value),
        ("stop", "unclear", "no text", text("")),
        ("stop", "unclear", "the text differs", text("A river of words flows")),
        ("seed", "unclear", "always the same", lambda value: value),
        ("seed", "unclear", "no text", text("")),
        ("seed", "ok", "different text with another", in_turn("a", "a", "b")),
        ("seed", "ignored", "differ", in_turn("a", "b", "b")),
        ("logprobs", "ok", "16 tokens", lambda value: value),
        ("logprobs", "ignored", "no log", choice(logprobs=None)),
        ("logprobs", "wrong", "no top_logprobs", last_token(top_logprobs=[])),
        ("logprobs", "wrong", "a token is", last_token(logprob=None)),
        ("json-object", "ok", "a JSON object", lambda value: value),
        ("json-object", "ignored", "fence", text('```json\n{"name": "Ulm"}\n```')),
        ("json-object", "ignored", "not a JSON object", text("Ulm is a town.")),
        ("json-object", "unclear", "increase --max-tokens", text('{"name', "length")),
        ("json-schema", "ok", "matches", lambda value: value),
        ("json-schema", "ignored", "does not match", text('{"height": 3}')),
        ("json-schema", "ignored", "does not match", text(STATION.replace("3", "true"))),
        ("tools", "ok", "finish_reason tool_calls", lambda value: value),
        ("tools", "wrong", "finish_reason is stop", calls(call(), finish="stop")),
        ("tools", "wrong", "in the text", text('<tool_call>{"name": "get_weather"}</tool_call>')),
        ("tools", "unclear", "increase --max-tokens", text('<tool_call>{"name": "get_weather"', "length")),
        ("tools", "unclear", "calls no tool", text("Rain.")),
        ("tools", "wrong", "not text but dict", calls(call(arguments={"city": "Ulm"}))),
        ("tools", "wrong", "a tool call is", calls(call(id=None))),
        ("tools", "wrong", "a tool call is", calls(None)),
        ("tools", "wrong", "calls 'weather'", calls(call(name="weather"))),
        ("tools", "wrong", "do not match", calls(call(arguments='{"town": "Ulm"}'))),
        ("tools", "unclear", "increase --max-tokens", calls(call(arguments='{"city": "U'), finish="length")),
        ("tools-required", "ok", "finish_reason tool_calls", lambda value: value),
        ("tools-required", "ignored", "calls no tool", text("Rain.")),
        ("tools-required", "wrong", "finish_reason is stop", calls(call(), finish="stop")),
        ("tools-named", "ok", "finish_reason stop", calls(call(), finish="stop")),
        ("tools-named", "ignored", "calls no tool", text("Rain.")),
        ("tools-none", "ok", "calls no tool", lambda value: value),
        ("tools-none", "ignored", "calls the tool", calls(call())),
        ("parallel-tools", "ok", "2 calls", calls(call(), call(id="d", arguments='{"city": "Bergen"}'))),
        ("parallel-tools", "unclear", "makes 1 calls", calls(call())),
        ("one-tool-call", "ok", "one call", lambda value: value),
        ("one-tool-call", "ignored", "2 calls", calls(call(), call(id="d"))),
        ("one-tool-call", "unclear", "calls no tool", text("Rain.")),
        ("unknown-model", "ok", "code model_not_found", lambda value: value),
        ("unknown-model", "ignored", "as if", lambda value: json_reply({**USAGE, "choices": []})),
        ("unknown-model", "wrong", "HTTP 400 without", refused(400, {"detail": [{"loc": []}]})),
        ("unknown-model", "wrong", "not one of 400", refused(500)),
        ("bad-parameter", "ok", "HTTP 400", lambda value: value),
        ("bad-parameter", "failed", "HTTP 429", refused(429)),
        ("bad-messages", "ok", "HTTP 400", lambda value: value),
        ("bad-messages", "wrong", "HTTP 200, and the error only in the body", refused(200)),
        ("bad-stream", "ok", "HTTP 400", lambda value: value),
        ("bad-stream", "wrong", "the error only in the body", lambda value: streamed([value])),
        ("wrong-key", "ignored", "any key", lambda value: value),
        ("wrong-key", "ok", "HTTP 401", refused(401)),
    ]
]


def results_of(base_url: str) -> dict[str, Result]:
    with Client(base_url=base_url, api_key=KEY, max_retries=0) as client:
        prober = Prober(client, client.with_options(api_key=WRONG_KEY), "m", 200)
        return {result.question.name: result for result in prober.results()}


def rounds() -> Iterator[list[tuple[str, str, str, Change, str]]]:
    """Yield rows that can be tried at once: each changes the answer to another question."""
    columns = defaultdict[str, list[Any]](list)
    for row in ROWS:
        columns["list" if row[4] == "store" else row[4]].append(row)  # the one is asked only after the other
    for rows in zip_longest(*columns.values()):
        yield [row for row in rows if row is not None]


@pytest.mark.parametrize("rows", [*rounds()], ids=lambda rows: rows[0][0])
def test_each_verdict(server: LocalServer, rows: list[tuple[str, str, str, Change, str]]) -> None:
    with Proxy(server, {row[4]: row[3] for row in rows}) as proxy:
        found = results_of(proxy.base_url)
    for name, word, says, _, _ in rows:
        assert (found[name].verdict.word, says in found[name].verdict.detail) == (word, True), found[name].verdict
    assert list(found) == [question.name for question in QUESTIONS]


def test_every_question_and_every_word_has_a_row() -> None:
    assert {row[0] for row in ROWS} == {question.name for question in QUESTIONS}
    assert {row[1] for row in ROWS} == set(MEANINGS)


# What JSON may be where an object with choices should be.
ODD: list[Any] = [
    None,
    [],
    {},
    "x",
    1,
    {"choices": None},
    {"choices": {"0": {}}},
    {"choices": [None]},
    {"choices": [{}]},
    {"choices": [{"message": "x", "delta": "x", "finish_reason": {}}]},
    {"choices": [{"message": {"content": [1], "tool_calls": {"a": 1}}, "delta": {"content": -1, "tool_calls": "x"}}]},
    {"choices": [{"message": {"tool_calls": [{"function": "x"}]}, "logprobs": {"content": "x"}}], "usage": [1]},
    {"choices": [{"message": {"role": "assistant"}, "index": "0", "finish_reason": "stop", "logprobs": []}]},
    {"data": [None, 1], "has_more": "x", "object": 3},
    {"error": None, "id": {}, "usage": {"prompt_tokens": None, "completion_tokens": "8", "total_tokens": True}},
]


@pytest.mark.parametrize("value", ODD, ids=json.dumps)
def test_odd_answers_get_verdicts(server: LocalServer, value: Any) -> None:
    def change(body: Any) -> Any:
        return streamed([value]) if isinstance(body, list) else json_reply(value)

    names = [question.name for question in QUESTIONS if question.name not in FIRST]
    with Proxy(server, dict.fromkeys(names, change)) as proxy:
        found = results_of(proxy.base_url)
    assert {found[name].verdict.word for name in names} <= set(MEANINGS)
    assert "ok" not in {
        found[name].verdict.word for name in names if name not in ("usage", "request-id", "incremental")
    }


def told(ended: Ended) -> dict[str, str]:
    """Give the verdicts of a report on standard output."""
    return {check["name"]: check["verdict"] for check in json.loads(ended.out)["checks"]}


@pytest.mark.parametrize(
    ("word", "detail", "chunks", "first", "gaps"),
    [
        ("ok", "26 chunks within 0.50 s", 26, 0.1, Gaps(25, 0.02, 0.02, 0.02, 0.02, 0.02)),
        ("wrong", "all at once", 26, 1.6, None),
        ("wrong", "all at once", 26, 1.6, Gaps(25, 0.00001, 0.0, 0.0001, 0.0001, 0.0001)),
        ("wrong", "many at once", 26, 0.6, Gaps(25, 0.02, 0.0, 0.1, 0.1, 0.1)),
        ("unclear", "all at once, but too short", 26, 0.6, None),
        ("unclear", "many at once, but too short", 26, 0.1, Gaps(25, 0.02, 0.0, 0.1, 0.1, 0.1)),
        ("unclear", "too short", 26, 0.001, Gaps(25, 0.0001, 0.0001, 0.0001, 0.0001, 0.0001)),
        ("unclear", "too short", 2, 0.6, Gaps(1, 0.5, 0.5, 0.5, 0.5, 0.5)),
        ("unclear", "no text", 0, None, None),
    ],
)
def test_chunks_that_arrive_one_by_one_are_told_from_those_of_a_buffer(
    word: str, detail: str, chunks: int, first: float | None, gaps: Gaps | None
) -> None:
    seen = Seen(200)
    seen.answers["stream"] = [Answer(chunks=chunks, first=first, gaps=gaps)]
    verdict = verdicts.incremental([], seen)
    assert verdict.word == word and detail in verdict.detail


def test_it_asks_what_it_says_and_no_more(tmp_path: Path, server: LocalServer) -> None:
    with Proxy(server, {}) as proxy:
        ended = Command(tmp_path)("probe", proxy.base_url, "--json", "-", "--max-tokens", "50")
    found = told(ended)
    del found["incremental"]  # that a server is slow or fast is nothing to count on
    assert ended.code == 0 and set(found.values()) == {"ok", "ignored", "unclear"}
    requests, tokens = cost(50)
    assert f"{requests} requests" in ended.err and f"{tokens:,} answer tokens" in ended.err
    assert len(proxy.requests) == requests
    sent = [request.json() for request in proxy.requests if request.method == "POST"]
    limits = [[body[name] for name in LIMITS if name in body] for body in sent]
    assert all(len(limit) == 1 for limit in limits)
    assert sum(limit[0] * body.get("n", 1) for limit, body in zip(limits, sent, strict=True)) == tokens
    assert {body["model"] for body in sent} == {"m", "missing-model-of-the-probe"}
    json.loads(ended.out)


def test_answers_are_limited_by_the_newer_field_if_the_older_one_is_refused(server: LocalServer) -> None:
    with Proxy(server, {"max-tokens": refused()}) as proxy:
        results_of(proxy.base_url)
    sent = [request.json() for request in proxy.requests if request.method == "POST"]
    assert [LIMITS[0] in body for body in sent] == [True] + [False] * (len(sent) - 1)
    assert [body.get(LIMITS[1]) for body in sent[:3]] == [None, TIGHT, 16]


def test_the_table_and_the_reports(command: Command, tmp_path: Path) -> None:
    ended = command("probe", "--markdown", "report.md", "--json", "report.json")
    assert ended.code == 0
    lines = ended.out.splitlines()
    report = json.loads((tmp_path / "report.json").read_text())
    for line, check in zip(lines, report["checks"], strict=False):
        assert line.startswith(f"{check['verdict']:<10}{check['name']} ") and check["detail"] in line
    counts = ", ".join(f"{count} {word}" for word, count in report["counts"].items())
    assert lines[len(report["checks"]) :][:2] == ["", counts] and report["model"] == "m"
    assert report["tokens"] > 0 and f"{report['tokens']:,} tokens were used" in lines[-1]
    markdown = (tmp_path / "report.md").read_text()
    assert markdown.startswith("# `http://127.0.0.1:") and counts in markdown
    for check in report["checks"]:
        assert f"\n| {check['name']} | {check['what']} | {check['verdict']} | " in markdown
    assert command("probe", "--markdown", "-").out.count("\n| ") == len(report["checks"]) + 1


def test_what_differs_from_the_specification_is_listed(tmp_path: Path, server: LocalServer) -> None:
    def change(value: Any) -> Any:
        del value["choices"][0]["message"]["role"]
        return {**value, "timings": {}}

    changes = {"create": change, "stream": lambda chunks: [*chunks, {**chunks[-1], "id": "another"}]}
    with Proxy(server, changes) as proxy:
        ended = Command(tmp_path)("probe", proxy.base_url, "--markdown", "report.md")
    markdown = (tmp_path / "report.md").read_text()
    for said in (ended.out, markdown):
        assert "changed /id (stream)" in said and "field timings at timings" in said
        assert "choices[].message.role: missing (create)" in said


def test_text_of_a_server_stays_text(tmp_path: Path, server: LocalServer) -> None:
    hostile = "a | b\n# c `d` <script> \x1b[2J *e* " + KEY
    with Proxy(server, {"n": refused(400, {"error": {"message": hostile}})}) as proxy:
        command = Command(tmp_path)
        shown = command.at_terminal("probe", proxy.base_url, "--markdown", "report.md", OPENAI_API_KEY=KEY).out
        piped = command("probe", proxy.base_url, "--json", "-", OPENAI_API_KEY=KEY).out
    markdown = (tmp_path / "report.md").read_text()
    assert "\x1b[2J" not in shown and "a | b" in shown
    assert r"a \| b # c \`d\` \<script\>" in markdown
    assert KEY not in shown + piped + markdown


REQUIRED = [
    (("--require", "stream,create", "--require", "n"), 0, None),
    (("--require", "stream, tools-required"), 0, None),
    (("--require", "n,logprobs"), 1, "required, but not supported: n"),
    (("--require", "text-parts,parallel-tools,n"), 1, "not supported: text-parts, parallel-tools"),
]


def test_the_exit_code_says_if_all_is_there_that_is_required(tmp_path: Path, server: LocalServer) -> None:
    changes: list[dict[str, Change]] = [{}, {"stream": lambda chunks: [*chunks, {**chunks[-1], "id": "another"}]}]
    changes += [{"n": lambda value: {**value, "choices": value["choices"][:1]}}, {"text-parts": refused()}]
    for (arguments, code, says), changed in zip(REQUIRED, changes, strict=True):
        with Proxy(server, changed) as proxy:
            ended = Command(tmp_path)("probe", proxy.base_url, *arguments)
        assert ended.code == code and (says is None or says in ended.err), ended
    wrong = Command(tmp_path)("probe", "http://127.0.0.1:9/v1", "--require", "stream,toolz")
    assert wrong.code == 2 and "unknown check toolz" in wrong.err and "tools-required" in wrong.err


def test_a_server_elsewhere_gets_nothing_without_consent(tmp_path: Path, server: LocalServer) -> None:
    with Proxy(server, {}) as proxy:
        address = proxy.base_url.removesuffix("/v1")
        command, url = Command(tmp_path), "http://models.example/v1"
        piped = command("probe", url, HTTP_PROXY=address, stdin=b"y\n")
        assert piped.code == 2 and "--yes" in piped.err
        for answer in (b"n\n", b"\n", b"\x04"):
            ended = command.at_terminal("probe", url, HTTP_PROXY=address, types=once(b"[y/N]", answer))
            assert ended.code == 2 and "nothing was sent" in ended.out
        assert proxy.requests == []
        agreed = command.at_terminal("probe", url, HTTP_PROXY=address, types=once(b"[y/N]", b"y\n"))
        assert agreed.code == 0 and len(proxy.requests) == cost(256)[0]
        assert command("probe", url, "--yes", HTTP_PROXY=address).code == 0
    assert {request.target.partition("/v1")[0] for request in proxy.requests} == {"http://models.example"}


def test_which_hosts_are_this_machine() -> None:
    for host in ("localhost", "a.localhost", "127.0.0.1", "127.1.2.3", "[::1]", "LOCALHOST:8000"):
        assert is_loopback(f"http://{host}/v1"), host
    for host in ("localhost.example", "10.0.0.1", "0.0.0.0", "[::2]", "example.com", "127.0.0.1.example"):
        assert not is_loopback(f"http://{host}/v1"), host


def test_the_model_is_the_first_that_the_server_lists(tmp_path: Path, server: LocalServer) -> None:
    def listed(value: Any) -> Reply:
        return json_reply({"object": "list", "data": [{"id": "first"}, {"id": "second"}]})

    with Proxy(server, {"/models": listed}) as proxy:
        ended = Command(tmp_path)("probe", proxy.base_url, "--json", "-", CHAT_COMPLETIONS_MODEL=None)
    assert ended.code == 0 and json.loads(ended.out)["model"] == "first" and "the first model" in ended.err
    for value in ({"data": []}, [], {"error": {"message": "no"}}):
        with Proxy(server, {"/models": lambda _, value=value: json_reply(value)}) as proxy:  # type: ignore[misc]
            ended = Command(tmp_path)("probe", proxy.base_url, CHAT_COMPLETIONS_MODEL=None)
        assert ended.code == 2 and "use --model NAME" in ended.err and len(proxy.requests) == 1


def test_a_server_that_cannot_be_asked(tmp_path: Path, server: LocalServer) -> None:
    command = Command(tmp_path)
    with nobody() as address:
        ended = command("probe", f"http://{address}/v1", "--max-retries", "0")
        assert ended.code == 4 and "Traceback" not in ended.err
    with Proxy(server, {"max-tokens": refused(401)}) as proxy:
        ended = command("probe", proxy.base_url)
        assert ended.code == 1 and "HTTP 401" in ended.err and len(proxy.requests) == 1
    with Proxy(server, dict.fromkeys(FIRST, refused(404))) as proxy:
        ended = command("probe", proxy.base_url)
        assert ended.code == 1 and "HTTP 404" in ended.err and len(proxy.requests) == len(FIRST)
    # A server that only streams can be asked.
    with Proxy(server, dict.fromkeys(FIRST[:3], refused())) as proxy:
        ended = command("probe", proxy.base_url, "--json", "-")
        assert ended.code == 0 and told(ended)["create"] == "refused" and told(ended)["stream"] == "ok"


SLIPS = [
    (("http://127.0.0.1:9/v1", "--base-url", "http://127.0.0.1:8/v1"), "differ"),
    (("http://127.0.0.1:9/v1", "--json", "-", "--markdown", "-"), "cannot both"),
    (("http://127.0.0.1:9/v1", "--max-tokens", "0"), "--max-tokens"),
    (("nowhere",), "base"),
]


def test_slips(within: Callable[..., Ended]) -> None:
    for arguments, says in SLIPS:
        ended = within("probe", *arguments)
        assert (ended.code, ended.out) == (2, "") and says in ended.err, ended


def test_a_report_that_cannot_be_written(tmp_path: Path, server: LocalServer) -> None:
    with Proxy(server, {}) as proxy:
        ended = Command(tmp_path)("probe", proxy.base_url, "--markdown", "no/such/folder/report.md")
        assert ended.code == 2 and "no/such/folder/report.md" in ended.err and proxy.requests == []
        ended = Command(tmp_path)("probe", proxy.base_url, "--json", ".")
        assert ended.code == 2 and "error: .: " in ended.err and ended.out.startswith("ok ")
