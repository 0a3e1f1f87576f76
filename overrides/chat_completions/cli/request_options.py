"""Build the request of `create` from its options and from files; errors show file, line and column."""

from __future__ import annotations

import difflib
import json
import os
import re
import stat
import sys
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from chat_completions.cli.exits import Failure
from chat_completions.cli.screen import Screen

# How similar a name must be to a known one to count as a typo; top_k and top_p must not.
_TYPO_SIMILARITY = 0.85
_SURROGATE = re.compile("[\ud800-\udfff]")
_ELSEWHERE = {
    "messages": "--messages FILE",
    "stream": "--stream or --no-stream",
    "timeout": "--timeout",
    "deadline": "--deadline",
    "idle_timeout": "--idle-timeout",
    "max_retries": "--max-retries",
    "extra_headers": "--header",
    "extra_query": "--query",
    "extra_body": "--param with the field's own name",
    "validate": "--validate",
}


def messages_of(
    prompt: str | None,
    system: str | None,
    file: str | None,
    parts: Sequence[Any],
    screen: Screen,
    *,
    stdin_taken: bool = False,
) -> list[Any]:
    """Return the messages of the request.

    Args:
        prompt: The prompt, to which standard input is appended if it is a pipe or a file; `-`, or None without a file,
            reads only standard input.
        system: The system message, which comes first.
        file: The JSON file with the messages before the prompt.
        parts: The content parts to send with the prompt.
        screen: Shows that the command waits for standard input.
        stdin_taken: Whether one of the parts came from standard input.

    Raises:
        Failure: If something cannot be read, or there is no prompt.
    """
    messages = [] if file is None else json_of(file, screen, kind=list, what="the conversation")
    for place, message in enumerate(messages):
        if not isinstance(message, dict):
            raise Failure(f'{file}: the message at index {place} is not an object such as {{"role": "user", ...}}')
    text = _prompt(prompt, file, screen, stdin_taken=stdin_taken)
    if parts:
        messages.append({"role": "user", "content": [*([{"type": "text", "text": text}] if text else ()), *parts]})
    elif text is not None:
        messages.append({"role": "user", "content": text})
    if not messages:
        raise Failure("the prompt is empty", "pass a prompt, or pipe one in")
    return messages if system is None else [{"role": "system", "content": encodable(system, "--system")}, *messages]


def _prompt(prompt: str | None, file: str | None, screen: Screen, *, stdin_taken: bool) -> str | None:
    stdin_taken = stdin_taken or file == STANDARD_INPUT
    if prompt is None and (file is not None or stdin_taken):
        return None
    if prompt is None or prompt == STANDARD_INPUT:
        if stdin_taken:
            raise Failure("only one of the prompt, --messages and --attach can come from standard input")
        return text_of(STANDARD_INPUT, screen, what="the prompt").rstrip("\n") or None
    prompt = encodable(prompt, "the prompt")
    piped = (
        ""
        if stdin_taken or not has_piped_input()
        else text_of(STANDARD_INPUT, screen, what="more of the prompt").rstrip("\n")
    )
    return "\n\n".join(text for text in (prompt, piped) if text.strip()) or None


def encodable(text: str, what: str) -> str:
    """Return a text from the command line if it can be sent.

    Raises:
        Failure: If the shell passed bytes that are not text.
    """
    try:
        # In a locale without UTF-8, Python keeps the bytes that it cannot read.
        return os.fsencode(text).decode() if _SURROGATE.search(text) else text
    except UnicodeError:
        raise Failure(f"{what} contains bytes that are not valid UTF-8") from None


def response_format_of(file: str, screen: Screen) -> dict[str, Any]:
    """Return the response format for a JSON Schema in a file.

    The file may contain the schema alone, or the API's object around it: with name and `strict`, and optionally type.

    Raises:
        Failure: If the file does not contain a JSON Schema.
    """
    value = json_of(file, screen, kind=dict, what="a JSON Schema")
    if value.get("type") == "json_schema" and isinstance(value.get("json_schema"), dict):
        value = value["json_schema"]
    if isinstance(value.get("schema"), dict) and isinstance(value.get("name"), str):
        format_ = value
    else:
        title = value.get("title") if isinstance(value.get("title"), str) else Path(file).name.partition(".")[0]
        name = re.sub(r"[^A-Za-z0-9_-]+", "_", str(title)).strip("_")[:64]
        format_ = {"name": name or "answer", "schema": value, "strict": True}
    _check_schema(format_["schema"], "standard input" if file == STANDARD_INPUT else file)
    return {"type": "json_schema", "json_schema": format_}


def _check_schema(schema: dict[str, Any], file: str) -> None:
    from jsonschema import SchemaError
    from jsonschema.validators import Draft202012Validator, validator_for

    try:
        validator_for(schema, default=Draft202012Validator).check_schema(schema)
    except SchemaError as error:
        pointer = "".join(f"/{key}" for key in error.absolute_path)
        raise Failure(f"{file}: is not a JSON Schema: {pointer or '/'}: {error.message[:200]}") from None
    except RecursionError:
        raise Failure(f"{file}: is nested too deeply") from None


