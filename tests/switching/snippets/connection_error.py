"""A server that is not there."""

import openai

client = openai.OpenAI(base_url="http://127.0.0.1:9/v1", max_retries=0)
try:
    client.chat.completions.create(model="gpt-5-mini", messages=[{"role": "user", "content": "Hello?"}])
except openai.APIConnectionError as e:
    print(type(e).__name__, type(e.__cause__).__name__, e.request.method, e.request.url.path)
    print(isinstance(e, openai.APIError), isinstance(e, openai.OpenAIError), e.body, e.code)
