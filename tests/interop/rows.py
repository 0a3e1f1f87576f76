"""The table: what is asked of each server, and what is expected of it.

A row is one call, or one way of using a stream. Under each server stands a `Reply` or a `Failure`, or a `Cannot` that
says why the row is not run there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Way = Literal["create", "talk", "stream", "break", "close", "cancel", "deadline", "reuse", "many", "kill", "list"]


@dataclass(frozen=True, kw_only=True)
class Reply:
    """A completion, whole or streamed.

    Attributes:
        finish: The finish reason of each choice, in order.
        text: The text of each choice; None for any.
        model: The model that the server names; None for the one that was asked for.
        usage: Whether it tells the usage.
        logprobs: Whether each token comes with its probability, and two more.
        tool: Whether it is a call of the weather tool.
        json: Whether the text is JSON with a name and an age.
        reuse: Whether the connection can be used again after a stream.
        also: What the request needs here beside what the row says.
    """

    finish: tuple[str | None, ...] = ("stop",)
    text: str | None = None
    model: str | None = None
    usage: bool = True
    logprobs: bool = False
    tool: bool = False
    json: bool = False
    reuse: bool = True
    also: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Failure:
    """An error of the client's: its class, and what it tells.

    Attributes:
        tries: How many attempts it took.
        partial: Whether it has the part that had arrived.
    """

    error: str
    status: int | None = None
    type: str | None = None
    code: Any = None
    says: str = ""
    tries: int = 1
    partial: bool = False
    also: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Cannot:
    """Why a row is not run on a server."""

    why: str


@dataclass(frozen=True)
class Row:
    """One row of the table.

    Attributes:
        way: How the call is made.
        request: The arguments of `create`, beside the server's own.
        on: What is expected of each server.
        client: Arguments of the client that differ.
        path: What the base URL has at its end, instead of /v1.
        times: How often the call is made; the last one counts.
    """

    name: str
    way: Way
    request: Mapping[str, Any]
    on: Mapping[str, Reply | Failure | Cannot]
    client: Mapping[str, Any] = field(default_factory=dict)
    path: str = "/v1"
    times: int = 1
