"""Runs scripts one after the other, in the interpreter that runs this file; it needs nothing but Python.

Each line of standard input is a JSON object: the script's `path`, and the `environment` to run it with. Each line of
standard output answers one: what the script wrote to `out` and `err`, and the exception that ended it, as `error`.
"""

from __future__ import annotations

import contextlib
import gc
import io
import json
import os
import runpy
import sys
import traceback


def play(path: str) -> dict[str, str]:
    out, err, error = io.StringIO(), io.StringIO(), ""
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            runpy.run_path(path, run_name="__main__")
        except BaseException:
            error = traceback.format_exc()
        # What is left open or was never awaited speaks up when it is collected.
        gc.collect()
    return {"out": out.getvalue(), "err": err.getvalue(), "error": error}


def main() -> None:
    before = dict(os.environ)
    for line in sys.stdin:
        asked = json.loads(line)
        os.environ.clear()
        os.environ.update({**before, **asked["environment"]})
        print(json.dumps(play(asked["path"])), flush=True)


if __name__ == "__main__":
    main()
