"""`python -m tools generate`: openapi.yaml -> overlay -> lowering -> generator -> generated/chat_completions_api."""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

from tools.document import document as documents
from tools.errors import ToolError, printable
from tools.files.trees import differences, swap_in
from tools.files.writing import write_whole
from tools.lowering.lowering import lower
from tools.lowering.naming import numbered
from tools.rendering.generator import (
    check_originals,
    check_pins,
    class_names,
    count_lines,
    load_config,
    template_originals,
    write_package,
)
from tools.rendering.known_fields import known_fields
from tools.rendering.operations import operation_faults
from tools.schema.limits import check_limits
from tools.schema.nulls import null_unions
from tools.schema.overlay import OVERLAY, Applied, add_overlay_argument, apply_overlay, read_overlay
from tools.schema.schemas import operation_name, operations, place_name
from tools.schema.slicing import OPERATIONS, operation_names, slice_document
from tools.vendor import lock_path_of, operations_of

ROOT = Path(__file__).resolve().parent.parent
SPEC = ROOT / "openapi.yaml"
OUTPUT = ROOT / "generated"
PACKAGE = "chat_completions_api"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument("--spec", type=Path, default=SPEC, metavar="F", help="the document (default: openapi.yaml)")
    parser.add_argument(
        "--output", type=Path, default=OUTPUT, metavar="DIR", help=f"receives {PACKAGE}/ (default: generated/)"
    )
    add_overlay_argument(parser)
    parser.add_argument("--check", action="store_true", help="write nothing; show how DIR differs, exit 1 if it does")
    parser.add_argument(
        "--record-originals",
        action="store_true",
        help="record the generator's templates as the originals of our templates",
    )


def run(args: argparse.Namespace) -> int:
    """Generate, or check, and return the exit code."""
    if args.record_originals:
        text = json.dumps(template_originals(ROOT / "templates"), indent=2) + "\n"
        write_whole(ROOT / "templates" / "originals.json", text.encode())
    spec, place = args.spec.resolve(), args.output.resolve() / PACKAGE
    with tempfile.TemporaryDirectory() as folder:
        package = Path(folder) / PACKAGE
        classes = build(spec, package, args.overlay)
        if args.check:
            lines = differences(package, place)
            print("\n".join(lines) if lines else f"{PACKAGE} is what {spec.name} generates")
            if lines:
                print("error: the generated package differs; run `make generate`, never edit it", file=sys.stderr)
            return 1 if lines else 0
        swap_in(package, place)
    print(f"{PACKAGE}: {len(classes)} models and enums, {count_lines(place)} lines, from {spec.name}")
    return 0


def build(spec: Path, package: Path, overlay: Path | None = OVERLAY) -> list[str]:
    """Generate a package from a document into a folder that does not exist yet.

    Args:
        spec: A slice, or a whole document. For a slice, the operations that its lock names are generated; for any other
            document our operations, or all that can be generated if it has none of them.
        package: The folder that becomes the package.
        overlay: The overlay to apply; None for none. With ours, classes get the names that
            `generator-config.yml` gives them.

    Returns:
        The names of the generated classes.

    Raises:
        ToolError: The document cannot be read, an overlay action found nothing to apply to (for openapi.yaml only;
            for other documents these are listed on standard error), or a part of the document would be lost.
    """
    check_pins(ROOT / "constraints.txt")
    check_originals(ROOT / "templates")
    data = _read(spec)
    document = documents.load(data, name=spec.name)
    try:
        return _generated(document, spec, package, data, overlay)
    except RecursionError:
        message = "objects are nested too deeply to follow; flatten them"
        raise ToolError(message, where=spec.name) from None
    except ToolError as error:
        in_document = error.where.startswith("#")
        raise documents.located(error, data, name=spec.name) if in_document else error from None


