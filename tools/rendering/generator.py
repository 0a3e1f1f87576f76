"""Run openapi-python-client, in this process, with our templates, and verify that nothing is missing."""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import io
import json
import os
import re
import sysconfig
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import openapi_python_client
from jinja2 import Environment
from jinja2.filters import do_wordwrap
from openapi_python_client import Project
from openapi_python_client.config import Config, ConfigFile, MetaType
from openapi_python_client.parser import GeneratorData
from openapi_python_client.parser.errors import GeneratorError
from openapi_python_client.schema.untrusted_string import UntrustedString
from openapi_python_client.strings import safe_for_docstring

from tools.errors import ToolError
from tools.rendering.models import model_shape
from tools.rendering.operations import operation_shapes
from tools.rendering.params import Params
from tools.rendering.shapes import Shapes
from tools.rendering.verifying import verify_models, verify_operations
from tools.schema.schemas import map_document_schemas
from tools.schema.schemas import operations as operations_of

PINNED = ("openapi-python-client", "ruff")
ORIGINALS = "originals.json"


def load_config(path: Path) -> ConfigFile:
    """Read the generator's configuration file.

    Raises:
        ToolError: The file is missing, or it is not what the generator reads.
    """
    try:
        return ConfigFile.load_from_path(path)
    except Exception as error:
        raise ToolError(f"the generator's configuration cannot be read: {error}", where=path.name) from None


def class_names(config: ConfigFile) -> dict[str, str]:
    """Return the class name of each component that the configuration renames."""
    overrides = config.class_overrides or {}
    return {
        name: override.class_name.get_untrusted_value() for name, override in overrides.items() if override.class_name
    }


def check_pins(constraints: Path) -> None:
    """Verify that the generator and the formatter are the pinned ones: other versions write other bytes.

    Raises:
        ToolError: A version differs from the pin, or has none.
    """
    pins = dict(re.findall(r"^([\w.-]+)==(\S+)$", constraints.read_text(encoding="utf-8"), re.MULTILINE))
    for name in PINNED:
        found = [distribution.version for distribution in importlib.metadata.distributions(name=name)] or ["not"]
        if found[0] != pins.get(name):
            message = f"{name}: {found[0]} installed, {pins.get(name, 'nothing')} pinned; run `make setup`"
            raise ToolError(message, where=constraints.name)


def template_originals(templates: Path) -> dict[str, str]:
    """Return the sha256 of the generator's own version of each template that we replace."""
    package = Path(openapi_python_client.__file__).parent / "templates"
    names = sorted(str(path.relative_to(templates)) for path in templates.rglob("*.jinja"))
    originals = {name: package / name for name in names if (package / name).exists()}
    return {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in originals.items()}


def check_originals(templates: Path) -> None:
    """Verify that the originals of our templates are those that ours were written from.

    Raises:
        ToolError: The installed generator has another original.
    """
    recorded = json.loads((templates / ORIGINALS).read_text(encoding="utf-8"))
    originals = template_originals(templates)
    for name in sorted({*recorded, *originals}):
        if recorded.get(name) != originals.get(name):
            raise ToolError(
                f"the generator's own {name} is not the one that ours replaces; compare the two, then run"
                " `python -m tools generate --record-originals`",
                where=f"templates/{name}",
            )


