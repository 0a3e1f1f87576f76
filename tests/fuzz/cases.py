"""What a server may send, and what an environment may say: made from a seed, mostly almost right."""

from __future__ import annotations

import gzip
import json
import zlib
from dataclasses import dataclass, field
from random import Random
from typing import Any

OPERATIONS = ("create", "stream", "events", "list", "raw", "streamed")
TRANSPORTS = ("sync", "async", "sync-httpx2", "async-httpx2", "aiohttp")


@dataclass(frozen=True)
class Case:
    """What is called, over what, and what comes back; `hold` keeps the connection open after a reply."""

    operation: str
    transport: str
    replies: tuple[bytes, ...]
    hold: bool = False
    environment: dict[str, str] = field(default_factory=dict)


def case(random: Random, port: int) -> Case:
    """Make a case.

    Args:
        random: Where it comes from.
        port: Where the server is, for redirects to it.
    """
    environment = {}
    if random.random() < 0.03:
        environment = {random.choice(VARIABLES): random.choice(VALUES) for _ in range(random.randint(1, 2))}
    operation, transport = random.choice(OPERATIONS), random.choice(TRANSPORTS)
    replies = tuple(_reply(random, operation, port) for _ in range(random.choice((1, 1, 1, 2, 3))))
    return Case(operation, transport, replies, random.random() < 0.02, environment)


def _reply(random: Random, operation: str, port: int) -> bytes:
    body, kind = _body(random, operation)
    headers = [("content-type", random.choice((kind, kind, kind, random.choice(CONTENT_TYPES))))]
    if random.random() < 0.15:
        coding, body = _compressed(random, body)
        headers.append(("content-encoding", coding))
    status = random.choice(STATUSES)
    if status.startswith((b"HTTP/1.1 3", b"HTTP/1.1 201")):
        location = random.choice(LOCATIONS).replace("PORT", str(port))
        headers.append(("location", location))
    framing = random.random()
    if framing < 0.4:
        headers.append(("content-length", str(len(body))))
    elif framing < 0.75:
        headers.append(("transfer-encoding", random.choice(("chunked", "chunked", "chunked", "gzip, chunked", "odd"))))
        body = _chunked(random, body)
    elif framing < 0.85:
        headers.append(("content-length", random.choice(LENGTHS)))
    for _ in range(random.choice((0, 0, 0, 1, 2))):
        headers.append(random.choice(HEADERS))
    random.shuffle(headers)
    head = status + b"\r\n" + b"".join(f"{name}: {value}\r\n".encode("latin-1", "replace") for name, value in headers)
    reply = head + b"\r\n" + body
    if random.random() < 0.1:
        reply = b"HTTP/1.1 100 Continue\r\n\r\n" * random.randint(1, 3) + reply
    return _mutated(random, reply) if random.random() < 0.25 else reply


def _mutated(random: Random, reply: bytes) -> bytes:
    for _ in range(random.randint(1, 3)):
        at = random.randrange(len(reply) + 1) if random.random() < 0.5 else random.randrange(min(len(reply), 200) + 1)
        match random.randrange(5):
            case 0:
                reply = reply[:at]
            case 1:
                reply = reply[:at] + bytes([random.randrange(256)]) + reply[at + 1 :]
            case 2:
                reply = reply[:at] + random.choice(SCRAPS) + reply[at:]
            case 3:
                reply = reply[:at] + reply[at + random.randint(1, 20) :]
            case _:
                end = at + random.randint(1, 60)
                reply = reply[:at] + reply[at:end] * 2 + reply[end:]
    return reply


def _chunked(random: Random, body: bytes) -> bytes:
    out = b""
    while body:
        size = random.randint(1, max(len(body), 1))
        told = b"%x" % size if random.random() < 0.97 else random.choice((b"zz", b"-5", b"", b"f" * 17, b"1_0", b"0x5"))
        out, body = out + told + b"\r\n" + body[:size] + b"\r\n", body[size:]
    return out + random.choice(
        (b"0\r\n\r\n", b"0\r\n\r\n", b"0\r\n\r\n", b"", b"0\r\n", b"0\r\nx: y\r\n\r\n", b"5\r\nab")
    )


