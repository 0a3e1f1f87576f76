"""What a person at a terminal sees, and what a server cannot do to it."""

from __future__ import annotations

import json
import os
import re
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chat_completions.local import LocalServer
from tests.cli.commands import DONE, SECONDS, SILENCE, Command, event, once, together, whole
from tests.client.scripted import Reply, ScriptedServer, json_reply, stream_reply

pytestmark = pytest.mark.slow

# What could clear the screen, set the title, write to the clipboard, hide what was, or ask the terminal to answer.
ATTACKS = (
    "\x1b[2J\x1b[H",
    "\x1b]0;title\x07",
    "\x1b]52;c;ZWNobw==\x1b\\",
    "\x9b31m",
    "\x90q\x9c",
    "\x08\x08\x08",
    "safe\rEVIL",
    "\x7f\x00\x0e",
    "\u202egnp.exe",
)
_HARMFUL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]")


def controls(text: str) -> str:
    """Return the control characters of what a terminal got, apart from our own colours."""
    return "".join(_HARMFUL.findall(re.sub(r"\x1b\[[0-9;]*m|\x1b\[\?25[hl]|\x1b\[2K|\x1b\[1A|\r", "", text)))


def test_text_arrives_piece_by_piece(tmp_path: Path) -> None:
    """The first piece is there while the server waits with the next one."""
    go_on = threading.Event()

    def pieces() -> Iterator[bytes]:
        yield event("One")
        assert go_on.wait(SECONDS)
        yield event(" two\n", finish="stop")
        yield DONE

    with ScriptedServer(stream_reply(pieces())) as server:
        process = Command(tmp_path, server.base_url).started("create", "Hi")
        assert process.stdout is not None
        came = os.read(process.stdout.fileno(), 100)
        go_on.set()
        rest, _ = process.communicate(timeout=SECONDS)
    assert (came, rest) == (b"One", b" two\n")


@pytest.mark.parametrize("mode", ["--stream", "--no-stream"])
def test_a_model_cannot_control_the_terminal(tmp_path: Path, mode: str) -> None:
    text = "|".join(ATTACKS) + "\tend\r\n"
    call = {"index": 0, "id": "1", "type": "function", "function": {"name": "\x1b[2J", "arguments": "\x1b]0;x\x07"}}
    split = [event(character) for character in text]
    pieces = [event(reasoning_content=text), *split, event(tool_calls=[call]), event(finish="stop"), DONE]
    message = {"content": text, "reasoning_content": text, "tool_calls": [call]}
    reply = stream_reply(pieces) if mode == "--stream" else json_reply(whole(message))
    with ScriptedServer(reply) as server:
        command = Command(tmp_path, server.base_url)
        seen = command.at_terminal("create", "Hi", mode)
        assert command("create", "Hi", mode).out == text + "call \x1b[2J(\x1b]0;x\x07)\n"
    assert seen.code == 0 and controls(seen.out) == ""
    assert "\\x1b[2J\\x1b[H|\\x1b]0;title\\x07|" in seen.out and "safe\\x0dEVIL" in seen.out
    assert "\tend\n" in seen.out and "\\u202egnp.exe" in seen.out and "call \\x1b[2J(" in seen.out


def test_json_for_a_terminal_is_harmless_and_says_the_same(tmp_path: Path) -> None:
    answer = whole({"content": "|".join(ATTACKS)})
    with ScriptedServer(json_reply(answer)) as server:
        seen = Command(tmp_path, server.base_url).at_terminal("create", "Hi", "--json")
    assert controls(seen.out) == "" and json.loads(seen.out) == answer
    assert seen.out.startswith('{\n  "id"')


def test_errors_refusals_and_listings_cannot_either(tmp_path: Path) -> None:
    text = "|".join(ATTACKS)
    error = json_reply({"error": {"message": text, "code": text}}, 400, x_request_id="req\x1b]0;x\x07")
    retried = json_reply({"error": text}, 503, retry_after_ms="1")
    stored = {"object": "list", "data": [{"id": text, "model": text, "metadata": {text: text}}], "has_more": False}

    def check(replies: tuple[Reply, ...], *arguments: str) -> None:
        with ScriptedServer(*replies) as server:
            seen = Command(tmp_path, server.base_url).at_terminal(*arguments)
        assert "title" in seen.out and controls(seen.out) == "", arguments

    rows = (
        ((retried, error), "create", "Hi", "--no-stream"),
        ((retried, error), "create", "Hi", "--debug"),
        ((json_reply(whole({"refusal": text})),), "create", "Hi", "--no-stream"),
        ((json_reply(stored),), "list"),
        ((json_reply(stored),), "list", "--json"),
        ((json_reply({"error": text}, 418),), "doctor"),
    )
    together(check, rows)


def test_nothing_in_an_answer_is_markup(tmp_path: Path) -> None:
    text = "[bold]not bold[/bold] :smile: [link=http://x]y[/link] [/] http://example.com 'quoted' 42"
    pieces = [event(reasoning_content=text), event(text, finish="stop"), DONE]
    with ScriptedServer(stream_reply(pieces)) as server:
        seen = Command(tmp_path, server.base_url).at_terminal("create", "Hi", columns=30)
    assert seen.out == f"\x1b[2m{text}\x1b[0m\n\n{text}\n"


