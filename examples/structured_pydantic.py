"""Get an answer as a pydantic model, and handle refusals, truncated and invalid answers."""

import os

from pydantic import BaseModel, Field

from chat_completions import Client, LengthFinishReasonError, OutputValidationError

MODEL = os.environ.get("MODEL", "gpt-5-mini")


class Step(BaseModel):
    explanation: str
    result: str


class Solution(BaseModel):
    steps: list[Step] = Field(description="At most three.")
    answer: str


with Client() as client:
    try:
        completion = client.chat.completions.parse(
            model=MODEL,
            messages=[{"role": "user", "content": "Solve 8x + 7 = -23, step by step."}],
            response_format=Solution,
        )
    except LengthFinishReasonError as error:
        raise SystemExit(f"cut off: {error.completion.choices[0].message.content}") from error
    except OutputValidationError as error:
        raise SystemExit(f"not as asked for: {error}") from error

message = completion.choices[0].message
if message.parsed:
    print(type(message.parsed).__name__, [step.result for step in message.parsed.steps], message.parsed.answer)
else:
    print("refused:", message.refusal)
