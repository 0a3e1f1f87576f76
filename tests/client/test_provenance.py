"""`provenance()` tells what the client was made from, and what it runs on."""

from __future__ import annotations

import copy
import hashlib
import json
import pickle
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from attrs.exceptions import FrozenInstanceError

import chat_completions
import chat_completions_api
from chat_completions import Provenance, provenance
from chat_completions._contract import generated
from chat_completions._contract import provenance as provenances

ROOT = Path(__file__).parents[2]
LOCK = json.loads((ROOT / "openapi.lock.json").read_text())


def test_it_has_the_facts_of_the_lock_and_the_hash_of_the_slice() -> None:
    """Commit, date and hash are those under which the slice was vendored."""
    facts = provenance()
    upstream = {name: LOCK["upstream"][name] for name in ("repository", "commit", "date")}
    assert upstream == {name: getattr(facts, name) for name in upstream}
    assert facts.slice_sha256 == hashlib.sha256((ROOT / "openapi.yaml").read_bytes()).hexdigest()


def test_it_has_the_versions_of_what_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A package that is not there has no version; this one has one in any case."""
    monkeypatch.delenv("CHAT_COMPLETIONS_TRANSPORT", raising=False)
    versions = provenance().versions
    assert list(versions) == ["chat-completions-client", "httpx", "attrs", "python-dateutil", "python"]
    assert all(versions.values())
    assert versions["chat-completions-client"] == chat_completions.__version__
    monkeypatch.setattr(provenances, "_version_of", lambda distribution: None)
    versions = provenance().versions
    assert (versions["chat-completions-client"], versions["httpx"]) == (chat_completions.__version__, None)
    assert "httpx not installed" in str(provenance())


def test_it_names_the_transport_of_the_environment_and_its_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bug report shows what sends."""
    monkeypatch.delenv("CHAT_COMPLETIONS_TRANSPORT", raising=False)
    assert (provenance().transport, provenance().to_dict()["transport"]) == ("httpx", "httpx")
    monkeypatch.setenv("CHAT_COMPLETIONS_TRANSPORT", "fast")
    facts = provenance()
    assert facts.transport == "fast" and "transport: fast" in str(facts)
    assert facts.versions["httpx-aiohttp"] and facts.versions["aiohttp"]


def test_it_is_frozen_and_can_be_copied_hashed_pickled_and_sent_as_json() -> None:
    """It is a value: nothing of it can be changed, and copies are equal."""
    facts = provenance()
    with pytest.raises(FrozenInstanceError):
        facts.commit = "x"  # type: ignore[misc]
    with pytest.raises(TypeError):
        facts.versions["httpx"] = "0"  # type: ignore[index]
    again: Provenance = pickle.loads(pickle.dumps(facts))
    assert again == copy.deepcopy(facts) == provenance() == facts
    assert len({again, facts}) == 1
    assert Provenance(**json.loads(json.dumps(facts.to_dict()))) == facts


def test_as_text_it_is_what_a_bug_report_needs() -> None:
    """Every fact is in it."""
    facts = provenance()
    plain = facts.to_dict()
    for fact in (*plain["versions"].values(), *(value for value in plain.values() if isinstance(value, str))):
        assert fact in str(facts)
        assert fact in repr(facts)


def test_a_slice_of_unknown_origin_has_no_facts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that was generated from another document tells so."""
    monkeypatch.setattr(generated, "document", dict)
    facts = provenance()
    assert (facts.repository, facts.commit, facts.date, facts.slice_sha256) == (None, None, None, None)
    assert "unknown" in str(facts)


def test_it_works_from_a_zip_file(tmp_path: Path) -> None:
    """The packages may be imported without being unpacked."""
    archive = tmp_path / "packages.zip"
    with zipfile.ZipFile(archive, "w") as packages:
        for module in (chat_completions, chat_completions_api):
            folder = Path(str(module.__file__)).parent
            for path in folder.rglob("*.*"):
                packages.write(path, path.relative_to(folder.parent))
    code = "import chat_completions; print(chat_completions.__file__, chat_completions.provenance().commit)"
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(archive)!r}); {code}"]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert printed.startswith(str(archive))
    assert printed.split()[-1] == str(LOCK["upstream"]["commit"])
