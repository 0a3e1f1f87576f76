"""A library that tells what it does: started with OPENAI_LOG=debug."""

from openai import OpenAI

answer = OpenAI().chat.completions.create(model="gpt-5-mini", messages=[{"role": "user", "content": "Hello"}])
print(answer.choices[0].message.content)
