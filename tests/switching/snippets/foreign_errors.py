"""What the program's own transports, authentications and event hooks raise."""

import asyncio

import httpx2
from openai import AsyncOpenAI, OpenAI

hello = [{"role": "user", "content": "Hello"}]
raised = []


def fail(kind):
    raised.append(kind)
    raise kind("the rope broke")


def transport_of(kind):
    return httpx2.MockTransport(lambda request: fail(kind))


def body_of(kind):
    yield b'data: {"id": "c", "choices": [{"index": 0, "delta": {"content": "A"}}]}\n\n'
    fail(kind)


def stream_of(kind):
    headers = {"content-type": "text/event-stream"}
    return httpx2.MockTransport(lambda request: httpx2.Response(200, headers=headers, content=body_of(kind)))


class Auth(httpx2.Auth):
    def __init__(self, kind):
        self.kind = kind

    def auth_flow(self, request):
        fail(self.kind)
        yield request


def outcome(place, kind, settings, stream=False):
    raised.clear()
    with httpx2.Client(**settings) as http_client:
        client = OpenAI(http_client=http_client, max_retries=1)
        try:
            list(client.chat.completions.create(model="gpt-5-mini", messages=hello, stream=stream))
        except Exception as error:
            print(place, kind.__name__, type(error).__name__, type(error.__cause__).__name__, len(raised))


async def outcome_async(place, kind, settings):
    raised.clear()
    async with httpx2.AsyncClient(**settings) as http_client:
        client = AsyncOpenAI(http_client=http_client, max_retries=1)
        try:
            await client.chat.completions.create(model="gpt-5-mini", messages=hello)
        except Exception as error:
            print(place, kind.__name__, type(error).__name__, type(error.__cause__).__name__, len(raised))


for kind in (LookupError, RuntimeError, OSError, httpx2.ConnectError, AssertionError):

    async def hook(response, kind=kind):
        fail(kind)

    outcome("transport", kind, {"transport": transport_of(kind)})
    outcome("auth", kind, {"auth": Auth(kind)})
    outcome("hook", kind, {"event_hooks": {"request": [lambda request, kind=kind: fail(kind)]}})
    outcome("stream", kind, {"transport": stream_of(kind)}, stream=True)
    asyncio.run(outcome_async("async transport", kind, {"transport": transport_of(kind)}))
    asyncio.run(outcome_async("async hook", kind, {"event_hooks": {"response": [hook]}}))
