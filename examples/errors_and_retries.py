"""Distinguish errors, see what was retried, and how much of the rate limit is left."""

import os

from chat_completions import (
    APIConnectionError,
    APIStatusError,
    BadRequestError,
    Client,
    RateLimitError,
    response_info,
)

MODEL = os.environ.get("MODEL", "gpt-5-mini")

with Client(max_retries=3) as client:
    for fields in ({}, {"temperature": 7.0}):
        try:
            completion = client.chat.completions.create(
                model=MODEL, messages=[{"role": "user", "content": "Hello"}], extra_body=fields
            )
        except RateLimitError as error:
            print(f"too many requests, or no quota left ({error.code})")
        except BadRequestError as error:
            print(f"the request is wrong at {error.param}: {error.message}")
        except APIStatusError as error:
            print(f"HTTP {error.status_code}, request {error.request_id}, try again: {error.is_retryable}")
        except APIConnectionError as error:
            print(f"no answer after {len(error.attempts)} attempts: {error}")
        else:
            info = response_info(completion)
            for attempt in info.attempts:
                print(f"attempt: HTTP {attempt.status}" + (f", waited {attempt.delay} s" if attempt.delay else ""))
            print(f"requests left: {info.rate_limits.requests.remaining}")
