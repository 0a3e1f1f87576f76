"""`python -m tools drift`: what changed upstream, who is affected, and which parts of our code it touches."""

from __future__ import annotations

import argparse
import dataclasses
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from tools import vendor
from tools.document import document as documents
from tools.document import pointer as pointers
from tools.document import yaml_reader, yaml_writer
from tools.drift.compare.collect import findings_of
from tools.drift.compare.select_operations import operations_to_compare, slice_of
from tools.drift.findings import acknowledging
from tools.drift.findings.entries import NEUTRALIZED
from tools.drift.findings.findings import LEVELS, Finding, Report
from tools.drift.findings.rules import concerns_modules
from tools.drift.findings.rules_page import rules_page
from tools.drift.formats import FORMATS
from tools.drift.impact.symbols import Symbols
from tools.errors import ToolError, printable
from tools.files.writing import write_whole
from tools.schema.limits import check_limits
from tools.schema.overlay import OVERLAY, Applied, add_overlay_argument, apply_overlay, read_overlay
from tools.schema.slicing import OPERATIONS

ROOT = Path(__file__).resolve().parent.parent.parent
SPEC = ROOT / "openapi.yaml"

OVERLAY_EXIT_CODE = 3
UNREADABLE_EXIT_CODE = 4
USAGE_EXIT_CODE = 64
_EXIT_CODES = {"breaking": 2, "risky": 1, "additive": 1}


class UpstreamError(ToolError):
    """Upstream's document cannot be fetched or read."""


class Slice(NamedTuple):
    """A slice of a document, and the document's bytes."""

    document: dict[str, Any]
    data: bytes


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    place = "a file, an http(s) address, or REV:PATH of the git repository here"
    parser.add_argument("--base", default=str(SPEC), metavar="F", help=f"what we have (default: openapi.yaml): {place}")
    parser.add_argument(
        "--upstream",
        default=vendor.UPSTREAM,
        metavar="F",
        help=f"what to compare it with (default: %(default)s): {place}",
    )
    add_overlay_argument(parser)
    parser.add_argument(
        "--format", choices=tuple(FORMATS), default="text", help="how to write the report (default: text)"
    )
    parser.add_argument(
        "--fail-on",
        choices=("any", "breaking", "never"),
        default="any",
        help="which findings the exit code reflects (default: any)",
    )
    parser.add_argument("--acknowledged", type=Path, metavar="F", help="default: drift-ack.yaml next to openapi.yaml")
    parser.add_argument("--rules", action="store_true", help="print all rules as a Markdown page and exit")
    parser.add_argument("--output", type=Path, metavar="F", help="write the report here, and its summary to the screen")


def run(args: argparse.Namespace) -> int:
    """Write the report and return the exit code.

    0 without findings, or with neutral ones only. 1 with additive or risky ones, 2 with breaking ones. 3 if an overlay
    action or a chosen class name does not apply anymore. 4 if upstream's document cannot be read, 64 if anything else
    cannot.
    """
    if args.rules:
        print(rules_page(), end="")
        return 0
    acknowledged = args.acknowledged or ROOT / acknowledging.FILE
    try:
        rows = acknowledging.read(acknowledged)
        found = acknowledging.apply(report(args.base, args.upstream, args.overlay), rows, datetime.now(UTC).date())
        text = FORMATS[args.format](found)
        if args.output is not None:
            write_whole(args.output, text.encode())
    except UpstreamError as error:
        print(f"error: {error}", file=sys.stderr)
        return UNREADABLE_EXIT_CODE
    except ToolError as error:
        print(f"error: {error}", file=sys.stderr)
        return USAGE_EXIT_CODE
    except OSError as error:
        print(f"error: {args.output}: cannot be written: {error.strerror}", file=sys.stderr)
        return USAGE_EXIT_CODE
    print(text.rstrip("\n") if args.output is None else printable(found.summary))
    return exit_code(found, args.fail_on)


def exit_code(found: Report, fail_on: str) -> int:
    """Return the exit code of a report."""
    if fail_on == "never":
        return 0
    code = OVERLAY_EXIT_CODE if found.stopped else _EXIT_CODES.get(found.level or "", 0)
    return 0 if fail_on == "breaking" and code < _EXIT_CODES["breaking"] else code


