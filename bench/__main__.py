"""`python -m bench`: measure everything, print it, and put it into the documentation."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from bench import accelerators, findings, report
from bench.environment import BUILD, ROOT
from bench.plan import Plan
from bench.results import Measure, Run, run_from_dict

RESULTS = ROOT / "docs" / "performance.json"
PAGE = ROOT / "docs" / "performance.md"
PLOTS = ROOT / "docs" / "plots"


def families() -> dict[str, Callable[[Plan], Iterator[Measure]]]:
    """Return what there is to measure, in the order of the report."""
    from bench import calls, concurrency, growth, paced, processes, server_streams, sizes, sockets, streaming

    return {
        "recorded": server_streams.recorded_measures,
        "lengths": server_streams.length_measures,
        "shapes": server_streams.shape_measures,
        "streaming": streaming.measures,
        "events": streaming.event_measures,
        "calls": calls.measures,
        "growth": growth.measures,
        "memory": growth.memory_measures,
        "linear": growth.linear_measures,
        "processes": processes.measures,
        "sizes": sizes.measures,
        "sockets": sockets.measures,
        "concurrency": concurrency.measures,
        "paced": paced.measures,
    }


def main() -> int:
    """Measure or render; the exit code says nothing about targets."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="less than a minute; leaves the documentation alone")
    parser.add_argument(
        "--only", default="", metavar="NAMES", help="families or measures, such as recorded,shapes/azure,calls"
    )
    parser.add_argument(
        "--source", action="store_true", help="measure this tree's source with any Python, not the wheel in .bench"
    )
    parser.add_argument("--output", type=Path, metavar="FILE", help="where the results go, as JSON")
    parser.add_argument("--render", type=Path, metavar="FILE", help="measure nothing: put these results into the docs")
    args = parser.parse_args()
    if args.render:
        _publish(run_from_dict(json.loads(args.render.read_text())))
        return 0
    run = _measured(args.quick, args.only, args.source)
    if not run.measures:
        print(f"error: there is no measure {args.only!r}; families are: {', '.join(families())}", file=sys.stderr)
        return 2
    whole = not args.quick and not args.only and not args.source
    output = args.output or (RESULTS if whole else None if args.source else BUILD / "results.json")
    if output:
        output.write_text(_json(run))
    print(f"{findings.findings(run)}\n\n{report.text(run)}")
    if whole and not args.output:
        _publish(run)
    return 0


def _measured(quick: bool, only: str, source: bool) -> Run:
    accelerators.hide()
    if source:
        sys.path[:0] = [str(ROOT / "generated"), str(ROOT / "overrides")]
    import chat_completions

    wheel = next((BUILD / "wheels").glob("*.whl"), None)
    if not source and BUILD not in Path(chat_completions.__file__).parents:
        raise SystemExit("error: the client is not the wheel that .bench has; run `make bench`, or give --source")
    from bench.machine import described

    begun = time.monotonic()
    measures = []
    machine = described()
    with tempfile.TemporaryDirectory() as folder:
        plan = Plan(quick, tuple(only.split(",")), Path(folder), wheel)
        for family, found in families().items():
            if plan.wants(family):
                print(f"{family} (after {time.monotonic() - begun:.0f} s)", file=sys.stderr, flush=True)
                measures += list(found(plan))
    return Run({**machine, "seconds": round(time.monotonic() - begun)}, measures)


def _publish(run: Run) -> None:
    from bench import plots

    drawn = plots.draw(run, PLOTS)
    report.put_between_markers(PAGE, findings.findings(run), "results")
    report.put_between_markers(PAGE, report.text(run))
    print(f"written: {PAGE.relative_to(ROOT)}, {', '.join(str(path.relative_to(ROOT)) for path in drawn)}")


def _json(run: Run) -> str:
    """Return the results as JSON, a line for each measure."""
    value = run.to_dict()
    lines = ",\n".join(json.dumps(measure, ensure_ascii=False) for measure in value["measures"])
    return f'{{"machine": {json.dumps(value["machine"])},\n"measures": [\n{lines}\n]}}\n'


if __name__ == "__main__":
    sys.exit(main())
