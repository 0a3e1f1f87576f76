"""Mini specifications for the tests of the tools, and the packages that are generated from them."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tools.lowering.lowering import lower
from tools.rendering.generator import load_config, write_package
from tools.schema.nulls import null_unions

ROOT = Path(__file__).resolve().parents[1]
CONFIG = load_config(ROOT / "generator-config.yml")

Json = dict[str, Any]


def ref(name: str) -> Json:
    """Return a reference to a component schema."""
    return {"$ref": f"#/components/schemas/{name}"}


def obj(properties: Json | None = None, *, required: Sequence[str] = (), **keywords: Any) -> Json:
    """Return an object schema."""
    return {"type": "object", "properties": properties or {}, "required": list(required), **keywords}


def spec(schemas: Json, *, body: Json | None = None, version: str = "3.1.0", paths: Json | None = None) -> Json:
    """Return a document with these component schemas and one operation, which takes and gives `body`."""
    content = {"application/json": {"schema": body if body is not None else {"type": "object"}}}
    operation = {
        "operationId": "makeThing",
        "tags": ["things"],
        "requestBody": {"required": True, "content": content},
        "responses": {"200": {"description": "", "content": content}},
    }
    return {
        "openapi": version,
        "info": {"title": "Things", "version": "1"},
        "paths": paths if paths is not None else {"/things": {"post": operation}},
        "components": {"schemas": schemas},
    }


def lowered(document: Json, class_names: dict[str, str] | None = None) -> Json:
    """Return a document as the templates get it."""
    return lower(null_unions(document), class_names or {})


def lowered_property(schema: Json, schemas: Json | None = None, version: str = "3.1.0") -> Json:
    """Return what the property `Holder.it` is lowered to."""
    document = lowered(spec({"Holder": obj({"it": schema}), **(schemas or {})}, version=version))
    core: Json = document["components"]["schemas"]["Holder"]["properties"]["it"]
    return core


def generate(document: Json, package: Path) -> Json:
    """Write the package of a document into a folder that does not exist yet; return the lowered document."""
    core = lowered(document)
    write_package(core, CONFIG, ROOT / "templates", package, {"openapi.json": json.dumps(document)})
    return core


@contextmanager
def importable(folder: Path) -> Iterator[None]:
    """Let the packages in a folder be imported, and forget them afterwards."""
    before = set(sys.modules)
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    try:
        yield
    finally:
        sys.path.remove(str(folder))
        for name in set(sys.modules) - before:
            if str(getattr(sys.modules[name], "__file__", "") or "").startswith(str(folder)):
                del sys.modules[name]


def type_errors(folder: Path, *targets: str, cache: Path) -> list[str]:
    """Return what mypy --strict says of files or packages in a folder, in which alone imports are looked up."""
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--no-error-summary", "--hide-error-context"]
    command += ["--python-version", "3.11", "--cache-dir", str(cache), *targets]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    return done.stdout.splitlines()