def test_colours_are_as_the_environment_wants_them(tmp_path: Path) -> None:
    with ScriptedServer(json_reply({"error": "No."}, 400)) as server:
        command = Command(tmp_path, server.base_url)

        def check(terminal: bool, on: bool, variables: dict[str, str], *arguments: str) -> None:
            ended = (command.at_terminal if terminal else command)(*arguments, **variables)
            assert ("\x1b[" in ended.out + ended.err) is on, ended
            if on and arguments[0] == "create":
                assert "\x1b[1;31merror:\x1b[0m HTTP 400" in ended.out + ended.err

        both = {"FORCE_COLOR": "1", "NO_COLOR": "1"}
        rows: list[tuple[Any, ...]] = [
            (True, True, {}, "create", "Hi"),
            (True, False, {"NO_COLOR": "1"}, "create", "Hi"),
            (True, False, {"TERM": "dumb"}, "create", "Hi"),
            (False, False, {}, "create", "Hi"),
            (False, True, {"FORCE_COLOR": "1"}, "create", "Hi"),
            (False, False, both, "create", "Hi"),
            (True, True, {}, "list", "--help"),
            (True, False, {"NO_COLOR": "1"}, "list", "--help"),
            (False, True, {"FORCE_COLOR": "1"}, "--help"),
            (True, True, {}, "doctor"),
            (True, False, {"NO_COLOR": "1"}, "doctor"),
        ]
        together(check, rows)


@pytest.mark.parametrize("columns", [40, 120])
def test_help_and_findings_have_the_width_of_the_terminal(command: Command, columns: int) -> None:
    for arguments in (("create", "--help"), ("doctor",)):
        for options in ({"columns": columns}, {"COLUMNS": str(columns)}):
            seen = command.at_terminal(*arguments, NO_COLOR="1", **options)  # type: ignore[arg-type]
            longest = max(len(re.sub(r"\x1b\[[0-9;]*m", "", line).rstrip()) for line in seen.out.splitlines())
            assert columns - 15 < longest <= columns, (arguments, options, seen.out)
    seen = command.at_terminal("--help", columns=columns, NO_COLOR="1")
    assert "..." not in seen.out.replace("[ARGS]...", ""), seen.out


def test_messages_and_summaries_break_between_words(tmp_path: Path, server: LocalServer) -> None:
    command = Command(tmp_path, server.base_url)
    seen = command.at_terminal("create", "Hi", "-m", "missing-model", columns=40, NO_COLOR="1")
    assert "hint: check --model and the base URL;" in seen.out.splitlines()
    (tmp_path / "in.txt").write_text("One\nTwo\n")
    seen = command.at_terminal("bulk", "--prompts", "in.txt", "out.jsonl", columns=40, NO_COLOR="1")
    assert max(len(line) for line in seen.out.splitlines() if line.startswith(("latency", "  "))) <= 40
    assert "latency" in seen.out and "status       complete" in seen.out


def test_a_prompt_from_the_keyboard(command: Command) -> None:
    seen = command.at_terminal("create", types=once(b"Ctrl-D", b"Hello\n\x04"))
    assert seen.code == 0 and "reading the prompt from the keyboard" in seen.out and "You said: Hello " in seen.out


def test_ctrl_c_at_the_keyboard(tmp_path: Path) -> None:
    pieces = [event(reasoning_content="Hm."), event("What came"), *SILENCE]
    with ScriptedServer(stream_reply(pieces)) as server:
        seen = Command(tmp_path, server.base_url).at_terminal("create", "Hi", types=once(b"came", b"\x03"))
        assert seen.code == 130 and re.sub(r"\x1b\[\d*m|\^C", "", seen.out) == "Hm.\n\nWhat came\n"
        thinking = Command(tmp_path, server.base_url).at_terminal("create", "Hi", types=once(b"Hm.", b"\x03"))
        assert thinking.code == 130 and "Traceback" not in thinking.out and thinking.out.endswith("\n")


def test_a_retry_is_reported_on_a_terminal(tmp_path: Path) -> None:
    replies = (json_reply({"error": "Busy."}, 503, retry_after_ms="1"), json_reply(whole({"content": "Yes."})))
    with ScriptedServer(*replies) as server:
        seen = Command(tmp_path, server.base_url).at_terminal("create", "Hi", "--no-stream")
    assert seen.code == 0 and "note: retrying in 0.00 s: HTTP 503: Busy." in seen.out
    with ScriptedServer(*replies) as server:
        assert Command(tmp_path, server.base_url)("create", "Hi", "--no-stream").err == ""


def test_a_listing_that_is_interrupted_shows_what_came(tmp_path: Path) -> None:
    items: list[Any] = [{"id": f"c{number}", "model": "m"} for number in range(100)]
    first = {"object": "list", "data": items, "has_more": True}

    def late(request: Any) -> Any:
        os.kill(process_of(tmp_path), signal.SIGINT)
        return Reply([60.0, b"{}"])

    with ScriptedServer(json_reply(first), late) as server:
        process = Command(tmp_path, server.base_url).started("list")
        (tmp_path / "pid").write_text(str(process.pid))
        out, err = process.communicate(timeout=SECONDS)
    assert (process.returncode, len(out.splitlines()), err) == (130, 100, b"")


def process_of(folder: Path) -> int:
    return int((folder / "pid").read_text())
