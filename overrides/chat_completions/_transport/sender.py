"""Carry out calls for the resources, with a client's settings, connections and observer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chat_completions._traceback_locals import forgetful
from chat_completions._transport.plan import call_plan

if TYPE_CHECKING:
    from chat_completions._transport.call import Call, CallResult
    from chat_completions._transport.observer import Observer, Operation
    from chat_completions._transport.settings import Settings
    from chat_completions._transport.transport import AsyncTransport, Transport
    from chat_completions.errors import APIError


class Sender:
    """Sends calls with the settings and the connections of a client.

    Attributes:
        settings: The client's settings; another object once one of them is assigned. A call keeps those it began with.
        transport: The client's connections.
    """

    def __init__(self, settings: Settings, transport: Transport) -> None:
        self.settings = settings
        self.transport = transport

    @forgetful
    def send(self, call: Call) -> CallResult:
        """Carry out a call and return its result.

        Raises:
            APIError: The call failed for good.
        """
        settings = self.settings
        plan = call_plan(settings, settings.prepare(call))
        if (observer := settings._observer) is None:
            return self.transport.run(plan)
        with _observe(observer, settings, call) as operation:
            return _observed(operation, call, self.transport.run(plan))

    def resend(self, result: CallResult, error: APIError) -> CallResult:
        """Carry out the attempts that are left of a call whose stream broke before it yielded anything.

        Raises:
            APIError: There are none left, or the call failed for good.
        """
        return _resent(result, self.transport.run(result.steps_after(error)))


class AsyncSender:
    """Sends calls with the settings and the connections of an async client; see `Sender`."""

    def __init__(self, settings: Settings, transport: AsyncTransport) -> None:
        self.settings = settings
        self.transport = transport

    @forgetful
    async def send(self, call: Call) -> CallResult:
        """Carry out a call and return its result; see `Sender.send`."""
        settings = self.settings
        plan = call_plan(settings, settings.prepare(call))
        if (observer := settings._observer) is None:
            return await self.transport.run(plan)
        with _observe(observer, settings, call) as operation:
            return _observed(operation, call, await self.transport.run(plan))

    async def resend(self, result: CallResult, error: APIError) -> CallResult:
        """Carry out the remaining attempts of a call whose stream broke; see `Sender.resend`."""
        return _resent(result, await self.transport.run(result.steps_after(error)))


def _observe(observer: Observer, settings: Settings, call: Call) -> Operation:
    return observer.operation(
        call.request,
        stream=call.stream,
        goes_on=call.stream_body,
        api_key=settings.api_key,
        base_url=settings.base_url,
    )


def _observed(operation: Operation, call: Call, result: CallResult) -> CallResult:
    operation.on_response(result.response, result.attempts, result.answered_at)
    if call.stream_body:
        result.operation = operation
    return result


def _resent(first: CallResult, result: CallResult) -> CallResult:
    """Return the result of another attempt, which is observed and sent again as the first one was."""
    result.resend, result.operation = first.resend, first.operation
    if result.operation is not None:
        result.operation.on_response(result.response, result.attempts, result.answered_at)
    return result
