"""The page on other libraries has a row for each that `make integrations` runs, of the version that it installs."""

from __future__ import annotations

from tests.integrations.__main__ import HERE, LIBRARIES, ROOT

PAGE = (ROOT / "docs" / "integrations.md").read_text()


def test_each_library_has_a_program_and_a_row() -> None:
    rows = {line.split(" | ")[0].removeprefix("| ") for line in PAGE.splitlines() if " | works | " in line}
    installed = {each["packages"][0].replace("[openai]", "").replace("==", " ") for each in LIBRARIES.values()}
    assert rows == installed
    programs = {f"with_{library.replace('-', '_')}.py" for library in LIBRARIES}
    assert programs == {path.name for path in (HERE / "programs").glob("with_*.py")}
