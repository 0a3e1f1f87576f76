"""The accumulator: chunks in, completion out, for chunks as servers really send them."""

from __future__ import annotations

import copy
import gzip
import json
import time
import tracemalloc
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from chat_completions._response_info import Anomaly
from chat_completions._streaming.accumulator import Accumulator
from chat_completions._streaming.anomalies import MAX_ANOMALIES
from chat_completions_api.models import ChatCompletion
from tests.conftest import examples

STREAMS = Path(__file__).parents[2] / "shared" / "payloads" / "streams.jsonl.gz"
HEAD = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1700000000, "model": "gpt-x"}


def accumulated(chunks: Iterable[dict[str, Any]]) -> Accumulator:
    accumulator = Accumulator()
    for chunk in chunks:
        accumulator.add(chunk)
    return accumulator


def chunk(delta: Any = None, *, index: int = 0, finish: str | None = None, top: Any = None, **choice: Any) -> Any:
    """A chunk of one choice: `choice` adds members beside the delta, `top` beside the choices."""
    return {
        **HEAD,
        "choices": [{"index": index, "delta": delta or {}, "finish_reason": finish, **choice}],
        **(top or {}),
    }


def bare(*choices: Any, **top: Any) -> Any:
    """A chunk with choices just as given."""
    return {**HEAD, "choices": list(choices), **top}


def call(**members: Any) -> Any:
    """A chunk with one tool call delta."""
    return chunk({"tool_calls": [members]})


def reply(message: Any = None, *, finish: str | None = None, index: int = 0, **choice: Any) -> Any:
    """The choice of a completion."""
    full = {"role": "assistant", "content": None, "refusal": None, **(message or {})}
    return {"index": index, "message": full, "logprobs": None, "finish_reason": finish, **choice}


def completion(*choices: Any, **top: Any) -> Any:
    return {**HEAD, "object": "chat.completion", "choices": list(choices), **top}


def tool(arguments: str = "", **members: Any) -> Any:
    name = members.pop("name", None)
    function = {"arguments": arguments} if name is None else {"name": name, "arguments": arguments}
    return {"type": "function", "function": function, **members}


def thinking(text: str) -> Any:
    return {"type": "thinking", "thinking": [{"type": "text", "text": text}]}


TOKEN = {"token": "a", "logprob": -0.1, "bytes": [97], "top_logprobs": []}
FILTER = {"hate": {"filtered": False, "severity": "safe"}}
USAGE = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}
AT = "/choices/0"
CALL = "/choices/0/delta/tool_calls/0"
NO_INDEX = ("missing", f"/0{CALL}/index", 2)

