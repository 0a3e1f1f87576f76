"""Files are written whole or not at all, and what is no file is not turned into one. All targets are made here."""

from __future__ import annotations

import errno
import multiprocessing
import os
import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from chat_completions import _files
from chat_completions.testing import record
from tests.specs import ROOT
from tools.__main__ import main as tools_main
from tools.errors import ToolError
from tools.files import writing as tools_files
from tools.files.swapping import swap_in_all
from tools.files.trees import swap_in

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="devices and pipes have names elsewhere")
NULL, FULL = (1, 3), (1, 7)  # the numbers of the devices, on Linux


@pytest.fixture(params=[_files, tools_files], ids=["product", "tools"])
def files(request: pytest.FixtureRequest) -> ModuleType:
    module: ModuleType = request.param
    return module


def device(place: Path, numbers: tuple[int, int]) -> Path:
    """Make a device of one's own, or skip: the machine's devices are never a target."""
    try:
        os.mknod(place, 0o666 | stat.S_IFCHR, os.makedev(*numbers))
        os.close(os.open(place, os.O_WRONLY))
    except OSError:
        pytest.skip("devices can be made by root only, where the file system has them")
    return place


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


class Drain:
    """Read a pipe to its end beside the test."""

    def __init__(self, pipe: Path) -> None:
        self.data = b""
        self._thread = threading.Thread(target=self._read, args=[pipe], daemon=True)
        self._thread.start()

    def _read(self, pipe: Path) -> None:
        self.data = pipe.read_bytes()

    def all(self) -> bytes:
        self._thread.join(60)
        return self.data


def test_the_two_modules_are_one() -> None:
    """Tools import nothing of the product; so the module is there twice, and the same."""
    assert (ROOT / "tools/files/writing.py").read_bytes() == (
        ROOT / "overrides/chat_completions/_files.py"
    ).read_bytes()


def test_a_new_file_has_the_mode_that_every_new_file_has(files: ModuleType, tmp_path: Path) -> None:
    files.write_whole(tmp_path / "a", b"1")
    (tmp_path / "b").write_bytes(b"")
    assert (tmp_path / "a").read_bytes() == b"1"
    assert (tmp_path / "a").stat().st_mode == (tmp_path / "b").stat().st_mode
    assert names(tmp_path) == ["a", "b"]


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o755, 0o666])
def test_a_file_is_replaced_with_its_mode_and_owner_kept(files: ModuleType, tmp_path: Path, mode: int) -> None:
    place = tmp_path / "a"
    place.write_bytes(b"old and longer")
    place.chmod(mode)
    if os.geteuid() == 0:
        os.chown(place, 12345, 54321)
    before = place.stat()
    with place.open("rb") as reader:
        files.write_whole(place, b"new")
        assert reader.read() == b"old and longer"  # who has it open reads one whole file
    after = place.stat()
    assert (after.st_mode, after.st_uid, after.st_gid) == (before.st_mode, before.st_uid, before.st_gid)
    assert place.read_bytes() == b"new"
    assert names(tmp_path) == ["a"]


def test_a_device_stays_a_device(files: ModuleType, tmp_path: Path) -> None:
    null = device(tmp_path / "null", NULL)
    (tmp_path / "link").symlink_to("null")
    for path in (null, tmp_path / "link"):
        assert not files.check_place(path)
        files.write_whole(path, b"gone")
        assert stat.S_ISCHR(null.stat().st_mode) and null.stat().st_rdev == os.makedev(*NULL)
    assert (tmp_path / "link").is_symlink() and names(tmp_path) == ["link", "null"]


def test_a_full_device_says_so(files: ModuleType, tmp_path: Path) -> None:
    full = device(tmp_path / "full", FULL)
    with pytest.raises(OSError) as caught:
        files.write_whole(full, b"more")
    assert caught.value.errno == errno.ENOSPC and caught.value.filename == str(full)
    assert stat.S_ISCHR(full.stat().st_mode) and names(tmp_path) == ["full"]


def test_a_pipe_is_written_to(files: ModuleType, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    drain = Drain(tmp_path / "pipe")
    files.write_whole(tmp_path / "pipe", b"x" * 300_000)
    assert drain.all() == b"x" * 300_000
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)


@pytest.mark.parametrize("name", ["relative", "absolute", "chain", "dangling"])
def test_a_link_stays_a_link(files: ModuleType, tmp_path: Path, name: str) -> None:
    (tmp_path / "deep").mkdir()
    real = tmp_path / "deep" / "real"
    if name != "dangling":
        real.write_bytes(b"old")
        real.chmod(0o640)
    link = tmp_path / "link"
    link.symlink_to(real if name == "absolute" else "deep/real")
    if name == "chain":
        (tmp_path / "first").symlink_to("link")
        link = tmp_path / "first"
    files.write_whole(link, b"new")
    assert link.is_symlink() and not real.is_symlink() and real.read_bytes() == b"new"
    assert names(tmp_path / "deep") == ["real"]


