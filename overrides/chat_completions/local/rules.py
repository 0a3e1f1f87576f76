"""The API's rules that the schema does not express: which fields go together, and what a name must refer to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .errors import ApiError, refusal
from .samples import schema_problem
from .spoken import FORMATS, is_spoken

# A model whose name begins so does not exist; every other name is accepted.
MISSING_MODEL = "missing-"
# Streams of a model whose name begins so end early, as if a proxy had given up.
CUT_MODEL = "cut-"
# Chunks that such a stream sends.
CUT_AFTER = 6

_LIMIT_RANGE = (1, 100)


def check_fields(body: Mapping[str, Any], known: Iterable[str]) -> None:
    """Check that all top-level fields are in the contract.

    Args:
        body: A request.
        known: The fields of the contract.

    Raises:
        ApiError: With status 400 and the first unknown field.
    """
    unknown = next((name for name in body if name not in known), None)
    if unknown is not None:
        raise ApiError(
            400, f"Unrecognized request argument supplied: {unknown}", param=unknown, code="unknown_parameter"
        )


def check_rules(body: Mapping[str, Any]) -> None:
    """Check a request that matches the schema against the other rules.

    Args:
        body: A request.

    Raises:
        ApiError: With status 400 and the first broken rule; with status 404 for a model that does not exist.
    """
    for name, needed in (("top_logprobs", "logprobs"), ("stream_options", "stream")):
        if body.get(name) is not None and not body.get(needed):
            raise refusal(f"The '{name}' parameter is only allowed when '{needed}' is enabled.", name)
    for name in ("max_completion_tokens", "max_tokens"):
        if body.get(name) is not None and body[name] < 1:
            message = f"Invalid '{name}': integer below minimum value. Expected a value >= 1, but got {body[name]}"
            raise refusal(f"{message} instead.", name, "integer_below_min_value")
    _check_tools(body)
    _check_functions(body)
    _check_response_format(body)
    _check_audio(body)
    if body["model"].startswith(MISSING_MODEL):
        message = f"The model `{body['model']}` does not exist or you do not have access to it."
        raise ApiError(404, message, code="model_not_found")


def check_page(query: Mapping[str, Any]) -> None:
    """Check the query of a list request against the rules beyond the schema.

    Args:
        query: The typed parameters.

    Raises:
        ApiError: With status 400, if `limit` is out of the API's range 1 to 100.
    """
    least, most = _LIMIT_RANGE
    limit = query["limit"]
    if not least <= limit <= most:
        wrong, sign, bound = ("below min", ">=", least) if limit < least else ("above max", "<=", most)
        raise ApiError(
            400,
            f"Invalid 'limit': integer {wrong}imum value. Expected a value {sign} {bound}, but got {limit} instead."
            " (in the query at /limit)",
            param="limit",
            code=f"integer_{wrong.replace(' ', '_')}_value",
        )


def tool_name(tool: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return the kind and the name of a tool or of a reference to one.

    Args:
        tool: An entry of `tools`, a named `tool_choice`, or an entry of `allowed_tools`.

    Returns:
        The pair, or None if there is no name.
    """
    kind = tool.get("type")
    held = tool.get(kind) if isinstance(kind, str) else None
    name = held.get("name") if isinstance(held, dict) else None
    return (kind, name) if isinstance(kind, str) and isinstance(name, str) else None


def _check_tools(body: Mapping[str, Any]) -> None:
    tools, choice = body.get("tools") or [], body.get("tool_choice")
    for number, tool in enumerate(tools):
        if tool["type"] == "function":
            _check_parameters(tool["function"], f"tools[{number}].function.parameters")
    if choice is None:
        return
    if not tools:
        raise refusal("'tool_choice' is only allowed when 'tools' are specified.", "tool_choice")
    if isinstance(choice, str):
        return
    names = {tool_name(tool) for tool in tools}
    is_list = choice["type"] == "allowed_tools"
    for wanted in choice["allowed_tools"]["tools"] if is_list else [choice]:
        found = tool_name(wanted)
        if found is None or found not in names:
            shown = found[1] if found else wanted
            raise refusal(f"Tool choice '{shown}' not found in 'tools'.", "tool_choice", "invalid_value")


def _check_functions(body: Mapping[str, Any]) -> None:
    functions, choice = body.get("functions") or [], body.get("function_call")
    for number, function in enumerate(functions):
        _check_parameters(function, f"functions[{number}].parameters")
    if choice is None:
        return
    if not functions:
        raise refusal("'function_call' is only allowed when 'functions' are specified.", "function_call")
    if isinstance(choice, dict) and choice["name"] not in [function["name"] for function in functions]:
        raise refusal(f"Function call '{choice['name']}' not found in 'functions'.", "function_call", "invalid_value")


def _check_parameters(function: Mapping[str, Any], param: str) -> None:
    problem = schema_problem(function.get("parameters") or {})
    if problem:
        message = f"Invalid schema for function '{function['name']}': {problem}"
        raise refusal(message, param, "invalid_function_parameters")


def _check_response_format(body: Mapping[str, Any]) -> None:
    wanted = body.get("response_format") or {}
    if wanted.get("type") == "json_schema":
        held = wanted["json_schema"]
        problem = schema_problem(held.get("schema") or {})
        if problem:
            message = f"Invalid schema for response_format '{held['name']}': {problem}"
            raise refusal(message, "response_format.json_schema.schema", "invalid_json_schema")


def _check_audio(body: Mapping[str, Any]) -> None:
    if not is_spoken(body):
        return
    if not body.get("audio"):
        raise refusal("Missing required parameter: 'audio', which output in the modality 'audio' needs.", "audio")
    wanted = body["audio"]["format"]
    if body.get("stream") and wanted != "pcm16":
        message = f"Unsupported value: 'audio.format' does not support '{wanted}' when stream=true. Supported: 'pcm16'."
        raise refusal(message, "audio.format", "unsupported_value")
    if wanted not in FORMATS:
        message = f"The local server makes sound in these formats only: {', '.join(FORMATS)}; not '{wanted}'."
        raise refusal(message, "audio.format", "unsupported_value")
