"""An input that breaks off, is damaged, or changes while it is read is never complete; what was read has ended."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import os
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from chat_completions import bulk
from chat_completions.bulk.errors import BulkError
from chat_completions.bulk.input.decompression import DecompressedFile
from chat_completions.bulk.input.source import Input
from chat_completions.bulk.ray.directory import Directory
from chat_completions.bulk.ray.partitions import Partition, Reader, copied

from .fast_server import FastServer
from .files import check_each_once, errors_of, request, results, settings

pytestmark = pytest.mark.slow

fsspec = pytest.importorskip("fsspec", reason="needs fsspec, of the extra `bulk`")
zstandard = pytest.importorskip("zstandard", reason="needs zstandard, of the extra `bulk`")

KINDS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "gzip": (".gz", lambda data: gzip.compress(data, mtime=0)),
    "bz2": (".bz2", bz2.compress),
    "lzma": (".xz", lzma.compress),
    "zstd": (".zst", lambda data: bytes(zstandard.compress(data))),
}


def in_blocks(first: bytes, rest: bytes) -> tuple[bytes, int]:
    """Compress by zstd, with the end of a block between two parts; give where that is."""
    compressor = zstandard.ZstdCompressor(write_checksum=True).compressobj()
    head = compressor.compress(first) + compressor.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)
    return bytes(head + compressor.compress(rest) + compressor.flush()), len(head)


def requests_text(start: int, end: int, padding: int = 0) -> bytes:
    return "".join(json.dumps(request(f"request-{n}")) + " " * padding + "\n" for n in range(start, end)).encode()


def read_in(kind: str, data: bytes, size: int = 100) -> bytes:
    file = DecompressedFile(io.BytesIO(data), kind)
    return b"".join(iter(lambda: file.read(size), b""))


@pytest.mark.parametrize("remote", [False, True])
def test_a_zstd_input_cut_at_the_end_of_a_block_is_not_complete(tmp_path: Path, remote: bool) -> None:
    data, cut = in_blocks(requests_text(0, 1500), requests_text(1500, 3000))
    name = "memory://cut/in.jsonl.zst" if remote else str(tmp_path / "in.jsonl.zst")

    def write(content: bytes) -> None:
        if remote:
            fsspec.filesystem("memory").pipe_file("/cut/in.jsonl.zst", content)
        else:
            Path(name).write_bytes(content)

    output = tmp_path / "out.jsonl"
    with FastServer() as server:
        write(data[:cut])
        summary = bulk.run(name, output, client_settings=settings(server), concurrency=8)
        assert (summary.complete, summary.answered) == (False, 1500)
        assert f"it is truncated: it ends at byte {cut:,}" in summary.reason
        write(data)
        assert bulk.run(name, output, client_settings=settings(server), concurrency=8, accept_changes=True).complete
    check_each_once([f"request-{n}" for n in range(3000)], output)


@pytest.mark.parametrize("kind", KINDS)
def test_a_compressed_file_that_is_cut_anywhere_never_ends_well(kind: str) -> None:
    """Also in its header, and in a second stream of one file: each cut but the one between the two."""
    compress = KINDS[kind][1]
    chance = random.Random(3)
    first, second = compress(b"one line\n" * 40), compress(bytes(chance.randbytes(300)))
    whole = first + second
    assert read_in(kind, first) == b"one line\n" * 40
    text = read_in(kind, whole)
    assert len(text) == 660
    for cut in range(len(whole)):
        if cut == len(first):
            continue
        with pytest.raises(EOFError, match=f"ends at byte {cut:,}, before its compressed data does"):
            read_in(kind, whole[:cut])
        file = DecompressedFile(io.BytesIO(whole[:cut]), kind)
        found = b""
        with pytest.raises(EOFError):
            while piece := file.read(50):
                found += piece
        assert text.startswith(found)
        assert cut < len(first) or len(found) >= 360, "what came before is given"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "behind", [b"garbage behind the end", b"{}\n", b"\1", b"\xff" * 5000], ids=["text", "json", "byte", "many"]
)
def test_what_follows_a_compressed_stream_is_an_error(kind: str, behind: bytes) -> None:
    with pytest.raises((ValueError, EOFError), match="byte"):
        read_in(kind, KINDS[kind][1](b"a line\n") + behind)


@pytest.mark.parametrize("kind", KINDS)
def test_a_damaged_byte_is_an_error_with_its_place(kind: str) -> None:
    data = bytearray(KINDS[kind][1](random.Random(5).randbytes(20_000)))
    data[12_000] ^= 0x55
    if kind == "zstd":  # which has no checksum unless asked for one
        data, _ = bytearray(in_blocks(random.Random(5).randbytes(20_000), b"x")[0]), 0
        data[12_000] ^= 0x55
    with pytest.raises(ValueError, match=r"damaged.*near byte"):
        read_in(kind, bytes(data))


@pytest.mark.parametrize("kind", KINDS)
def test_streams_in_a_row_and_zeros_behind_them_are_read(kind: str) -> None:
    compress = KINDS[kind][1]
    padding = b"\0" * 8 if kind in ("gzip", "lzma") else b""
    data = b"".join(compress(b"%d\n" % n) + padding for n in range(3000))
    if kind == "zstd":
        data = b"\x50\x2a\x4d\x18\x05\0\0\0hello" + data  # a frame that is to be skipped
    for size in (1, 1000, 10**6):
        assert read_in(kind, data, size) == b"".join(b"%d\n" % n for n in range(3000))


@pytest.mark.parametrize("kind", KINDS)
def test_a_dense_file_is_read_in_pieces(kind: str) -> None:
    file = DecompressedFile(io.BytesIO(KINDS[kind][1](b"\n" * 2**24)), kind)
    assert 0 < len(file.read(1)) <= 2**24
    assert 1 + sum(map(len, iter(lambda: file.read(1000), b""))) <= 2**24 + 1


@pytest.mark.parametrize("kind", KINDS)
def test_a_cut_input_is_told_before_it_is_divided_for_a_cluster(tmp_path: Path, kind: str) -> None:
    suffix, compress = KINDS[kind]
    path = tmp_path / f"in.jsonl{suffix}"
    path.write_bytes(compress(requests_text(0, 200))[:-3])
    pieces = Directory(str(tmp_path / "pieces"))
    pieces.make()
    with pytest.raises(BulkError, match=r"cannot be read to its end: it is truncated: it ends at byte [\d,]+"):
        copied(Input(str(path)), str(path), 1000, pieces)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("keep", [0, 3])
def test_a_file_that_holds_nothing_but_a_beginning_is_not_complete(tmp_path: Path, kind: str, keep: int) -> None:
    suffix, compress = KINDS[kind]
    source = tmp_path / f"in.jsonl{suffix}"
    source.write_bytes(compress(requests_text(0, 3))[:keep])
    summary = bulk.run(source, tmp_path / "out.jsonl", client_settings={"api_key": "x"})
    assert not summary.complete
    assert "truncated" in summary.reason


def test_a_last_line_that_is_cut_is_reported_as_that(tmp_path: Path) -> None:
    source, output = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    text = requests_text(0, 3)
    source.write_bytes(text[:-20])
    with FastServer() as server:
        summary = bulk.run(source, output, client_settings=settings(server))
        assert (summary.answered, summary.malformed) == (2, 1)
        (told,) = results(errors_of(output))
        assert told["error"]["line"] == 3
        assert "it is truncated" in told["error"]["message"]
        source.write_bytes(text)
        assert bulk.run(source, output, client_settings=settings(server), accept_changes=True).answered == 1


@contextmanager
def reading(source: Path) -> Iterator[tuple[Input, Any]]:
    """Begin to read an input, as far as its first lines."""
    found = Input(str(source))
    found.fingerprint()
    batches = found.batches()
    next(batches)
    yield found, batches
    batches.close()


def test_an_input_that_changes_while_it_is_read_is_not_complete(tmp_path: Path) -> None:
    source, text = tmp_path / "in.jsonl", requests_text(0, 10_000)

    def grow() -> None:
        with source.open("ab") as file:
            file.write(b"{}\n")

    def replace() -> None:
        (tmp_path / "new").write_bytes(text.replace(b"request-1", b"request-2"))
        (tmp_path / "new").replace(source)

    def rewrite() -> None:
        with source.open("r+b") as file:
            file.write(text[:50].upper())
        os.utime(source, ns=(1, 1))

    changes: dict[str, Callable[[], object]] = {
        "it now has [0-9,]+ bytes": grow,
        "it ended at byte": lambda: os.truncate(source, 2**19),
        "it now has different content": replace,
        "now has different content": rewrite,
    }
    for told, change in changes.items():
        source.write_bytes(text)
        with reading(source) as (_, batches):
            change()
            with pytest.raises(ValueError, match=f"changed while it was read: .*{told}"):
                list(batches)


def test_an_input_that_is_touched_or_taken_away_once_it_is_open_is_whole(tmp_path: Path) -> None:
    source, text = tmp_path / "in.jsonl", requests_text(0, 10_000)
    for change in (lambda: os.utime(source, ns=(1, 1)), source.unlink):
        source.write_bytes(text)
        with reading(source) as (_, batches):
            change()
            list(batches)


def test_a_stored_input_that_changes_while_it_is_read_is_not_complete() -> None:
    store = fsspec.filesystem("memory")
    store.pipe_file("/changing/in.jsonl", requests_text(0, 10_000))
    source = Input("memory://changing/in.jsonl")
    source.fingerprint()
    batches = source.batches()
    next(batches)
    store.pipe_file("/changing/in.jsonl", requests_text(0, 9000))
    with pytest.raises(ValueError, match="changed while it was read"):
        list(batches)


def test_a_run_whose_input_grows_says_so(tmp_path: Path) -> None:
    source, output = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_bytes(requests_text(0, 1_500, 4_000))
    grown = False

    def grow(_: bulk.Progress) -> None:
        nonlocal grown
        if not grown:
            grown = True
            with source.open("ab") as file:
                file.write(requests_text(1_500, 1_501))

    with FastServer() as server:
        summary = bulk.run(source, output, client_settings=settings(server), on_progress=grow)
        assert not summary.complete
        assert "changed while it was read" in summary.reason
        assert bulk.run(source, output, client_settings=settings(server), accept_changes=True).complete
    check_each_once([f"request-{n}" for n in range(1_501)], output)


@pytest.mark.parametrize("left", [0, 10, 25])
def test_a_partition_of_a_file_that_shrank_is_not_complete(left: int) -> None:
    data = b"".join(b"line %d\n" % n for n in range(5))  # 35 bytes
    partition = Partition(1, 14, 35, first=3, lines=3)
    assert list(Reader(io.BytesIO(data), partition).batches(100, "in"))
    with pytest.raises(ValueError, match=r"ends at byte [\d,]+, but had 35 bytes before"):
        list(Reader(io.BytesIO(data[:left]), partition).batches(100, "in"))
    with pytest.raises(ValueError, match="has 2 lines, but had 3"):
        list(Reader(io.BytesIO(data[:20] + b"x" + data[21:]), partition).batches(100, "in"))
