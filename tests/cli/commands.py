"""The installed command as a user runs it: a process of its own, fed by a pipe or at a terminal."""

from __future__ import annotations

import contextlib
import io
import json
import os
import pty
import select
import socket
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from fcntl import ioctl
from pathlib import Path
from typing import Any
from unittest.mock import patch

from chat_completions.cli.app import run
from chat_completions.cli.screen import shared_screen

# Does in the new process what `preexec_fn` must not do where there are threads: takes Ctrl-C, which a test that runs in
# the background would otherwise have it ignore, and makes the terminal, if there is one, its own.
_PREPARED = """
import fcntl, os, signal, sys, termios
signal.signal(signal.SIGINT, signal.SIG_DFL)
if os.isatty(0):
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""
PREPARED = [sys.executable, "-I", "-S", "-c", _PREPARED]
COMMAND = str(Path(sys.executable).parent / "chat-completions")
_OF_THE_MACHINE = ("PATH", "PYTHONPATH", "LANG", "LC_ALL", "TMPDIR", "COVERAGE_PROCESS_CONFIG")
SECONDS = 60.0  # within which every command of these tests ends


def environment(home: Path, **more: str | None) -> dict[str, str]:
    """Return an environment without keys, proxies, certificates and colours of whoever runs the tests."""
    kept = {name: os.environ[name] for name in _OF_THE_MACHINE if name in os.environ}
    given = {"HOME": str(home), "CHAT_COMPLETIONS_MODEL": "m", **kept, **more}
    return {name: value for name, value in given.items() if value is not None}


@dataclass
class Ended:
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        return json.loads(self.out)

    def lines(self) -> list[Any]:
        return [json.loads(line) for line in self.out.splitlines()]


class Command:
    """Runs the command; `base_url`, if given, is in its environment."""

    def __init__(self, home: Path, base_url: str | None = None) -> None:
        self.home = home
        self.variables: dict[str, str | None] = {"OPENAI_BASE_URL": base_url}

    def __call__(
        self,
        *arguments: str,
        stdin: bytes | int | None = subprocess.DEVNULL,
        program: Sequence[str] = (COMMAND,),
        **variables: str | None,
    ) -> Ended:
        """Run it to its end; `stdin` is what is piped in."""
        fed = {"input": stdin} if isinstance(stdin, bytes) else {"stdin": stdin}
        ended = subprocess.run(
            [*program, *arguments],
            env=environment(self.home, **{**self.variables, **variables}),
            cwd=self.home,
            capture_output=True,
            timeout=SECONDS,
            check=False,
            **fed,  # type: ignore[arg-type]
        )
        return Ended(ended.returncode, ended.stdout.decode(), ended.stderr.decode())

    def within(self, *arguments: str, **variables: str | None) -> Ended:
        """Run it in this process, without its imports' cost, for long tables of what it finds or refuses."""
        out, err = io.StringIO(), io.StringIO()
        shared_screen.cache_clear()
        with (
            patch.dict(os.environ, environment(self.home, **{**self.variables, **variables}), clear=True),
            Path(os.devnull).open() as nothing,
            patch("sys.stdin", nothing),
            contextlib.chdir(self.home),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            code = run(arguments)
        return Ended(code, out.getvalue(), err.getvalue())

    def started(self, *arguments: str, **variables: str | None) -> subprocess.Popen[bytes]:
        """Start it with pipes, and leave it running."""
        return subprocess.Popen(
            [*PREPARED, COMMAND, *arguments],
            env=environment(self.home, **{**self.variables, **variables}),
            cwd=self.home,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def at_terminal(
        self,
        *arguments: str,
        types: Callable[[bytes], bytes | None] = lambda seen: None,
        columns: int = 100,
        stdout: int | None = None,
        **variables: str | None,
    ) -> Ended:
        """Run it at a terminal, to its end; `out` is all that the terminal got.

        Args:
            arguments: The command's.
            types: Called with what has been seen so far; gives what the user types then.
            columns: The terminal's width.
            stdout: A file to which standard output goes instead.
            variables: Environment variables.
        """
        ours, theirs = pty.openpty()
        ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        process = subprocess.Popen(
            [*PREPARED, COMMAND, *arguments],
            env=environment(self.home, **{"TERM": "xterm-256color", **self.variables, **variables}),
            cwd=self.home,
            stdin=theirs,
            stdout=theirs if stdout is None else stdout,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        seen = b""
        until = time.monotonic() + SECONDS
        try:
            while time.monotonic() < until:
                if select.select([ours], [], [], 0.02)[0]:
                    try:
                        data = os.read(ours, 65536)
                    except OSError:  # Linux says so when the other side is closed
                        break
                    if not data:
                        break
                    seen += data
                if typed := types(seen):
                    os.write(ours, typed)
            return Ended(process.wait(SECONDS), seen.decode().replace("\r\n", "\n"), "")
        finally:
            process.kill()
            process.wait()
            os.close(ours)


@contextlib.contextmanager
def nobody() -> Iterator[str]:
    """Yield a host and port that refuse connections; nobody else can take them meanwhile."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield "{}:{}".format(*bound.getsockname())


def once(after: bytes, text: bytes) -> Callable[[bytes], bytes | None]:
    """Return a user who types a text once something is seen."""
    typed: list[bytes] = []

    def types(seen: bytes) -> bytes | None:
        if typed or after not in seen:
            return None
        typed.append(text)
        return text

    return types


def event(content: str | None = None, *, finish: str | None = None, index: int = 0, **delta: Any) -> bytes:
    """Return an event of a stream: a chunk with one delta."""
    told = {**({} if content is None else {"content": content}), **delta}
    choice = {"index": index, "delta": told, "finish_reason": finish}
    chunk = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}
    return b"data: " + json.dumps(chunk).encode() + b"\n\n"


def whole(message: dict[str, Any], finish: str = "stop") -> dict[str, Any]:
    """Return a completion with one choice."""
    choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": finish, "logprobs": None}
    return {"id": "c1", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}


def together(test: Callable[..., None], rows: Iterable[Sequence[Any]]) -> None:
    """Run a test for several rows at once: starting a process takes longer than most of what is tested."""
    rows = list(rows)
    with ThreadPoolExecutor(4) as pool:
        for row, outcome in zip(rows, [pool.submit(test, *row) for row in rows], strict=True):
            try:
                outcome.result()
            except Exception as error:
                error.add_note(f"in the row {row!r}")
                raise


DONE = b"data: [DONE]\n\n"
# A pause that ends soon after the other side has gone: a sleep would keep the test's server waiting.
SILENCE: list[bytes | float] = [0.05, b": still here\n\n"] * 300
