"""From lines that are prompts to the lines of requests. No I/O."""

from __future__ import annotations

import json
from typing import Any

from chat_completions.bulk.input.requests import OPERATION, Malformed
from chat_completions.bulk.options import Prompts


def request_line(prompts: Prompts, number: int, raw: bytes) -> bytes | Malformed:
    """Return a line of the Batch API's format for a line that is a prompt.

    Args:
        prompts: How to create requests.
        number: The line's number, from 1.
        raw: Its bytes.
    """
    custom_id = f"line-{number}"
    try:
        text = raw.decode("utf-8-sig").rstrip("\r")
        prompt: Any = text
        if prompts.field is not None:
            value = json.loads(text)
            prompt = value.get(prompts.field) if isinstance(value, dict) else None
            if not isinstance(prompt, (str, list)):
                return Malformed(number, None, "missing_prompt", f"the line has no prompt in {prompts.field!r}")
            given = next((value[name] for name in ("custom_id", "id") if value.get(name) is not None), None)
            if isinstance(given, (str, int)) and not isinstance(given, bool):
                custom_id = str(given) or custom_id
    except (ValueError, RecursionError):
        return raw  # it is not a request either, and its fault is reported
    messages = prompt if isinstance(prompt, list) else [{"role": "user", "content": prompt}]
    body = {**prompts.body, "messages": [*prompts.body.get("messages", ()), *messages]}
    return json.dumps({"custom_id": custom_id, "method": "POST", "url": f"/v1{OPERATION}", "body": body}).encode()
