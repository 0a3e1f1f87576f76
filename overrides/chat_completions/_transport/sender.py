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


class _BaseSender:
    settings: Settings

    def _observe(self, observer: Observer, call: Call) -> Operation:
        settings = self.settings
        return observer.operation(
            call.request,
            stream=call.stream,
            goes_on=call.stream_body,
            api_key=settings.api_key,
            base_url=settings.base_url,
        )


class Sender(_BaseSender):
    """Sends calls with the settings and the connections of a client."""

    def __init__(self, settings: Settings, transport: Transport) -> None:
        self.settings = settings
        self._transport = transport

    @forgetful
    def send(self, call: Call) -> CallResult:
        """Carry out a call and return its result.

        Raises:
            APIError: The call failed for good.
        """
        plan = call_plan(self.settings, self.settings.prepare(call))
        if (observer := self.settings._observer) is None:
            return self._transport.run(plan)
        with self._observe(observer, call) as operation:
            return _observed(operation, call, self._transport.run(plan))

    def resend(self, result: CallResult, error: APIError) -> CallResult:
        """Carry out the attempts that are left of a call whose stream broke before it gave anything.

        Raises:
            APIError: There are none left, or the call failed for good.
        """
        return _resent(result, self._transport.run(result.steps_after(error)))


class AsyncSender(_BaseSender):
    """Sends calls with the settings and the connections of an async client."""

    def __init__(self, settings: Settings, transport: AsyncTransport) -> None:
        self.settings = settings
        self._transport = transport

    @forgetful
    async def send(self, call: Call) -> CallResult:
        """Carry out a call and return its result; see `Sender.send`."""
        plan = call_plan(self.settings, self.settings.prepare(call))
        if (observer := self.settings._observer) is None:
            return await self._transport.run(plan)
        with self._observe(observer, call) as operation:
            return _observed(operation, call, await self._transport.run(plan))

    async def resend(self, result: CallResult, error: APIError) -> CallResult:
        """Carry out the attempts that are left of a call whose stream broke; see `Sender.resend`."""
        return _resent(result, await self._transport.run(result.steps_after(error)))


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
