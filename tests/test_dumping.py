"""Models under the ecosystem's names: `model_dump`, `to_json`, `model_extra`, `model_validate` and so on."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_completions.models import ChatCompletion, ChatCompletionMessage, ChoiceDelta, UnknownVariant

BODY = {
    "id": "c",
    "choices": [
        {"index": 0, "message": {"role": "assistant", "content": None, "reasoning": None, "deep": {"x": None}}}
    ],
    "usage": None,
    "timings": None,
}

Json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=20,
)


@pytest.mark.slow
@given(st.dictionaries(st.text() | st.sampled_from(["role", "content", "tool_calls"]), Json))
def test_what_came_is_dumped(body: dict[str, Any]) -> None:
    """Without what did not come it is the body; with it, the rest is None, and the text says the same."""
    delta = ChoiceDelta.from_dict(body)
    assert delta.model_dump(exclude_unset=True) == body == json.loads(delta.to_json())
    whole = delta.model_dump()
    plain = {key: value for key, value in body.items() if key not in ChoiceDelta._nested}
    assert {key: value for key, value in whole.items() if key in plain} == plain
    assert {value for key, value in whole.items() if key not in body} <= {None}
    assert whole.keys() == body.keys() | ChoiceDelta._attributes.keys()
    assert json.loads(delta.model_dump_json()) == whole
    assert ChoiceDelta.model_validate_json(delta.to_json(indent=None)) == delta


def test_what_is_left_out() -> None:
    completion = ChatCompletion.from_dict(BODY)
    message = completion.choices[0].message
    assert message.model_dump(exclude_none=True) == {"role": "assistant", "deep": {"x": None}}
    assert message.model_dump(exclude_defaults=True) == {"role": "assistant", "reasoning": None, "deep": {"x": None}}
    assert message.model_dump(include={"role", "nothing"}) == {"role": "assistant"}
    assert message.model_dump(include=set()) == {}
    assert completion.model_dump(exclude={"choices"}, exclude_none=True) == {"id": "c"}
    # Nested models keep what is left out above them.
    assert (
        "id" not in completion.model_dump(exclude={"id"})
        and completion.model_dump(exclude={"role"})["choices"][0]["message"]["role"]
    )
    for names in ("id", ["id"], {"choices": {0: "message"}}):
        with pytest.raises(TypeError, match="is not a set or a mapping of the names of fields"):
            completion.model_dump(exclude=names)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="unexpected keyword"):
        completion.model_dump(depth=1)  # type: ignore[call-arg]


def test_parts_of_what_is_nested() -> None:
    """By position, from the end, or all entries of a list; a part that is not there is no fault."""
    choices = [{"index": index, "message": {"role": "assistant", "content": str(index)}} for index in range(3)]
    completion = ChatCompletion.from_dict({"id": "c", "choices": choices, "odd": [{"a": 1, "b": 2}]})

    def dump(include: Any = None, exclude: Any = None) -> Any:
        return completion.model_dump(include=include, exclude=exclude, exclude_unset=True)

    assert dump({"choices": {0: {"index"}, -1: True}}) == {"choices": [{"index": 0}, choices[2]]}
    assert dump({"choices": {"__all__": {"message": {"content"}}}})["choices"][1] == {"message": {"content": "1"}}
    assert dump({"odd": {0: {"a"}}, "nothing": {"x"}}) == {"odd": [{"a": 1}]}
    assert dump(exclude={"choices": {"__all__": {"message"}}, "odd": True}) == {
        "id": "c",
        "choices": [{"index": index} for index in range(3)],
    }
    assert dump({"id": {"deep": {"deeper"}}}) == {"id": "c"}
    assert dump({"choices", "id"}, {"choices": {0, 1}, "id": False}) == {"id": "c", "choices": choices[2:]}
    assert dump(exclude={}) == dump() == completion.to_dict()
    assert dump({}) == {}


def test_copies_with_other_values() -> None:
    body = {"role": "assistant", "content": "a", "mood": "good"}
    message = ChatCompletionMessage.from_dict(body)
    copied = message.model_copy(update={"content": "b", "refusal": None, "mood": "bad", "more": 1})
    assert copied.to_dict() == {"role": "assistant", "content": "b", "mood": "bad", "refusal": None, "more": 1}
    assert message.to_dict() == body and message.model_copy() == message
    completion = ChatCompletion.from_dict(BODY)
    assert completion.model_copy().choices is completion.choices
    deep = completion.model_copy(deep=True)
    assert deep == completion and deep.choices[0] is not completion.choices[0]


def test_fields() -> None:
    """Of the class, by name, in the order of the specification, and of an object with their values."""
    assert [*ChoiceDelta.model_fields] == [*ChoiceDelta._attributes.values()]
    assert UnknownVariant.model_fields == {}
    delta = ChoiceDelta.from_dict({"content": "a", "odd": 1})
    assert dict(delta) == {**dict.fromkeys(ChoiceDelta.model_fields), "content": "a", "odd": 1}
    assert delta.model_fields is not None and dict(UnknownVariant.from_dict({"a": 1})) == {"a": 1}


def test_text_that_no_file_can_hold_is_escaped() -> None:
    text = ChoiceDelta.from_dict({"content": "half \ud83d", "role": "é"}).to_json()
    assert json.loads(text.encode()) == {"content": "half \ud83d", "role": "é"}
    assert "é" in ChoiceDelta.from_dict({"role": "é"}).to_json(indent=None)
    assert ChoiceDelta.from_dict({"a": [1]}).to_json(indent=None) == '{"a":[1]}'


@pytest.mark.slow
def test_values_that_lie_deeper_than_python_follows() -> None:
    body: Any = {}
    for _ in range(50_000):
        body = {"inner": body}
    dumped = ChatCompletionMessage.from_dict({"content": body, "audio": body}).model_dump(exclude_unset=True)
    for _ in range(50_000):
        body, dumped["content"] = body["inner"], dumped["content"]["inner"]
    assert body == dumped["content"] == {}


def test_changes_are_dumped() -> None:
    message = ChatCompletionMessage.from_dict({"role": "assistant", "content": "a"})
    message.content, message.tool_calls = "b", None
    message["mood"] = "good"
    del message["role"]
    assert message.model_dump(exclude_unset=True) == {"content": "b", "mood": "good"}
    assert (message.model_extra, message.model_fields_set) == ({"mood": "good"}, {"content"})
    message["refusal"] = None
    assert message.model_fields_set == {"content", "refusal"}


def test_a_dump_shares_nothing_with_its_model() -> None:
    completion = ChatCompletion.from_dict(BODY)
    completion.model_dump()["choices"][0]["message"]["content"] = "changed"
    assert completion.choices[0].message.content is None


def test_models_are_made_by_all_names() -> None:
    made = [
        ChatCompletion.model_validate(BODY),
        ChatCompletion.model_validate_json(json.dumps(BODY)),
        ChatCompletion.model_validate_json(json.dumps(BODY).encode()),
        ChatCompletion.model_construct(**BODY),
        ChatCompletion.construct(None, **BODY),
    ]
    assert made == [ChatCompletion.from_dict(BODY)] * 5
    assert ChatCompletion.model_validate(made[0]) is made[0]
    for wrong in ([BODY], None, UnknownVariant.from_dict(BODY)):
        with pytest.raises(TypeError, match="a ChatCompletion is made from a JSON object, not from a"):
            ChatCompletion.model_validate(wrong)


def test_fields_that_are_called_like_the_methods() -> None:
    names = ("model_dump", "to_json", "construct", "model_extra", "model_fields_set", "model_validate")
    body = dict.fromkeys(names, 1)
    delta = ChoiceDelta.from_dict(body)
    assert delta.model_dump(exclude_unset=True) == body == delta.model_extra
    assert delta["model_dump"] == 1
