"""A script as it is played: which request got which answer, and what went wrong."""

from __future__ import annotations

import threading
from collections.abc import Callable

from .entries import Entry, MisfitError
from .received import ReceivedRequest
from .script import Script


class ScriptError(AssertionError):
    """A script and the requests to it did not fit, or one of its functions failed."""


class ScriptPlayer(Script):
    """A script, and a memory of the requests that it answered.

    Args:
        exact: Whether a request without an answer in the script, and an answer without a request, are failures.
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

    def _note(self, request: ReceivedRequest) -> int:
        """Note a request, and return its number from 0."""
        with self._arrived:
            self.requests.append(request)
            self._outcomes.append("no answer yet")
            self._arrived.notify_all()
            return len(self.requests) - 1

    def _tell(self, number: int, outcome: str) -> None:
        """Note who answers a request."""
        if number < len(self._outcomes):
            self._outcomes[number] = outcome

    def _take(self, check: Callable[[Entry], None]) -> tuple[str, Entry | None]:
        """Return the next answer and its label; None leaves it to the local server.

        Args:
            check: Raises if the request is refused; the answer is not spent then.
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
                raise MisfitError("the script is over, and there is a further request")
            return "the local server", None

    def _failed(self, number: int, error: Exception) -> Exception:
        """Record that the test is at fault, and return the error that `verify` raises."""
        if isinstance(error, MisfitError):
            error = ScriptError(f"request {number + 1}, {self.requests[number]}: {error}")
        self._tell(number, f"{type(error).__name__}: {error}")
        self._failures.append(error)
        return error
