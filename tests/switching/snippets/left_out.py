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
