"""`chat-completions create`: send a prompt to a model and show the answer as it arrives."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from chat_completions.cli import answers, request_options
from chat_completions.cli.connection import Connection
from chat_completions.cli.exits import Exit, Failure
from chat_completions.cli.screen import is_terminal, shared_screen

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
        bool, typer.Option("--json", help="Show the completion as JSON; with --stream, each chunk as a line.")
    ] = False,
    schema: Annotated[
        str | None,
        typer.Option("--schema", metavar="FILE", help="JSON Schema that the answer must match; it is checked."),
    ] = None,
    param: Annotated[
        list[str] | None,
        typer.Option(
            "--param",
            "-p",
            metavar="KEY=VALUE",
            help="Field of the request, such as temperature=0 or stream_options.include_usage=true;"
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
    reasoning: Annotated[
        bool | None,
        typer.Option(
            "--reasoning/--no-reasoning",
            help="Show reasoning on standard error (the default if it is a terminal).",
            show_default=False,
        ),
    ] = None,
    validate: Annotated[
        bool, typer.Option("--validate", help="Check the request against the specification before it is sent.")
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
    request["messages"] = request_options.messages_of(prompt, system, messages, image or (), screen)
    arguments = request_options.arguments_of(request, screen)
    with connection.client(validate=validate) as client:
        if json and stream:
            answer = answers.show_chunks(client, arguments, screen)
            completion = {} if answer is None else answer.to_dict()
        elif json or stream is False:
            completion = client.chat.completions.create(**arguments).to_dict()
            if json:
                answers.show_json(completion, screen)
            else:
                answers.show_whole(completion, screen, reasoning=reasoning)
        else:
            completion = answers.show_stream(client, arguments, screen, reasoning=reasoning).to_dict()
    answers.check_completion(completion, None if schema is None else _sent_schema(request), screen)
    return Exit.DONE


def _sent_schema(request: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the schema that was sent; --param may have changed it."""
    try:
        schema = request["response_format"]["json_schema"]["schema"]
    except (KeyError, TypeError):
        return None
    return schema if isinstance(schema, dict) else None
