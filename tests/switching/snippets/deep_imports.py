"""Types from the modules that are for single ones, and parameters and replies made from them."""

from typing import get_args

import openai
from openai.types import ChatModel, CompletionUsage, ErrorObject, FunctionDefinition, FunctionParameters, Metadata
from openai.types.chat import (
    ChatCompletion,
    ChatCompletionChunk,
    ChatCompletionMessageToolCallUnion,
    ChatCompletionRole,
)
from openai.types.chat.chat_completion import ChatCompletionMessage, Choice, ChoiceLogprobs
from openai.types.chat.chat_completion_chunk import Choice as ChunkChoice
from openai.types.chat.chat_completion_chunk import ChoiceDelta, ChoiceDeltaToolCall, ChoiceDeltaToolCallFunction
from openai.types.chat.chat_completion_content_part_image_param import ImageURL
from openai.types.chat.chat_completion_message import FunctionCall
from openai.types.chat.chat_completion_message_param import ChatCompletionMessageParam
from openai.types.chat.chat_completion_message_tool_call import ChatCompletionMessageToolCall, Function
from openai.types.chat.chat_completion_message_tool_call_param import Function as FunctionParam
from openai.types.chat.chat_completion_token_logprob import ChatCompletionTokenLogprob, TopLogprob
from openai.types.chat.chat_completion_tool_param import ChatCompletionToolParam
from openai.types.chat.completion_create_params import CompletionCreateParamsNonStreaming, ResponseFormat
from openai.types.chat.parsed_chat_completion import ParsedChoice
from openai.types.completion_usage import CompletionTokensDetails
from openai.types.shared import ReasoningEffort
from openai.types.shared_params import FunctionDefinition as FunctionDefinitionParam
from openai.types.shared_params.function_definition import FunctionDefinition as AlsoFunctionDefinitionParam
from openai.types.shared_params.response_format_json_schema import JSONSchema, ResponseFormatJSONSchema

parameters: FunctionParameters = {"type": "object", "properties": {}}
horn: FunctionDefinitionParam = {"name": "horn", "parameters": parameters}
tool: ChatCompletionToolParam = {"type": "function", "function": horn}
request: CompletionCreateParamsNonStreaming = {"model": "m", "messages": [], "tools": [tool]}
labels: Metadata = {"lamp": "lit"}
shape: ResponseFormat = ResponseFormatJSONSchema(type="json_schema", json_schema=JSONSchema(name="ship"))
print(request, labels, shape, ImageURL(url="data:,"), FunctionParam(name="f", arguments=""))
print(FunctionDefinitionParam is AlsoFunctionDefinitionParam, FunctionDefinition(name="horn").name)

call = ChatCompletionMessageToolCall(id="call-1", type="function", function=Function(name="horn", arguments="{}"))
message = ChatCompletionMessage(role="assistant", content="Aye.", tool_calls=[call])
likely = ChatCompletionTokenLogprob(token="Aye", logprob=-0.5, top_logprobs=[TopLogprob(token="Aye", logprob=-0.5)])
choice = Choice(finish_reason="stop", index=0, message=message, logprobs=ChoiceLogprobs(content=[likely]))
usage = CompletionUsage(
    completion_tokens=1,
    prompt_tokens=2,
    total_tokens=3,
    completion_tokens_details=CompletionTokensDetails(reasoning_tokens=0),
)
completion = ChatCompletion(
    id="c-1", choices=[choice], created=1, model="m", object="chat.completion", usage=usage, system_fingerprint=None
)
print(completion.choices[0].message.tool_calls[0].function.name, usage.completion_tokens_details.reasoning_tokens)
print(FunctionCall(name="f", arguments="{}").name, ErrorObject(message="no", type="lamp_error").message)

piece = ChoiceDeltaToolCall(index=0, function=ChoiceDeltaToolCallFunction(arguments="{"))
delta = ChoiceDelta(content="A", role="assistant", tool_calls=[piece])
chunk = ChatCompletionChunk(
    id="c-1",
    choices=[ChunkChoice(delta=delta, index=0, finish_reason=None)],
    created=1,
    model="m",
    object="chat.completion.chunk",
)
print(chunk.choices[0].delta.content, issubclass(ParsedChoice, Choice), Choice is ChunkChoice)
print(get_args(ChatCompletionRole), "gpt-4o" in get_args(ChatModel), "low" in str(ReasoningEffort))
print(
    [kind for kind in (ChatCompletionMessageToolCall,) if kind.__name__ in str(ChatCompletionMessageToolCallUnion)]
    != []
)
print(openai.types.chat.chat_completion_message_param.ChatCompletionMessageParam is ChatCompletionMessageParam)
print(all(issubclass(kind, openai.BaseModel) for kind in (ChatCompletion, Choice, CompletionUsage)))
