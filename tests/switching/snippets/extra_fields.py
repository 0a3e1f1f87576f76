"""What the library does not know can be read."""

from openai import OpenAI

answer = OpenAI().chat.completions.create(model="gpt-5-mini", messages=[{"role": "user", "content": "Hello"}])
print(answer.timings, answer.model_extra)
message = answer.choices[0].message
print(message.reasoning_content, message.model_extra["reasoning_content"], hasattr(message, "nothing_of_the_kind"))
print(answer.usage.model_extra)
