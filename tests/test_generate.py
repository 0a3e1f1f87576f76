"""`python -m tools generate` from end to end: the same bytes every time, nothing dropped, all or nothing."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.specs import CONFIG, ROOT, Json, lowered, obj, ref, spec
from tools import generate
from tools.__main__ import main
from tools.errors import ToolError
from tools.files.trees import differences, files_of, swap_in
from tools.generate import PACKAGE
from tools.rendering import generator
from tools.rendering.generator import check_originals, check_pins, write_package
from tools.rendering.operations import operation_shapes
from tools.rendering.shapes import Shapes
from tools.rendering.verifying import verify_models, verify_operations

pytestmark = [pytest.mark.slow, pytest.mark.contract]

TEXT = {"type": "string"}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Return a copy of the committed package, in a folder that `--output` can name."""
    shutil.copytree(ROOT / "generated" / PACKAGE, tmp_path / "out" / PACKAGE)
    return tmp_path / "out" / PACKAGE


def test_the_committed_package_is_what_the_document_generates(capsys: pytest.CaptureFixture[str]) -> None:
    """`--check` is content with the tree as it is."""
    assert main(["generate", "--check"]) == 0
    out, error = capsys.readouterr()
    assert out == f"{PACKAGE} is what openapi.yaml generates\n"
    assert all(line.startswith("note: ") for line in error.splitlines())


def change_a_byte(place: Path) -> str:
    model = place / "models" / "choice.py"
    model.write_bytes(model.read_bytes().replace(b"class Choice(", b"class Chojce("))
    return "models/choice.py"


def change_a_line_end(place: Path) -> str:
    (place / "errors.py").write_bytes((place / "errors.py").read_bytes().replace(b"\n", b"\r\n", 1))
    return "errors.py"


def take_the_last_byte(place: Path) -> str:
    (place / "openapi.json").write_bytes((place / "openapi.json").read_bytes()[:-1])
    return "openapi.json"


def add_a_file(place: Path) -> str:
    (place / "models" / "mine.py").write_text("x = 1\n")
    return "models/mine.py"


def add_an_empty_file(place: Path) -> str:
    (place / "models" / "empty.py").touch()
    return "models/empty.py"


def add_a_file_in_a_folder(place: Path) -> str:
    (place / "more" / "of").mkdir(parents=True)
    (place / "more" / "of" / "it.txt").touch()
    return "more/of/it.txt"


def add_bytes(place: Path) -> str:
    (place / "blob").write_bytes(b"\xff\xfe\x00")
    return "blob"


def add_a_source_among_the_caches(place: Path) -> str:
    (place / "__pycache__").mkdir(exist_ok=True)
    (place / "__pycache__" / "hidden.py").write_text("")
    return "__pycache__/hidden.py"


def add_a_link(place: Path) -> str:
    (place / "link.py").symlink_to("nowhere.py")
    return "link.py"


def remove_a_file(place: Path) -> str:
    (place / "py.typed").unlink()
    return "py.typed"


def replace_a_file_by_a_link(place: Path) -> str:
    (place / "types.py").rename(place.parent / "types.py")
    (place / "types.py").symlink_to(place.parent / "types.py")
    return "types.py"


CHANGES = [
    change_a_byte,
    change_a_line_end,
    take_the_last_byte,
    add_a_file,
    add_an_empty_file,
    add_a_file_in_a_folder,
    add_bytes,
    add_a_source_among_the_caches,
    add_a_link,
    remove_a_file,
    replace_a_file_by_a_link,
]


@pytest.mark.parametrize("change", CHANGES)
def test_every_change_differs(place: Path, change: Callable[[Path], str]) -> None:
    """Whatever a hand does to the tree, the diff names the file, and only that file."""
    name = change(place)
    lines = differences(ROOT / "generated" / PACKAGE, place)
    headers = [line for line in lines if line.startswith(("--- ", "+++ "))]
    assert len(headers) == 2
    assert headers[0] == ("--- /dev/null" if change is remove_a_file else f"--- {PACKAGE}/{name}")
    added = "add" in change.__name__
    assert headers[1] == ("+++ /dev/null" if added else f"+++ generated anew/{name}")
    assert len(lines) > 2


