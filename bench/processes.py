"""Whole processes: what importing, making a client and a first call cost, from the start of Python to its end."""

from __future__ import annotations

import contextlib
import functools
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping

from bench.accelerators import HIDDEN
from bench.plan import MILLI, Plan
from bench.results import Measure, Target
from bench.streams import OFFICIAL, OURS
from bench.timing import Sample

BARE = "bare Python"
HTTPX = "httpx"
FIRST, SECOND = "first client", "second client"
SOME_KEY = {"OPENAI_API_KEY": "bench"}

IMPORTS = {
    OURS: "import chat_completions",
    BARE: "pass",
    HTTPX: "import httpx",
    OFFICIAL: "import openai",
}
CLIENTS = {
    OURS: "from chat_completions import Client; Client()",
    HTTPX: "import httpx; httpx.Client()",
    OFFICIAL: "from openai import OpenAI; OpenAI()",
}
_ASKED = "model='bench', messages=[{'role': 'user', 'content': 'Hello'}]"
_CREATE = f"print(client.chat.completions.create({_ASKED}).choices[0].message.content)"
FIRST_CALLS = {
    OURS: f"from chat_completions import Client; client = Client(base_url=URL); {_CREATE}",
    HTTPX: "import httpx; client = httpx.Client(); answer = client.post(URL + '/chat/completions', "
    f"json=dict({_ASKED}), headers={{'authorization': 'Bearer bench'}}); "
    "print(answer.json()['choices'][0]['message']['content'])",
    OFFICIAL: f"from openai import OpenAI; client = OpenAI(base_url=URL); {_CREATE}",
}
# `VmHWM` is this program's own peak; `ru_maxrss` would count the process that started it, too.
_PEAK = """
import resource, sys
try:
    with open('/proc/self/status') as lines:
        peak = next(int(line.split()[1]) for line in lines if line.startswith('VmHWM'))
except OSError:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (1024 if sys.platform == 'darwin' else 1)
print(peak)
"""
# Counts how often certificates are loaded, and times the first call of two clients.
_TWO_CLIENTS = """
import ssl, time
loads = 0
for name in ('load_verify_locations', 'load_default_certs', 'set_default_verify_paths'):
    def counted(self, *args, _of=getattr(ssl.SSLContext, name), **kwargs):
        global loads
        loads += 1
        return _of(self, *args, **kwargs)
    setattr(ssl.SSLContext, name, counted)
for _ in range(2):
    before, begun = loads, time.perf_counter()
    {call}
    print(loads - before, time.perf_counter() - begun)
"""


def measures(plan: Plan) -> Iterator[Measure]:
    """Measure imports, clients, first calls with their memory, and second clients."""
    for program in CLIENTS.values():
        _spawned(program)  # so that the files are in memory, and the modules compiled
    if plan.wants("processes/import"):
        yield _whole(plan, "import", "import", IMPORTS, [Target(OURS, "difference", BARE, 25)])
    if plan.wants("processes/client"):
        yield _whole(plan, "client", "import and Client()", CLIENTS, [Target(OURS, "ratio", HTTPX, 1.05)])
    if not any(plan.wants(f"processes/{name}") for name in ("first-call", "memory", "second-client")):
        return
    with _local_server() as url:
        calls = {name: f"URL = {url!r}; {program}" for name, program in FIRST_CALLS.items()}
        if plan.wants("processes/first-call"):
            targets = [Target(OURS, "ratio", HTTPX, 1.1), Target(OURS, "times", OFFICIAL, 3)]
            yield _whole(plan, "first-call", "import, Client(), first completion", calls, targets)
        if plan.wants("processes/memory"):
            times = range(1 if plan.quick else 3)
            peaks = {name: [_peak_memory(program) for _ in times] for name, program in calls.items()}
            targets = [Target(OURS, "difference", HTTPX, 4)]
            yield Measure("processes/memory", "peak memory of that", "MiB", HTTPX, peaks, targets)
        if plan.wants("processes/second-client"):
            yield from _second_clients(plan, url)


