"""See the probability of each token, and the alternatives."""

import math
import os

from chat_completions import Client

MODEL = os.environ.get("MODEL", "gpt-4.1-mini")

with Client() as client:
    completion = client.chat.completions.create(
        model=MODEL,
        messages=[{"role": "user", "content": "Is the earth flat? Answer in one word."}],
        max_completion_tokens=5,
        logprobs=True,
        top_logprobs=2,
    )

logprobs = completion.choices[0].logprobs
for token in (logprobs and logprobs.content) or ():
    others = ", ".join(f"{other.token!r} {math.exp(other.logprob):.0%}" for other in token.top_logprobs)
    print(f"{token.token!r}: {math.exp(token.logprob):.0%} (of {others})")
