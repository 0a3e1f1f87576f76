"""validate=True: requests are checked against the specification before they are sent."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from chat_completions import errors
from tests.client.conftest import SyncApi
from tests.client.scripted import ScriptedServer, json_reply
from tests.client.test_calls import COMPLETION

WRONG: dict[str, tuple[dict[str, Any], list[str]]] = {
    "one place": ({"temperature": 5}, ["/temperature"]),
    "several places": (
        {"top_p": "x", "messages": [{"role": "user", "content": [{"type": "text", "text": 3}]}]},
        ["/messages/0/content/0/text", "/top_p"],
    ),
    "a missing field": ({"messages": [{"role": "tool", "content": "x"}]}, ["/messages/0/tool_call_id"]),
    "nothing where something must be": ({"messages": []}, ["/messages"]),
}


@pytest.mark.parametrize(("arguments", "pointers"), WRONG.values(), ids=WRONG.keys())
def test_what_breaks_the_specification_is_not_sent(
    api: SyncApi, arguments: dict[str, Any], pointers: list[str]
) -> None:
    with ScriptedServer(json_reply(COMPLETION)) as server:
        client = api.client(base_url=server.base_url)
        for client_wide in (True, False):
            options: dict[str, Any] = {} if client_wide else {"validate": True}
            with pytest.raises(errors.RequestValidationError) as caught:
                api.create(client.with_options(validate=client_wide), **arguments, **options)
            assert sorted(pointer for pointer, _ in caught.value.problems) == sorted(pointers)
            assert all(pointer in str(caught.value) for pointer in pointers)
        assert server.requests == []
        # The last word is the call's.
        api.create(client.with_options(validate=True), **arguments, validate=False)
        assert len(server.requests) == 1


def test_what_keeps_to_the_specification_is_sent_and_extra_body_is_the_callers_business(api: SyncApi) -> None:
    with ScriptedServer(json_reply(COMPLETION)) as server:
        client = api.client(base_url=server.base_url, validate=True)
        api.create(client, temperature=None, extra_body={"top_p": "x", "top_k": 1})
        assert server.requests[0].json()["top_p"] == "x"


def test_a_missing_extra_says_what_to_install() -> None:
    code = """
import sys
sys.modules["jsonschema"] = None
from chat_completions import ChatCompletionsError, Client
try:
    Client(base_url="http://127.0.0.1:1", validate=True).chat.completions.create(model="m", messages=[])
except ChatCompletionsError as error:
    import pickle
    again = pickle.loads(pickle.dumps(error))
    print(error, isinstance(error, ImportError), error.name, again.name, str(again) == str(error))
"""
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    said = "validate=True needs the package 'jsonschema': pip install 'chat-completions-client[validate]'"
    assert result.stdout.strip() == f"{said} True jsonschema jsonschema True"
