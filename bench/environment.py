"""`python -m bench.environment`: the virtual environment `.bench`, with the peers, and the project as a wheel."""

from __future__ import annotations

import argparse
import hashlib
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / ".bench"
PINS = Path(__file__).with_name("constraints.txt")
PROJECT = "chat-completions-client"
PIP = ["-m", "pip", "--quiet", "--disable-pip-version-check", "--no-input"]
REQUIREMENTS = [
    "aiohttp",
    "httpx",
    "httpx-aiohttp",
    "httpx-sse",
    "httpx2",
    "matplotlib",
    "msgspec",
    "openai",
    "orjson",
    "packaging",
    # What the plain generator's row needs of tools/.
    "jsonpath-ng<1.8",
    "oas-patch",
    "openapi-python-client",
    "pyyaml",
    # What the project needs, with its local server.
    "attrs",
    "jsonschema",
    "python-dateutil",
    "starlette",
    "uvicorn",
]


def main() -> None:
    """Make the environment if its pins have changed, and bring the project in it up to date."""
    parser = argparse.ArgumentParser(prog="python -m bench.environment", description=__doc__)
    parser.add_argument("--pin", action="store_true", help="pin the newest versions in bench/constraints.txt")
    pinning = parser.parse_args().pin
    python = BUILD / "bin" / "python"
    stamp = BUILD / "made-from"
    made_from = f"{sys.version_info[:3]} {hashlib.sha256(PINS.read_bytes()).hexdigest() if PINS.exists() else ''}"
    if pinning or not stamp.exists() or stamp.read_text() != made_from:
        print(f"making {BUILD.name} ...", file=sys.stderr, flush=True)
        venv.create(BUILD, clear=True, with_pip=True)
        (BUILD / ".gitignore").write_text("*\n")
        pins = [] if pinning else ["--constraint", str(PINS)]
        _run(str(python), *PIP, "install", *pins, *REQUIREMENTS)
        if pinning:
            _pin(python)
            return
        stamp.write_text(made_from)
    _install_project(python)


def _install_project(python: Path) -> None:
    wheels = BUILD / "wheels"
    for old in wheels.glob("*.whl"):
        old.unlink()
    _run(sys.executable, *PIP, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(wheels), str(ROOT))
    (wheel,) = wheels.glob("*.whl")
    installed, digest = BUILD / "installed", hashlib.sha256(wheel.read_bytes()).hexdigest()
    if not installed.exists() or installed.read_text() != digest:
        _run(str(python), *PIP, "install", "--no-deps", "--no-index", "--force-reinstall", str(wheel))
        installed.write_text(digest)


def _pin(python: Path) -> None:
    lines = _run(str(python), *PIP, "freeze", "--all").splitlines()
    kept = [line for line in lines if not line.startswith(("pip==", "setuptools==", PROJECT))]
    head = "# Exact versions of the benchmarks' environment. Written by `python -m bench.environment --pin`."
    PINS.write_text("\n".join([head, *kept]) + "\n")


def _run(*command: str) -> str:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"error: {' '.join(command[1:5])} ... failed:\n{done.stderr[-2000:]}")
    return done.stdout


if __name__ == "__main__":
    main()
