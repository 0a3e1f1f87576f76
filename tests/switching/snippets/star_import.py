"""All types of chat completions at once."""

from openai import OpenAI
from openai.types.chat import *  # noqa: F403

question: ChatCompletionUserMessageParam = {"role": "user", "content": "Who goes there?"}  # noqa: F405
answer = OpenAI().chat.completions.create(model="gpt-5-mini", messages=[question])
print(isinstance(answer, ChatCompletion), ChatCompletionToolParam is not None)  # noqa: F405
