"""The rows with `Client`."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx

from chat_completions import Client
from chat_completions.errors import ChatCompletionsError, StreamError
from tests.interop.asked import SAYS_HELLO
from tests.interop.outcomes import (
    DEADLINE,
    MANY,
    PATIENCE,
    SOME_CHUNKS,
    Outcome,
    client_options,
    request,
    same_bodies,
)
from tests.interop.recording import Recorder, RecordingTransport
from tests.interop.rows import Row
from tests.interop.servers import Target


def run(row: Row, target: Target) -> Outcome:
    """Make the row's call, and see that it leaves nothing open."""
    outcome = Outcome(Recorder())
    target.wait_until_idle(PATIENCE)
    transport = RecordingTransport(outcome.recorder)
    with httpx.Client(transport=transport) as http, Client(http_client=http, **client_options(row, target)) as client:
        for _ in range(row.times):
            outcome.completion, outcome.error = None, None
            try:
                _WAYS[row.way](row, target, client, outcome)
            except ChatCompletionsError as error:
                outcome.error = error
        if outcome.recorder.open or transport.busy():
            outcome.problems.append(f"{outcome.recorder.open} responses open, {transport.busy()} connections busy")
    if row.way != "kill" and not target.wait_until_idle(PATIENCE):
        outcome.problems.append("the server works on after the client has gone")
    return outcome


def _stream(client: Client, row: Row, target: Target, **also: Any) -> Any:
    return client.chat.completions.create(stream=True, **request(row, target, also))


def _create(row: Row, target: Target, client: Client, outcome: Outcome) -> None:
    outcome.completion = client.chat.completions.create(**request(row, target))


def _talk(row: Row, target: Target, client: Client, outcome: Outcome) -> None:
    messages: list[Any] = [*SAYS_HELLO]
    for _ in range(2):
        outcome.completion = client.chat.completions.create(**request(row, target, {"messages": messages}))
        messages += [outcome.completion.choices[0].message, *SAYS_HELLO]


def _list(row: Row, target: Target, client: Client, outcome: Outcome) -> None:
    outcome.completion = client.chat.completions.list(**row.request)


def _read(row: Row, target: Target, client: Client, outcome: Outcome) -> None:
    with _stream(client, row, target) as stream:
        try:
            for chunk in stream:
                outcome.chunks.append(chunk)
        finally:
            outcome.completion, outcome.anomalies = stream.completion, stream.anomalies


def _break(row: Row, target: Target, client: Client, outcome: Outcome) -> None:
    for chunk in (stream := _stream(client, row, target)):
        outcome.chunks.append(chunk)
        if len(outcome.chunks) == SOME_CHUNKS:
            break
    _left(outcome)
    outcome.completion = stream.completion
    client.chat.completions.create(**request(row, target, {"model": target.request["model"], "max_tokens": 4}))


def _close(row: Row, target: Target, client: Client, outcome: Outcome) -> None:
    stream = _stream(client, row, target)
    outcome.chunks += [next(stream) for _ in range(SOME_CHUNKS)]
    stream.close()
    stream.close()
    _left(outcome)
    try:
        outcome.chunks += stream
    except StreamError as error:
        outcome.completion = error.partial
    else:
        outcome.problems.append("a closed stream ended as if it were complete")


def _deadline(row: Row, target: Target, client: Client, outcome: Outcome) -> None:
    started = time.monotonic()
    try:
        outcome.chunks += _stream(client, row, target, deadline=DEADLINE)
    finally:
        if (seconds := time.monotonic() - started) > DEADLINE + 1:
            outcome.problems.append(f"a deadline of {DEADLINE} s took {seconds:.1f} s")


def _reuse(row: Row, target: Target, client: Client, outcome: Outcome) -> None:
    for _ in range(3):
        outcome.chunks = list(stream := _stream(client, row, target))
        outcome.completion, outcome.anomalies = stream.completion, stream.anomalies


def _many(row: Row, target: Target, client: Client, outcome: Outcome) -> None:
    def one(number: int) -> Any:
        if number % 2:
            return client.chat.completions.create(**request(row, target)).to_dict()
        chunks = list(stream := _stream(client, row, target))
        return len(chunks), stream.completion

    with ThreadPoolExecutor(MANY) as pool:
        results = list(pool.map(one, range(MANY)))
    outcome.problems += same_bodies(results[1::2], outcome.recorder.exchanges)
    outcome.completion = results[0][1]


def _kill(row: Row, target: Target, client: Client, outcome: Outcome) -> None:
    killer = threading.Thread(target=target.kill)
    try:
        for chunk in _stream(client, row, target):
            outcome.chunks.append(chunk)
            if len(outcome.chunks) == SOME_CHUNKS:
                killer.start()
    finally:
        if killer.ident is not None:
            killer.join()
            target.revive()


def _left(outcome: Outcome) -> None:
    if outcome.recorder.open:
        outcome.problems.append("leaving the stream left its response open")


_WAYS = {
    "create": _create,
    "talk": _talk,
    "stream": _read,
    "break": _break,
    "close": _close,
    "deadline": _deadline,
    "reuse": _reuse,
    "many": _many,
    "kill": _kill,
    "list": _list,
}
