"""Copies of Azure's clients with another version, key or token."""

from openai import AzureOpenAI

client = AzureOpenAI(api_version="2024-10-21", azure_deployment="lamp", api_key="azure-1")
hello = [{"role": "user", "content": "Hello"}]

for other in (
    client.with_options(api_version="2025-01-01"),
    client.copy(api_key="azure-2"),
    client.copy(azure_ad_token="token-1"),
    client.copy(azure_ad_token="token-1").copy(azure_ad_token_provider=lambda: "token-2"),
    client.copy(azure_ad_token="token-1").with_options(api_key="azure-3", timeout=5.0),
    client.with_options(api_key=None, azure_ad_token=None),
):
    print(other.chat.completions.create(model="gpt-5-mini", messages=hello).choices[0].message.content)
