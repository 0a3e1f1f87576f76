"""`python -m bench.bulk`: files of requests. Throughput beside a loop by hand, kills, and memory, in one run.

It prints what it finds, and writes docs/performance-bulk.json and the tables of docs/performance-bulk.md.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from bench import bulk_report
from bench.bulk_measures import FULL, QUICK, Sizes, kills, memory, throughput
from bench.environment import BUILD, ROOT
from bench.report import put_between_markers

RESULTS = ROOT / "docs" / "performance-bulk.json"
PAGE = ROOT / "docs" / "performance-bulk.md"
PARTS = {"throughput": throughput, "kills": kills, "memory": memory}


def main() -> int:
    """Measure or render; the exit code says nothing about targets, but that no answer was lost or doubled."""
    parser = argparse.ArgumentParser(prog="python -m bench.bulk", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="less than a minute; leaves the documentation alone")
    parser.add_argument("--only", choices=[*PARTS], help="a part; leaves the documentation alone")
    parser.add_argument("--output", type=Path, metavar="FILE", help="where the results go, as JSON")
    parser.add_argument("--render", type=Path, metavar="FILE", help="measure nothing: put these results into the docs")
    args = parser.parse_args()
    if args.render:
        put_between_markers(PAGE, bulk_report.text(json.loads(args.render.read_text())))
        return 0
    found = measured(QUICK if args.quick else FULL, args.only)
    text = bulk_report.text(found)
    output = args.output or (None if args.quick or args.only else RESULTS)
    if output is not None:
        output.write_text(json.dumps(found, indent=1) + "\n")
    print(text)
    if output == RESULTS:
        put_between_markers(PAGE, text)
        print(f"written: {PAGE.relative_to(ROOT)}, {RESULTS.relative_to(ROOT)}")
    return 0 if all(part.get("each_once", True) for part in found.values()) else 1


def measured(sizes: Sizes, only: str | None = None) -> dict[str, Any]:
    """Measure, and give what was found, as JSON has it.

    Args:
        sizes: How much of everything.
        only: The name of a part; None for all.
    """
    from bench.machine import described

    begun = time.monotonic()
    found: dict[str, Any] = {"machine": described()}
    with tempfile.TemporaryDirectory(prefix="bench-bulk-") as folder:
        for name, part in PARTS.items():
            if only in (None, name):
                print(f"{name} (after {time.monotonic() - begun:.0f} s) ...", file=sys.stderr, flush=True)
                found[name] = part(sizes, Path(folder))
    found["machine"]["seconds"] = round(time.monotonic() - begun)
    return found


def _check_wheel() -> None:
    import chat_completions

    if BUILD not in Path(chat_completions.__file__).parents:
        raise SystemExit("error: the client is not the wheel that .bench has; run `make bench-bulk`")


if __name__ == "__main__":
    _check_wheel()
    sys.exit(main())
