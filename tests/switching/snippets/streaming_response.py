"""A response whose body is read as it comes, or not at all."""

from openai import OpenAI

client = OpenAI()
ask = {"model": "gpt-5-mini", "messages": [{"role": "user", "content": "Hello"}]}

with client.chat.completions.with_streaming_response.create(**ask) as response:
    print(response.headers.get("X-Lamp"), response.status_code, response.is_closed)
    for line in response.iter_lines():
        if "content" in line:
            print(line.strip())
print(response.is_closed)

with client.chat.completions.with_streaming_response.create(**ask) as response:
    print(response.json()["object"], len(response.read()) == len(response.text()))
    print(response.parse().choices[0].message.content, response.request_id)

with client.chat.completions.with_streaming_response.create(**ask) as response:
    print(b"".join(response.iter_bytes(7)).count(b"\n"))

with client.chat.completions.with_streaming_response.create(**ask) as response:
    print("".join(response.iter_text()).count("\n"))

with client.chat.completions.with_streaming_response.create(**ask, stream=True) as response:
    print([piece.choices[0].delta.content for piece in response.parse()])
