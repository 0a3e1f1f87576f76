"""Vendor the upstream document: fetch it, slice it, write `openapi.yaml` and the lock that says where it came from.

Both files are written, or neither. `--check` writes nothing and needs no network: it verifies that the two still
belong together.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from datetime import datetime
from hashlib import sha256
from itertools import zip_longest
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from tools.document import document, yaml_writer
from tools.errors import ToolError
from tools.files import writing
from tools.schema.limits import check_limits
from tools.schema.slicing import OPERATIONS, operation_names, slice_document

UPSTREAM = "https://raw.githubusercontent.com/openai/openai-openapi/HEAD/openapi.yaml"
REPOSITORY = "openai/openai-openapi"
COMMENT = "Written by `python -m tools vendor`. Not edited by hand: corrections go into overlay.yaml."
FETCH_TIMEOUT_SECONDS = 60.0

# An address with a commit says exactly where a document is from.
_RAW_ADDRESS = re.compile(r"https://raw\.githubusercontent\.com/([^/]+/[^/]+)/([0-9a-f]{40})/")
# A revision of at least two characters: `C:\openapi.yaml` is a file.
_GIT_PATH = re.compile(r"[^:-][^:]+:[^:]+")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add_upstream_arguments(parser)
    parser.add_argument(
        "--operations",
        type=_operations,
        metavar="NAME,NAME",
        help="the operations to keep, by operationId or as 'METHOD /path'"
        f" (default: those of the last lock, else {','.join(OPERATIONS)})",
    )
    parser.add_argument(
        "--output",
        type=Path,
        default=Path("openapi.yaml"),
        metavar="FILE",
        help="where to write the slice and its lock (default: %(default)s)",
    )
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit 1 if the slice is not what its lock says"
    )


def add_upstream_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments that say which document, and where it is from."""
    parser.add_argument(
        "--upstream",
        default=UPSTREAM,
        metavar="FILE_OR_URL",
        help="the document: a file, an http(s) address, or REV:PATH of the git repository here (default: %(default)s)",
    )
    parser.add_argument("--repository", help=f"the repository to note in the lock (default: {REPOSITORY})")
    parser.add_argument("--commit", type=_commit, help="the commit to note in the lock")
    parser.add_argument("--date", type=_date, help="the commit's date to note in the lock, in ISO 8601")


def run(args: argparse.Namespace) -> int:
    """Write the slice and its lock, or check them, and print one line about them.

    Raises:
        ToolError: Something failed; both files are as they were.
    """
    operations = args.operations or operations_of(args.output) or OPERATIONS
    if args.check:
        check(args.output, operations)
        print(f"{args.output} is what {lock_path_of(args.output).name} says")
        return 0
    data = document.unpack(fetch(args.upstream), name=args.upstream)
    upstream = document.load(data, name=args.upstream)
    try:
        sliced = slice_document(upstream, operations)
        check_limits(sliced)
    except ToolError as error:
        raise document.located(error, data, name=args.upstream) from error
    text = yaml_writer.write(sliced, comment=COMMENT).encode()
    _check_written(text, sliced, args.upstream)

    lock_path = lock_path_of(args.output)
    names, components = operation_names(sliced), _count_components(sliced)
    digest = sha256(text).hexdigest()
    lock = {
        "upstream": _provenance(args, data, upstream["openapi"], _read_lock(lock_path)),
        "slice": {
            "operations": names,
            "components": components,
            "bytes": len(text),
            "sha256": digest,
        },
    }
    contents = {args.output: text}
    if args.output.is_file() or not args.output.exists():  # a device or a pipe has no lock beside it
        contents[lock_path] = (json.dumps(lock, indent=2) + "\n").encode()
    _write_together(contents)
    print(f"{args.output}: operations {len(names)}, components {components}, bytes {len(text)}, sha256 {digest}")
    return 0


def fetch(upstream: str) -> bytes:
    """Return the bytes of a file, of an http(s) address, or of `REV:PATH` in the git repository here.

    Raises:
        ToolError: It cannot be fetched.
    """
    if upstream.startswith(("http://", "https://")):
        return _download(upstream)
    path = Path(upstream)
    try:
        if path.exists():
            return path.read_bytes()
    except OSError as error:
        raise ToolError(f"cannot read the file: {error.strerror}; give a readable file", where=upstream) from error
    if "://" in upstream:
        raise ToolError("only http and https addresses can be fetched; give one, or a file", where=upstream)
    if _GIT_PATH.fullmatch(upstream):
        return _show(upstream)
    raise ToolError("this file does not exist; give a file, an http(s) address or REV:PATH", where=upstream)


def lock_path_of(output: Path) -> Path:
    """Return the path of a slice's lock: `openapi.lock.json` for `openapi.yaml`."""
    return output.with_name(f"{output.stem}.lock.json")


def parse_lock(text: bytes) -> dict[str, Any]:
    """Return the lock in a text; nothing if it is not one."""
    try:
        lock = json.loads(text)
    except ValueError:
        return {}
    whole = isinstance(lock, dict) and all(isinstance(lock.get(part), dict) for part in ("upstream", "slice"))
    return lock if whole else {}


def operations_of(path: Path) -> list[str]:
    """Return the operations of a slice from its lock; nothing without a lock."""
    named = _read_lock(lock_path_of(path)).get("slice", {}).get("operations")
    return named if isinstance(named, list) and all(isinstance(name, str) for name in named) else []