def _compressed(random: Random, body: bytes) -> tuple[str, bytes]:
    coding = random.choice(("gzip", "deflate", "br", "zstd", "odd", "gzip, deflate", "gzip, gzip, gzip", "identity"))
    if coding in ("gzip", "gzip, deflate") and random.random() < 0.6:
        body = gzip.compress(body, mtime=0)
    if coding in ("deflate", "gzip, deflate") and random.random() < 0.6:
        body = zlib.compress(body)
    return coding, body[: random.randrange(len(body) + 1)] if random.random() < 0.2 else body


def _body(random: Random, operation: str) -> tuple[bytes, str]:
    """Make a body and the type of content that it is."""
    kind = random.random()
    if kind < 0.1:
        return random.choice(ODD_BODIES), "application/json"
    if kind < 0.3:
        return _json(_error(random)), "application/json"
    if operation in ("stream", "events") or kind < 0.4:
        return _events(random), "text/event-stream"
    value = _page(random) if operation == "list" else _completion(random)
    return _json(_spoiled(random, value)), "application/json"


def _events(random: Random) -> bytes:
    out = b""
    for _ in range(random.randint(0, 5)):
        name = random.choice((b"", b"", b"", b"", b"event: error\n", b"event: message\n", b"id: 1\n", b": ping\n"))
        if random.random() < 0.75:
            data = _json(_spoiled(random, _chunk(random)))
        elif random.random() < 0.7:
            data = _json(random.choice((_error(random), _value(random))))
        else:
            data = random.choice(ODD_BODIES)[:2000]
        end = random.choice((b"\n\n", b"\n\n", b"\r\n\r\n", b"\n", b""))
        out += name + b"data: " + data + end
    return out + random.choice((b"data: [DONE]\n\n", b"data: [DONE]\n\n", b"", b"data: [DO", b"\xef\xbb\xbf"))


