"""Errors that a test double makes, in the official SDK's forms."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import httpx
import pytest

from chat_completions import errors

REQUEST = httpx.Request("POST", "http://x/v1?key=sk-very-secret", headers={"authorization": "Bearer sk-very-secret"})


def response(status: int) -> httpx.Response:
    return httpx.Response(status, headers={"x-request-id": "req-1"}, request=REQUEST)


BODY = {"message": "slow", "code": "c", "param": "p", "type": "t"}
CASES: list[tuple[Any, bool]] = [
    (lambda: errors.APIError("sk-very-secret", REQUEST, body=BODY), False),
    (lambda: errors.APIConnectionError(request=REQUEST), True),
    (lambda: errors.APIConnectionError(message="down: sk-very-secret", request=REQUEST), True),
    (lambda: errors.APITimeoutError(REQUEST), True),
    (lambda: errors.APITimeoutError(request=REQUEST), True),
    (lambda: errors.RateLimitError("slow", response=response(429), body=BODY), True),
    (lambda: errors.BadRequestError("bad", response=response(400), body=None), False),
    (lambda: errors.APIStatusError("sk-very-secret", response=response(418), body={"message": "x"}), False),
    (lambda: errors.APIResponseValidationError(response=response(200), body=BODY), False),
    (lambda: errors.APIResponseValidationError(response(200), BODY, message="odd"), False),
]


@pytest.mark.parametrize(("make", "may_pass"), CASES)
def test_an_error_made_by_hand(make: Any, may_pass: bool) -> None:
    error = make()
    assert error.is_retryable is may_pass
    assert error.request.url.path == "/v1" and error.message == str(error)
    if error.response is not None:
        assert (error.status_code, error.request_id) == (error.response.status_code, "req-1")
    if error.body == BODY:
        assert (error.code, error.param, error.type) == ("c", "p", "t")
    assert "very-secret" not in f"{error!r} {error} {vars(error)} {error.request.headers} {error.request.url}"
    for other in (copy.copy(error), copy.deepcopy(error), pickle.loads(pickle.dumps(error))):
        assert type(other) is type(error) and str(other) == str(error) and other.body == error.body
        assert other.response is None and other.request is None
    assert REQUEST.headers["authorization"] == "Bearer sk-very-secret", "the caller's request is as it was"


def test_errors_of_finish_reasons_need_no_message() -> None:
    completion: Any = object()
    assert errors.LengthFinishReasonError(completion=completion).completion is completion
    assert errors.ContentFilterFinishReasonError().completion is None


def test_messages_are_left_out_as_in_the_official_sdk() -> None:
    assert str(errors.APIConnectionError(request=REQUEST)) == "Connection error."
    assert str(errors.APITimeoutError(REQUEST)) == "Request timed out."
