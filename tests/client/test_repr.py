"""What people see of objects: in a shell, in IPython and printed by rich; never a secret."""

from __future__ import annotations

import asyncio
import io
from contextlib import contextmanager
from typing import Any

import pytest
from rich.console import Console

from chat_completions import AsyncClient, Client, StreamError
from chat_completions.models import ChatCompletion, CompletionUsage, ParsedChatCompletionMessage
from tests.client.scripted import ScriptedServer, json_reply, stream_reply

KEY = "sk-never-shown"
CHUNK = b'data: {"id":"c","choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":%s}]}\n\n'
FIRST, LAST, DONE = CHUNK % b"null", CHUNK % b'"stop"', b"data: [DONE]\n\n"
ASK: Any = {"model": "m", "messages": []}


def test_clients_and_their_operations_name_the_server() -> None:
    with Client(base_url="http://user:secret@127.0.0.1:1/v1") as client:
        assert repr(client) == "Client(base_url='http://127.0.0.1:1/v1')"
        assert repr(client.chat) == "Chat(Completions(base_url='http://127.0.0.1:1/v1'))"
    assert repr(client) == "Client(base_url='http://127.0.0.1:1/v1', closed)"
    other = AsyncClient(base_url="http://127.0.0.1:1/v1", api_key=KEY)
    assert repr(other.chat) == "AsyncChat(AsyncCompletions(base_url='http://127.0.0.1:1/v1'))"
    assert repr(other.chat.completions.list()).startswith("AsyncPages(await it")


@pytest.mark.parametrize(
    ("pieces", "states"),
    [
        ([FIRST, LAST, DONE], ["open", "open", "open", "complete"]),
        ([FIRST, LAST], ["open", "open", "open", "complete"]),
        ([FIRST], ["open", "open", "failed"]),
        ([FIRST, b'data: {"error":{"message":"No."}}\n\n'], ["open", "open", "failed"]),
    ],
)
def test_streams_show_their_state(pieces: list[bytes], states: list[str]) -> None:
    def spaced() -> list[bytes | float]:
        return [part for piece in pieces for part in (piece, 0.02)]

    with ScriptedServer(lambda request: stream_reply(spaced())) as server:
        with Client(base_url=server.base_url, api_key=KEY) as client:
            stream = client.chat.completions.create(**ASK, stream=True)
            seen = [stream._state]
            try:
                for _ in stream:
                    seen.append(stream._state)
            except StreamError:
                pass
            seen.append(stream._state)
            assert seen[0] == states[0] and seen[-1] == states[-1] and set(seen) <= {*states, "complete"}
            chunks = min(len(pieces), 2) if states[-1] == "complete" else 1
            assert repr(stream) == f"Stream(state={states[-1]!r}, chunks={chunks}, request_id='req-1')"

        async def run() -> None:
            async with AsyncClient(base_url=server.base_url, api_key=KEY) as client:
                async with client.chat.completions.stream(**ASK) as stream:
                    shown = repr(stream)
                assert shown == "AsyncChatCompletionStream(state='open', chunks=0, request_id='req-1')"
                assert "state='closed'" in repr(stream)

        asyncio.run(run())


class Printer:
    """Has the methods of IPython's pretty printer that are used, and breaks every line that it may."""

    def __init__(self) -> None:
        self.written, self.depth = "", 0

    def text(self, text: str) -> None:
        self.written += text

    def breakable(self, sep: str = " ") -> None:
        self.written += "\n" + " " * self.depth

    @contextmanager
    def group(self, indent: int, start: str, end: str) -> Any:
        self.written, self.depth = self.written + start, self.depth + indent
        yield
        self.written, self.depth = self.written + end, self.depth - indent

    def pretty(self, value: Any) -> None:
        if hasattr(value, "_repr_pretty_"):
            value._repr_pretty_(self, False)
        else:
            self.written += repr(value)


COMPLETION = {
    "id": "c",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "a b " * 300, "thinking": "Hm."}}],
    "usage": {"prompt_tokens": 1, "total_tokens": 3},
}


def test_ipython_shows_a_field_on_each_line() -> None:
    printer = Printer()
    printer.pretty(CompletionUsage.from_dict(COMPLETION["usage"]))  # type: ignore[arg-type]
    assert printer.written == "CompletionUsage(\n    prompt_tokens=1,\n    total_tokens=3)"
    printer = Printer()
    ChatCompletion.from_dict(COMPLETION)._repr_pretty_(printer, True)
    assert printer.written == "ChatCompletion(\n    ...)"


def test_rich_shows_what_was_sent() -> None:
    shown = io.StringIO()
    Console(file=shown, width=100).print(ChatCompletion.from_dict(COMPLETION))
    text = shown.getvalue()
    assert "CompletionUsage(prompt_tokens=1, total_tokens=3)" in text and "thinking='Hm.'" in text
    assert "audio" not in text, "an absent field is not shown"
    assert text.count("a b") == 300, "texts are shown whole"


def test_of_encoded_data_only_the_beginning_is_shown() -> None:
    message = ParsedChatCompletionMessage.from_dict({"role": "assistant", "audio": {"id": "a", "data": "QUJD" * 1000}})
    message.parsed = {"a": 1}
    printer = Printer()
    printer.pretty(message)
    assert "QUJD... (4,000 characters)" in printer.written and len(printer.written) < 300
    assert "parsed={'a': 1}" in printer.written and repr(message).endswith("parsed={'a': 1})")
    assert len(repr(message)) > 4000, "repr has everything"


def test_no_key_is_shown() -> None:
    with ScriptedServer(json_reply({"object": "list", "data": [], "has_more": False})) as server:
        with Client(base_url=server.base_url, api_key=KEY) as client:
            page = client.chat.completions.list()
            for shown in (client, client.chat, client.chat.completions, page):
                assert KEY not in repr(shown)
