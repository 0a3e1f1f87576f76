"""The deterministic engine: the same request always gets the same reply.

- The text repeats the last user message: `You said: ...`; after a tool message it is `The tool said: ...`. Choices
  after the first begin with their number. A reply has at most `OUTPUT_LIMIT` tokens, shared by its choices.
- `stop` cuts the text before the sequence; `max_completion_tokens` (or `max_tokens`) limits the tokens of text and
  arguments, as counted by `tokens`, and the finish reason is then `length`.
- `json_object` returns an object that contains the text, `json_schema` a sample of the schema.
- Sampling parameters, reasoning effort and the like are accepted but have no effect.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from .calls import Call, tool_calls
from .errors import refusal
from .sample_maker import NoSampleError
from .samples import sample_json
from .tokens import LONGEST_TOKEN, split_tokens, token_count

OUTPUT_LIMIT = 16_384

# Tokens that each message costs besides its text.
MESSAGE_TOKENS = 3

_CLOSING = " This answer comes from the local server, which repeats what it hears."


@dataclass(frozen=True, slots=True)
class Answer:
    """One choice of a reply.

    Attributes:
        tokens: The tokens of the text; empty if there are calls.
        calls: The tool calls; empty if there is text.
        finish_reason: The finish reason.
    """

    tokens: Sequence[str]
    calls: Sequence[Call]
    finish_reason: str


@dataclass(frozen=True, slots=True)
class Plan:
    """The content of a reply, without ids and times.

    Attributes:
        answers: One for each choice.
        prompt_tokens: Tokens of the request.
        completion_tokens: Tokens of all choices.
    """

    answers: Sequence[Answer]
    prompt_tokens: int
    completion_tokens: int


def plan_reply(request: Mapping[str, Any]) -> Plan:
    """Return the plan of the reply to a request; equal requests have equal plans.

    Args:
        request: A valid request.

    Raises:
        ApiError: With status 400, if a schema in the request has no sample.
    """
    count = int(request.get("n") or 1)
    requested = request.get("max_completion_tokens") or request.get("max_tokens") or OUTPUT_LIMIT
    limit = min(int(requested), OUTPUT_LIMIT // count)
    user_text, tool_text = _last_texts(request["messages"])
    calls = tool_calls(request, user_text, tool_text is not None)
    answers = []
    for index in range(count):
        if calls:
            answers.append(_calls_choice(calls, limit))
        else:
            answers.append(_text_choice(_text(request, user_text, tool_text, index), request.get("stop"), limit))
    return Plan(answers, _prompt_tokens(request["messages"]), sum(map(_answer_tokens, answers)))


def _last_texts(messages: Sequence[Mapping[str, Any]]) -> tuple[str, str | None]:
    """Return the text of the last user message (else of the last message) and of the last tool message after it."""
    for number in range(len(messages) - 1, -1, -1):
        if messages[number]["role"] == "user":
            break
    else:
        number = -1
    later = [message for message in messages[number + 1 :] if message["role"] in ("tool", "function")]
    return content_text(messages[number]), content_text(later[-1]) if later else None


def content_text(message: Mapping[str, Any]) -> str:
    """Return the text of a message, empty without content; other parts appear as their type in brackets."""
    content = message.get("content")
    if isinstance(content, str):
        return content
    parts = [part.get("text", part.get("refusal", f"[{part.get('type')}]")) for part in content or ()]
    return " ".join(map(str, parts))


def _text(request: Mapping[str, Any], user_text: str, tool_text: str | None, index: int) -> str:
    response_format = request.get("response_format") or {}
    if tool_text is not None:
        echo = f"The tool said: {tool_text}"
    else:
        echo = f"You said: {user_text}" if user_text else "You said nothing."
    if response_format.get("type") == "json_schema":
        try:
            return sample_json(response_format["json_schema"].get("schema") or {"type": "object"})
        except NoSampleError as error:
            message = f"The local server found no value for the schema of the response format: {error}."
            raise refusal(message, "response_format.json_schema.schema", "invalid_json_schema") from error
    if response_format.get("type") == "json_object":
        return json.dumps({"choice": index + 1, "answer": echo}, ensure_ascii=False)
    return (f"Choice {index + 1}: " if index else "") + echo + _CLOSING


def _text_choice(text: str, stop: str | Iterable[str] | None, limit: int) -> Answer:
    stops = [stop] if isinstance(stop, str) else list(stop or ())
    ends = [text.find(end) for end in stops if end]
    text = text[: min((end for end in ends if end >= 0), default=len(text))]
    # More text than this cannot change the first `limit` tokens, nor that there are more of them.
    tokens = split_tokens(text[: limit * LONGEST_TOKEN + 1])
    return Answer(tokens[:limit], (), "length" if len(tokens) > limit else "stop")


def _calls_choice(calls: Sequence[Call], limit: int) -> Answer:
    """Return the calls cut to `limit` tokens; a name is never cut but left out."""
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