def write_package(
    lowered: dict[str, Any], config_file: ConfigFile, templates: Path, output: Path, data_files: Mapping[str, str]
) -> list[str]:
    """Write the whole generated package into an empty folder.

    Args:
        lowered: The result of `tools.lowering.lowering.lower`.
        config_file: The generator's configuration.
        templates: The folder of our templates.
        output: The folder that becomes the package; it must not exist.
        data_files: The texts of the package's further files, by their names.

    Returns:
        The class names of all models and enums.

    Raises:
        ToolError: The generator warned or failed, or a part of the document is missing from the package.
    """
    shapes = Shapes(lowered)
    operations = operation_shapes(lowered, shapes)
    params = Params(shapes, operations.values())
    config = Config.from_sources(
        config_file, MetaType.NONE, document_source=Path(), file_encoding="utf-8", overwrite=False, output_path=output
    )
    config.class_overrides = {}  # Lowering has applied them: its classes have their final names.
    data = GeneratorData.from_dict(_for_generator(lowered), config=config)
    if isinstance(data, GeneratorError):
        raise ToolError(f"the generator refuses the document: {_format_error(data)}")
    project = _Project(openapi=data, config=config, custom_template_path=templates)
    project.env.filters.update(literal=repr, docstring=_docstring)
    project.env.globals.update(
        fields=params.fields,
        model_shape=lambda class_name: model_shape(shapes, class_name),
        operation_shape=lambda endpoint: operations[endpoint.name],
        schemas=shapes.schemas,
        sources=shapes.sources,
    )
    modules = ("params.py", "pydantic_schemas.py")
    project.extras = {name: project.env.get_template(f"{name}.jinja").render(params=params) for name in modules}
    project.extras |= {**data_files, "py.typed": ""}
    with _scripts_first(), contextlib.redirect_stdout(io.StringIO()):
        problems = project.build()
    if problems:
        raise ToolError("the generator would leave something out: " + " | ".join(map(_format_error, problems)))
    verify_models(output, shapes)
    verify_operations(output, operations.values())
    return sorted(shapes.schemas)


class _Project(Project):
    """The generator's project, with our further files written before the formatter runs."""

    extras: dict[str, str]

    def _run_post_hooks(self) -> None:
        for name, text in self.extras.items():
            (self.package_dir / name).write_text(text, encoding="utf-8")
        super()._run_post_hooks()


def _for_generator(lowered: dict[str, Any]) -> dict[str, Any]:
    """Leave of a lowered document what the generator names and orders: its classes and its operations.

    Our templates write what these consist of.
    """
    document = map_document_schemas(lowered, lambda schema, at: {})
    document["components"]["schemas"] = {
        name: {"enum": schema["enum"]} if "enum" in schema else {"type": "object", "properties": {"p": {}}}
        for name, schema in lowered["components"]["schemas"].items()
    }
    # Of parameters it only has to find what the path is made of.
    document["paths"] = {path: {**item, "parameters": []} for path, item in document["paths"].items()}
    for path, _, operation in operations_of(document):
        operation["parameters"] = [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
            for name in dict.fromkeys(re.findall(r"\{([^{}]*)\}", path))
        ]
    kept = {key: value for key, value in document.items() if not key.startswith("x-")}
    return {**kept, "openapi": "3.1.0"}  # What is left of 3.2 is in 3.1, too.


@contextlib.contextmanager
def _scripts_first() -> Any:
    """Let the post hooks find the formatter of this environment, whatever else is on PATH."""
    before = os.environ.get("PATH", "")
    os.environ["PATH"] = sysconfig.get_path("scripts") + os.pathsep + before
    try:
        yield
    finally:
        os.environ["PATH"] = before


def _format_error(error: GeneratorError) -> str:
    parts = [error.header, error.detail]
    return ": ".join(" ".join(str(part).split()) for part in parts if part)


def _docstring(text: str | UntrustedString, width: int) -> str:
    """Return a text as the content of a docstring, wrapped."""
    plain = text.get_untrusted_value() if isinstance(text, UntrustedString) else text
    safe = safe_for_docstring(plain.encode(errors="replace").decode())
    wrapped = do_wordwrap(Environment(), safe, width)
    bare = wrapped.removesuffix('"').rstrip("\\")
    # A quote at the end would be taken for one of the three that close the docstring.
    open_quote = wrapped.endswith('"') and (len(wrapped) - 1 - len(bare)) % 2 == 0
    return wrapped[:-1] + '\\"' if open_quote else wrapped


def count_lines(package: Path) -> int:
    """Return the number of lines of Python in a package."""
    return sum(len(path.read_text(encoding="utf-8").splitlines()) for path in package.rglob("*.py"))
