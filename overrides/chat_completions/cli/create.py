"""`chat-completions create`: send a prompt, show the answer as it arrives, and check whether it is usable.

Of several choices, the first is shown as it arrives and the others after it. Reasoning, refusals and the reason why an
answer ended early go to standard error, so that standard output contains only the answer.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Annotated, Any

import typer

from chat_completions.cli import request_options
from chat_completions.cli.connection import Connection
from chat_completions.cli.exits import Exit, Failure
from chat_completions.cli.screen import Screen, is_terminal, json_text, shared_screen

if TYPE_CHECKING:
    from chat_completions import Client
    from chat_completions.models import ChatCompletion

MODEL_VARIABLES = ("CHAT_COMPLETIONS_MODEL", "OPENAI_MODEL")


def create(
    connection: Connection,
    prompt: Annotated[
        str | None,
        typer.Argument(
            metavar="[PROMPT]",
            help="The prompt; without it, or with '-', standard input is read. Piped input is appended to the prompt.",
            show_default=False,
        ),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option("--model", "-m", metavar="NAME", envvar=list(MODEL_VARIABLES), help="The model."),
    ] = None,
    system: Annotated[
        str | None,
        typer.Option("--system", "-s", metavar="TEXT", help="System message, sent before all other messages."),
    ] = None,
    stream: Annotated[
        bool | None,
        typer.Option(
            "--stream/--no-stream",
            help="Show the text as it arrives (the default), or only when it is complete.",
            show_default=False,
        ),
    ] = None,
    json: Annotated[
        bool,
        typer.Option(
            "--json",
            help="Show the completion as one JSON object; with --stream too, show each chunk as one line of JSON.",
        ),
    ] = False,
    schema: Annotated[
        str | None,
        typer.Option("--schema", metavar="FILE", help="JSON Schema that the answer must match."),
    ] = None,
    param: Annotated[
        list[str] | None,
        typer.Option(
            "--param",
            "-p",
            metavar="KEY=VALUE",
            help="Request field, such as temperature=0 or stream_options.include_usage=true;"
            " the value is parsed as JSON if possible. Repeatable.",
        ),
    ] = None,
    messages: Annotated[
        str | None,
        typer.Option(
            "--messages", metavar="FILE", help="JSON array of messages to send before the prompt; '-' reads stdin."
        ),
    ] = None,
    image: Annotated[
        list[str] | None,
        typer.Option("--image", metavar="FILE", help="Image file or URL to send with the prompt. Repeatable."),
    ] = None,
    attach: Annotated[
        list[str] | None,
        typer.Option(
            "--attach",
            "-a",
            metavar="FILE",
            help="File or URL to send with the prompt, such as an image, audio, a PDF, or text; '-' reads stdin. "
            "Repeatable.",
        ),
    ] = None,
    reasoning: Annotated[
        bool | None,
        typer.Option(
            "--reasoning/--no-reasoning",
            help="Show reasoning on standard error (the default if it is a terminal).",
            show_default=False,
        ),
    ] = None,
    validate: Annotated[
        bool, typer.Option("--validate", help="Validate the request against the specification first.")
    ] = False,
) -> int:
    """Create a chat completion.

    Returns:
        The exit code.
    """
    screen = shared_screen()
    if reasoning is None:
        reasoning = is_terminal(sys.stderr)
    request: dict[str, Any] = {} if model is None else {"model": model}
    if schema is not None:
        request["response_format"] = request_options.response_format_of(schema, screen)
    request_options.put_params(request, param or ())
    if not request.get("model"):
        raise Failure("no model is set", f"use --model NAME, or set {MODEL_VARIABLES[0]}")
    request["messages"] = _messages(prompt, system, messages, image or (), attach or (), screen)
    arguments = request_options.arguments_of(request, screen)
    with connection.client(validate=validate) as client, _nearest_models(client, request["model"]):
        if json and stream:
            answer = show_chunks(client, arguments, screen)
            completion = {} if answer is None else answer.to_dict()
        elif json or stream is False:
            completion = client.chat.completions.create(**arguments).to_dict()
            if json:
                show_json(completion, screen)
            else:
                show_whole(completion, screen, reasoning=reasoning)
        else:
            completion = show_stream(client, arguments, screen, reasoning=reasoning).to_dict()
    check_completion(completion, None if schema is None else _sent_schema(request), screen)
    return Exit.DONE


@contextmanager
def _nearest_models(client: Client, model: Any) -> Iterator[None]:
    """Add to an error which models the server has instead, if it does not list the requested one."""
    from chat_completions import APIStatusError

    try:
        yield
    except APIStatusError as error:
        said = f"{error.param} {error.code} {error.message}".lower()
        if isinstance(model, str) and (error.status_code == 404 or (error.status_code < 500 and "model" in said)):
            from chat_completions.cli.models import UnknownModelError, unknown_model_hint

            hint = unknown_model_hint(client, model)
            if hint is not None:
                raise UnknownModelError(error, hint) from error
        raise


def _messages(
    prompt: str | None,
    system: str | None,
    file: str | None,
    images: Sequence[str],
    attachments: Sequence[str],
    screen: Screen,
) -> list[Any]:
    stdin_taken = request_options.STANDARD_INPUT in attachments
    if [file, *attachments].count(request_options.STANDARD_INPUT) > 1:
        raise Failure("only one of the prompt, --messages and --attach can come from standard input")
    parts: list[Any] = []
    if images or attachments:
        from chat_completions.cli.attachments import parts_of

        parts = [*parts_of(images, attachments, screen)]
    return request_options.messages_of(prompt, system, file, parts, screen, stdin_taken=stdin_taken)


def _sent_schema(request: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the schema that was sent; --param may have changed it."""
    try:
        schema = request["response_format"]["json_schema"]["schema"]
    except (KeyError, TypeError):
        return None
    return schema if isinstance(schema, dict) else None


