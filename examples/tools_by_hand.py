"""Let a model call a function, and send it the result, with a loop of your own."""

import json
import os

from chat_completions import Client
from chat_completions.models import ChatCompletionFunctionToolParam, ChatCompletionMessageParam

MODEL = os.environ.get("MODEL", "gpt-5-mini")
PARAMETERS = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOL: ChatCompletionFunctionToolParam = {
    "type": "function",
    "function": {"name": "get_weather", "description": "Return the weather.", "parameters": PARAMETERS},
}


def get_weather(city: str) -> str:
    return f"sunny, 21 degrees in {city}"


messages: list[ChatCompletionMessageParam] = [
    {"role": "user", "content": 'What is the weather? Please call get_weather {"city": "Bern"}'}
]
with Client() as client:
    while True:
        message = client.chat.completions.create(model=MODEL, messages=messages, tools=[TOOL]).choices[0].message
        messages.append(message)  # you can put models into a request
        if not message.tool_calls:
            break
        for call in message.tool_calls:
            if call.type == "function":
                result = get_weather(**json.loads(call.function.arguments))
                print(f"{call.function.name}({call.function.arguments}) -> {result}")
                messages.append({"role": "tool", "tool_call_id": call.id, "content": result})

print(message.content)
