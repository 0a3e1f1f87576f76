"""Every example runs as a program of its own against a server on this machine, and prints what it should."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from chat_completions.testing import ScriptedServer

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent.parent
EXAMPLES = ROOT / "examples"
LONGEST = 40  # lines; the demo is longer, and has its own command
FILES = sorted(path.name for path in EXAMPLES.glob("*.py") if path.name != "demo.py")


def environment(server: ScriptedServer, **more: str) -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("OPENAI_", "AZURE_")) and not name.lower().endswith("_proxy") and name != "MODEL"
    }
    return {**kept, **server.environment, **more}


def run(name: str, folder: Path, server: ScriptedServer, *arguments: str, **more: str) -> str:
    """Run an example, and give what it prints; warnings are errors."""
    done = subprocess.run(
        [sys.executable, "-X", "utf8", "-W", "error", EXAMPLES / name, *arguments],
        cwd=folder,
        env=environment(server, **more),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


# What each prints against the local server as it is: patterns that come in this order.
PRINTED: dict[str, list[str]] = {
    "one_completion.py": [r"^You said: Why is the sky blue\?", r"^\(stop\)$", r"^\d+ tokens in, \d+ out$"],
    "streaming_text.py": [r"^You said: Tell me a story", r"^\d+ tokens, stop$"],
    "streaming_events.py": [r"^You said: Name three rivers\.", r"^whole: \d+ characters$", r"^finished: stop$"],
    "reasoning.py": [r"^You said: Which is larger", r"^0 tokens of reasoning$"],
    "tools_by_hand.py": [
        r'^get_weather\({"city": "Bern"}\) -> sunny, 21 degrees in Bern$',
        r"^The tool said: sunny, 21 degrees in Bern",
    ],
    "run_tools.py": [r"^get_weather\(.*\) -> {'city': 'Bern'", r"^The tool said:", r"^2 rounds, 4 messages, answer$"],
    "structured_pydantic.py": [r"^Solution \['.*'\] \S+"],
    "structured_dataclass.py": [r"^\d{4}: (GOOD|BAD), \['"],
    "partial_json.py": [r"^so far: {'title'", r"^so far: .*'ingredients': \[", r"^whole: title='"],
    "vision.py": [r"^You said: What is in this image\? \[image_url\]"],
    "audio.py": [r"^You said: \[input_audio\]", r"^answer\.wav$"],
    "logprobs.py": [r"^'You': \d+% \(of 'You' \d+%, ' the' \d+%\)$", r"^' said': "],
    "errors_and_retries.py": [
        r"^attempt: HTTP 200$",
        r"^requests left: None$",
        r"^the request is wrong at temperature",
    ],
    "deadlines.py": [r"^enough: 'You said: Count to one hundred, in words", r"^cancelled$"],
    "many_at_once.py": [rf"^{number}: You said: What is {number} squared\?" for number in range(30)],
    "bulk_on_a_cluster.py": [r"^20 answered, 0 failed: complete$"],
    "storing_and_listing.py": [
        *(rf"^chatcmpl-\w+ You said: Story number {number}" for number in (1, 2, 3, 4)),
        r"^then 1 on the next page, more: False$",
    ],
    "raw_response.py": [r"^200 application/json$", r"'choices'", r"^You said: Hello", r"^200 True True$", r"'id'"],
    "compatible_servers.py": [r"^You said: Hello", r"^thoughts: None$", r"^timings: None$"],
    "own_http_client.py": [r"^POST /v1/chat/completions$", r"^You said: Hello ", r"^You said: Hello again"],
}


@pytest.mark.parametrize("name", PRINTED)
def test_an_example_prints_what_it_should(name: str, tmp_path: Path) -> None:
    with ScriptedServer() as server:
        printed = run(name, tmp_path, server)
    at = 0
    for pattern in PRINTED[name]:
        found = re.compile(pattern, re.MULTILINE).search(printed, at)
        assert found, f"{pattern!r} does not come in:\n{printed[at:]}"
        at = found.end()
    assert [path.name for path in tmp_path.iterdir()] == (["answer.wav"] if name == "audio.py" else [])


def scripted(name: str, tmp_path: Path, script: Callable[[ScriptedServer], Any], *arguments: str, **more: str) -> str:
    with ScriptedServer() as server:
        script(server)
        printed = run(name, tmp_path, server, *arguments, **more)
        assert not server.unused, server.account()
        server.verify()
    return printed


@pytest.mark.parametrize(
    ("name", "script", "printed"),
    [
        ("streaming_text.py", lambda s: s.stream(["Once ", "upon"], cut_after=1), "(broken off after 5 characters: "),
        ("streaming_events.py", lambda s: s.reply(refusal="I will not."), "refused: I will not."),
        (
            "reasoning.py",
            lambda s: s.reply("9.9", reasoning="0.9 is more than 0.11"),
            "0.9 is more than 0.11\n(thought, in the field reasoning_content)\n9.9\n",
        ),
        ("structured_pydantic.py", lambda s: s.reply(refusal="I will not."), "refused: I will not."),
        (
            "audio.py",
            lambda s: s.reply({"content": None, "audio": {"id": "a", "data": "UklGRg==", "transcript": "Silence."}}),
            "Silence.\nanswer.wav\n",
        ),
        (
            "errors_and_retries.py",
            lambda s: s.fail(429, retry_after=0.01).reply("a").fail(429, code="insufficient_quota"),
            "attempt: HTTP 429, waited 0.01 s\nattempt: HTTP 200\n",
        ),
        (
            "errors_and_retries.py",
            lambda s: s.reply("a").fail(418),
            "HTTP 418, request req_scripted_2, try again: False",
        ),
        ("deadlines.py", lambda s: s.stream(["One, ", "two", 30]), "too late, with 8 characters: "),
        ("many_at_once.py", lambda s: s.fail(400, times=3), "failed: HTTP 400"),
        (
            "compatible_servers.py",
            lambda s: s.reply({"content": "Hi", "reasoning": "hm"}),
            "Hi\nthoughts: hm\n",
        ),
    ],
)
def test_an_example_tells_what_may_come_instead(name: str, script: Any, printed: str, tmp_path: Path) -> None:
    assert printed in scripted(name, tmp_path, script)


def test_structured_output_that_is_wrong_ends_the_program(tmp_path: Path) -> None:
    for reply, told in (("no JSON", "not as asked for"), ('{"steps": [', "cut off")):
        with ScriptedServer() as server:
            server.reply(reply, finish_reason="length" if "cut" in told else "stop")
            command = [sys.executable, EXAMPLES / "structured_pydantic.py"]
            done = subprocess.run(command, env=environment(server), capture_output=True, text=True, check=False)
        assert done.returncode == 1
        assert done.stderr.startswith(told)


def test_azure(tmp_path: Path) -> None:
    """Both kinds of address are asked as Azure has them."""
    with ScriptedServer() as server:
        server.reply("new", "old")
        printed = run("azure.py", tmp_path, server, AZURE_OPENAI_ENDPOINT=server.url, AZURE_OPENAI_API_KEY="k-1")
        new, old = server.requests
    assert printed == "new\nold\n"
    assert new.path == "/openai/v1/chat/completions"
    assert old.path == "/openai/deployments/my-deployment/chat/completions"
    assert (dict(old.query), old.headers["authorization"]) == ({"api-version": "2024-10-21"}, "Bearer k-1")


@pytest.mark.parametrize("name", ["vllm", "llama.cpp", "ollama"])
def test_compatible_servers(name: str, tmp_path: Path) -> None:
    """Each server gets its own fields, and no key that is meant for another one."""
    with ScriptedServer() as server:
        run("compatible_servers.py", tmp_path, server, name, MODEL="m-1")
        assert server.last.body["model"] == "m-1"
        assert "authorization" not in server.last.headers
        assert ("top_k" in server.last.body, "cache_prompt" in server.last.body) == (
            name == "vllm",
            name == "llama.cpp",
        )


def test_images_are_sent(tmp_path: Path) -> None:
    (tmp_path / "image.png").write_bytes(b"\x89PNG")
    with ScriptedServer() as server:
        run("vision.py", tmp_path, server, "image.png")
        image = server.last.body["messages"][0]["content"][1]["image_url"]["url"]
    assert image == "data:image/png;base64,iVBORw=="


def test_record_and_replay(tmp_path: Path) -> None:
    """The second run needs no server and no key, and the file holds none."""
    with ScriptedServer(api_keys=["sk-very-secret"]) as server:
        server.reply("Hello there")
        first = run("record_and_replay.py", tmp_path, server)
        server.clear()
        second = run("record_and_replay.py", tmp_path, server, OPENAI_BASE_URL="", OPENAI_API_KEY="")
        assert not server.requests
    assert first == "Hello there\nrecorded in hello.json\n"
    assert second == "Hello there\nreplayed from hello.json\n"
    assert "very-secret" not in (tmp_path / "hello.json").read_text()


def test_the_relay(tmp_path: Path) -> None:
    """A browser gets the text as events, then that it is done, or that it failed."""
    with ScriptedServer() as server:
        server.reply("Once upon a time").stream(["Once"], cut_after=1)
        command = [sys.executable, EXAMPLES / "sse_relay.py"]
        with subprocess.Popen(
            command, env=environment(server, PORT="0"), cwd=tmp_path, stdout=subprocess.PIPE, text=True
        ) as process:
            try:
                assert process.stdout
                url = process.stdout.readline().strip()
                whole, cut = (httpx.get(url, trust_env=False).text for _ in range(2))
            finally:
                process.kill()
    assert whole == 'data: "Once"\n\ndata: " upon"\n\ndata: " a"\n\ndata: " time"\n\nevent: done\ndata:\n\n'
    assert cut.startswith('data: "Once"\n\nevent: error\ndata: "the stream broke')


def test_the_tests_of_the_example_pass(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider", "--rootdir", tmp_path]
    done = subprocess.run(
        [*command, EXAMPLES / "test_with_a_server.py"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 passed" in done.stdout


def test_every_example_is_run_and_short_and_in_the_list() -> None:
    """No example is forgotten: by a test, by the list, or by the rule that it is short."""
    own = {"azure.py", "record_and_replay.py", "sse_relay.py", "test_with_a_server.py"}
    assert set(FILES) == {*PRINTED, *own}
    rows = re.findall(r"^\| \[(\S+)\]\((\S+)\) \| \S", (EXAMPLES / "README.md").read_text(), re.MULTILINE)
    assert all(name == target for name, target in rows)
    assert sorted(name for name, _ in rows) == sorted([*FILES, "demo.py"])
    for name in FILES:
        text = (EXAMPLES / name).read_text()
        assert len(text.splitlines()) < LONGEST, name
        assert text.startswith('"""'), name
