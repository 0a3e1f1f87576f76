"""Whatever is sent, the answer is a reply that keeps to the contract, or an error in the API's shape."""

import json

from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from tests.conftest import examples

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from(["f", "g", "get_weather", ""])
WORDS = st.sampled_from(["hi", "call f", "call g {}", 'call f {"a": [1]}', "", "call f call g call h", "\x00\u2028"])
SCHEMAS = st.sampled_from(
    [
        {},
        {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]},
        {"$ref": "#"},
        {"type": "object", "additionalProperties": False, "required": ["x"]},
        {"type": "string", "pattern": "(a+)+$"},
    ]
)
PARTS = st.lists(
    st.sampled_from(
        [
            {"type": "text", "text": "call f"},
            {"type": "image_url", "image_url": {"url": "x"}},
            {"type": "input_audio", "input_audio": {"data": "", "format": "wav"}},
            {"type": "file", "file": {}},
            {"type": "refusal", "refusal": "no"},
        ]
    ),
    max_size=3,
)
CALL = {"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
MESSAGES = st.lists(
    st.fixed_dictionaries(
        {"role": st.sampled_from(["user", "system", "developer", "assistant", "tool", "function"])},
        optional={
            "content": WORDS | PARTS | st.none(),
            "tool_call_id": NAMES,
            "name": NAMES,
            "tool_calls": st.sampled_from(
                [[], [CALL], [{"id": "2", "type": "custom", "custom": {"name": "g", "input": ""}}]]
            ),
        },
    ),
    min_size=1,
    max_size=4,
)
TOOLS = st.lists(
    st.builds(
        lambda name, schema: {"type": "function", "function": {"name": name, "parameters": schema}}, NAMES, SCHEMAS
    )
    | st.builds(lambda name: {"type": "custom", "custom": {"name": name}}, NAMES),
    max_size=3,
)
CHOICES = (
    st.sampled_from(["none", "auto", "required"])
    | st.builds(lambda name: {"type": "function", "function": {"name": name}}, NAMES)
    | st.builds(
        lambda mode, tools: {"type": "allowed_tools", "allowed_tools": {"mode": mode, "tools": tools}},
        st.sampled_from(["auto", "required"]),
        TOOLS,
    )
)
FIELDS = {
    "messages": MESSAGES,
    "model": st.sampled_from(["m", "missing-m", ""]),
    "n": st.sampled_from([1, 2, 3.0, None, 0]),
    "stop": st.sampled_from(["said", ["a", "b"], "", [""], None]),
    "max_completion_tokens": st.sampled_from([1, 2.0, 5, 10**30, None]),
    "max_tokens": st.sampled_from([1, 10**18, None]),
    "stream": st.booleans() | st.none(),
    "stream_options": st.sampled_from([None, {}, {"include_usage": True}]),
    "store": st.booleans() | st.none(),
    "metadata": st.none() | st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=3),
    "logprobs": st.booleans() | st.none(),
    "top_logprobs": st.sampled_from([0, 3, 20, None]),
    "tools": TOOLS,
    "tool_choice": CHOICES,
    "parallel_tool_calls": st.booleans(),
    "functions": st.lists(
        st.builds(lambda name, schema: {"name": name, "parameters": schema}, NAMES, SCHEMAS), max_size=2
    ),
    "function_call": st.sampled_from(["none", "auto", {"name": "f"}]),
    "response_format": st.sampled_from([{"type": "text"}, {"type": "json_object"}])
    | st.builds(lambda schema: {"type": "json_schema", "json_schema": {"name": "n", "schema": schema}}, SCHEMAS),
    "service_tier": st.sampled_from(["auto", "flex", None]),
}
NEARLY = st.fixed_dictionaries(
    {"model": FIELDS.pop("model"), "messages": FIELDS.pop("messages")}, optional=FIELDS | {"extra": JSON}
)
SPOILT = st.builds(
    lambda body, name, value: {**body, name: value},
    NEARLY,
    st.sampled_from(
        ["model", "messages", *FIELDS, "temperature", "seed", "audio", "prediction", "logit_bias", "modalities"]
    ),
    JSON,
)


def check(client, contract, body):
    response = client.post("/chat/completions", json=body)
    assert response.status_code in (200, 400, 404), (body, response.text)
    if response.status_code != 200:
        assert list(response.json()["error"]) == ["message", "type", "param", "code"]
        assert contract.response_fault("createChatCompletion", response.json(), status=429) is None
        return
    if not body.get("stream"):
        assert contract.response_fault("createChatCompletion", response.json()) is None
        return
    *events, done, end = response.text.split("\n\n")
    assert (done, end) == ("data: [DONE]", "")
    for event in events:
        chunk = json.loads(event.removeprefix("data: "))
        fault = contract.response_fault("createChatCompletion", chunk, media_type="text/event-stream")
        assert fault is None or '"custom"' in event


bounded = examples(60, HealthCheck.function_scoped_fixture)


@bounded
@given(JSON)
def test_any_json_is_answered(client, contract, body):
    """Any JSON value as a body gives no 5xx and no 422."""
    check(client, contract, body if isinstance(body, dict) else {"messages": body})
    assert client.post("/chat/completions", json=body).status_code in (200, 400, 404)


@bounded
@given(NEARLY)
def test_what_is_nearly_right_is_answered(client, contract, body):
    """Requests made of plausible fields are answered by the contract, plain and streamed."""
    check(client, contract, body)


@bounded
@given(SPOILT)
def test_what_is_spoilt_is_answered(client, contract, body):
    """A plausible request with one field of any value is answered, too."""
    check(client, contract, body)


@bounded
@given(
    st.lists(
        st.tuples(
            st.sampled_from(
                ["model", "after", "limit", "order", "metadata", "metadata[a]", "metadata[]", "metadata[", "x"]
            ),
            st.text(max_size=6),
        ),
        max_size=4,
    )
)
def test_any_query_is_answered(client, query):
    """Any query gives a page or an error in the API's shape."""
    response = client.get("/chat/completions", params=query)
    assert response.status_code in (200, 400, 404)
    assert response.json().get("object") == "list" or response.json()["error"]["type"] == "invalid_request_error"
