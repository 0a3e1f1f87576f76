"""The modules of single types, which a table makes."""

from __future__ import annotations

import importlib
import importlib.util
import json
import pickle
import pkgutil
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest

from chat_completions import ChatCompletionStreamState, Page, models
from chat_completions.errors import ChatCompletionsError
from chat_completions.models import ChatCompletion, ChatCompletionChunk, ChatCompletionRole
from chat_completions.types._modules import CHAT, SHARED, SHARED_PARAMS, SINGLE

ROOT = Path(__file__).parent.parent.parent
PACKAGES = {"types": SINGLE, "types.chat": CHAT, "types.shared": SHARED, "types.shared_params": SHARED_PARAMS}


def modules() -> list[str]:
    found = []
    for package in PACKAGES:
        parent = importlib.import_module(f"chat_completions.{package}")
        prefix = f"{parent.__name__}."
        found += [name for name in sys.modules if name.startswith(prefix) and "." not in name.removeprefix(prefix)]
        found += [module.name for module in pkgutil.iter_modules(getattr(parent, "__path__", ()), prefix)]
    return sorted({name for name in found if "._" not in name})


def test_the_tables_have_made_their_modules() -> None:
    assert len(modules()) > sum(map(len, PACKAGES.values()))


@pytest.mark.parametrize("name", modules())
def test_a_module_has_its_names_and_no_other(name: str) -> None:
    """As an attribute of its package, too, and to `find_spec`, which tools ask."""
    module = importlib.import_module(name)
    package, _, own = name.rpartition(".")
    assert getattr(importlib.import_module(package), own) is module
    assert importlib.util.find_spec(name) is not None
    kinds = getattr(module, "__all__", [])
    assert ([getattr(module, kind) for kind in kinds] and set(kinds) <= set(dir(module))) or not kinds
    for nothing in ("Nothing", "__nothing__", "nothing"):
        assert not hasattr(module, nothing)


def test_the_roles_are_those_of_the_messages() -> None:
    contract = json.loads((ROOT / "generated" / "chat_completions_api" / "openapi.json").read_text())
    union = contract["components"]["schemas"]["ChatCompletionRequestMessage"]
    texts = json.dumps([contract["components"]["schemas"][each["$ref"].rpartition("/")[2]] for each in union["oneOf"]])
    roles = get_args(ChatCompletionRole)
    assert len(roles) == len(union["oneOf"]) and all(f'"{role}"' in texts for role in roles)


def test_a_type_that_was_found_in_a_single_module_is_pickled_by_its_own() -> None:
    from chat_completions.types.chat import chat_completion_message  # type: ignore[attr-defined]

    kind = chat_completion_message.ChatCompletionMessage
    assert kind is models.ChatCompletionMessage and pickle.loads(pickle.dumps(kind)) is kind


def test_a_single_module_is_imported_first() -> None:
    """In a program that has imported nothing else of the package, and without an import of all models."""
    code = """
import sys
from chat_completions.types.chat.chat_completion_message_param import ChatCompletionMessageParam
assert "chat_completions_api.models.choice" not in sys.modules
"""
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)


def test_a_page_takes_the_type_of_its_items() -> None:
    assert get_args(Page[ChatCompletion]) == (ChatCompletion,)


def test_a_state_without_chunks_has_no_completion() -> None:
    state = ChatCompletionStreamState[None]()
    with pytest.raises(ChatCompletionsError, match="no chunk has arrived"):
        _ = state.current_completion_snapshot
    with pytest.raises(ChatCompletionsError, match="no chunk has arrived"):
        state.get_final_completion()


def test_a_state_does_not_change_the_chunks_and_records_anomalies() -> None:
    value = {"id": "c", "choices": [{"index": 0, "delta": {"content": 5}, "finish_reason": None}, "x"], "odd": [1]}
    chunk = ChatCompletionChunk.from_dict(value)
    state = ChatCompletionStreamState[None]()
    events = state.handle_chunk(chunk)
    assert events[0].type == "chunk" and events[0].chunk is chunk and chunk.to_dict() == value
    assert {anomaly.kind for anomaly in state.anomalies} >= {"wrong_type"}
