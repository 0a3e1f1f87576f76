"""Requests that break the contract, and what the API answers."""

import json

import httpx
import pytest

from chat_completions.local import LocalServer
from chat_completions.local.contract import packaged_document

USER = {"role": "user", "content": "x"}
TOOL = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}


def said(content):
    return {"messages": [{"role": "user", "content": content}]}


def tools(**fields):
    return {"tools": [TOOL], **fields}


def schema_format(schema):
    return {"response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": schema}}}


def parameters(schema):
    return {"tools": [{"type": "function", "function": {"name": "f", "parameters": schema}}]}


BROKEN = [
    ({"model": None}, "model", "invalid_type"),
    ({"model": 5}, "model", "invalid_type"),
    ({"messages": []}, "messages", "empty_array"),
    ({"messages": {}}, "messages", "invalid_type"),
    ({"messages": ["hi"]}, "messages[0]", "invalid_type"),
    ({"messages": [USER, {"role": "user"}]}, "messages[1].content", "missing_required_parameter"),
    ({"messages": [{"content": "x"}]}, "messages[0].role", "missing_required_parameter"),
    ({"messages": [{"role": "no role", "content": "x"}]}, "messages[0].role", "invalid_value"),
    (said(5), "messages[0].content", "invalid_type"),
    (said(None), "messages[0].content", "invalid_type"),
    (said([]), "messages[0].content", "empty_array"),
    (said([{"type": "text"}]), "messages[0].content[0].text", "missing_required_parameter"),
    (said([{"type": "text", "text": 1}]), "messages[0].content[0].text", "invalid_type"),
    (said([{"type": "smell"}]), "messages[0].content[0].type", "invalid_value"),
    (said([{"text": "x"}]), "messages[0].content[0].type", "missing_required_parameter"),
    (
        said([{"type": "image_url", "image_url": {"url": "u", "detail": "huge"}}]),
        "messages[0].content[0].image_url.detail",
        "invalid_value",
    ),
    (
        {
            "messages": [
                {"role": "assistant", "tool_calls": [{"id": "1", "type": "function", "function": {"name": "f"}}]}
            ]
        },
        "messages[0].tool_calls[0].function.arguments",
        "missing_required_parameter",
    ),
    ({"messages": [{"role": "tool", "content": "x"}]}, "messages[0].tool_call_id", "missing_required_parameter"),
    ({"temperature": 3}, "temperature", "decimal_above_max_value"),
    ({"temperature": -0.5}, "temperature", "decimal_below_min_value"),
    ({"temperature": "1"}, "temperature", "invalid_type"),
    ({"n": 0}, "n", "integer_below_min_value"),
    ({"n": 129}, "n", "integer_above_max_value"),
    ({"n": 1.5}, "n", "invalid_type"),
    ({"n": True}, "n", "invalid_type"),
    ({"seed": 10**30}, "seed", "integer_above_max_value"),
    ({"stop": 5}, "stop", "invalid_type"),
    ({"stop": ["a"] * 5}, "stop", "array_above_max_length"),
    ({"stop": ["a", 5]}, "stop[1]", "invalid_type"),
    ({"stream": "yes"}, "stream", "invalid_type"),
    ({"metadata": {"a": 1}}, "metadata.a", "invalid_type"),
    ({"metadata": []}, "metadata", "invalid_type"),
    ({"service_tier": "first class"}, "service_tier", "invalid_value"),
    ({"logit_bias": {"1": "x"}}, "logit_bias.1", "invalid_type"),
    ({"top_logprobs": 21, "logprobs": True}, "top_logprobs", "integer_above_max_value"),
    ({"response_format": {"type": "xml"}}, "response_format.type", "invalid_value"),
    ({"response_format": {"type": "json_schema"}}, "response_format.json_schema", "missing_required_parameter"),
    ({"tools": [{"type": "function"}]}, "tools[0].function", "missing_required_parameter"),
    ({"tools": [{"type": "function", "function": {}}]}, "tools[0].function.name", "missing_required_parameter"),
    (tools(tool_choice="maybe"), "tool_choice", "invalid_value"),
    (tools(tool_choice={"type": "function"}), "tool_choice.function", "missing_required_parameter"),
    ({"audio": {"voice": {"id": "v", "pitch": 1}, "format": "wav"}}, "audio.voice.pitch", "unknown_parameter"),
    # rules that no schema says
    ({"top_logprobs": 2}, "top_logprobs", None),
    ({"stream_options": {"include_usage": True}}, "stream_options", None),
    ({"stream_options": {}, "stream": False}, "stream_options", None),
    ({"max_tokens": 0}, "max_tokens", "integer_below_min_value"),
    ({"max_completion_tokens": -1}, "max_completion_tokens", "integer_below_min_value"),
    ({"tool_choice": "auto"}, "tool_choice", None),
    (tools(tool_choice={"type": "function", "function": {"name": "g"}}), "tool_choice", "invalid_value"),
    (tools(tool_choice={"type": "custom", "custom": {"name": "f"}}), "tool_choice", "invalid_value"),
    (
        tools(tool_choice={"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [{"type": "x"}]}}),
        "tool_choice",
        "invalid_value",
    ),
    ({"function_call": "auto"}, "function_call", None),
    ({"functions": [{"name": "f"}], "function_call": {"name": "g"}}, "function_call", "invalid_value"),
    (parameters({"type": "any"}), "tools[0].function.parameters", "invalid_function_parameters"),
    (
        {"functions": [{"name": "f", "parameters": {"required": "x"}}]},
        "functions[0].parameters",
        "invalid_function_parameters",
    ),
    (
        parameters({"$ref": "#"}) | {"tool_choice": "required"},
        "tools[0].function.parameters",
        "invalid_function_parameters",
    ),
    (schema_format({"type": "any"}), "response_format.json_schema.schema", "invalid_json_schema"),
    (schema_format({"not": {}}), "response_format.json_schema.schema", "invalid_json_schema"),
    (
        schema_format({"$ref": "https://example.com/s.json"}),
        "response_format.json_schema.schema",
        "invalid_json_schema",
    ),
]


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
@pytest.mark.parametrize(("fields", "param", "code"), BROKEN)
def test_a_broken_request_names_its_fault(client, fields, param, code, stream):
    """A fault is a 400 with the field, the reason and the JSON pointer, also where a stream was asked for."""
    body = {"model": "m", "messages": [USER], **({"stream": True} if stream else {}), **fields}
    if stream and param == "stream_options":
        body["stream"] = False
    response = client.post("/chat/completions", json=body)
    assert response.status_code == 400, response.text
    assert response.headers["content-type"] == "application/json"
    error = response.json()["error"]
    assert (error["type"], error["param"], error["code"]) == ("invalid_request_error", param, code)
    pointer = "/" + param.replace("[", "/").replace("]", "").replace(".", "/")
    assert error["message"].endswith(f"(at {pointer})")


@pytest.mark.parametrize("missing", ["model", "messages"])
def test_a_missing_field_is_named(client, missing):
    """The required fields are asked for by name."""
    body = {"model": "m", "messages": [USER]}
    del body[missing]
    error = client.post("/chat/completions", json=body).json()["error"]
    assert (error["param"], error["code"]) == (missing, "missing_required_parameter")


def test_the_first_of_several_faults_is_reported(client):
    """Missing fields go first, then the order of the body decides, every time."""
    both = {"n": 0, "messages": [USER, {"role": "user", "content": 5}], "temperature": 9, "model": "m"}
    assert {client.post("/chat/completions", json=both).json()["error"]["param"] for _ in range(5)} == {"n"}
    del both["model"]
    assert client.post("/chat/completions", json=both).json()["error"]["param"] == "model"
    many = {"model": "m", "messages": [7] * 5_000}
    assert client.post("/chat/completions", json=many).json()["error"]["param"] == "messages[0]"


VALID = b'{"model": "m", "messages": [{"role": "user", "content": "x"}]}'


@pytest.mark.parametrize(
    ("content", "headers", "code"),
    [
        (b"", {}, "invalid_json"),
        (b"  \n", {}, "invalid_json"),
        (b"{", {}, "invalid_json"),
        (b"model=m", {}, "invalid_json"),
        (VALID + b"x", {}, "invalid_json"),
        (b"[]", {}, "invalid_type"),
        (b'"text"', {}, "invalid_type"),
        (b"null", {}, "invalid_type"),
        (b'{"model": "\xff"}', {}, "invalid_json"),
        (b"\xef\xbb\xbf" + VALID, {}, "invalid_json"),
        (VALID[:-1] + b', "temperature": NaN}', {}, "invalid_json"),
        (VALID[:-1] + b', "temperature": -Infinity}', {}, "invalid_json"),
        (VALID[:-1] + b', "temperature": 1e999}', {}, "invalid_json"),
        (VALID[:-1] + b', "seed": ' + b"9" * 5_000 + b"}", {}, "invalid_json"),
        (VALID.replace(b'"x"', b'"\\ud800"'), {}, "invalid_json"),
        (VALID[:-1] + b', "x": ' + b"[" * 200 + b"]" * 200 + b"}", {}, "invalid_json"),
        (b"[" * 100_000, {}, "invalid_json"),
        (VALID, {"content-type": "text/plain"}, "invalid_content_type"),
        (VALID, {"content-type": "application/x-www-form-urlencoded"}, "invalid_content_type"),
        (VALID, {"content-type": ""}, "invalid_content_type"),
        (VALID, {"content-type": "application/json; charset=utf-16"}, "invalid_content_type"),
        (VALID, {"content-encoding": "gzip"}, "invalid_content_encoding"),
    ],
)
def test_a_body_that_is_no_json_object(client, content, headers, code):
    """What cannot be read is a 400 of the API's shape, too."""
    response = client.post(
        "/chat/completions", content=content, headers={"content-type": "application/json", **headers}
    )
    error = response.json()["error"]
    assert (response.status_code, error["code"], error["param"]) == (400, code, None)
    assert error["message"]


@pytest.mark.parametrize("kind", ["application/json; charset=UTF-8", "Application/JSON", "application/vnd.x+json"])
def test_content_types_that_are_json(client, kind):
    """JSON's content types are taken in any spelling."""
    assert client.post("/chat/completions", content=VALID, headers={"content-type": kind}).status_code == 200


def test_escaped_pairs_are_text(client):
    """Both halves of a surrogate pair make a character."""
    response = client.post(
        "/chat/completions",
        content=VALID.replace(b'"x"', b'"\\ud83d\\ude00"'),
        headers={"content-type": "application/json"},
    )
    assert "😀" in response.json()["choices"][0]["message"]["content"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/models", 404),
        ("POST", "/chat", 404),
        ("GET", "/chat/completions/", 404),
        ("GET", "/chat/completions/chatcmpl-1", 404),
        ("POST", "/../chat/completions", 404),
        ("PUT", "/chat/completions", 405),
        ("DELETE", "/chat/completions", 405),
        ("PATCH", "/chat/completions", 405),
        ("OPTIONS", "/chat/completions", 405),
    ],
)
def test_other_paths_and_methods(client, method, path, status):
    """What the slice does not have is 404, and another method on its path 405, in the API's shape."""
    response = client.request(method, path)
    assert response.status_code == status
    assert response.json()["error"]["type"] == "invalid_request_error"
    assert response.headers["x-request-id"]
    if status == 405:
        assert response.headers["allow"] == "GET, HEAD, POST"
        assert response.json()["error"]["code"] == "method_not_supported"


@pytest.mark.parametrize("stream", [False, True])
def test_a_model_that_does_not_exist(client, stream):
    """Models named `missing-...` are not found; all others are."""
    response = client.post("/chat/completions", json={"model": "missing-model", "messages": [USER], "stream": stream})
    assert response.status_code == 404
    assert response.json()["error"]["code"] == "model_not_found"


def test_errors_keep_to_the_contract(client, contract):
    """An error's body is the slice's error schema."""
    body = client.post("/chat/completions", json={}).json()
    assert contract.response_fault("createChatCompletion", body, status=429) is None


@pytest.fixture(scope="module")
def guarded():
    keys = ["sk-one", "sk-zwei-ü"]
    with (
        LocalServer(api_keys=keys, strict=True, max_body_bytes=1_000) as server,
        httpx.Client(base_url=server.base_url, trust_env=False) as client,
    ):
        yield client


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"authorization": "Bearer wrong"}, 401),
        ({"authorization": "Bearer"}, 401),
        ({"authorization": "Basic sk-one"}, 401),
        ({"authorization": "sk-one"}, 401),
        ({"api-key": "wrong"}, 401),
        ({"authorization": "Bearer sk-one"}, 200),
        ({"authorization": "bearer sk-one"}, 200),
        ({"api-key": "sk-one"}, 200),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_keys(guarded, method, headers, status):
    """With keys, both operations ask for one of them, as a bearer token or as Azure's header."""
    body = {"model": "m", "messages": [USER]} if method == "POST" else None
    response = guarded.request(method, "/chat/completions", json=body, headers=headers)
    assert response.status_code == status
    if status == 401:
        assert response.json()["error"]["code"] == "invalid_api_key"
        assert "wrong" not in response.json()["error"]["message"].lower()
        assert response.headers["www-authenticate"] == "Bearer"


