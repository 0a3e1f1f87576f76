"""Run each library's program against the local server:  .venv/bin/python -m tests.integrations [LIBRARY ...]

Each library has an environment in `.integrations/`, in which its program (`programs/with_LIBRARY.py`) runs twice: with
the clients of `chat_completions.compat`, and with those of this package. Prints a table, and why what failed did. Exits
with 1 if a library does not work with `compat`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tomllib
import venv
from collections import defaultdict
from pathlib import Path

from chat_completions.local import LocalServer

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
BUILD = ROOT / ".integrations"
CONSTRAINTS = HERE / "constraints.txt"
LIBRARIES: dict[str, dict[str, list[str]]] = tomllib.loads((HERE / "libraries.toml").read_text())
PARTS = ("sync", "async", "stream", "tools", "structured", "cut")
SECONDS = 300  # for a program; some libraries take half a minute to import


def main() -> int:
    """Run the programs, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.integrations", description="Run libraries' programs.")
    parser.add_argument("library", nargs="*", help="the libraries to run; by default all")
    parser.add_argument("--remove", action="store_true", help="remove each environment once it has been used")
    arguments = parser.parse_args()
    if unknown := {*arguments.library} - {*LIBRARIES}:
        parser.error(f"no such library: {', '.join(sorted(unknown))}")
    rows, reasons, failed = list[str](), list[str](), False
    with LocalServer() as server:
        for library in arguments.library or LIBRARIES:
            python = environment(library)
            found = {clients: run(python, library, server.base_url, clients) for clients in ("compat", "plain")}
            failed |= {*found["compat"].values()} != {"ok"}
            packages = ", ".join(each.replace("==", " ") for each in LIBRARIES[library]["packages"])
            cells = [mark(found["compat"].get(part)) + mark(found["plain"].get(part)) for part in PARTS]
            rows.append(f"| {packages} | {' | '.join(cells)} | {verdict_of(found)} |")
            for clients, outcomes in found.items():
                parts = defaultdict[str, list[str]](list)  # by why they failed, of which the end differs
                for part, outcome in outcomes.items():
                    if outcome != "ok":
                        parts[f"{outcome:.150}"].append(part)
                reasons += [f"- {library}, {clients}, {', '.join(names)}: {why}" for why, names in parts.items()]
            if arguments.remove:
                shutil.rmtree(BUILD / library)
    print("Each cell: with compat, and with Client and AsyncClient themselves.\n")
    print(f"| library | {' | '.join(PARTS)} | |\n|{'---|' * (len(PARTS) + 2)}")
    print("\n".join(rows))
    print("\n".join(["", *reasons]))
    return int(failed)


def verdict_of(found: dict[str, dict[str, str]]) -> str:
    """Return in a few words whether a library works."""
    works = {clients for clients, outcomes in found.items() if {*outcomes.values()} == {"ok"}}
    if "plain" in works:
        return "works, without compat too" if "compat" in works else "works without compat"
    return "works" if "compat" in works else "does not work"


def mark(outcome: str | None) -> str:
    """Return a character for the outcome of a part; "-" for what the library does not have."""
    return "-" if outcome is None else "+" if outcome == "ok" else "x"


def run(python: Path, library: str, base_url: str, clients: str) -> dict[str, str]:
    """Return the outcomes of a program's parts, by their names."""
    program = HERE / "programs" / f"with_{library.replace('-', '_')}.py"
    print(f"running {program.stem} with {clients} ...", file=sys.stderr, flush=True)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("OPENAI_", "PYTHON"))}
    done = subprocess.run(
        [python, program, base_url, clients],
        cwd=BUILD,
        env={
            **kept,
            "NO_PROXY": "127.0.0.1",
            "LITELLM_LOCAL_MODEL_COST_MAP": "True",
            "HAYSTACK_TELEMETRY_ENABLED": "False",
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )
    try:
        outcomes: dict[str, str] = json.loads(done.stdout.splitlines()[-1])
    except (IndexError, ValueError):
        return {"sync": f"the program ended with {done.returncode}: {done.stderr[-500:]}"}
    return outcomes


def environment(library: str) -> Path:
    """Return the Python of a library's environment, and make the environment if its versions have changed.

    Raises:
        RuntimeError: It cannot be made; the message has pip's last words.
    """
    BUILD.mkdir(exist_ok=True)
    folder = BUILD / library
    python, stamp = folder / "bin" / "python", folder / "made-from"
    packages = LIBRARIES[library]["packages"]
    made_from = f"{sys.version_info[:3]} {hashlib.sha256(CONSTRAINTS.read_bytes()).hexdigest()} {' '.join(packages)}"
    if stamp.exists() and stamp.read_text() == made_from:
        return python
    print(f"making {folder.relative_to(ROOT)} ...", file=sys.stderr, flush=True)
    venv.create(folder, clear=True, with_pip=True)
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]
    command = [*pip, "--constraint", CONSTRAINTS, *packages, "--editable", f"{ROOT}[openai,local]"]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"cannot make {folder}:\n{done.stdout[-2000:]}")
    stamp.write_text(made_from)
    return python


if __name__ == "__main__":
    sys.exit(main())
