"""When the deterministic engine calls tools, and with which arguments.

- A named `tool_choice` calls that tool; `required` calls the tools that the last user message requests, else the first
  tool; `none` calls nothing; `allowed_tools` is `auto` or `required` among the tools that it lists.
- `auto` calls the tools that the last user message requests with the words `call NAME`, but none after a tool message.
- `call NAME {"a": 1}` calls with these arguments; without them, they are a sample of the tool's schema.
- `parallel_tool_calls: false` keeps only the first call.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from .bodies import refuse_constant
from .errors import refusal
from .patterns import NoMatchError, matching_text
from .rules import tool_name
from .sample_maker import NoSampleError
from .samples import sample_json
from .work_limit import STEPS_PER_SCHEMA, TooMuchWork, bounded, spend

Kind = Literal["function", "custom", "legacy"]

_MAX_CALLS = 32
_CALL = re.compile(r"\bcall ")
_NAME_CONTINUES = re.compile(r"[\w-]")
_SPACE = re.compile(r"\s*")

_JSON = json.JSONDecoder(parse_constant=refuse_constant)


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a tool.

    Attributes:
        kind: `function`, `custom`, or `legacy` for the deprecated `functions`.
        name: The tool's name.
        text: The arguments as JSON text, or a custom tool's input.
    """

    kind: Kind
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class _Tool:
    kind: Kind
    name: str
    definition: Mapping[str, Any]
    param: str


def tool_calls(request: Mapping[str, Any], user_text: str, has_tool_message: bool) -> list[Call]:
    """Return the calls that answer a request.

    Args:
        request: A valid request.
        user_text: The text of the last user message.
        has_tool_message: Whether a tool message follows it.

    Returns:
        The calls in order; none if the reply is text.

    Raises:
        ApiError: With status 400, if no arguments can be made for a tool's schema.
    """
    tools, mode = _tools(request)
    if not tools or mode == "none":
        return []
    if mode == "auto" and has_tool_message:
        return []
    calls = _requested_calls(tools, user_text)
    if mode == "required" and not calls:
        calls = [_sampled_call(tools[0])]
    single = request.get("parallel_tool_calls") is False or tools[0].kind == "legacy"
    return calls[:1] if single else calls


def _tools(request: Mapping[str, Any]) -> tuple[list[_Tool], str]:
    """Return the tools that may be called, and `auto`, `required` or `none`."""
    tools = [
        _Tool(tool["type"], tool[tool["type"]]["name"], tool[tool["type"]], f"tools[{number}].{tool['type']}")
        for number, tool in enumerate(request.get("tools") or [])
    ]
    choice = request.get("tool_choice") or "auto"
    if not tools:
        functions = enumerate(request.get("functions") or [])
        tools = [_Tool("legacy", item["name"], item, f"functions[{number}]") for number, item in functions]
        choice = request.get("function_call") or "auto"
    if isinstance(choice, str):
        return tools, choice
    if choice.get("type") == "allowed_tools":
        allowed = choice["allowed_tools"]
        names = {tool_name(wanted) for wanted in allowed["tools"]}
        return [tool for tool in tools if (tool.kind, tool.name) in names], allowed["mode"]
    named = tool_name(choice) or ("legacy", choice.get("name"))
    return [tool for tool in tools if (tool.kind, tool.name) == named][:1], "required"


def _requested_calls(tools: Sequence[_Tool], user_text: str) -> list[Call]:
    by_name = {tool.name: tool for tool in reversed(tools)}
    lengths = sorted({len(name) for name in by_name if name}, reverse=True)
    calls: list[Call] = []
    for found in _CALL.finditer(user_text):
        spend(sum(1 + length // 64 for length in lengths))
        ends = (found.end() + length for length in lengths)
        end = next(
            (
                end
                for end in ends
                if user_text[found.end() : end] in by_name and not _NAME_CONTINUES.match(user_text, end)
            ),
            None,
        )
        if end is not None and len(calls) < _MAX_CALLS:
            tool = by_name[user_text[found.end() : end]]
            arguments = _arguments_at(user_text, end) if tool.kind != "custom" else None
            calls.append(Call(tool.kind, tool.name, arguments) if arguments else _sampled_call(tool))
    return calls


def _arguments_at(text: str, start: int) -> str | None:
    """Return the JSON object that begins at a position in the text, unchanged, or None."""
    start = _SPACE.match(text, start).end()  # type: ignore[union-attr]
    if not text.startswith("{", start):
        return None
    try:
        _, end = _JSON.raw_decode(text, start)
    except (ValueError, RecursionError):
        return None
    return text[start:end]


def _sampled_call(tool: _Tool) -> Call:
    if tool.kind == "custom":
        return Call(tool.kind, tool.name, _custom_input(tool))
    try:
        schema = tool.definition.get("parameters") or {}
        return Call(tool.kind, tool.name, sample_json({"type": "object", **schema}))
    except NoSampleError as error:
        message = f"The local server found no arguments for the schema of '{tool.name}': {error}."
        raise refusal(message, f"{tool.param}.parameters", "invalid_function_parameters") from error


def _custom_input(tool: _Tool) -> str:
    grammar = (tool.definition.get("format") or {}).get("grammar") or {}
    if grammar.get("syntax") == "regex":
        try:
            with bounded(STEPS_PER_SCHEMA):
                return matching_text(grammar["definition"])
        except (NoMatchError, TooMuchWork) as error:
            reason = str(error) or "it takes more work than the local server allows for one pattern"
            message = f"The local server found no input for the grammar of '{tool.name}': {reason}."
            raise refusal(message, f"{tool.param}.format.grammar.definition", "invalid_grammar") from error
    return f"input for {tool.name}"
