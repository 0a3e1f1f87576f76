"""One attempt: the request sent as written, the answer as received, and what follows from it."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from chat_completions._response_info import request_id_of
from chat_completions._transport.call import Call
from chat_completions.bulk.input.requests import OPERATION
from chat_completions.bulk.options import Options
from chat_completions.bulk.output.result_lines import Result, answered, encoded, failed, object_of
from chat_completions.bulk.runner.attempts import (
    Fault,
    PendingRequest,
    decide,
    fault_of,
    out_of_time,
    unexpected_fault,
    unreadable_fault,
    unusable_fault,
)
from chat_completions.bulk.runner.clients import Clients
from chat_completions.errors import APIError, RequestValidationError

if TYPE_CHECKING:
    from chat_completions import AsyncClient

_JSON = {"Content-Type": "application/json"}


class AttemptOutcome(NamedTuple):
    """The outcome of an attempt: a result, a delay until the next one, or a reason to stop the run.

    Attributes:
        kind: `answered`, or what went wrong.
        headers: The answer's headers; empty without one.
        result: The result to write.
        delay: Seconds.
        stop: Why the run stops.
        refused: Whether the server reports too many requests, or is not reachable.
        slow: Whether the server did not answer in time.
        message: What went wrong.
        requested_delay: The delay that the server requests, in seconds; None if it does not.
    """

    kind: str
    headers: Mapping[str, str]
    result: Result | None = None
    delay: float | None = None
    stop: str | None = None
    refused: bool = False
    slow: bool = False
    message: str = ""
    requested_delay: float | None = None


class Sender:
    """Makes attempts.

    Args:
        clients: The connections.
        options: The limits.
    """

    def __init__(self, clients: Clients, options: Options) -> None:
        self._clients, self._options = clients, options

    async def send(self, pending: PendingRequest, place: int) -> AttemptOutcome:
        """Make an attempt.

        Args:
            pending: The request.
            place: Its place, counted from 0.

        Raises:
            Exception: Something failed that is not this request's fault.
        """
        client, began = self._clients.for_place(place), time.monotonic()
        call = self._call(pending)
        try:
            if client._settings.validate:
                _validate(pending.request.body)
        except RequestValidationError as error:
            custom_id = pending.request.custom_id
            result = failed(pending.digest, custom_id, pending.attempts, code="invalid_request", message=str(error))
            return AttemptOutcome("invalid", {}, result, message=str(error))
        try:
            async with asyncio.timeout(None if pending.ends_at is None else pending.ends_at - began) as limit:
                return await self._exchanged(client, call, pending, began)
        except Exception as error:
            if isinstance(error, TimeoutError) and limit.expired():
                deadline = self._options.deadline or 0.0
                result = out_of_time(pending, deadline, time.monotonic() - began)
                return AttemptOutcome("timeout", {}, result, slow=True, message="the deadline passed")
            if not call.is_made and not isinstance(error, APIError):
                raise  # such as what the function that gives the key raised
            return self._failed(pending, error, began)

    def _failed(self, pending: PendingRequest, error: Exception, began: float) -> AttemptOutcome:
        try:
            return self._decided(
                pending, fault_of(error) if isinstance(error, APIError) else unexpected_fault(error), began
            )
        except Exception as failure:  # whatever an answer says, it ends no run
            return self._decided(pending, unexpected_fault(failure), began)

    def _call(self, pending: PendingRequest) -> Call:
        call = Call(
            {"method": "post", "url": OPERATION, "content": pending.request.body, "headers": _JSON},
            stream=pending.request.stream,
            # The same over all attempts, and over runs that go on: a server that heeds it does the work once.
            extra_headers={"Idempotency-Key": f"chat-completions-bulk-{pending.digest}"},
            max_retries=0,
            deadline=None,
        )
        if call.stream:
            call.read_body(json.loads(pending.request.body))
        return call

    async def _exchanged(
        self, client: AsyncClient, call: Call, pending: PendingRequest, began: float
    ) -> AttemptOutcome:
        request = pending.request
        answer = await client._sender.send(call)
        response = answer.response
        # A plain dict: a dozen look-ups follow, for which httpx's headers take longer than all of this.
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers.raw}
        status = response.status_code
        content = await _folded(answer, answer.redacted_url) if request.stream else response.content
        try:
            result = answered(pending.digest, request.custom_id, status, request_id_of(headers), content)
            fault = unusable_fault(status, headers, content, object_of(content)) if result is None else None
        except Exception as error:
            result, fault = None, unreadable_fault(status, headers, content, error)
        if fault is not None:
            return self._decided(pending, fault, began)
        if answer.unknown_reporter is not None and not request.stream:
            answer.unknown_reporter.completion(object_of(content) or {}, request_id_of(headers))
        return AttemptOutcome("answered", headers, result)

    def _decided(self, pending: PendingRequest, fault: Fault, began: float) -> AttemptOutcome:
        now = time.monotonic()
        delay, result, stop = decide(pending, fault, self._options, now, now - began)
        return AttemptOutcome(
            fault.kind,
            fault.headers,
            result,
            delay,
            stop,
            fault.refused,
            fault.slow,
            fault.message,
            fault.requested_delay if fault.refused else None,
        )


async def _folded(answer: Any, redacted_url: str) -> bytes:
    """Read a stream to its end, and return the completion that it makes, as JSON."""
    from chat_completions._streaming.async_stream import async_chunk_stream

    async with async_chunk_stream(answer, redacted_url) as stream:
        async for _ in stream:
            pass
        return b"" if stream.completion is None else encoded(stream.completion.to_dict())


def _validate(body: bytes) -> None:
    from chat_completions._contract.validation import validate_request

    validate_request(json.loads(body), None)