def test_a_body_that_is_too_large(guarded):
    """A body over the limit is 413 in the API's shape, with or without its length told ahead."""
    headers = {"api-key": "sk-one", "content-type": "application/json"}
    large = json.dumps({"model": "m", "messages": [{"role": "user", "content": "x" * 2_000}]}).encode()
    for content in (large, iter([large[:900], large[900:]])):
        response = guarded.post("/chat/completions", content=content, headers=headers)
        assert (response.status_code, response.json()["error"]["code"]) == (413, "request_too_large")


def test_strict_refuses_unknown_fields(guarded):
    """With `strict`, a field that the contract does not have is a 400 that names it."""
    body = {"model": "m", "messages": [USER], "foo": 1}
    response = guarded.post("/chat/completions", json=body, headers={"api-key": "sk-one"})
    assert response.status_code == 400
    error = response.json()["error"]
    assert error["message"] == "Unrecognized request argument supplied: foo"
    assert (error["param"], error["code"]) == ("foo", "unknown_parameter")


@pytest.mark.parametrize("settings", [{"chunk_delay": -1}, {"chunk_delay": float("nan")}, {"max_body_bytes": 0}])
def test_settings_out_of_range(settings):
    """A setting that makes no sense is refused at once."""
    with pytest.raises(ValueError, match="must be"):
        LocalServer(**settings)


def test_no_keys_and_one_key():
    """An empty collection accepts nobody; a text is one key and not its letters."""
    for keys, key, status in (([], "k", 401), ("secret", "s", 401), ("secret", "secret", 200)):
        with LocalServer(api_keys=keys) as server:
            response = httpx.get(f"{server.base_url}/chat/completions", headers={"api-key": key}, trust_env=False)
            assert response.status_code == status


def test_another_document_may_rule():
    """The server keeps to the document that it is given: here a copy with one more required field."""
    document = json.loads(json.dumps(packaged_document()))
    document["components"]["schemas"]["ChatCompletionRequestUserMessage"]["required"].append("name")
    with LocalServer(document=document) as server:
        body = {"model": "m", "messages": [USER]}
        response = httpx.post(f"{server.base_url}/chat/completions", json=body, trust_env=False)
    assert (response.status_code, response.json()["error"]["param"]) == (400, "messages[0].name")


def test_a_document_without_the_operations_is_refused():
    """A document that lacks an operation is an error that names it."""
    with pytest.raises(ValueError, match="no operation createChatCompletion"):
        LocalServer(document={"openapi": "3.1.0", "paths": {}})