def check(output: Path, operations: Sequence[str]) -> None:
    """Do nothing if a slice is what its lock says, is canonical, and has these operations.

    Raises:
        ToolError: It is not; nothing is fetched or written.
    """
    lock_path = lock_path_of(output)
    try:
        text = output.read_bytes()
    except OSError as error:
        raise ToolError(f"cannot read the slice: {error.strerror}; run `make vendor`", where=str(output)) from error
    says = _read_lock(lock_path).get("slice")
    if says is None:
        raise ToolError("this is not a lock; restore it from git, or run `make vendor`", where=str(lock_path))
    is_now = {"bytes": len(text), "sha256": sha256(text).hexdigest()}
    for key, value in is_now.items():
        if says.get(key) != value:
            message = f"{key} {value}, but {lock_path.name} says {says.get(key)}; restore both files from git"
            message += ", or run `make vendor`; corrections go into overlay.yaml"
            raise ToolError(message, where=str(output))

    try:
        sliced = slice_document(document.load(text, name=str(output)), operations)
    except ToolError as error:
        raise document.located(error, text, name=str(output)) from error
    canonical = yaml_writer.write(sliced, comment=COMMENT).encode()
    if canonical != text:
        pairs = zip_longest(text.split(b"\n"), canonical.split(b"\n"))
        line = next(i for i, (old, new) in enumerate(pairs, 1) if old != new)
        message = "slicing it again results in other text from this line on; run `make vendor`"
        raise ToolError(message, where=f"{output}:{line}")
    for key, wanted in (("operations", operation_names(sliced)), ("components", _count_components(sliced))):
        if says.get(key) != wanted:
            message = f"{key} is {says.get(key)}, but {output.name} has {wanted}; run `make vendor`"
            raise ToolError(message, where=str(lock_path))


def _count_components(sliced: dict[str, Any]) -> int:
    return sum(map(len, sliced.get("components", {}).values()))


def _download(address: str) -> bytes:
    import httpx

    data = bytearray()
    try:
        with httpx.stream("GET", address, follow_redirects=True, timeout=FETCH_TIMEOUT_SECONDS) as response:
            if not response.is_success:
                raise ToolError(f"the server answers HTTP {response.status_code}; is the address right?", where=address)
            for part in response.iter_bytes():
                data += part
                if len(data) > document.MAX_DOCUMENT_BYTES:
                    break  # Reading the document says that it is too large.
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        reason = str(error) or type(error).__name__
        raise ToolError(f"cannot fetch: {reason}; try again, or give a file", where=address) from error
    return bytes(data)


def _show(revision_and_path: str) -> bytes:
    command = ["git", "cat-file", "blob", revision_and_path]
    try:
        done = subprocess.run(command, capture_output=True, check=False)
    except OSError as error:
        raise ToolError(f"this file does not exist, and git cannot be run: {error}", where=revision_and_path) from error
    if done.returncode:
        reason = done.stderr.decode(errors="replace").strip().removeprefix("fatal: ")
        raise ToolError(f"this file does not exist, and git says: {reason}", where=revision_and_path)
    return done.stdout


def _check_written(text: bytes, sliced: dict[str, Any], upstream: str) -> None:
    """Raise if the text does not read as the slice, which is a bug."""
    try:
        same = document.load(text, name="the slice") == sliced
    except ToolError as error:
        raise ToolError(f"the slice cannot be read back as YAML ({error})", where=upstream) from error
    if not same:
        raise ToolError("the slice does not read back as it was written; report this as a bug", where=upstream)


def _provenance(args: argparse.Namespace, data: bytes, version: str, lock: dict[str, Any]) -> dict[str, Any]:
    """Return where the document is from: what the arguments say, else its address, else the last lock."""
    digest = sha256(data).hexdigest()
    if args.commit is None and lock.get("slice", {}).get("sha256") == digest:
        return dict(lock["upstream"])  # Our own slice again: it is still from where it was from.
    known: dict[str, str | None] = {"repository": REPOSITORY, "commit": None, "date": None}
    if address := _RAW_ADDRESS.match(args.upstream):
        known.update(repository=address[1], commit=address[2])
    elif args.commit is None and lock.get("upstream", {}).get("sha256") == digest:
        known.update((key, lock["upstream"].get(key)) for key in known)
    path = urlsplit(args.upstream).path.replace(os.sep, "/")
    return {
        **{key: getattr(args, key) or value for key, value in known.items()},
        "file": PurePosixPath(path.rpartition(":")[2]).name.removesuffix(".gz"),
        "openapi": version,
        "bytes": len(data),
        "sha256": digest,
    }


def _read_lock(path: Path) -> dict[str, Any]:
    """Return the last lock, or nothing: a lock that cannot be read is about to be replaced."""
    try:
        return parse_lock(path.read_bytes())
    except OSError:
        return {}


def _write_together(contents: Mapping[Path, bytes]) -> None:
    """Write all files or none: each to a temporary file first, then all moved into place."""
    before: dict[Path, bytes | None] = {}
    with ExitStack() as stack:
        try:
            puts = {path: stack.enter_context(writing.drafted(path, content)) for path, content in contents.items()}
            for path, put in puts.items():
                old = path.read_bytes() if path.is_file() else None
                put()
                before[path] = old
        except OSError as error:
            for done, old in before.items():
                writing.write_whole(done, old) if old is not None else done.resolve().unlink()
            where = Path(error.filename).resolve()
            raise ToolError(f"cannot write: {error.strerror}; nothing was changed", where=str(where)) from error


def _commit(text: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{7,64}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a commit's hash")
    return text


def _date(text: str) -> str:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a date in ISO 8601") from None
    return text


def _operations(text: str) -> list[str]:
    names = sorted({name for part in text.split(",") if (name := part.strip())})
    if not names:
        raise argparse.ArgumentTypeError("no operation is named")
    return names
