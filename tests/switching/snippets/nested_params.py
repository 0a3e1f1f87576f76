"""Parameters that are objects themselves are plain dicts."""

from openai import OpenAI

client = OpenAI()

report = client.chat.completions.create(
    model="gpt-5-mini",
    messages=[
        {"role": "system", "content": "Reply in JSON."},
        {"role": "user", "content": "Which ships passed?", "name": "keeper"},
    ],
    response_format={
        "type": "json_schema",
        "json_schema": {
            "name": "ships",
            "strict": True,
            "schema": {
                "type": "object",
                "properties": {"ships": {"type": "array", "items": {"type": "string"}}},
                "required": ["ships"],
                "additionalProperties": False,
            },
        },
    },
    metadata={"watch": "night"},
    store=True,
    stop=None,
)
print(report.choices[0].message.content)

client.chat.completions.create(
    model="gpt-5-mini",
    messages=[{"role": "user", "content": "In JSON, please: which light is yours?"}],
    response_format={"type": "json_object"},
)
