"""`python -m tools refresh` takes over upstream's contract whole, or leaves every byte as it was."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.specs import ROOT, obj, ref
from tests.test_evolution import evolved
from tools import refresh, vendor
from tools.__main__ import main
from tools.drift.findings.findings import Finding, Report
from tools.errors import ToolError
from tools.files import swapping
from tools.release import changelog, rehearsing

pytestmark = pytest.mark.slow

SLICE = """\
openapi: 3.1.0
info: {title: t, version: '1'}
paths:
  /chat/completions:
    get: {operationId: listChatCompletions, responses: {}}
    post: {operationId: createChatCompletion, responses: {}}
"""
MORE = SLICE.replace("responses: {}}\n    post", "responses: {'204': {description: ''}}}\n    post")
FINDING = Finding("r", "breaking", "both", (), "#/x", None, None, "It went.", "0")

# A generator that notes the slice, and tests that see that they run on the copy's code.
GENERATE = "import pathlib; pathlib.Path('generated/chat_completions_api/made.py').write_text('x = 1\\n')"
TEST = """
import chat_completions, chat_completions_api.made, os, subprocess, sys
assert chat_completions_api.made.x == 1 and chat_completions.__file__.startswith(os.getcwd())
assert open("CHANGELOG.md").read().startswith("# Changelog")
print("tests run with", open("overrides/chat_completions/_version.py").read())
"""


def python(code: str) -> tuple[str, ...]:
    """Return a command that runs some Python."""
    return (sys.executable, "-c", code)


def files_in(folder: Path) -> dict[str, bytes | None]:
    """Return every file and folder below a folder, hidden ones too."""
    paths = sorted(folder.rglob("*"))
    return {str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None for path in paths}


def compared(copy: Path, upstream: str) -> Report:
    """Stand in for the comparison."""
    return Report("openapi.yaml", upstream, (FINDING,))


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder in which temporary folders are made."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def project(tmp_path: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a small project that has vendored SLICE, with quick steps in place of the slow ones."""
    root = tmp_path / "project"
    texts = {
        ".gitignore": "__pycache__/\nignored.txt\n",
        "overlay.yaml": "overlay: 1.0.0\nactions: []\n",
        "CHANGELOG.md": "# Changelog\n\n## [Unreleased]\n\n- Words.\n",
        "generated/chat_completions_api/__init__.py": "",
        "generated/chat_completions_api/old.py": "",
        "overrides/chat_completions/__init__.py": "",
        "overrides/chat_completions/_version.py": '__version__ = "0.1.0"\n',
        "ignored.txt": "",
    }
    for name, text in texts.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    (tmp_path / "slice.yaml").write_text(SLICE)
    (tmp_path / "more.yaml").write_text(MORE)
    said = ["--commit", "abcdef0", "--date", "2030-01-01", "--repository", "a/b"]
    main(["vendor", "--upstream", str(tmp_path / "slice.yaml"), "--output", str(root / "openapi.yaml"), *said])
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(refresh, "ROOT", root)
    monkeypatch.setattr(refresh, "GENERATE", python(GENERATE))
    monkeypatch.setattr(refresh, "TESTS", (python(TEST),))
    monkeypatch.setattr(refresh, "_compare", compared)
    monkeypatch.setattr(refresh, "_markdown", lambda report: f"# {report.summary}\n")
    return root


def test_the_tests_are_the_type_checker_and_the_suite() -> None:
    """What the tests here replace by something quick."""
    assert [command[:3] for command in refresh.TESTS] == [
        (sys.executable, "-m", "mypy"),
        (sys.executable, "-m", "pytest"),
    ]
    assert refresh.TESTS[1][-4:] == ("-m", "contract or not (slow or hypothesis)", "-k", "not httpx2")
    assert refresh.GENERATE[1:] == ("-m", "tools", "generate")