# name: (chunks, completion, anomalies as (kind, where, count)). What is not listed is not noted.
ROWS: dict[str, tuple[list[Any], Any, list[tuple[str, str, int]]]] = {
    "an ordinary stream": (
        [
            chunk({"role": "assistant", "content": "", "refusal": None}, logprobs=None),
            chunk({"content": "The"}, logprobs=None),
            chunk({"content": " capital"}, logprobs=None),
            chunk({}, finish="stop", logprobs=None),
        ],
        completion(reply({"content": "The capital"}, finish="stop")),
        [],
    ),
    "no content at all": ([chunk({}, finish="length")], completion(reply(finish="length")), []),
    "empty text is not null": ([chunk({"content": ""})], completion(reply({"content": ""})), []),
    "null content after text": (
        [chunk({"content": "a"}), chunk({"content": None}), chunk({"content": "b"})],
        completion(reply({"content": "ab"})),
        [],
    ),
    "refusal joined": (
        [chunk({"refusal": "I "}), chunk({"refusal": "can't"}, finish="stop")],
        completion(reply({"refusal": "I can't"}, finish="stop")),
        [],
    ),
    # ---- choices
    "choices interleaved": (
        [
            chunk({"content": "a"}),
            chunk({"content": "b"}, index=1),
            chunk({"content": "c"}),
            chunk({"content": "d"}, index=1),
        ],
        completion(reply({"content": "ac"}), reply({"content": "bd"}, index=1)),
        [],
    ),
    "choices in one chunk": (
        [bare({"index": 0, "delta": {"content": "a"}}, {"index": 1, "delta": {"content": "b"}})],
        completion(reply({"content": "a"}), reply({"content": "b"}, index=1)),
        [],
    ),
    "choices out of order": (
        [chunk({"content": "b"}, index=1), chunk({"content": "a"})],
        completion(reply({"content": "a"}), reply({"content": "b"}, index=1)),
        [("out_of_order", f"/0{AT}/index", 2)],
    ),
    "choices sparse": (
        [chunk({"content": "a"}), chunk({"content": "b"}, index=7)],
        completion(reply({"content": "a"}), reply({"content": "b"}, index=7)),
        [("out_of_order", f"/1{AT}/index", 1)],
    ),
    "choice index missing: its position": (
        [bare({"delta": {"content": "a"}}, {"delta": {"content": "b"}}), bare({"delta": {"content": "c"}})],
        completion(reply({"content": "ac"}), reply({"content": "b"}, index=1)),
        [("missing", f"/0{AT}/index", 2), ("missing", "/0/choices/1/index", 1)],
    ),
    "choice index null or a string": (
        [bare({"index": None, "delta": {"content": "a"}}), bare({"index": "0", "delta": {"content": "b"}})],
        completion(reply({"content": "ab"})),
        [("null", f"/0{AT}/index", 1), ("wrong_type", f"/1{AT}/index", 1)],
    ),
    "choice index true, which equals 1": (
        [
            chunk({"content": "a"}),
            chunk({"content": "b"}, index=1),
            bare({"index": True, "delta": {"content": "c"}, "finish_reason": None}),
        ],
        completion(reply({"content": "ac"}), reply({"content": "b"}, index=1)),
        [("wrong_type", f"/2{AT}/index", 1)],
    ),
    "choices null": (
        [chunk({"content": "a"}), {**HEAD, "choices": None}],
        completion(reply({"content": "a"})),
        [("null", "/1/choices", 1)],
    ),
    "choices missing": ([{**HEAD}, {**HEAD}], completion(), [("missing", "/0/choices", 2)]),
    "choices an object, a choice a string": (
        [{**HEAD, "choices": {}}, bare("?", {"index": 0, "delta": {"content": "a"}})],
        completion(reply({"content": "a"})),
        [("wrong_type", "/0/choices", 1), ("wrong_type", f"/1{AT}", 1)],
    ),
    "delta null, missing, a string": (
        [
            bare({"index": 0, "delta": None}),
            bare({"index": 0, "finish_reason": "stop"}),
            bare({"index": 0, "delta": "a"}),
        ],
        completion(reply(finish="stop")),
        [("null", f"/0{AT}/delta", 1), ("missing", f"/1{AT}/delta", 1), ("wrong_type", f"/2{AT}/delta", 1)],
    ),
    # ---- finish reasons
    "finish_reason empty is none": (
        [chunk({"content": "a"}, finish=""), chunk({"content": "b"}, finish="")],
        completion(reply({"content": "ab"})),
        [],
    ),
    "finish_reason repeated": (
        [chunk({"content": "a"}, finish="stop"), chunk({"content": ""}, finish="stop")],
        completion(reply({"content": "a"}, finish="stop")),
        [("repeated", f"/1{AT}/finish_reason", 1)],
    ),
    "finish_reason changed": (
        [chunk({"content": "a"}, finish="stop"), chunk({}, finish="length"), chunk({})],
        completion(reply({"content": "a"}, finish="length")),
        [("changed", f"/1{AT}/finish_reason", 1)],
    ),
    "finish_reason of another type": (
        [chunk({"content": "a"}, finish=1)],  # type: ignore[arg-type]
        completion(reply({"content": "a"})),
        [("wrong_type", f"/0{AT}/finish_reason", 1)],
    ),
    "text after the finish": (
        [
            chunk({"content": "a"}),
            chunk({"content": "b"}, finish="stop"),
            chunk({"content": "c"}),
            chunk({"content": "d"}),
        ],
        completion(reply({"content": "abcd"}, finish="stop")),
        [("after_finish", f"/2{AT}/delta", 2)],
    ),
    # ---- the message
    "role repeated": (
        [chunk({"role": "assistant", "content": "a"})] * 3,
        completion(reply({"content": "aaa"})),
        [("repeated", f"/1{AT}/delta/role", 2)],
    ),
    "role changed, empty, null": (
        [chunk({"role": role}) for role in ("", None, "assistant", "", "user")],
        completion(reply()),
        [("changed", f"/4{AT}/delta/role", 1)],
    ),
    "another role than the default": ([chunk({"role": "tool"})], completion(reply({"role": "tool"})), []),
    "name repeated": (
        [chunk({"name": "bot", "content": "a"}), chunk({"name": "bot", "content": "b"})],
        completion(reply({"name": "bot", "content": "ab"})),
        [("repeated", f"/1{AT}/delta/name", 1)],
    ),
    "unknown strings joined": (
        [
            chunk({"content": None, "reasoning_content": "Let", "reasoning": "x", "new_field": "1"}),
            chunk({"reasoning_content": " me", "new_field": "2"}),
            chunk({"content": "Hi", "reasoning_content": None}),
        ],
        completion(reply({"content": "Hi", "reasoning_content": "Let me", "reasoning": "x", "new_field": "12"})),
        [],
    ),
    "unknown labels, numbers, nulls": (
        [chunk({"channel": "analysis", "token_id": 1, "odd": None}), chunk({"channel": "analysis", "token_id": 2})],
        completion(reply({"channel": "analysis", "token_id": 2, "odd": None})),
        [("repeated", f"/1{AT}/delta/channel", 1)],
    ),
    "unknown objects merged": (
        [chunk({"meta": {"a": {"b": "x"}, "n": 1}}), chunk({"meta": {"a": {"b": "y", "c": True}, "n": 2}})],
        completion(reply({"meta": {"a": {"b": "xy", "c": True}, "n": 2}})),
        [],
    ),
    "a field that changes its type: what has grown stays": (
        [chunk({"odd": "a"}), chunk({"odd": {"b": 1}}), chunk({"odd": [1]}), chunk({"odd": 2})],
        completion(reply({"odd": "a"})),
        [("wrong_type", f"/1{AT}/delta/odd", 3)],
    ),
    "a number before the text": (
        [chunk({"content": -1}), chunk({"content": "a"}), chunk({"content": -1}), chunk({"content": "b"})],
        completion(reply({"content": "ab"})),
        [("wrong_type", f"/1{AT}/delta/content", 2)],
    ),
    "tool_calls an object": (
        [chunk({"tool_calls": {"index": 0, "id": "c0", "function": {"name": "f", "arguments": "{}"}}})],
        completion(reply({"tool_calls": [tool("{}", id="c0", name="f")]})),
        [("wrong_type", f"/0{AT}/delta/tool_calls", 1)],
    ),
    "lists appended": (
        [
            chunk({"annotations": []}),
            chunk({"annotations": [{"type": "x", "n": 1}]}),
            chunk({"annotations": [{"type": "x"}]}),
        ],
        completion(reply({"annotations": [{"type": "x", "n": 1}, {"type": "x"}]})),
        [],
    ),
    "list entries merged by index, and by type if they have one": (
        [
            chunk({"reasoning_details": [{"index": 0, "type": "reasoning.text", "text": "Let", "format": "v1"}]}),
            chunk({"reasoning_details": [{"index": 0, "type": "reasoning.text", "text": " me", "format": "v1"}]}),
            chunk({"reasoning_details": [{"index": 0, "text": "!"}, {"index": 1, "summary": "s"}]}),
            chunk({"reasoning_details": [{"index": 0, "type": "reasoning.encrypted", "data": "xyz"}]}),
            chunk({"reasoning_details": [{"index": 0, "type": "reasoning.text", "signature": "sig"}]}),
        ],
        completion(
            reply(
                {
                    "reasoning_details": [
                        {"index": 0, "type": "reasoning.text", "text": "Let me!", "format": "v1", "signature": "sig"},
                        {"index": 1, "summary": "s"},
                        {"index": 0, "type": "reasoning.encrypted", "data": "xyz"},
                    ]
                }
            )
        ),
        [],
    ),
    "content in parts": (
        [
            chunk({"content": [thinking("I ")]}),
            chunk({"content": [thinking("think")]}),
            chunk({"content": [{"type": "text", "text": "a"}]}),
        ],
        completion(reply({"content": [thinking("I "), thinking("think"), {"type": "text", "text": "a"}]})),
        [],
    ),
    "content as parts, then text, then parts": (
        [
            chunk({"content": ""}),
            chunk({"content": [thinking("so")]}),
            chunk({"content": "Hel"}),
            chunk({"content": "lo"}),
            chunk({"content": [thinking("well")]}),
            chunk({"content": "!"}),
            chunk({"content": ""}, finish="stop"),
        ],
        completion(
            reply(
                {
                    "content": [
                        thinking("so"),
                        {"type": "text", "text": "Hello"},
                        thinking("well"),
                        {"type": "text", "text": "!"},
                    ]
                },
                finish="stop",
            )
        ),
        [("wrong_type", f"/1{AT}/delta/content", 1)],
    ),
    "content as text, then parts": (
        [chunk({"content": "Hi"}), chunk({"content": [thinking("hm")]}), chunk({"content": None})],
        completion(reply({"content": [{"type": "text", "text": "Hi"}, thinking("hm")]})),
        [("wrong_type", f"/1{AT}/delta/content", 1)],
    ),
    "audio": (
        [
            chunk({"audio": {"id": "audio_1", "transcript": "He"}}),
            chunk({"audio": {"id": "audio_1", "data": "QUJD"}}),
            chunk({"audio": {"transcript": "y", "data": "REVG"}}),
            chunk({"audio": {"expires_at": 1}}),
            chunk({"audio": {"expires_at": 2}}),
        ],
        completion(reply({"audio": {"id": "audio_1", "transcript": "Hey", "data": "QUJDREVG", "expires_at": 2}})),
        [("repeated", f"/1{AT}/delta/audio/id", 1)],
    ),
    "function_call": (
        [
            chunk({"function_call": {"name": "f", "arguments": ""}}),
            chunk({"function_call": {"name": "f", "arguments": '{"a"'}}),
            chunk({"function_call": {"arguments": ":1}"}}, finish="function_call"),
        ],
        completion(reply({"function_call": {"name": "f", "arguments": '{"a":1}'}}, finish="function_call")),
        [("repeated", f"/1{AT}/delta/function_call/name", 1)],
    ),
    # ---- tool calls
    "tool calls": (
        [
            call(index=0, id="c0", type="function", function={"name": "f", "arguments": ""}),
            call(index=0, function={"arguments": '{"a"'}),
            call(index=0, function={"arguments": ":1}"}),
            call(index=1, id="c1", type="function", function={"name": "g", "arguments": "{}"}),
        ],
        completion(reply({"tool_calls": [tool('{"a":1}', id="c0", name="f"), tool("{}", id="c1", name="g")]})),
        [],
    ),
    "tool_calls null or empty": (
        [chunk({"content": "a", "tool_calls": None}), chunk({"content": "b", "tool_calls": []})],
        completion(reply({"content": "ab", "tool_calls": []})),
        [],
    ),
    "tool_calls only null": (
        [chunk({"content": "a", "tool_calls": None, "function_call": None})],
        completion(reply({"content": "a", "tool_calls": None, "function_call": None})),
        [],
    ),
    "tool call extras kept, custom input joined": (
        [
            call(index=0, id="c0", type="custom", custom={"name": "p", "input": "a"}, extra={"k": 1}),
            call(index=0, custom={"input": "b"}),
        ],
        completion(
            reply(
                {
                    "tool_calls": [
                        {"id": "c0", "type": "custom", "custom": {"name": "p", "input": "ab"}, "extra": {"k": 1}}
                    ]
                }
            )
        ),
        [],
    ),
    "tool call interleaved, out of order": (
        [
            call(index=1, id="c1", function={"name": "g", "arguments": "x"}),
            call(index=0, id="c0", function={"name": "f", "arguments": "1"}),
            call(index=1, function={"arguments": "y"}),
            call(index=0, function={"arguments": "2"}),
        ],
        completion(reply({"tool_calls": [tool("12", id="c0", name="f"), tool("xy", id="c1", name="g")]})),
        [("out_of_order", f"/0{CALL}/index", 2)],
    ),
    "tool call in two entries of one chunk": (
        [
            chunk(
                {
                    "tool_calls": [
                        {"index": 0, "id": "c0", "function": {"name": "f"}},
                        {"index": 0, "function": {"arguments": "{}"}},
                    ]
                }
            )
        ],
        completion(reply({"tool_calls": [tool("{}", id="c0", name="f")]})),
        [],
    ),
    "tool call id, type, name repeated": (
        [call(index=0, id="c0", type="function", function={"name": "f", "arguments": "1"})] * 2,
        completion(reply({"tool_calls": [tool("11", id="c0", name="f")]})),
        [
            (kind, f"/1{CALL}/{key}", 1)
            for kind, key in zip(["repeated"] * 3, ("id", "type", "function/name"), strict=True)
        ],
    ),
    "tool call id late": (
        [call(index=0, function={"name": "f", "arguments": "1"}), call(index=0, id="c0", function={"arguments": "2"})],
        completion(reply({"tool_calls": [tool("12", id="c0", name="f")]})),
        [],
    ),
    "tool call id empty, then null": (
        [
            call(index=0, id="c0", function={"name": "f"}),
            call(index=0, id="", function={"name": "", "arguments": "1"}),
            call(index=0, id=None, function={"name": None, "arguments": "2"}),
        ],
        completion(reply({"tool_calls": [tool("12", id="c0", name="f")]})),
        [],
    ),
    "tool call id made anew for each delta: the first stays": (
        [
            call(index=0, id="c0", function={"name": "f", "arguments": "1"}),
            call(index=0, id="zz", function={"arguments": "2"}),
        ],
        completion(reply({"tool_calls": [tool("12", id="c0", name="f")]})),
        [("changed", f"/1{CALL}/id", 1)],
    ),
    "tool call name changed: another call": (
        [
            call(index=0, id="c0", function={"name": "f", "arguments": "1"}),
            call(index=0, function={"name": "g", "arguments": "2"}),
        ],
        completion(reply({"tool_calls": [tool("1", id="c0", name="f"), tool("2", name="g")]})),
        [("reused_index", f"/1{CALL}/index", 1)],
    ),
    "tool call name in pieces": (
        [
            call(index=0, id="c0", function={"name": "f", "arguments": ""}),
            call(index=0, function={"name": "_g", "arguments": ""}),
            call(index=0, function={"name": "f_g", "arguments": "{}"}),
        ],
        completion(reply({"tool_calls": [tool("{}", id="c0", name="f_g")]})),
        [("split_name", f"/1{CALL}/function/name", 1), ("repeated", f"/2{CALL}/function/name", 1)],
    ),
    "tool call index reused for another call": (
        [
            call(index=0, id="c0", function={"name": "f", "arguments": '{"a": 1}'}),
            call(index=0, id="c1", function={"name": "f", "arguments": '{"a"'}),
            call(index=0, function={"arguments": ": 2}"}),
        ],
        completion(reply({"tool_calls": [tool('{"a": 1}', id="c0", name="f"), tool('{"a": 2}', id="c1", name="f")]})),
        [("reused_index", f"/1{CALL}/index", 1)],
    ),
    "tool calls without index: the id decides": (
        [
            call(id="c0", function={"name": "f", "arguments": "1"}),
            call(id="c1", function={"name": "f", "arguments": "2"}),
            call(id="c0", function={"arguments": "3"}),
        ],
        completion(reply({"tool_calls": [tool("13", id="c0", name="f"), tool("2", id="c1", name="f")]})),
        [("missing", f"/0{CALL}/index", 3), ("repeated", f"/2{CALL}/id", 1)],
    ),
    "tool call without index or id: the last": (
        [call(id="c0", function={"name": "f", "arguments": "1"}), call(function={"arguments": "2"})],
        completion(reply({"tool_calls": [tool("12", id="c0", name="f")]})),
        [NO_INDEX],
    ),
    "tool calls without index or id: another name is another call": (
        [call(function={"name": "f", "arguments": "1"}), call(function={"name": "g", "arguments": "2"})],
        completion(reply({"tool_calls": [tool("1", name="f"), tool("2", name="g")]})),
        [NO_INDEX],
    ),
    "tool call without index, id late": (
        [call(function={"name": "f", "arguments": "1"}), call(id="c0", function={"arguments": "2"})],
        completion(reply({"tool_calls": [tool("12", id="c0", name="f")]})),
        [NO_INDEX],
    ),
    "tool calls without index or id: the position in a list of several": (
        [
            chunk(
                {
                    "tool_calls": [
                        {"function": {"name": "f", "arguments": "1"}},
                        {"function": {"name": "f", "arguments": "2"}},
                    ]
                }
            ),
            chunk({"tool_calls": [{"function": {"arguments": "3"}}, {"function": {"arguments": "4"}}]}),
        ],
        completion(reply({"tool_calls": [tool("13", name="f"), tool("24", name="f")]})),
        [NO_INDEX, ("missing", "/0/choices/0/delta/tool_calls/1/index", 2)],
    ),
    "tool call arguments null, or an object": (
        [
            call(index=0, id="c0", function={"name": "f", "arguments": None}),
            call(index=1, id="c1", function={"name": "g", "arguments": {"é": 1}}),
            call(index=2, id="c2", function={"name": "h"}),
        ],
        completion(
            reply(
                {
                    "tool_calls": [
                        tool("", id="c0", name="f"),
                        tool('{"é": 1}', id="c1", name="g"),
                        tool("", id="c2", name="h"),
                    ]
                }
            )
        ),
        [("null", f"/0{CALL}/function/arguments", 1), ("wrong_type", f"/1{CALL}/function/arguments", 1)],
    ),
    "tool call no object": (
        [chunk({"tool_calls": ["?", {"index": 0, "id": "c0"}]})],
        completion(reply({"tool_calls": [{"id": "c0"}]})),
        [("wrong_type", f"/0{CALL}", 1)],
    ),
    # ---- beside the delta
    "logprobs appended, of whatever kind": (
        [
            chunk({"content": "a"}, logprobs={"content": [], "refusal": None}),
            chunk({"content": "a"}, logprobs={"content": [TOKEN], "refusal": None}),
            chunk({"reasoning_content": "a"}, logprobs={"content": None, "reasoning_content": [TOKEN]}),
            chunk({"content": "a"}, logprobs={"content": [TOKEN], "refusal": None}),
            chunk({}, logprobs=None, finish="stop"),
        ],
        completion(
            reply(
                {"content": "aaa", "reasoning_content": "a"},
                logprobs={"content": [TOKEN, TOKEN], "refusal": None, "reasoning_content": [TOKEN]},
                finish="stop",
            )
        ),
        [],
    ),
    "extras of a choice: objects merged, else the last that is not null": (
        [
            chunk({"content": "a"}, content_filter_results={}, native_finish_reason=None),
            chunk({"content": "b"}, content_filter_results=FILTER),
            chunk({"content": "c"}, content_filter_results=FILTER),
            chunk(
                {},
                finish="stop",
                content_filter_results={"hate": {"severity": "low", "blocked": [1]}},
                native_finish_reason="end",
            ),
            chunk({}, content_filter_results={"hate": {"blocked": [1]}}, native_finish_reason=None),
        ],
        completion(
            reply(
                {"content": "abc"},
                finish="stop",
                content_filter_results={"hate": {"filtered": False, "severity": "low", "blocked": [1]}},
                native_finish_reason="end",
            )
        ),
        [],
    ),
    "lists of a choice appended, even of equal tokens": (
        [
            chunk({"content": "a"}, token_ids=None),
            chunk({"content": "a"}, token_ids=[5]),
            chunk({"content": "a"}, token_ids=[5]),
        ],
        completion(reply({"content": "aaa"}, token_ids=[5, 5])),
        [],
    ),
    # ---- a message in place of the delta
    "a whole message only": (
        [
            bare(
                {
                    "index": 0,
                    "message": {"role": "assistant", "content": "Hi", "tool_calls": [tool("{}", id="c0", name="f")]},
                    "finish_reason": "stop",
                }
            )
        ],
        completion(reply({"content": "Hi", "tool_calls": [tool("{}", id="c0", name="f")]}, finish="stop")),
        [("whole_message", f"/0{AT}/message", 1)],
    ),
    "a whole message after the deltas": (
        [
            chunk({"role": "assistant", "content": "Hel", "annotations": [1]}),
            chunk({"content": "lo \n"}),
            call(index=0, id="c0", function={"name": "f", "arguments": "{}"}),
            bare(
                {
                    "index": 0,
                    "message": {
                        "content": "Hello",
                        "annotations": [1, 2],
                        "tool_calls": [tool("{}", id="c0", name="f")],
                    },
                    "finish_reason": "stop",
                }
            ),
        ],
        completion(
            reply(
                {"content": "Hello", "annotations": [1, 2], "tool_calls": [tool("{}", id="c0", name="f")]},
                finish="stop",
            )
        ),
        [("whole_message", f"/3{AT}/message", 1)],
    ),
    "the message so far beside each delta": (
        [
            chunk({"content": "The"}, message={"content": "The"}),
            chunk({"content": " end"}, message={"content": "The end"}),
            chunk({"content": ""}, message={"content": "The end"}, finish="stop"),
        ],
        completion(reply({"content": "The end"}, finish="stop")),
        [("whole_message", f"/0{AT}/message", 3)],
    ),
    "the message beside a delta that says nothing": (
        [chunk({"role": "assistant", "content": ""}, message={"content": "Hi"}, finish="stop")],
        completion(reply({"content": "Hi"}, finish="stop")),
        [("whole_message", f"/0{AT}/message", 1)],
    ),
    "messages that are pieces": (
        [bare({"index": 0, "delta": None, "message": {"content": piece}}) for piece in ("Once", " upon", " a time")],
        completion(reply({"content": "Once upon a time"})),
        [("null", f"/0{AT}/delta", 3), ("whole_message", f"/0{AT}/message", 3)],
    ),
    # ---- around the choices
    "usage in a chunk of its own": (
        [chunk({"content": "a"}, finish="stop", top={"usage": None}), bare(usage=USAGE)],
        completion(reply({"content": "a"}, finish="stop"), usage=USAGE),
        [],
    ),
    "usage early": (
        [
            chunk({"content": "a"}, top={"usage": USAGE}),
            chunk({"content": "b"}, top={"usage": None}),
            chunk({"content": "c"}),
        ],
        completion(reply({"content": "abc"}), usage=USAGE),
        [],
    ),
    "usage on every chunk": (
        [chunk({"content": "a"}, top={"usage": {**USAGE, "total_tokens": n}}) for n in range(3)],
        completion(reply({"content": "aaa"}), usage={**USAGE, "total_tokens": 2}),
        [("changed", "/1/usage", 2)],
    ),
    "usage never but null is absent": ([chunk(top={"usage": None})], completion(reply()), []),
    "Azure's first chunk": (
        [
            {
                "choices": [],
                "created": 0,
                "id": "",
                "model": "",
                "object": "",
                "prompt_filter_results": [{"prompt_index": 0}],
            },
            chunk({"content": "a"}),
        ],
        completion(reply({"content": "a"}), prompt_filter_results=[{"prompt_index": 0}]),
        [],
    ),
    "several ids, models, times: the first": (
        [chunk(), chunk(top={"id": "x", "model": "y", "created": 1}), chunk(top={"id": "x"})],
        completion(reply()),
        [("changed", "/1/id", 2), ("changed", "/1/created", 1), ("changed", "/1/model", 1)],
    ),
    "another object": (
        [chunk(top={"object": "chat.completion.done"}), chunk(top={"object": None})],
        completion(reply()),
        [("unknown_object", "/0/object", 1)],
    ),
    "nothing around the choices": (
        [{"choices": [{"index": 0, "delta": {"content": "a"}}]}],
        {"id": None, "object": "chat.completion", "created": None, "model": None, "choices": [reply({"content": "a"})]},
        [],
    ),
    "extras: the last that is not null, no obfuscation": (
        [
            chunk(top={"obfuscation": "x", "x_groq": {"id": "r"}, "system_fingerprint": None, "service_tier": None}),
            chunk(top={"obfuscation": "y", "x_groq": {"usage": 1}, "citations": ["a"], "service_tier": "default"}),
            chunk(top={"x_groq": None, "citations": ["a", "b"], "timings": {"n": 1}}),
        ],
        completion(
            reply(),
            x_groq={"usage": 1},
            system_fingerprint=None,
            service_tier="default",
            citations=["a", "b"],
            timings={"n": 1},
        ),
        [],
    ),
}


