"""From the options of `create` to the request: messages, images, a schema, and whatever else is asked for."""

from __future__ import annotations

import base64
import difflib
import json
import mimetypes
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from chat_completions.cli.exits import Failure
from chat_completions.cli.files import STANDARD_INPUT, bytes_of, is_fed, json_of, text_of
from chat_completions.cli.screen import Screen

# How alike a name must be to one that the specification has, to be taken for a slip: top_k and top_p are two names.
_ALIKE = 0.85
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
    "extra_body": "--param with the name of the field itself",
    "validate": "--validate",
}


def messages_of(
    prompt: str | None, system: str | None, file: str | None, images: Iterable[str], screen: Screen
) -> list[Any]:
    """Return the messages of the request.

    Args:
        prompt: The prompt, to which standard input is added if it is a pipe or a file; `-` is standard input alone, and
            so is None without a file.
        system: The system's message, which goes first.
        file: The JSON file of the messages before the prompt.
        images: Files and addresses of images that go with the prompt.
        screen: Where to say that standard input is waited for.

    Raises:
        Failure: Something cannot be read, or there is no prompt.
    """
    messages = [] if file is None else json_of(file, screen, kind=list, what="the conversation")
    for place, message in enumerate(messages):
        if not isinstance(message, dict):
            raise Failure(f'{file}: the message at place {place} is no object such as {{"role": "user", ...}}')
    text = _prompt(prompt, file, screen)
    parts = [{"type": "image_url", "image_url": {"url": _image(image)}} for image in images]
    if parts:
        messages.append({"role": "user", "content": [*([{"type": "text", "text": text}] if text else ()), *parts]})
    elif text is not None:
        messages.append({"role": "user", "content": text})
    if not messages:
        raise Failure("there is nothing to ask: the prompt is empty", "give a prompt, or pipe one in")
    return messages if system is None else [{"role": "system", "content": encodable(system, "--system")}, *messages]


def _prompt(prompt: str | None, file: str | None, screen: Screen) -> str | None:
    taken = file == STANDARD_INPUT
    if prompt is None and file is not None:
        return None
    if prompt is None or prompt == STANDARD_INPUT:
        if taken:
            raise Failure("the messages and the prompt cannot both be standard input")
        return text_of(STANDARD_INPUT, screen, what="the prompt").rstrip("\n") or None
    prompt = encodable(prompt, "the prompt")
    piped = "" if taken or not is_fed() else text_of(STANDARD_INPUT, screen, what="more of the prompt").rstrip("\n")
    return "\n\n".join(text for text in (prompt, piped) if text.strip()) or None


def encodable(text: str, what: str) -> str:
    """Return a text of the command line if it can be sent.

    Raises:
        Failure: The shell handed on bytes that are no text.
    """
    try:
        # In a locale without UTF-8, Python keeps the bytes that it cannot read.
        return os.fsencode(text).decode() if _SURROGATE.search(text) else text
    except UnicodeError:
        raise Failure(f"{what} holds bytes that are no UTF-8 text") from None


def _image(name: str) -> str:
    if name.startswith(("http://", "https://", "data:")):
        return name
    kind = mimetypes.guess_type(name, strict=False)[0] or ""
    if not kind.startswith("image/"):
        raise Failure(f"--image {name}: its ending names no image; use one such as .png, .jpg, .gif or .webp")
    return f"data:{kind};base64,{base64.b64encode(bytes_of(name)).decode()}"


def response_format_of(file: str, screen: Screen) -> dict[str, Any]:
    """Return the response format for a JSON Schema in a file.

    The schema may stand in the file by itself, or as the API wraps it: with name and `strict`, or with type as well.

    Raises:
        Failure: The file holds no JSON Schema.
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
        raise Failure(f"{file}: is no JSON Schema: {pointer or '/'}: {error.message[:200]}") from None
    except RecursionError:
        raise Failure(f"{file}: is nested too deeply") from None


def put_params(request: dict[str, Any], texts: Iterable[str]) -> None:
    """Put the `key=value` texts of --param into a request; `a.b=1` goes into the object `a`.

    Raises:
        Failure: One cannot be put there.
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
                raise Failure(f"--param {path}: {'.'.join(keys[: depth + 1])} is no object")
        holder[keys[-1]] = _value(value)


def _value(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return text


def _no_constant(name: str) -> Any:
    raise ValueError(name)


def arguments_of(request: dict[str, Any], screen: Screen) -> dict[str, Any]:
    """Return the arguments of `create` for a request: what the specification does not know goes into `extra_body`.

    A name that looks like a slip is told of, and sent all the same: servers know fields that look like others.
    """
    from chat_completions._contract import generated

    known = generated.request_fields()
    extra = {name: value for name, value in request.items() if name not in known}
    for name in extra:
        near = difflib.get_close_matches(name, known, n=1, cutoff=_ALIKE)
        if near:
            screen.note(f"the specification has no {name!r}; did you mean {near[0]!r}? it is sent as it is")
    arguments = {name: value for name, value in request.items() if name in known}
    return {**arguments, "extra_body": extra} if extra else arguments
