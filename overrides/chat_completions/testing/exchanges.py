"""The recorded exchanges (a request and its response), and the file that contains them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from chat_completions._files import write_whole
from chat_completions._types import publish

from .recorded_bodies import Piece, body_bytes, body_form, cleaned_body, cleaned_pieces, json_value, piece_form
from .secrets import Headers, Secrets

FORMAT = "chat-completions cassette 1"
_WIDTH = 110
# These headers describe the connection and the transfer encoding, which differ in a replay.
_LEFT_OUT = frozenset({"connection", "content-length", "keep-alive", "transfer-encoding"})


@publish("chat_completions.testing")
class CassetteError(ValueError):
    """A file is not a cassette, or cannot be written as one."""


@dataclass
class Failure:
    """An error that the HTTP library raised.

    Attributes:
        type: The name of its class, such as `ReadTimeout`.
        message: Its message.
    """

    type: str
    message: str


@dataclass(repr=False)
class Exchange:
    """A request and its response.

    Attributes:
        method: The method.
        url: The whole URL.
        request_headers: Names and values.
        content: The body of the request.
        status: The status of the response; None without a response.
        headers: Names and values.
        seconds: From the request to the head of the response.
        pieces: The body as it was read.
        failure: The error that ended it early.
        left: Whether the client stopped reading before the end.
    """

    method: str
    url: str
    request_headers: list[tuple[str, str]]
    content: bytes
    status: int | None = None
    headers: list[tuple[str, str]] = field(default_factory=list)
    seconds: float = 0.0
    pieces: list[Piece] = field(default_factory=list)
    failure: Failure | None = None
    left: bool = False

    def __repr__(self) -> str:
        # While recording, the URL and the headers may contain secrets.
        model = f" model={self.body.get('model')!r}" if isinstance(self.body, dict) else ""
        ending = self.failure.type if self.failure else "left" if self.left else ""
        outcome = ", ".join(str(each) for each in (self.status, ending) if each)
        return f"<Exchange {self.method} {urlsplit(self.url).path}{model}: {outcome or 'no response'}>"

    @property
    def is_stream(self) -> bool:
        """Whether the response is an event stream."""
        return any(
            name.lower() == "content-type" and value.lower().startswith("text/event-stream")
            for name, value in self.headers
        )

    @property
    def body(self) -> Any:
        """The body of the request: its JSON value, else its bytes."""
        try:
            return json_value(self.content.decode()) if self.content else None
        except ValueError:
            return self.content

    def cleaned(self, secrets: Secrets) -> Exchange:
        """Return the exchange without secrets."""
        if self.is_stream:
            pieces = cleaned_pieces(self.pieces, secrets)
        else:
            pieces = [(0.0, cleaned_body(b"".join(data for _, data in self.pieces), secrets))]
        failure = self.failure and Failure(self.failure.type, secrets.text(self.failure.message))
        return Exchange(
            method=self.method,
            url=secrets.url(self.url),
            request_headers=secrets.request_headers(self.request_headers),
            content=cleaned_body(self.content, secrets),
            status=self.status,
            headers=secrets.response_headers(self.headers),
            seconds=self.seconds,
            pieces=pieces,
            failure=failure,
            left=self.left,
        )

    def form(self) -> dict[str, Any]:
        """Return the exchange as it is written to the file."""
        request = {"method": self.method, "url": self.url, "headers": _header_form(self.request_headers)}
        request |= body_form(self.content)
        if self.status is None:
            return {"request": request, "failure": vars(self.failure) if self.failure else None}
        response: dict[str, Any] = {"status": self.status, "headers": _header_form(self.headers)}
        response["seconds"] = round(self.seconds, 3)
        if self.is_stream:
            response["stream"] = [{"after": round(after, 3), **piece_form(data)} for after, data in self.pieces]
        else:
            response |= body_form(b"".join(data for _, data in self.pieces))
        if self.failure is not None:
            response["failure"] = vars(self.failure)
        if self.left:
            response["left"] = True
        return {"request": request, "response": response}

    @classmethod
    def of(cls, form: Mapping[str, Any]) -> Exchange:
        """Create an exchange from its form in the file.

        Raises:
            KeyError, TypeError, ValueError: If the form is invalid.
        """
        request, response = form["request"], form.get("response") or {}
        failure = form.get("failure") or response.get("failure")
        if "stream" in response:
            pieces = [(float(piece.get("after", 0)), body_bytes(piece)) for piece in response["stream"]]
        else:
            body = body_bytes(response)
            pieces = [(0.0, body)] if body else []
        return cls(
            method=str(request["method"]),
            url=str(request["url"]),
            request_headers=list(_header_pairs(request.get("headers") or {})),
            content=body_bytes(request),
            status=None if "response" not in form else int(response["status"]),
            headers=list(_header_pairs(response.get("headers") or {})),
            seconds=float(response.get("seconds", 0)),
            pieces=pieces,
            failure=Failure(str(failure["type"]), str(failure["message"])) if failure else None,
            left=bool(response.get("left")),
        )


def read_file(path: Path) -> list[Exchange]:
    """Read the exchanges in a file.

    Raises:
        FileNotFoundError: If there is no such file.
        CassetteError: If it is not a cassette.
    """
    try:
        value = json.loads(path.read_text("utf-8"))
    except FileNotFoundError as error:
        message = "there is no such cassette; record it first, with record(...) in place of replay(...)"
        raise FileNotFoundError(error.errno, message, str(path)) from None
    except ValueError as error:
        raise CassetteError(f"{path} is not a cassette: {error}") from error
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        raise CassetteError(f"{path} is not a cassette of this version: its 'format' is not {FORMAT!r}")
    exchanges = []
    for number, form in enumerate(value.get("exchanges") or ()):
        try:
            exchanges.append(Exchange.of(form))
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise CassetteError(f"{path}, exchange {number + 1}: {type(error).__name__}: {error}") from error
    return exchanges


def write_file(path: Path, exchanges: Sequence[Exchange], secrets: Secrets) -> None:
    """Write exchanges without their secrets, atomically unless the file is a device or a pipe.

    Raises:
        OSError: If the file cannot be written.
    """
    forms = [exchange.cleaned(secrets).form() for exchange in exchanges]
    text = "\n".join(_lines({"format": FORMAT, "exchanges": forms}, 0)) + "\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, text.encode())


def _header_form(headers: Headers) -> dict[str, Any]:
    """Return headers as an object; the values of a repeated name become a list."""
    form: dict[str, Any] = {}
    for name, value in headers:
        if name.lower() not in _LEFT_OUT:
            form.setdefault(name.lower(), []).append(value)
    return {name: values[0] if len(values) == 1 else values for name, values in form.items()}


def _header_pairs(form: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in form.items():
        for one in value if isinstance(value, list) else [value]:
            yield name, str(one)


def _lines(value: Any, indent: int, *, short: bool = False) -> list[str]:
    """Return the lines of a JSON value: one line if it fits, and one line for each event of a stream."""
    text = _inline(value)
    if short or not isinstance(value, (dict, list)) or not value or len(text) + indent <= _WIDTH:
        return [text]
    pad = " " * (indent + 2)
    begin, end = "{}" if isinstance(value, dict) else "[]"
    lines = [begin]
    items = value.items() if isinstance(value, dict) else ((None, item) for item in value)
    for key, item in items:
        label = "" if key is None else f"{_inline(key)}: "
        if key == "events":
            block = ["[", *(f"  {line}," for event in item for line in _lines(event, 0, short=True)), "]"]
            block[-2] = block[-2].removesuffix(",")
            block = [block[0], *(pad + line for line in block[1:])]
        else:
            is_short = key is None and len(item.get("events", ()) if isinstance(item, dict) else ()) == 1
            block = _lines(item, indent + 2, short=is_short)
        lines.append(pad + label + block[0])
        lines += block[1:]
        lines[-1] += ","
    lines[-1] = lines[-1].removesuffix(",")
    return [*lines, " " * indent + end]


def _inline(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:  # half of a surrogate pair, which can only be written as an escape
        return json.dumps(value)
    return text
