"""The ASGI application: routes, API keys, errors, and the steps from a request to a reply."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import math
import re
import secrets
import time
from collections.abc import AsyncIterator, Collection, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from itertools import count
from os import PathLike
from typing import Any

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .bodies import json_object, too_deep
from .contract import Contract, packaged_document
from .engine import plan_reply
from .errors import ApiError
from .events import DONE, event_bytes, json_bytes
from .hosts import HostFilter, allowed_hosts
from .replies import Reply
from .rules import CUT_AFTER, CUT_MODEL, check_fields, check_page, check_rules
from .store import Store
from .work_limit import STEPS_PER_REQUEST, TooMuchWork, bounded

PATH = "/v1/chat/completions"

# Bodies above this size (bytes) are processed in a thread, so that other streams continue.
_LARGE = 65_536

# So are bodies that may contain schemas, even if the field names are written with escapes.
_MAY_HOLD_SCHEMAS = re.compile(rb'"(?:tools|functions|response_format)"|\\u')

# A body that is too large is still read, up to this many times the limit: most clients read no response before.
_READ_FACTOR = 4


def create_app(
    *,
    database: str | PathLike[str] | None = None,
    api_keys: Collection[str] | None = None,
    strict: bool = False,
    chunk_delay: float = 0.0,
    max_body_bytes: int = 32 * 2**20,
    document: Mapping[str, Any] | None = None,
    hosts: Collection[str] | None = None,
) -> Starlette:
    """Create the local server's ASGI application.

    Args:
        database: SQLite file for stored completions; None keeps them in memory while the application runs.
        api_keys: The accepted API keys; None requires no key.
        strict: Whether request fields that are not in the contract are rejected; otherwise they are ignored.
        chunk_delay: Seconds between the chunks of a stream.
        max_body_bytes: Maximum size of a request body in bytes; a larger one gets status 413.
        document: OpenAPI document to check requests against; None uses the one in the package.
        hosts: Values of the header `Host` that are accepted besides loopback; None accepts all.

    Returns:
        The application; its lifespan opens and closes the database.

    Raises:
        ValueError: If a setting is out of range.
    """
    if not (math.isfinite(chunk_delay) and chunk_delay >= 0):
        raise ValueError(f"chunk_delay must be a number of seconds, 0 or more, not {chunk_delay!r}")
    if max_body_bytes < 1:
        raise ValueError(f"max_body_bytes must be at least 1, not {max_body_bytes!r}")
    contract = Contract(packaged_document() if document is None else document)
    store = Store(database)
    service = Service(contract, store, _key_bytes(api_keys), strict, chunk_delay, max_body_bytes)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        store.open()
        try:
            yield
        finally:
            store.close()

    app = Starlette(
        routes=[Route(PATH, service.answer, methods=["GET", "POST"])],
        middleware=[Middleware(_Headers), Middleware(HostFilter)],
        exception_handlers={ApiError: _api_error, HTTPException: _http_error, Exception: _server_error},
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False
    app.state.store = store
    app.state.hosts = None if hosts is None else allowed_hosts((), hosts)
    app.state.service = service
    return app


class Service:
    """Answer requests; `check_key` and `checked_body` raise what would be refused."""

    def __init__(
        self,
        contract: Contract,
        store: Store,
        keys: list[bytes] | None,
        strict: bool,
        chunk_delay: float,
        max_body_bytes: int,
    ) -> None:
        self._contract = contract
        self._store = store
        self._keys = keys
        self._strict = strict
        self._chunk_delay = chunk_delay
        self._max_body_bytes = max_body_bytes
        # Several processes may write to one database, and each may restart, so ids depend on a random seed.
        self._seed = secrets.token_bytes(16)
        self._numbers = count()

    async def answer(self, request: Request) -> Response:
        try:
            self.check_key(request)
            if request.method == "POST":
                return await self._create(request)
            return await self._list(request)
        except ClientDisconnect:
            return Response(status_code=400)  # nobody is left to read it

    async def _list(self, request: Request) -> Response:
        query = self._contract.query(request.query_params.multi_items())
        check_page(query)
        page = await self._store.page(query)
        return _json(page.body())

    async def _create(self, request: Request) -> Response:
        raw = await self._body(request)
        headers = request.headers.get("content-type"), request.headers.get("content-encoding")
        if len(raw) > _LARGE or _MAY_HOLD_SCHEMAS.search(raw):
            reply = await asyncio.to_thread(self._reply, raw, *headers)
        else:
            reply = self._reply(raw, *headers)
        if reply.request.get("stream"):
            return StreamingResponse(self._events(reply), media_type="text/event-stream")
        completion = reply.completion()
        if reply.request.get("store"):
            await self._store.save(completion)
        return _json(completion)

    async def _body(self, request: Request) -> bytes:
        body = bytearray()
        size = 0
        async for part in request.stream():
            size += len(part)
            if size <= self._max_body_bytes:
                body += part
            elif size > self._max_body_bytes * _READ_FACTOR:
                break
        if size > self._max_body_bytes:
            message = f"The request body is too large; the maximum is {self._max_body_bytes} bytes."
            raise ApiError(413, message, code="request_too_large")
        return bytes(body)

    def checked_body(self, raw: bytes, content_type: str | None, content_encoding: str | None) -> dict[str, Any]:
        """Parse the body of a create request, and check it against the contract and the API's other rules.

        Raises:
            ApiError: If the request is refused.
        """
        with _limited_work():
            body = json_object(raw, content_type, content_encoding)
            if self._strict:
                check_fields(body, self._contract.request_fields)
            self._contract.check_request(body)
            check_rules(body)
        return body

    def _reply(self, raw: bytes, content_type: str | None, content_encoding: str | None) -> Reply:
        body = self.checked_body(raw, content_type, content_encoding)
        with _limited_work():
            plan = plan_reply(body)
        number = self._seed + next(self._numbers).to_bytes(8, "big")
        return Reply(body, plan, f"chatcmpl-{hashlib.sha256(number).hexdigest()[:29]}", int(time.time()))

    async def _events(self, reply: Reply) -> AsyncIterator[bytes]:
        """Yield the events of a stream; a disconnect cancels it at the sleep, and then nothing is stored."""
        delay = 0.0
        cut = str(reply.request["model"]).startswith(CUT_MODEL)
        for number, chunk in enumerate(reply.chunks()):
            if cut and number == CUT_AFTER:
                return
            # Even without a delay, the sleep lets other requests run and sends each chunk by itself.
            await asyncio.sleep(delay)
            yield event_bytes(chunk)
            delay = self._chunk_delay
        if reply.request.get("store"):
            try:
                await self._store.save(reply.completion())
            except ApiError as error:
                yield event_bytes(error.body())
                return
        yield DONE

    def check_key(self, request: Request) -> None:
        """Refuse a request without one of the keys.

        Raises:
            ApiError: With status 401.
        """
        if self._keys is None:
            return
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        given = key.strip() if scheme.lower() == "bearer" else request.headers.get("api-key", "")
        # Every key is compared, so that the time reveals nothing.
        if sum(hmac.compare_digest(given.encode(), key) for key in self._keys):
            return
        wrong = "Incorrect API key provided." if given else "You didn't provide an API key."
        message = f"{wrong} Send it as 'Authorization: Bearer KEY' or 'api-key: KEY'."
        raise ApiError(401, message, code="invalid_api_key", headers={"WWW-Authenticate": "Bearer"})


class _Headers:
    """Add the headers of the real API to every response."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        start = time.perf_counter()

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["x-request-id"] = f"req_{secrets.token_hex(16)}"
                headers["openai-processing-ms"] = str(max(1, round((time.perf_counter() - start) * 1000)))
                headers["openai-version"] = "2020-10-01"
            await send(message)

        await self._app(scope, receive, send_with_headers)


