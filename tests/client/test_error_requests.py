"""The request and the response that an error holds show no credential, over every transport; those of a success do."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Iterator
from typing import Any

import pytest

from chat_completions import errors
from tests.client.conftest import AsyncApi
from tests.client.scripted import Reply, ScriptedServer, json_reply, stream_reply
from tests.client.test_origins import SECRETS, Asking, asking  # noqa: F401

CHUNK = b'data: {"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": {"content": "Hi"}}]}\n\n'
CASES: dict[str, Any] = {
    "401": json_reply({"error": {"message": "no"}}, 401),
    "no completion": Reply([b"<html>"], headers={"content-type": "text/html"}),
    "an error with 200": json_reply({"error": {"message": "no"}}),
    "a redirect that is not followed": Reply([], 302, {"location": "/there?sig=secret-20"}),
    "no answer": Reply([b"HTTP"], cut=True, headers={"content-length": "9"}),
    "a stream cut off": stream_reply([CHUNK], cut=True),
    "a stream cut off before its first chunk": stream_reply([], cut=True),
    "a stream without an end": stream_reply([CHUNK]),
    "a stream with an error": stream_reply([CHUNK, b'data: {"error": {"message": "no"}}\n\n']),
}


def held(error: BaseException) -> Iterator[str]:
    """Yield all that an error and its causes tell of requests."""
    link: Any = error
    while link is not None:
        for holder in (link, getattr(link, "response", None)):
            try:
                request = getattr(holder, "request", None)
            except RuntimeError:
                request = None
            for each in (request, getattr(holder, "next_request", None)):
                if each is not None:
                    yield f"{each!r} {each.url} {each.headers.raw} {vars(each)}"
            if holder is not None and hasattr(holder, "url"):
                yield str(holder.url)
        link = link.__cause__ or link.__context__


@pytest.mark.parametrize("case", [*CASES, "nobody there"])
def test_what_an_error_holds(asking: Asking, case: str) -> None:  # noqa: F811
    options = {
        "default_query": {"sig": "secret-21"},
        "default_headers": {"api-key": "secret-22", "X-Team": "secret-23"},
        "organization": "secret-24",
    }
    with ScriptedServer(CASES.get(case, CASES["401"])) as server:
        url = server.base_url if case in CASES else "http://127.0.0.1:9/v1"
        http = {**SECRETS, "auth": ("user", "secret-25")}
        client = asking.api.client(
            base_url=url, api_key="secret-26", max_retries=0, http_client=asking.http_client(**http), **options
        )
        with pytest.raises(errors.APIError) as caught:
            found = asking.api.create(client, stream=case.startswith("a stream"), extra_headers={"X-A": "secret-27"})
            asking.api.chunks(found)
    error = caught.value
    told = list(held(error))
    assert told and not [text for text in told if "secret" in text or "c2VjcmV0" in text]
    assert error.request is not None or case == "nobody there"
    if (request := error.request) is not None:
        assert (request.method, str(request.url)) == ("POST", url + "/chat/completions")
        assert request.headers["content-type"] == "application/json" and b'"model"' in request.content
        assert pickle.loads(pickle.dumps(error)).request is copy.copy(error).request is None
        assert request.headers["x-a"] == "<hidden>" and request.headers["host"] in url


def test_a_success_has_the_request_that_was_sent(asking: Asking) -> None:  # noqa: F811
    with ScriptedServer(json_reply({"choices": []})) as server:
        client = asking.api.client(base_url=server.base_url, http_client=asking.http_client(**SECRETS))
        call = client.chat.completions.with_raw_response.create(model="m", messages=[])
        raw = asking.api._runner.run(call) if isinstance(asking.api, AsyncApi) else call
    assert raw.http_request.headers["x-team"] == "secret-3" and str(raw.url).endswith("?key=secret-5")