def test_all_of_it_is_swapped_in(project: Path, temporary: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Slice, lock, package, changelog and version; nothing else is touched, and nothing is left behind."""
    before = files_in(project)
    capsys.readouterr()
    said = ["--commit", "1234567", "--date", "2030-02-01", "--repository", "a/b"]
    assert main(["refresh", "--upstream", "more.yaml", *said]) == 0
    out, progress = capsys.readouterr()
    after = files_in(project)
    assert {name for name in {*before, *after} if before.get(name) != after.get(name)} == {
        "openapi.yaml",
        "openapi.lock.json",
        "CHANGELOG.md",
        "overrides/chat_completions/_version.py",
        "generated/chat_completions_api/made.py",
    }
    assert (project / "overrides/chat_completions/_version.py").read_text() == '__version__ = "0.2.0"\n'
    assert b"'204':" in (project / "openapi.yaml").read_bytes()
    lock = json.loads((project / "openapi.lock.json").read_bytes())
    assert (lock["upstream"]["file"], lock["upstream"]["commit"]) == ("more.yaml", "1234567")
    entry = changelog.section((project / "CHANGELOG.md").read_text(), "0.2.0")
    assert "\n- Words.\n" in entry and entry.endswith(
        "### Wire changes\n\nUpstream: a/b abcdef0 (2030-01-01) -> a/b 1234567 (2030-02-01).\n\n"
        "- **breaking**: It went. (`#/x`)\n"
    )
    steps = [line for line in progress.splitlines() if line.startswith("refresh: ")]
    assert steps == [f"refresh: {s}" for s in STEPS]
    assert 'tests run with __version__ = "0.2.0"' in progress
    assert out.splitlines() == [
        "drift: 1 breaking (openapi.yaml against more.yaml)",
        "version: 0.1.0 -> 0.2.0",
        "changed: CHANGELOG.md, openapi.lock.json, openapi.yaml, overrides/chat_completions/_version.py, "
        "generated/chat_completions_api (1 new)",
        "note: overlay.yaml has no sentence for #/paths/~1chat~1completions/get",
        "note: overlay.yaml has no sentence for #/paths/~1chat~1completions/get/summary",
        "note: overlay.yaml has no sentence for #/paths/~1chat~1completions/get/responses/204",
        "note: overlay.yaml has no sentence for #/paths/~1chat~1completions/post",
        "note: overlay.yaml has no sentence for #/paths/~1chat~1completions/post/summary",
    ]
    assert list(temporary.iterdir()) == []
    assert main(["refresh", "--upstream", "more.yaml"]) == 0
    assert capsys.readouterr().out.startswith("nothing to refresh: ")
    assert files_in(project) == after


def test_the_same_contract_changes_nothing(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Not even the lock, though it could tell of another file and commit; no later step runs."""
    before = files_in(project)
    Path("slice.yaml").write_text(SLICE + "tags: []  # no part of the contract\n")
    capsys.readouterr()
    assert main(["refresh", "--upstream", "slice.yaml", "--commit", "1234567", "--report", "report.md"]) == 0
    out, progress = capsys.readouterr()
    assert out == "nothing to refresh: slice.yaml has the contract of openapi.yaml\n"
    assert progress == "refresh: lock\nrefresh: copy\nrefresh: vendor\n"
    assert files_in(project) == before and not Path("report.md").exists()


def test_a_slice_that_was_edited_stops_it(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody knows where it is from; the sentence says what to do. Where nothing tells, it is what lies there."""
    edited = MORE.replace("''", "Edited.")
    (project / "openapi.yaml").write_text(edited)
    before = files_in(project)
    assert main(["refresh", "--upstream", "more.yaml"]) == 1
    error = capsys.readouterr().err.splitlines()[-1]
    assert re.fullmatch(
        r"error: lock: \S+/openapi\.yaml: bytes \d+, but openapi\.lock\.json says \d+; restore both files from git, "
        r"or run `make vendor`; corrections go into overlay\.yaml; nothing was changed",
        error,
    )
    assert files_in(project) == before
    (project / "openapi.lock.json").unlink()
    assert main(["refresh", "--upstream", "slice.yaml"]) == 0
    assert b"'204':" not in (project / "openapi.yaml").read_bytes()
    assert (project / "overrides/chat_completions/_version.py").read_text() == '__version__ = "0.2.0"\n'


def test_what_git_ignores_is_no_change(project: Path) -> None:
    """A cache in the generated package does not look like an edit; it goes, as the tree is replaced whole."""
    subprocess.run(["git", "init", "--quiet", str(project)], check=True)
    for place in ("generated/chat_completions_api", "overrides/chat_completions"):
        (project / place / "ignored.txt").touch()
    assert main(["refresh", "--upstream", "more.yaml"]) == 0
    assert not (project / "generated/chat_completions_api/ignored.txt").exists()
    assert (project / "overrides/chat_completions/ignored.txt").exists()


@pytest.mark.parametrize("missing", ["CHANGELOG.md", "openapi.lock.json"])
def test_a_result_that_is_new(project: Path, missing: str) -> None:
    """It is made."""
    (project / missing).unlink()
    assert main(["refresh", "--upstream", "more.yaml"]) == 0
    assert (project / missing).read_text()


def test_a_dry_run_changes_nothing(project: Path, temporary: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """All steps but the last run; the report and the changelog's section are printed."""
    before = files_in(project)
    capsys.readouterr()
    assert main(["refresh", "--upstream", "more.yaml", "--dry-run", "--report", "report.md"]) == 0
    out, progress = capsys.readouterr()
    assert files_in(project) == before and list(temporary.iterdir()) == []
    report = "# drift: 1 breaking (openapi.yaml against more.yaml)\n"
    assert Path("report.md").read_text() == report
    assert out.startswith(report + "\n## [0.2.0] - ") and "\nversion: 0.1.0 -> 0.2.0\nwould change: " in out
    assert "tests run with" in progress and "swap in" not in progress


def test_tests_are_left_out_of_dry_runs_only(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is not tested is not swapped in: to ask for it is wrong usage."""
    before = files_in(project)
    assert main(["refresh", "--upstream", "more.yaml", "--skip-tests"]) == 64
    assert capsys.readouterr().err.startswith("error: --skip-tests needs --dry-run")
    assert main(["refresh", "--upstream", "more.yaml", "--skip-tests", "--dry-run"]) == 0
    assert "refresh: tests" not in capsys.readouterr().err
    assert files_in(project) == before


def raising(failure: BaseException) -> Callable[..., Any]:
    """Return a function that raises."""

    def function(*_: object, **__: object) -> None:
        raise failure

    return function


# Where each step can be made to fail.
STEPS: dict[str, tuple[Any, str]] = {
    "lock": (vendor, "check"),
    "copy": (rehearsing, "copy_project"),
    "vendor": (vendor, "run"),
    "drift": (refresh, "_compare"),
    "generate": (refresh, "_wanting_prose"),
    "release": (refresh, "_release"),
    "tests": (rehearsing, "check_imports"),
    "swap in": (swapping, "swap_in_all"),
}


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("failure", [ToolError("no", where="x"), OSError(28, "No space"), KeyboardInterrupt()], ids=str)
def test_a_step_that_fails_leaves_every_byte(
    step: str,
    failure: BaseException,
    project: Path,
    temporary: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The step is named, exit code 1; Ctrl-C is 130; nothing is left behind."""
    before = files_in(project)
    monkeypatch.setattr(*STEPS[step], raising(failure))
    interrupted = isinstance(failure, KeyboardInterrupt)
    assert main(["refresh", "--upstream", "more.yaml", "--report", "report.md"]) == (130 if interrupted else 1)
    error = capsys.readouterr().err.splitlines()[-1]
    assert error == ("error: interrupted" if interrupted else f"error: {step}: {failure}; nothing was changed")
    assert files_in(project) == before and list(temporary.iterdir()) == []
    assert Path("report.md").exists() == (list(STEPS).index(step) > list(STEPS).index("drift"))


def break_upstream(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("more.yaml").write_text(SLICE.replace("createChat", "makeChat"))


def break_the_generator(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refresh, "GENERATE", python("import sys; sys.exit('overlay.yaml#/actions/3 matches nothing')"))


def break_the_version(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "overrides/chat_completions/_version.py").write_text('__version__ = "1.0rc1"\n')


def break_the_changelog(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "CHANGELOG.md").write_text("## [0.2.0]\n")


def break_an_import(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "overrides/chat_completions/__init__.py").write_text("import chat_completions_api.gone\n")


def break_a_test(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refresh, "TESTS", (python("pass"), python("print('1 failed'); raise SystemExit(3)")))


def break_the_interpreter(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refresh, "TESTS", (("/no/python", "-m", "mypy"),))


def import_the_original(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rehearsing, "IMPORTED", ("elsewhere/overrides",))


def edit_meanwhile(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = f"import pathlib; pathlib.Path({str(project / 'CHANGELOG.md')!r}).write_text('Edited.')"
    monkeypatch.setattr(refresh, "TESTS", (python(code),))


def write_while_testing(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refresh, "TESTS", (python("open('CHANGELOG.md', 'a').write('More.')"),))


@pytest.mark.parametrize(
    ("break_it", "error"),
    [
        (break_upstream, "error: vendor: more.yaml:3 (#/paths): no operation "),
        (break_the_generator, "error: generate: `python -c "),
        (break_the_version, "error: release: the version '1.0rc1' is not MAJOR.MINOR.PATCH; "),
        (break_the_changelog, "error: release: CHANGELOG.md: there is a section for 0.2.0 already; "),
        (break_an_import, "error: tests: the package cannot be imported: ModuleNotFoundError: No module named "),
        (break_a_test, "error: tests: `python -c print('1 failed'); raise SystemExit(3)` ended with exit code 3; "),
        (break_the_interpreter, "error: tests: /no/python: cannot be started: No such file or directory; "),
        (import_the_original, "error: tests: the tests would run on "),
        (write_while_testing, "error: tests: they changed one of openapi.yaml, "),
        (edit_meanwhile, "error: swap in: one of openapi.yaml, "),
    ],
)
def test_what_can_go_wrong(
    break_it: Callable[[Path, pytest.MonkeyPatch], None],
    error: str,
    project: Path,
    temporary: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Each is one line with its step, after what the command in question printed."""
    break_it(project, monkeypatch)
    before = files_in(project)
    if break_it is edit_meanwhile:
        before["CHANGELOG.md"] = b"Edited."
    assert main(["refresh", "--upstream", "more.yaml"]) == 1
    progress = capsys.readouterr().err.splitlines()
    assert progress[-1].startswith(error) and progress[-1].endswith("; nothing was changed")
    if break_it in (break_the_generator, break_a_test):
        assert progress[-2] in ("overlay.yaml#/actions/3 matches nothing", "1 failed")
    assert files_in(project) == before and list(temporary.iterdir()) == []


def test_a_report_that_cannot_be_written(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It stops before the slow steps."""
    before = files_in(project)
    assert main(["refresh", "--upstream", "more.yaml", "--report", "no/report.md"]) == 1
    progress = capsys.readouterr().err
    assert "error: drift: [Errno 2] No such file" in progress and "refresh: generate" not in progress
    assert files_in(project) == before


# The swap


def trees(folder: Path) -> tuple[Path, Path, list[str]]:
    """Return a tree, one with other content, and what is to be swapped: changed, new, a folder."""
    new, root, names = folder / "new", folder / "root", ["a.txt", "deep/b.txt", "fresh/c.txt", "folder"]
    for tree, text in ((new, "new"), (root, "old")):
        for name in ("a.txt", "deep/b.txt", "folder/x.txt", f"folder/{text}.txt", "kept.txt"):
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            (tree / name).write_text(text)
    (new / "fresh").mkdir()
    (new / "fresh" / "c.txt").write_text("new")
    return new, root, names


def files_only(folder: Path) -> dict[str, bytes]:
    return {name: content for name, content in files_in(folder).items() if content is not None}


@pytest.mark.parametrize("failure", [OSError, KeyboardInterrupt])
@pytest.mark.parametrize("at", range(1, 9))
def test_a_swap_that_fails_is_undone(
    at: int, failure: type[BaseException], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever move fails, what was moved goes back."""
    new, root, names = trees(tmp_path)
    before, left, rename = files_only(root), at, Path.rename

    def failing(path: Path, target: Path) -> Path:
        nonlocal left
        left -= 1
        if left == 0:
            raise failure
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(failure):
        swapping.swap_in_all(new, root, names)
    assert files_only(root) == before


KILLED = """
import os, sys
from pathlib import Path
from tools.files import swapping
left, rename = int(sys.argv[1]), Path.rename
def dying(path, target):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), 9)
    return rename(path, target)
Path.rename = dying
if len(sys.argv) == 3:
    swapping.put_back(Path(sys.argv[2]))
else:
    swapping.swap_in_all(Path(sys.argv[2]), Path(sys.argv[3]), sys.argv[4:])
"""


def test_a_swap_that_is_killed_is_undone_by_the_next_one(tmp_path: Path) -> None:
    """At each move, and at each move of the undoing; a swap that came to its end stays."""
    new, root, names = trees(tmp_path)
    before = files_only(root)
    for at in range(1, 9):
        command = (*python(KILLED), str(at))
        done = subprocess.run([*command, new, root, *names], cwd=ROOT, check=False)
        assert done.returncode == -signal.SIGKILL
        for undoing in range(1, 9):
            done = subprocess.run([*python(KILLED), str(undoing), root], cwd=ROOT, check=False)
            if done.returncode == 0:
                break
        assert files_only(root) == before, at
    swapping.swap_in_all(new, root, names)
    assert files_only(root) == files_only(new) | {"kept.txt": b"old"}
    assert swapping.put_back(root) == [] and files_only(root)["a.txt"] == b"new"


def test_what_was_half_changed_is_put_back_first(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The next refresh begins with what was there before the one that was killed."""
    staging = project / ".refresh-x"
    for name in ("old", "new"):
        (staging / name).mkdir(parents=True)
    (staging / "names").write_text("CHANGELOG.md\nopenapi.yaml")
    (project / "CHANGELOG.md").rename(staging / "old" / "CHANGELOG.md")
    (project / "CHANGELOG.md").write_text("half")
    (staging / "new" / "openapi.yaml").write_text("never moved")
    assert main(["refresh", "--upstream", "slice.yaml"]) == 0
    said = "note: CHANGELOG.md was half changed by a killed refresh; it is restored\n"
    assert capsys.readouterr().err.startswith(said)
    assert "Words." in (project / "CHANGELOG.md").read_text() and not staging.exists()


def test_what_cannot_be_put_back_is_told(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The error does not claim that nothing was changed, and what was there is kept."""
    with monkeypatch.context() as patch:
        rename, left = Path.rename, 3

        def failing(path: Path, target: Path) -> Path:
            nonlocal left
            left -= 1
            if left <= 0:
                raise OSError(5, "Input/output error")
            return rename(path, target)

        patch.setattr(Path, "rename", failing)
        before = files_in(project)
        assert main(["refresh", "--upstream", "more.yaml"]) == 1
    error = capsys.readouterr().err.splitlines()[-1]
    assert "the old files cannot be restored: " in error and "nothing was changed" not in error
    assert swapping.put_back(project) == ["openapi.yaml"]
    assert files_in(project) == before


# Interrupting and killing


DRIVER = """
import signal, sys
from pathlib import Path
from tests import test_refresh as t
from tools import refresh
from tools.__main__ import main
refresh.ROOT, refresh.GENERATE, refresh._compare = Path(sys.argv[1]), t.python(t.GENERATE), t.compared
refresh._markdown = lambda report: ""
refresh.TESTS = (t.python("import os, tempfile, time; tempfile.mkdtemp(); "
                          "print('pid', os.getpid(), flush=True); time.sleep(60)"),)
signal.signal(signal.SIGINT, signal.default_int_handler)  # What runs in the background may have been told to ignore it.
sys.exit(main(["refresh", "--upstream", "more.yaml"]))
"""


@pytest.mark.parametrize(
    ("sent", "code"),
    [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGKILL, -signal.SIGKILL)],
)
def test_a_refresh_that_is_stopped_while_it_tests(sent: int, code: int, project: Path, temporary: Path) -> None:
    """Nothing was changed. What can be heard also ends the tests, and removes the copy and what they left about."""
    before = files_in(project)
    places = os.pathsep.join([str(ROOT), os.environ["PYTHONPATH"]])
    environment = {**os.environ, "PYTHONPATH": places, "TMPDIR": str(temporary)}
    command = [*python(DRIVER), str(project)]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        pid = next(int(line.split()[1]) for line in process.stderr if line.startswith("pid "))
        process.send_signal(sent)
        if sent == signal.SIGTERM:
            process.send_signal(sent)  # Whoever is impatient does not keep it from cleaning up.
        if sent == signal.SIGKILL:
            os.kill(pid, signal.SIGKILL)  # They would see that nobody reads them when they next print.
        assert process.wait(timeout=20) == code
    assert files_in(project) == before
    if sent != signal.SIGKILL:
        assert list(temporary.iterdir()) == []
        for _ in range(100):
            try:
                os.kill(pid, 0)
            except ProcessLookupError:
                return
            time.sleep(0.05)
        pytest.fail("the tests are still running")


# The copy


def test_the_copy_has_what_git_knows_or_would_know(project: Path, tmp_path: Path) -> None:
    """Tracked and untracked files as they are now, without what is deleted or ignored; without git much the same."""
    (tmp_path / "a").mkdir()
    (tmp_path / "shared").mkdir()
    plain = rehearsing.copy_project(project, tmp_path / "a")
    subprocess.run(["git", "init", "--quiet", str(project)], check=True)
    subprocess.run(["git", "-C", str(project), "add", "overlay.yaml", "CHANGELOG.md"], check=True)
    (project / "overlay.yaml").unlink()
    (project / "CHANGELOG.md").write_text("changed")
    (tmp_path / "b").mkdir()
    copied = rehearsing.copy_project(project, tmp_path / "b")
    assert copied == (tmp_path / "b" / "project").resolve()
    assert "ignored.txt" not in files_only(plain) and "ignored.txt" not in files_only(copied)
    assert files_only(plain).keys() - files_only(copied).keys() == {"overlay.yaml"}
    assert (copied / "CHANGELOG.md").read_text() == "changed"
    assert (tmp_path / "b" / "shared").resolve() == tmp_path / "shared"


# With the real steps

NEW = "Unheardof"  # What no upstream has.


def test_the_project_takes_over_a_new_contract(
    tmp_path: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Vendored, compared, generated and released for real, in a copy of this project; of the tests there is one."""
    (tmp_path / "place").mkdir()
    root = rehearsing.copy_project(ROOT, tmp_path / "place")
    document = evolved()
    schemas = document["components"]["schemas"]
    schemas[NEW] = obj({"at": {"type": "string"}})
    schemas["CreateChatCompletionResponse"]["properties"][NEW] = ref(NEW)
    (tmp_path / "tomorrow.json").write_text(json.dumps(document))
    code = """
from chat_completions import __version__
from chat_completions.models import ChatCompletion, LookupCall
import sys
body = {"choices": [{"message": {"tool_calls": [{"type": "lookup", "id": "1", "results": []}]}}]}
assert type(ChatCompletion.from_dict(body).choices[0].message.tool_calls[0]) is LookupCall
print("the version is", __version__)
"""
    monkeypatch.setattr(refresh, "ROOT", root)
    monkeypatch.setattr(refresh, "TESTS", (python(code), (sys.executable, "-m", "tools", "generate", "--check")))
    old = refresh.versioning.read_version(root / refresh.VERSION)
    before = files_only(root)
    arguments = ["refresh", "--upstream", str(tmp_path / "tomorrow.json"), "--report", str(tmp_path / "report.md")]
    assert main(arguments) == 0, capsys.readouterr().err
    out, progress = capsys.readouterr()
    new = refresh.versioning.read_version(root / refresh.VERSION)
    assert f"version: {old} -> {new}\n" in out and f"the version is {new}\n" in progress and new != old
    changed = {name for name, content in files_only(root).items() if before.get(name) != content}
    rest = {name for name in changed if not name.startswith("generated/")}
    assert rest == {"openapi.yaml", "openapi.lock.json", "CHANGELOG.md", "overrides/chat_completions/_version.py"}
    assert f"generated/chat_completions_api/models/{NEW.lower()}.py" in changed
    entry = changelog.section((root / "CHANGELOG.md").read_text(), new)
    report = (tmp_path / "report.md").read_text()
    pointer = f"#/components/schemas/CreateChatCompletionResponse/properties/{NEW}"
    assert f"`ChatCompletion.{NEW}` was added" in entry and pointer in report
    assert f"note: overlay.yaml has no sentence for {pointer}\n" in out
    assert list(temporary.iterdir()) == []


def test_overlay_actions_that_no_longer_apply_stop_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`generate` says which; the report that was asked for is there, and nothing was changed."""
    (tmp_path / "place").mkdir()
    root = rehearsing.copy_project(ROOT, tmp_path / "place")
    document = evolved()
    del document["components"]["schemas"]["CompletionUsage"]["properties"]["completion_tokens"]
    (tmp_path / "tomorrow.json").write_text(json.dumps(document))
    monkeypatch.setattr(refresh, "ROOT", root)
    before = files_in(root)
    arguments = ["refresh", "--upstream", str(tmp_path / "tomorrow.json"), "--report", str(tmp_path / "report.md")]
    assert main(arguments) == 1
    progress = capsys.readouterr().err.splitlines()
    assert progress[-2].startswith("error: overlay.yaml#/actions/") and "completion_tokens" in progress[-2]
    assert progress[-1] == ("error: generate: `python -m tools generate` ended with exit code 1; nothing was changed")
    assert "CompletionUsage/properties/completion_tokens" in (tmp_path / "report.md").read_text()
    assert files_in(root) == before
