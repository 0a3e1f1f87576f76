"""A reply as plain data, and as text."""

import json

from openai import OpenAI

answer = OpenAI().chat.completions.create(model="gpt-5-mini", messages=[{"role": "user", "content": "Hello"}])


def told(data: object) -> str:
    return json.dumps(data, sort_keys=True)


print(told(answer.to_dict()))
print(told(json.loads(answer.to_json())), len(answer.to_json().splitlines()))
print("\n" in answer.to_json(indent=None))
message = answer.choices[0].message
print(told(message.model_dump()))
print(told(message.model_dump(exclude_unset=True)), told(message.model_dump(exclude_none=True)))
print(
    told(message.model_dump(mode="json", include={"role", "refusal"})),
    told(message.model_dump(exclude={"content"}, exclude_none=True)),
)
print(told(json.loads(message.model_dump_json(indent=2))) == told(message.model_dump()))