def report(base: str | Path, upstream: str, overlay: Path | None = OVERLAY) -> Report:
    """Compare two documents, or slices of them.

    Args:
        base: A file, an address or `REV:PATH`: what our code was generated from.
        upstream: The document to compare it with.
        overlay: The overlay to apply to both; None for none. Findings have symbols only with ours, because the code of
            another document is not here.

    Returns:
        The report; no finding is acknowledged yet.

    Raises:
        UpstreamError: `upstream` cannot be fetched or read.
        ToolError: `base`, or one of our files, cannot.
    """
    name = Path(base).name if Path(base).resolve() == SPEC else str(base)
    ours = _load(str(base), name)
    try:
        theirs = _load(upstream, upstream)
        ours_wanted, theirs_wanted = operations_to_compare(ours.document, theirs.document, _operations(base))
        new = _sliced(theirs, theirs_wanted, upstream)
    except ToolError as error:
        raise UpstreamError(error.message, where=error.where) from error
    old = _sliced(ours, ours_wanted, name)
    try:
        findings = findings_of(old, new)
    except ToolError as error:
        if not _comparable(old):
            raise documents.located(error, ours.data, name=name) from error
        found = documents.located(error, theirs.data, name=upstream)
        raise UpstreamError(found.message, where=found.where) from error
    stopped: list[str] = []
    if old != new and overlay is not None:
        actions = read_overlay(overlay)
        before, after = (apply_overlay(part, actions, name=overlay.name) for part in (old, new))
        stopped = [line for line in after.unmatched if line not in before.unmatched]
        if overlay == OVERLAY:
            stopped += _lost_names(before, after)
            if (committed := _committed_overlay() or overlay.read_bytes()) != overlay.read_bytes():
                before = apply_overlay(old, yaml_reader.read(committed, name=overlay.name))
        findings = neutralized(findings, findings_of(before.document, after.document))
    digests = [sha256(yaml_writer.write(part, comment=vendor.COMMENT).encode()).hexdigest() for part in (old, new)]
    symbols = Symbols(ROOT, old) if findings and overlay == OVERLAY else None
    placed = _placed(findings, new, symbols, ours.data, name)
    return Report(name, upstream, tuple(placed), tuple(stopped), (), *digests)


def _load(place: str, name: str) -> Slice:
    data = documents.unpack(vendor.fetch(place), name=name)
    return Slice(documents.load(data, name=name), data)


def _sliced(part: Slice, wanted: list[str], name: str) -> dict[str, Any]:
    try:
        result = slice_of(part.document, wanted)
        check_limits(result)
        return result
    except ToolError as error:
        raise documents.located(error, part.data, name=name) from error


def _comparable(part: dict[str, Any]) -> bool:
    """Return whether a slice can be compared at all."""
    try:
        findings_of(part, part)
    except ToolError:
        return False
    return True


def _operations(base: str | Path) -> Sequence[str]:
    """Return the operations that are compared: those of the base's lock, or ours."""
    return vendor.operations_of(Path(base)) or vendor.operations_of(SPEC) or OPERATIONS


def _committed_overlay() -> bytes | None:
    """Return the overlay that the committed code was made with; None where git does not know it."""
    try:
        done = subprocess.run(["git", "-C", ROOT, "show", f"HEAD:./{OVERLAY.name}"], capture_output=True, check=False)
    except OSError:
        return None
    return None if done.returncode else done.stdout


def neutralized(findings: list[Finding], corrected: list[Finding]) -> list[Finding]:
    """Return the findings of two slices, and mark those that the overlay makes up for.

    Args:
        findings: What differs between the slices.
        corrected: What differs between them once the overlay is applied to both.
    """
    known = {finding.fingerprint for finding in corrected} | {(f.rule, f.pointer) for f in corrected}
    levels = {finding.pointer: finding.level for finding in reversed(corrected)}  # The worst comes first.
    marked = []
    for finding in findings:
        if finding.fingerprint not in known and (finding.rule, finding.pointer) not in known:
            if level := levels.get(finding.pointer):  # Something else is left there.
                finding = dataclasses.replace(finding, level=max(finding.level, level, key=LEVELS.index))
            else:
                sentence = f"{finding.sentence} {NEUTRALIZED}"
                finding = dataclasses.replace(finding, level="neutral", sentence=sentence, neutralized=True)
        marked.append(finding)
    return sorted(marked, key=lambda finding: LEVELS.index(finding.level))


def _lost_names(before: Applied, after: Applied) -> list[str]:
    """Return a line for each of our class names that applies to the base but not to upstream's slice."""
    config = yaml_reader.read((ROOT / "generator-config.yml").read_bytes(), name="generator-config.yml")
    kept = [part.document.get("components", {}).get("schemas", {}) for part in (before, after)]
    lost = [name for name in config.get("class_overrides", {}) if name in kept[0] and name not in kept[1]]
    return [f"generator-config.yml#/class_overrides/{name}: this schema does not exist" for name in lost]


def _placed(
    findings: list[Finding], upstream: dict[str, Any], symbols: Symbols | None, data: bytes, name: str
) -> list[Finding]:
    """Add the line of each finding and, where the code is ours, the symbols and the names."""
    # In a list, the position of what is new is that of something else in the base.
    places = [finding.place or finding.pointer.rpartition("/")[0] for finding in findings]
    lines = documents.lines_of(data, set(places))
    placed = []
    for finding, place in zip(findings, places, strict=True):
        finding = dataclasses.replace(finding, file=name, line=lines.get(place))
        if symbols is not None:
            pointer, new = finding.place or finding.pointer, not finding.place
            found = symbols.of(pointer, new=new, modules=concerns_modules(finding.rule, finding.level))
            finding = dataclasses.replace(finding, symbols=found)
            parameter = _new_parameter(upstream, finding.pointer) if new else ""
            finding = dataclasses.replace(finding, names=symbols.names(finding, parameter))
        placed.append(finding)
    return placed


def _new_parameter(upstream: dict[str, Any], pointer: str) -> str:
    """Return the name of a parameter that only upstream has; "" where the pointer is of something else."""
    segments = pointers.split(pointer)
    if "parameters" not in segments[2:4]:
        return ""
    end = segments.index("parameters", 2) + 2
    return str(pointers.follow(upstream, pointers.find(upstream, segments[:end]))[0].get("name", ""))
