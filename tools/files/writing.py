"""Write a file completely or not at all, and never turn something else into a file.

Links are followed and kept. A regular file is replaced by a new one next to it, with its mode and owner; devices
and pipes are written directly; directories, sockets and disks are refused.

`tools/files/writing.py` is a copy of this module: tools do not import what they generate. A test compares them.
"""

from __future__ import annotations

import errno
import os
import signal
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_REFUSED = {stat.S_IFDIR: "a directory", stat.S_IFSOCK: "a socket", stat.S_IFBLK: "a disk"}
_BINARY = getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)


def write_whole(path: str | os.PathLike[str], data: bytes) -> None:
    """Write a file; if that fails, the old file stays.

    Args:
        path: The file; a device or a pipe is written directly.
        data: The content.

    Raises:
        OSError: The file cannot be written.
    """
    with drafted(path, data) as put:
        put()


@contextmanager
def drafted(path: str | os.PathLike[str], data: bytes) -> Iterator[Callable[[], None]]:
    """Write a temporary file and yield a function that puts it in place of a file; uncalled, nothing changes.

    Args:
        path: The file; a device or a pipe is written directly, when the function is called.
        data: The content.

    Raises:
        OSError: The file cannot be written; the function raises it, too.
    """
    with _named(path):
        place, found = _place(path)
    if place is None:
        yield lambda: _write_straight(path, data)
        return

    def put() -> None:
        with _named(path):
            beside.replace(place)

    with _signals_held():
        beside = place.with_name(f".{place.name[:40]}.{os.urandom(8).hex()}")
        try:
            with _named(path):
                _write_new(beside, data, found)
            yield put
        finally:
            with suppress(OSError):  # it is in its place, or could not be created
                beside.unlink()


def check_place(path: str | os.PathLike[str]) -> bool:
    """Check that a file can be written, before there is something to write.

    Args:
        path: The file.

    Returns:
        Whether it will be a regular file; otherwise it is a device or a pipe.

    Raises:
        OSError: The file cannot be written.
    """
    place, _ = _place(path)
    if place is not None and not place.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, "its directory does not exist", os.fspath(path))
    if not os.access(path if place is None else place.parent, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), os.fspath(path))
    return place is not None


def _place(path: str | os.PathLike[str]) -> tuple[Path | None, os.stat_result | None]:
    """Return the regular file that a path leads to, and its status; no file for what is written directly."""
    try:
        found = os.stat(path)  # noqa: PTH116
    except FileNotFoundError:
        return Path(os.path.realpath(path)), None  # it will be created, also through a dangling link
    kind = stat.S_IFMT(found.st_mode)
    if kind in _REFUSED:
        raise OSError(errno.EISDIR if kind == stat.S_IFDIR else errno.EINVAL, _refusal(kind), os.fspath(path))
    if not os.access(path, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), os.fspath(path))
    if kind != stat.S_IFREG or _is_descriptor(path):
        return None, found
    return Path(os.path.realpath(path)), found


def _refusal(kind: int) -> str:
    return f"it is {_REFUSED[kind]}; give the name of a file"


def _is_descriptor(path: str | os.PathLike[str]) -> bool:
    """Return whether a path, such as `/dev/stdout`, leads to an open descriptor, to which others may write as well."""
    step = os.path.abspath(path)  # noqa: PTH100
    while sys.platform != "win32":
        folder = os.path.realpath(os.path.dirname(step))  # noqa: PTH120
        if folder.startswith(("/proc/", "/dev/fd")):
            return True
        if not os.path.islink(step):  # noqa: PTH114
            break
        step = os.path.join(folder, os.readlink(step))  # noqa: PTH115, PTH118
    return False


def _write_straight(path: str | os.PathLike[str], data: bytes) -> None:
    with _named(path):
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | _BINARY)
        try:
            _write(descriptor, data)
        finally:
            os.close(descriptor)


def _write_new(path: Path, data: bytes, like: os.stat_result | None) -> None:
    mode = 0o666 if like is None else stat.S_IMODE(like.st_mode)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, mode)
    try:
        if like is not None and sys.platform != "win32":
            with suppress(OSError):  # another user's file: the owner is kept if that is allowed
                os.fchown(descriptor, like.st_uid, like.st_gid)
            with suppress(OSError):  # a file system without modes
                os.fchmod(descriptor, mode)
        _write(descriptor, data)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write(descriptor: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


@contextmanager
def _named(path: str | os.PathLike[str]) -> Iterator[None]:
    """Name the requested file in an error, instead of the temporary one."""
    try:
        yield
    except OSError as error:
        error.filename, error.filename2 = os.fspath(path), None
        raise


@contextmanager
def _signals_held() -> Iterator[None]:
    """Delay signals that end the process, so that no temporary file is left behind."""
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGHUP, signal.SIGINT, signal.SIGTERM))
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
