"""The schema of a type of one's own, sent with `create`."""

import json

import openai
from pydantic import BaseModel


class AskWind(BaseModel):
    """Ask for the wind."""

    harbour: str


tool = openai.pydantic_function_tool(AskWind)
answer = openai.OpenAI().chat.completions.create(
    model="gpt-5-mini", messages=[{"role": "user", "content": "Can I sail?"}], tools=[tool]
)
call = answer.choices[0].message.tool_calls[0]
print(AskWind(**json.loads(call.function.arguments)))
