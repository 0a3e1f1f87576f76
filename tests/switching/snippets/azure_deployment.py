"""Azure: everything said in the program."""

import os

from openai import AzureOpenAI

client = AzureOpenAI(
    api_version="2024-10-21",
    azure_endpoint=os.environ["AZURE_OPENAI_ENDPOINT"] + "/",
    azure_deployment="day-lamp",
    api_key="azure-key",
)
answer = client.with_options(timeout=10).chat.completions.create(
    model="is-not-asked-for",
    messages=[{"role": "user", "content": "Hello"}],
)
print(answer.choices[0].message.content)
