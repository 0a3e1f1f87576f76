"""What importing costs and which way it runs."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import chat_completions
from chat_completions import errors, models

ROOT = Path(__file__).parent.parent
PRIVATE_SEAM = ROOT / "overrides" / "chat_completions" / "_contract" / "generated.py"


def imported_by(code: str) -> set[str]:
    """Run code in a fresh interpreter, and give the modules that it has imported."""
    program = f"{code}\nimport sys\nprint(*sys.modules)"
    return set(
        subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    )


def imports_of(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.add(node.module or "")
    return names


def test_importing_imports_no_model_no_http_library_and_no_dateutil() -> None:
    modules = imported_by("import chat_completions, chat_completions_api, chat_completions_api.models")
    assert not [name for name in modules if name.startswith("chat_completions_api.models.")]
    assert not modules & {"httpx", "dateutil", "asyncio", "attr", "starlette", "jsonschema"}


def test_making_a_client_imports_no_model_and_no_http_library() -> None:
    modules = imported_by("from chat_completions import Client; Client(base_url='http://127.0.0.1:1')")
    assert not [name for name in modules if name.startswith("chat_completions_api.models.")]
    assert not modules & {"httpx", "dateutil", "asyncio"}


def test_the_generated_package_and_the_tools_import_nothing_of_ours() -> None:
    for path in (ROOT / "generated").rglob("*.py"):
        assert not [name for name in imports_of(path) if name.split(".")[0] in ("chat_completions", "tools")], path
    for path in (ROOT / "tools").rglob("*.py"):
        forbidden = ("chat_completions", "chat_completions_api")
        assert not [name for name in imports_of(path) if name.split(".")[0] in forbidden], path


def test_private_names_of_the_generated_package_enter_through_the_seam() -> None:
    for path in (ROOT / "overrides").rglob("*.py"):
        inside_seam = path == PRIVATE_SEAM
        assert inside_seam or "chat_completions_api.api" not in path.read_text(), path


def test_every_exported_name_is_there() -> None:
    for name in chat_completions.__all__:
        assert getattr(chat_completions, name) is not None
    raised = {n for n, value in vars(errors).items() if isinstance(value, type) and issubclass(value, Exception)}
    assert raised == set(errors.__all__) <= set(chat_completions.__all__)
    for name in dir(models):
        assert getattr(models, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        chat_completions.Nothing  # noqa: B018
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        models.Nothing  # noqa: B018
