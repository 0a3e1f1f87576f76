"""Chunks put together by hand: what they make so far, their events, and the whole."""

import asyncio

from openai import AsyncOpenAI, OpenAI
from openai.lib.streaming.chat import ChatCompletionStreamState, ContentDeltaEvent

question = [{"role": "user", "content": "Tell me of the storm."}]

state = ChatCompletionStreamState()
for chunk in OpenAI().chat.completions.create(model="gpt-5-mini", messages=question, stream=True):
    for event in state.handle_chunk(chunk):
        print(event.type, event.delta if isinstance(event, ContentDeltaEvent) else "")
    print(state.current_completion_snapshot.choices[0].message.content)
print(state.get_final_completion().choices[0].finish_reason, state.get_final_completion().object)


async def main() -> None:
    state = ChatCompletionStreamState()
    async for chunk in await AsyncOpenAI().chat.completions.create(model="gpt-5-mini", messages=question, stream=True):
        state.handle_chunk(chunk)
    call = state.get_final_completion().choices[0].message.tool_calls[0]
    print(call.function.name, call.function.arguments, call.id, call.type)


asyncio.run(main())
