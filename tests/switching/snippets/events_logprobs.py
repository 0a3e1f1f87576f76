"""How likely each token of a stream was."""

from openai import OpenAI

with OpenAI().chat.completions.stream(
    model="gpt-5-mini",
    messages=[{"role": "user", "content": "One word for the sea?"}],
    logprobs=True,
) as stream:
    for event in stream:
        if event.type == "logprobs.content.delta":
            print([token.token for token in event.content], [token.token for token in event.snapshot])
        elif event.type == "logprobs.content.done":
            print("done:", [token.token for token in event.content])
        elif event.type == "logprobs.refusal.delta":
            print([token.token for token in event.refusal], [token.token for token in event.snapshot])
        elif event.type == "logprobs.refusal.done":
            print("done:", [token.token for token in event.refusal])
