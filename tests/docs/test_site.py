"""The site builds strictly, loads nothing from elsewhere, and no link in it leads nowhere."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from .conftest import build
from .html_pages import Page, read, styles
from .pages import DOCS, ROOT

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def built(site: Path) -> dict[Path, Page]:
    return {path: read(path) for path in site.rglob("*.html") if "_static" not in path.parts}


def is_elsewhere(address: str) -> bool:
    parts = urlsplit(address)
    return bool(parts.netloc) or parts.scheme not in ("", "data")


def test_every_page_is_there_and_reachable(site: Path, built: dict[Path, Page]) -> None:
    wanted = {path.relative_to(DOCS).with_suffix(".html") for path in DOCS.rglob("*.md")}
    assert wanted <= {path.relative_to(site) for path in built}
    linked = {
        (path.parent / urlsplit(link).path).resolve()
        for path, page in built.items()
        for link in page.links
        if not is_elsewhere(link)
    }
    assert {site.resolve() / page for page in wanted} <= linked


def test_nothing_is_loaded_from_elsewhere(site: Path, built: dict[Path, Page]) -> None:
    loaded = {(path, address) for path, page in built.items() for address in page.fetched}
    loaded |= {(path, address) for path in site.rglob("*.css") for address in styles(path.read_text("utf-8"))}
    loaded |= {(path, address) for path in site.rglob("*.svg") for address in styles(path.read_text("utf-8"))}
    assert len(loaded) > 100
    assert not [(path, address) for path, address in loaded if is_elsewhere(address)]


def test_what_is_loaded_is_there(built: dict[Path, Page]) -> None:
    missing = [
        (path.name, address)
        for path, page in built.items()
        for address in page.fetched
        if urlsplit(address).scheme != "data" and not (path.parent / unquote(urlsplit(address).path)).is_file()
    ]
    assert not missing


def test_no_link_leads_nowhere(built: dict[Path, Page]) -> None:
    pages = {path.resolve(): page for path, page in built.items()}
    broken = []
    for path, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if is_elsewhere(link) or link in ("#", ""):
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            known = pages[target].anchors if target in pages else set()
            if not target.exists() or (parts.fragment and unquote(parts.fragment) not in known):
                broken.append((path.name, link))
    assert not broken


def anchors(page: Path) -> set[str]:
    """Return the anchors that a forge makes of a page's headings."""
    headings = re.findall(r"^#+ (.*)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_links_to_files_on_a_forge_are_right() -> None:
    """README and the pages are read there too, where a link to a page is a path, and an anchor a heading."""
    broken = []
    for page in (*ROOT.glob("*.md"), ROOT / "examples" / "README.md", *DOCS.rglob("*.md")):
        for target in re.findall(r"\]\(([^()\s]+)\)", page.read_text("utf-8")):
            path, _, anchor = target.partition("#")
            if "://" in path:
                continue
            file = page.parent / path if path else page
            # In the reference, names are anchors, and the site's test knows them.
            is_heading = file.suffix == ".md" and not anchor.startswith("chat_completions")
            if not file.exists() or (anchor and is_heading and anchor not in anchors(file)):
                broken.append((page.name, target))
    assert not broken


@pytest.mark.skipif(shutil.which("node") is None, reason="the site's search runs in node")
def test_the_search_finds_a_guide_first(site: Path) -> None:
    """Whoever searches a word of their own is shown the guide about it; whoever knows a name, its reference."""
    wanted = {
        "image": "media",
        "audio": "media",
        "proxy": "settings",
        "timeout": "timeouts",
        "azure": "servers",
        "vLLM": "servers",
        "stream": "streams",
        "tool": "tools",
        "retry": "errors",
        "pytest": "testing",
        "CallOptions": "reference/completions",
        "ScriptedServer": "reference/testing",
    }
    command = ["node", str(Path(__file__).with_name("search.js")), str(site), *wanted]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert {query: found[query][0] for query in wanted} == wanted
    assert all(len(pages) > 1 for pages in found.values())


def test_a_wrong_page_stops_the_build(tmp_path: Path) -> None:
    shutil.copytree(DOCS / "extensions", tmp_path / "extensions")
    shutil.copytree(DOCS / "_static", tmp_path / "_static")
    shutil.copy(DOCS / "conf.py", tmp_path)
    (tmp_path / "index.md").write_text("# A page\n\n[to nowhere](nowhere.md)\n")
    with build(tmp_path, tmp_path / "site") as building:
        _, warnings = building.communicate()
    assert building.returncode != 0
    assert "nowhere.md" in warnings
