"""Run a file of requests on a Ray cluster, or on this machine if Ray is not installed; run it again to resume.

python bulk_on_a_cluster.py s3://bucket/requests.jsonl s3://bucket/answers
"""

import importlib.util
import json
import os
import sys
import tempfile
from pathlib import Path

from chat_completions import bulk
from chat_completions.bulk.ray_engine import RayEngine

MODEL = os.environ.get("MODEL", "gpt-5-mini")


def example() -> tuple[str, str]:
    """Write a few requests, and return their file and a name for the answers."""
    folder = Path(tempfile.mkdtemp())
    with (folder / "requests.jsonl").open("w") as file:
        for number in range(20):
            messages = [{"role": "user", "content": f"What is {number} squared?"}]
            body = {"model": MODEL, "messages": messages}
            line = {"custom_id": str(number), "method": "POST", "url": "/v1/chat/completions", "body": body}
            file.write(json.dumps(line) + "\n")
    return str(folder / "requests.jsonl"), str(folder / "answers")


requests, answers = sys.argv[1:] if len(sys.argv) == 3 else example()
engine = RayEngine(actors=2) if importlib.util.find_spec("ray") else "local"
# The limit applies to all actors together.
summary = bulk.run(requests, answers, engine=engine, requests_per_minute=6000)
print(f"{summary.answered} answered, {summary.failed} failed: {summary.reason}")
