"""A model that calls a function, and is told what came of it."""

import json

from openai import OpenAI

client = OpenAI()


def wind(harbour: str) -> str:
    return f"gale in {harbour}"


tools = [
    {
        "type": "function",
        "function": {
            "name": "wind",
            "description": "Tell the wind at a harbour.",
            "parameters": {
                "type": "object",
                "properties": {"harbour": {"type": "string"}},
                "required": ["harbour"],
            },
        },
    }
]
talk = [{"role": "user", "content": "Can I sail from Brest?"}]

first = client.chat.completions.create(model="gpt-5-mini", messages=talk, tools=tools, parallel_tool_calls=False)
talk.append(first.choices[0].message)
for call in first.choices[0].message.tool_calls or []:
    print(call.type, call.id, call.function.name)
    result = wind(**json.loads(call.function.arguments))
    talk.append({"role": "tool", "tool_call_id": call.id, "content": result})

second = client.chat.completions.create(model="gpt-5-mini", messages=talk, tools=tools)
print(second.choices[0].message.content)
