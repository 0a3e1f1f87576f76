"""What carries out calls for the resources: a client's settings and its connections, watched by its observer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chat_completions._traceback_locals import forgetful
from chat_completions._transport.plan import call_plan

if TYPE_CHECKING:
    from chat_completions._transport.call import Call, CallResult
    from chat_completions._transport.settings import Settings
    from chat_completions._transport.transport import AsyncTransport, Transport


class Sender:
    """Sends calls with the settings and the connections of a client."""

    def __init__(self, settings: Settings, transport: Transport) -> None:
        self.settings = settings
        self._transport = transport

    @forgetful
    def send(self, call: Call) -> CallResult:
        """Carry out a call, and return its answer.

        Raises:
            APIError: The call failed for good.
        """
        plan = call_plan(self.settings, self.settings.prepare(call))
        if (observer := self.settings._observer) is None:
            return self._transport.run(plan)
        with observer.operation(call, self.settings) as operation:
            return operation.answered(self._transport.run(plan))


class AsyncSender:
    """Sends calls with the settings and the connections of an async client."""

    def __init__(self, settings: Settings, transport: AsyncTransport) -> None:
        self.settings = settings
        self._transport = transport

    @forgetful
    async def send(self, call: Call) -> CallResult:
        """Carry out a call, and return its answer; see `Sender.send`."""
        plan = call_plan(self.settings, self.settings.prepare(call))
        if (observer := self.settings._observer) is None:
            return await self._transport.run(plan)
        with observer.operation(call, self.settings) as operation:
            return operation.answered(await self._transport.run(plan))
