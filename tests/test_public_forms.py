"""What is written once for programs is written once more for type checkers at most, and the two are equal."""

from __future__ import annotations

import ast
import inspect
import pickle
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import chat_completions
from chat_completions import AsyncAzureClient, AsyncClient, AzureClient, Client, errors, models
from chat_completions._client import argument_types
from chat_completions._transport.settings import Settings

PACKAGE = Path(chat_completions.__file__).parent
SETTINGS = {name: value for name, value in inspect.signature(Settings.__init__).parameters.items() if name != "self"}


def test_type_checkers_and_programs_see_the_same_names() -> None:
    stub = ast.parse((PACKAGE / "__init__.pyi").read_text())
    imported = {
        alias.asname: node.module for node in stub.body if isinstance(node, ast.ImportFrom) for alias in node.names
    }
    declared = {node.target.id for node in stub.body if isinstance(node, ast.AnnAssign) and hasattr(node.target, "id")}
    programs = dict(chat_completions._MODULES) | dict.fromkeys(errors.__all__, "chat_completions.errors")
    programs |= dict.fromkeys(chat_completions._SUBMODULES, "chat_completions")
    programs["__version__"] = "chat_completions._version"
    assert {name: module for name, module in imported.items() if name is not None} == {
        name: module for name, module in programs.items() if name not in declared
    }
    assert declared == {"NOT_GIVEN", "not_given", "omit"}, "Any, so that they may stand for every argument"
    assert len(set(chat_completions.__all__)) == len(chat_completions.__all__)


def test_type_checkers_and_programs_see_the_same_settings() -> None:
    tree = ast.parse(Path(argument_types.__file__).read_text())
    classes = {node.name: node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}
    typed = {
        field.target.id: ast.unparse(field.annotation)
        for field in classes["ClientArguments"].body
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
    }
    assert typed == {name: parameter.annotation for name, parameter in SETTINGS.items()}


@pytest.mark.parametrize("function", [Client, AsyncClient, Client.with_options, AsyncClient.copy])
def test_help_shows_each_setting_with_its_default(function: Any) -> None:
    shown = dict(inspect.signature(function).parameters)
    shown.pop("self", None)
    assert [*shown] == [*SETTINGS, "http_client"]
    is_copy = not isinstance(function, type)
    for name, setting in SETTINGS.items():
        assert shown[name].annotation == setting.annotation
        assert shown[name].default == (chat_completions.NOT_GIVEN if is_copy else setting.default)
        assert shown[name].kind is inspect.Parameter.KEYWORD_ONLY


@pytest.mark.parametrize("kind", [AzureClient, AsyncAzureClient])
def test_help_shows_each_setting_of_azure(kind: Any) -> None:
    shown = inspect.signature(kind).parameters
    assert {*SETTINGS, "http_client", "azure_endpoint", "azure_deployment", "api_version"} <= {*shown}
    assert all(each.kind is inspect.Parameter.KEYWORD_ONLY for each in shown.values())


@pytest.mark.parametrize("kind", [Client, AsyncClient, AzureClient, AsyncAzureClient])
def test_a_setting_that_does_not_exist_is_refused_by_the_class_that_was_called(kind: Any) -> None:
    azure = {"azure_endpoint": "http://localhost:1", "api_version": "1"} if "Azure" in kind.__name__ else {}
    with pytest.raises(TypeError, match=rf"^{kind.__name__}\(\) got an unexpected keyword argument 'max_retry'$"):
        kind(api_key="sk-x", max_retry=3, **azure)
    client = kind(api_key="sk-x", **azure)
    with pytest.raises(TypeError, match=r"^with_options\(\) got an unexpected keyword argument 'max_retry'$"):
        client.with_options(max_retry=3)


def public_classes() -> Iterator[tuple[str, type]]:
    """Yield the public classes, and the module that people import each from."""
    for module in ("", ".bulk", ".errors", ".local", ".testing"):
        face = import_module(f"chat_completions{module}")
        for name in face.__all__:
            kind = getattr(face, name)
            if isinstance(kind, type) and kind.__module__.partition(".")[0] == "chat_completions":
                yield face.__name__ if kind.__name__ not in errors.__all__ else errors.__name__, kind


@pytest.mark.parametrize(("module", "kind"), [*public_classes()], ids=lambda value: getattr(value, "__name__", value))
def test_a_public_class_names_the_module_that_people_import_it_from(module: str, kind: type) -> None:
    assert kind.__module__ == module
    assert pickle.loads(pickle.dumps(kind)) is kind


@pytest.mark.parametrize("name", [name for name in dir(models) if name.startswith("Parsed")])
def test_a_parsed_model_names_the_module_of_the_models(name: str) -> None:
    assert getattr(models, name).__module__ == "chat_completions.models"
