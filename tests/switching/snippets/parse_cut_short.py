"""Answers that are no objects because they were cut short."""

import openai
from openai import OpenAI
from pydantic import BaseModel


class Light(BaseModel):
    on: bool


client = OpenAI()
for _ in range(2):
    try:
        client.chat.completions.parse(
            model="gpt-5-mini",
            messages=[{"role": "user", "content": "Is the light on?"}],
            response_format=Light,
        )
    except openai.LengthFinishReasonError as error:
        print("too long", error.completion.usage.total_tokens, isinstance(error, openai.OpenAIError))
    except openai.ContentFilterFinishReasonError as error:
        print("filtered", isinstance(error, openai.OpenAIError))
