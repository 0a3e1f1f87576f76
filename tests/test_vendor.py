"""`python -m tools vendor` from end to end: what it fetches, what it writes, and that failing it writes nothing."""

from __future__ import annotations

import gzip
import json
import subprocess
import threading
from collections.abc import Iterator
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tools import vendor
from tools.__main__ import main
from tools.document import document
from tools.schema.slicing import slice_document

ROOT = Path(__file__).resolve().parents[1]

SPEC = b"""\
openapi: 3.1.0
info: {title: t, version: '1', description: prose}
paths:
  /chat/completions:
    get: {operationId: listChatCompletions, responses: {200: {$ref: '#/components/responses/R'}}}
    post: {operationId: createChatCompletion, responses: {}}
components: {responses: {R: {description: prose}}}
"""
DIGEST = sha256(SPEC).hexdigest()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder that holds `in.yaml`."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in.yaml").write_bytes(SPEC)
    return tmp_path


def lock() -> dict[str, dict[str, object]]:
    """Return the lock in the working folder."""
    return json.loads(Path("openapi.lock.json").read_bytes())


def error_of(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Run the command, which must fail, write no file and print one line; return the line."""
    before = {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()}
    assert main(["vendor", *arguments]) == 1
    out, error = capsys.readouterr()
    assert not out
    assert error.count("\n") == 1 and error.endswith("\n")
    assert {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()} == before
    return error.rstrip("\n")


def test_the_slice_and_its_lock(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Both files hold what they should, down to the byte, and one line sums it up."""
    commit = "0123456789abcdef0123456789abcdef01234567"
    said = ["--commit", commit, "--date", "2026-08-21T20:48:10+00:00", "--repository", "a/b"]
    assert main(["vendor", "--upstream", "in.yaml", *said]) == 0
    text = Path("openapi.yaml").read_bytes()
    assert text.startswith(b"# Written by `python -m tools vendor`. ")
    assert text.endswith(b"components:\n  responses:\n    R:\n      description: ''\n")
    assert document.load(text, name="openapi.yaml") == slice_document(document.load(SPEC, name="in.yaml"))
    expected = {
        "upstream": {
            "repository": "a/b",
            "commit": commit,
            "date": "2026-08-21T20:48:10+00:00",
            "file": "in.yaml",
            "openapi": "3.1.0",
            "bytes": len(SPEC),
            "sha256": DIGEST,
        },
        "slice": {
            "operations": ["createChatCompletion", "listChatCompletions"],
            "components": 1,
            "bytes": len(text),
            "sha256": sha256(text).hexdigest(),
        },
    }
    assert Path("openapi.lock.json").read_text() == json.dumps(expected, indent=2) + "\n"
    assert capsys.readouterr().out == (
        f"openapi.yaml: operations 2, components 1, bytes {len(text)}, sha256 {sha256(text).hexdigest()}\n"
    )
    assert sorted(path.name for path in folder.iterdir()) == ["in.yaml", "openapi.lock.json", "openapi.yaml"]


def test_where_it_came_from_is_kept_while_it_is_the_same(folder: Path) -> None:
    """The same upstream file again, packed or not, keeps commit and date; another one has none until they are said."""
    main(["vendor", "--upstream", "in.yaml", "--commit", "abcdef0", "--date", "2026-08-21", "--repository", "a/b"])
    first, text = lock(), Path("openapi.yaml").read_bytes()
    Path("in.yaml.gz").write_bytes(gzip.compress(SPEC))
    assert main(["vendor", "--upstream", "in.yaml.gz"]) == 0
    assert lock() == first
    assert main(["vendor", "--upstream", "openapi.yaml"]) == 0
    assert (lock(), Path("openapi.yaml").read_bytes()) == (first, text), "our own slice is still from upstream"
    Path("in.yaml").write_bytes(SPEC + b"# more\n")
    assert main(["vendor", "--upstream", "in.yaml"]) == 0
    upstream = lock()["upstream"]
    assert (upstream["repository"], upstream["commit"], upstream["date"]) == ("openai/openai-openapi", None, None)
    assert Path("openapi.yaml").read_bytes() == text


@pytest.mark.parametrize("broken", [b"", b"[]", b"{", b'{"upstream": 1, "slice": {}}'])
def test_a_broken_lock_is_replaced(folder: Path, broken: bytes) -> None:
    """It is no input, only a memory."""
    Path("openapi.lock.json").write_bytes(broken)
    assert main(["vendor", "--upstream", "in.yaml"]) == 0
    assert lock()["upstream"]["sha256"] == DIGEST


def test_operations_and_output_can_be_chosen(folder: Path) -> None:
    """A document with one of the operations is vendored when asked for; the lock lies beside the output."""
    Path("in.yaml").write_bytes(b"".join(line for line in SPEC.splitlines(True) if b"get:" not in line))
    Path("deep").mkdir()
    chosen = ["--operations", " createChatCompletion,createChatCompletion", "--output", "deep/a.b.yaml"]
    assert main(["vendor", "--upstream", "in.yaml", *chosen]) == 0
    assert sorted(path.name for path in Path("deep").iterdir()) == ["a.b.lock.json", "a.b.yaml"]
    written = json.loads(Path("deep/a.b.lock.json").read_bytes())
    assert written["slice"]["operations"] == ["createChatCompletion"]
    assert written["slice"]["components"] == 0


def test_a_git_path_is_read(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`REV:PATH` means what it means to git, unless there is a file of that name."""
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"]
    for command in (["init", "-q"], ["add", "in.yaml"], ["commit", "-q", "-m", "x"]):
        subprocess.run([*git, *command], check=True, capture_output=True)
    Path("in.yaml").unlink()
    assert main(["vendor", "--upstream", "HEAD:in.yaml"]) == 0
    assert (lock()["upstream"]["file"], lock()["upstream"]["sha256"]) == ("in.yaml", DIGEST)
    capsys.readouterr()
    error = error_of(capsys, "--upstream", "HEAD:lost.yaml")
    assert error.startswith("error: HEAD:lost.yaml: this file does not exist, and git says: ")
    Path("HEAD:in.yaml").write_bytes(b"")
    assert "the file is empty" in error_of(capsys, "--upstream", "HEAD:in.yaml")


class _Upstream(BaseHTTPRequestHandler):
    pages = {"/api/openapi.yaml": (200, SPEC), "/page": (200, b"<!doctype html>"), "/empty": (200, b"")}

    def do_GET(self) -> None:
        status, body = self.pages.get(self.path, (404, b"404: Not Found"))
        if self.path == "/moved":
            self.send_response(302)
            self.send_header("Location", "/api/openapi.yaml")
            body = b""
        elif self.path == "/cut":
            self.send_response(200)
            body = b"openapi: 3.1.0"
        else:
            self.send_response(status)
        self.send_header("Content-Length", str(len(body) + 100 * (self.path == "/cut")))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Keep the tests' output clean."""


@pytest.fixture
def address() -> Iterator[str]:
    """Serve an upstream on the loopback interface."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Upstream) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_an_address_is_fetched(folder: Path, address: str) -> None:
    """Redirects are followed; the lock names the file as the address does."""
    assert main(["vendor", "--upstream", f"{address}/api/openapi.yaml"]) == 0
    assert (lock()["upstream"]["file"], lock()["upstream"]["sha256"]) == ("openapi.yaml", DIGEST)
    Path("openapi.lock.json").unlink()
    assert main(["vendor", "--upstream", f"{address}/moved"]) == 0
    assert lock()["upstream"]["sha256"] == DIGEST


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/lost", "the server answers HTTP 404; is the address right?"),
        ("/page", "this is HTML or XML, not an OpenAPI document; give the raw file's address"),
        ("/empty", "the file is empty; give an OpenAPI document"),
        ("/cut", "cannot fetch: peer closed connection without sending complete message body"),
    ],
)
def test_an_address_that_gives_no_document(
    folder: Path, address: str, capsys: pytest.CaptureFixture[str], path: str, message: str
) -> None:
    """Each is one line that names the address."""
    assert error_of(capsys, "--upstream", address + path).startswith(f"error: {address}{path}: {message}")


def test_a_download_stops_at_the_limit(
    folder: Path, address: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An endless answer does not fill the memory."""
    monkeypatch.setattr(document, "MAX_DOCUMENT_BYTES", 100)
    assert "larger than 100 bytes" in error_of(capsys, "--upstream", f"{address}/api/openapi.yaml")


def test_a_raw_github_address_tells_repository_and_commit(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They stand in the address; an address with a branch's name tells nothing for sure."""
    monkeypatch.setattr(vendor, "_download", lambda address: SPEC)
    commit = "f85dbe223d40e1a31cba812ab2d755c7e98a92a3"
    assert main(["vendor", "--upstream", f"https://raw.githubusercontent.com/a/b/{commit}/openapi.yaml"]) == 0
    upstream = lock()["upstream"]
    assert (upstream["repository"], upstream["commit"], upstream["date"]) == ("a/b", commit, None)
    Path("openapi.lock.json").unlink()
    assert main(["vendor"]) == 0
    assert (lock()["upstream"]["commit"], lock()["upstream"]["file"]) == (None, "openapi.yaml")


@pytest.mark.parametrize(
    ("upstream", "message"),
    [
        ("lost.yaml", "this file does not exist; give a file, an http(s) address or REV:PATH"),
        ("C:\\lost.yaml", "this file does not exist; give a file"),
        ("-rev:lost.yaml", "this file does not exist; give a file"),
        ("ftp://example.com/openapi.yaml", "only http and https addresses can be fetched"),
        (".", "cannot read the file: Is a directory"),
        ("http://127.0.0.1:9/openapi.yaml", "cannot fetch: "),
        ("http:///openapi.yaml", "cannot fetch: "),
    ],
)
def test_an_upstream_that_cannot_be_had(
    folder: Path, capsys: pytest.CaptureFixture[str], upstream: str, message: str
) -> None:
    """One line names what was asked for and what happened."""
    assert error_of(capsys, f"--upstream={upstream}").startswith(f"error: {upstream}: {message}")


def test_a_revision_where_git_is_not_installed(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(folder))
    message = "error: HEAD:in.yaml: this file does not exist, and git cannot be run: "
    assert error_of(capsys, "--upstream=HEAD:in.yaml").startswith(message)


@pytest.mark.parametrize(
    ("old", "new", "where", "message"),
    [
        (
            b"info:",
            b"openapi: 3.1.0\ninfo:",
            "in.yaml:2",
            "the key 'openapi' appears twice in one mapping, first on line 1",
        ),
        (b"responses: {}}", b"responses: {}", "in.yaml:7:1", "not valid YAML: "),
        (b"{description: prose}}}", b"}}", "in.yaml:7 (#/components/responses/R)", "expected a mapping, found nothing"),
        (b"responses/R", b"responses/Q", "in.yaml:5 (#/paths/~1chat~1completions/get/responses/200/$ref)", "$ref '#/c"),
        (b"'#/comp", b"'a.yaml#/comp", "in.yaml:5 (#/paths/~1chat~1completions/get/responses/200/$ref)", "$ref 'a.yam"),
        (b"createChatCompletion", b"create", "in.yaml:3 (#/paths)", "no operation createChatCompletion; "),
        (b"openapi: 3.1.0", b"swagger: '2.0'", "in.yaml", "this is Swagger 2.0"),
    ],
)
def test_a_bad_document_names_its_line_and_leaves_all_files(
    folder: Path, capsys: pytest.CaptureFixture[str], old: bytes, new: bytes, where: str, message: str
) -> None:
    """What was vendored before stays as it was."""
    assert main(["vendor", "--upstream", "in.yaml"]) == 0
    capsys.readouterr()
    Path("in.yaml").write_bytes(SPEC.replace(old, new))
    error = error_of(capsys, "--upstream", "in.yaml")
    assert error.startswith(f"error: {where}"), error
    assert message in error


def test_a_failing_move_puts_the_old_files_back(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The slice is never there without its lock, nor are temporary files left."""
    replace = Path.replace

    def replace_but_no_lock(self: Path, target: Path) -> Path:
        if target.name.endswith(".lock.json"):
            raise OSError(28, "No space left on device")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", replace_but_no_lock)
    for before in (None, b"old"):
        if before is not None:
            Path("openapi.yaml").write_bytes(before)
        error = error_of(capsys, "--upstream", "in.yaml")
        assert error.endswith("openapi.lock.json: cannot write: No space left on device; nothing was changed")


@pytest.mark.parametrize(
    ("output", "reason"),
    [("lost/x.yaml", "No such file or directory"), ("dir", "it is a directory; give the name of a file")],
)
def test_a_place_that_cannot_be_written(
    folder: Path, capsys: pytest.CaptureFixture[str], output: str, reason: str
) -> None:
    """It is named, and nothing is left behind."""
    Path("dir").mkdir()
    error = error_of(capsys, "--upstream", "in.yaml", "--output", output)
    assert error == f"error: {folder.resolve() / output}: cannot write: {reason}; nothing was changed"


def test_a_link_stays_a_link(folder: Path) -> None:
    """The file behind it is written."""
    Path("real.yaml").write_bytes(b"")
    Path("openapi.yaml").symlink_to("real.yaml")
    assert main(["vendor", "--upstream", "in.yaml"]) == 0
    assert Path("openapi.yaml").is_symlink() and Path("real.yaml").stat().st_size > 100


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "the following arguments are required: COMMAND"),
        (["nonsense"], "invalid choice: 'nonsense'"),
        (["vendor", "--nonsense"], "unrecognized arguments: --nonsense"),
        (["vendor", "--commit", "main"], "argument --commit: 'main' is not a commit's hash"),
        (["vendor", "--date", "yesterday"], "argument --date: 'yesterday' is not a date in ISO 8601"),
        (["vendor", "--operations", " ,"], "argument --operations: no operation is named"),
    ],
)
def test_wrong_usage_exits_64(capsys: pytest.CaptureFixture[str], arguments: list[str], message: str) -> None:
    """Wrong usage is told from failure, in one line too."""
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 64
    error = capsys.readouterr().err
    assert error.startswith("error: python -m tools") and message in error and error.count("\n") == 1


def test_help_lists_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    """Asking for help is no error, and imports no command."""
    with pytest.raises(SystemExit) as caught:
        main(["--help"])
    assert caught.value.code == 0
    assert "vendor" in capsys.readouterr().out


def test_the_committed_slice_is_what_its_lock_says() -> None:
    """Nobody changed the slice by hand, and it is in canonical form."""
    text = (ROOT / "openapi.yaml").read_bytes()
    written = json.loads((ROOT / "openapi.lock.json").read_bytes())
    assert (written["slice"]["sha256"], written["slice"]["bytes"]) == (sha256(text).hexdigest(), len(text))
    sliced = document.load(text, name="openapi.yaml")
    assert json.dumps(slice_document(sliced)) == json.dumps(sliced)
    assert sum(map(len, sliced["components"].values())) == written["slice"]["components"]


@pytest.mark.slow
def test_the_committed_slice_comes_from_the_document_in_its_lock(folder: Path) -> None:
    """Vendoring the same upstream document again gives the committed bytes; every other one can be vendored."""
    shared = ROOT.parent / "shared" / "upstream"
    if not (shared / "index.json").exists():
        pytest.skip("there are no upstream documents beside the repository")
    locked = json.loads((ROOT / "openapi.lock.json").read_bytes())
    found = False
    for entry in json.loads((shared / "index.json").read_bytes()):
        said = ["--repository", entry["repository"], "--commit", entry["commit"], "--date", entry["committed"]]
        assert main(["vendor", "--upstream", str(shared / entry["file"]), *said]) == 0
        assert lock()["upstream"]["sha256"] == entry["sha256"]
        assert lock()["upstream"]["bytes"] == entry["bytes"]
        if entry["sha256"] == locked["upstream"]["sha256"]:
            found = True
            assert lock()["slice"] == locked["slice"]
            # A refresh from a file knows neither the commit nor the name that the document has elsewhere.
            noted = {key: locked["upstream"][key] for key in ("commit", "date") if locked["upstream"][key]}
            assert noted.items() <= lock()["upstream"].items()
            assert Path("openapi.yaml").read_bytes() == (ROOT / "openapi.yaml").read_bytes()
    if not found:
        pytest.skip("the vendored document is not among those beside the repository")
