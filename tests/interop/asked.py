"""What the rows ask for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.interop.servers import GATEWAY, LLAMA, MOCK, VLLM

SAYS_HELLO = [{"role": "user", "content": "Say hello."}]
CALL = {"id": "call_0", "type": "function", "function": {"name": "get_weather", "arguments": '{"city": "Ulm"}'}}
ALL_ROLES = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": [{"type": "text", "text": "How is the weather?"}]},
    {"role": "assistant", "content": None, "tool_calls": [CALL]},
    {"role": "tool", "tool_call_id": "call_0", "content": "rain"},
    {"role": "user", "content": "And tomorrow?"},
]
PICTURE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}
IMAGE = {"messages": [{"role": "user", "content": [PICTURE]}]}
STRANGER = {"extra_body": {"messages": [{"role": "alien", "content": "?"}]}}
TOO_LONG = {"messages": [{"role": "user", "content": "Q" * 6000}]}
NO_LIST = {"extra_body": {"messages": "x"}}
NO_SCHEMA = {"response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "banana"}}}}
PARAMETERS = {
    "type": "object",
    "properties": {
        "city": {"type": "string", "enum": ["Ulm", "Bergen"]},
        "days": {"type": "integer", "minimum": 1, "maximum": 9},
    },
    "required": ["city", "days"],
    "additionalProperties": False,
}
PERSON = {
    "type": "object",
    "properties": {"name": {"type": "string", "maxLength": 20}, "age": {"type": "integer", "maximum": 150}},
    "required": ["name", "age"],
    "additionalProperties": False,
}
TOOLS = {
    "tools": [{"type": "function", "function": {"name": "get_weather", "parameters": PARAMETERS}}],
    "tool_choice": "required",
    "parallel_tool_calls": False,
}
# In the tiny model 3 begins a tool call, and 2 ends the text where the grammar lets it.
BEGINS_CALL = {"logit_bias": {"3": 60, "2": 100}, "max_tokens": 200}
# vLLM holds arguments to their schema if the tool is strict.
_FUNCTION = {"name": "get_weather", "strict": True, "parameters": PARAMETERS}
CALLS_STRICTLY = {
    "tools": [{"type": "function", "function": _FUNCTION}],
    "logit_bias": {"2": 100},
    "max_tokens": 200,
}
AS_PERSON = {
    "response_format": {"type": "json_schema", "json_schema": {"name": "person", "strict": True, "schema": PERSON}}
}
WITH_USAGE = {"stream_options": {"include_usage": True}}
WITH_LOGPROBS = {"logprobs": True, "top_logprobs": 2}
LONG: dict[str, Mapping[str, Any]] = {
    LLAMA: {"max_tokens": 4000},
    MOCK: {"model": "mock-long"},
    GATEWAY: {"max_tokens": 4000},
    VLLM: {"max_tokens": 4000},
}