_ENDED = {
    "length": "the answer was cut off at the token limit (finish reason `length`); increase max_completion_tokens",
    "content_filter": "the answer was cut off by the server's content filter (finish reason `content_filter`)",
}


def show_stream(client: Client, arguments: Mapping[str, Any], screen: Screen, *, reasoning: bool) -> ChatCompletion:
    """Create a streamed completion, show its text as it arrives, and return the whole completion.

    If an error or Ctrl-C ends it early, what arrived is shown before the exception is raised again.
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
            with suppress(ChatCompletionsError):  # which is raised if nothing arrived
                partial = error.partial if isinstance(error, StreamError) else stream.current_completion_snapshot
                show_rest(partial.to_dict(), screen)
            screen.end_line()
            raise
        show_rest(completion.to_dict(), screen)
        return completion


def show_chunks(client: Client, arguments: Mapping[str, Any], screen: Screen) -> ChatCompletion | None:
    """Create a streamed completion, show each chunk as a line of JSON, and return the whole; None without a chunk."""
    with client.chat.completions.create(stream=True, **arguments) as stream:
        for chunk in stream:
            screen.write(json_text(chunk.to_dict(), terminal=screen.terminal) + "\n")
        completion: ChatCompletion | None = stream.completion
        return completion


def show_whole(completion: Mapping[str, Any], screen: Screen, *, reasoning: bool) -> None:
    """Show a completion that was not streamed."""
    first = next(iter(_choices(completion)), {})
    message = first.get("message") or {}
    if reasoning:
        screen.aside(_reasoning(message))
    screen.write(_text(message))
    show_rest(completion, screen)


def show_rest(completion: Mapping[str, Any], screen: Screen) -> None:
    """Show everything in a completion except the text of its first choice."""
    choices = _choices(completion)
    for place, choice in enumerate(choices):
        message = choice.get("message") or {}
        screen.end_line()
        if place > 0:
            screen.note(f"choice {place + 1} of {len(choices)}:")
            screen.write(_text(message))
            screen.end_line()
        audio = message.get("audio")
        if isinstance(audio, dict):
            if isinstance(audio.get("transcript"), str) and not _text(message):
                screen.write(audio["transcript"])
                screen.end_line()
            screen.note("the answer contains audio; use --json to get it")
        for call in _calls(message):
            screen.write(call + "\n")


def show_json(completion: Mapping[str, Any], screen: Screen) -> None:
    """Show a completion as JSON: indented on a terminal, else on one line."""
    screen.write(json_text(completion, terminal=screen.terminal, indent=2 if screen.terminal else None) + "\n")


def check_completion(completion: Mapping[str, Any], schema: Mapping[str, Any] | None, screen: Screen) -> None:
    """Show why an answer ended early, and raise an error if it cannot be used.

    Args:
        completion: The completion as JSON.
        schema: The JSON Schema that its texts must match, None for any text.
        screen: Where to show the reason.

    Raises:
        Failure: If the model refused, or the answer does not match the schema or was cut off before it could.
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
            found = _schema_fault(_text(message), schema)
            if found and ended and fault is None:
                # A truncated answer does not match the schema; report why it was truncated.
                found, ended, code = ended, None, Exit.CUT
        if ended:
            screen.note(ended)
        fault = fault or found
    if not _choices(completion):
        fault = "the server's completion has no choices"
    if fault:
        raise Failure(fault, code=code)


def _schema_fault(text: str, schema: Mapping[str, Any]) -> str | None:
    """Return why a text does not match a schema, None if it matches."""
    from jsonschema.exceptions import best_match
    from jsonschema.validators import Draft202012Validator, validator_for
    from referencing import Registry
    from referencing.exceptions import Unresolvable

    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        return f"the answer is not JSON, although --schema requested it: {error}"
    # An empty registry prevents references to other documents from being fetched.
    validator = validator_for(schema, default=Draft202012Validator)(schema, registry=Registry())
    try:
        fault = best_match(validator.iter_errors(value))
    except (Unresolvable, RecursionError):
        return None
    if fault is None:
        return None
    pointer = "".join(f"/{key}" for key in fault.absolute_path)
    return f"the answer does not match the schema: {pointer or '/'}: {fault.message[:200]}"


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
    """Return the tool calls, each as `call NAME(ARGUMENTS)`."""
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
            text = held.get("arguments", held.get("input"))
            text = text if isinstance(text, str) else json.dumps(text, ensure_ascii=False)
            lines.append(f"call {held.get('name')}({text})")
    return lines
