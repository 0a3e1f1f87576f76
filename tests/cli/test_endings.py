"""How a command ends when something goes wrong: what is said, to whom, and the exit code."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.cli.commands import DONE, SECONDS, SILENCE, Command, event, nobody, together, whole
from tests.client.scripted import Received, Reply, ScriptedServer, json_reply, stream_reply

pytestmark = pytest.mark.slow

KEY = "sk-proj-0123456789abcdef"
USAGE, REFUSED, CUT, UNREACHABLE, UNUSABLE, INTERRUPTED, CLOSED = 2, 1, 3, 4, 5, 130, 141


def failure(kind: str, message: str, **more: Any) -> dict[str, Any]:
    return {"error": {"message": message, "type": kind, "code": kind, "param": None, **more}}


ERRORS = [
    (400, failure("invalid_request_error", "No such field."), "No such field."),
    (401, failure("invalid_api_key", "Wrong key."), "OPENAI_API_KEY"),
    (403, failure("forbidden", "Not here."), "not have permission"),
    (404, failure("model_not_found", "No such model."), "check --model and the base URL"),
    (429, failure("insufficient_quota", "You are broke."), "billing"),
    (429, failure("rate_limit_exceeded", "Too fast."), "--max-retries"),
    (503, failure("server_error", "Busy."), "try again later"),
    (400, failure("x", "Invalid schema", param="response_format"), "strict=false"),
]


def test_an_error_of_the_api_has_two_lines(tmp_path: Path) -> None:
    def check(status: int, error: dict[str, Any], told: str) -> None:
        with ScriptedServer(json_reply(error, status, x_request_id="req-7")) as server:
            ended = Command(tmp_path, server.base_url)("create", "Hi", "--max-retries", "0")
        assert (ended.code, ended.out) == (REFUSED, "")
        first, *rest = ended.err.splitlines()
        place = f" (POST {server.base_url}/chat/completions)" if status == 404 else ""
        assert first == f"error: HTTP {status}: {error['error']['message']}{place} (request id req-7)"
        assert told in ended.err and len(rest) <= 1

    together(check, ERRORS)


@pytest.mark.parametrize("header", [{"retry_after": "3600"}, {"x_should_retry": "false"}])
def test_a_wait_that_no_retry_waits_for_is_told_of(tmp_path: Path, header: dict[str, str]) -> None:
    with ScriptedServer(json_reply(failure("rate_limit_exceeded", "Too fast."), 429, **header)) as server:
        ended = Command(tmp_path, server.base_url)("create", "Hi")
    assert ended.code == REFUSED and len(server.requests) == 1 and "--max-retries" not in ended.err
    assert ("3,600 s" in ended.err) is ("retry_after" in header)


def test_nothing_is_said_of_what_did_not_come(tmp_path: Path) -> None:
    for pieces in ([event(role="assistant")], [event("So"), event(" far")]):
        with ScriptedServer(stream_reply(pieces, framing="chunked", cut=True)) as server:
            ended = Command(tmp_path, server.base_url)("create", "Hi")
        assert ended.code == CUT and ("standard output" in ended.err) is bool(ended.out)
    with ScriptedServer(stream_reply(SILENCE)) as server:
        # The deadline has to be longer than what comes before the stream takes on a busy machine.
        for limit, seconds in (("--idle-timeout", "0.3"), ("--deadline", "8")):
            ended = Command(tmp_path, server.base_url)("create", "Hi", limit, seconds, "--max-retries", "0")
            assert (ended.code, ended.out) == (CUT, "") and "standard output" not in ended.err, ended


def test_retries_are_counted_in_the_error(tmp_path: Path) -> None:
    busy = json_reply(failure("busy", "Busy."), 503, retry_after_ms="1")
    with ScriptedServer(busy) as server:
        ended = Command(tmp_path, server.base_url)("create", "Hi")
    assert "(3 attempts)" in ended.err and len(server.requests) == 3


@pytest.mark.parametrize("mode", ["--stream", "--no-stream"])
@pytest.mark.parametrize("status", [404, 400])
def test_an_unknown_model_is_reported_with_the_nearest_ones(tmp_path: Path, status: int, mode: str) -> None:
    listed = {"data": [{"id": "gpt-5-mini"}, {"id": "claude"}]}

    def reply(request: Received) -> Reply:
        refused = json_reply(failure("invalid_request_error", "No such model."), status)
        return json_reply(listed) if request.target == "/v1/models" else refused

    with ScriptedServer(reply) as server:
        command = Command(tmp_path, server.base_url)
        near = command.within("create", "Hi", mode, "-m", "gpt5-mini")
        far = command.within("create", "Hi", mode, "-m", "zzz")
        known = command.within("create", "Hi", mode, "-m", "claude")
    assert near.code == 1 and "does not list the model 'gpt5-mini'; did you mean gpt-5-mini?" in near.err, near
    assert "it lists gpt-5-mini, claude" in far.err
    assert "does not list" not in known.err


@pytest.mark.parametrize("framing", ["close", "chunked"])
def test_a_cut_stream_gives_what_came(tmp_path: Path, framing: str) -> None:
    call = {"index": 0, "id": "1", "type": "function", "function": {"name": "f", "arguments": '{"a'}}
    pieces = [event("What came"), event(tool_calls=[call])]
    with ScriptedServer(stream_reply(pieces, framing=framing, cut=True)) as server:
        ended = Command(tmp_path, server.base_url)("create", "Hi")
    assert (ended.code, ended.out) == (CUT, 'What came\ncall f({"a)\n')
    assert ended.err.startswith("error: the stream ") and "req-1" in ended.err and ".partial" not in ended.err


def test_a_cut_stream_of_json_ends_with_a_whole_line(tmp_path: Path) -> None:
    with ScriptedServer(stream_reply([event("One"), event("Two")[:20]], framing="close", cut=True)) as server:
        ended = Command(tmp_path, server.base_url)("create", "Hi", "--json", "--stream")
    assert ended.code == CUT and [chunk["object"] for chunk in ended.lines()] == ["chat.completion.chunk"]


def test_an_error_inside_the_stream(tmp_path: Path) -> None:
    inside = b"data: " + json.dumps(failure("overloaded", "Too much.")).encode() + b"\n\n"
    with ScriptedServer(stream_reply([event("So far"), inside]), stream_reply([inside])) as server:
        command = Command(tmp_path, server.base_url)
        ended = command("create", "Hi")
        assert (ended.code, ended.out) == (CUT, "So far\n") and "Too much." in ended.err
        assert command("create", "Hi").code == REFUSED


def test_no_connection_and_no_answer_in_time(alone: Command) -> None:
    with nobody() as address:
        ended = alone("create", "Hi", "--base-url", f"http://{address}/v1", "--max-retries", "0")
    assert ended.code == UNREACHABLE and "doctor" in ended.err
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = "http://{}:{}/v1".format(*silent.getsockname())
        ended = alone("create", "Hi", "--base-url", address, "--deadline", "0.2")
    assert ended.code == UNREACHABLE and "0.2 s" in ended.err and "--deadline" in ended.err


def test_a_web_page_instead_of_the_api(tmp_path: Path) -> None:
    page = Reply([b"<html><script>alert()</script></html>"], headers={"content-type": "text/html"})
    with ScriptedServer(page) as server:
        for mode in ("--stream", "--no-stream"):
            ended = Command(tmp_path, server.base_url)("create", "Hi", mode)
            assert ended.code == REFUSED and "base_url" in ended.err and "doctor" in ended.err


def test_ctrl_c_gives_what_came(tmp_path: Path) -> None:
    with ScriptedServer(stream_reply([event("What came"), *SILENCE])) as server:
        process = Command(tmp_path, server.base_url).started("create", "Hi")
        assert process.stdout is not None
        came = os.read(process.stdout.fileno(), 100)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=SECONDS)
        assert server.wait_until_closed()
    assert (process.returncode, came + out, err) == (INTERRUPTED, b"What came\n", b"")


def test_ctrl_c_before_anything_came(tmp_path: Path) -> None:
    with ScriptedServer(stream_reply(SILENCE)) as server:
        process = Command(tmp_path, server.base_url).started("create", "Hi", "--json")
        until = time.monotonic() + SECONDS
        while not server.requests and time.monotonic() < until:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=SECONDS)
    assert (process.returncode, out, err) == (INTERRUPTED, b"", b"")


@pytest.mark.parametrize("arguments", [("create", "Hi"), ("create", "Hi", "--json", "--stream"), ("--help",)])
def test_a_reader_that_goes_away_ends_it_quietly(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    pieces = [event("line\n"), 0.3, *[event("line\n")] * 5000, event(finish="stop"), DONE]
    with ScriptedServer(stream_reply(pieces)) as server:
        process = Command(tmp_path, server.base_url).started(*arguments)
        assert process.stdout is not None and process.stderr is not None
        if arguments[0] == "create":
            assert os.read(process.stdout.fileno(), 10)
        process.stdout.close()
        err = process.stderr.read()
        assert (process.wait(SECONDS), err) == (CLOSED, b"")
        process.stderr.close()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_a_full_disk_is_told_of(command: Command) -> None:
    with Path("/dev/full").open("wb") as full:
        process = subprocess.Popen(
            [*command_line(), "create", "Hi"],
            stdin=subprocess.DEVNULL,
            stdout=full,
            stderr=subprocess.PIPE,
            env={
                **os.environ,
                "CHAT_COMPLETIONS_MODEL": "m",
                "OPENAI_BASE_URL": str(command.variables["OPENAI_BASE_URL"]),
            },
        )
        _, err = process.communicate(timeout=SECONDS)
    assert process.returncode == REFUSED and err.startswith(b"error: cannot write to standard output: No space")
    assert len(err.splitlines()) == 1


def command_line() -> list[str]:
    return [sys.executable, "-m", "chat_completions"]


def test_a_key_is_never_shown(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(KEY)
    told = failure("invalid_api_key", f"Incorrect API key provided: {KEY}. header-secret-1 user-info-1", debug=KEY)
    with ScriptedServer(json_reply(told, 401)) as server:
        with_user = server.base_url.replace("://", "://me:user-info-1@")
        for options in (
            {"OPENAI_API_KEY": KEY},
            {"MY_KEY": KEY, "arguments": ("--api-key-env", "MY_KEY")},
            {"arguments": ("--api-key-file", "key")},
        ):
            more = options.pop("arguments", ())
            address = server.base_url if more else with_user
            arguments = ("Hi", "--debug", "--base-url", address, "--header", "X-Auth: header-secret-1", *more)
            ended = Command(tmp_path)("create", *arguments, **options)  # type: ignore[arg-type]
            assert ended.code == REFUSED and "Traceback" in ended.err and "attempt 1" in ended.err
            for secret in (KEY, "header-secret-1") if more else (KEY, "header-secret-1", "user-info-1"):
                assert secret not in ended.out + ended.err
        assert server.requests[0].headers["x-auth"] == "header-secret-1"
        both = Command(tmp_path)("create", "Hi", "--debug", "--base-url", with_user, "--api-key-file", "key")
        assert both.code == USAGE and "one of them" in both.err and "user-info-1" not in both.err


@pytest.mark.parametrize("form", [["--api-key", KEY], [f"--api-key={KEY}"], [f"--api-kez={KEY}"]])
def test_a_key_on_the_command_line_is_refused(command: Command, form: list[str]) -> None:
    ended = command("create", "Hi", *form)
    assert (ended.code, ended.out) == (USAGE, "") and KEY not in ended.err
    assert "--api-kez" in ended.err or "--api-key-file" in ended.err


@pytest.mark.parametrize("key", [f"{KEY}\n", f" {KEY}", "schlüssel"])
def test_an_unusable_key_is_told_of_without_showing_it(command: Command, key: str) -> None:
    for ended in (
        command("create", "Hi", OPENAI_API_KEY=key),
        command("create", "Hi", "--api-key-env", "K", K=key),
    ):
        assert (ended.code, ended.out) == (USAGE, "") and KEY not in ended.err and key not in ended.err


def test_a_missing_key_for_the_default_server(alone: Command) -> None:
    ended = alone("create", "Hi")
    assert ended.code == USAGE and "OPENAI_API_KEY" in ended.err and "api_key=" not in ended.err


@pytest.mark.parametrize(
    ("variables", "code", "told"),
    [
        ({"HTTP_PROXY": "socks5://me:pass-word-1@127.0.0.1:1"}, 2, "httpx[socks]"),
        ({"ALL_PROXY": "gopher://me:pass-word-1@127.0.0.1:1"}, 2, "proxy"),
        ({"SSL_CERT_FILE": "/no/such/file"}, 2, "SSL_CERT_FILE"),
    ],
)
def test_surroundings_that_do_not_fit_are_told_of(
    command: Command, variables: dict[str, str], code: int, told: str
) -> None:
    with contextlib.suppress(ImportError):
        import socksio  # noqa: F401

        if told == "httpx[socks]":
            pytest.skip("SOCKS proxies work here")
    ended = command("create", "Hi", **variables)
    assert (ended.code, ended.out) == (code, "")
    assert told in ended.err and "pass-word-1" not in ended.err and "Traceback" not in ended.err


def test_what_nobody_expects_is_no_traceback(tmp_path: Path) -> None:
    broken = "import chat_completions.cli.create as a; a.show_stream = lambda *x, **y: 1 / 0"
    program = [sys.executable, "-c", f"{broken}; import sys; from chat_completions.cli import main; sys.exit(main())"]
    with ScriptedServer(json_reply(whole({"content": "x"}))) as server:
        command = Command(tmp_path, server.base_url)
        ended = command("create", "Hi", program=program)
        debugged = command("create", "Hi", "--debug", program=program)
    assert ended.code == debugged.code == REFUSED
    assert "ZeroDivisionError" in ended.err and "--debug" in ended.err and "Traceback" not in ended.err
    assert "Traceback" in debugged.err


def test_an_answer_that_is_no_completion_is_told_of(tmp_path: Path) -> None:
    with ScriptedServer(json_reply({"error": "Unexpected endpoint"})) as server:
        ended = Command(tmp_path, server.base_url)("create", "Hi", "--no-stream")
    assert (ended.code, ended.out) == (REFUSED, ""), ended


def test_reading_a_pipe_that_says_nothing_is_told_of(command: Command) -> None:
    reading, writing = os.pipe()
    process = subprocess.Popen(
        [*command_line(), "create", "Hi"],
        stdin=reading,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "CHAT_COMPLETIONS_MODEL": "m", "OPENAI_BASE_URL": str(command.variables["OPENAI_BASE_URL"])},
    )
    os.close(reading)
    assert process.stderr is not None
    assert process.stderr.readline().startswith(b"note: waiting for more of the prompt on standard input")
    os.close(writing)
    out, _ = process.communicate(timeout=SECONDS)
    assert process.returncode == 0 and out.startswith(b"You said: Hi ")
