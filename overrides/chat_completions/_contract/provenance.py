"""What this client was generated from and what it runs on: the facts for a bug report."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from types import MappingProxyType
from typing import Any

from attrs import field, frozen

from chat_completions._contract import generated
from chat_completions._types import TRANSPORT_VARIABLE, publish
from chat_completions._version import __version__

DISTRIBUTION = "chat-completions-client"
DEPENDENCIES = ("httpx", "attrs", "python-dateutil")
_FAST = ("httpx-aiohttp", "aiohttp")  # what the fast transport needs besides


def _read_only(versions: Mapping[str, str | None]) -> Mapping[str, str | None]:
    return MappingProxyType(dict(versions))


@publish()
@frozen
class Provenance:
    """The origin of the specification that this client was generated from, and the installed versions.

    Attributes:
        repository: Upstream's repository, as `owner/name`; None, like the commit and the date, if the client was
            generated from a document of another origin.
        commit: The commit of upstream that was vendored.
        date: The date of that commit, ISO 8601.
        slice_sha256: The SHA-256 of the vendored slice, `openapi.yaml`, in hexadecimal.
        versions: The versions of this client, its dependencies, and Python; None for what is not installed.
        transport: What CHAT_COMPLETIONS_TRANSPORT says clients send with, or `httpx`.
    """

    repository: str | None
    commit: str | None
    date: str | None
    slice_sha256: str | None
    versions: Mapping[str, str | None] = field(converter=_read_only, hash=False)
    transport: str = "httpx"

    def to_dict(self) -> dict[str, Any]:
        """Return the facts as a JSON object."""
        facts = {name: getattr(self, name) for name in ("repository", "commit", "date", "slice_sha256")}
        return {**facts, "versions": dict(self.versions), "transport": self.transport}

    def __str__(self) -> str:
        unknown = "unknown"
        return "\n".join(
            (
                ", ".join(f"{name} {number or 'not installed'}" for name, number in self.versions.items()),
                f"specification: {self.repository or unknown} at {self.commit or unknown}, {self.date or unknown}",
                f"slice: sha256 {self.slice_sha256 or unknown}",
                f"transport: {self.transport}",
            )
        )

    def __reduce__(self) -> Any:
        return _restored, (self.to_dict(),)


def provenance() -> Provenance:
    """Return what this client was generated from and what it runs on; `print` it into a bug report."""
    facts = generated.document().get("x-provenance", {})
    # The imported version counts: in a checkout, the installed metadata may be older.
    versions: dict[str, str | None] = {DISTRIBUTION: __version__}
    transport = os.environ.get(TRANSPORT_VARIABLE) or "httpx"
    versions |= {name: _version_of(name) for name in (*DEPENDENCIES, *(_FAST if transport == "fast" else ()))}
    versions["python"] = sys.version.split()[0]
    names = ("repository", "commit", "date", "slice_sha256")
    return Provenance(**{name: facts.get(name) for name in names}, versions=versions, transport=transport)


def _version_of(distribution: str) -> str | None:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None


def _restored(facts: dict[str, Any]) -> Provenance:
    return Provenance(**facts)