@pytest.mark.parametrize(("chunks", "expected", "anomalies"), ROWS.values(), ids=ROWS)
def test_a_row(chunks: list[Any], expected: Any, anomalies: list[Any]) -> None:
    """Each server's way accumulates to the unstreamed reply; each repair is recorded, and no other."""
    accumulator = accumulated(chunks)
    assert accumulator.to_dict() == expected
    assert [(anomaly.kind, anomaly.where, anomaly.count) for anomaly in accumulator.anomalies] == anomalies
    typed = accumulator.completion()
    assert isinstance(typed, ChatCompletion)
    assert typed.to_dict() == expected


def test_a_json_reply_is_one_chunk() -> None:
    """A server that does not stream gives a chat.completion, which folds to itself."""
    body = completion(reply({"content": "Hi", "annotations": []}, finish="stop"), usage=USAGE, service_tier="default")
    assert accumulated([body]).to_dict() == body
    assert accumulated([body]).is_complete


def test_complete() -> None:
    """Complete is: every choice seen is finished, and there is one."""
    accumulator = Accumulator()
    assert accumulator.completion() is None
    complete = [accumulator.is_complete]
    for one in (bare(), chunk({}), chunk({}, index=1, finish="stop"), chunk({}, finish=""), chunk({}, finish="stop")):
        accumulator.add(one)
        complete.append(accumulator.is_complete)
    assert complete == [False, False, False, False, False, True]


