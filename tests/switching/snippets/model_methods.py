"""Copies of models, their fields, and parts of them as plain data."""

import json

from openai import OpenAI
from openai.types.chat import ChatCompletionMessage

answer = OpenAI().chat.completions.create(model="gpt-5-mini", messages=[{"role": "user", "content": "Hello"}])


def told(data: object) -> str:
    return json.dumps(data, sort_keys=True)


message = answer.choices[0].message
changed = message.model_copy(update={"content": "Nay.", "mood": "grim"})
print(changed.content, changed.mood, message.content, hasattr(message, "mood"), type(changed) is ChatCompletionMessage)
print(told(changed.to_dict()), changed == message, message.model_copy() == message)

shallow, deep = answer.model_copy(), answer.model_copy(deep=True)
print(shallow.choices[0] is answer.choices[0], deep.choices[0] is answer.choices[0], deep == answer)
deep.choices[0].message.content = "Never."
print(answer.choices[0].message.content, deep.choices[0].message.content)

print({"role", "content", "tool_calls", "refusal"} <= set(ChatCompletionMessage.model_fields))
plain = dict(answer)
print(plain["id"], plain["choices"][0] is answer.choices[0], {"usage", "service_tier"} <= plain.keys())
print([name for name, value in message if value is not None])

print(told(answer.to_dict(mode="json")) == told(answer.to_dict()), told(answer.to_dict(exclude_none=True)))
print(told(message.to_dict(exclude_unset=False, use_api_names=True, warnings=False)) == told(message.model_dump()))
print(told(message.model_dump(mode="json", by_alias=True, round_trip=False, warnings="none", exclude_unset=True)))
print(told(json.loads(message.to_json(use_api_names=False, exclude_defaults=True, warnings=False))))
print(told(answer.model_dump(include={"id": True, "choices": {0: {"message": {"content"}}}})))
print(told(answer.model_dump(include={"choices": {"__all__": {"index", "finish_reason"}}})))
print(
    told(answer.model_dump(include={"choices": ..., "usage": ...}, exclude={"choices": {-1: {"message", "logprobs"}}}))
)
print(told(answer.model_dump(include={"usage"}, exclude={"usage": {"total_tokens"}}, exclude_unset=True)))
print(json.loads(message.model_dump_json(include={"content"}, ensure_ascii=True)))
print(message.model_copy(update={"content": "é"}).model_dump_json(include={"content"}, ensure_ascii=True))
