"""Errors that a test double raises in place of a client."""

import httpx2
import openai

request = httpx2.Request("POST", "http://lighthouse.example/v1/chat/completions")
busy = httpx2.Response(429, headers={"x-request-id": "req-5"}, request=request)
body = {"message": "too many ships", "type": "requests", "param": "model", "code": "rate_limit_exceeded"}

for error in (
    openai.RateLimitError("too many ships", response=busy, body=body),
    openai.BadRequestError("no such ship", response=httpx2.Response(400, request=request), body=None),
    openai.APIStatusError("a teapot", response=httpx2.Response(418, request=request), body={"error": "tea"}),
):
    print(type(error).__name__, error, error.message, error.status_code, error.response.status_code)
    print(error.code, error.type, error.param, error.request_id, error.body, error.request.method)

for error in (
    openai.APIConnectionError(request=request),
    openai.APIConnectionError(message="the line is down", request=request),
    openai.APITimeoutError(request),
    openai.APITimeoutError(request=request),
    openai.APIResponseValidationError(response=busy, body=None, message="not a ship"),
    openai.APIError("something else", request, body=body),
):
    print(type(error).__name__, error, error.message, error.body, error.request.url.path)


class Double:
    """What a program is given in place of a client."""

    def create(self, **arguments):
        raise openai.APITimeoutError(request=request)


try:
    Double().create(model="gpt-5-mini", messages=[])
except openai.APIConnectionError as error:
    print(type(error).__name__, isinstance(error, openai.APIError), isinstance(error, openai.OpenAIError))
