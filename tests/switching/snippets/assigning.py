"""Settings that are assigned to a client take effect for the next call."""

from openai import OpenAI

client = OpenAI()
create = client.chat.completions.create
hello = [{"role": "user", "content": "Hello"}]

create(model="gpt-5-mini", messages=hello)
client.api_key = "sk-second"
client.organization = "org-2"
client.project = "proj-2"
client.timeout = 30.0
client.max_retries = 0
create(model="gpt-5-mini", messages=hello)
client.base_url = str(client.base_url).rstrip("/") + "/other"
client.organization = None
print(client.timeout, client.max_retries, client.organization, client.project)
print(create(model="gpt-5-mini", messages=hello).choices[0].message.content)
