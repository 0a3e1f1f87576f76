"""Arguments that are there and say nothing."""

from openai import NOT_GIVEN, OpenAI, omit


def ask(words: str, temperature=omit, stop=NOT_GIVEN):
    return OpenAI().chat.completions.create(
        model="gpt-5-mini",
        messages=[{"role": "user", "content": words}],
        temperature=temperature,
        stop=stop,
        user=None,
        timeout=NOT_GIVEN,
        extra_headers={"X-Lamp": omit},
    )


print(ask("Hello").choices[0].message.content)
print(ask("Hello", temperature=0.5, stop=["."]).choices[0].message.content)

# Within objects, and in place of what else would be sent.
client = OpenAI(default_query={"watch": "night"}, default_headers={"X-Lamp": omit})
answer = client.chat.completions.create(
    model="gpt-5-mini",
    messages=[{"role": "user", "content": [{"type": "text", "text": "Hello", "note": omit}], "name": NOT_GIVEN}],
    temperature=0.5,
    tools=[{"type": "function", "function": {"name": "horn", "description": omit}}],
    extra_query={"watch": omit},
    extra_body={"temperature": omit, "flag": omit},
)
print(answer.choices[0].message.content)
print([ship.id for ship in client.chat.completions.list(limit=omit, order=omit).data])