def test_check_fails_with_a_diff_and_writes_nothing(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 1, a unified diff on the one stream, what to do on the other."""
    change_a_byte(place)
    before = files_of(place.parent)
    assert main(["generate", "--check", "--output", str(place.parent)]) == 1
    out, error = capsys.readouterr()
    assert f"--- {PACKAGE}/models/choice.py\n+++ generated anew/models/choice.py\n@@" in out
    assert "\n-class Chojce(Model):\n+class Choice(Model):\n" in out
    said = [line for line in error.splitlines() if not line.startswith("note: ")]
    assert said == ["error: the generated package differs; run `make generate`, never edit it"]
    assert files_of(place.parent) == before


def test_check_of_what_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An empty output folder lacks everything."""
    assert main(["generate", "--check", "--output", str(tmp_path)]) == 1
    assert "+++ generated anew/py.typed\n" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


def test_generating_replaces_the_whole_tree(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What does not belong there goes, what lies beside it stays, and nothing is left lying about."""
    for change in CHANGES[:-1]:
        change(place)
    (place.parent / "beside.txt").write_text("mine")
    assert main(["generate", "--output", str(place.parent)]) == 0
    assert files_of(place) == files_of(ROOT / "generated" / PACKAGE)
    assert sorted(path.name for path in place.parent.iterdir()) == ["beside.txt", PACKAGE]
    assert capsys.readouterr().out.startswith(f"{PACKAGE}: ")


def test_the_same_bytes_for_any_hash_seed_and_folder(tmp_path: Path) -> None:
    """Two processes with different hash seeds, in different folders, started at once."""
    running = []
    for seed in ("1", "4242"):
        folder = tmp_path / seed
        folder.mkdir()
        # Settings of whoever has a folder of ours inside of his project are not ours.
        (folder / "ruff.toml").write_text('line-length = 60\n[format]\nquote-style = "single"\n')
        places = os.pathsep.join([str(ROOT), os.environ["PYTHONPATH"]])
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": places, "PATH": os.defpath}
        command = [sys.executable, "-m", "tools", "generate", "--output", str(folder)]
        running.append((folder, subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL)))
    for folder, process in running:
        assert process.wait(timeout=60) == 0
        assert files_of(folder / PACKAGE) == files_of(ROOT / "generated" / PACKAGE)


def operation(**parts: object) -> Json:
    return {"operationId": "makeThing", "responses": {"200": {"description": ""}}, **parts}


def path_of(operation: Json, path: str = "/things") -> Json:
    return spec({}, paths={path: {"post": operation}})


def body(*media: str, schema: Json | None = None) -> Json:
    return {"requestBody": {"content": {name: {"schema": schema or {"type": "object"}} for name in media}}}


# Documents of which a part would be dropped, and the words that name it.
DROPPED: dict[str, tuple[Json, str]] = {
    "multipart body": (
        path_of(operation(**body("multipart/form-data"))),
        "(#/paths/~1things/post/requestBody): the body is multipart/form-data",
    ),
    "JSON or multipart body": (
        path_of(operation(**body("application/json", "multipart/form-data"))),
        "(#/paths/~1things/post/requestBody): the body is multipart/form-data",
    ),
    "unknown type": (
        spec({"A": obj({"b": {"type": "strange"}})}, body=ref("A")),
        "(#/components/schemas/A/properties/b): type 'strange' is not a JSON Schema type",
    ),
    "contradiction": (
        spec({"A": obj({"b": {"allOf": [TEXT, {"type": "integer"}]}})}, body=ref("A")),
        "(#/components/schemas/A/properties/b): the parts of this allOf contradict each other",
    ),
    "cookie": (
        path_of(operation(parameters=[{"name": "c", "in": "cookie", "schema": TEXT}])),
        "(#/paths/~1things/post): the cookie parameter c cannot be sent",
    ),
    "parameter without schema": (
        path_of(operation(parameters=[{"name": "c", "in": "query", "content": {"application/json": {"schema": {}}}}])),
        "(#/paths/~1things/post): the query parameter c cannot be sent",
    ),
    "path parameter that nobody describes": (
        path_of(operation(), "/things/{id}"),
        "(#/paths/~1things~1{id}/post): the path and its parameters differ in id",
    ),
    "response of an unknown type": (
        path_of(operation(responses={"200": {"description": "", "content": {"application/xml": {}}}})),
        "(#/paths/~1things/post/responses/200): the response is application/xml",
    ),
    "operations with one module": (
        spec({}, paths={"/a": {"get": operation()}, "/b": {"get": operation(operationId="make_thing")}}),
        "would share a module",
    ),
}


def test_another_vendors_document(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without our overlay it has its own names alone; an operation without a name is called after its place.

    One that cannot be generated is left out and named, for nobody has chosen it.
    """
    schemas = {"CreateChatCompletionRequest": obj({"model": TEXT}), "ChatCompletionResponseMessage": obj({"a": TEXT})}
    content = {"application/json": {"schema": ref("ChatCompletionResponseMessage")}}
    asked = {"application/json": {"schema": {"oneOf": [ref("CreateChatCompletionRequest"), obj({"b": TEXT})]}}}
    nameless = {"requestBody": {"content": asked}, "responses": {"200": {"description": "", "content": content}}}
    empty = {"responses": {"204": {"description": ""}}}
    paths = {
        "/v1/chat-completions": {"post": nameless, "get": {"operationId": "", **empty}},
        "/v1/chat/completions": {"post": empty},
        "/": {"get": {"operationId": "postV1ChatCompletions", **empty}, "delete": empty},
        "/v1/files": {"post": operation(**body("multipart/form-data", schema=obj({"file": TEXT})))},
    }
    (tmp_path / "theirs.json").write_text(json.dumps(spec(schemas, paths=paths)))
    spec_and_output = ["--spec", str(tmp_path / "theirs.json"), "--output", str(tmp_path)]
    assert main(["generate", *spec_and_output, "--overlay", "none"]) == 0
    note = "the body is multipart/form-data; only JSON bodies can be sent; this operation is left out\n"
    assert capsys.readouterr().err == f"note: theirs.json:1 (#/paths/~1v1~1files/post/requestBody): {note}"
    package = tmp_path / PACKAGE
    modules = [path.stem for path in sorted((package / "api" / "default").glob("[a-z]*.py"))]
    assert modules == ["delete", "get_v1_chat_completions", *(f"post_v1_chat_completions{i}" for i in ("", "_2", "_3"))]
    names = {path.stem for path in (package / "models").glob("[a-z]*.py")}
    ours = {"create_chat_completion_request", "chat_completion_response_message"}
    assert names == {*ours, "post_v1_chat_completions_2_body"}, names
    typed = (package / "api" / "default" / "post_v1_chat_completions_2.py").read_text()
    assert "body: CreateChatCompletionRequest | PostV1ChatCompletions2Body | Mapping[str, Any] | Unset" in typed


def test_an_overlay_of_another_document(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It fails as ours does where it no longer applies, and where it is not there."""
    (tmp_path / "theirs.json").write_text(json.dumps(spec({})))
    overlay = tmp_path / "theirs.yaml"
    arguments = ["--spec", str(tmp_path / "theirs.json"), "--output", str(tmp_path), "--overlay", str(overlay)]
    assert main(["generate", *arguments]) == 1
    assert capsys.readouterr().err == f"error: {overlay}: cannot be read: No such file or directory\n"
    gone = {"target": "$.paths['/gone']", "description": "It is not there.", "remove": True}
    broken = {"target": "$.paths['/things'].post", "description": "It is no operation.", "update": {"responses": 5}}
    hint = {**broken, "update": {"requestBody": {"x-also-accepts": 5}}}
    for actions, message in (
        (None, "theirs.yaml#/actions: `actions` is not a list"),
        ([gone], "theirs.yaml#/actions/0: $.paths['/gone'] matches nothing; bring them up to date"),
        ([broken], "theirs.yaml: once it is applied, #/paths/~1things/post/responses: expected a mapping, found 5"),
        ([hint], "theirs.yaml#/actions/0: x-also-accepts is a list of schemas' names, and here it is 5; correct it"),
    ):
        overlay.write_text(json.dumps({"overlay": "1.0.0", "actions": actions}))
        assert main(["generate", *arguments]) == 1
        assert capsys.readouterr().err.startswith(f"error: {message}")


@pytest.mark.parametrize("name", DROPPED)
def test_a_part_that_would_be_dropped(name: str, place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is one line that names the part; exit code 1; the old tree stays as it was."""
    document, message = DROPPED[name]
    (place.parent.parent / "spec.json").write_text(json.dumps(document))
    (place / "kept.txt").write_text("kept")
    before = files_of(place.parent)
    assert main(["generate", "--spec", str(place.parent.parent / "spec.json"), "--output", str(place.parent)]) == 1
    out, error = capsys.readouterr()
    assert out == ""
    lines = [line for line in error.splitlines() if not line.startswith("note: ")]
    assert len(lines) == 1 and lines[0].startswith("error: ") and message in lines[0]
    assert files_of(place.parent) == before
    assert [path.name for path in place.parent.iterdir()] == [PACKAGE]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("openapi: 3.1.0\npaths: {}\ninfo: {title: t, version: v}\n", "listChatCompletions"),
        ("openapi: 3.1.0\npaths: null\ninfo: {title: t, version: v}\n", "paths"),
        (
            "openapi: 3.1.0\npaths: {/a: null}\ninfo: {title: t, version: v}\n",
            "spec.yaml:2 (#/paths/~1a): expected a mapping",
        ),
        ("[]", "not a mapping"),
        ("", "empty"),
    ],
)
def test_documents_that_are_none(text: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What cannot be read is one line, and nothing is written."""
    (tmp_path / "spec.yaml").write_text(text)
    assert main(["generate", "--spec", str(tmp_path / "spec.yaml"), "--output", str(tmp_path / "out")]) == 1
    error = capsys.readouterr().err
    assert error.startswith("error: ") and error.count("\n") == 1 and message in error
    assert not (tmp_path / "out").exists()


def test_a_document_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The file is named."""
    assert main(["generate", "--spec", str(tmp_path / "gone.yaml"), "--output", str(tmp_path)]) == 1
    assert capsys.readouterr().err == "error: gone.yaml: cannot be read: No such file or directory\n"


def test_schemas_that_lie_too_deep(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Python's limit is an error with words, not a traceback."""
    schema: Json = TEXT
    for _ in range(400):
        schema = {"type": "array", "items": schema}
    (tmp_path / "spec.json").write_text(json.dumps(spec({"A": schema}, body=ref("A"))))
    assert main(["generate", "--spec", str(tmp_path / "spec.json"), "--output", str(tmp_path / "out")]) == 1
    assert "nested too deeply" in capsys.readouterr().err


def test_an_overlay_that_no_longer_applies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It fails the vendored document, and is a note where another one is named."""
    text = (ROOT / "openapi.yaml").read_text()
    changed = tmp_path / "openapi.yaml"
    changed.write_text(text.replace("      - refusal\n", "", 1).replace("ChatCompletionTokenLogprob", "TokenLogprob"))
    arguments = ["generate", "--spec", str(changed), "--output", str(tmp_path / "out")]
    assert main(arguments) == 0
    notes = capsys.readouterr().err.splitlines()
    assert notes and all(line.startswith("note: ") for line in notes)
    about = [line for line in notes if line.endswith("has no /ChatCompletionTokenLogprob")]
    assert about and all(line.startswith("note: overlay.yaml#/actions/") for line in about)
    monkeypatch.setattr(generate, "SPEC", changed)
    shutil.rmtree(tmp_path / "out")
    assert main(arguments) == 1
    error = capsys.readouterr().err
    assert error.startswith("error: overlay.yaml#/actions/") and "has no /ChatCompletionTokenLogprob" in error
    assert error.count("\n") == 1
    assert not (tmp_path / "out").exists()


def copy_of_the_project(folder: Path) -> Path:
    """Copy what generating reads."""
    for name in ("constraints.txt", "overlay.yaml", "generator-config.yml", "openapi.yaml", "openapi.lock.json"):
        shutil.copy(ROOT / name, folder / name)
    shutil.copytree(ROOT / "templates", folder / "templates")
    return folder


def test_another_version_of_the_generator(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is not the pinned version does not run; nor does what is not pinned, or not installed."""
    constraints = copy_of_the_project(tmp_path) / "constraints.txt"
    check_pins(constraints)
    text = constraints.read_text()
    for name in generator.PINNED:
        lines = [f"{name}==0.0.1" if line.startswith(f"{name}==") else line for line in text.splitlines()]
        constraints.write_text("\n".join(lines) + "\n")
        with pytest.raises(ToolError, match=rf"constraints.txt: {name}: .* installed, 0.0.1 pinned; run `make setup`"):
            check_pins(constraints)
        constraints.write_text("\n".join(line for line in lines if not line.startswith(f"{name}==")))
        with pytest.raises(ToolError, match="nothing pinned"):
            check_pins(constraints)
    monkeypatch.setattr(generate, "ROOT", tmp_path)
    assert main(["generate", "--output", str(tmp_path / "out")]) == 1
    assert "pinned; run `make setup`" in capsys.readouterr().err
    monkeypatch.setattr(generator, "PINNED", ("no-such-generator",))
    with pytest.raises(ToolError, match="no-such-generator: not installed"):
        check_pins(ROOT / "constraints.txt")


def test_another_original_of_a_template(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An original that changed, one that is gone, and a template whose original nobody noted."""
    templates = copy_of_the_project(tmp_path) / "templates"
    check_originals(templates)
    recorded = json.loads((templates / "originals.json").read_text())
    for changed in (
        {**recorded, "model.py.jinja": "0" * 64},
        {**recorded, "gone.py.jinja": "0" * 64},
        {name: digest for name, digest in recorded.items() if name != "types.py.jinja"},
    ):
        (templates / "originals.json").write_text(json.dumps(changed))
        name = next(name for name in {**changed, **recorded} if changed.get(name) != recorded.get(name))
        with pytest.raises(ToolError, match=rf"templates/{name}: .* compare the two"):
            check_originals(templates)
    monkeypatch.setattr(generate, "ROOT", tmp_path)
    assert main(["generate", "--output", str(tmp_path / "out")]) == 1
    assert "templates/types.py.jinja" in capsys.readouterr().err
    assert main(["generate", "--record-originals", "--output", str(tmp_path / "out")]) == 0
    assert json.loads((templates / "originals.json").read_text()) == recorded


def test_the_generator_gets_each_class_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A union counts once, and not at each place that refers to it."""
    given: list[Json] = []
    read = generator.GeneratorData.from_dict

    def count(data: Json, **options: Any) -> Any:
        given.append(data)
        return read(data, **options)

    monkeypatch.setattr(generator.GeneratorData, "from_dict", count)
    kinds = [obj({"kind": {"const": f"k{i}"}, "in": ref("Kinds")}) for i in range(10)]
    schemas = {"Kinds": {"oneOf": kinds}, "Holder": obj({f"p{i}": ref("Kinds") for i in range(30)})}
    write_package(lowered(spec(schemas)), CONFIG, ROOT / "templates", tmp_path / "out", {})
    assert [len(data["components"]["schemas"]) for data in given] == [11]
    assert "$ref" not in json.dumps(given)


def test_every_template_is_used() -> None:
    """A template replaces one of the generator's, or is one of the two that we add."""
    ours = {path.name for path in (ROOT / "templates").glob("*.jinja")}
    replaced = json.loads((ROOT / "templates" / "originals.json").read_text()).keys()
    assert ours - replaced == {"params.py.jinja", "pydantic_schemas.py.jinja"}


@pytest.mark.parametrize("hook", ["false", "no-such-formatter ."])
def test_a_formatter_that_fails(hook: str, tmp_path: Path) -> None:
    """Without it other bytes would come out, so nothing does."""
    config = CONFIG.model_copy(update={"post_hooks": [hook]})
    with pytest.raises(ToolError, match="would leave something out"):
        write_package(lowered(spec({})), config, ROOT / "templates", tmp_path / "out", {})


@pytest.mark.parametrize(
    ("schemas", "damage", "message"),
    [
        ({"A": obj({"b": TEXT})}, lambda models: (models / "a.py").unlink(), "A: the generator left out this class"),
        (
            {"A": obj({"b": TEXT, "c": TEXT})},
            lambda models: (models / "a.py").write_text((models / "a.py").read_text().replace('"c": "c",', "")),
            "A: the generator left out c",
        ),
        (
            {"A": {"type": "string", "enum": ["x", "y", "z"]}},
            lambda models: (models / "a.py").write_text((models / "a.py").read_text().replace('"y", ', "")),
            "A: the generator left out y",
        ),
        ({"A": obj({"b": TEXT})}, lambda models: (models / "b.py").touch(), "made unexpected classes: b"),
    ],
)
def test_what_came_out_is_verified(
    schemas: Json, damage: Callable[[Path], object], message: str, tmp_path: Path
) -> None:
    """A class, a property or a value that is missing, and a class that nobody asked for, are found."""
    core = lowered(spec(schemas))
    write_package(core, CONFIG, ROOT / "templates", tmp_path / "out", {})
    verify_models(tmp_path / "out", Shapes(core))
    damage(tmp_path / "out" / "models")
    with pytest.raises(ToolError) as failed:
        verify_models(tmp_path / "out", Shapes(core))
    assert message in str(failed.value)


def test_operations_that_came_out_are_verified(tmp_path: Path) -> None:
    """Each stands in its module, with all of its functions."""
    core = lowered(spec({"A": obj({"b": TEXT})}))
    shapes = operation_shapes(core, Shapes(core)).values()
    write_package(core, CONFIG, ROOT / "templates", tmp_path / "out", {})
    verify_operations(tmp_path / "out", shapes)
    module = next((tmp_path / "out" / "api").rglob("make_thing.py"))
    module.write_text(module.read_text().replace("def sync(", "def other("))
    with pytest.raises(ToolError, match="sync is missing from the generated module"):
        verify_operations(tmp_path / "out", shapes)
    module.unlink()
    with pytest.raises(ToolError, match="the generator left out the operation makeThing"):
        verify_operations(tmp_path / "out", shapes)


def test_an_interrupted_run_leaves_the_old_tree(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ctrl-C while generating, and a failure while one tree takes the place of the other."""
    change_a_byte(place)
    before = files_of(place.parent)

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(generate, "write_package", interrupted)
        assert main(["generate", "--output", str(place.parent)]) == 130
    assert files_of(place.parent) == before

    new = place.parent.parent / "new"
    shutil.copytree(ROOT / "generated" / PACKAGE, new)
    rename = Path.rename
    for failure in (KeyboardInterrupt, OSError):

        def failing(path: Path, target: Path, failure: type[BaseException] = failure) -> Path:
            if path.name == "new":
                raise failure
            return rename(path, target)

        with monkeypatch.context() as patch:
            patch.setattr(Path, "rename", failing)
            with pytest.raises(failure):
                swap_in(new, place)
        assert files_of(place.parent) == before
    capsys.readouterr()


@pytest.mark.parametrize("after", [0.15, 0.45])
def test_a_killed_run_leaves_a_whole_tree(after: float, place: Path) -> None:
    """Whenever the process dies, the tree is the old one or the new one."""
    change_a_byte(place)
    before, anew = files_of(place), files_of(ROOT / "generated" / PACKAGE)
    command = [sys.executable, "-m", "tools", "generate", "--output", str(place.parent)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    time.sleep(after)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert files_of(place) in (before, anew)


def test_the_contract_travels_with_the_package() -> None:
    """`openapi.json` has the document without null's old spelling, its origin, and the corrections."""
    contract = json.loads((ROOT / "generated" / PACKAGE / "openapi.json").read_text())
    lock = json.loads((ROOT / "openapi.lock.json").read_text())
    provenance = contract["x-provenance"]
    assert provenance["commit"] == lock["upstream"]["commit"]
    assert provenance["slice_sha256"] == lock["slice"]["sha256"]
    assert "nullable" not in json.dumps(contract)
    delta = contract["components"]["schemas"]["ChatCompletionStreamResponseDelta"]["properties"]
    assert {"type": "null"} in delta["role"].get("anyOf", []) or "null" in delta["role"]["type"]


PLAIN = """
import sys, warnings
warnings.filterwarnings("error", category=EncodingWarning, module=r"tools\\b")
from tools.__main__ import main
sys.exit(main(sys.argv[1:]))
"""


def test_the_locale_does_not_matter(tmp_path: Path) -> None:
    """Whatever is read or written is UTF-8, also where Python takes ASCII for what nobody names."""
    ascii_only = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    report = tmp_path / "report.md"
    folder, slice_ = tmp_path / "generated", tmp_path / "openapi.yaml"
    text = (ROOT / "openapi.yaml").read_text(encoding="utf-8")
    (tmp_path / "other.yaml").write_text(text.replace("maximum: 20\n", "maximum: 19\n", 1), encoding="utf-8")
    for arguments, code in (
        (("generate", "--output", folder), 0),
        (("vendor", "--upstream", ROOT / "openapi.yaml", "--output", slice_), 0),
        (("drift", "--upstream", tmp_path / "other.yaml", "--format", "markdown", "--output", report), 2),
        (("drift", "--upstream", tmp_path / "other.yaml", "--format", "markdown"), 2),
    ):
        for program in (("-m", "tools"), ("-X", "warn_default_encoding", "-c", PLAIN)):
            if program[0] == "-X" and "--output" not in arguments:
                continue  # What the program is started by names the encoding of its output.
            command = [sys.executable, *program, *arguments]
            done = subprocess.run(command, cwd=ROOT, env={**os.environ, **ascii_only}, capture_output=True, check=False)
            assert done.returncode == code, done.stderr.decode()
    assert done.stdout.decode() == report.read_text(encoding="utf-8")
    assert files_of(folder / PACKAGE) == files_of(ROOT / "generated" / PACKAGE)
    assert slice_.read_bytes() == (ROOT / "openapi.yaml").read_bytes()