def test_anomalies_are_bounded_and_immutable() -> None:
    """Neither a long nor an evil stream makes the record of repairs grow without end."""
    accumulator = accumulated(chunk({"role": "assistant"}) for _ in range(1000))
    assert accumulator.anomalies == [
        Anomaly("repeated", "/1/choices/0/delta/role", "'assistant' after 'assistant'", 999)
    ]
    with pytest.raises(AttributeError):
        accumulator.anomalies[0].count = 1  # type: ignore[misc]
    accumulator = accumulated(chunk({f"k{n}": value}) for n in range(1000) for value in ("a", 1))
    assert len(accumulator.anomalies) == MAX_ANOMALIES
    [anomaly] = accumulated([chunk({"role": "a"}), chunk({"role": "x" * 10_000})]).anomalies
    assert len(anomaly.detail) < 200


@pytest.mark.slow
@pytest.mark.parametrize("depth", [100, 900, 100_000])
def test_deep_nesting(depth: int) -> None:
    """Objects that nest as deeply as a JSON parser takes are folded, if only in part."""
    deep: Any = {"a": 1}
    for _ in range(depth):
        deep = {"a": deep}
    ordinary = chunk({"content": "a"})
    strange = [
        chunk({"odd": deep}),
        chunk(top={"odd": deep}),
        chunk(odd=deep),
        chunk(logprobs=deep),
        call(index=0, function={"arguments": deep}),
        bare({"index": 0, "message": deep}),
        {**HEAD, "usage": deep, "id": deep},
        deep,
    ]
    accumulator = accumulated([ordinary, *strange, *strange, ordinary])
    assert accumulator.to_dict()["choices"][0]["message"]["content"] == "aa"
    assert accumulator.completion() is not None
    if depth != 900:
        # In between it depends on the depth of the caller's stack.
        assert ("too_deep" in {anomaly.kind for anomaly in accumulator.anomalies}) == (depth > 900)


