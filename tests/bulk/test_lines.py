"""Lines: requests are sent as they were written, faults have a place and a reason, results say what they end."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_completions._response_info import Attempt
from chat_completions.bulk.input.requests import Malformed, Request, request_of
from chat_completions.bulk.output import result_lines

from .files import request

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def test_a_body_is_sent_byte_for_byte() -> None:
    """White space, escapes, long numbers and repeated fields are the author's business."""
    body = (
        r'{ "model":"m","temperature":1.00000000000000000001, "x":"\ud83d\ude00\ud800", "x" : 2e400 , "messages":[ ] }'
    )
    body = body.replace("2e400", "2e40")
    raw = f'\ufeff {{"body": {body} ,"custom_id":"a","method":"post","url":"/openai/v1/chat/completions"}}\r'
    found = request_of(4, raw.encode())
    assert isinstance(found, Request)
    assert found.body.decode() == body
    assert (found.number, found.custom_id, found.stream) == (4, "a", False)


@given(st.dictionaries(st.text(), JSON, max_size=4), st.text(min_size=1), st.booleans())
def test_whatever_json_says_is_read(body: dict[str, object], name: str, ascii_only: bool) -> None:
    raw = json.dumps({**request("x"), "custom_id": name, "body": body}, ensure_ascii=ascii_only)
    try:
        found = request_of(1, raw.encode())
    except UnicodeEncodeError:
        return
    assert isinstance(found, Request)
    assert json.loads(found.body) == body
    assert found.custom_id == name
    assert found.stream is (body.get("stream") is True)


def _with(**changes: object) -> bytes:
    return json.dumps({**request("a"), **changes}).encode()


@pytest.mark.parametrize(
    ("raw", "code", "custom_id"),
    [
        (b"nonsense", "invalid_json_line", None),
        (b"[]", "invalid_json_line", None),
        (b"{}", "missing_required_parameter", None),
        (b'{"custom_id":"a"', "invalid_json_line", None),
        (b'{"custom_id":"a",}', "invalid_json_line", None),
        (b'{"custom_id":"a"} {}', "invalid_json_line", None),
        (b'{"custom_id" "a"}', "invalid_json_line", None),
        (b"{1:2}", "invalid_json_line", None),
        (b'{"a":' * 5000, "invalid_json_line", None),
        (b"\xff\xfe", "invalid_encoding", None),
        (_with(custom_id=5), "invalid_custom_id", None),
        (_with(custom_id=""), "invalid_custom_id", None),
        (_with(method="GET"), "invalid_method", "a"),
        (_with(method=None), "invalid_method", "a"),
        (_with(url="/v1/embeddings"), "invalid_url", "a"),
        (_with(url="http://u:secret@host/v1/chat/completions"), "invalid_url", "a"),
        (_with(url="/v1/chat/completions?x=1"), "invalid_url", "a"),
        (_with(body=[]), "invalid_body", "a"),
        (_with().replace(b'"m"', b"NaN"), "invalid_json_line", None),
        (json.dumps(request("a")["body"]).encode(), "missing_required_parameter", None),
    ],
)
def test_a_line_that_is_no_request_says_why(raw: bytes, code: str, custom_id: str | None) -> None:
    found = request_of(3, raw)
    assert isinstance(found, Malformed)
    assert (found.number, found.code, found.custom_id) == (3, code, custom_id)
    assert "secret" not in found.message
    line = result_lines.reported("d" * 32, found).line
    told = json.loads(line)
    assert told["error"]["line"] == 3
    assert "line 3" in told["error"]["message"]
    assert result_lines.ended_by(line) == (custom_id or result_lines.number_of("d" * 32))


def test_tokens_are_estimated_without_what_is_no_text() -> None:
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64," + "A" * 400_000}}
    raw = json.dumps(request("a", messages=[{"role": "user", "content": [picture]}], max_tokens=50, n=2)).encode()
    found = request_of(1, raw, count=True)
    assert isinstance(found, Request)
    assert 1000 <= found.tokens <= 1300
    plain = request_of(1, json.dumps(request("a" * 4000, max_completion_tokens=10)).encode(), count=True)
    assert isinstance(plain, Request)
    assert 1000 <= plain.tokens <= 1100


@pytest.mark.parametrize(
    "content",
    [
        b'{"choices":[{"message":{"content":"x"}}]}',
        b'\xef\xbb\xbf{\n  "choices": [],\r\n "n": 1 }\n',
        '{"choices":[],"x":"\u2028 \U0001f600 \\ud800"}'.encode(),
        b'{"choices":[{"logprobs":{"content":[{"logprob":-Infinity}]}}]}',
    ],
)
@pytest.mark.parametrize("custom_id", ["a", 'q"\\\n', "\ud800", "ü \u2028"])
def test_an_answer_is_one_line_that_says_what_it_ends(content: bytes, custom_id: str) -> None:
    found = result_lines.answered(result_lines.digest_of("run", custom_id, b""), custom_id, 200, None, content)
    assert found is not None
    assert found.line.count(b"\n") == 1
    assert found.line.endswith(b"}\n")

    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    told = json.loads(found.line, parse_constant=refuse)
    wanted = json.loads(content.decode("utf-8-sig"), parse_constant=lambda constant: None)
    assert told["response"]["body"] == wanted
    assert told["custom_id"] == custom_id == result_lines.ended_by(found.line)


@pytest.mark.parametrize("content", [b"", b"[]", b"<html>", b'{"choices":[', b"\xff", b'{"error":{"message":"no"}}'])
def test_what_is_no_completion_is_no_answer(content: bytes) -> None:
    assert result_lines.answered("d" * 32, "a", 200, None, content) is None


def test_a_failure_has_the_form_of_the_batch_api_and_its_attempts() -> None:
    attempts = [Attempt(429, 0.5, "HTTP 429: slow down", 0.01), Attempt(500, None, "HTTP 500: oh", 0.02)]
    found = result_lines.failed("d" * 32, "a", attempts, response=(500, "req-1", b'{"error":{"message":"oh"}}'))
    told = json.loads(found.line)
    assert told["response"] == {"status_code": 500, "request_id": "req-1", "body": {"error": {"message": "oh"}}}
    assert told["error"] is None
    assert told["attempts"][0] == {"status": 429, "delay": 0.5, "reason": "HTTP 429: slow down", "seconds": 0.01}
    text = json.loads(result_lines.failed("d" * 32, "a", [], response=(502, None, b"<html>\xff")).line)
    assert text["response"]["body"] == "<html>\ufffd"
    cut = json.loads(result_lines.failed("d" * 32, "a", [], code="connection_error", message="cut").line)
    assert cut["response"] is None
    assert cut["error"] == {"code": "connection_error", "message": "cut"}


@pytest.mark.parametrize(
    ("line", "ends"),
    [
        (b'{"custom_id": "a", "id": "b", "response": null}\n', "a"),
        (b'{"id":"batch_req_1","custom_id":"a","response":{"x":"\0"}}\n', None),
        (b'{"id":"batch_req_1","custom_id":"a","respon', None),
        (b"{}", None),
        (b"", None),
    ],
)
def test_a_line_of_another_tool_is_read_as_well(line: bytes, ends: str | None) -> None:
    assert result_lines.ended_by(line) == ends
