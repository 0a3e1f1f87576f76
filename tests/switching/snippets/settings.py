"""All that a client can be told when it is made."""

import os

from openai import OpenAI

keeper = OpenAI(
    api_key="sk-lighthouse",
    base_url=os.environ["OPENAI_BASE_URL"],
    organization="org-coast",
    project="proj-lamp",
    default_headers={"X-Watch": "first"},
    default_query={"tide": "low"},
    timeout=30,
    max_retries=1,
)

print(keeper.organization, keeper.project, keeper.max_retries, keeper.timeout)
print(str(keeper.base_url).rstrip("/") == os.environ["OPENAI_BASE_URL"])
answer = keeper.chat.completions.create(model="gpt-5-mini", messages=[{"role": "user", "content": "Ahoy"}])
print(answer.choices[0].message.content)
