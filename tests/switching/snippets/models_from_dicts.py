"""Models of plain data, as test doubles make them."""

import json

from openai.types.chat import ChatCompletion, ChatCompletionChunk, ChatCompletionMessage

body = {
    "id": "c-1",
    "object": "chat.completion",
    "created": 1,
    "model": "m",
    "choices": [
        {
            "index": 0,
            "finish_reason": "stop",
            "message": {
                "role": "assistant",
                "content": "Aye.",
                "tool_calls": [{"id": "1", "type": "function", "function": {"name": "horn", "arguments": "{}"}}],
            },
        }
    ],
    "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3},
}
for made in (ChatCompletion(**body), ChatCompletion.model_validate(body), ChatCompletion.construct(**body)):
    choice = made.choices[0]
    print(choice.message.content, choice.message.tool_calls[0].function.name, made.usage.total_tokens, choice.logprobs)
    print(json.dumps(made.to_dict(), sort_keys=True) == json.dumps(body, sort_keys=True))
delta = {"index": 0, "delta": {"content": "A"}, "finish_reason": None}
chunk = ChatCompletionChunk(id="c", choices=[delta], created=1, model="m", object="chat.completion.chunk")
print(chunk.choices[0].delta.content, ChatCompletionMessage(role="assistant").content)
