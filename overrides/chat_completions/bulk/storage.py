"""Where files are: local paths are opened directly, URLs by fsspec, which supports many stores."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from chat_completions import _logging
from chat_completions.bulk.errors import BulkError

STANDARD_INPUT = "-"
# By the end of the name: what decompresses it.
SUFFIXES = {".gz": "gzip", ".bz2": "bz2", ".xz": "lzma", ".zst": "zstd"}


def is_remote(name: str) -> bool:
    """Return whether a name is a URL, not a local path."""
    return "://" in name and not name.startswith("file://")


def path_of(name: str) -> Path:
    """Return the local path for a name."""
    return Path(name.removeprefix("file://")).expanduser()


def redacted_name(name: str) -> str:
    """Return a name without possible secrets of a URL: user, password, query."""
    return _logging.redact_url(name) if is_remote(name) else name


def reason_of(error: Exception, name: str) -> str:
    """Return a file system's error message, without possible secrets of a URL."""
    if isinstance(error, FileNotFoundError):
        return "no such file"
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    query = urlsplit(name).query if is_remote(name) else ""
    for secret in (name, name.partition("://")[2], query, *urlsplit(name).netloc.rpartition("@")[0].split(":")):
        text = str(text).replace(secret, redacted_name(name) if secret == name else "[hidden]") if secret else str(text)
    return text


def compression_of(name: str) -> str | None:
    """Return how a file is compressed, by its suffix; None if it is not."""
    path = urlsplit(name).path if is_remote(name) else name
    return SUFFIXES.get(PurePosixPath(path).suffix.lower())


def filesystem_of(name: str, storage_options: Mapping[str, Any] | None) -> tuple[Any, str]:
    """Return fsspec's file system for a URL, and the path in it.

    Raises:
        BulkError: fsspec, or a package for this kind of URL, is not installed.
    """
    try:
        from fsspec.core import url_to_fs
    except ImportError:
        raise BulkError(
            f"{redacted_name(name)} needs the package fsspec: pip install 'chat-completions-client[bulk]'"
        ) from None
    try:
        filesystem, path = url_to_fs(name, **(storage_options or {}))
    except (ImportError, ValueError) as error:
        raise BulkError(f"{redacted_name(name)} cannot be opened: {reason_of(error, name)}") from None
    return filesystem, str(path)
