"""Parameters and replies by the names of their types."""

from openai import OpenAI
from openai.types import CompletionUsage
from openai.types.chat import (
    ChatCompletion,
    ChatCompletionMessage,
    ChatCompletionMessageParam,
    ChatCompletionToolParam,
    ChatCompletionUserMessageParam,
)

question: ChatCompletionUserMessageParam = {"role": "user", "content": "Who goes there?"}
talk: list[ChatCompletionMessageParam] = [{"role": "developer", "content": "Be brief."}, question]
tools: list[ChatCompletionToolParam] = [
    {"type": "function", "function": {"name": "sound_horn", "parameters": {"type": "object", "properties": {}}}}
]


def words(completion: ChatCompletion) -> int:
    message: ChatCompletionMessage = completion.choices[0].message
    return len((message.content or "").split())


answer = OpenAI().chat.completions.create(model="gpt-5-mini", messages=talk, tools=tools, tool_choice="auto")
print(words(answer), isinstance(answer, ChatCompletion), isinstance(answer.usage, CompletionUsage))
print(ChatCompletionUserMessageParam(role="user", content="Aye") == {"role": "user", "content": "Aye"})
