"""What rows expect, where more than one expects it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.interop.rows import Cannot, Failure, Reply
from tests.interop.servers import GATEWAY, LLAMA, MOCK, TEXT, VLLM

Expected = Reply | Failure | Cannot

CUT = Reply(finish=("length",))
CUT_STREAM = Reply(finish=("length",), usage=False)
MOCKED = Reply(text=TEXT)
MOCKED_STREAM = Reply(text=TEXT, usage=False)
LEFT = Reply()  # of a stream that is left, only what had arrived counts
BROKE_OFF = Failure(error="StreamConnectionError", partial=True)
TIMED_OUT = Failure(error="StreamTimeoutError", partial=True)

NOT_MOCKED = Cannot("the mock does not look at what is asked; the next column asks LiteLLM for it")
NO_MOCK = Cannot("it has no model that only pretends")
SAME_AS_MOCK = Cannot("the proxy answers this itself, as in the mock's column")

ERRORS = {
    400: "BadRequestError",
    401: "AuthenticationError",
    404: "NotFoundError",
    408: "APIStatusError",
    405: "APIStatusError",
    429: "RateLimitError",
}


def on(llama: Expected, mock: Expected, gateway: Expected, vllm: Expected | None = None) -> Mapping[str, Expected]:
    """Give what is expected of each server; of vLLM, the same as of llama.cpp if nothing else is named."""
    return {LLAMA: llama, MOCK: mock, GATEWAY: gateway, VLLM: vllm or llama}


def real(expected: Expected, mock: Expected = NOT_MOCKED, vllm: Expected | None = None) -> Mapping[str, Expected]:
    """Give what is expected where LiteLLM changes nothing."""
    return on(expected, mock, expected, vllm)


def mocked(expected: Expected) -> Mapping[str, Expected]:
    """Give what is expected where only a mock model behaves so."""
    return on(NO_MOCK, expected, SAME_AS_MOCK)


def proxied(llama: Expected, litellm: Expected, vllm: Expected | None = None) -> Mapping[str, Expected]:
    """Give what is expected where the proxy answers before it asks a model."""
    return on(llama, litellm, SAME_AS_MOCK, vllm)


def bad(status: int, type: str | None, code: Any, says: str = "", **more: Any) -> Failure:
    """Give the failure with the error class of a status."""
    error = ERRORS[status] if status < 500 else "InternalServerError"
    return Failure(error=error, status=status, type=type, code=code, says=says, **more)


def refused(says: str, vllm: Expected | None = None) -> Mapping[str, Expected]:
    """Give what is expected of a request that llama.cpp refuses; LiteLLM passes that on, with the code as text."""
    llama, litellm = (bad(400, "invalid_request_error", code, says) for code in (400, "400"))
    return on(llama, NOT_MOCKED, litellm, vllm)
