"""The reference has everything that is public, and says something about it."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import re
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

import chat_completions
from chat_completions import errors, local, models, sse
from chat_completions_api import models as generated
from chat_completions_api import params

from .pages import DOCS

pytestmark = pytest.mark.slow

MODULES = (
    "chat_completions",
    "chat_completions.bulk",
    "chat_completions.local",
    "chat_completions.media",
    "chat_completions.observability",
    "chat_completions.structured",
    "chat_completions.testing",
)


@pytest.fixture(scope="module")
def described(site: Path) -> set[str]:
    """Return the full names that the site describes."""
    raw = (site / "objects.inv").read_bytes().split(b"\n", 4)[4]
    lines = zlib.decompress(raw).decode().splitlines()
    return {line.split(" ", 1)[0] for line in lines if " py:" in line}


def public(name: str) -> list[str]:
    module = importlib.import_module(name)
    return [f"{name}.{member}" for member in module.__all__]


def _tail(name: str) -> str:
    return name.rpartition(".")[2]


@pytest.mark.parametrize("module", MODULES)
def test_every_public_name_is_described(module: str, described: set[str]) -> None:
    names = public(module)
    assert names
    # What two modules give is described once, under the shorter name.
    top = {f"chat_completions.{name}": getattr(chat_completions, name) for name in chat_completions.__all__}
    missing = [name for name in names if name not in described and top.get(f"chat_completions.{_tail(name)}") is None]
    assert not missing
    assert not sorted({f"chat_completions.{_tail(name)}" for name in names if name not in described} - described)


def test_every_error_is_described(described: set[str]) -> None:
    assert not sorted({f"chat_completions.{name}" for name in errors.__all__} - described)


def test_every_model_and_type_is_described(described: set[str]) -> None:
    names = {*generated.__all__, *params.__all__}
    assert len(names) > 100
    assert names <= set(dir(models))
    assert not sorted({f"chat_completions.models.{name}" for name in dir(models)} - described)


def test_every_field_of_a_model_is_described(described: set[str]) -> None:
    kinds = [getattr(generated, name) for name in generated.__all__]
    fields = {
        f"chat_completions.models.{kind.__name__}.{field}"
        for kind in kinds
        if isinstance(kind, type)
        for field in kind._attributes.values()
    }
    assert len(fields) > 200
    assert not sorted(fields - described)


def methods(names: list[str]) -> Iterator[tuple[str, object, list[str]]]:
    """Yield the public methods and properties of classes of ours: full name, value, and its name in the bases."""
    for full in names:
        module, _, name = full.rpartition(".")
        kind = getattr(importlib.import_module(module), name)
        if not isinstance(kind, type):
            continue
        for member, value in inspect.getmembers_static(kind):
            owners = [base for base in kind.__mro__ if member in vars(base)]
            is_ours = any(base.__module__.startswith("chat_completions") for base in owners)
            is_code = isinstance(value, (property, staticmethod, classmethod)) or callable(value)
            if is_ours and is_code and not member.startswith("_") and not isinstance(value, type):
                bases = [f"chat_completions.{base.__name__}.{member}" for base in kind.__mro__]
                yield f"{full}.{member}", value, [*bases, f"{full}.{member}"]


def test_every_method_is_described_and_has_a_docstring(described: set[str]) -> None:
    # The same method, under its other name; what a tool has as the model of a tool.
    # BaseModel is Model, which is described with its own name.
    left_out = (".copy", "FunctionTool.function", "FunctionTool.to_dict", "FunctionTool.type")
    found = list(methods([name for module in MODULES for name in public(module)]))
    found = [row for row in found if not row[0].endswith(left_out) and ".BaseModel." not in row[0]]
    assert len(found) > 100
    assert not [name for name, value, _ in found if not inspect.getdoc(value)]
    assert not [name for name, _, places in found if not described.intersection(places)]


def test_the_decoder_is_described(described: set[str]) -> None:
    wanted = {f"chat_completions.sse.{name}" for name in ("Decoder", "Event", "MAX_EVENT_BYTES")}
    assert wanted <= described
    assert {name.rpartition(".")[2] for name in wanted} <= set(dir(sse))
    assert {f"chat_completions.local.{name}" for name in local.__all__} <= described


def test_the_tree_of_errors_is_whole(site: Path) -> None:
    page = (site / "reference" / "errors.html").read_text("utf-8")
    tree = (errors.__doc__ or "").partition("\n\n")[2]
    assert "└── " in page
    for name in errors.__all__:
        kind = getattr(chat_completions, name)
        assert f"{name}\n" in tree or f"{name} " in tree, f"{name} is not in the tree"
        assert issubclass(kind, errors.ChatCompletionsError)


def rows(page: str, heading: str) -> list[list[str]]:
    """Return the rows of the first table below a heading of a page."""
    text = (DOCS / page).read_text("utf-8").partition(heading)[2]
    lines = text[text.index("\n|") :].split("\n\n")[0].strip().splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def test_the_page_for_switchers_names_what_is_there_and_what_is_not() -> None:
    for _, ours in rows("official-sdk.md", "# Coming from the official SDK"):
        for name in re.findall(r"\b(?:Async)?(?:Azure)?Client\b|chat_completions\.(\w+)", ours):
            assert not name or hasattr(chat_completions, name) or importlib.util.find_spec(f"chat_completions.{name}")
    client = chat_completions.Client(api_key="k")
    missing = rows("official-sdk.md", "## What is missing")
    of_client = [name for row in missing for name in re.findall(r"`(?:client)?\.(\w+)`", row[0])]
    assert {"responses", "embeddings", "get"} <= set(of_client)
    for name in of_client:
        assert not hasattr(client, name), name
    for name in ("retrieve", "update", "delete", "messages"):
        assert not hasattr(client.chat.completions, name), name
