"""Azure: key, address and deployment from the environment and from the request."""

from openai import AzureOpenAI

client = AzureOpenAI(api_version="2024-10-21")

answer = client.chat.completions.create(
    model="night-lamp",
    messages=[{"role": "user", "content": "Hello"}],
)
print(answer.to_json() == answer.to_json(indent=2), answer.choices[0].message.content)
