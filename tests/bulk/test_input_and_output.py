"""Files: every line of an input is read, whatever its form; an output is repaired, locked, and never torn."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
from collections.abc import Callable
from pathlib import Path

import pytest

from chat_completions.bulk import BulkError
from chat_completions.bulk.input.seen_ids import Occurrence, Seen
from chat_completions.bulk.input.source import Input, TooLong, lines_in
from chat_completions.bulk.output.parts import PartFiles
from chat_completions.bulk.output.result_file import ResultFile
from chat_completions.bulk.output.result_lines import answered, digest_of

fsspec = pytest.importorskip("fsspec", reason="needs fsspec, of the extra `bulk`")


def line(name: str) -> bytes:
    found = answered(digest_of("run", name, b""), name, 200, None, b'{"choices":[]}')
    assert found is not None
    return found.line


def read_all(source: Input) -> list[object]:
    return [entry for batch in source.batches() for entry in batch]


def zstd(data: bytes) -> bytes:
    zstandard = pytest.importorskip("zstandard", reason="needs zstandard, of the extra `bulk`")
    half = len(data) // 2
    # Two frames, as they are when files are put together.
    return bytes(zstandard.compress(data[:half]) + zstandard.compress(data[half:]))


def gzipped(data: bytes) -> bytes:
    half = len(data) // 2
    return gzip.compress(data[:half]) + gzip.compress(data[half:])


@pytest.mark.parametrize(
    ("suffix", "compressed"),
    [("", bytes), (".gz", gzipped), (".bz2", bz2.compress), (".xz", lzma.compress), (".zst", zstd)],
)
@pytest.mark.parametrize("remote", [False, True])
def test_an_input_is_read_as_it_is_compressed(
    tmp_path: Path, suffix: str, compressed: Callable[[bytes], bytes], remote: bool
) -> None:
    wanted = [(n, b"line %d" % n) for n in range(1, 40_001)]
    data = compressed(b"\n".join(text for _, text in wanted))
    if remote:
        name = f"memory://inputs/lines.jsonl{suffix}"
        fsspec.filesystem("memory").pipe_file(f"/inputs/lines.jsonl{suffix}", data)
    else:
        name = str(tmp_path / f"lines.jsonl{suffix}")
        Path(name).write_bytes(data)
    source = Input(name)
    assert read_all(source) == wanted
    assert source.size == len(data)
    assert source.fingerprint() is not None


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_lines_are_split_whatever_the_pieces(size: int) -> None:
    data = b"a\n\n  \nbcd\r\n" + b"x" * 30 + b"\nef"
    file = io.BytesIO(data)
    found = [entry for batch in lines_in(lambda _: file.read(size), 20, "in") for entry in batch]
    assert found == [(1, b"a"), (4, b"bcd\r"), (5, TooLong(30)), (6, b"ef")]


def test_a_long_last_line_is_reported() -> None:
    file = io.BytesIO(b"a\n" + b"x" * 30)
    assert list(lines_in(lambda _: file.read(8), 20, "in"))[-1] == [(2, TooLong(30))]


@pytest.mark.parametrize("data", ["é".encode("utf-16"), gzip.compress(b"a", mtime=0), b"PAR1...", b"PK\x03\x04"])
def test_another_kind_of_file_is_refused_as_a_whole(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "in.jsonl"
    path.write_bytes(data)
    with pytest.raises(BulkError, match=r"in\.jsonl is "):
        read_all(Input(str(path)))


def test_what_cannot_be_opened_is_told(tmp_path: Path) -> None:
    with pytest.raises(BulkError, match="no such file"):
        Input(str(tmp_path / "missing"))
    with pytest.raises(BulkError, match="directory"):
        Input(str(tmp_path))
    with pytest.raises(BulkError, match="nothing://"):
        Input("nothing://user:secret@x/y?key=secret")
    with pytest.raises(BulkError) as caught:
        Input("memory://none.jsonl?key=secret")
    assert "secret" not in str(caught.value)


def test_a_fingerprint_changes_with_the_content_and_not_with_the_time(tmp_path: Path) -> None:
    path = tmp_path / "in"
    path.write_bytes(b"abc")
    first = Input(str(path)).fingerprint()
    path.write_bytes(b"abc")
    assert Input(str(path)).fingerprint() == first
    path.write_bytes(b"abd")
    assert Input(str(path)).fingerprint() != first


@pytest.mark.parametrize("cut", range(1, len(line("bb"))))
def test_a_torn_line_is_taken_away(tmp_path: Path, cut: int) -> None:
    """Wherever it was torn; a line that lacks only its end is kept."""
    path = tmp_path / "out"
    path.write_bytes(line("aa") + line("bb")[:cut])
    file = ResultFile(path)
    whole = cut == len(line("bb")) - 1
    assert list(file.ended()) == (["aa", "bb"] if whole else ["aa"])
    assert bool(file.note) is not whole
    file.append(line("cc"))
    file.flush()
    file.close()
    assert path.read_bytes() == line("aa") + (line("bb") if whole else b"") + line("cc")


def test_a_hole_that_a_power_cut_left_is_taken_away(tmp_path: Path) -> None:
    path = tmp_path / "out"
    path.write_bytes(line("aa") + b"\0" * 100 + b"rest\n" + b"\0" * 5)
    file = ResultFile(path)
    assert list(file.ended()) == ["aa"]
    file.close()
    assert path.read_bytes() == line("aa")


@pytest.mark.parametrize("data", [b"notes of mine", b"notes of mine\n", line("aa") + b"x\n" + line("bb"), b"[1]\n"])
def test_a_file_of_something_else_is_left_alone(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "out"
    path.write_bytes(data)
    file = ResultFile(path)
    with pytest.raises(BulkError, match="not a result"):
        list(file.ended())
    file.close()
    assert path.read_bytes() == data


def test_a_hole_in_the_middle_is_told(tmp_path: Path) -> None:
    path = tmp_path / "out"
    path.write_bytes(line("aa") + b"\0\0\n" + line("bb"))
    file = ResultFile(path)
    with pytest.raises(BulkError, match=r"line 2: damaged"):
        list(file.ended())
    file.close()


def test_a_file_is_locked_until_it_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "out"
    first = ResultFile(path)
    with pytest.raises(BlockingIOError):
        ResultFile(path)
    first.close()
    ResultFile(path).close()


def test_results_need_a_regular_file(tmp_path: Path) -> None:
    for name in ("/dev/null", str(tmp_path), str(tmp_path / "none" / "out")):
        with pytest.raises(BulkError):
            ResultFile(Path(name))


def test_a_store_gets_parts_that_are_never_written_twice() -> None:
    name = "memory://answers/out.jsonl"
    first, second = PartFiles(name), PartFiles(name)
    first.append(line("aa"))
    first.flush()
    assert not list(PartFiles(name).ended()), "a part is written when it is worth it"
    first.flush(last=True)
    second.append(line("bb"))
    second.flush(last=True)
    third = PartFiles(name)
    assert sorted(map(str, third.ended())) == ["aa", "bb"]
    third.append(line("cc"))
    third.flush(last=True)
    assert sorted(map(str, PartFiles(name).ended())) == ["aa", "bb", "cc"]
    fsspec.filesystem("memory").pipe_file("/plain", b"x")
    with pytest.raises(BulkError, match="is a file"):
        PartFiles("memory://plain")


def test_what_was_met_is_known() -> None:
    seen = Seen()
    assert seen.add_ended(["a", "\ud800", 3, "a"]) == 3
    assert [seen.meet(name) for name in ("a", "a", "b", "b", "\ud800", 3, "3", "line 3")] == [
        Occurrence.ENDED,
        Occurrence.DUPLICATE,
        Occurrence.NEW,
        Occurrence.DUPLICATE,
        Occurrence.ENDED,
        Occurrence.ENDED,
        Occurrence.NEW,
        Occurrence.NEW,
    ]
    seen.close()
