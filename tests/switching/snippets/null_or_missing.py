"""Whether a field was null or was not there."""

from openai import OpenAI

message = (
    OpenAI()
    .chat.completions.create(model="gpt-5-mini", messages=[{"role": "user", "content": "Hello"}])
    .choices[0]
    .message
)

for field in ("content", "refusal", "tool_calls"):
    if getattr(message, field) is None:
        print(field, "is null" if field in message.model_fields_set else "is not there")
