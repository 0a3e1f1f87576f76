"""`answers.jsonl.run.json` next to `answers.jsonl`: the input and settings of a run, to notice later changes."""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from chat_completions._files import write_whole
from chat_completions._types import Secret
from chat_completions.bulk.errors import BulkError
from chat_completions.bulk.storage import filesystem_of, is_remote, path_of, reason_of, redacted_name

VERSION = 1
SUFFIX = ".run.json"


class Manifest:
    """The record of a run, next to its output.

    Args:
        output: The name of the output.
        storage_options: Options for fsspec's file system, for a URL.

    Attributes:
        values: What the record says; empty if there is none yet.

    Raises:
        BulkError: The existing record cannot be read.
    """

    def __init__(self, output: str, storage_options: Mapping[str, Any] | None = None) -> None:
        name = output.rstrip("/") + SUFFIX
        self.label = redacted_name(name)
        self._name = Secret(name)
        self._remote = filesystem_of(name, storage_options) if is_remote(name) else None
        self._path = path_of(name)
        self.values: dict[str, Any] = {}
        text = self._text()
        if text is None:
            return
        try:
            values = json.loads(text)
        except ValueError:
            values = None
        if not isinstance(values, dict) or values.get("version") != VERSION or not isinstance(values.get("run"), str):
            raise BulkError(f"{self.label} is not a run record of this version; use another output")
        self.values = values

    def _text(self) -> bytes | None:
        try:
            if self._remote is not None:
                filesystem, path = self._remote
                return bytes(filesystem.cat_file(path)) if filesystem.exists(path) else None
            return self._path.read_bytes()
        except FileNotFoundError:
            return None
        except Exception as error:
            raise BulkError(f"{self.label} cannot be read: {reason_of(error, self._name.reveal())}") from None

    @property
    def run(self) -> str:
        """The run's name, the same each time it resumes."""
        return f"{self.values['run']}-{self.values.get('epoch', 0)}"

    def changes(self, wanted: Mapping[str, Any]) -> list[str]:
        """Return the differences from the start of the run, in words.

        Args:
            wanted: The input, its fingerprint, and the settings, as they are now.
        """
        found = []
        known, asked = self.values.get("input") or {}, wanted.get("input") or {}
        if known.get("fingerprint") != asked.get("fingerprint"):
            found.append(f"the input was {known.get('name')} and is {asked.get('name')}, or its content changed")
        was, now = self.values.get("settings") or {}, wanted.get("settings") or {}
        for name in sorted({*was, *now}):
            if was.get(name) != now.get(name):
                found.append(f"{name} was {was.get(name)!r} and is {now.get(name)!r}")
        return found

    def begin(self, wanted: Mapping[str, Any], *, again: bool) -> None:
        """Record that a run starts or resumes.

        Args:
            wanted: The input, its fingerprint, and the settings.
            again: Whether failed requests are sent again, as new requests.
        """
        self.values = {
            "version": VERSION,
            "run": self.values.get("run") or os.urandom(8).hex(),
            "epoch": self.values.get("epoch", 0) + again,
            **wanted,
            "state": "running",
            "process": os.getpid(),
            "host": socket.gethostname(),
            "begun": self.values.get("begun") or _now(),
            "gone_on": _now() if self.values else None,
        }
        self._write()

    def keep(self) -> None:
        """Write the record again if it was removed: without it, the run cannot be continued.

        Raises:
            BulkError: It cannot be written.
        """
        if self._remote is None and not self._path.exists():
            self._write()

    def end(self, state: str, reason: str, counts: Mapping[str, Any]) -> None:
        """Record how a run ended; a full disk does not prevent that."""
        self.values = {**self.values, "state": state, "reason": reason, "ended": _now(), "counts": dict(counts)}
        with suppress(Exception):
            self._write()

    def _write(self) -> None:
        data = json.dumps(self.values, indent=2).encode() + b"\n"
        if self._remote is not None:
            filesystem, path = self._remote
            filesystem.pipe_file(path, data)
            return
        try:
            write_whole(self._path, data)
        except OSError as error:
            raise BulkError(f"{self.label} cannot be written: {error.strerror}") from None


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
