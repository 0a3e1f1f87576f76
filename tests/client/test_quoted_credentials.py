"""A server that quotes a credential in its errors: it is hidden in the message, the body, the attempts and the log."""

from __future__ import annotations

import html
import json
import logging
import pickle
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, quote_plus

import pytest

from chat_completions import errors, response_info
from tests.client.conftest import SyncApi
from tests.client.scripted import Received, Reply, ScriptedServer, json_reply, stream_reply

KEY = "sk-quoted-secret-1"
SETTINGS: dict[str, Any] = {
    "api_key": KEY,
    "default_headers": {"X-Token": "tok-quoted-2", "X-Own": "0123456789abcdefghij", "Cookie": "s=cookie-quoted-3"},
    "default_query": {"sig": "sig-quoted-4"},
}
SECRETS = [KEY, "tok-quoted-2", "0123456789abcdefghij", "cookie-quoted-3", "sig-quoted-4"]


def quoted(request: Received) -> Any:
    told = f"{request.headers['authorization']} {request.headers.get('cookie')} {request.target} "
    told += f"{request.headers['x-token']} {request.headers['x-own']}"
    return {"error": {"message": f"Not allowed: {told}", "code": KEY, "details": [{KEY: told}]}}


def failing(status: int, framing: str) -> Any:
    def reply(request: Received) -> Reply:
        if framing == "text":
            return Reply([json.dumps(quoted(request)).encode()[:-1]], status, {"content-type": "text/plain"})
        if framing == "page":
            text = html.escape(quoted(request)["error"]["message"])
            page = f"<html><head><title>{text}</title></head><body>{text} {request.target}</body></html>"
            return Reply([page.encode()], status, {"content-type": "text/html"})
        return json_reply(quoted(request), status, retry_after_ms="1")

    return reply


def check(error: errors.APIError, caplog: pytest.LogCaptureFixture) -> None:
    assert "Not allowed: " in str(error) and "<hidden>" in str(error)
    seen = f"{error!s} {error!r} {error.body} {error.code} {vars(error)} {response_info(error)}"
    seen += f"{caplog.text} {pickle.loads(pickle.dumps(error)).body}"
    assert not [secret for secret in SECRETS if secret in seen]


@pytest.mark.parametrize("framing", ["json", "text", "page"])
@pytest.mark.parametrize("status", [401, 503])
def test_in_an_error_status(api: SyncApi, status: int, framing: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "chat_completions")
    with ScriptedServer(failing(status, framing)) as server:
        with pytest.raises(errors.APIStatusError) as caught:
            api.create(api.client(base_url=server.base_url, max_retries=1, **SETTINGS))
        check(caught.value, caplog)


@pytest.mark.parametrize("length", [1980, 1990, 1999, 2000])
def test_where_a_long_message_is_cut(api: SyncApi, length: int) -> None:
    message = f"{'x' * length} {KEY} {KEY}"
    with ScriptedServer(json_reply({"error": message}, 400)) as server:
        with pytest.raises(errors.BadRequestError) as caught:
            api.create(api.client(base_url=server.base_url, **SETTINGS))
    assert "sk-" not in f"{caught.value} {caught.value.body}"


@pytest.mark.parametrize("key", ['sk-"<&>-secret', "sk-\\-secret/+=%-secret"])
@pytest.mark.parametrize("notation", [html.escape, lambda text: json.dumps(text), quote, quote_plus])
def test_in_the_notation_of_a_page_or_a_url(api: SyncApi, key: str, notation: Callable[[str], str]) -> None:
    with ScriptedServer(Reply([f"<p>{notation(key)}</p>".encode()], 401)) as server:
        with pytest.raises(errors.AuthenticationError) as caught:
            api.create(api.client(base_url=server.base_url, api_key=key))
    assert "secret" not in f"{caught.value} {caught.value.body}"


def test_in_a_success(api: SyncApi, caplog: pytest.LogCaptureFixture) -> None:
    with ScriptedServer(lambda request: json_reply(quoted(request))) as server:
        with pytest.raises(errors.APIResponseValidationError) as caught:
            api.create(api.client(base_url=server.base_url, **SETTINGS))
        check(caught.value, caplog)


@pytest.mark.parametrize("start", ["data: ", "event: error\ndata: "])
def test_in_a_stream(api: SyncApi, start: str, caplog: pytest.LogCaptureFixture) -> None:
    def reply(request: Received) -> Reply:
        return stream_reply([f"{start}{json.dumps(quoted(request))}\n\n".encode()])

    with ScriptedServer(reply) as server:
        with pytest.raises(errors.StreamError) as caught:
            api.chunks(api.create(api.client(base_url=server.base_url, **SETTINGS), stream=True))
        check(caught.value, caplog)
