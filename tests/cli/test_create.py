"""`create`: what is asked, and what is shown of the answer."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chat_completions.local import LocalServer
from tests.cli.commands import DONE, Command, Ended, event, together, whole
from tests.client.scripted import Received, Reply, ScriptedServer, json_reply, stream_reply

pytestmark = pytest.mark.slow

SCHEMA = {
    "title": "Weather report!",
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}


def asked(home: Path, *arguments: str, stdin: bytes | None = None, **variables: str) -> Received:
    """Return the request that the command sends."""
    with ScriptedServer(stream_reply([event("Yes."), event(finish="stop"), DONE])) as server:
        fed: dict[str, Any] = {} if stdin is None else {"stdin": stdin}
        ended = Command(home, server.base_url)("create", *arguments, **fed, **variables)
        assert (ended.code, ended.out) == (0, "Yes.\n"), ended
    (request,) = server.requests
    return request


def messages(home: Path, *arguments: str, stdin: bytes | None = None) -> Any:
    return asked(home, *arguments, stdin=stdin).json()["messages"]


def user(text: str) -> dict[str, str]:
    return {"role": "user", "content": text}


def test_an_argument_is_the_prompt(command: Command) -> None:
    ended = command("create", "Hello [bold]you[/bold] :smile:")
    assert ended.out.startswith("You said: Hello [bold]you[/bold] :smile: ")
    assert ended.out.endswith(".\n") and (ended.code, ended.err) == (0, "")


PROMPTS = [
    (("Hello",), None, "Hello"),
    ((), "Grüße\r\nan alle\n".encode(), "Grüße\nan alle"),
    (("-",), b"\xef\xbb\xbffrom a pipe\n", "from a pipe"),
    (("-",), "as PowerShell writes".encode("utf-16"), "as PowerShell writes"),
    (("Sum up:",), b"a long\ntext\n", "Sum up:\n\na long\ntext"),
    (("Hello",), b"", "Hello"),
    (("--", "--flag"), None, "--flag"),
]


def test_prompt_and_standard_input(tmp_path: Path) -> None:
    def check(arguments: tuple[str, ...], stdin: bytes, prompt: str) -> None:
        assert messages(tmp_path, *arguments, stdin=stdin) == [user(prompt)]

    together(check, PROMPTS)


def test_system_messages_and_images(tmp_path: Path) -> None:
    (tmp_path / "before.json").write_text(json.dumps([user("One"), {"role": "assistant", "content": "Two"}]))
    (tmp_path / "dot.png").write_bytes(b"\x89PNG")
    sent = messages(
        tmp_path, "-s", "Be brief.", "--messages", "before.json", "Look", "--image", "dot.png", "--image", "http://x/y"
    )
    address = "data:image/png;base64," + base64.b64encode(b"\x89PNG").decode()
    assert [message["role"] for message in sent] == ["system", "user", "assistant", "user"]
    assert sent[3]["content"] == [
        {"type": "text", "text": "Look"},
        {"type": "image_url", "image_url": {"url": address}},
        {"type": "image_url", "image_url": {"url": "http://x/y"}},
    ]
    assert messages(tmp_path, "--messages", "-", stdin=b'[{"role": "user", "content": "piped"}]') == [user("piped")]


def test_attachments_are_sent_by_their_media_type(tmp_path: Path, within: Callable[..., Ended]) -> None:
    files = {
        "a.py": "print('ä')".encode(),
        "b.wav": b"RIFF\0\0\0\0WAVE",
        "c.pdf": b"%PDF-1.7",
        "d.bin": b"\x89PNG",
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    there = (tmp_path / "c.pdf").read_bytes()
    with ScriptedServer(
        Reply([there], headers={"content-type": "application/pdf"}),
        stream_reply([event("Yes."), event(finish="stop"), DONE]),
    ) as server:
        sources = [*files, f"{server.base_url}/c?sig=abcdefgh", "HTTP://x/photo.png", "data:image/gif;base64,AAAA"]
        attached = [part for source in sources for part in ("-a", source)]
        ended = within("create", "Look", *attached, "--base-url", server.base_url)
    assert (ended.code, ended.out) == (0, "Yes.\n"), ended
    assert "authorization" not in server.requests[0].headers
    content = server.requests[1].json()["messages"][0]["content"]
    assert [part["type"] for part in content] == [
        "text", "text", "input_audio", "file", "image_url", "file", "image_url", "image_url"
    ]  # fmt: skip
    assert content[1]["text"] == "a.py:\n\nprint('ä')"
    assert content[2]["input_audio"]["format"] == "wav"
    assert [content[at]["file"]["filename"] for at in (3, 5)] == ["c.pdf", "c"]
    assert content[3]["file"]["file_data"] == content[5]["file"]["file_data"]
    assert content[6]["image_url"]["url"] == "HTTP://x/photo.png"


def test_an_attachment_may_come_from_standard_input(tmp_path: Path) -> None:
    (message,) = messages(tmp_path, "Look", "-a", "-", stdin=b"\x89PNG")
    assert [part["type"] for part in message["content"]] == ["text", "image_url"]


def test_a_download_that_fails_is_an_error(within: Callable[..., Ended]) -> None:
    with ScriptedServer(Reply(status=403)) as server:
        refused = within("create", "Hi", "-a", f"{server.base_url}/a?sig=abcdefgh", "--base-url", server.base_url)
    assert (refused.code, "HTTP 403" in refused.err, "abcdefgh" in refused.err) == (1, True, False), refused
    unreachable = within("create", "Hi", "-a", "http://127.0.0.1:1/a", "--base-url", "http://127.0.0.1:1/v1")
    assert (unreachable.code, "cannot be downloaded" in unreachable.err) == (4, True), unreachable


@pytest.mark.skipif(os.name == "nt", reason="the commands are those of a POSIX shell")
def test_a_command_prints_the_key(tmp_path: Path, within: Callable[..., Ended]) -> None:
    command = "echo run >> runs; printf 'sk-of-a-command\\n'"
    with ScriptedServer(stream_reply([event("Yes."), event(finish="stop"), DONE])) as server:
        ended = within("create", "Hi", "--key-command", command, "--base-url", server.base_url)
    assert (ended.code, (tmp_path / "runs").read_text()) == (0, "run\n")
    assert server.requests[0].headers["authorization"] == "Bearer sk-of-a-command"
    for wrong, why in (
        ("exit 3", "exit code 3"),
        ("echo", "printed nothing"),
        ("echo sk-first sk-second", "more than one word"),
    ):
        ended = within("create", "Hi", "--api-key-command", wrong, "--base-url", "http://127.0.0.1:1/v1")
        assert (ended.code, why in ended.err, "sk-" in ended.err) == (2, True, False), ended


def test_params_are_json_or_text_and_reach_into_objects(tmp_path: Path) -> None:
    params = (
        "temperature=0.5",
        'stop=["a","b"]',
        "user=NaN",
        'safety_identifier="7"',
        "metadata.team=a=b",
        "metadata.room=x y",
        "top_k=5",
        "options.num_ctx=1",
        "store=true",
        "seed=null",
    )
    body = asked(tmp_path, "Hi", *(part for param in params for part in ("-p", param))).json()
    assert {name: value for name, value in body.items() if name not in ("messages", "model", "stream")} == {
        "temperature": 0.5,
        "stop": ["a", "b"],
        "user": "NaN",
        "safety_identifier": "7",
        "metadata": {"team": "a=b", "room": "x y"},
        "top_k": 5,
        "options": {"num_ctx": 1},
        "store": True,
        "seed": None,
    }


def test_a_slip_in_a_param_is_told_of_and_sent(command: Command) -> None:
    ended = command("create", "Hi", "-p", "temprature=1", "-p", "top_k=3")
    assert ended.code == 0
    assert "no 'temprature'; did you mean 'temperature'" in ended.err and "top_k" not in ended.err


def test_the_model_comes_from_option_param_or_variable(tmp_path: Path, alone: Command) -> None:
    assert asked(tmp_path, "Hi", "--model", "one").json()["model"] == "one"
    assert asked(tmp_path, "Hi", "-p", "model=two").json()["model"] == "two"
    assert asked(tmp_path, "Hi", CHAT_COMPLETIONS_MODEL="three").json()["model"] == "three"
    ended = alone("create", "Hi", CHAT_COMPLETIONS_MODEL=None, OPENAI_BASE_URL="http://127.0.0.1:1/v1")
    assert ended.code == 2 and "--model" in ended.err


def test_options_of_the_connection_reach_the_server(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("sk-from-a-file\n")
    options = ["--header", "X-Team: a:b", "--header", "User-Agent:", "--query", "v=1", "--query", "v=2"]
    options += ["--organization", "org", "--project", "pro", "--api-key-file", "key"]
    request = asked(tmp_path, "Hi", *options, OPENAI_API_KEY="sk-of-the-environment")
    assert request.target == "/v1/chat/completions?v=1&v=2"
    wanted = {
        "x-team": "a:b",
        "authorization": "Bearer sk-from-a-file",
        "openai-organization": "org",
        "openai-project": "pro",
    }
    assert wanted.items() <= request.headers.items()
    assert "chat-completions-client" not in request.headers.get("user-agent", "")
    without = asked(tmp_path, "Hi", "--header", "authorization:", "--header", "OpenAI-Project:", OPENAI_API_KEY="sk-1")
    assert not without.headers.keys() & {"authorization", "openai-project"}
    azure = asked(tmp_path, "Hi", "--api-key-env", "AZURE", "--api-key-header", "api-key", AZURE="sk-azure")
    assert azure.headers["api-key"] == "sk-azure" and "authorization" not in azure.headers


def test_json_is_the_whole_completion_or_the_chunks(command: Command) -> None:
    whole_ = command("create", "Hi", "--json")
    assert whole_.out.count("\n") == 1 and whole_.json()["object"] == "chat.completion"
    chunks = command("create", "Hi", "--json", "--stream").lines()
    assert {chunk["object"] for chunk in chunks} == {"chat.completion.chunk"}
    text = "".join(chunk["choices"][0]["delta"].get("content") or "" for chunk in chunks)
    assert text == whole_.json()["choices"][0]["message"]["content"]
    at_once = command("create", "Hi", "--no-stream")
    assert at_once.out == text + "\n"


def test_json_is_what_the_server_sent(tmp_path: Path) -> None:
    odd = {**whole({"content": "\ud800 ü \x9b", "x": None}), "extra": {"b": 1.5, "a": []}}
    with ScriptedServer(json_reply(odd)) as server:
        ended = Command(tmp_path, server.base_url)("create", "Hi", "--json")
    assert ended.code == 0 and ended.json() == odd


def test_a_schema_becomes_the_response_format(tmp_path: Path) -> None:
    (tmp_path / "weather.json").write_text(json.dumps(SCHEMA))
    answer = event('{"city": "Paris"}', finish="stop")
    with ScriptedServer(stream_reply([answer, DONE])) as server:
        command = Command(tmp_path, server.base_url)
        assert command("create", "Hi", "--schema", "weather.json").json() == {"city": "Paris"}
        loose = "response_format.json_schema.strict=false"
        assert command("create", "Hi", "--schema", "weather.json", "-p", loose).code == 0
    first, second = (request.json()["response_format"] for request in server.requests)
    assert first == {
        "type": "json_schema",
        "json_schema": {"name": "Weather_report", "schema": SCHEMA, "strict": True},
    }
    assert second["json_schema"]["strict"] is False


@pytest.mark.parametrize("wrapped", ["plain", "named", "format"])
def test_a_schema_may_be_wrapped_as_the_api_has_it(command: Command, tmp_path: Path, wrapped: str) -> None:
    named = {"name": "weather", "schema": SCHEMA, "strict": True}
    kinds = {"plain": SCHEMA, "named": named, "format": {"type": "json_schema", "json_schema": named}}
    (tmp_path / "weather.json").write_text(json.dumps(kinds[wrapped]))
    ended = command("create", "Hi", "--schema", "weather.json")
    assert ended.code == 0 and set(ended.json()) == {"city"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"type": "object",\n  oops}', "s.json:2:3: not JSON"),
        ('\n [{"type": "object"}]', "s.json:2:2: is an array; a JSON Schema must be an object"),
        ("true", "s.json:1:1: is true or false"),
        ('{"title": "NaN",\n"minimum": NaN}', "s.json:2:12: not JSON: NaN is not a JSON number"),
        ('{"properties": {"a": {"type": "strng"}}}', "s.json: is not a JSON Schema: /properties/a/type"),
        ("[" * 100_000, "s.json: "),
        ("\xe4", "s.json: is not UTF-8"),
        (None, "s.json: No such file"),
    ],
)
def test_an_error_in_a_schema_file_has_its_place(
    tmp_path: Path, text: str | None, told: str, within: Callable[..., Ended]
) -> None:
    if text is not None:
        (tmp_path / "s.json").write_bytes(text.encode("latin-1"))
    ended = within("create", "Hi", "--schema", "s.json")
    assert (ended.code, ended.out) == (2, "") and f"error: {told}" in ended.err
    assert len(ended.err.splitlines()) == 1


WRONG = [
    (("Hi", "-p", "temperature"), "--param temperature: write key=value"),
    (("Hi", "-p", "a..b=1"), "--param a..b: write"),
    (("Hi", "-p", "stop=1", "-p", "stop.x=2"), "--param stop.x: stop is not an object"),
    (("Hi", "-p", "stream=false"), "--no-stream"),
    (("Hi", "-p", "extra_body.top_k=1"), "the field's own name"),
    (("Hi", "--messages", "no.json"), "no.json: No such file"),
    (("Hi", "--messages", "one.json"), "the message at index 0 is not an object"),
    (("Hi", "--image", "one.json"), "it is application/json, not an image"),
    (("Hi", "--header", "nonsense"), "--header: write NAME:VALUE"),
    (("Hi", "--header", "X: line\nbreak"), "--header X: its value contains"),
    (("Hi", "--query", "=1"), "--query: write NAME=VALUE"),
    (("Hi", "--timeout", "nan"), "not a number of seconds above 0"),
    (("Hi", "--max-retries", "-1"), "--max-retries"),
    (("Hi", "--api-key-env", "NOT_SET"), "NOT_SET is not set"),
    (("Hi", "--api-key-file", "one.json", "--api-key-env", "A"), "cannot be combined"),
    (("Hi", "--api-key-file", "."), "--api-key-file ."),
    (("Hi", "--validate", "-p", "temperature=9"), "/temperature"),
    (("Hi", "-p", "temperature=1e999"), "/temperature is inf"),
    (("Hi", "there"), "put the prompt in quotes"),
    (("",), "the prompt is empty"),
]


@pytest.mark.parametrize(("arguments", "told"), WRONG)
def test_wrong_usage_is_reported_and_nothing_is_sent(
    tmp_path: Path, arguments: tuple[str, ...], told: str, within: Callable[..., Ended]
) -> None:
    (tmp_path / "one.json").write_text("[1]")
    with ScriptedServer(json_reply({})) as server:
        ended = within("create", "--base-url", server.base_url, *arguments)
    assert (ended.code, ended.out, server.requests) == (2, "", []), ended
    assert told in ended.err and len(ended.err.splitlines()) <= 2


def test_bytes_that_are_not_text_are_refused(command: Command) -> None:
    assert "byte 0" in command("create", stdin=b"\x89PNG").err
    assert "not valid UTF-8" in command("create", os.fsdecode(b"\xff")).err


def test_a_locale_without_utf8_loses_nothing(tmp_path: Path) -> None:
    settings = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    with ScriptedServer(stream_reply([event("Grüße \U0001f600", finish="stop"), DONE])) as server:
        ended = Command(tmp_path, server.base_url)("create", "Grüße", **settings)
    assert server.requests[0].json()["messages"] == [user("Grüße")]
    assert (ended.code, ended.out) == (0, "Gr\\xfc\\xdfe \\U0001f600\n")


def test_tool_calls_are_shown_one_a_line(tmp_path: Path) -> None:
    call: dict[str, Any] = {"index": 0, "id": "1", "type": "function", "function": {"name": "weather", "arguments": ""}}
    pieces = [event("Let me see.", tool_calls=[call])]
    for part in ('{"city":', ' "Paris"}'):
        pieces.append(event(tool_calls=[{"index": 0, "function": {"arguments": part}}]))
    pieces += [event(finish="tool_calls"), DONE]
    custom = {"tool_calls": [{"id": "2", "type": "custom", "custom": {"name": "sh", "input": "ls"}}]}
    with ScriptedServer(stream_reply(pieces), json_reply(whole(custom))) as server:
        command = Command(tmp_path, server.base_url)
        assert command("create", "Hi").out == 'Let me see.\ncall weather({"city": "Paris"})\n'
        assert command("create", "Hi", "--no-stream").out == "call sh(ls)\n"


@pytest.mark.parametrize("mode", ["--stream", "--no-stream"])
def test_the_text_of_a_spoken_answer_is_shown(within: Callable[..., Ended], server: LocalServer, mode: str) -> None:
    audio = ["-p", 'modalities=["text","audio"]', "-p", "audio.format=pcm16", "-p", "audio.voice=alloy"]
    ended = within("create", "Hello", mode, *audio, "--base-url", server.base_url)
    assert (ended.code, ended.out[:15], "use --json" in ended.err) == (0, "You said: Hello", True), ended


def test_several_choices_are_told_apart(command: Command) -> None:
    for mode in ("--stream", "--no-stream"):
        ended = command("create", "Hi", "-p", "n=2", mode)
        first, second = ended.out.splitlines()
        assert first.startswith("You said: Hi") and second.startswith("Choice 2: You said: Hi")
        assert ended.err == "note: choice 2 of 2:\n"


@pytest.mark.parametrize("mode", ["--stream", "--no-stream"])
def test_reasoning_goes_to_standard_error_on_demand(tmp_path: Path, mode: str) -> None:
    pieces = [event(reasoning_content="Hm. "), event(reasoning_content="Yes."), event("Four."), event(finish="stop")]
    message = {"content": "Four.", "reasoning_content": "Hm. Yes."}
    reply = stream_reply([*pieces, DONE]) if mode == "--stream" else json_reply(whole(message))
    with ScriptedServer(reply) as server:
        command = Command(tmp_path, server.base_url)
        assert command("create", "2+2", mode, "--reasoning").err == "Hm. Yes.\n\n"
        ended = command("create", "2+2", mode)
    assert (ended.out, ended.err) == ("Four.\n", "")


@pytest.mark.parametrize("mode", ["--stream", "--no-stream", "--json"])
def test_a_refusal_is_no_answer(tmp_path: Path, mode: str) -> None:
    pieces = [event(refusal="I "), event(refusal="won't."), event(finish="stop"), DONE]
    message = {"content": None, "refusal": "I won't."}
    with ScriptedServer(stream_reply(pieces) if mode == "--stream" else json_reply(whole(message))) as server:
        ended = Command(tmp_path, server.base_url)("create", "Hi", mode)
    assert ended.code == 5 and ended.err == "error: the model refused: I won't.\n"
    assert ended.out == "" or mode == "--json"


@pytest.mark.parametrize(
    ("text", "finish", "code", "told"),
    [
        ('{"town": "Paris"}', "stop", 5, "does not match the schema"),
        ('{"city": "Par', "length", 3, "cut off at the token limit"),
        ('{"city": "Par', "content_filter", 3, "cut off by the server's content filter"),
        ("Paris, of course.", "stop", 5, "is not JSON"),
    ],
)
def test_an_answer_that_does_not_match_is_shown_and_reported(
    tmp_path: Path, text: str, finish: str, code: int, told: str
) -> None:
    (tmp_path / "s.json").write_text(json.dumps(SCHEMA))
    with ScriptedServer(stream_reply([event(text, finish=finish), DONE])) as server:
        ended = Command(tmp_path, server.base_url)("create", "Hi", "--schema", "s.json")
    assert (ended.code, ended.out) == (code, text + "\n") and told in ended.err
    assert ended.err.startswith("error: ") and len(ended.err.splitlines()) == 1


def test_a_schema_is_not_fetched_from_elsewhere(tmp_path: Path) -> None:
    with ScriptedServer(stream_reply([event("{}", finish="stop"), DONE])) as server:
        (tmp_path / "s.json").write_text(json.dumps({"$ref": f"{server.base_url}/elsewhere.json"}))
        assert Command(tmp_path, server.base_url)("create", "Hi", "--schema", "s.json").code == 0
    assert [request.method for request in server.requests] == ["POST"]


def test_an_answer_at_the_token_limit_is_told_of(command: Command) -> None:
    ended = command("create", "Hi", "-p", "max_completion_tokens=3")
    assert ended.code == 0 and ended.out and "note: the answer was cut off at the token limit" in ended.err
