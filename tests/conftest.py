"""What holds for all tests: where they take their examples from, and that nothing of whoever runs them reaches them."""

from __future__ import annotations

import os
import random
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants

# The profiles of Hypothesis. "gate" is for CI and `make test`: the same examples everywhere, on however slow a machine.
# "fuzz" is for `make fuzz`: other examples each time, and more. What it finds becomes an @example.
_ALWAYS = {
    "deadline": None,
    "database": None,
    "print_blob": True,
    "suppress_health_check": [HealthCheck.too_slow],
}
settings.register_profile("gate", settings.get_profile("default"), derandomize=True, **_ALWAYS)
settings.register_profile("fuzz", settings.get_profile("default"), max_examples=1000, **_ALWAYS)
settings.load_profile("gate")  # pytest's --hypothesis-profile comes later, and prevails.

_SCALE = 10  # as many times the examples, in `make fuzz`


def examples(number: int, *suppressed: HealthCheck) -> settings:
    """Return the settings of a test for which 100 examples are too few or too dear.

    Args:
        number: How many examples `make test` takes; `make fuzz` takes more, or as many as FUZZ_EXAMPLES says.
        suppressed: Health checks that the test fails on purpose.
    """
    if settings.get_current_profile_name() == "fuzz":
        number = int(os.environ.get("FUZZ_EXAMPLES", number * _SCALE))
    return settings(max_examples=number, suppress_health_check=[HealthCheck.too_slow, *suppressed])


# Keys, proxies, certificates, colors, widths, repositories and settings of whoever runs the tests.
_FOREIGN = re.compile(
    r".*(_PROXY|_?KEY|TOKEN|SECRET|PASSWORD)|(OPENAI|AZURE|CHAT_COMPLETIONS|OTEL|RAY|GIT|GH|GITHUB|SSL_CERT)_.*"
    r"|(NO|FORCE|CLICOLOR|PY)_COLORS?|CLICOLOR.*|TTY_.*|COLUMNS|LINES|LANGUAGE|LC_.*|MODEL|MPLBACKEND"
    r"|PYTEST_ADDOPTS|PYTHON(WARNINGS|HASHSEED|UTF8|IOENCODING|UNBUFFERED|OPTIMIZE|SAFEPATH|DEVMODE|NODEBUGRANGES)",
    re.IGNORECASE,
)
# Child processes run the tree that the tests belong to, not the one that is installed: in `make refresh` these differ.
_PACKAGES = [str(Path(__file__).resolve().parents[1] / folder) for folder in ("generated", "overrides")]
_PROGRAMS = os.path.dirname(sys.executable)  # noqa: PTH120 - a link stays one
_FIXED = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "LANG": "C.UTF-8",
    "LC_ALL": "C.UTF-8",
    "NETRC": os.devnull,
    "PYTEST_ADDOPTS": "-p no:asyncio",  # it is for the runs that ask for it
    "TERM": "dumb",
    "TZ": "UTC",
}


@pytest.hookimpl(trylast=True)  # after Hypothesis has loaded the profile
def pytest_configure() -> None:
    """Make the environment, the time zone and the umask those of every other run; child processes inherit them."""
    for name in os.environ:
        if _FOREIGN.fullmatch(name):
            del os.environ[name]
    os.environ.update(_FIXED)
    others = [place for place in os.environ.get("PYTHONPATH", "").split(os.pathsep) if place not in ("", *_PACKAGES)]
    os.environ["PYTHONPATH"] = os.pathsep.join([*_PACKAGES, *others])
    sys.addaudithook(_check_child)
    time.tzset()
    os.umask(0o022)
    if settings.get_current_profile_name() == "gate":
        # Hypothesis also draws what stands as a constant in those modules that are imported by then, which hangs on
        # what else is run, and in which order.
        providers._get_local_constants = Constants  # type: ignore[assignment]


def _check_child(event: str, arguments: tuple[Any, ...]) -> None:
    """Refuse to start a program of the environment that would run the installed tree."""
    if event != "subprocess.Popen":
        return
    program, command, _, given = arguments
    if os.path.dirname(os.fsdecode(program or command[0])) != _PROGRAMS or "-S" in command:  # noqa: PTH120
        return
    places = (os.environ if given is None else given).get("PYTHONPATH", "").split(os.pathsep)
    if "-I" in command or "-E" in command or not any(Path(place).name == "overrides" for place in places):
        raise AssertionError(f"{command} would run the installed tree: hand PYTHONPATH on")


def pytest_runtest_setup() -> None:
    """Begin nothing more once the time of `make fuzz` is over."""
    if time.time() > float(os.environ.get("FUZZ_UNTIL", "inf")):
        pytest.skip("the time is over")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin with the slow files where processes share the tests, so that none ends long after the others.

    `make fuzz` begins with others each time, as its time may not suffice for all.
    """
    if settings.get_current_profile_name() == "fuzz":
        random.Random(config.getoption("--hypothesis-seed")).shuffle(items)
    elif hasattr(config, "workerinput"):
        items.sort(key=lambda item: all(mark.name != "slow" for mark in item.getparent(pytest.Module).own_markers))


@pytest.fixture
def clock_of(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Callable[[float], None]]:
    """Return modules a steady clock that can be put forward, by the function that is returned.

    Nothing else in the process sees it: an event loop whose time goes back afterwards sleeps for as long.
    """

    def clock_of(*modules: ModuleType) -> Callable[[float], None]:
        passed = 0.0

        def advance(seconds: float) -> None:
            nonlocal passed
            passed += seconds

        clock = SimpleNamespace(monotonic=lambda: time.monotonic() + passed)
        for module in modules:
            monkeypatch.setattr(module, "time", clock)
        return advance

    return clock_of
