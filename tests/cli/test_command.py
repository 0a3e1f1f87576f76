"""The command as a whole: help, version, what it needs, shell completion."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import chat_completions
from chat_completions.cli.app import COMMANDS
from chat_completions.cli.exits import Exit
from tests.cli.commands import Command, environment, together
from tests.test_imports import imported_by

pytestmark = [pytest.mark.slow, pytest.mark.contract]

ROOT = Path(__file__).parents[2]
# Imports of these packages fail, as if they were not installed.
BLOCKED = """
import sys
class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {blocked!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Blocker())
from chat_completions.cli import main
sys.exit(main())
"""


def without(*packages: str) -> list[str]:
    return [sys.executable, "-c", BLOCKED.format(blocked=packages)]


def test_the_version(alone: Command) -> None:
    said = f"chat-completions-client {chat_completions.__version__}\n"
    for program in (None, [sys.executable, "-m", "chat_completions"], without("typer", "rich")):
        ended = alone("--version") if program is None else alone("--version", program=program)
        assert (ended.code, ended.out, ended.err) == (0, said, "")
    assert alone("create", "--version").code == 2


def test_help_lists_commands_options_and_exit_codes(alone: Command) -> None:
    ended = alone("--help")
    assert (ended.code, ended.err) == (0, "") and "\x1b" not in ended.out
    assert ended.out == alone().out == alone("-h", program=[sys.executable, "-m", "chat_completions"]).out
    documented = (ROOT / "docs" / "command-line.md").read_text()
    for code in Exit:
        assert f"{code:>5}  " in ended.out
        assert f"| {int(code)} |" in documented
    for name, _, help_ in COMMANDS:
        assert f"  {name} " in ended.out and help_ in ended.out
        told = alone(name, "--help")
        assert told.code == 0 and help_ in told.out and "--api-key " not in told.out
        assert ("stopped by Ctrl-C" in told.out) == (name == "serve")
        assert ("or the run stopped" in told.out) == (name == "bulk")
        assert ("the answer is incomplete" in told.out) == (name == "create")


SLIPS = [
    (("creat",), "Did you mean 'create'"),
    (("list", "--limt", "3"), "--limit"),
    (("list", "--order", "up"), "'asc', 'desc'"),
    (("serve", "--port", "many"), "--port"),
    (("doctor", "--base-url"), "--base-url"),
]


def test_a_usage_error_has_two_lines(alone: Command) -> None:
    def check(arguments: tuple[str, ...], told: str) -> None:
        ended = alone(*arguments)
        assert (ended.code, ended.out) == (2, "") and told in ended.err
        error, hint = ended.err.splitlines()
        assert error.startswith("error: ") and hint.startswith("hint: chat-completions ")

    together(check, SLIPS)


@pytest.mark.parametrize("missing", ["typer", "rich"])
def test_without_the_extra_it_says_what_to_install(alone: Command, missing: str) -> None:
    for arguments in ((), ("--help",), ("create", "Hi")):
        ended = alone(*arguments, program=without(missing))
        assert (ended.code, ended.out) == (Exit.MISSING, "")
        assert missing in ended.err and "pip install 'chat-completions-client[cli]'" in ended.err
        assert len(ended.err.splitlines()) == 2


def test_other_packages_are_missed_where_they_are_needed(alone: Command, tmp_path: Path) -> None:
    (tmp_path / "s.json").write_text("{}")
    ended = alone("create", "Hi", "--schema", "s.json", program=without("jsonschema"))
    assert ended.code == Exit.MISSING and "jsonschema" in ended.err and "[cli]" in ended.err
    ended = alone("serve", program=without("uvicorn"))
    assert ended.code == Exit.MISSING and "uvicorn" in ended.err and "[cli]" in ended.err


@pytest.mark.parametrize(
    ("breaks", "arguments"),
    [
        ("import chat_completions.cli.exits as m; del m.Failure", ("create", "Hi")),
        ("import sys; sys.modules['chat_completions.cli.server_checks'] = None", ("doctor",)),
        ("import sys; sys.modules['chat_completions.local.engine'] = None", ("serve",)),
        ("import sys; sys.modules['typer.main'] = None", ("create", "Hi")),
        ("import sys; sys.modules['jsonschema.validators'] = None", ("create", "Hi", "--schema", "s.json")),
    ],
)
def test_a_broken_installation_is_no_missing_package(
    alone: Command, tmp_path: Path, breaks: str, arguments: tuple[str, ...]
) -> None:
    (tmp_path / "s.json").write_text("{}")
    run = f"{breaks}; import sys; from chat_completions.cli import main; sys.exit(main())"
    ended = alone(*arguments, program=[sys.executable, "-c", run])
    assert ended.code == Exit.REFUSED and "pip install" not in ended.err, ended
    assert "Traceback" in ended.err or "the installation is broken, or this is a bug" in ended.err


def test_the_package_does_not_import_the_command_line() -> None:
    modules = imported_by("import chat_completions; from chat_completions import Client; Client(base_url='http://x')")
    assert not [name for name in modules if name.startswith("chat_completions.cli") or name in ("typer", "rich")]
    modules = imported_by("import sys; sys.argv = ['x', '--help']; from chat_completions.cli import main; main()")
    assert "typer" in modules and not modules & {"httpx", "jsonschema", "starlette", "attrs"}


def test_every_command_is_registered_in_one_place() -> None:
    for path in (ROOT / "overrides" / "chat_completions" / "cli").glob("*.py"):
        calls = [node.func for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
        registers = [call for call in calls if isinstance(call, ast.Attribute) and call.attr == "command"]
        assert not registers or path.name == "app.py"


def test_shell_completion_completes(alone: Command) -> None:
    for words, wanted in (("chat-completions cr", "create"), ("chat-completions list --ord", "--order")):
        ended = alone(
            _CHAT_COMPLETIONS_COMPLETE="complete_bash",
            COMP_WORDS=words,
            COMP_CWORD=str(len(words.split()) - 1),
        )
        assert ended.out.split() == [wanted]


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash here")
def test_shell_completion_is_shown_and_installed(alone: Command, tmp_path: Path) -> None:
    settings = {"_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}
    script = alone("--show-completion", "bash", **settings)
    assert script.code == 0
    check = f"{script.out}\ncomplete -p chat-completions"
    shown = subprocess.run(["bash", "-c", check], capture_output=True, text=True, env=environment(tmp_path), check=True)
    assert "_chat_completions_completion" in shown.stdout
    assert alone("--install-completion", "bash", **settings).code == 0
    assert "chat-completions" in (tmp_path / ".bashrc").read_text()
