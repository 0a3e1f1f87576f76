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
from importlib.util import find_spec

from bench.accelerators import HIDDEN
from bench.plan import MILLI, Plan
from bench.results import Measure, Target
from bench.streams import OFFICIAL, OURS
from bench.timing import Sample

BARE = "bare Python"
HTTPX = "httpx"
# What needs the local server.
SERVED = ("first-call", "first-stream", "memory", "second-client")
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
_STREAM = f"""
for chunk in client.chat.completions.create({_ASKED}, stream=True):
    for choice in chunk.choices:
        print(choice.delta.content, choice.finish_reason)
"""
_OURS = "from chat_completions import Client; client = Client(base_url=URL)\n"
_HTTPX = """
import httpx, json
client = httpx.Client()
where = {"url": URL + "/chat/completions", "headers": {"authorization": "Bearer bench"}}
"""
_OFFICIAL = "from openai import OpenAI; client = OpenAI(base_url=URL)\n"
FIRST_CALLS = {
    OURS: _OURS + _CREATE,
    HTTPX: f"{_HTTPX}answer = client.post(json=dict({_ASKED}), **where)\n"
    "print(json.loads(answer.content)['choices'][0]['message']['content'])",
    OFFICIAL: _OFFICIAL + _CREATE,
}
FIRST_STREAMS = {
    OURS: _OURS + _STREAM,
    HTTPX: f"""{_HTTPX}
with client.stream("POST", json=dict({_ASKED}, stream=True), **where) as response:
    for line in response.iter_lines():
        if line.startswith("data: {{"):
            for choice in json.loads(line[6:])["choices"]:
                print(choice["delta"].get("content"), choice["finish_reason"])
""",
    OFFICIAL: _OFFICIAL + _STREAM,
}
VERSIONS = {
    OURS: "import sys; sys.argv[1:] = ['--version']; from chat_completions.cli import main; main()",
    BARE: "print('1.2.3')",
}
# httpx imports its command line, and with it rich, where click happens to be installed. A plain installation has none.
PLAIN = f"{HIDDEN}; sys.modules['click'] = None"
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
    clients = _installed(CLIENTS)
    for program in clients.values():
        _spawned(program)  # so that the files are in memory, and the modules compiled
    if plan.wants("processes/import"):
        yield _whole(plan, "import", "import", _installed(IMPORTS), HTTPX, [Target(OURS, "difference", BARE, 25)])
    if plan.wants("processes/version"):
        title = "`chat-completions --version`"
        yield _whole(plan, "version", title, VERSIONS, BARE, [Target(OURS, "difference", BARE, 25)])
    if plan.wants("processes/client"):
        yield _whole(plan, "client", "import and Client()", clients, HTTPX, [Target(OURS, "ratio", HTTPX, 1.05)])
    if not any(plan.wants(f"processes/{name}") for name in SERVED):
        return
    with _local_server() as url:
        calls = {name: f"URL = {url!r}\n{program}" for name, program in _installed(FIRST_CALLS).items()}
        streams = {name: f"URL = {url!r}\n{program}" for name, program in _installed(FIRST_STREAMS).items()}
        targets = [Target(OURS, "ratio", HTTPX, 1.12), Target(OURS, "times", OFFICIAL, 4.5)]
        if plan.wants("processes/first-call"):
            yield _whole(plan, "first-call", "import, Client(), first completion", calls, HTTPX, targets)
        if plan.wants("processes/first-stream"):
            yield _whole(plan, "first-stream", "import, Client(), first stream", streams, HTTPX, targets)
        if plan.wants("processes/memory"):
            times = range(1 if plan.quick else 3)
            peaks = {name: [_peak_memory(program) for _ in times] for name, program in calls.items()}
            targets = [Target(OURS, "difference", HTTPX, 4)]
            yield Measure("processes/memory", "peak memory of a first completion", "MiB", HTTPX, peaks, targets)
        if plan.wants("processes/second-client"):
            yield from _second_clients(plan, url)


def _installed(programs: Mapping[str, str]) -> dict[str, str]:
    """Leave out the official SDK where it is not installed."""
    return {name: program for name, program in programs.items() if name != OFFICIAL or find_spec("openai")}


def _whole(
    plan: Plan, name: str, title: str, programs: Mapping[str, str], reference: str, targets: list[Target]
) -> Measure:
    runs = {contender: functools.partial(_spawned, program) for contender, program in programs.items()}
    return plan.measure(
        f"processes/{name}",
        title,
        runs,
        rounds=10,
        reference=reference,
        scale=MILLI,
        unit="ms",
        targets=targets,
    )


def _peak_memory(program: str) -> float:
    """Return the MiB that a program takes at most."""
    return float(_output(program + _PEAK)[-1]) / 1024


def _second_clients(plan: Plan, url: str) -> Iterator[Measure]:
    every = {
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
    programs = _installed(every)
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
        notes=[f"for comparison, the first client's, in ms, including imports: {firsts}"],
    )
    yield Measure(
        "processes/second-client-certificates",
        "certificate stores that a second client loads",
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
    return [sys.executable, "-I", "-c", f"{PLAIN}\n{program}"]


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
            _spawned(f"URL = {url!r}\n{FIRST_CALLS[HTTPX]}")
            yield url
        finally:
            process.stdin.close()
            process.wait()