def test_what_cannot_be_a_file_is_refused_in_a_sentence(files: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "directory").mkdir()
    (tmp_path / "to-directory").symlink_to("directory")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "lost").symlink_to("nowhere/file")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "socket"))
        told = {
            "directory": "it is a directory; give the name of a file",
            "to-directory": "it is a directory; give the name of a file",
            "socket": "it is a socket; give the name of a file",
            "loop": "Too many levels of symbolic links",
            "lost": "No such file or directory",
            "nowhere/file": "No such file or directory",
        }
        before = names(tmp_path)
        for name, sentence in told.items():
            with pytest.raises(OSError) as caught:
                files.write_whole(tmp_path / name, b"new")
            assert str(caught.value.strerror).startswith(sentence), name
            assert caught.value.filename == str(tmp_path / name)
            with pytest.raises(OSError):
                files.check_place(tmp_path / name)
    assert names(tmp_path) == before


def test_a_disk_is_refused(files: ModuleType, tmp_path: Path) -> None:
    try:
        os.mknod(tmp_path / "disk", 0o666 | stat.S_IFBLK, os.makedev(240, 77))  # a number that no driver has
    except OSError:
        pytest.skip("devices can be made by root only, where the file system has them")
    with pytest.raises(OSError, match="it is a disk"):
        files.write_whole(tmp_path / "disk", b"new")
    assert stat.S_ISBLK((tmp_path / "disk").stat().st_mode)


def test_the_longest_name_has_a_file_beside_it(files: ModuleType, tmp_path: Path) -> None:
    for name in ("n" * 255, "é" * 127):
        files.write_whole(tmp_path / name, b"new")
        assert (tmp_path / name).read_bytes() == b"new"


def test_standard_output_is_written_to_where_it_goes(tmp_path: Path) -> None:
    """What others have written there before stays: it is no file of ours, even where it leads to one."""
    code = "import sys; from tools.files.writing import write_whole; print('one', flush=True)"
    code += "; write_whole(sys.argv[1], b'two\\n'); print('three')"
    for way in ("/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"):
        if not Path(way).exists():
            continue
        with (tmp_path / "out").open("ab") as out:
            subprocess.run([sys.executable, "-c", code, way], stdout=out, cwd=ROOT, check=True)
        assert (tmp_path / "out").read_text() == "one\ntwo\nthree\n"
        piped = subprocess.run([sys.executable, "-c", code, way], capture_output=True, cwd=ROOT, check=True)
        assert piped.stdout == b"one\ntwo\nthree\n"
        (tmp_path / "out").unlink()
    assert names(tmp_path) == []


def _limited(place: str, module: str) -> None:
    import resource
    from importlib import import_module

    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
    try:
        import_module(module).write_whole(place, b"x" * 100_000)
    except OSError as error:
        raise SystemExit(7) from error


def test_a_full_disk_leaves_what_was_there_and_nothing_else(files: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"old")
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=_limited, args=(str(tmp_path / "a"), files.__name__))
    process.start()
    process.join(60)
    assert process.exitcode == 7
    assert (tmp_path / "a").read_bytes() == b"old" and names(tmp_path) == ["a"]


_WRITING = """
import os, signal, sys
from importlib import import_module
files = import_module(sys.argv[2])
wrote = files._write
def slow(descriptor, data):
    wrote(descriptor, data[:10])
    os.kill(os.getpid(), int(sys.argv[3]))  # it comes at the worst time
    wrote(descriptor, data[10:])
files._write = slow
# A test run under nohup or in the background is one that ignores them.
default = signal.default_int_handler if sys.argv[3] == str(int(signal.SIGINT)) else signal.SIG_DFL
signal.signal(int(sys.argv[3]), default)
files.write_whole(sys.argv[1], b"y" * 1000)
"""


@pytest.mark.parametrize("signal", ["SIGTERM", "SIGINT", "SIGHUP"])
def test_a_signal_leaves_one_whole_file_and_nothing_else(files: ModuleType, tmp_path: Path, signal: str) -> None:
    import signal as signals

    number = int(getattr(signals, signal))
    (tmp_path / "a").write_bytes(b"old")
    command = [sys.executable, "-c", _WRITING, str(tmp_path / "a"), files.__name__, str(number)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False, timeout=60)
    assert done.returncode in (-number, 1)  # Python's own end after SIGINT differs between versions
    assert (tmp_path / "a").read_bytes() in (b"old", b"y" * 1000) and names(tmp_path) == ["a"]


