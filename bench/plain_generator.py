"""What openapi-python-client makes of our lowered slice with its own templates: generated anew for each run."""

from __future__ import annotations

import contextlib
import functools
import importlib
import io
import sys
from pathlib import Path
from typing import Any

from openapi_python_client import Project
from openapi_python_client.config import Config, ConfigFile, MetaType
from openapi_python_client.parser import GeneratorData

from tools.document import document as documents
from tools.document import yaml_reader
from tools.generate import ROOT, SPEC
from tools.lowering.lowering import lower
from tools.rendering.generator import class_names, load_config
from tools.schema.nulls import null_unions
from tools.schema.overlay import apply_overlay
from tools.schema.slicing import OPERATIONS, slice_document

PACKAGE = "plain_chat_completions"


def write(folder: Path) -> None:
    """Generate the package into a folder.

    Raises:
        RuntimeError: The generator refuses the slice; without lowering it leaves out the completions.
    """
    document = documents.load(SPEC.read_bytes(), name=SPEC.name)
    overlay = yaml_reader.read((ROOT / "overlay.yaml").read_bytes(), name="overlay.yaml")
    applied = apply_overlay(slice_document(document, sorted(OPERATIONS)), overlay).document
    lowered = lower(null_unions(applied), class_names(load_config(ROOT / "generator-config.yml")))
    settings = ConfigFile(package_name_override=PACKAGE, literal_enums=True, post_hooks=[])
    config = Config.from_sources(
        settings,
        MetaType.NONE,
        document_source=Path(),
        file_encoding="utf-8",
        overwrite=False,
        output_path=folder / PACKAGE,
    )
    data = GeneratorData.from_dict({**_without_extensions(lowered), "openapi": "3.1.0"}, config=config)
    if not isinstance(data, GeneratorData):
        raise RuntimeError(f"the generator refuses the lowered slice: {data.header} {data.detail}")
    with contextlib.redirect_stdout(io.StringIO()):
        problems = Project(openapi=data, config=config).build()
    if problems:
        raise RuntimeError(f"the generator leaves something out: {problems[0].header} {problems[0].detail}")


@functools.cache
def imported(folder: Path) -> Any:
    """Generate the package, and give its module of models."""
    write(folder)
    sys.path.insert(0, str(folder))
    try:
        return importlib.import_module(f"{PACKAGE}.models")
    finally:
        sys.path.remove(str(folder))


def _without_extensions(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_extensions(entry) for key, entry in value.items() if not key.startswith("x-")}
    return [_without_extensions(entry) for entry in value] if isinstance(value, list) else value
