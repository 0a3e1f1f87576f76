"""Calls without a stream, from memory: one completion, a page of a hundred, a request of a thousand messages."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from bench import plain_generator
from bench.fixtures import completion, completion_page, request
from bench.plan import MICRO, Plan
from bench.results import Measure, Target
from bench.streams import ARGUMENTS, OFFICIAL, OURS, PLAIN, URL
from bench.timing import repeated
from bench.transports import BASE_URL, json_client, json_client2

HTTPX = "httpx + json"
LOADS = "json.loads"
DUMPS = "json.dumps"


def measures(plan: Plan) -> Iterator[Measure]:
    """Measure a call of `create`, decoding and getting a page, and encoding a long request."""
    models = plain_generator.imported(plan.folder)
    cases: dict[str, tuple[str, dict[str, Callable[[], Any]], str, float, Target]] = {
        "create": ("create()", _creating(models), HTTPX, MICRO, Target(OURS, "ratio", HTTPX, 1.25)),
        "page": ("decode a page of 100", _decoding(models), LOADS, MICRO, Target(OURS, "ratio", LOADS, 2.5)),
        "list": ("list(), a page of 100", _listing(), HTTPX, MICRO, Target(OURS, "ratio", HTTPX, 2.5)),
        "encode": ("encode 1,000 messages", _encoding(models), DUMPS, MICRO, Target(OURS, "ratio", DUMPS, 1.3)),
    }
    for name, (title, runs, reference, scale, target) in cases.items():
        if not plan.wants(f"calls/{name}"):
            continue
        results = {key: run() for key, run in runs.items()}
        if len(set(results.values())) != 1:
            raise AssertionError(f"calls/{name}: the contenders find different things: {results}")
        yield plan.measure(
            f"calls/{name}",
            title,
            {key: repeated(run, 0.02 if plan.quick else 0.05) for key, run in runs.items()},
            rounds=15,
            reference=reference,
            scale=scale,
            targets=[target],
        )


def _creating(models: Any) -> dict[str, Callable[[], int]]:
    from openai import OpenAI

    from chat_completions import Client

    body = json.dumps(completion()).encode()
    ours = Client(base_url=BASE_URL, api_key="bench", http_client=json_client(body))
    official = OpenAI(base_url=BASE_URL, api_key="bench", http_client=json_client2(body))
    bare = json_client(body)
    decode = models.ChatCompletion.from_dict

    def posted() -> Any:
        return json.loads(bare.post(URL, json=ARGUMENTS).content)

    return {
        OURS: lambda: _size(ours.chat.completions.create(**ARGUMENTS)),
        HTTPX: lambda: len(posted()["choices"][0]["message"]["content"]),
        PLAIN: lambda: _size(decode(posted())),
        OFFICIAL: lambda: _size(official.chat.completions.create(**ARGUMENTS)),
    }


def _decoding(models: Any) -> dict[str, Callable[[], int]]:
    from chat_completions.models import ChatCompletionList

    body = json.dumps(completion_page()).encode()
    return {
        OURS: lambda: sum(map(_size, ChatCompletionList.from_dict(json.loads(body)).data)),
        LOADS: lambda: sum(map(_size_of_dict, json.loads(body)["data"])),
        PLAIN: lambda: sum(map(_size, models.ChatCompletionList.from_dict(json.loads(body)).data)),
    }


def _listing() -> dict[str, Callable[[], int]]:
    from openai import OpenAI

    from chat_completions import Client

    body = json.dumps(completion_page()).encode()
    ours = Client(base_url=BASE_URL, api_key="bench", http_client=json_client(body))
    official = OpenAI(base_url=BASE_URL, api_key="bench", http_client=json_client2(body))
    bare = json_client(body)
    return {
        OURS: lambda: sum(map(_size, ours.chat.completions.list(limit=100))),
        HTTPX: lambda: sum(map(_size_of_dict, json.loads(bare.get(URL, params={"limit": 100}).content)["data"])),
        OFFICIAL: lambda: sum(map(_size, official.chat.completions.list(limit=100))),
    }


def _encoding(models: Any) -> dict[str, Callable[[], int]]:
    from chat_completions._client.operations import create_call

    body = request(1000)
    # How the text is spelled is everyone's own business, so what is compared is what it says.
    encoders: dict[str, Callable[[], bytes]] = {
        OURS: lambda: create_call(None, body, False).request["content"],
        DUMPS: lambda: json.dumps(body).encode(),
        PLAIN: lambda: json.dumps(models.CreateChatCompletionRequest.from_dict(body).to_dict()).encode(),
    }
    for name, encode in encoders.items():
        if json.loads(encode()) != body:
            raise AssertionError(f"{name} encodes another request")
    return {name: _only_run(encode) for name, encode in encoders.items()}


def _only_run(encode: Callable[[], bytes]) -> Callable[[], int]:
    def run() -> int:
        encode()
        return 0

    return run


def _size(completion: Any) -> int:
    return len(completion.choices[0].message.content)


def _size_of_dict(completion: Any) -> int:
    return len(completion["choices"][0]["message"]["content"])
