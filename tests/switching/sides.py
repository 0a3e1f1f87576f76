"""The two sides of the suite: the snippets as they are, on the official SDK, and with other names, on this package."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tokenize
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
SNIPPETS = HERE / "snippets"

# Where the official SDK is: in this environment (`make switching`), or in the one that `make bench` makes.
OFFICIAL_PYTHON = Path(sys.executable) if find_spec("openai") else ROOT / ".bench" / "bin" / "python"

# All that is changed in a program that switches: the package's name, and the names of five classes.
RENAMED = {
    "openai": "chat_completions",
    "OpenAI": "Client",
    "AsyncOpenAI": "AsyncClient",
    "AzureOpenAI": "AzureClient",
    "AsyncAzureOpenAI": "AsyncAzureClient",
    "OpenAIError": "ChatCompletionsError",
}


def switched(source: str) -> str:
    """Return a program with the names changed; texts and comments stay as they are."""
    lines = source.splitlines(keepends=True)
    names = [
        token
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type == tokenize.NAME and token.string in RENAMED
    ]
    for token in reversed(names):
        (row, start), (_, end) = token.start, token.end
        line = lines[row - 1]
        lines[row - 1] = line[:start] + RENAMED[token.string] + line[end:]
    return "".join(lines)


class Side:
    """An interpreter that runs snippets. Use it with `with`.

    Args:
        python: The interpreter.
        folder: Where the switched snippets are written; None runs them as they are.
    """

    def __init__(self, python: str | Path, folder: Path | None) -> None:
        self._python = str(python)
        self._folder = folder
        self._process: subprocess.Popen[str] | None = None

    def run(self, name: str, environment: Mapping[str, str], *, alone: bool = False) -> dict[str, str]:
        """Run a snippet, and give what it wrote and how it ended.

        Args:
            name: The snippet.
            environment: Environment variables beside those that are set.
            alone: Whether it has a process of its own: what is set up once a process is set up by it.
        """
        if not alone:
            return self._run(name, environment)
        with Side(self._python, self._folder) as other:
            return other._run(name, environment)

    def _run(self, name: str, environment: Mapping[str, str]) -> dict[str, str]:
        process = self._started()
        assert process.stdin is not None and process.stdout is not None
        print(json.dumps({"path": str(self._path(name)), "environment": dict(environment)}), file=process.stdin)
        process.stdin.flush()
        line = process.stdout.readline()
        assert line, f"{self._python} ended while it ran {name}.py"
        answer: dict[str, str] = json.loads(line)
        return answer

    def _path(self, name: str) -> Path:
        source = SNIPPETS / f"{name}.py"
        if self._folder is None:
            return source
        path = self._folder / source.name
        path.write_text(switched(source.read_text()))
        return path

    def _started(self) -> subprocess.Popen[str]:
        if self._process is None:
            kept = {name: value for name, value in os.environ.items() if not name.startswith(("OPENAI_", "AZURE_"))}
            self._process = subprocess.Popen(
                [self._python, str(HERE / "player.py")],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                env={**kept, "NO_PROXY": "127.0.0.1"},
            )
        return self._process

    def __enter__(self) -> Side:
        return self

    def __exit__(self, *exc: object) -> None:
        if self._process is not None:
            self._process.communicate()
            self._process = None


def ours(folder: Path) -> Side:
    """Return the side that runs this package."""
    return Side(sys.executable, folder)


def official() -> Side:
    """Return the side that runs the official SDK."""
    return Side(OFFICIAL_PYTHON, None)


def why_not_official() -> str:
    """Return why the official SDK cannot be run here; "" where it can."""
    if not OFFICIAL_PYTHON.exists():
        return "the official SDK is not here to compare with: `make switching` installs it"
    found: Any = subprocess.run([OFFICIAL_PYTHON, "-c", "import openai"], capture_output=True, check=False)
    return "" if found.returncode == 0 else f"{OFFICIAL_PYTHON} has no openai: `make switching` installs it"
