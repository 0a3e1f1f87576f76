"""The gate tells of the project only: the same tests with the same examples, wherever, whenever and by whomever run."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.specs import ROOT

pytestmark = pytest.mark.slow

# Another day, for whatever looks at the clock while tests are collected.
LATER = """
import time
now = time.time
time.time = lambda: now() + 86_400 * 400
"""
# A property that draws what it was seen to draw: which examples come hangs on nothing but the test.
DRAWS = """
import sys
{first}
import tests.conftest as gate
from hypothesis import given, strategies as st
gate.pytest_configure()

@gate.examples(200)
@given(st.integers() | st.text() | st.floats(allow_nan=False))
def test(value):
    print(repr(value))

test()
"""


def printed(*arguments: str, **variables: str) -> list[str]:
    """Run Python with other hashes and what else is given, and give the lines that it printed."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**os.environ, **variables},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines()


def test_the_names_of_tests_stay(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """Processes that share the tests have to agree on them; no name hangs on the clock or on a set's order."""
    (tmp_path / "later.py").write_text(LATER)
    collect = (
        "-m",
        "pytest",
        "-p",
        "later",
        "-p",
        "no:cacheprovider",
        "--assert=plain",
        "--collect-only",
        "-q",
        "tests",
    )
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    names = printed(*collect, PYTHONPATH=path, PYTHONHASHSEED="1")
    assert {item.nodeid for item in request.session.items} <= set(names)


def test_examples_stay() -> None:
    """Whatever is imported before them, and however the hashes fall."""
    plain = printed("-c", DRAWS.format(first=""), PYTHONHASHSEED="1")
    after_others = printed("-c", DRAWS.format(first="import tools.vendor, tests.drift.edits"), PYTHONHASHSEED="2")
    assert len(plain) >= 200
    assert after_others == plain


def test_no_test_has_a_clock_of_its_own() -> None:
    """The profile that is loaded, and what a test asks for beside it."""
    if settings.get_current_profile_name() != "gate":
        pytest.skip("another profile was asked for")
    assert settings.default is not None
    assert (settings.default.deadline, settings.default.database) == (None, None)
    assert settings.default.derandomize and HealthCheck.too_slow in settings.default.suppress_health_check
    own = re.compile(r"\bsettings\([^)]*\b(deadline|derandomize|database)=")
    asking = [path.name for path in (ROOT / "tests").rglob("test_*.py") if own.search(path.read_text("utf-8"))]
    assert not asking, "take `examples` of tests/conftest.py"


def test_nothing_of_whoever_runs_it_is_seen(tmp_path: Path) -> None:
    """Not the keys, the proxies, the terminal or the time zone; and standard input may be closed."""
    (tmp_path / "test_it.py").write_text("""
import os, time

def test_it():
    assert not [name for name in os.environ if "OPENAI" in name or "proxy" in name.lower()]
    assert not {"COLUMNS", "NO_COLOR", "FORCE_COLOR", "GIT_DIR", "SOME_TOKEN"} & set(os.environ)
    assert time.timezone == 0 and os.environ["TERM"] == "dumb"
    assert os.umask(0o022) == 0o022
""")
    foreign = {
        "OPENAI_API_KEY": "sk-mine",
        "https_proxy": "http://127.0.0.1:1",
        "COLUMNS": "40",
        "NO_COLOR": "1",
        "FORCE_COLOR": "1",
        "GIT_DIR": "/",
        "SOME_TOKEN": "x",
        "TZ": "Asia/Tokyo",
        "TERM": "xterm-256color",
    }
    words = [sys.executable, "-m", "pytest", "-q", "-p", "tests.conftest", "-p", "no:cacheprovider", str(tmp_path)]
    command = ["sh", "-c", 'umask 077; exec "$@" <&-', "sh", *words, "--rootdir", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, **foreign}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
