"""The deterministic engine: the same request always gives the same answers.

- The text repeats the last user message: `You said: ...`; after a tool's message it is `The tool said: ...`. Further
  choices begin with their number. A reply has at most `OUTPUT_LIMIT` tokens, which its choices share.
- `stop` cuts the text before the sequence; `max_completion_tokens` (or `max_tokens`) cuts text and arguments to so
  many tokens of our own tokeniser, and then the finish reason is `length`.
- `json_object` answers with an object that holds the text, `json_schema` with a sample of the schema.
- Sampling parameters, reasoning effort and the like are accepted and change nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from .calls import Call, tool_calls
from .errors import refusal
from .sampler import NoSampleError
from .samples import sample_json
from .tokens import LONGEST_TOKEN, split_tokens, token_count

OUTPUT_LIMIT = 16_384

# What the roles and the frame of a message count for, in tokens.
MESSAGE_TOKENS = 3

_CLOSING = " This answer comes from the local server, which repeats what it hears."


@dataclass(frozen=True, slots=True)
class Answer:
    """Hold one choice.

    Attributes:
        tokens: The text in tokens; empty if the answer is calls.
        calls: The calls; empty if the answer is text.
        finish_reason: Why it ends.
    """

    tokens: Sequence[str]
    calls: Sequence[Call]
    finish_reason: str


@dataclass(frozen=True, slots=True)
class Plan:
    """Hold all that a reply says, apart from ids and time.

    Attributes:
        answers: One for each choice.
        prompt_tokens: Tokens of the request.
        completion_tokens: Tokens of all answers.
    """

    answers: Sequence[Answer]
    prompt_tokens: int
    completion_tokens: int


def plan_reply(request: Mapping[str, Any]) -> Plan:
    """Work out the answers to a request.

    Args:
        request: A request that keeps to the contract and the rules.

    Returns:
        The plan; equal requests give equal plans.

    Raises:
        ApiError: With status 400, if a schema in the request has no sample.
    """
    count = int(request.get("n") or 1)
    wanted = request.get("max_completion_tokens") or request.get("max_tokens") or OUTPUT_LIMIT
    limit = min(int(wanted), OUTPUT_LIMIT // count)
    asked, answered = _last_words(request["messages"])
    calls = tool_calls(request, asked, answered is not None)
    answers = []
    for index in range(count):
        if calls:
            answers.append(_calling(calls, limit))
        else:
            answers.append(_telling(_text(request, asked, answered, index), request.get("stop"), limit))
    return Plan(answers, _prompt_tokens(request["messages"]), sum(map(_answer_tokens, answers)))


def _last_words(messages: Sequence[Mapping[str, Any]]) -> tuple[str, str | None]:
    """Return the last user message, or the last message without one, and the last tool's answer after it."""
    for number in range(len(messages) - 1, -1, -1):
        if messages[number]["role"] == "user":
            break
    else:
        number = -1
    later = [message for message in messages[number + 1 :] if message["role"] in ("tool", "function")]
    return content_text(messages[number]), content_text(later[-1]) if later else None


def content_text(message: Mapping[str, Any]) -> str:
    """Return the text of a message; other parts are named in brackets.

    Args:
        message: A message of a request.

    Returns:
        The text, empty for no content.
    """
    content = message.get("content")
    if isinstance(content, str):
        return content
    parts = [part.get("text", part.get("refusal", f"[{part.get('type')}]")) for part in content or ()]
    return " ".join(map(str, parts))


def _text(request: Mapping[str, Any], asked: str, answered: str | None, index: int) -> str:
    wanted = request.get("response_format") or {}
    said = (
        f"The tool said: {answered}" if answered is not None else f"You said: {asked}" if asked else "You said nothing."
    )
    if wanted.get("type") == "json_schema":
        try:
            return sample_json(wanted["json_schema"].get("schema") or {"type": "object"})
        except NoSampleError as error:
            message = f"The local server finds no value for the schema of the response format: {error}."
            raise refusal(message, "response_format.json_schema.schema", "invalid_json_schema") from error
    if wanted.get("type") == "json_object":
        return json.dumps({"choice": index + 1, "answer": said}, ensure_ascii=False)
    return (f"Choice {index + 1}: " if index else "") + said + _CLOSING


def _telling(text: str, stop: str | Iterable[str] | None, limit: int) -> Answer:
    stops = [stop] if isinstance(stop, str) else list(stop or ())
    ends = [text.find(end) for end in stops if end]
    text = text[: min((end for end in ends if end >= 0), default=len(text))]
    # More text than this cannot change the first `limit` tokens, nor that there are more of them.
    tokens = split_tokens(text[: limit * LONGEST_TOKEN + 1])
    return Answer(tokens[:limit], (), "length" if len(tokens) > limit else "stop")


def _calling(calls: Sequence[Call], limit: int) -> Answer:
    """Return the calls, cut to so many tokens; a name is not cut but left out."""
    kept: list[Call] = []
    for call in calls:
        limit -= token_count(call.name)
        tokens = split_tokens(call.text)
        if limit < 0 or len(tokens) > limit:
            if limit >= 0:
                kept.append(replace(call, text="".join(tokens[:limit])))
            return Answer((), kept, "length")
        kept.append(call)
        limit -= len(tokens)
    return Answer((), kept, "function_call" if calls[0].kind == "legacy" else "tool_calls")


def _answer_tokens(answer: Answer) -> int:
    return len(answer.tokens) + sum(token_count(call.name) + token_count(call.text) for call in answer.calls)


def _prompt_tokens(messages: Iterable[Mapping[str, Any]]) -> int:
    total = 0
    for message in messages:
        total += MESSAGE_TOKENS + token_count(content_text(message))
        for call in message.get("tool_calls") or ():
            held = call[call["type"]]
            total += token_count(held["name"]) + token_count(held.get("arguments", held.get("input", "")))
    return total