def _chunk(random: Random) -> Any:
    delta = random.choice(
        (
            {"content": "a"},
            {"role": "assistant", "content": ""},
            {"tool_calls": [{"index": 0, "id": "c", "function": {"name": "f", "arguments": "{"}}]},
            {"tool_calls": [{"index": 0, "function": {"arguments": "}"}}]},
            {"reasoning_content": "r"},
            {"refusal": "no"},
            {},
        )
    )
    reason = random.choice((None, None, "stop", "length", "error"))
    choices = [{"index": 0, "delta": delta, "finish_reason": reason}]
    return {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": choices}


def _completion(random: Random) -> Any:
    message = {"role": "assistant", "content": random.choice(("Hello", None, ""))}
    choices = [{"index": 0, "finish_reason": "stop", "message": message}]
    return {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "m", "choices": choices}


def _page(random: Random) -> Any:
    items = [{**_completion(random), "id": f"chatcmpl-{random.randint(1, 9)}"} for _ in range(random.randint(0, 2))]
    last = random.choice(("chatcmpl-9", None, "x" * 3000, "\ud800", "a\r\nb", 7))
    return {"object": "list", "data": items, "last_id": last, "has_more": random.choice((True, False, None, "no"))}


def _error(random: Random) -> Any:
    told = random.choice(({"message": "No.", "type": "t", "code": "c"}, "No.", {"choices": 1}, {"choices": True}, []))
    shapes: tuple[Any, ...] = (
        {"error": told},
        {"error": {"message": _value(random), "code": _value(random)}},
        {"detail": told},
        told,
        [{"error": told}],
        {"choices": _value(random), "error": told},
        {"object": "error", "message": _value(random)},
    )
    return random.choice(shapes)


def _spoiled(random: Random, value: Any) -> Any:
    """Put something else in one place or two."""
    for _ in range(random.choice((0, 0, 1, 2))):
        holder, key = value, None
        while isinstance(holder, (dict, list)) and holder:
            places = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
            key = random.choice(places)
            below = holder[key]
            if not isinstance(below, (dict, list)) or not below or random.random() < 0.4:
                holder[key] = _value(random)
                break
            holder = below
    return value


def _value(random: Random) -> Any:
    if random.random() < 0.1:
        return Deep(random.choice((90, 150, 400, 600, 900, 1100, 3000)), random.choice(("[", '{"a":')))
    return random.choice((None, True, 0, -1, 1e300, 10**30, "", "x", "\ud800", [], {}, [1], [None], {"a": 1}, [[]]))


@dataclass(frozen=True)
class Deep:
    """A value that is nested so many levels deep."""

    levels: int
    opening: str

    def text(self) -> str:
        closing = "]" if self.opening == "[" else "}"
        return self.opening * self.levels + "1" + closing * self.levels


def _json(value: Any) -> bytes:
    deep: list[Deep] = []

    def put_off(inner: Any) -> str:
        deep.append(inner)
        return f"<deep {len(deep) - 1}>"

    text = json.dumps(value, default=put_off)
    for number, inner in enumerate(deep):
        text = text.replace(f'"<deep {number}>"', inner.text())
    return text.encode()


STATUSES = (
    *[b"HTTP/1.1 200 OK"] * 14,
    *(f"HTTP/1.1 {code} Reason".encode() for code in (201, 204, 301, 302, 303, 304, 307, 307, 308, 308, 400, 401, 404)),
    *(f"HTTP/1.1 {code} Reason".encode() for code in (101, 199, 299, 300, 399, 409, 418, 429, 500, 503, 599, 600, 999)),
    *(b"HTTP/1.1 200", b"HTTP/1.1 200 ", b"HTTP/1.0 200 OK", b"HTTP/1.1 200 \xe9", b"HTTP/1.1 500"),
    *(b"HTTP/1.1 99 Low", b"HTTP/1.1 1000 High", b"HTTP/1.1 abc Text", b"HTTP/2 200 OK", b"HTTP/9.9 200 OK"),
    *(
        b"HTTP/1.1 -200 OK",
        b"ICY 200 OK",
        b"<html>",
        b"",
        b"\x00\x01\x02",
        b"\x16\x03\x01",
        b"HTTP/1.1 200 " + b"r" * 9000,
    ),
)
CONTENT_TYPES = (
    *(
        "application/json",
        "text/event-stream",
        "text/html",
        "text/plain; charset=utf-16",
        "application/json; charset=hex",
    ),
    *(
        "text/event-stream; charset=base64",
        "text/plain; charset=rot13",
        "text/plain; charset=idna",
        "x; charset=\xe9",
        "",
    ),
    *("text/plain; charset=undefined", "text/plain; charset=utf-7", "application/octet-stream", "multipart/form-data"),
)
LENGTHS = ("0", "1", "-1", "abc", "1e3", "999999999", "9" * 30, "5, 5", "5, 6", "", " 7", "+7", "0x10")
LOCATIONS = (
    *("http://127.0.0.1:PORT/v1/chat/completions", "/v1/x", "?x=1", "#f", "", "..", "http://127.0.0.1:PORT"),
    *(
        "http://h:99999/",
        "http://h:-1/",
        "http://h:0/",
        "http://h:abc/",
        "http://[::1",
        "http://[zz]/",
        "http://",
        "//",
        "///",
    ),
    *(
        "javascript:x",
        "file:///etc/passwd",
        "data:,x",
        "ftp://h/",
        "unix:/x",
        "httpx://h/",
        "http:/x",
        "http:x",
        "https:",
        ":",
    ),
    *(
        "http://" + "a" * 300 + "/",
        "http://" + "a." * 130,
        "/" + "x" * 20_000,
        "/" + "x" * 100_000,
        "http://127.0.0.1:PORT/\x01",
    ),
    *(
        "http://\xe9\xe9/",
        "http://xn--\xe9/",
        "http://xn--a/",
        "http://a b/",
        "http://127.0.0.1:PORT/a b",
        "http://u:p@127.0.0.1:PORT/",
    ),
    *(
        "http://127.0.0.1:PORT/\xe9?\xe9#\xe9",
        "http://127.0.0.1:1/",
        "http://%31/",
        "http://\x00/",
        "http://127.0.0.1:PORT/%zz",
    ),
    *(
        "http://0x7f.1:PORT/",
        "http://127.0.0.1:PORT\\x",
        "http://-/",
        "http://.",
        "http://*",
        "http://999.999.999.999/",
    ),
)
HEADERS = (
    *(
        ("retry-after", value)
        for value in ("0", "-1", "nan", "1e400", "Wed, 99 Xxx", "x", "Thu, 01 Jan 1970 00:00:00 GMT")
    ),
    *(("retry-after-ms", value) for value in ("0", "-5", "inf", "abc")),
    *(("x-should-retry", value) for value in ("true", "false", "maybe", "\xe9")),
    *(("x-request-id", value) for value in ("req-1", "\xe9", "", "r" * 5000)),
    *(("set-cookie", value) for value in ("a=b", "=", ";", "a=b; domain=\xe9; expires=x", "a=" + "b" * 5000)),
    *(
        ("content-length", "3"),
        ("content-length", "0"),
        ("transfer-encoding", "chunked"),
        ("transfer-encoding", "identity"),
    ),
    *(
        ("x-long", "v" * 9000),
        ("x-long", "v" * 70_000),
        ("x-long", "v" * 110_000),
        ("n" * 9000, "v"),
        ("", "v"),
        ("a b", "v"),
    ),
    *(("x-nul", "a\0b"), ("x-fold", "a\r\n b"), ("x-bare", "a\nb"), ("x-cr", "a\rb"), ("connection", "close")),
    *(("connection", "upgrade"), ("upgrade", "websocket"), ("content-type", "text/html"), ("location", "http://[")),
    *(
        ("x-ratelimit-remaining-requests", "\xe9"),
        ("x-ratelimit-reset-tokens", "1e999s"),
        ("openai-processing-ms", "x"),
    ),
    *(("content-encoding", "gzip"), ("content-encoding", "\xe9"), ("content-encoding", ", ,"), ("trailer", "x")),
)
ODD_BODIES = (
    *(b"", b"null", b"true", b"1", b'"x"', b"[]", b"{}", b"[{}]", b"[1]", b"{", b"[", b'{"a":', b"NaN", b"-Infinity"),
    *(
        b"1" * 5000,
        b'{"id": ' + b"9" * 5000 + b"}",
        b'{"choices": [{"index": ' + b"9" * 5000 + b"}]}",
        b'{"created": 1e400}',
    ),
    *(
        b"<html><body>502</body></html>",
        b"\xff\xfe{}",
        b"\xef\xbb\xbf{}",
        b"\x00",
        b"{}\x00",
        b'{"a": "\xff"}',
        b'{"a": "\\ud800"}',
    ),
    *(b"[" * 1500, b"[" * 100_000, b'{"a":' * 1200, b"[" * 950 + b"]" * 950, b'{"error":' * 600 + b"1" + b"}" * 600),
    *(
        b'{"error": {"choices": 1}}',
        b'{"choices": true}',
        b'{"data": true, "has_more": true}',
        b'{"choices": [[[]]]}',
        b"x" * 5000,
    ),
    *(
        b"{}".decode().encode("utf-16"),
        b'{"error": null, "choices": null}',
        b'{"a":1,"a":2}',
        b'{"\\ud800": 1}',
        b"data: x\n\n",
    ),
)
SCRAPS = (
    b"\r\n",
    b"\n",
    b"\r\n\r\n",
    b"\0",
    b"\xff",
    b":",
    b"HTTP/1.1 200 OK\r\n\r\n",
    b"data: ",
    b"{",
    b"\x1f\x8b",
    b"0\r\n\r\n",
)
VARIABLES = (
    "HTTP_PROXY",
    "http_proxy",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "no_proxy",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
)
VALUES = (
    *(
        "socks://127.0.0.1:1",
        "socks5://u:sk-fuzz-marker@127.0.0.1:1",
        "gopher://u:sk-fuzz-marker@h",
        "http://h:99999",
        "http://[",
        ":",
    ),
    *(
        "[::1]",
        "::1",
        "fe80::1/64",
        "[::1]:80",
        "10.0.0.0/8",
        "a b",
        "*",
        "127.0.0.1",
        "127.0.0.1,[::1]",
        ".",
        "http://",
        "%%%",
    ),
    *(
        "/no/such/place",
        "/",
        "/dev/null",
        "http://127.0.0.1:1",
        "127.0.0.1:1",
        "\xe9",
        "x" * 300,
        "http://\xe9",
        "localhost, ::1/128",
    ),
)
