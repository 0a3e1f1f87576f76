"""What differs on purpose: a line for each row of the table in docs/official-sdk.md."""

import copy
import functools
import json
import pickle

import httpx2
import openai
from openai import OpenAI
from openai.types.chat import ChatCompletionMessage
from pydantic import BaseModel, ValidationError

MESSAGE = {"role": "assistant", "content": "Aye."}
COMPLETION = {
    "id": "c",
    "object": "chat.completion",
    "created": 1,
    "model": "m",
    "choices": [{"index": 0, "message": MESSAGE, "finish_reason": "stop"}],
}
requests = []


def chunk(delta, reason=None):
    choice = {"index": 0, "delta": delta, "finish_reason": reason}
    value = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}
    return f"data: {json.dumps(value)}\n\n"


def client(*answers, **settings):
    """Return a client whose server gives these answers, the last one again and again."""
    left = list(answers)
    requests.clear()

    def handler(request):
        requests.append(request)
        answer = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(answer, str):
            return httpx2.Response(200, headers={"content-type": "text/event-stream"}, text=answer)
        if callable(answer):
            return httpx2.Response(200, headers={"content-type": "text/event-stream"}, content=answer())
        status, body, headers = answer
        text = body if isinstance(body, str) else json.dumps(body)
        return httpx2.Response(status, headers={"content-type": "application/json", **headers}, text=text)

    transport = httpx2.MockTransport(handler)
    return OpenAI(http_client=httpx2.Client(transport=transport), **{"max_retries": 0, **settings})


def ask(on, **arguments):
    return on.chat.completions.create(**{"model": "m", "messages": [{"role": "user", "content": "?"}], **arguments})


def outcome(act):
    try:
        return act()
    except Exception as error:
        return f"{type(error).__name__} {hasattr(error, 'partial')}"


def row(name, shown):
    print(f"{name}: {shown}")


def read(on):
    return "".join(each.choices[0].delta.content or "" for each in ask(on, stream=True) if each.choices)


def cut(*pieces):
    def body():
        yield from (piece.encode() for piece in pieces)
        raise httpx2.ReadError("cut")

    return body


row("a truncated stream", outcome(lambda: read(client(chunk({"content": "A"})))))
row("a stream of `[DONE]` alone", repr(outcome(lambda: read(client("data: [DONE]\n\n")))))
row("a connection that breaks in a stream", outcome(lambda: read(client(cut(chunk({"content": "A"}))))))
for body in ({"error": {"message": "no"}}, {"message": "no", "code": 500}, {"object": "error", "message": "no"}):
    broken = chunk({"content": "A"}) + f"data: {json.dumps(body)}\n\n"
    row("an error inside a stream", outcome(functools.partial(read, client(broken))))
page = (200, "<html><title>Lost</title></html>", {"content-type": "text/html"})
row("HTML instead of a completion (a wrong `base_url`)", outcome(lambda: type(ask(client(page))).__name__))
row("HTML instead of a completion (a wrong `base_url`)", repr(outcome(lambda: read(client(page)))))


class Ship(BaseModel):
    name: str


def parse(content):
    choice = {"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": "stop"}
    on = client((200, {**COMPLETION, "choices": [choice]}, {}))
    return on.chat.completions.parse(model="m", messages=[], response_format=Ship).choices[0].message.parsed


row("an answer that doesn't match the type", outcome(lambda: parse('{"name": 5}')))
try:
    parse('{"name": 5}')
except Exception as error:
    row("an answer that doesn't match the type", isinstance(error.__cause__ or error, ValidationError))
row("JSON in a code fence as a typed answer", outcome(lambda: parse('```json\n{"name": "Ida"}\n```')))

lost = (404, {"error": {"message": "no such model"}}, {})
try:
    ask(client(lost))
except openai.NotFoundError as error:
    row("error messages", str(error).partition(" (")[0])
    row("`error.request`", "Bearer" in error.request.headers["authorization"])
row("NaN, a set, or bytes in a request", outcome(lambda: ask(client(lost), temperature=float("nan"))))
row("NaN, a set, or bytes in a request", outcome(lambda: ask(client(lost), stop={"a"})))
try:
    ask(client(lost), temprature=1)
except TypeError as error:
    row("a misspelled argument", "did you mean 'temperature'" in str(error))

quota = (429, {"error": {"message": "no more", "code": "insufficient_quota"}}, {"retry-after-ms": "1"})
row("`insufficient_quota`", (outcome(lambda: ask(client(quota, max_retries=1))), len(requests)))
whole = chunk({"content": "A"}) + chunk({}, "stop") + "data: [DONE]\n\n"
row(
    "a stream that is cut before its first event",
    (outcome(lambda: read(client(cut(), whole, max_retries=1))), len(requests)),
)
row("a stream that is cut before its first event", (outcome(lambda: read(client(cut(), whole))), len(requests)))

ask(client((200, COMPLETION, {})))
sent = requests[0].headers
row("`Idempotency-Key`", "idempotency-key" in sent)
row("headers about the system (`X-Stainless-...`)", any(name.startswith("x-stainless") for name in sent))

message = ChatCompletionMessage(role="assistant", content="Aye.")
row("models", isinstance(message, BaseModel))
row("models", [*ChatCompletionMessage.model_validate(MESSAGE).to_dict()])
row("`repr` of a model", repr(message))
row(
    "a keyword that a model's class doesn't know",
    outcome(lambda: ChatCompletionMessage(role="assistant", mood="grim").mood),
)
row("setting an attribute that a model's class doesn't know", outcome(lambda: setattr(message, "mood", "grim")))

call = {"index": 0, "id": "1", "type": "function", "function": {"name": "horn", "arguments": ""}}
more = [{"index": 0, "function": {"arguments": piece}} for piece in ("{", "}")]
calls = chunk({"tool_calls": [call]}) + chunk({"tool_calls": more}) + chunk({}, "tool_calls") + "data: [DONE]\n\n"
with client(calls).chat.completions.stream(model="m", messages=[]) as stream:
    deltas = [event.arguments_delta for event in stream if event.type == "tool_calls.function.arguments.delta"]
row("events for the arguments of a tool call", deltas)

row("`client.base_url`", (isinstance(client(lost).base_url, str), str(client(lost).base_url)[-1]))
row("pickling a client", outcome(lambda: type(pickle.loads(pickle.dumps(OpenAI()))) is OpenAI))
row("pickling a client", type(copy.copy(OpenAI())) is OpenAI)