def test_an_exception_leaves_what_was_there_and_nothing_else(files: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"old")
    with pytest.raises(RuntimeError), files.drafted(tmp_path / "a", b"new"):
        raise RuntimeError("something else failed")
    assert (tmp_path / "a").read_bytes() == b"old" and names(tmp_path) == ["a"]


def _write_often(place: str, module: str, sign: str) -> None:
    from importlib import import_module

    threads = [
        threading.Thread(
            target=lambda: [import_module(module).write_whole(place, sign.encode() * 50_000) for _ in range(15)]
        )
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_writers_at_the_same_time_leave_one_whole_file(files: ModuleType, tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    arguments = [(str(tmp_path / "a"), files.__name__, sign) for sign in "xyz"]
    processes = [context.Process(target=_write_often, args=given) for given in arguments]
    for process in processes:
        process.start()
    while any(process.is_alive() for process in processes):
        if (tmp_path / "a").exists():
            seen = (tmp_path / "a").read_bytes()
            assert len(seen) == 50_000 and len(set(seen)) == 1
    for process in processes:
        process.join(60)
        assert process.exitcode == 0
    assert names(tmp_path) == ["a"]


# What writes


def test_a_recording_goes_to_a_device_and_to_a_pipe(tmp_path: Path) -> None:
    null = device(tmp_path / "null", NULL)
    record(null).close()
    assert stat.S_ISCHR(null.stat().st_mode)
    os.mkfifo(tmp_path / "pipe")
    drain = Drain(tmp_path / "pipe")
    record(tmp_path / "pipe").close()
    assert b'"exchanges"' in drain.all() and stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)
    (tmp_path / "real.json").write_bytes(b"old")
    (tmp_path / "link.json").symlink_to("real.json")
    record(tmp_path / "link.json").close()
    assert (tmp_path / "link.json").is_symlink() and b'"exchanges"' in (tmp_path / "real.json").read_bytes()
    assert names(tmp_path) == ["link.json", "null", "pipe", "real.json"]


def test_a_report_of_a_run_goes_to_a_device_and_through_a_link(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="the report needs the extra `report`")
    from chat_completions.bulk import BulkError
    from chat_completions.bulk.report import page
    from tests.bulk.test_report import summary

    null = device(tmp_path / "null", NULL)
    (tmp_path / "link.html").symlink_to("real.html")
    for path in (null, tmp_path / "link.html"):
        page.check(path)
        page.write(summary(tmp_path), path)
    assert stat.S_ISCHR(null.stat().st_mode)
    assert (tmp_path / "link.html").is_symlink() and b"<html" in (tmp_path / "real.html").read_bytes()
    (tmp_path / "directory").mkdir()
    with pytest.raises(BulkError, match="cannot be written: it is a directory; give the name of a file"):
        page.check(tmp_path / "directory")
    assert names(tmp_path) == ["directory", "link.html", "null", "real.html"]


def test_vendor_and_drift_write_to_a_device(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    null = device(tmp_path / "null", NULL)
    upstream = ["--upstream", str(ROOT / "openapi.yaml")]
    assert tools_main(["vendor", *upstream, "--output", str(null)]) == 0
    assert tools_main(["drift", *upstream, "--output", str(null)]) == 0
    assert stat.S_ISCHR(null.stat().st_mode) and names(tmp_path) == ["null"], capsys.readouterr()


@pytest.fixture
def new(tmp_path: Path) -> Iterator[Path]:
    (tmp_path / "new" / "package").mkdir(parents=True)
    (tmp_path / "new" / "package" / "a.py").write_text("new")
    (tmp_path / "new" / "file").write_text("new")
    return tmp_path / "new"


def test_a_swap_takes_no_place_of_something_else(new: Path, tmp_path: Path) -> None:
    """A pipe, or a file, that is where the folder should be stays; a link to a folder stays a link."""
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ToolError, match="not a directory"):
        swap_in(new / "package", tmp_path / "pipe")
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    swap_in(new / "package", tmp_path / "link")
    assert (tmp_path / "link").is_symlink() and (tmp_path / "real" / "a.py").read_text() == "new"


def test_a_swap_of_many_keeps_links(new: Path, tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "elsewhere").mkdir(parents=True)
    (root / "elsewhere" / "real").write_text("old")
    (root / "file").symlink_to("elsewhere/real")
    swap_in_all(new, root, ["file", "package"])
    assert (root / "file").is_symlink() and (root / "elsewhere" / "real").read_text() == "new"
    assert (root / "package" / "a.py").read_text() == "new"
    assert names(root) == ["elsewhere", "file", "package"]
