"""Files of requests, and what is in files of results."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from chat_completions import bulk

ROOT = Path(__file__).parents[2]


def request(name: str, **body: Any) -> dict[str, Any]:
    """Return a request whose answer says its name."""
    messages = [{"role": "user", "content": name}]
    return {
        "custom_id": name,
        "method": "POST",
        "url": "/v1/chat/completions",
        "body": {"model": "m", "messages": messages, **body},
    }


def write_requests(path: Path, names: Iterable[str] | int, **body: Any) -> list[str]:
    """Write a file of requests, and give their names."""
    found = [f"request-{n}" for n in range(names)] if isinstance(names, int) else list(names)
    path.write_text("".join(json.dumps(request(name, **body)) + "\n" for name in found))
    return found


def results(path: Path) -> list[dict[str, Any]]:
    """Return the lines of a file of results; each has to be whole."""
    data = path.read_bytes()
    assert not data or data.endswith(b"\n")
    return [json.loads(line) for line in data.splitlines()]


def errors_of(output: Path) -> Path:
    return Path(bulk.errors_beside(str(output)))


def check_each_once(names: Iterable[str], output: Path) -> dict[str, str]:
    """Check that each request ended once, and give what was answered."""
    answered = results(output)
    ended = [result["custom_id"] for result in answered]
    ended += [result["custom_id"] for result in results(errors_of(output)) if result["custom_id"] is not None]
    assert sorted(ended) == sorted(names)
    said = {}
    for result in answered:
        assert result["error"] is None
        assert result["response"]["status_code"] == 200
        assert isinstance(result["response"]["request_id"], str)
        assert result["id"].startswith("batch_req_")
        said[result["custom_id"]] = result["response"]["body"]["choices"][0]["message"]["content"]
    return said


def settings(server: Any) -> dict[str, Any]:
    return {"base_url": server.base_url, "api_key": "sk-test"}


_RUNNER = """
import json, sys
from chat_completions import bulk
given = json.loads(sys.argv[1])
print("begins", flush=True)
print(json.dumps(bulk.run(**given).to_dict()), flush=True)
"""


def started(source: Path, output: Path, server: Any, *, preexec_fn: Any = None, **options: Any) -> Any:
    """Start a run in a process of its own."""
    given = {"input": str(source), "output": str(output), "client_settings": settings(server), **options}
    return subprocess.Popen(
        [sys.executable, "-c", _RUNNER, json.dumps(given)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONWARNINGS": "error"},
        preexec_fn=preexec_fn,
    )


def finished(process: Any, seconds: float = 60.0) -> dict[str, Any]:
    """Return the summary of a process's run."""
    out, err = process.communicate(timeout=seconds)
    assert process.returncode == 0, err
    assert not err, err
    found: dict[str, Any] = json.loads(out.splitlines()[-1])
    return found
