"""Commands that the documentation shows exist, with their targets, sub-commands, options and extras."""

from __future__ import annotations

import functools
import importlib.util
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator

import pytest
import yaml

from .pages import ROOT, blocks, pages

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
# What a shell or a system brings, and other people's servers, which are not here to be asked.
SYSTEM = {"cat", "cd", "curl", "echo", "export", "git", "head", "jq", "mkdir", "printf", "sed", "source",
          "ulimit", "unset"}  # fmt: skip
OTHERS = {"docker", "litellm", "llama-server", "llm", "mlx_lm.server", "ollama", "transformers", "vllm"}


def commands(page: str) -> Iterator[tuple[str, list[str]]]:
    """Yield each command of a page's shell blocks, with its place."""
    for block in blocks(page):
        if block.language != "sh" or block.not_run:
            continue
        for number, line in enumerate(block.code.replace("\\\n", "  ").splitlines()):
            words = shlex.split(line.removeprefix("$ "), comments=True)
            command: list[str] = []
            for word in [*words, ";"]:
                if word not in (";", "&&", "||", "|", "&"):
                    command.append(word)
                    continue
                while command and re.fullmatch(r"[A-Z_]+=.*", command[0]):
                    command.pop(0)
                if command:
                    yield f"{page}:{block.line + number}", command
                command = []


FOUND = [found for page in pages() for found in commands(page)]


@functools.cache
def usage(command: tuple[str, ...]) -> str:
    """Return what a command of ours says of itself; a command that does not exist fails."""
    done = subprocess.run([sys.executable, "-m", *command, "--help"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, f"{command}: {done.stderr}"
    return re.sub(r"\x1b\[[0-9;]*m", "", done.stdout)


def options(words: list[str]) -> list[str]:
    return [word.partition("=")[0] for word in words if word.startswith("--") and len(word) > 2]


def check_ours(module: str, words: list[str]) -> None:
    """Check the sub-command and the options of a command of ours."""
    sub: tuple[str, ...] = ()
    if words and re.fullmatch(r"[a-z][a-z-]*", words[0]) and module in ("chat_completions", "tools"):
        sub = (words[0],)
    for option in options(words):
        text = usage((module, *sub))
        assert re.search(rf"{option}\b", text) or option in ("--help", "--version"), f"there is no {option}:\n{text}"
    usage((module, *sub))


def check(words: list[str]) -> None:
    """Check that a command could be run as it is shown."""
    program, rest = words[0], words[1:]
    if program == "make":
        named = [word for word in rest if "=" not in word and not word.startswith("-")]
        assert named
        assert set(named) <= TARGETS, f"make has no target {set(named) - TARGETS}"
    elif program in ("pip", "uv", "pipx"):
        for extras in re.findall(r"chat-completions-client\[([^]]+)\]", " ".join(rest)):
            assert set(extras.split(",")) <= PROJECT["project"]["optional-dependencies"].keys()
    elif program == "chat-completions":
        assert PROJECT["project"]["scripts"]["chat-completions"].startswith("chat_completions.cli")
        check_ours("chat_completions", rest)
    elif program.endswith("python") and rest[:1] == ["-m"]:
        assert importlib.util.find_spec(rest[1]), f"there is no module {rest[1]}"
        if rest[1].split(".")[0] in ("chat_completions", "tools"):
            check_ours(rest[1], rest[2:])
    elif program.endswith("python"):
        assert (ROOT / rest[0]).is_file(), f"there is no file {rest[0]}"
    elif program.startswith(".github/"):
        assert (ROOT / program).is_file()
    elif program == "pytest":
        assert rest is not None
    else:
        assert program in SYSTEM | OTHERS, f"what is {program}?"


@pytest.mark.parametrize(("place", "words"), FOUND, ids=[place for place, _ in FOUND])
def test_a_command_could_be_run(place: str, words: list[str]) -> None:
    check(words)


@pytest.mark.parametrize(
    "line",
    [
        "make nothing",
        "pip install 'chat-completions-client[nothing]'",
        "chat-completions nothing",
        "chat-completions create --nothing",
        "python -m chat_completions.nothing",
        "python -m tools drift --nothing",
        "nothing",
    ],
)
def test_a_command_that_is_wrong_fails(line: str) -> None:
    with pytest.raises(AssertionError):
        check(shlex.split(line))


def test_the_page_of_the_command_line_names_options_that_are_there() -> None:
    """Of tables and prose too; each is an option of the command or of one of its sub-commands."""
    text = (ROOT / "docs" / "command-line.md").read_text("utf-8")
    subs = re.findall(r"^## ([a-z]+)$", text, re.MULTILINE)
    assert {"create", "list", "serve", "doctor"} <= set(subs)
    known = "".join(usage(("chat_completions", *sub)) for sub in ([], *([sub] for sub in subs)))
    for option in set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", text)):
        assert re.search(rf"{option}(?![\w-])", known), f"no sub-command has {option}"


def test_data_is_well_formed() -> None:
    """JSON, YAML and TOML in the pages can be read."""
    import json

    readers = {"json": json.loads, "yaml": yaml.safe_load, "toml": tomllib.loads}
    for page in pages():
        for block in blocks(page):
            if block.language in readers and not block.not_run:
                readers[block.language](block.code)


def test_every_extra_is_explained() -> None:
    text = (ROOT / "docs" / "install.md").read_text()
    explained = dict(re.findall(r"^\| `(\w+)` \| ([^|]+) \|", text, re.MULTILINE))
    extras = PROJECT["project"]["optional-dependencies"]
    assert explained.keys() == extras.keys()
    local = {re.split(r"[<>=]", need)[0] for need in extras["local"]}
    assert explained["all"] == "all of these except `ray`"
    for extra, needs in extras.items():
        if extra == "all":
            continue
        packages = explained[extra].replace("the packages of `local`", ", ".join(local))
        names = set(re.findall(r"[\w-]+", packages)) - {"and"}
        assert names == {re.split(r"[<>=\[]", need)[0] for need in needs}, extra


def test_make_help_lists_the_targets_that_pages_name() -> None:
    for page in pages():
        for name in re.findall(r"`make ([a-z-]+)[ `]", (ROOT / page).read_text("utf-8")):
            assert name in TARGETS, f"{page}: make {name}"