# ---- properties

KEYS = st.sampled_from(
    (
        *("id", "object", "created", "model", "choices", "usage", "obfuscation", "extra"),
        *("index", "delta", "message", "finish_reason", "logprobs"),
        *("role", "content", "refusal", "tool_calls", "function_call", "annotations", "audio"),
        *("function", "name", "arguments", "type", "text", "thinking"),
    )
)
SCALARS = (
    st.none() | st.booleans() | st.integers(-2, 3) | st.floats() | st.sampled_from(["", "a", "b", "stop", "function"])
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=12
)


def likely(**members: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Objects that have some of the members, mostly with values that belong there, and others at random."""
    known = st.fixed_dictionaries({}, optional={key: value | VALUES for key, value in members.items()})
    return st.builds(lambda left, right: {**left, **right}, st.dictionaries(KEYS, VALUES, max_size=1), known)


FUNCTIONS = likely(name=st.sampled_from("fg"), arguments=st.text(max_size=3))
CALLS = likely(index=st.integers(0, 2), id=st.sampled_from(["", "c0", "c1"]), function=FUNCTIONS)
PARTS = likely(type=st.sampled_from(["text", "thinking"]), index=st.integers(0, 2), text=st.text(max_size=2))
MESSAGES = likely(
    role=st.just("assistant"),
    content=st.text(max_size=3) | st.lists(PARTS, max_size=2),
    tool_calls=st.lists(CALLS, max_size=3),
    function_call=FUNCTIONS,
    reasoning_details=st.lists(PARTS, max_size=2),
)
LOGPROBS = likely(content=st.lists(VALUES, max_size=2))
CHOICES = likely(
    index=st.integers(0, 2), delta=MESSAGES, message=MESSAGES, finish_reason=st.just("stop"), logprobs=LOGPROBS
)
CHUNKS = st.lists(likely(id=st.sampled_from("ab"), choices=st.lists(CHOICES, max_size=3), usage=VALUES), max_size=8)


def scramble(value: Any) -> None:
    """Change a JSON value in all its depth."""
    children = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
    for child in list(children):
        scramble(child)
    if isinstance(value, (dict, list)):
        value.clear()
        if isinstance(value, dict):
            value["scrambled"] = True


def equal(one: Any, other: Any) -> bool:
    """As texts, because NaN is not equal to itself and True is equal to 1."""
    return json.dumps(one) == json.dumps(other)


@pytest.mark.slow
@given(CHUNKS)
@examples(100)
def test_any_objects(chunks: list[Any]) -> None:
    """No JSON object makes the accumulator raise, none is changed, and what comes out is JSON that the models take."""
    before = json.dumps(chunks)
    accumulator = accumulated(chunks)
    assert json.dumps(chunks) == before
    result = accumulator.to_dict()
    assert equal(ChatCompletion.from_dict(result).to_dict(), result)
    assert result["object"] == "chat.completion"
    assert [choice["index"] for choice in result["choices"]] == sorted(accumulator.choices)
    assert len(accumulator.anomalies) == len({(anomaly.kind, anomaly.where) for anomaly in accumulator.anomalies})
    assert accumulator.is_complete == (
        bool(accumulator.choices) and all(choice["finish_reason"] for choice in result["choices"])
    )


@pytest.mark.slow
@given(CHUNKS)
@examples(100)
def test_snapshots_change_nothing(chunks: list[Any]) -> None:
    """Snapshots in between, changes to them and to chunks already added leave the accumulator as it would be."""
    plain = accumulated(copy.deepcopy(chunks))
    watched = Accumulator()
    for one in chunks:
        watched.add(one)
        first, typed = watched.to_dict(), watched.completion()
        scramble(one)
        assert typed is not None
        scramble(typed.to_dict())
        assert equal(watched.to_dict(), first)
        scramble(first)
    assert equal(watched.to_dict(), plain.to_dict())
    assert watched.anomalies == plain.anomalies


@pytest.mark.slow
@given(CHUNKS)
@examples(100)
def test_plain_deltas_are_accumulated_like_any_chunk(chunks: list[Any]) -> None:
    """Chunks that are recognized as plain deltas are accumulated as if all of them had been looked at."""
    assume("NaN" not in json.dumps(chunks))
    chunks = [one for one in chunks for _ in range(3)]
    usual = accumulated(chunks)
    watched = accumulated({**one, "number": number} for number, one in enumerate(chunks))
    expected = watched.to_dict()
    expected.pop("number", None)
    assert usual.to_dict() == expected


TEXT = st.text(max_size=12)
MAYBE_TEXT = st.none() | TEXT
NAMES = st.sampled_from(["get_weather", "f", "é"])
EXTRAS = st.dictionaries(
    st.sampled_from(["reasoning_content", "new", "x"]),
    TEXT | st.integers() | st.booleans() | st.lists(st.integers() | st.dictionaries(st.just("k"), TEXT), max_size=3),
    max_size=2,
)


def objects(required: dict[str, Any], **optional: Any) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(required, optional=optional)


@st.composite
def completions(draw: st.DrawFn) -> dict[str, Any]:
    """Completions as the API gives them unstreamed."""
    choices = []
    for index in range(draw(st.integers(1, 3))):
        calls = draw(
            st.lists(
                objects({"type": st.just("function"), "function": objects({"name": NAMES, "arguments": TEXT})}),
                max_size=3,
            )
        )
        message: dict[str, Any] = {
            "role": "assistant",
            "content": draw(MAYBE_TEXT),
            "refusal": draw(MAYBE_TEXT),
            **draw(EXTRAS),
        }
        if calls:
            message["tool_calls"] = [{"id": f"call_{number}", **one} for number, one in enumerate(calls)]
        if draw(st.booleans()):
            message["audio"] = {"id": "audio_1", "data": draw(TEXT), "transcript": draw(TEXT), "expires_at": 5}
        tokens = st.lists(st.fixed_dictionaries({"token": TEXT, "logprob": st.floats(-9, 0)}), max_size=4)
        logprobs = draw(st.none() | objects({"content": tokens, "refusal": st.none()}))
        reason = draw(st.sampled_from([None, "stop", "length", "tool_calls"]))
        choices.append({"index": index, "message": message, "logprobs": logprobs, "finish_reason": reason})
    extras = draw(
        objects({}, usage=st.just(USAGE), system_fingerprint=MAYBE_TEXT, provider=TEXT, x=st.just({"y": [1]}))
    )
    return completion(*choices, **extras)  # type: ignore[no-any-return]


@st.composite
def cut(draw: st.DrawFn, whole: dict[str, Any]) -> list[dict[str, Any]]:
    """Cut a completion into chunks: texts and lists anywhere, the choices interleaved in any way."""

    def pieces(value: Any) -> Iterator[Any]:
        places = draw(st.lists(st.integers(0, len(value)), max_size=4).map(sorted))
        for start, end in zip([0, *places], [*places, len(value)], strict=True):
            yield value[start:end]

    def deltas(value: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """The members one after the other, the growing ones in pieces."""
        for key, member in value.items():
            if key == "tool_calls":
                for index, one in enumerate(member):
                    function = one["function"]
                    yield {key: [{**one, "index": index, "function": {**function, "arguments": ""}}]}
                    for piece in pieces(function["arguments"]):
                        yield {key: [{"index": index, "function": {"arguments": piece}}]}
            elif isinstance(member, dict):
                for delta in deltas(member):
                    yield {key: delta}
            elif isinstance(member, (str, list)) and key not in ("id", "role"):
                for piece in pieces(member):
                    yield {key: piece}
            else:
                yield {key: member}

    queues = []
    for choice in whole["choices"]:
        beside = [{"delta": delta, "logprobs": None} for delta in deltas(choice["message"])]
        if choice["logprobs"] is not None:
            beside += [{"delta": {}, "logprobs": part} for part in deltas(choice["logprobs"])]
        beside.append({"delta": {}, "logprobs": None, "finish_reason": choice["finish_reason"]})
        queues.append([{"index": choice["index"], "finish_reason": None, **one} for one in beside])
    chunks = [bare(*(queue.pop(0) for queue in queues))]
    while queues := [queue for queue in queues if queue]:
        queue = draw(st.sampled_from(queues))
        chunks.append(bare(queue.pop(0)))
    rest = {key: value for key, value in whole.items() if key not in HEAD and key != "choices"}
    return [*chunks, bare(**rest)]


@pytest.mark.slow
@given(completions().flatmap(lambda whole: st.tuples(st.just(whole), cut(whole))))
@examples(80)
def test_chunks_of_a_completion_accumulate_to_it(example: tuple[dict[str, Any], list[dict[str, Any]]]) -> None:
    """A completion that is cut into chunks anyhow folds back to itself, and nothing needed repair."""
    whole, chunks = example
    accumulator = accumulated(chunks)
    assert equal_unordered(accumulator.to_dict(), whole)
    assert accumulator.anomalies == []


def equal_unordered(one: Any, other: Any) -> bool:
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


# ---- cost


def ordinary(count: int, *, text: str = " capital") -> Iterator[dict[str, Any]]:
    yield chunk({"role": "assistant", "content": ""}, logprobs=None)
    for _ in range(count):
        yield chunk({"content": text}, logprobs=None)


def arguments(count: int) -> Iterator[dict[str, Any]]:
    yield call(index=0, id="c0", function={"name": "f", "arguments": ""})
    for _ in range(count):
        yield call(index=0, function={"arguments": " capital"})


def parts_then_text(count: int) -> Iterator[dict[str, Any]]:
    yield chunk({"content": [thinking("so")]})
    for _ in range(count):
        yield chunk({"content": " capital"})


def whole_pieces(count: int) -> Iterator[dict[str, Any]]:
    yield bare({"index": 0, "message": {"content": "The"}})
    for _ in range(count):
        yield bare({"index": 0, "message": {"content": " capital"}})


def new_tool_calls(count: int) -> Iterator[dict[str, Any]]:
    for number in range(count):
        yield call(id=f"c{number}", function={"name": "f", "arguments": "{}"})


@pytest.mark.slow
@pytest.mark.parametrize("make", [ordinary, arguments, parts_then_text, whole_pieces, new_tool_calls])
def test_linear(make: Any) -> None:
    """32,000 chunks cost eight times what 4,000 cost, within a factor for noise."""

    def seconds(count: int) -> float:
        chunks = list(make(count))
        took = []
        for _ in range(2):
            accumulator = Accumulator()
            start = time.thread_time()
            for one in chunks:
                accumulator.add(one)
            accumulator.to_dict()
            took.append(time.thread_time() - start)
        return min(took)

    assert seconds(32_000) < 8 * seconds(4_000) * 3


@pytest.mark.slow
@pytest.mark.parametrize("make", [ordinary, arguments, parts_then_text, whole_pieces])
def test_memory(make: Any) -> None:
    """What the accumulator holds after 16,000 chunks is the text, however many pieces it came in."""
    chunks = make(16_000)
    tracemalloc.start()
    try:
        accumulator = accumulated(chunks)
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(json.dumps(accumulator.to_dict())) > 16_000 * len(" capital")
    assert held < 2 * 16_000 * len(" capital") + 100_000


# ---- recorded streams


def recorded() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    with gzip.open(STREAMS, "rt", encoding="utf-8", errors="surrogateescape") as lines:
        for number, line in enumerate(lines):
            record = json.loads(line)
            chunks = []
            for field in record["body"].splitlines():
                name, _, data = field.partition(":")
                if name == "data" and data.strip().startswith("{"):
                    chunks.append(json.loads(data))
            yield f"{number} {record['provider']} {record['path']}", chunks


def facts(chunks: list[dict[str, Any]]) -> tuple[Any, ...]:
    """What a stream says, read off its chunks: texts, arguments by tool index, the last finish reasons and usage."""
    text: dict[int, str] = {}
    calls: dict[int, dict[Any, str]] = defaultdict(dict)
    reasons: dict[int, Any] = {}
    usage = None
    for one in chunks:
        usage = one.get("usage") or usage
        for position, choice in enumerate(one.get("choices") or []):
            index = choice.get("index", position)
            reasons[index] = choice.get("finish_reason") or reasons.get(index)
            delta = choice.get("delta") or {}
            content = delta.get("content") or ""
            if isinstance(content, list):
                content = "".join(part.get("text", "") for part in content)
            text[index] = text.get(index, "") + content
            for number, entry in enumerate(delta.get("tool_calls") or []):
                place = entry.get("index", number)
                calls[index][place] = calls[index].get(place, "") + (entry["function"].get("arguments") or "")
    return text, {index: [by[place] for place in sorted(by)] for index, by in calls.items()}, reasons, usage


def said(result: dict[str, Any]) -> tuple[Any, ...]:
    """The same, read off the completion."""
    text, calls, reasons = {}, {}, {}
    for choice in result["choices"]:
        message = choice["message"]
        content = message["content"] or ""
        if isinstance(content, list):
            content = "".join(part.get("text", "") for part in content)
        text[choice["index"]] = content
        if message.get("tool_calls"):
            calls[choice["index"]] = [one["function"]["arguments"] for one in message["tool_calls"]]
        reasons[choice["index"]] = choice["finish_reason"]
    return text, calls, reasons, result.get("usage")


def test_recorded_streams() -> None:
    """Every recorded stream folds to what its chunks say, and the models give the result back unchanged."""
    if not STREAMS.exists():
        pytest.skip(f"no recorded streams at {STREAMS}")
    count = 0
    for source, chunks in recorded():
        accumulator = accumulated(chunks)
        result = accumulator.to_dict()
        expected, got = facts(chunks), said(result)
        if any(anomaly.kind == "reused_index" for anomaly in accumulator.anomalies):
            # Two replies in one recording: their calls have the same index, and are kept apart by id.
            expected, got = [*map(joined_calls, (expected, got))]
        assert got == expected, source
        assert ChatCompletion.from_dict(result).to_dict() == result, source
        assert accumulator.is_complete == all(expected[2].values()), source
        count += 1
    assert count > 200


def joined_calls(row: tuple[Any, ...]) -> tuple[Any, ...]:
    text, calls, *rest = row
    return text, {index: "".join(arguments) for index, arguments in calls.items()}, *rest


def test_a_null_part_and_then_text() -> None:
    """A list of nulls is a list of parts, and text after it a part of its own."""
    accumulator = Accumulator()
    for content in ([None], "x", "y"):
        accumulator.add({"choices": [{"index": 0, "delta": {"content": content}}]})
    assert accumulator.to_dict()["choices"][0]["message"]["content"] == [None, {"type": "text", "text": "xy"}]


def test_a_call_under_a_reused_index_gets_a_place_of_its_own() -> None:
    """Indexes 2, 0 and 0 again are three calls, in the order of their places."""
    accumulator = Accumulator()
    for index, name in ((2, "a"), (0, "b"), (0, "c")):
        call = {"index": index, "id": name, "function": {"name": name, "arguments": ""}}
        accumulator.add({"choices": [{"index": 0, "delta": {"tool_calls": [call]}}]})
    calls = accumulator.to_dict()["choices"][0]["message"]["tool_calls"]
    assert [call["id"] for call in calls] == ["b", "a", "c"]
    assert len({call["index"] for call in accumulator.choices[0].message["tool_calls"]}) == 3
