"""Every Python block of the documentation runs: a page is one program, which calls a real local server."""

from __future__ import annotations

import codeop
import doctest
import itertools
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from chat_completions.local import LocalServer

from .pages import ROOT, Block, blocks, pages

pytestmark = pytest.mark.slow

PROGRAM = Path(__file__).parent / "program.py"
KEYS = ("OPENAI_API_KEY", "AZURE_OPENAI_API_KEY", "GROQ_API_KEY", "OPENROUTER_API_KEY", "MISTRAL_API_KEY")
# What pages read.
FILES = {
    "memo.wav": b"RIFF\0\0\0\0WAVE",
    "notes.txt": b"Notes",
    "photo.png": b"\x89PNG",
    "report.pdf": b"%PDF-1.7",
}
IS_TEST = re.compile(r"^ *(async )?def test_", re.MULTILINE)
SAME = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE

PAGES = [page for page in pages() if any(block.language == "python" for block in blocks(page))]


def run(program: list[Block], folder: Path) -> dict[str, Any]:
    """Run blocks as one program, and give its report."""
    for name, content in FILES.items():
        (folder / name).write_bytes(content)
    with LocalServer() as server:
        environment = {
            **{name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")},
            **dict.fromkeys(KEYS, "sk-docs"),
            "OPENAI_BASE_URL": server.base_url,
            "DOCS_SERVER": server.base_url,
        }
        given = json.dumps([vars(block) for block in program])
        command = [sys.executable, "-X", "utf8", "-W", "error::DeprecationWarning", PROGRAM]
        done = subprocess.run(
            command, cwd=folder, env=environment, input=given, capture_output=True, text=True, check=False, timeout=120
        )
    assert done.returncode == 0, done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    return report


@pytest.mark.parametrize("page", PAGES)
def test_a_page_runs_and_prints_what_it_says(page: str, tmp_path: Path) -> None:
    read = blocks(page)
    program = [b for b in read if b.language == "python" and not b.not_run and not IS_TEST.search(b.code)]
    report = run(program, tmp_path)
    assert not report["failure"], report["failure"]
    shown = dict(zip(program, report["printed"], strict=True))
    for block, after in itertools.pairwise(read):
        if after.prints:
            assert block in shown, f"{page}:{after.line} is what no block prints"
            printed = shown[block]
            assert doctest.OutputChecker().check_output(after.code, printed, SAME), f"{page}:{after.line}:\n{printed}"


@pytest.mark.parametrize("page", [page for page in PAGES if any(IS_TEST.search(b.code) for b in blocks(page))])
def test_the_tests_that_a_page_shows_pass(page: str, tmp_path: Path) -> None:
    for block in blocks(page):
        if block.language == "python" and IS_TEST.search(block.code) and not block.not_run:
            (tmp_path / f"test_line_{block.line}.py").write_text("\n" * (block.line - 1) + block.code)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", tmp_path, tmp_path]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


def test_nothing_is_left_out_silently() -> None:
    """A block that is not run has its reason in the page; every block has a language that says what it is."""
    known = {"python", "sh", "text", "json", "yaml", "toml", "ini", "http"}
    for page in pages():
        for block in blocks(page):
            plain = block.language in known or block.language.startswith("{")
            assert plain, f"{page}:{block.line}: the language {block.language!r} is none that a test looks at"
            assert not block.language.startswith("{code"), f"{page}:{block.line}: write the language plainly"


def test_a_page_that_is_wrong_fails(tmp_path: Path) -> None:
    wrong = Block("some.md", 7, "python", "from chat_completions import Client\n\nClient().chat.completions.creat()\n")
    report = run([wrong], tmp_path)
    assert 'File "some.md", line 9' in report["failure"]
    assert "AttributeError" in report["failure"]


@pytest.mark.parametrize("page", ["README.md", "docs/index.md", "docs/quickstart.md"])
def test_the_first_programs_can_be_pasted(page: str) -> None:
    """Before Python 3.13, the interactive interpreter takes line by line, and a block must end with an empty line."""
    for block in blocks(page):
        if block.language != "python":
            continue
        lines: list[str] = []
        for line in [*block.code.splitlines(), ""]:
            lines.append(line)
            if codeop.compile_command("\n".join(lines)) is not None:
                lines.clear()
        assert not any(lines), f"{page}:{block.line}"


def test_calls_to_other_hosts_arrive_here(tmp_path: Path) -> None:
    code = """
from chat_completions import Client
client = Client(base_url="https://vendor.invalid/some/api", api_key="k", default_query={"api-version": "1"})
print(client.chat.completions.create(model="m", messages=[{"role": "user", "content": "Hello"}]).id)
"""
    report = run([Block("some.md", 1, "python", code)], tmp_path)
    (call,) = report["asked"]
    assert call["url"] == "https://vendor.invalid/some/api/chat/completions?api-version=1"
    assert report["printed"][0].startswith("chatcmpl-")


def test_servers_are_asked_as_their_page_says(tmp_path: Path) -> None:
    """The addresses of the table, and where the key goes, are those of the examples below it."""
    page = "docs/servers.md"
    asked = run([block for block in blocks(page) if block.language == "python"], tmp_path)["asked"]
    text = (ROOT / page).read_text("utf-8")
    table = re.findall(r"^\| \[([^]]+)\]\([^)]+\) \| `([^`]+)` \|", text, re.MULTILINE)
    assert len(table) >= 8
    for server, address in table:
        assert any(call["url"].lower().startswith(f"{address}/chat/completions".lower()) for call in asked), server

    def headers(start: str) -> dict[str, str]:
        return next(call["headers"] for call in asked if call["url"].lower().startswith(start))

    assert "authorization" not in headers("http://localhost:11434/")
    assert "authorization" not in headers("http://localhost:8080/")
    assert headers("http://localhost:8000/")["authorization"] == "Bearer token-abc123"
    assert headers("https://openrouter.ai/")["x-title"]
    older = headers("https://name.openai.azure.com/openai/deployments/my-deployment/")
    assert (older["api-key"], "authorization" in older) == ("sk-docs", False)
