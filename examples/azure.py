"""Call Azure: a deployment, a version, and a key or an Entra ID token."""

import os

from chat_completions import AzureClient, Client
from chat_completions.models import ChatCompletionMessageParam

MESSAGES: list[ChatCompletionMessageParam] = [{"role": "user", "content": "Hello"}]
ENDPOINT = os.environ.get("AZURE_OPENAI_ENDPOINT", "https://NAME.openai.azure.com")
KEY = os.environ.get("AZURE_OPENAI_API_KEY", "")
DEPLOYMENT = os.environ.get("MODEL", "my-deployment")

# Newer URLs: the deployment is the model.
with Client(base_url=f"{ENDPOINT}/openai/v1", api_key=KEY) as client:
    completion = client.chat.completions.create(model=DEPLOYMENT, messages=MESSAGES)
    print(completion.choices[0].message.content)


# Older URLs have the deployment in the path. The token function runs before each attempt.
def token() -> str:
    return KEY  # use azure.identity.get_bearer_token_provider(...) instead


with AzureClient(azure_endpoint=ENDPOINT, api_version="2024-10-21", azure_ad_token_provider=token) as client:
    for chunk in client.chat.completions.create(model=DEPLOYMENT, messages=MESSAGES, stream=True):
        for choice in chunk.choices:  # the first chunk may have none, only content filter results
            print(choice.delta.content or "", end="")
    print()
