"""No key, no client."""

import os

import openai

for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
    del os.environ[name]
try:
    openai.OpenAI().chat.completions.create(model="gpt-5-mini", messages=[{"role": "user", "content": "Hello"}])
except openai.OpenAIError as error:
    print("OPENAI_API_KEY" in str(error))
