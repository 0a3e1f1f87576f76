"""Play a script: which request got which answer, and what went wrong."""

from __future__ import annotations

import threading
from collections.abc import Callable

from chat_completions._types import publish

from .entries import Entry, MismatchError
from .received import ReceivedRequest
from .script import Script


class ScriptError(AssertionError):
    """The requests did not match the script, or one of its functions failed."""


class ScriptPlayer(Script):
    """A script, and a record of the requests that it answered.

    Args:
        exact: Whether a request beyond the script, or an unused answer, fails the test.
        validate: Whether requests are checked against the specification before the script answers.
    """

    def __init__(self, *, exact: bool, validate: bool) -> None:
        super().__init__()
        self.exact = exact
        self.validate = validate
        self.requests: list[ReceivedRequest] = []
        self._arrived = threading.Condition()
        self._outcomes: list[str] = []
        self._taken = 0
        self._failures: list[BaseException] = []

    def _record(self, request: ReceivedRequest) -> int:
        """Record a request, and return its number from 0."""
        with self._arrived:
            self.requests.append(request)
            self._outcomes.append("no answer yet")
            self._arrived.notify_all()
            return len(self.requests) - 1

    def _set_outcome(self, number: int, outcome: str) -> None:
        """Record what answered a request."""
        if number < len(self._outcomes):
            self._outcomes[number] = outcome

    def _next_entry(self, check: Callable[[Entry], None]) -> tuple[str, Entry | None]:
        """Return the label and entry for the next request; None leaves it to the local server.

        Args:
            check: Raises if the request is refused; then the entry stays for the next request.
        """
        with self._arrived:
            if self._taken < len(self._entries):
                entry = self._entries[self._taken]
                check(entry)
                self._taken += 1
                return f"answer {self._taken} of the script: {entry.label}", entry
            if self._fallback is not None:
                check(self._fallback)
                return f"always: {self._fallback.label}", self._fallback
            if self.exact:
                raise MismatchError("the script is over, but there is another request")
            return "the local server", None

    def _record_failure(self, number: int, error: Exception) -> Exception:
        """Record an error in the test, and return the error that `verify` raises."""
        if isinstance(error, MismatchError):
            error = ScriptError(f"request {number + 1}, {self.requests[number]}: {error}")
        self._set_outcome(number, f"{type(error).__name__}: {error}")
        self._failures.append(error)
        return error


publish(ScriptError, module="chat_completions.testing")
