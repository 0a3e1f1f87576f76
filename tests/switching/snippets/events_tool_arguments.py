"""The arguments of tool calls as they are written."""

from openai import OpenAI

tools = [
    {"type": "function", "function": {"name": name, "parameters": {"type": "object", "properties": {}}}}
    for name in ("wind", "tide")
]
with OpenAI().chat.completions.stream(
    model="gpt-5-mini",
    messages=[{"role": "user", "content": "Can I sail?"}],
    tools=tools,
) as stream:
    for event in stream:
        if event.type == "tool_calls.function.arguments.delta":
            print(event.index, event.name, repr(event.arguments_delta), repr(event.arguments))
        elif event.type == "tool_calls.function.arguments.done":
            print("done:", event.index, event.name, event.arguments)

for call in stream.get_final_completion().choices[0].message.tool_calls:
    print(call.id, call.type, call.function.name, call.function.arguments)
