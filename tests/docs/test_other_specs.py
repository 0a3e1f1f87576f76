"""The page about other vendors' documents: its files, commands and program, in the order in which they stand."""

from __future__ import annotations

import doctest
import json
import os
import shlex
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tools.__main__ import main

from .pages import blocks

pytestmark = pytest.mark.slow

SAME = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


class Acme(BaseHTTPRequestHandler):
    """Answers with what the document does not know."""

    def do_POST(self) -> None:
        sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        assert sent == {"model": "small", "messages": [{"role": "user", "content": None}]}
        body = json.dumps({"text": "Hello", "mood": "merry", "seconds": 3}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        pass


def run_commands(code: str, capsys: pytest.CaptureFixture[str]) -> str:
    """Run the lines of a shell block, our own in this process; return what they print."""
    for line in code.replace("\\\n", "").splitlines():
        words = shlex.split(line)
        if words[:3] == [".venv/bin/python", "-m", "tools"]:
            assert main(words[3:]) == (2 if words[3] == "drift" else 0)
        else:
            subprocess.run(line, shell=True, check=True)
    return capsys.readouterr().out


def run_program(code: str) -> str:
    """Run a program that calls Acme; return what it prints."""
    with HTTPServer(("127.0.0.1", 0), Acme) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        path = os.pathsep.join((".", os.environ["PYTHONPATH"]))
        environment = {**os.environ, "ACME_URL": f"http://127.0.0.1:{server.server_port}", "PYTHONPATH": path}
        done = subprocess.run(
            [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
        )
        server.shutdown()
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_page_does_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The document and the overlay are saved, the commands print what is shown, and so does the program."""
    monkeypatch.chdir(tmp_path)
    printed = ""
    for block in blocks("docs/other-specs.md"):
        if block.language == "yaml":
            Path(block.code.split()[1]).write_text(block.code, encoding="utf-8")
        elif block.language == "text":
            shown = block.code
            assert doctest.OutputChecker().check_output(shown, printed, SAME), f"line {block.line}: {printed}"
        else:
            printed = run_program(block.code) if block.language == "python" else run_commands(block.code, capsys)
    assert (tmp_path / "acme" / "chat_completions_api" / "api" / "default" / "chat.py").is_file()
