"""What `help()`, `inspect.signature` and a shell's Tab show of the operations."""

from __future__ import annotations

import inspect
import json
import pickle
import re
import subprocess
import sys
from typing import Any
from unittest import mock

import httpx
import pytest

from chat_completions import NOT_GIVEN, AsyncClient, Client
from chat_completions._contract.generated import document

SCHEMAS = document()["components"]["schemas"]
OPERATION = document()["paths"]["/chat/completions"]
OPTIONS = {"deadline", "extra_headers", "extra_query", "max_retries", "timeout"}
CREATE_OPTIONS = OPTIONS | {"done_timeout", "extra_body", "idle_timeout", "validate"}
VIEWS = ("", "with_raw_response", "with_streaming_response")


def create_fields() -> dict[str, str]:
    """Return the fields of the request, with their sentences; all but `stream`, which the methods have themselves."""
    schemas, fields = [SCHEMAS["CreateChatCompletionRequest"]], {}
    for schema in schemas:
        schemas += schema.get("allOf", ())
        if "$ref" in schema:
            schemas.append(SCHEMAS[schema["$ref"].rpartition("/")[2]])
        fields |= {name: inner.get("description", "") for name, inner in schema.get("properties", {}).items()}
    del fields["stream"]
    return fields


def list_fields() -> dict[str, str]:
    # The document has no sentences for them.
    return {parameter["name"]: "" for parameter in OPERATION["get"]["parameters"]}


def operations() -> list[Any]:
    found = []
    for kind in (Client, AsyncClient):
        for view in VIEWS:
            for name in ("create", "parse", "stream", "run_tools", "list"):
                completions = kind(api_key="sk-x").chat.completions
                method = getattr(getattr(completions, view) if view else completions, name, None)
                if method is not None:
                    found.append(pytest.param(method, id=method.__qualname__))
    return found


@pytest.mark.parametrize("method", operations())
def test_every_field_and_option_is_shown(method: Any) -> None:
    name = method.__name__
    fields = list_fields() if name == "list" else create_fields()
    further = OPTIONS | {"max_items"} if name == "list" else set(CREATE_OPTIONS)
    further |= {"stream"} if name in ("create", "run_tools") else set()
    further |= {"max_rounds", "on_tool_error"} if name == "run_tools" else set()
    further |= {"max_concurrency"} if method.__qualname__ == "AsyncCompletions.run_tools" else set()
    shown = inspect.signature(method).parameters
    assert {*shown} == {*fields, *further}
    prose = " ".join((inspect.getdoc(method) or "").split())
    for field, sentence in fields.items():
        # What upstream has just added has no sentence until the overlay gives it one.
        follows = ": [A-Z]" if sentence or name == "list" else ""
        assert re.search(rf" {field} \([^:]+\){follows}", prose) and " ".join(sentence.split()) in prose
    for parameter in shown.values():
        assert parameter.kind is parameter.KEYWORD_ONLY
        assert parameter.annotation not in (parameter.empty, "Any")
        assert " _" not in f" {parameter.annotation}".replace("[", " "), "private names say nothing"
    required = {parameter.name for parameter in shown.values() if parameter.default is parameter.empty}
    assert required == (set() if name == "list" else {"messages", "model"})


@pytest.mark.parametrize("method", operations())
def test_the_function_is_found_behind_its_signature(method: Any) -> None:
    assert f"def {method.__name__}(" in inspect.getsource(method)
    assert inspect.iscoroutinefunction(inspect.unwrap(method.__func__)) == inspect.iscoroutinefunction(method)
    assert pickle.loads(pickle.dumps(method.__func__)) is method.__func__


def test_types_of_replies_are_offered_beside_dicts() -> None:
    completions = Client(api_key="sk-x").chat.completions
    for name in ("parse", "stream", "run_tools"):
        shown = inspect.signature(getattr(completions, name)).parameters
        assert shown["response_format"].annotation == "type[ResponseFormatT] | ResponseFormatParam | None"
    assert "Callable" in inspect.signature(completions.run_tools).parameters["tools"].annotation


RETURNED = {
    "Completions.create": "ChatCompletion | Stream[ChatCompletionChunk]",
    "AsyncCompletions.create": "ChatCompletion | AsyncStream[ChatCompletionChunk]",
    "Completions.parse": "ParsedChatCompletion[ResponseFormatT] | ParsedChatCompletion[None]",
    "Completions.list": "Page",
    "AsyncCompletions.list": "AsyncPages",
}


@pytest.mark.parametrize("method", operations())
def test_what_is_returned_is_shown(method: Any) -> None:
    shown = inspect.signature(method).return_annotation
    assert shown == RETURNED.get(method.__qualname__, shown) != "Any"


@pytest.mark.parametrize("name", ["create", "parse", "run_tools", "list"])
def test_the_defaults_shown_are_those_of_a_call_without_them(name: str) -> None:
    sent: list[tuple[Any, ...]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        timeout = request.extensions["timeout"]
        sent.append(
            (request.method, request.url, json.loads(request.read() or b"{}"), sorted(request.headers), timeout)
        )
        message = {"role": "assistant", "content": "Hello"}
        choice = {"index": 0, "finish_reason": "stop", "message": message}
        reply = {"data": []} if request.method == "GET" else {"id": "c", "choices": [choice]}
        return httpx.Response(200, content=json.dumps(reply))

    client = Client(api_key="sk-x", http_client=httpx.Client(transport=httpx.MockTransport(answer)))
    method = getattr(client.chat.completions, name)
    least: Any = {} if name == "list" else {"model": "m", "messages": []}
    bound = inspect.signature(method).bind(**least)
    bound.apply_defaults()
    assert NOT_GIVEN in bound.arguments.values()
    method(**least)
    method(**bound.arguments)
    assert sent[0] == sent[1]


def test_a_double_with_the_signature_refuses_what_a_call_refuses() -> None:
    create = mock.create_autospec(Client(api_key="sk-x").chat.completions.create)
    create(model="m", messages=[], temperature=0.5, timeout=5)
    for wrong in ({"model": "m"}, {"model": "m", "messages": [], "temprature": 1}):
        with pytest.raises(TypeError):
            create(**wrong)


@pytest.mark.parametrize("options", [[], ["-OO"]])
def test_signatures_are_made_only_when_they_are_read(options: list[str]) -> None:
    program = (
        "import inspect, sys; from chat_completions import Client;"
        "create = Client(api_key='x').chat.completions.create;"
        "module = 'chat_completions._client.argument_types'; before = module in sys.modules;"
        "print(before, 'temperature' in inspect.signature(create).parameters, create.__doc__ is None)"
    )
    command = [sys.executable, *options, "-c", program]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert result.stdout.split() == ["False", "True", str(bool(options))]
