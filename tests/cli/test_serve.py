"""`serve`: the local server as a process that a person starts and stops."""

from __future__ import annotations

import os
import signal
import socket
from pathlib import Path

import pytest

from chat_completions import AuthenticationError, Client
from tests.cli.commands import SECONDS, Command

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_it_is_stopped(alone: Command, tmp_path: Path, stop: signal.Signals) -> None:
    process = alone.started("serve", "--accept-key", "made-up", "--database", "stored.db", "--chunk-delay", "0.01")
    assert process.stdout is not None
    url = process.stdout.readline().decode().strip()
    export = process.stdout.readline().decode()
    assert url.startswith("http://127.0.0.1:") and url.endswith("/v1")
    assert export == f"export OPENAI_BASE_URL={url}\n"
    asked = {"model": "m", "messages": [{"role": "user", "content": "Hi"}], "store": True}
    with Client(base_url=url, api_key="made-up") as client:
        assert client.chat.completions.create(**asked).choices
    with Client(base_url=url, api_key="another") as client, pytest.raises(AuthenticationError):
        client.chat.completions.create(**asked)
    process.send_signal(stop)
    out, err = process.communicate(timeout=SECONDS)
    assert (process.returncode, out) == (0, b"") and b"Traceback" not in err and b"made-up" not in err
    assert b"set OPENAI_API_KEY" in err and b"Ctrl-C" in err
    assert (tmp_path / "stored.db").exists()


def test_the_line_to_paste_works_in_a_shell(alone: Command, tmp_path: Path) -> None:
    process = alone.started("serve")
    assert process.stdout is not None
    process.stdout.readline()
    line = process.stdout.readline().decode().strip()
    ended = alone("-c", f'{line}; exec chat-completions create "Hi"', program=["sh"], PATH=path())
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=SECONDS)
    assert ended.code == 0 and ended.out.startswith("You said: Hi "), ended


def path() -> str:
    import sys

    return f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"


def test_what_keeps_it_from_starting_is_told(alone: Command) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ended = alone("serve", "--port", str(taken.getsockname()[1]))
    assert (ended.code, ended.out) == (2, "") and "choose another --port" in ended.err
    rows = (
        ("--port", "70000"),
        ("--host", "203.0.113.9"),
        ("--database", "no/such/folder/x.db"),
        ("--chunk-delay", "-1"),
        ("--accept-key", "secret-gööd"),
        ("--accept-key", " secret-begins-white"),
    )
    for arguments in rows:
        ended = alone("serve", *arguments)
        assert (ended.code, ended.out) == (2, "") and len(ended.err.splitlines()) == 1, ended
        assert arguments[0].strip("-").replace("-", " ").split()[0] in ended.err.replace("cannot listen on", "host")
        assert "secret-" not in ended.err


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_a_server_for_all_addresses_prints_one_that_can_be_called(alone: Command, host: str) -> None:
    near = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}[host]
    if host == "::":
        try:
            socket.create_server(("::1", 0), family=socket.AF_INET6).close()
        except OSError:
            pytest.skip("there is no IPv6 here")
    process = alone.started("serve", "--host", host)
    assert process.stdout is not None
    url = process.stdout.readline().decode().strip()
    assert url.startswith(f"http://{near}:") and process.stdout.readline().decode().endswith(f"={url}\n")
    with Client(base_url=url) as client:
        assert client.chat.completions.create(model="m", messages=[{"role": "user", "content": "Hi"}]).choices
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=SECONDS)
    assert process.returncode == 0 and b"all addresses" in err
