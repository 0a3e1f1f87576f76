"""A server as a process of ours: started, waited for, stopped whatever happens."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

import httpx

STOP_SECONDS = 5.0


def free_port() -> int:
    """Return a port of loopback that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class ServerProcess:
    """A server in a process group of its own.

    It gets none of our environment but what it needs to run, and a proxy that is not there: whatever it would ask of
    the outside fails at once.
    """

    def __init__(
        self, command: Sequence[str], *, health: str, log: Path, environment: Mapping[str, str], patience: float
    ) -> None:
        self._command = command
        self._health = health
        self._log = log
        home = log.with_suffix(".home")
        home.mkdir(exist_ok=True)
        nowhere = "http://127.0.0.1:9"
        self._environment = {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(home),
            "LANG": "C.UTF-8",
            "HTTP_PROXY": nowhere,
            "HTTPS_PROXY": nowhere,
            "NO_PROXY": "127.0.0.1,localhost",
            **environment,
        }
        self._patience = patience
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it is healthy.

        Raises:
            RuntimeError: It ended, or did not become healthy in time; the message has the end of its log.
        """
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self._environment,
                start_new_session=True,
            )
        try:
            healthy = self._wait(self._process)
        except BaseException:
            self.stop()
            raise
        if not healthy:
            self.stop()
            end = self._log.read_text(errors="replace")[-2000:]
            raise RuntimeError(f"the server did not come up ({self._log}):\n{end}")

    def _wait(self, process: subprocess.Popen[bytes]) -> bool:
        until = time.monotonic() + self._patience
        while time.monotonic() < until and process.poll() is None:
            with contextlib.suppress(httpx.TransportError):
                if httpx.get(self._health, trust_env=False, timeout=5).is_success:
                    return True
            time.sleep(0.1)
        return False

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End the process group; one that does not go in time is killed."""
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, how)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            pass
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def kill(self) -> None:
        """End it in the middle of whatever it does."""
        self.stop(signal.SIGKILL)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()
