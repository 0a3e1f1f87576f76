"""The questions: what is sent, and what judges the answer. `--require` takes their names."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from chat_completions.cli.probe import verdicts
from chat_completions.cli.probe.verdicts import SHORT, TIGHT, TOOL, Judge, Seen

# Requests whose answers have to be whole have the limit of --max-tokens.
LONG = 0


@dataclass(frozen=True)
class Ask:
    """One request.

    Attributes:
        body: The fields besides model, messages and limit, or a function of the results so far; None: not asked.
        tokens: The token limit for each choice; LONG for --max-tokens.
        limit: The field for the limit, if that is being tested.
        call: Which call; a listing has a query instead of a body.
        key: Whether the right key is sent.
    """

    body: Mapping[str, Any] | Callable[[Seen], Mapping[str, Any] | None]
    tokens: int = SHORT
    limit: Literal["max_tokens", "max_completion_tokens"] | None = None
    call: Literal["create", "list"] = "create"
    key: bool = True


@dataclass(frozen=True)
class Question:
    """A question to a server.

    Attributes:
        name: Its name.
        what: Its subject, in a few words.
        asks: The requests.
        judge: Judges the answers.
        needs: The question that must be ok for this one to be asked.
    """

    name: str
    what: str
    asks: Sequence[Ask]
    judge: Judge
    needs: str | None = None


def _user(text: str) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": text}]}


HELLO = _user("Say hello.")
COUNT = _user("Count from 1 to 100 in words.")
STORY = _user("Tell a story about a river.")
JSON = _user("Describe Ulm as a JSON object with the keys name and country.")
WEATHER = _user(f"How is the weather in Ulm? To know it, call {TOOL}.")
TWO_CITIES = _user(f"How is the weather in Ulm and in Bergen? Call {TOOL} once for each city, both at once.")
PARAMETERS = {
    "type": "object",
    "properties": {"city": {"type": "string", "enum": ["Ulm", "Bergen"]}},
    "required": ["city"],
    "additionalProperties": False,
}
TOOLS = {"tools": [{"type": "function", "function": {"name": TOOL, "strict": True, "parameters": PARAMETERS}}]}
NAMED = {**TOOLS, "tool_choice": {"type": "function", "function": {"name": TOOL}}}
CALL = {"id": "call_0", "type": "function", "function": {"name": TOOL, "arguments": '{"city": "Ulm"}'}}
TOOL_RESULT = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "How is the weather in Ulm?"},
    {"role": "assistant", "content": None, "tool_calls": [CALL]},
    {"role": "tool", "tool_call_id": "call_0", "content": "rain"},
]
DEVELOPER = [{"role": "developer", "content": "Be brief."}, {"role": "user", "content": "Say hello."}]
PARTS = [{"role": "user", "content": [{"type": "text", "text": "Say "}, {"type": "text", "text": "hello."}]}]
# A schema that no answer matches by chance, and that the prompt does not mention.
STATION = {
    "type": "object",
    "properties": {"station": {"type": "string", "enum": ["K-17"]}, "level": {"type": "integer"}},
    "required": ["station", "level"],
    "additionalProperties": False,
}
AS_STATION = {
    **_user("How high is the water?"),
    "response_format": {
        "type": "json_schema",
        "json_schema": {"name": "station", "strict": True, "schema": STATION},
    },
}
STREAM = {"stream": True}
LOGPROBS = {"logprobs": True, "top_logprobs": 2}
UNKNOWN_MODEL = "missing-model-of-the-probe"
WRONG_KEY = "sk-wrong-key-of-the-probe"
STORED = {"chat_completions_probe": "stored"}
NOT_STORED = {"chat_completions_probe": "not stored"}
SAME_TEXT = {**STORY, "temperature": 0, "seed": 7}


def _with_stop(seen: Seen) -> Mapping[str, Any] | None:
    word = verdicts.stop_in(seen)
    return None if word is None else {**SAME_TEXT, "stop": [word]}


# The first four say whether there is anything to ask, and how answers are limited.
FIRST = ("max-tokens", "max-completion-tokens", "create", "stream")
QUESTIONS: tuple[Question, ...] = (
    Question(
        "max-tokens",
        "max_tokens limits the answer",
        [Ask(COUNT, TIGHT, limit="max_tokens")],
        verdicts.limit,
    ),
    Question(
        "max-completion-tokens",
        "max_completion_tokens limits the answer",
        [Ask(COUNT, TIGHT, limit="max_completion_tokens")],
        verdicts.limit,
    ),
    Question("create", "a completion", [Ask(HELLO)], verdicts.completion),
    Question("stream", "a stream", [Ask({**STORY, **STREAM}, 4 * SHORT)], verdicts.stream),
    Question("incremental", "its chunks arrive one by one", [], verdicts.incremental),
    Question(
        "stream-usage",
        "stream_options.include_usage",
        [Ask({**HELLO, **STREAM, "stream_options": {"include_usage": True}})],
        verdicts.stream_usage,
    ),
    Question("stream-n", "n=2, streamed", [Ask({**HELLO, **STREAM, "n": 2})], verdicts.two_choices),
    Question(
        "stream-logprobs",
        "log probabilities, streamed",
        [Ask({**HELLO, **STREAM, **LOGPROBS})],
        verdicts.logprobs,
    ),
    Question(
        "stream-tools",
        "a named tool, streamed",
        [Ask({**WEATHER, **STREAM, **NAMED}, LONG)],
        verdicts.tool_call("named"),
    ),
    Question(
        "stream-json-schema",
        "a strict JSON Schema, streamed",
        [Ask({**AS_STATION, **STREAM}, LONG)],
        verdicts.json_schema,
    ),
    Question("usage", "usage of a completion", [], verdicts.usage),
    Question("request-id", "a header with the request's id", [], verdicts.request_id),
    Question("text-parts", "a message in parts", [Ask({"messages": PARTS})], verdicts.completion),
    Question("developer-role", "a developer message", [Ask({"messages": DEVELOPER})], verdicts.completion),
    Question(
        "tool-results",
        "system message, tool call and result",
        [Ask({**TOOLS, "messages": TOOL_RESULT})],
        verdicts.completion,
    ),
    Question("list", "the stored completions", [Ask({"limit": 1}, 0, call="list")], verdicts.listing),
    Question(
        "store",
        "store, and list by metadata",
        [
            Ask({**HELLO, "store": True, "metadata": STORED}),
            Ask({"limit": 100, "order": "desc", "metadata": STORED}, 0, call="list"),
            Ask({"limit": 1, "metadata": NOT_STORED}, 0, call="list"),
        ],
        verdicts.stored,
        needs="list",
    ),
    Question(
        "sampling",
        "temperature, top_p and penalties",
        [Ask({**HELLO, "temperature": 0, "top_p": 1, "presence_penalty": 0, "frequency_penalty": 0})],
        verdicts.accepted,
    ),
    Question("n", "n=2", [Ask({**HELLO, "n": 2})], verdicts.two_choices),
    Question("stop", "stop", [Ask(SAME_TEXT), Ask(_with_stop)], verdicts.stop),
    Question("seed", "seed", [Ask({**STORY, "seed": number}) for number in (7, 7, 8)], verdicts.seed),
    Question("logprobs", "logprobs, top_logprobs", [Ask({**HELLO, **LOGPROBS})], verdicts.logprobs),
    Question(
        "json-object",
        "response_format json_object",
        [Ask({**JSON, "response_format": {"type": "json_object"}}, LONG)],
        verdicts.json_object,
    ),
    Question("json-schema", "a strict JSON Schema", [Ask(AS_STATION, LONG)], verdicts.json_schema),
    Question("tools", "the model may call a tool", [Ask({**WEATHER, **TOOLS}, LONG)], verdicts.tool_call("auto")),
    Question(
        "tools-required",
        "tool_choice required",
        [Ask({**WEATHER, **TOOLS, "tool_choice": "required"}, LONG)],
        verdicts.tool_call("required"),
    ),
    Question(
        "tools-named",
        "tool_choice names the tool",
        [Ask({**WEATHER, **NAMED}, LONG)],
        verdicts.tool_call("named"),
    ),
    Question("tools-none", "tool_choice none", [Ask({**WEATHER, **TOOLS, "tool_choice": "none"})], verdicts.no_call),
    Question("parallel-tools", "two calls at once", [Ask({**TWO_CITIES, **TOOLS}, LONG)], verdicts.two_calls),
    Question(
        "one-tool-call",
        "parallel_tool_calls false",
        [Ask({**TWO_CITIES, **TOOLS, "tool_choice": "required", "parallel_tool_calls": False}, LONG)],
        verdicts.one_call,
    ),
    Question(
        "unknown-model",
        "a model that does not exist",
        [Ask({**HELLO, "model": UNKNOWN_MODEL})],
        verdicts.error(400, 403, 404, 422, accepts="answers as if it had that model"),
    ),
    Question(
        "bad-parameter",
        "temperature is a text",
        [Ask({**HELLO, "temperature": "hot"})],
        verdicts.error(400, 422),
    ),
    Question("bad-messages", "messages is a text", [Ask({"messages": "?"})], verdicts.error(400, 422)),
    Question(
        "bad-stream",
        "temperature is a text, streamed",
        [Ask({**HELLO, **STREAM, "temperature": "hot"})],
        verdicts.error(400, 422),
    ),
    Question(
        "wrong-key",
        "a wrong key",
        [Ask(HELLO, key=False)],
        verdicts.error(401, 403, accepts="any key is accepted"),
    ),
)


def cost(long: int) -> tuple[int, int]:
    """Return the number of requests, and the maximum number of tokens in their answers.

    Args:
        long: The token limit for answers that must be complete.
    """
    asks = [ask for question in QUESTIONS for ask in question.asks]
    return len(asks), sum((ask.tokens or long) * _choices(ask) for ask in asks if ask.call == "create")


def _choices(ask: Ask) -> int:
    return int(ask.body.get("n", 1)) if isinstance(ask.body, Mapping) else 1


def named(texts: Sequence[str]) -> Iterator[str]:
    """Yield the names in comma-separated texts."""
    for text in texts:
        yield from filter(None, (name.strip() for name in text.split(",")))
