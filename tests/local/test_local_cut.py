"""Models whose streams end early."""

from __future__ import annotations

import httpx

from chat_completions.local import LocalServer

MESSAGES = [{"role": "user", "content": "one two three four five six seven eight"}]


def test_the_stream_of_a_cut_model_ends_early_and_a_plain_reply_does_not() -> None:
    with LocalServer() as server:
        url = f"{server.base_url}/chat/completions"
        body = {"model": "cut-1", "messages": MESSAGES, "store": True}
        streamed = httpx.post(url, json={**body, "stream": True})
        assert streamed.status_code == 200
        assert streamed.text.count("data: ") == 6
        assert "[DONE]" not in streamed.text
        assert '"finish_reason":"' not in streamed.text
        assert httpx.post(url, json=body).json()["choices"][0]["finish_reason"] == "stop"
        # What was cut is not stored.
        assert len(httpx.get(url).json()["data"]) == 1
