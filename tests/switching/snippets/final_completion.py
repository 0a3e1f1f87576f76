"""Only the end of a stream: what it adds up to."""

from openai import OpenAI

client = OpenAI()
ask = {"model": "gpt-5-mini", "messages": [{"role": "user", "content": "Tell me of the storm."}]}

with client.chat.completions.stream(**ask, stream_options={"include_usage": True}) as stream:
    whole = stream.get_final_completion()
print(type(whole.choices[0].message.content).__name__, whole.object, whole.id, whole.usage.total_tokens)

with client.chat.completions.stream(**ask) as stream:
    stream.until_done()
    print(stream.current_completion_snapshot.choices[0].message.content)
