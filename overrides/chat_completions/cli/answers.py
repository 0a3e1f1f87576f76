"""How an answer is shown: text as it comes, then what a stream of text cannot show; and whether it is one to use.

Of several choices the first is shown as it comes, and the others after it. Reasoning, refusals and why an answer ended
early go to standard error, so that standard output is the answer and nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from chat_completions.cli.exits import Exit, Failure
from chat_completions.cli.screen import Screen, json_text

if TYPE_CHECKING:
    from chat_completions import Client
    from chat_completions.models import ChatCompletion

_ENDED = {
    "length": "the answer was cut off at the token limit (finish reason `length`); raise max_completion_tokens",
    "content_filter": "the answer was cut off by the server's content filter (finish reason `content_filter`)",
}


def show_stream(client: Client, arguments: Mapping[str, Any], screen: Screen, *, reasoning: bool) -> ChatCompletion:
    """Ask for a stream and show its text as it comes.

    What had come before a fault or an interrupt is shown as well, and then they go on.

    Returns:
        The whole completion.
    """
    from chat_completions import ChatCompletionsError, StreamError

    with client.chat.completions.stream(**arguments) as stream:
        try:
            for event in stream:
                if event.type == "content.delta" and event.choice_index == 0:
                    screen.write(event.delta)
                elif event.type == "reasoning.delta" and event.choice_index == 0 and reasoning:
                    screen.aside(event.delta)
            completion = stream.get_final_completion()
        except (StreamError, KeyboardInterrupt) as error:
            with suppress(ChatCompletionsError):  # of which there is one if nothing had come
                partial = error.partial if isinstance(error, StreamError) else stream.current_completion_snapshot
                if partial is not None:
                    show_rest(partial.to_dict(), screen)
            screen.end_line()
            raise
        show_rest(completion.to_dict(), screen)
        return completion


def show_chunks(client: Client, arguments: Mapping[str, Any], screen: Screen) -> ChatCompletion | None:
    """Ask for a stream and show each chunk as a line of JSON.

    Returns:
        The whole completion; None if no chunk came.
    """
    with client.chat.completions.create(stream=True, **arguments) as stream:
        for chunk in stream:
            screen.write(json_text(chunk.to_dict(), terminal=screen.terminal) + "\n")
        completion: ChatCompletion | None = stream.completion
        return completion


def show_whole(completion: Mapping[str, Any], screen: Screen, *, reasoning: bool) -> None:
    """Show a completion that came as a whole."""
    first = next(iter(_choices(completion)), {})
    message = first.get("message") or {}
    if reasoning:
        screen.aside(_reasoning(message))
    screen.write(_text(message))
    show_rest(completion, screen)


def show_rest(completion: Mapping[str, Any], screen: Screen) -> None:
    """Show of a completion what is not the text of its first choice."""
    choices = _choices(completion)
    for place, choice in enumerate(choices):
        message = choice.get("message") or {}
        screen.end_line()
        if place > 0:
            screen.note(f"choice {place + 1} of {len(choices)}:")
            screen.write(_text(message))
            screen.end_line()
        for call in _calls(message):
            screen.write(call + "\n")
        if isinstance(message.get("audio"), dict):
            screen.note("the answer holds audio, which --json gives")


def show_json(completion: Mapping[str, Any], screen: Screen) -> None:
    """Show a completion as JSON: over several lines for a person, on one line for a program."""
    screen.write(json_text(completion, terminal=screen.terminal, indent=2 if screen.terminal else None) + "\n")


def judge(completion: Mapping[str, Any], schema: Mapping[str, Any] | None, screen: Screen) -> None:
    """Say why an answer ended early, and refuse one that is of no use.

    Args:
        completion: The completion as JSON.
        schema: The JSON Schema that its texts have to fit, None for any text.
        screen: Where to say so.

    Raises:
        Failure: The model refused, or the answer does not fit or was cut off before it could.
    """
    fault: str | None = None
    code = Exit.UNUSABLE
    for choice in _choices(completion):
        message = choice.get("message") or {}
        ended = _ENDED.get(str(choice.get("finish_reason")))
        found: str | None = None
        if message.get("refusal"):
            found = f"the model refused: {message['refusal']}"
        elif schema is not None and not _calls(message):
            found = _misfit(_text(message), schema)
            if found and ended and fault is None:
                # Half an answer fits no schema: what there is to say is why it is half.
                found, ended, code = ended, None, Exit.CUT
        if ended:
            screen.note(ended)
        fault = fault or found
    if not _choices(completion):
        fault = "the server's completion has no choices"
    if fault:
        raise Failure(fault, code=code)


def _misfit(text: str, schema: Mapping[str, Any]) -> str | None:
    """Return what in a text does not fit a schema, None if it fits."""
    from jsonschema.exceptions import best_match
    from jsonschema.validators import Draft202012Validator, validator_for
    from referencing import Registry
    from referencing.exceptions import Unresolvable

    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        return f"the answer is no JSON, though --schema asked for it: {error}"
    # A registry of its own keeps references to other documents from being fetched.
    validator = validator_for(schema, default=Draft202012Validator)(schema, registry=Registry())
    try:
        fault = best_match(validator.iter_errors(value))
    except (Unresolvable, RecursionError):
        return None
    if fault is None:
        return None
    pointer = "".join(f"/{key}" for key in fault.absolute_path)
    return f"the answer does not fit the schema: {pointer or '/'}: {fault.message[:200]}"


def _choices(completion: Mapping[str, Any]) -> list[dict[str, Any]]:
    choices = completion.get("choices")
    return [choice for choice in choices if isinstance(choice, dict)] if isinstance(choices, list) else []


def _text(message: Mapping[str, Any]) -> str:
    content = message.get("content")
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    return "".join(part["text"] for part in parts if isinstance(part, dict) and isinstance(part.get("text"), str))


def _reasoning(message: Mapping[str, Any]) -> str:
    from chat_completions._streaming.events.event_builder import REASONING

    return next((text for name in REASONING if isinstance(text := message.get(name), str) and text), "")


def _calls(message: Mapping[str, Any]) -> list[str]:
    """Return the calls of tools, each as `call NAME(ARGUMENTS)`."""
    calls = message.get("tool_calls")
    found = [*calls] if isinstance(calls, list) else []
    if isinstance(message.get("function_call"), dict):
        found.append({"function": message["function_call"]})
    lines = []
    for call in found:
        held = next((call[kind] for kind in ("function", "custom") if isinstance(call.get(kind), dict)), None)
        if held is None:
            lines.append(f"call {json.dumps(call, ensure_ascii=False)}")
        else:
            said = held.get("arguments", held.get("input"))
            said = said if isinstance(said, str) else json.dumps(said, ensure_ascii=False)
            lines.append(f"call {held.get('name')}({said})")
    return lines