def _generated(document: dict[str, Any], spec: Path, package: Path, data: bytes, overlay: Path | None) -> list[str]:
    wanted = _wanted(document, spec)
    applied = Applied(slice_document(document, wanted or _found(document)))
    if overlay is not None:
        applied = apply_overlay(applied.document, read_overlay(overlay), name=overlay.name)
        _check_corrected(applied.document, overlay.name)
    named = _named(applied.document)
    check_limits(named)
    contract = null_unions(named)
    config = load_config(ROOT / "generator-config.yml")
    chosen = class_names(config) if overlay == OVERLAY else {}
    lowered = lower(contract, chosen)
    faults = operation_faults(lowered)
    kept = [name for name in operation_names(named) if name not in faults]
    for fault in faults.values():
        if wanted or not kept:
            raise ToolError(
                f"{fault.message}; or leave it out: `vendor --operations` takes the others", where=fault.where
            )
        place = documents.located(fault, data, name=spec.name)
        print(printable(f"note: {place}; this operation is left out"), file=sys.stderr)
    if faults:
        contract = null_unions(slice_document(named, kept))
        lowered = lower(contract, chosen)
    unused = sorted(chosen.keys() - contract.get("components", {}).get("schemas", {}).keys())
    problems = [*applied.unmatched]
    problems += [f"generator-config.yml#/class_overrides/{name}: this schema does not exist" for name in unused]
    if problems and (spec == SPEC or overlay != OVERLAY):
        raise ToolError("; ".join(problems) + "; bring them up to date")
    # A name that had to be changed breaks nothing, so it does not stop the command.
    for line in [*problems, *lowered["x-clashes"]]:
        print(printable(f"note: {line}"), file=sys.stderr)
    packaged = slice_document(contract, operation_names(contract))
    packaged["x-provenance"] = _provenance(data, lock_path_of(spec))
    data_files = {
        "openapi.json": json.dumps(packaged, ensure_ascii=False, indent=1) + "\n",
        "known_fields.json": json.dumps(known_fields(packaged), indent=1) + "\n",
    }
    return write_package(lowered, config, ROOT / "templates", package, data_files)


def _wanted(document: dict[str, Any], spec: Path) -> list[str]:
    """Return the operations that somebody chose: the slice's, or ours; nothing for a document without any of these."""
    wanted = operations_of(spec) or operations_of(SPEC) or list(OPERATIONS)
    found = _found(document)
    return [name for name in wanted if name in found] if found else wanted


def _found(document: dict[str, Any]) -> list[str]:
    if not isinstance(document.get("paths"), dict):
        return []
    return [operation_name(*place) for place in operations(document)]


def _check_corrected(document: dict[str, Any], name: str) -> None:
    """Raise if the overlay of that name leaves words of the wrong kind, or references to nothing."""
    try:
        slice_document(document, operation_names(document))
    except ToolError as error:
        raise ToolError(f"once it is applied, {error.where}: {error.message}", where=name) from None


def _named(document: dict[str, Any]) -> dict[str, Any]:
    """Give each operation of a slice an operationId, after which code is called: `postChatCompletions`."""
    taken = {operation_name(*place) for place in operations(document)}
    for path, method, operation in operations(document):
        if operation_name(path, method, operation) == place_name(path, method):
            words = [word[0].upper() + word[1:] for word in re.split(r"[\W_]+", path) if word]
            operation["operationId"] = numbered(method + "".join(words), taken)
            taken.add(operation["operationId"])
    return document


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ToolError(f"cannot be read: {error.strerror}", where=path.name) from None


def _provenance(data: bytes, path: Path) -> dict[str, Any]:
    """Return where a slice came from: the facts of its lock, if they match it, and its hash."""
    digest = hashlib.sha256(data).hexdigest()
    try:
        lock = json.loads(_read(path)) if path.exists() else {}
        upstream = lock["upstream"] if lock.get("slice", {}).get("sha256") == digest else {}
    except (AttributeError, KeyError, ValueError) as error:
        raise ToolError(f"this is not a lock that `vendor` wrote ({error}); run it again", where=path.name) from None
    facts = {key: upstream.get(key) for key in ("repository", "commit", "date")}
    return {**facts, "slice_sha256": digest}
