"""How often to try again: for a client, and for one call."""

import openai
from openai import OpenAI

hello = [{"role": "user", "content": "Hello"}]

once = OpenAI(max_retries=0)
try:
    once.chat.completions.create(model="gpt-5-mini", messages=hello)
except openai.InternalServerError:
    print("tried once")

answer = once.with_options(max_retries=3).chat.completions.create(model="gpt-5-mini", messages=hello)
print(answer.choices[0].message.content)
print(OpenAI().max_retries, once.max_retries)

for wrong in (-1, None, 1.5):
    try:
        OpenAI(max_retries=wrong).chat.completions.create(model="gpt-5-mini", messages=hello)
    except (TypeError, ValueError) as error:
        print(type(error).__name__)
