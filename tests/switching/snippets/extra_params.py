"""What the library does not know can be sent."""

from openai import OpenAI

answer = OpenAI(default_query={"tide": "low"}).chat.completions.create(
    model="gpt-5-mini",
    messages=[{"role": "user", "content": "Hello"}],
    extra_headers={"X-Lamp": "bright", "X-Watch": "second"},
    extra_query={"moon": "new"},
    extra_body={"min_p": 0.1, "chat_template_kwargs": {"thinking": False}},
)
print(answer.choices[0].message.content)
