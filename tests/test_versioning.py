"""The next version follows from the level of a change, and one line of a module holds it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.specs import ROOT
from tools.drift.findings.findings import LEVELS
from tools.errors import ToolError
from tools.release.versioning import next_version, read_version, write_version

NEXT = {
    "0.1.0": ("0.2.0", "0.1.1", "0.1.1", "0.1.1", "0.1.1"),
    "0.0.0": ("0.1.0", "0.0.1", "0.0.1", "0.0.1", "0.0.1"),
    "0.9.9": ("0.10.0", "0.9.10", "0.9.10", "0.9.10", "0.9.10"),
    "1.0.0": ("2.0.0", "1.1.0", "1.1.0", "1.0.1", "1.0.1"),
    "9.10.11": ("10.0.0", "9.11.0", "9.11.0", "9.10.12", "9.10.12"),
}


@pytest.mark.parametrize("version", NEXT)
def test_each_level_has_its_next_version(version: str) -> None:
    """From breaking to none, before and after 1.0.0."""
    levels = [*LEVELS, None]
    assert tuple(next_version(version, level) for level in levels) == NEXT[version]


@pytest.mark.parametrize(
    "version", ["", "1.0", "1.0.0.0", "v1.0.0", "1.0.0rc1", "1.0.0-rc.1", "01.0.0", " 1.0.0", "1.0.0\n", "\u0661.0.0"]
)
def test_other_forms_are_refused(version: str) -> None:
    """They are named, with what to do."""
    with pytest.raises(ToolError) as failed:
        next_version(version, "breaking")
    assert str(failed.value) == f"the version {version!r} is not MAJOR.MINOR.PATCH; set it to a released version"


def test_one_line_is_changed(tmp_path: Path) -> None:
    """The rest of the module stays, to the byte."""
    module = tmp_path / "_version.py"
    module.write_text('"""About __version__ = "0"."""\n\n__version__ = "0.1.0"\nOTHER = "0.1.0"\n')
    assert read_version(module) == "0.1.0"
    write_version(module, "0.2.0")
    assert module.read_text() == '"""About __version__ = "0"."""\n\n__version__ = "0.2.0"\nOTHER = "0.1.0"\n'


@pytest.mark.parametrize(
    ("text", "count"), [("", 0), ("__version__ = '1'\n", 0), ('__version__ = "1"\n__version__ = "2"\n', 2)]
)
def test_a_module_without_its_one_line(tmp_path: Path, text: str, count: int) -> None:
    """It is an error for reading and for writing, and nothing is written."""
    module = tmp_path / "_version.py"
    module.write_text(text)
    for use in (lambda: read_version(module), lambda: write_version(module, "2.0.0")):
        with pytest.raises(ToolError, match=f"_version.py: there are {count} lines"):
            use()
    assert module.read_text() == text


def test_the_package_has_a_version_that_can_be_followed() -> None:
    """A refresh of today's package finds its version."""
    assert next_version(read_version(ROOT / "overrides" / "chat_completions" / "_version.py"), None)