def _whole(plan: Plan, name: str, title: str, programs: Mapping[str, str], targets: list[Target]) -> Measure:
    runs = {contender: functools.partial(_spawned, program) for contender, program in programs.items()}
    return plan.measure(
        f"processes/{name}",
        title,
        runs,
        rounds=10,
        reference=HTTPX,
        scale=MILLI,
        unit="ms",
        clock="wall",
        targets=targets,
    )


def _peak_memory(program: str) -> float:
    """Return the MiB that a program takes at most."""
    return float(_output(program + _PEAK)[-1]) / 1024


def _second_clients(plan: Plan, url: str) -> Iterator[Measure]:
    programs = {
        OURS: f"from chat_completions import Client\n{_TWO_CLIENTS}".replace(
            "{call}", f"Client(base_url={url!r}).chat.completions.create({_ASKED})"
        ),
        HTTPX: f"import httpx\n{_TWO_CLIENTS}".replace(
            "{call}", f"httpx.Client().post({url!r} + '/chat/completions', json=dict({_ASKED}))"
        ),
        OFFICIAL: f"from openai import OpenAI\n{_TWO_CLIENTS}".replace(
            "{call}", f"OpenAI(base_url={url!r}).chat.completions.create({_ASKED})"
        ),
    }
    loads: dict[str, list[float]] = {name: [] for name in programs}
    seconds: dict[str, dict[str, list[float]]] = {name: {FIRST: [], SECOND: []} for name in programs}
    for _ in range(1 if plan.quick else 10):
        for name, program in programs.items():
            first, second = (line.split() for line in _output(program)[-2:])
            loads[name].append(float(second[0]))
            seconds[name][FIRST].append(float(first[1]) * MILLI)
            seconds[name][SECOND].append(float(second[1]) * MILLI)
    values = {name: taken[SECOND] for name, taken in seconds.items()}
    firsts = ", ".join(f"{name} {statistics.median(taken[FIRST]):.1f}" for name, taken in seconds.items())
    yield Measure(
        "processes/second-client",
        "a second client's first completion",
        "ms",
        HTTPX,
        values,
        notes=[f"the first client's, in ms, with what is imported only then: {firsts}"],
    )
    yield Measure(
        "processes/second-client-certificates",
        "certificate stores that it loads",
        "stores",
        "",
        loads,
        [Target(OURS, "value", "", 0)],
    )


def _spawned(program: str) -> Sample:
    """Run a program in a new interpreter, and give what the whole process took."""
    begun = time.perf_counter()
    process = subprocess.Popen(_command(program), stdout=subprocess.DEVNULL, env={**os.environ, **SOME_KEY})
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"this program failed; what it said is above: {program}")
    return Sample(usage.ru_utime + usage.ru_stime, wall)


def _output(program: str) -> list[str]:
    done = subprocess.run(
        _command(program), stdout=subprocess.PIPE, text=True, check=True, env={**os.environ, **SOME_KEY}
    )
    return done.stdout.splitlines()


def _command(program: str) -> list[str]:
    # -I: nothing from the environment or from this folder takes part.
    return [sys.executable, "-I", "-c", HIDDEN + "\n" + program]


@contextlib.contextmanager
def _local_server() -> Iterator[str]:
    """Run `chat_completions.local` in another process, warm; gives the base URL."""
    program = (
        "import sys\nfrom chat_completions.local import LocalServer\n"
        "with LocalServer() as server:\n    print(server.base_url, flush=True)\n    sys.stdin.read()"
    )
    command = [sys.executable, "-I", "-c", program]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout
        try:
            url = process.stdout.readline().strip()
            _spawned(f"URL = {url!r}; {FIRST_CALLS[HTTPX]}")
            yield url
        finally:
            process.stdin.close()
            process.wait()
