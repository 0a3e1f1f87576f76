"""The arguments of calls as objects of one's own, as they are written."""

import openai
from openai import OpenAI
from pydantic import BaseModel


class AskWind(BaseModel):
    harbour: str


with OpenAI().chat.completions.stream(
    model="gpt-5-mini",
    messages=[{"role": "user", "content": "Can I sail?"}],
    tools=[openai.pydantic_function_tool(AskWind, name="wind", description="Tell the wind.")],
    parallel_tool_calls=False,
) as stream:
    for event in stream:
        if event.type == "tool_calls.function.arguments.delta":
            print(repr(event.arguments_delta), event.parsed_arguments)
        elif event.type == "tool_calls.function.arguments.done":
            print("done:", event.name, event.arguments, event.parsed_arguments)

print(stream.get_final_completion().choices[0].message.tool_calls[0].function.parsed_arguments)
