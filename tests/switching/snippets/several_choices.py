"""Several answers, with how likely each token was."""

from openai import OpenAI

answers = OpenAI().chat.completions.create(
    model="gpt-5-mini",
    messages=[{"role": "user", "content": "One word for the sea?"}],
    n=2,
    logprobs=True,
    top_logprobs=1,
)
for choice in answers.choices:
    for token in choice.logprobs.content:
        print(choice.index, token.token, round(token.logprob, 2), [other.token for other in token.top_logprobs])
print(answers.usage.completion_tokens_details.reasoning_tokens, answers.service_tier, answers.system_fingerprint)
