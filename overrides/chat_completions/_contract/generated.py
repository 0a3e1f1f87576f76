"""The seam: the only module that takes private names from the generated package.

Generated endpoint modules build requests and parse responses; the rest of this package sends and receives them.
"""

from __future__ import annotations

import functools
import json
import re
from typing import TYPE_CHECKING, Any, cast

import attrs

from chat_completions_api.api.chat import create_chat_completion, list_chat_completions
from chat_completions_api.errors import UnexpectedContent, UnexpectedStatus
from chat_completions_api.types import Model, encode_json

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import httpx

    from chat_completions_api.models import ChatCompletion, ChatCompletionChunk, ChatCompletionList


class _Strict:
    """A substitute for the generated client; parsing uses only this attribute."""

    raise_on_unexpected_status = True


_STRICT: Any = _Strict()

# What the operations take, as docstrings list it.
CREATE_FIELDS = create_chat_completion.FIELDS
LIST_FIELDS = list_chat_completions.FIELDS


class ReadResponse:
    """A response whose JSON has been read: all of a response that parsing uses."""

    def __init__(self, status_code: int, value: Any) -> None:
        self.status_code, self._value = status_code, value

    def json(self) -> Any:
        """Return the JSON."""
        return self._value


@functools.cache
def request_fields() -> Mapping[str, str]:
    """Return the fields that a createChatCompletion request may have: wire name to attribute name."""
    from chat_completions_api.models import CreateChatCompletionRequest

    return CreateChatCompletionRequest._attributes


@functools.cache
def required_fields() -> tuple[str, ...]:
    """Return the wire names of the fields that a createChatCompletion request must have."""
    from chat_completions_api.models import CreateChatCompletionRequest

    names = request_fields().items()
    defaults = {field.name: field.default for field in attrs.fields(CreateChatCompletionRequest)}
    return tuple(key for key, name in names if defaults[name] is attrs.NOTHING)


def public_annotation(annotation: str) -> str:
    """Return an annotation of `params.py` with the TypedDicts that its private names stand for."""
    from chat_completions_api import params

    return re.sub(r"\b_\w+", lambda name: getattr(params, name[0]).__name__, annotation)


def create_request(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of `httpx.Client.build_request` for createChatCompletion."""
    return create_chat_completion._get_kwargs(body=body)


@functools.cache
def chunk_decoder() -> Callable[[dict[str, Any]], ChatCompletionChunk]:
    """Return the decoder of one event of a stream; its models are imported only here.

    The model then owns the object. Fields that callers usually read are decoded at once, the rest when they are read,
    which takes less than half the time.
    """
    from chat_completions_api.models import (
        ChatCompletionChunk,
        ChoiceDelta,
        ChoiceDeltaToolCall,
        ChoiceLogprobs,
        ChunkChoice,
    )

    new: Any = object.__new__
    decode_call = ChoiceDeltaToolCall.from_dict  # who asks for them reads them

    def decode_chunk(value: dict[str, Any]) -> Any:
        chunk = new(ChatCompletionChunk)
        chunk._wire = value
        if value.get("usage") is None:
            chunk.usage = None
        choices = value.get("choices")
        if type(choices) is list:
            chunk.choices = made = []
            for choice in choices:  # a comprehension takes longer
                made.append(decode_choice(choice) if type(choice) is dict else choice)
        elif choices is not None:
            chunk.choices = choices
        return chunk

    def decode_choice(value: dict[str, Any]) -> Any:
        choice = new(ChunkChoice)
        choice._wire = value
        get = value.get
        choice.index, choice.finish_reason = get("index"), get("finish_reason")
        tokens = get("logprobs")
        if type(tokens) is dict:
            choice.logprobs = logprobs = new(ChoiceLogprobs)
            logprobs._wire = tokens
        else:
            choice.logprobs = tokens
        fields = get("delta")
        if type(fields) is dict:
            choice.delta = delta = new(ChoiceDelta)
            delta._wire = fields
            get = fields.get
            delta.content, delta.role = get("content"), get("role")
            calls = get("tool_calls")
            if type(calls) is list:
                calls = [decode_call(call) if type(call) is dict else call for call in calls]
            delta.tool_calls = calls
        elif fields is not None:
            choice.delta = fields
        return choice

    return decode_chunk


def is_blank(model: Model, name: str) -> bool:
    """Return whether a required list or object of a decoded model is absent or null, and still empty if it was read."""
    return name in model._blank()


def document() -> dict[str, Any]:
    """Return the slice of the specification that the package was generated from, with its origin (`x-provenance`)."""
    return _load("openapi.json")


def known_fields() -> dict[str, Any]:
    """Return the table of what the specification knows of replies."""
    return _load("known_fields.json")


def _load(name: str) -> dict[str, Any]:
    from importlib.resources import files

    text = files("chat_completions_api").joinpath(name).read_text("utf-8")
    return cast("dict[str, Any]", json.loads(text))


def list_request(**query: Any) -> dict[str, Any]:
    """Return the arguments of `httpx.Client.build_request` for listChatCompletions; None omits a parameter."""
    return list_chat_completions._get_kwargs(**{key: value for key, value in query.items() if value is not None})


def parse_completion(response: httpx.Response) -> ChatCompletion:
    """Decode a response to createChatCompletion that has a success status."""
    return cast("ChatCompletion", create_chat_completion._parse_response(client=_STRICT, response=response))


def parse_list(response: httpx.Response) -> ChatCompletionList:
    """Decode a response to listChatCompletions that has a success status."""
    return cast("ChatCompletionList", list_chat_completions._parse_response(client=_STRICT, response=response))


__all__ = [
    "CREATE_FIELDS",
    "LIST_FIELDS",
    "Model",
    "ReadResponse",
    "UnexpectedContent",
    "UnexpectedStatus",
    "chunk_decoder",
    "create_request",
    "document",
    "encode_json",
    "is_blank",
    "list_request",
    "parse_completion",
    "parse_list",
    "public_annotation",
    "request_fields",
    "required_fields",
]