def put_params(request: dict[str, Any], texts: Iterable[str]) -> None:
    """Add the `key=value` texts of --param to a request; `a.b=1` sets `b` in the object `a`.

    Raises:
        Failure: If one cannot be added.
    """
    for text in texts:
        path, sign, value = encodable(text, "--param").partition("=")
        keys = path.strip().split(".")
        if not sign or not all(keys):
            raise Failure(f"--param {path or repr(text)}: write key=value, or key.key=value")
        if keys[0] in _ELSEWHERE:
            raise Failure(f"--param {path}: use {_ELSEWHERE[keys[0]]}")
        holder = request
        for depth, key in enumerate(keys[:-1]):
            holder = holder.setdefault(key, {})
            if not isinstance(holder, dict):
                raise Failure(f"--param {path}: {'.'.join(keys[: depth + 1])} is not an object")
        holder[keys[-1]] = _value(value)


def _value(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return text


def _no_constant(name: str) -> Any:
    raise ValueError(name)


def arguments_of(request: dict[str, Any], screen: Screen) -> dict[str, Any]:
    """Return the arguments of `create` for a request; fields that are not in the specification go into `extra_body`.

    A field that looks like a typo is sent after a note, because servers may have similar fields.
    """
    from chat_completions._contract import generated

    known = generated.request_fields()
    extra = {name: value for name, value in request.items() if name not in known}
    for name in extra:
        near = difflib.get_close_matches(name, known, n=1, cutoff=_TYPO_SIMILARITY)
        if near:
            screen.note(f"the specification has no {name!r}; did you mean {near[0]!r}? it is sent unchanged")
    arguments = {name: value for name, value in request.items() if name in known}
    return {**arguments, "extra_body": extra} if extra else arguments


STANDARD_INPUT = "-"
_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"')
_PATIENCE = 2.0  # seconds of silence before a note says what the command waits for


def text_of(name: str, screen: Screen, *, what: str) -> str:
    """Return the text of a file; `-` is standard input.

    Raises:
        Failure: If it cannot be read or is not UTF-8.
    """
    data = standard_input(screen, what) if name == STANDARD_INPUT else bytes_of(name)
    shown = "standard input" if name == STANDARD_INPUT else name
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):  # as PowerShell writes files
        encoding = "utf-16"
    else:
        encoding = "utf-8-sig"
    try:
        return data.decode(encoding).replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise Failure(
            f"{shown}: is not UTF-8 text (byte {error.start}); use --attach for another type of file"
        ) from None


def bytes_of(name: str) -> bytes:
    """Return the content of a file.

    Raises:
        Failure: If it cannot be read.
    """
    try:
        return Path(name).expanduser().read_bytes()
    except (OSError, ValueError) as error:
        raise Failure(f"{name}: {getattr(error, 'strerror', None) or error}") from None


def json_of(name: str, screen: Screen, *, kind: type[Any], what: str) -> Any:
    """Return the JSON value of a file; `-` is standard input.

    Args:
        name: The file.
        screen: Shows that the command waits for standard input.
        kind: The required type, `dict` or `list`.
        what: What it should be, for messages.

    Raises:
        Failure: If it is not JSON or has another type; the message has file, line and column.
    """
    text = text_of(name, screen, what=what)
    shown = "standard input" if name == STANDARD_INPUT else name
    try:
        value = json.loads(text, parse_constant=_refuse)
    except json.JSONDecodeError as error:
        raise Failure(f"{shown}:{error.lineno}:{error.colno}: not JSON: {error.msg}") from None
    except _ConstantError as error:
        without_texts = _TEXT.sub(lambda match: '"' * len(match[0]), text)
        place = _place(text, without_texts.find(str(error)))
        raise Failure(f"{shown}:{place}: not JSON: {error} is not a JSON number") from None
    except (ValueError, RecursionError) as error:
        raise Failure(f"{shown}: cannot be read: {error}") from None
    if not isinstance(value, kind):
        place = _place(text, len(text) - len(text.lstrip()))
        raise Failure(f"{shown}:{place}: is {_kind(value)}; {what} must be {_KINDS[kind]}")
    return value


def _place(text: str, at: int) -> str:
    before = text[:at]
    return f"{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}"


def has_piped_input() -> bool:
    """Return whether standard input is a pipe or a file."""
    try:
        mode = os.fstat(sys.stdin.fileno()).st_mode
    except (AttributeError, OSError, ValueError):
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISREG(mode) or stat.S_ISSOCK(mode)


def standard_input(screen: Screen, what: str) -> bytes:
    """Return everything that standard input has; a note says if the command waits for it.

    Raises:
        Failure: If it is closed or cannot be read.
    """
    if sys.stdin is None:
        raise Failure(f"standard input is closed, but {what} should come from it")
    if sys.stdin.isatty():
        screen.note(f"reading {what} from the keyboard; end it with {'Ctrl-Z' if os.name == 'nt' else 'Ctrl-D'}")
        return sys.stdin.buffer.read()
    # Without a note, a pipe that stays open would look like a server that does not answer.
    waiting = threading.Timer(
        _PATIENCE, screen.note, [f"waiting for {what} on standard input; if there is none, add </dev/null"]
    )
    waiting.daemon = True
    waiting.start()
    try:
        return sys.stdin.buffer.read()
    except OSError as error:
        raise Failure(f"standard input: {error.strerror}") from None
    finally:
        waiting.cancel()


class _ConstantError(ValueError):
    pass


def _refuse(constant: str) -> Any:
    raise _ConstantError(constant)


def _kind(value: Any) -> str:
    return _KINDS.get(type(value), "a number") if value is not None else "null"


_KINDS: dict[type[Any], str] = {dict: "an object", list: "an array", str: "a string", bool: "true or false"}
