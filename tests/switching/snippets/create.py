"""One question, one answer."""

from openai import OpenAI

client = OpenAI()

answer = client.chat.completions.create(
    model="gpt-5-mini",
    messages=[
        {"role": "developer", "content": "Answer like a lighthouse keeper."},
        {"role": "user", "content": "How far can you see tonight?"},
    ],
)

print(answer.choices[0].message.content)
print(answer.object, answer.model, answer.choices[0].finish_reason, answer.usage.total_tokens)
