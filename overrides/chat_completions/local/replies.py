"""Format the engine's plan as it is sent: one completion, or the chunks of a stream."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .calls import Call
from .engine import Answer, Plan
from .spoken import is_spoken, spoken, spoken_deltas
from .tokens import split_tokens

FINGERPRINT = "fp_local00001"

# The alternatives in `top_logprobs`.
_OTHERS: tuple[str, ...] = (" the", " a", " an", " it", " this", " that", " is", " was", " are", " be", " to")
_OTHERS += (" of", " in", " on", " at", " as", " by", " or", " and", " so", " but")


@dataclass(frozen=True, slots=True)
class Reply:
    """Format a plan as a completion or as chunks.

    Args:
        request: The request that is answered.
        plan: The engine's plan.
        id: The completion's id.
        created: Unix time in seconds.
    """

    request: Mapping[str, Any]
    plan: Plan
    id: str
    created: int

    def completion(self) -> dict[str, Any]:
        """Return the whole completion; with `store`, it includes its metadata."""
        choices = [
            {
                "index": index,
                "message": self._message(answer, index),
                "logprobs": None if answer.calls else self._logprobs(answer.tokens),
                "finish_reason": answer.finish_reason,
            }
            for index, answer in enumerate(self.plan.answers)
        ]
        completion = {**self._frame("chat.completion"), "choices": choices, "usage": self._usage()}
        if self.request.get("store"):
            completion["metadata"] = self.request.get("metadata") or {}
        return completion

    def chunks(self) -> Iterator[dict[str, Any]]:
        """Yield the chunks of the stream, the choices taking turns.

        Each choice begins with its role, continues token by token, and ends with an empty delta and the finish reason.
        With `stream_options.include_usage`, a chunk without choices comes last.
        """
        frame = self._frame("chat.completion.chunk")
        with_usage = bool((self.request.get("stream_options") or {}).get("include_usage"))
        usage = {"usage": None} if with_usage else {}
        running = [self._choice_chunks(answer, index) for index, answer in enumerate(self.plan.answers)]
        while running:
            for choice_chunks in list(running):
                choice = next(choice_chunks, None)
                if choice is None:
                    running.remove(choice_chunks)
                else:
                    yield {**frame, "choices": [choice], **usage}
        if with_usage:
            yield {**frame, "choices": [], "usage": self._usage()}

    def _frame(self, kind: str) -> dict[str, Any]:
        frame = {"id": self.id, "object": kind, "created": self.created, "model": self.request["model"]}
        if self.request.get("service_tier") is not None:
            frame["service_tier"] = self.request["service_tier"]
        return {**frame, "system_fingerprint": FINGERPRINT}

    def _usage(self) -> dict[str, Any]:
        prompt, completion = self.plan.prompt_tokens, self.plan.completion_tokens
        return {
            "prompt_tokens": prompt,
            "completion_tokens": completion,
            "total_tokens": prompt + completion,
            "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
            "completion_tokens_details": {
                "reasoning_tokens": 0,
                "audio_tokens": 0,
                "accepted_prediction_tokens": 0,
                "rejected_prediction_tokens": 0,
            },
        }

    def _message(self, answer: Answer, index: int) -> dict[str, Any]:
        message: dict[str, Any] = {"role": "assistant", "content": None, "refusal": None, "annotations": []}
        if answer.calls and answer.calls[0].kind == "legacy":
            return {**message, "function_call": {"name": answer.calls[0].name, "arguments": answer.calls[0].text}}
        if answer.calls:
            calls = [
                {"id": self._call_id(index, number), "type": call.kind, call.kind: _named(call, call.text)}
                for number, call in enumerate(answer.calls)
            ]
            return {**message, "tool_calls": calls}
        if is_spoken(self.request):
            return {**message, "audio": spoken(self.request, self._audio_id(index), self.created, answer.tokens)}
        return {**message, "content": "".join(answer.tokens)}

    def _choice_chunks(self, answer: Answer, index: int) -> Iterator[dict[str, Any]]:
        def choice(delta: dict[str, Any], logprobs: Any = None, finish_reason: str | None = None) -> dict[str, Any]:
            return {"index": index, "delta": delta, "logprobs": logprobs, "finish_reason": finish_reason}

        is_text = not (answer.calls or is_spoken(self.request))
        first = {"role": "assistant", "content": "" if is_text else None, "refusal": None}
        if not answer.calls:
            yield choice(first, self._logprobs(()))
        if is_text:
            for token in answer.tokens:
                yield choice({"content": token}, self._logprobs((token,)))
        elif not answer.calls:
            for delta in spoken_deltas(self._audio_id(index), self.created, answer.tokens):
                yield choice({"audio": delta})
        for number, call in enumerate(answer.calls):
            opening = {"index": number, "id": self._call_id(index, number), "type": call.kind}
            yield choice({**({} if number else first), **_call_delta(call, opening, _named(call, ""))})
            for token in split_tokens(call.text):
                field = "input" if call.kind == "custom" else "arguments"
                yield choice(_call_delta(call, {"index": number}, {field: token}))
        yield choice({}, None, answer.finish_reason)

    def _call_id(self, index: int, number: int) -> str:
        return "call_" + hashlib.sha256(f"{self.id}:{index}:{number}".encode()).hexdigest()[:24]

    def _audio_id(self, index: int) -> str:
        return "audio_" + hashlib.sha256(f"{self.id}:{index}".encode()).hexdigest()[:24]

    def _logprobs(self, tokens: Sequence[str]) -> dict[str, Any] | None:
        if not self.request.get("logprobs"):
            return None
        count = int(self.request.get("top_logprobs") or 0)
        return {"content": [_token_logprob(token, count) for token in tokens], "refusal": None}


def _named(call: Call, text: str) -> dict[str, str]:
    return {"name": call.name, "input" if call.kind == "custom" else "arguments": text}


def _call_delta(call: Call, place: dict[str, Any], held: dict[str, str]) -> dict[str, Any]:
    if call.kind == "legacy":
        return {"function_call": held}
    return {"tool_calls": [{**place, call.kind: held}]}


def _token_logprob(token: str, count: int) -> dict[str, Any]:
    # Between -0.001 and -1; the alternatives are below it.
    logprob = -(zlib.crc32(token.encode()) % 1000 + 1) / 1000
    others = [other for other in _OTHERS if other != token]
    ranked = [(token, logprob), *((other, round(logprob - place, 3)) for place, other in enumerate(others, 1))]
    top = [{"token": text, "logprob": number, "bytes": list(text.encode())} for text, number in ranked[:count]]
    return {"token": token, "logprob": logprob, "bytes": list(token.encode()), "top_logprobs": top}
