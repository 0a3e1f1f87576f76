"""Run openapi-python-client, in this process, with our templates, and see that everything came out."""

from __future__ import annotations

import ast
import contextlib
import hashlib
import importlib.metadata
import io
import json
import os
import re
import sysconfig
from pathlib import Path
from typing import Any

import openapi_python_client
from openapi_python_client import Project
from openapi_python_client.config import Config, ConfigFile, MetaType
from openapi_python_client.parser import GeneratorData
from openapi_python_client.parser.errors import GeneratorError

from tools.errors import ToolError
from tools.operations import OperationShape, operation_shapes
from tools.params import Params
from tools.schemas import map_document_schemas, map_subschemas
from tools.shapes import Shapes, operation_module

PINNED = ("openapi-python-client", "ruff")
FUNCTIONS = ("_get_kwargs", "_parse_response", "asyncio", "asyncio_detailed", "sync", "sync_detailed")
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
    """Give the class name of each component that the configuration renames."""
    overrides = config.class_overrides or {}
    return {
        name: override.class_name.get_untrusted_value() for name, override in overrides.items() if override.class_name
    }


def check_pins(constraints: Path) -> None:
    """See that the generator and the formatter are the pinned ones: other versions write other bytes.

    Raises:
        ToolError: A version differs from the pin, or has none.
    """
    pins = dict(re.findall(r"^([\w.-]+)==(\S+)$", constraints.read_text(), re.MULTILINE))
    for name in PINNED:
        installed = importlib.metadata.version(name)
        if pins.get(name) != installed:
            raise ToolError(f"{name} {installed} is installed, {pins.get(name)} is pinned; run `make setup`", where=constraints.name)


def template_originals(templates: Path) -> dict[str, str]:
    """Give the sha256 of the generator's own version of each template that we replace."""
    package = Path(openapi_python_client.__file__).parent / "templates"
    names = sorted(str(path.relative_to(templates)) for path in templates.rglob("*.jinja"))
    return {name: _sha256(package / name) for name in names if (package / name).exists()}


def check_originals(templates: Path) -> None:
    """See that the originals of our templates are those that ours were written from.

    Raises:
        ToolError: The installed generator has another original.
    """
    recorded = json.loads((templates / ORIGINALS).read_text())
    for name, digest in template_originals(templates).items():
        if recorded.get(name) != digest:
            raise ToolError(
                f"the generator's own {name} is not the one that ours replaces; compare the two, then run"
                " `python -m tools generate --record-originals`",
                where=f"templates/{name}",
            )


def write_package(lowered: dict[str, Any], config_file: ConfigFile, templates: Path, output: Path, contract: str) -> list[str]:
    """Write the whole generated package into an empty folder.

    Args:
        lowered: What `tools.lowering.lower` gave.
        config_file: The generator's configuration.
        templates: The folder of our templates.
        output: The folder that becomes the package; it must not exist.
        contract: The text of the package's `openapi.json`.

    Returns:
        The class names of all models and enums.

    Raises:
        ToolError: The generator warned or failed, or a part of the document did not come out.
    """
    names = class_names(config_file)
    shapes = Shapes(lowered, names)
    operations = operation_shapes(lowered, shapes)
    params = Params(shapes, operations.values())
    config = Config.from_sources(
        config_file, MetaType.NONE, document_source=Path(), file_encoding="utf-8", overwrite=False, output_path=output
    )
    data = GeneratorData.from_dict(_for_generator(lowered), config=config)
    if isinstance(data, GeneratorError):
        raise ToolError(f"the generator refuses the document: {_told(data)}")
    project = _Project(openapi=data, config=config, custom_template_path=templates)
    project.extras = {"params.py": project.env.get_template("params.py.jinja").render(params=params)}
    project.extras |= {"openapi.json": contract, "py.typed": ""}
    project.env.globals.update(
        shapes=shapes, operation_shape=lambda endpoint: operations[(endpoint.path.get_untrusted_value(), endpoint.method)]
    )
    with _scripts_first(), contextlib.redirect_stdout(io.StringIO()):
        problems = project.build()
    if problems:
        raise ToolError("the generator would leave something out: " + " | ".join(map(_told, problems)))
    _verify_models(project, shapes)
    _verify_operations(output, project, list(operations.values()))
    return sorted(shapes.class_name(name) for name in shapes.schemas)


class _Project(Project):
    """The generator's project, with our further files written before the formatter runs."""

    extras: dict[str, str]

    def _run_post_hooks(self) -> None:
        for name, text in self.extras.items():
            (self.package_dir / name).write_text(text, encoding="utf-8")
        super()._run_post_hooks()


def _for_generator(lowered: dict[str, Any]) -> dict[str, Any]:
    """Leave out of a lowered document what is for our templates only."""

    def visit(schema: Any, at: str) -> Any:
        if not isinstance(schema, dict):
            return schema
        changed = map_subschemas({k: v for k, v in schema.items() if not k.startswith("x-")}, visit, at)
        changed.pop("discriminator", None)
        return changed

    document = map_document_schemas(lowered, visit)
    return {key: value for key, value in document.items() if not key.startswith("x-")}


def _verify_models(project: Project, shapes: Shapes) -> None:
    models = {str(model.class_info.name): model for model in project.openapi.models}
    enums = {str(enum.class_info.name): enum for enum in project.openapi.enums}
    for component, schema in shapes.schemas.items():
        name = shapes.class_name(component)
        if "enum" in schema:
            if name not in enums or set(enums[name].values) != set(schema["enum"]):
                raise ToolError("the generator left out this enum, or values of it", where=_pointer(component))
            continue
        if name not in models:
            raise ToolError(f"the generator left out this schema; there is no class {name}", where=_pointer(component))
        missing = set(schema["properties"]) - _properties(models[name])
        if missing:
            raise ToolError(f"the generator left out {', '.join(sorted(missing))}", where=_pointer(component))
    surplus = {*models, *enums} - {shapes.class_name(name) for name in shapes.schemas}
    if surplus:
        raise ToolError(f"the generator made classes of its own: {', '.join(sorted(surplus))}; lower what they come from")


def _verify_operations(output: Path, project: Project, operations: list[OperationShape]) -> None:
    modules = {path.stem: path for path in (output / "api").rglob("*.py")}
    for operation in operations:
        module = modules.get(operation_module(operation.operation_id))
        if module is None:
            raise ToolError(f"the generator left out the operation {operation.operation_id}")
        defined = {getattr(node, "name", "") for node in ast.parse(module.read_text()).body}
        missing = [name for name in FUNCTIONS if name not in defined]
        if missing:
            raise ToolError(f"{', '.join(missing)} did not come out for the operation {operation.operation_id}")


def _properties(model: Any) -> set[str]:
    return {prop.name.get_untrusted_value() for prop in [*model.required_properties, *model.optional_properties]}


@contextlib.contextmanager
def _scripts_first() -> Any:
    """Let the post hooks find the formatter of this environment, whatever else is on PATH."""
    before = os.environ.get("PATH", "")
    os.environ["PATH"] = sysconfig.get_path("scripts") + os.pathsep + before
    try:
        yield
    finally:
        os.environ["PATH"] = before


def _told(error: GeneratorError) -> str:
    parts = [error.header, error.detail]
    return ": ".join(" ".join(str(part).split()) for part in parts if part)


def _pointer(component: str) -> str:
    return f"#/components/schemas/{component}"


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def count_lines(package: Path) -> int:
    """Give the number of lines of Python in a package."""
    return sum(len(path.read_text().splitlines()) for path in package.rglob("*.py"))

