"""Judge answers: does the server do what the specification says?"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from chat_completions.cli.probe.answers import Answer
from chat_completions.errors import (
    APIConnectionError,
    APIError,
    APIResponseValidationError,
    APIStatusError,
    IncompleteStreamError,
    StreamError,
)

Word = Literal["ok", "repaired", "ignored", "refused", "wrong", "unclear", "failed"]
MEANINGS: Mapping[Word, str] = {
    "ok": "as specified",
    "repaired": "usable, because the client repaired the response",
    "ignored": "accepted, but without effect",
    "refused": "answered with an error",
    "wrong": "done differently than specified",
    "unclear": "the answer does not show this",
    "failed": "no complete answer: the server failed, was too slow, or limited the rate",
}
SHORT = 16  # tokens of answers that only have to begin
TIGHT = 8  # tokens, where the limit itself is the question
LONGEST_TOKEN = 20  # characters; a longer text has more tokens than its length divided by this
# When the chunks of a stream arrived says something if there are this many, and it took this many seconds.
FEW, MOMENT = 10, 0.2
LONG_MOMENT = 1.0  # seconds; a server that makes its answer in less may really send it at once
INSTANT = 0.01  # seconds; what arrives within them arrives at once
TOOL = "get_weather"
KNOWN_FINISHES = ("stop", "length", "tool_calls", "content_filter", "function_call")


@dataclass(frozen=True)
class Verdict:
    """A word, and why."""

    word: Word
    detail: str


@dataclass
class Seen:
    """The findings so far.

    Attributes:
        answers: The answers to each question asked, by its name.
        words: The verdicts' words, by the same name.
        long: The token limit for answers that must be complete.
    """

    long: int
    answers: dict[str, list[Answer]] = field(default_factory=dict)
    words: dict[str, Word] = field(default_factory=dict)


Judge = Callable[[Sequence[Answer], Seen], Verdict]


def brief(text: object, most: int = 160) -> str:
    """Return a text in one line, cut."""
    line = " ".join(str(text).split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def failure(answer: Answer) -> Verdict | None:
    """Return the verdict on an answer that is an error, None if it is not one."""
    error = answer.error
    if error is None:
        return None
    message = brief(getattr(error, "message", error))
    if isinstance(error, IncompleteStreamError):
        return Verdict("wrong", f"the stream ends before it is complete: {message}")
    if isinstance(error, APIConnectionError):
        return Verdict("failed", message)
    if isinstance(error, StreamError):
        return Verdict("refused" if error.body is not None else "wrong", f"inside the stream: {message}")
    if isinstance(error, APIStatusError):
        status = error.status_code
        is_failure = status in (408, 429) or (status >= 500 and status != 501)
        return Verdict("failed" if is_failure else "refused", message)
    if isinstance(error, APIResponseValidationError) and isinstance(error.body, Mapping) and "message" in error.body:
        return Verdict("refused", message)
    return Verdict("wrong", message)


def usable(answer: Answer, detail: str) -> Verdict:
    """Return the verdict on an answer that does what was requested."""
    if answer.anomalies:
        kinds = dict.fromkeys(anomaly.kind for anomaly in answer.anomalies)
        return Verdict("repaired", f"{detail}; repaired: {', '.join(kinds)}")
    return Verdict("ok", detail)


def incomplete(answer: Answer) -> Verdict | None:
    """Return the verdict on a completion that lacks what every completion has; None if it is complete."""
    completion = answer.completion or {}
    if not answer.choices:
        return Verdict("wrong", "a completion without choices")
    for name, kind in (("id", str), ("model", str), ("created", int)):
        if not isinstance(completion.get(name), kind):
            return Verdict("wrong", f"{name} is {brief(repr(completion.get(name)))}")
    for number, choice in enumerate(answer.choices):
        if not isinstance(choice.get("message"), dict) or choice["message"].get("role") != "assistant":
            return Verdict("wrong", f"choice {number} has no message of the assistant")
        if choice.get("finish_reason") not in KNOWN_FINISHES:
            return Verdict("wrong", f"choice {number} has the finish reason {brief(repr(choice.get('finish_reason')))}")
    return None


def trouble(answer: Answer) -> Verdict | None:
    """Return the verdict on an answer that is not a usable completion."""
    return failure(answer) or incomplete(answer)


def completion(answers: Sequence[Answer], seen: Seen) -> Verdict:
    """Judge a completion, whatever it says."""
    return trouble(answers[0]) or usable(answers[0], f"finish_reason {answers[0].finish_reason}")


def accepted(answers: Sequence[Answer], seen: Seen) -> Verdict:
    """Judge a request whose effect cannot be seen."""
    return trouble(answers[0]) or usable(answers[0], "accepted; the effect is not visible")


def stream(answers: Sequence[Answer], seen: Seen) -> Verdict:
    """Judge a stream of one choice."""
    answer = answers[0]
    if found := trouble(answer):
        return found
    return usable(answer, f"{answer.chunks} chunks, finish_reason {answer.finish_reason}")


def incremental(answers: Sequence[Answer], seen: Seen) -> Verdict:
    """Judge whether the chunks of the previous stream arrived one by one, or all at once."""
    answer = next(iter(seen.answers.get("stream", ())), Answer())
    if answer.first is None:
        return Verdict("unclear", "the stream had no text")
    spread = answer.gaps.count * answer.gaps.mean if answer.gaps else 0.0
    detail = f"{answer.chunks} chunks within {spread:.2f} s, the first after {answer.first:.2f} s"
    seconds = answer.first + spread
    if answer.chunks < FEW or seconds < MOMENT:
        return Verdict("unclear", f"too short to show it: {detail}")
    held = ""
    if answer.gaps is None or spread < INSTANT:
        held = "all at once"
    elif answer.gaps.p50 == 0 and answer.gaps.mean > INSTANT / 2:
        held = "many at once"
    if held and seconds < LONG_MOMENT:
        return Verdict("unclear", f"{held}, but too short to blame buffering: {detail}")
    if held:
        return Verdict("wrong", f"{held}, as behind a proxy that buffers: {detail}")
    return Verdict("ok", detail)


def usage(answers: Sequence[Answer], seen: Seen) -> Verdict:
    """Judge the usage of the previous completion."""
    answer = next(iter(seen.answers.get("create", ())), Answer())
    if answer.completion is None:
        return Verdict("unclear", "no completion")
    return _usage(answer)


def stream_usage(answers: Sequence[Answer], seen: Seen) -> Verdict:
    """Judge the usage of a stream that requested it."""
    return trouble(answers[0]) or _usage(answers[0])


def _usage(answer: Answer) -> Verdict:
    if not answer.usage:
        return Verdict("ignored" if answer.chunks else "wrong", "no usage")
    prompt, made, total = map(answer.usage.get, ("prompt_tokens", "completion_tokens", "total_tokens"))
    if type(prompt) is not int or type(made) is not int or type(total) is not int:
        return Verdict("wrong", f"usage is {brief(answer.usage)}")
    if prompt + made != total:
        return Verdict("wrong", f"{prompt} + {made} is not {total}")
    return usable(answer, f"{prompt} + {made} = {total} tokens")


def request_id(answers: Sequence[Answer], seen: Seen) -> Verdict:
    """Judge whether the previous completion had a request id."""
    answer = next(iter(seen.answers.get("create", ())), Answer())
    if answer.completion is None:
        return Verdict("unclear", "no completion")
    return Verdict("ok", "sent") if answer.request_id else Verdict("wrong", "no header names it")


def limit(answers: Sequence[Answer], seen: Seen) -> Verdict:
    """Judge an answer that must end at TIGHT tokens."""
    answer = answers[0]
    if found := trouble(answer):
        return found
    made = answer.usage.get("completion_tokens")
    if (type(made) is int and made > TIGHT) or len(answer.text) > TIGHT * LONGEST_TOKEN:
        return Verdict("ignored", f"{made or 'more'} tokens, although the limit is {TIGHT}")
    if answer.finish_reason == "length":
        return usable(answer, f"ends at {TIGHT} tokens")
    return Verdict("unclear", f"the answer ended before {TIGHT} tokens: finish_reason {answer.finish_reason}")


def stop_in(seen: Seen) -> str | None:
    """Return a word from the middle of the first answer to the question about `stop`, None if there is none."""
    text = seen.answers["stop"][0].text
    words = [word for word in text.split()[1:] if len(word) > 1]
    return words[len(words) // 2][:20] if words else None


def stop(answers: Sequence[Answer], seen: Seen) -> Verdict:
    """Judge two answers to the same prompt, the second one with a stop sequence that is in the first."""
    for answer in answers:
        if found := trouble(answer):
            return found
    word = stop_in(seen)
    if word is None or len(answers) < 2:
        return Verdict("unclear", "the answer has no text to stop in")
    before, after = answers[0].text.partition(word)[0], answers[1].text
    if word in after:
        return Verdict("ignored", f"the text continues after {word!r}")
    if after.rstrip() != before.rstrip():
        return Verdict("unclear", f"{word!r} is not in the text, but the text differs")
    if answers[1].finish_reason != "stop":
        return Verdict("wrong", f"stopped, but finish_reason is {answers[1].finish_reason}")
    return usable(answers[1], f"stopped before {word!r}")


def seed(answers: Sequence[Answer], seen: Seen) -> Verdict:
    """Judge two answers with the same seed and one with another."""
    for answer in answers:
        if found := trouble(answer):
            return found
    first, again, other = (answer.text for answer in answers)
    if not first or first == again == other:
        return Verdict("unclear", "the text is always the same" if first else "the answer has no text")
    if first != again:
        return Verdict("ignored", "two answers with the same seed differ")
    return usable(answers[0], "same text with the same seed, different text with another")


def two_choices(answers: Sequence[Answer], seen: Seen) -> Verdict:
    """Judge an answer to n=2."""
    answer = answers[0]
    if found := failure(answer):
        return found
    if len(answer.choices) == 1:
        return Verdict("ignored", "one choice")
    if found := incomplete(answer):
        return found
    numbers = [choice.get("index") for choice in answer.choices]
    if numbers != [0, 1]:
        return Verdict("wrong", f"choices with the indexes {numbers}")
    return usable(answer, "two choices")


def logprobs(answers: Sequence[Answer], seen: Seen) -> Verdict:
    """Judge an answer that should have the log probabilities of its tokens and of two others each."""
    answer = answers[0]
    if found := trouble(answer):
        return found
    found_ = answer.choices[0].get("logprobs")
    tokens = found_.get("content") if isinstance(found_, dict) else None
    if not tokens:
        return Verdict("ignored", "no log probabilities")
    for token in tokens if isinstance(tokens, list) else [tokens]:
        if not isinstance(token, dict) or not isinstance(token.get("logprob"), int | float):
            return Verdict("wrong", f"a token is {brief(token)}")
        if not isinstance(top := token.get("top_logprobs"), list) or not top:
            return Verdict("wrong", "no top_logprobs")
    return usable(answer, f"{len(tokens)} tokens")


def _cut(answer: Answer, seen: Seen) -> Verdict | None:
    if answer.finish_reason == "length":
        return Verdict("unclear", f"cut off at {seen.long} tokens; increase --max-tokens")
    return None


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _structured(answer: Answer, seen: Seen) -> Verdict | None:
    """Return the verdict on an answer that is not a JSON object."""
    if found := trouble(answer):
        return found
    if isinstance(_json(answer.text), dict):
        return None
    if answer.text.lstrip().startswith("```"):
        return Verdict("ignored", "JSON in a Markdown fence, or other text")
    return _cut(answer, seen) or Verdict("ignored", f"not a JSON object: {brief(answer.text, 60)!r}")


def json_object(answers: Sequence[Answer], seen: Seen) -> Verdict:
    """Judge an answer that has to be a JSON object."""
    return _structured(answers[0], seen) or usable(answers[0], "a JSON object")


def json_schema(answers: Sequence[Answer], seen: Seen) -> Verdict:
    """Judge an answer that has to match a schema which its prompt does not mention."""
    answer = answers[0]
    if found := _structured(answer, seen):
        return found
    value = _json(answer.text)
    if value.keys() != {"station", "level"} or value["station"] != "K-17" or type(value["level"]) is not int:
        return Verdict("ignored", f"JSON that does not match the schema: {brief(answer.text, 60)}")
    return usable(answer, "matches the schema")


def tool_call(kind: Literal["auto", "required", "named"]) -> Judge:
    """Return a judge of an answer that should call the tool."""

    def judge(answers: Sequence[Answer], seen: Seen) -> Verdict:
        answer = answers[0]
        if found := trouble(answer):
            return found
        if not answer.tool_calls:
            return _no_call(answer, seen, kind)
        if found := _odd_calls(answer, seen):
            return found
        finish = answer.finish_reason
        # OpenAI's own API ends a call of a named tool with `stop`.
        if finish != "tool_calls" and not (kind == "named" and finish == "stop"):
            return Verdict("wrong", f"calls the tool, but finish_reason is {finish}")
        return usable(answer, f"calls the tool, finish_reason {finish}")

    return judge


def _no_call(answer: Answer, seen: Seen, kind: str) -> Verdict:
    if found := _cut(answer, seen):
        return found
    if TOOL in answer.text and "{" in answer.text:
        return Verdict("wrong", f"the call is in the text: {brief(answer.text, 60)!r}")
    return Verdict("unclear" if kind == "auto" else "ignored", "the model calls no tool")


def _odd_calls(answer: Answer, seen: Seen) -> Verdict | None:
    for call in answer.tool_calls:
        function = call.get("function") if isinstance(call, dict) else None
        if not isinstance(function, dict) or call.get("type") != "function" or not call.get("id"):
            return Verdict("wrong", f"a tool call is {brief(call)}")
        if function.get("name") != TOOL:
            return Verdict("wrong", f"calls {brief(repr(function.get('name')))}, which is not a tool of the request")
        arguments = function.get("arguments")
        if not isinstance(arguments, str):
            return Verdict("wrong", f"arguments are not text but {type(arguments).__name__}")
        value = _json(arguments)
        if not isinstance(value, dict):
            return _cut(answer, seen) or Verdict("wrong", f"arguments are not a JSON object: {brief(arguments, 60)!r}")
        if not isinstance(value.get("city"), str):
            return Verdict("wrong", f"arguments do not match the schema: {brief(arguments, 60)}")
    return None


def no_call(answers: Sequence[Answer], seen: Seen) -> Verdict:
    """Judge an answer that must not call a tool."""
    answer = answers[0]
    if found := trouble(answer):
        return found
    return Verdict("ignored", "calls the tool") if answer.tool_calls else usable(answer, "calls no tool")


def two_calls(answers: Sequence[Answer], seen: Seen) -> Verdict:
    """Judge an answer that should call the tool twice."""
    answer = answers[0]
    if found := trouble(answer):
        return found
    if len(answer.tool_calls) < 2:
        return _cut(answer, seen) or Verdict("unclear", f"the model makes {len(answer.tool_calls)} calls, not two")
    return _odd_calls(answer, seen) or usable(answer, f"{len(answer.tool_calls)} calls")


def one_call(answers: Sequence[Answer], seen: Seen) -> Verdict:
    """Judge an answer that must not call the tool more than once."""
    answer = answers[0]
    if found := trouble(answer):
        return found
    if len(answer.tool_calls) > 1:
        return Verdict("ignored", f"{len(answer.tool_calls)} calls")
    if not answer.tool_calls:
        return _no_call(answer, seen, "auto")
    return _odd_calls(answer, seen) or usable(answer, "one call")


def error(*statuses: int, accepts: str = "accepted, although it is invalid") -> Judge:
    """Return a judge of a request that the server must refuse.

    Args:
        statuses: The statuses that say why.
        accepts: What to say if it does not refuse.
    """

    def judge(answers: Sequence[Answer], seen: Seen) -> Verdict:
        found = answers[0].error
        if found is None:
            return Verdict("ignored", accepts)
        if isinstance(found, APIConnectionError):
            return Verdict("failed", brief(found.message))
        if not isinstance(found, APIError):
            return Verdict("wrong", brief(found))
        if not isinstance(found, APIStatusError) or isinstance(found, APIResponseValidationError):
            return Verdict("wrong", f"HTTP 200, and the error only in the body: {brief(found.message)}")
        if found.status_code == 429:
            return Verdict("failed", brief(found.message))
        if found.status_code not in statuses:
            return Verdict("wrong", f"not one of {', '.join(map(str, statuses))}: {brief(found.message)}")
        if not isinstance(found.body, Mapping) or not isinstance(found.body.get("message"), str):
            return Verdict("wrong", f"HTTP {found.status_code} without an error object: {brief(found.body)}")
        named = f", code {found.code}" if found.code is not None else ""
        return Verdict("ok", f"HTTP {found.status_code}{named}: {brief(found.body['message'], 100)}")

    return judge


def listing(answers: Sequence[Answer], seen: Seen) -> Verdict:
    """Judge a page of stored completions."""
    if found := failure(answers[0]):
        return found
    items = (answers[0].page or {}).get("data")
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        return Verdict("wrong", f"not a page: {brief(answers[0].page, 60)}")
    return Verdict("ok", f"{len(items)} on the page")


def stored(answers: Sequence[Answer], seen: Seen) -> Verdict:
    """Judge a stored completion, the page that its metadata select, and the page that other metadata select."""
    for answer in answers:
        if found := failure(answer):
            return found
    created, own, other = answers
    if _items(other):
        return Verdict("ignored", "the listing does not filter by metadata")
    known = (created.completion or {}).get("id")
    if not any(isinstance(item, dict) and item.get("id") == known for item in _items(own)):
        return Verdict("unclear", "the completion is not in the list, or not yet")
    return Verdict("ok", "listed by its metadata")


def _items(answer: Answer) -> list[Any]:
    items = (answer.page or {}).get("data")
    return items if isinstance(items, list) else []