@contextmanager
def _limited_work() -> Iterator[None]:
    """Limit the work for a request; raise ApiError if it needs more or is nested too deeply."""
    try:
        with bounded(STEPS_PER_REQUEST):
            yield
    except RecursionError as error:
        raise too_deep() from error
    except TooMuchWork as error:
        message = (
            "The request takes more work than the local server allows for one request; send fewer or smaller schemas."
        )
        raise ApiError(400, message, code="request_too_complex") from error


def _key_bytes(api_keys: Collection[str] | None) -> list[bytes] | None:
    if api_keys is None:
        return None
    return [key.encode() for key in ([api_keys] if isinstance(api_keys, str) else api_keys) if key]


def _json(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(json_bytes(value), status, headers, media_type="application/json")


async def _api_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, ApiError)
    return _json(error.body(), error.status, error.headers)


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    place = f"{request.method} {request.url.path}"
    if error.status_code == 405:
        message = f"The method is not allowed here ({place}); use GET or POST."
        refused = ApiError(405, message, code="method_not_supported", headers={"Allow": "GET, HEAD, POST"})
        return await _api_error(request, refused)
    message = f"Invalid URL ({place})" if error.status_code == 404 else str(error.detail)
    return await _api_error(request, ApiError(error.status_code, message, headers=error.headers))


async def _server_error(request: Request, error: Exception) -> Response:
    return await _api_error(request, ApiError(500, "The local server had an error.", type="server_error"))
