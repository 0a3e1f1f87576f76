"""Test code that creates completions against a server on this machine: pytest examples/test_with_a_server.py."""

import pytest

from chat_completions import Client, StreamError
from chat_completions.testing import ScriptedServer


def shout(text: str) -> str:
    """Stream an answer in capitals; this is the code under test."""
    with Client() as client:
        stream = client.chat.completions.create(
            model="gpt-5-mini", messages=[{"role": "user", "content": text}], stream=True
        )
        return "".join(stream.text_deltas()).upper()


def test_it_shouts(chat_completions_server: ScriptedServer) -> None:
    chat_completions_server.reply("Hello there")
    assert shout("Say hello") == "HELLO THERE"
    assert chat_completions_server.last.body["messages"][0]["content"] == "Say hello"


def test_it_waits_as_it_is_told(chat_completions_server: ScriptedServer) -> None:
    chat_completions_server.fail(429, retry_after=0.01).reply("at last")
    assert shout("Hi") == "AT LAST"
    assert len(chat_completions_server.requests) == 2


def test_a_truncated_answer_is_an_error(chat_completions_server: ScriptedServer) -> None:
    chat_completions_server.stream(["Hel", "lo"], cut_after=1)
    with pytest.raises(StreamError) as failed:
        shout("Hi")
    assert failed.value.text == "Hel"
