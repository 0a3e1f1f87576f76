"""Memory does not depend on how many lines there are."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from .files import ROOT, request

pytestmark = pytest.mark.slow

_PROGRAM = """
import resource, sys
import httpx
from chat_completions import AsyncClient, bulk

BODY = b'{"choices":[{"message":{"content":"' + b"word " * 50 + b'"}}],"usage":{"prompt_tokens":1}}'

def client():
    transport = httpx.MockTransport(lambda request: httpx.Response(200, content=BODY))
    return AsyncClient(base_url="http://stub/v1", api_key="x", http_client=httpx.AsyncClient(transport=transport))

for name in sys.argv[1:]:
    summary = bulk.run(name, name + ".out", client_settings=client, concurrency=32)
    assert summary.complete
    print(summary.answered, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the unit of ru_maxrss differs between systems")
def test_memory_is_flat(tmp_path: Path) -> None:
    """Ten times as many lines take a few MB more at most; by hand, a million took 6 MB more than 100,000."""
    for count in (2000, 20_000):
        with (tmp_path / str(count)).open("w") as file:
            for number in range(count):
                file.write(json.dumps(request(f"request-{number}")) + "\n")
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, str(tmp_path / "2000"), str(tmp_path / "20000")],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (few, first), (many, peak) = ((int(word) for word in line.split()) for line in done.stdout.splitlines())
    assert (few, many) == (2000, 20_000)
    assert peak - first < 8, f"{first} MB, then {peak} MB"
