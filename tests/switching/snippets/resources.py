"""The classes behind `client.chat`: for annotations, and for tests that replace a method."""

from unittest import mock

from openai import OpenAI
from openai.lib.azure import AsyncAzureADTokenProvider, AzureADTokenProvider, AzureOpenAI
from openai.resources.chat import AsyncCompletions, Chat
from openai.resources.chat.completions import Completions, CompletionsWithRawResponse


def ask(completions: Completions) -> str:
    answer = completions.create(model="gpt-5-mini", messages=[{"role": "user", "content": "Hello"}])
    return answer.choices[0].message.content


token: AzureADTokenProvider = lambda: "token"  # noqa: E731
client = OpenAI()
print(isinstance(client.chat, Chat), isinstance(client.chat.completions, Completions))
print(isinstance(client.chat.completions.with_raw_response, CompletionsWithRawResponse))
print(ask(client.chat.completions), issubclass(AzureOpenAI, OpenAI), AsyncCompletions is Completions)
print(AsyncAzureADTokenProvider is not AzureADTokenProvider, token())

with mock.patch.object(Completions, "create", return_value="instead") as create:
    print(client.chat.completions.create(model="gpt-5-mini", messages=[]), create.call_args.kwargs)
