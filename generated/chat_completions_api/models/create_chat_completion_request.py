# Written by `make generate`; do not edit.
from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Self

from attrs import define

from ..types import UNSET, LazyModel, Model, Variants, new

if TYPE_CHECKING:
    from .chat_completion_allowed_tool_choice import ChatCompletionAllowedToolChoice
    from .chat_completion_assistant_message import ChatCompletionAssistantMessage
    from .chat_completion_audio_options import ChatCompletionAudioOptions
    from .chat_completion_custom_tool import ChatCompletionCustomTool
    from .chat_completion_developer_message import ChatCompletionDeveloperMessage
    from .chat_completion_function_call_option import ChatCompletionFunctionCallOption
    from .chat_completion_function_message import ChatCompletionFunctionMessage
    from .chat_completion_function_tool import ChatCompletionFunctionTool
    from .chat_completion_functions import ChatCompletionFunctions
    from .chat_completion_named_tool_choice import ChatCompletionNamedToolChoice
    from .chat_completion_named_tool_choice_custom import ChatCompletionNamedToolChoiceCustom
    from .chat_completion_prediction_content import ChatCompletionPredictionContent
    from .chat_completion_stream_options import ChatCompletionStreamOptions
    from .chat_completion_system_message import ChatCompletionSystemMessage
    from .chat_completion_tool_message import ChatCompletionToolMessage
    from .chat_completion_user_message import ChatCompletionUserMessage
    from .chat_model import ChatModel
    from .create_chat_completion_request_function_call import CreateChatCompletionRequestFunctionCall
    from .moderation_options import ModerationOptions
    from .prompt_cache_options import PromptCacheOptions
    from .prompt_cache_retention import PromptCacheRetention
    from .reasoning_effort import ReasoningEffort
    from .response_format_json_object import ResponseFormatJSONObject
    from .response_format_json_schema import ResponseFormatJSONSchema
    from .response_format_text import ResponseFormatText
    from .response_modality import ResponseModality
    from .service_tier import ServiceTier
    from .tool_choice_mode import ToolChoiceMode
    from .verbosity import Verbosity
    from .web_search_options import WebSearchOptions

_PromptCacheOptions = LazyModel("prompt_cache_options", "PromptCacheOptions")
_ChatCompletionAudioOptions = LazyModel("chat_completion_audio_options", "ChatCompletionAudioOptions")
_ChatCompletionFunctionCallOption = LazyModel(
    "chat_completion_function_call_option", "ChatCompletionFunctionCallOption"
)
_ChatCompletionFunctions = LazyModel("chat_completion_functions", "ChatCompletionFunctions")
_ChatCompletionDeveloperMessage = LazyModel("chat_completion_developer_message", "ChatCompletionDeveloperMessage")
_ChatCompletionSystemMessage = LazyModel("chat_completion_system_message", "ChatCompletionSystemMessage")
_ChatCompletionUserMessage = LazyModel("chat_completion_user_message", "ChatCompletionUserMessage")
_ChatCompletionAssistantMessage = LazyModel("chat_completion_assistant_message", "ChatCompletionAssistantMessage")
_ChatCompletionToolMessage = LazyModel("chat_completion_tool_message", "ChatCompletionToolMessage")
_ChatCompletionFunctionMessage = LazyModel("chat_completion_function_message", "ChatCompletionFunctionMessage")
_ModerationOptions = LazyModel("moderation_options", "ModerationOptions")
_ChatCompletionPredictionContent = LazyModel("chat_completion_prediction_content", "ChatCompletionPredictionContent")
_ResponseFormatText = LazyModel("response_format_text", "ResponseFormatText")
_ResponseFormatJSONSchema = LazyModel("response_format_json_schema", "ResponseFormatJSONSchema")
_ResponseFormatJSONObject = LazyModel("response_format_json_object", "ResponseFormatJSONObject")
_ChatCompletionStreamOptions = LazyModel("chat_completion_stream_options", "ChatCompletionStreamOptions")
_ChatCompletionAllowedToolChoice = LazyModel("chat_completion_allowed_tool_choice", "ChatCompletionAllowedToolChoice")
_ChatCompletionNamedToolChoice = LazyModel("chat_completion_named_tool_choice", "ChatCompletionNamedToolChoice")
_ChatCompletionNamedToolChoiceCustom = LazyModel(
    "chat_completion_named_tool_choice_custom", "ChatCompletionNamedToolChoiceCustom"
)
_ChatCompletionFunctionTool = LazyModel("chat_completion_function_tool", "ChatCompletionFunctionTool")
_ChatCompletionCustomTool = LazyModel("chat_completion_custom_tool", "ChatCompletionCustomTool")
_WebSearchOptions = LazyModel("web_search_options", "WebSearchOptions")
_messages_variants = Variants(
    "role",
    {
        "developer": _ChatCompletionDeveloperMessage,
        "system": _ChatCompletionSystemMessage,
        "user": _ChatCompletionUserMessage,
        "assistant": _ChatCompletionAssistantMessage,
        "tool": _ChatCompletionToolMessage,
        "function": _ChatCompletionFunctionMessage,
    },
    (
        (frozenset(["content", "tool_call_id"]), _ChatCompletionToolMessage),
        (frozenset(["content", "name"]), _ChatCompletionFunctionMessage),
        (frozenset(["content"]), _ChatCompletionDeveloperMessage),
        (frozenset(["content"]), _ChatCompletionSystemMessage),
        (frozenset(["content"]), _ChatCompletionUserMessage),
        (frozenset([]), _ChatCompletionAssistantMessage),
    ),
)
_response_format_variants = Variants(
    "type",
    {"text": _ResponseFormatText, "json_schema": _ResponseFormatJSONSchema, "json_object": _ResponseFormatJSONObject},
    (
        (frozenset(["json_schema"]), _ResponseFormatJSONSchema),
        (frozenset([]), _ResponseFormatText),
        (frozenset([]), _ResponseFormatJSONObject),
    ),
)
_tool_choice_variants = Variants(
    "type",
    {
        "allowed_tools": _ChatCompletionAllowedToolChoice,
        "function": _ChatCompletionNamedToolChoice,
        "custom": _ChatCompletionNamedToolChoiceCustom,
    },
    (
        (frozenset(["allowed_tools"]), _ChatCompletionAllowedToolChoice),
        (frozenset(["function"]), _ChatCompletionNamedToolChoice),
        (frozenset(["custom"]), _ChatCompletionNamedToolChoiceCustom),
    ),
)
_tools_variants = Variants(
    "type",
    {"function": _ChatCompletionFunctionTool, "custom": _ChatCompletionCustomTool},
    (
        (frozenset(["function"]), _ChatCompletionFunctionTool),
        (frozenset(["custom"]), _ChatCompletionCustomTool),
    ),
)


# Source: #/components/schemas/CreateChatCompletionRequest
@define(eq=False, getstate_setstate=False, kw_only=True, repr=False, weakref_slot=False)
class CreateChatCompletionRequest(Model):
    """Everything that goes into one chat completion request; only model and messages are required."""

    metadata: dict[str, str] | None = UNSET
    """Your own labels to attach to the completion, up to 16 string pairs."""

    prompt_cache_key: str | None = UNSET
    """Key that routes similar requests to the same cache, for a better hit rate on shared prefixes."""

    prompt_cache_retention: PromptCacheRetention | None = UNSET
    """Deprecated, use prompt_cache_options; how long cached prompt prefixes are kept."""

    safety_identifier: str | None = UNSET
    """Stable id for your end user, used to detect abuse; send a hash, not a name or email address, up to 64
    characters."""

    temperature: float | None = UNSET
    """Sampling temperature, 0 to 2; higher is more random, and it is best to change only this or top_p."""

    top_logprobs: int | None = UNSET
    """How many of the likeliest tokens to return for each position, 0 to 20; logprobs must be true."""

    top_p: float | None = UNSET
    """Nucleus sampling, 0 to 1; 0.1 means only the tokens that make up the top 10 percent of probability are
    considered."""

    user: str | None = UNSET
    """Deprecated, use safety_identifier and prompt_cache_key; an id for your end user."""

    prompt_cache_options: PromptCacheOptions | None = UNSET
    """How the prompt cache treats this request, such as mode and lifetime."""

    audio: ChatCompletionAudioOptions | None = UNSET
    """Voice and encoding of spoken output; required when modalities includes audio."""

    frequency_penalty: float | None = UNSET
    """Between -2 and 2; positive values make a token less likely the more often it has already appeared. The
    server's default is 0."""

    function_call: CreateChatCompletionRequestFunctionCall | ChatCompletionFunctionCallOption | None = UNSET
    """Deprecated, use tool_choice; says whether a function is called, or which one."""

    functions: list[ChatCompletionFunctions] | None = UNSET
    """Deprecated, use tools; the functions the model may call."""

    logit_bias: dict[str, int] | None = UNSET
    """Token ids mapped to a bias from -100 (never) to 100 (always), added to each token's logit before sampling."""

    logprobs: bool | None = UNSET
    """Whether to return the log probability of every generated token. The server's default is false."""

    max_completion_tokens: int | None = UNSET
    """Upper limit on generated tokens, counting visible output and reasoning tokens together."""

    max_tokens: int | None = UNSET
    """Deprecated, use max_completion_tokens; limits the generated tokens and does not work with reasoning models."""

    messages: list[
        ChatCompletionDeveloperMessage
        | ChatCompletionSystemMessage
        | ChatCompletionUserMessage
        | ChatCompletionAssistantMessage
        | ChatCompletionToolMessage
        | ChatCompletionFunctionMessage
    ]
    """The conversation so far, oldest message first."""

    modalities: list[ResponseModality] | None = UNSET
    """Kinds of output wanted, text alone or text with audio; audio also needs the audio option."""

    model: str | ChatModel
    """Id of the model that writes the reply."""

    moderation: ModerationOptions | None = UNSET
    """Runs a moderation model on the input and the reply; leave out for none."""

    n: int | None = UNSET
    """How many alternative choices to generate, 1 to 128; the tokens of all of them are billed. The server's default
    is 1."""

    parallel_tool_calls: bool | None = UNSET
    """Whether the model may ask for several tool calls in one turn. The server's default is true."""

    prediction: ChatCompletionPredictionContent | None = UNSET
    """Text you expect to see in the reply, to speed it up when most of it is known, as when editing a file."""

    presence_penalty: float | None = UNSET
    """Between -2 and 2; positive values make any token that has already appeared less likely, favoring new topics.
    The server's default is 0."""

    reasoning_effort: ReasoningEffort | None = UNSET
    """How much a reasoning model should think before it answers; less is faster and uses fewer tokens."""

    response_format: ResponseFormatText | ResponseFormatJSONSchema | ResponseFormatJSONObject | None = UNSET
    """Shape of the reply, plain text or JSON, optionally held to a schema."""

    seed: int | None = UNSET
    """Deprecated without replacement; asked for repeatable sampling, but only as best effort."""

    service_tier: ServiceTier | None = UNSET
    """Processing tier to run this request on, trading price against latency."""

    stop: str | list[str] | None = UNSET
    """Up to 4 strings at which generation ends; the string itself is left out of the reply."""

    store: bool | None = UNSET
    """Whether to keep the completion on the server so that it can be listed later. The server's default is false."""

    stream: bool | None = UNSET
    """Whether to send the reply in chunks as it is written, as server-sent events. The server's default is false."""

    stream_options: ChatCompletionStreamOptions | None = UNSET
    """Extra settings for streaming; only allowed when stream is true."""

    tool_choice: (
        ToolChoiceMode
        | ChatCompletionAllowedToolChoice
        | ChatCompletionNamedToolChoice
        | ChatCompletionNamedToolChoiceCustom
        | None
    ) = UNSET
    """Whether the model may, must or must not call tools, or which tool it has to call."""

    tools: list[ChatCompletionFunctionTool | ChatCompletionCustomTool] | None = UNSET
    """Tools the model may call, function tools and custom tools alike."""

    verbosity: Verbosity | None = UNSET
    """How wordy the reply should be, apart from what the prompt asks for."""

    web_search_options: WebSearchOptions | None = UNSET
    """Settings for searching the web before answering; needs a search-capable model."""

    _attributes: ClassVar[Mapping[str, str]] = {
        "metadata": "metadata",
        "prompt_cache_key": "prompt_cache_key",
        "prompt_cache_retention": "prompt_cache_retention",
        "safety_identifier": "safety_identifier",
        "temperature": "temperature",
        "top_logprobs": "top_logprobs",
        "top_p": "top_p",
        "user": "user",
        "prompt_cache_options": "prompt_cache_options",
        "audio": "audio",
        "frequency_penalty": "frequency_penalty",
        "function_call": "function_call",
        "functions": "functions",
        "logit_bias": "logit_bias",
        "logprobs": "logprobs",
        "max_completion_tokens": "max_completion_tokens",
        "max_tokens": "max_tokens",
        "messages": "messages",
        "modalities": "modalities",
        "model": "model",
        "moderation": "moderation",
        "n": "n",
        "parallel_tool_calls": "parallel_tool_calls",
        "prediction": "prediction",
        "presence_penalty": "presence_penalty",
        "reasoning_effort": "reasoning_effort",
        "response_format": "response_format",
        "seed": "seed",
        "service_tier": "service_tier",
        "stop": "stop",
        "store": "store",
        "stream": "stream",
        "stream_options": "stream_options",
        "tool_choice": "tool_choice",
        "tools": "tools",
        "verbosity": "verbosity",
        "web_search_options": "web_search_options",
    }
    _source: ClassVar[str] = "#/components/schemas/CreateChatCompletionRequest"
    _nested: ClassVar[tuple[str, ...]] = (
        "prompt_cache_options",
        "audio",
        "function_call",
        "functions",
        "messages",
        "moderation",
        "prediction",
        "response_format",
        "stream_options",
        "tool_choice",
        "tools",
        "web_search_options",
    )
    _empties: ClassVar[Mapping[str, Callable[[], Any]]] = {
        "messages": list,
    }

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Decode a JSON object; never raises on one, whatever its fields hold."""
        self = new(cls)
        decoded: Any = self
        get = src_dict.get
        decoded.metadata = get("metadata")
        decoded.prompt_cache_key = get("prompt_cache_key")
        decoded.prompt_cache_retention = get("prompt_cache_retention")
        decoded.safety_identifier = get("safety_identifier")
        decoded.temperature = get("temperature")
        decoded.top_logprobs = get("top_logprobs")
        decoded.top_p = get("top_p")
        decoded.user = get("user")
        decoded.prompt_cache_options = value = get("prompt_cache_options")
        if value is not None:
            decoded.prompt_cache_options = _PromptCacheOptions.from_dict(value) if isinstance(value, dict) else value
        decoded.audio = value = get("audio")
        if value is not None:
            decoded.audio = _ChatCompletionAudioOptions.from_dict(value) if isinstance(value, dict) else value
        decoded.frequency_penalty = get("frequency_penalty")
        decoded.function_call = value = get("function_call")
        if value is not None:
            decoded.function_call = (
                _ChatCompletionFunctionCallOption.from_dict(value) if isinstance(value, dict) else value
            )
        decoded.functions = value = get("functions")
        if value is not None:
            decoded.functions = (
                [_ChatCompletionFunctions.from_dict(item) if isinstance(item, dict) else item for item in value]
                if isinstance(value, list)
                else value
            )
        decoded.logit_bias = get("logit_bias")
        decoded.logprobs = get("logprobs")
        decoded.max_completion_tokens = get("max_completion_tokens")
        decoded.max_tokens = get("max_tokens")
        value = get("messages")
        if value is not None:
            decoded.messages = (
                [_messages_variants.from_dict(item) if isinstance(item, dict) else item for item in value]
                if isinstance(value, list)
                else value
            )
        decoded.modalities = get("modalities")
        decoded.model = get("model")
        decoded.moderation = value = get("moderation")
        if value is not None:
            decoded.moderation = _ModerationOptions.from_dict(value) if isinstance(value, dict) else value
        decoded.n = get("n")
        decoded.parallel_tool_calls = get("parallel_tool_calls")
        decoded.prediction = value = get("prediction")
        if value is not None:
            decoded.prediction = _ChatCompletionPredictionContent.from_dict(value) if isinstance(value, dict) else value
        decoded.presence_penalty = get("presence_penalty")
        decoded.reasoning_effort = get("reasoning_effort")
        decoded.response_format = value = get("response_format")
        if value is not None:
            decoded.response_format = _response_format_variants.from_dict(value) if isinstance(value, dict) else value
        decoded.seed = get("seed")
        decoded.service_tier = get("service_tier")
        decoded.stop = get("stop")
        decoded.store = get("store")
        decoded.stream = get("stream")
        decoded.stream_options = value = get("stream_options")
        if value is not None:
            decoded.stream_options = _ChatCompletionStreamOptions.from_dict(value) if isinstance(value, dict) else value
        decoded.tool_choice = value = get("tool_choice")
        if value is not None:
            decoded.tool_choice = _tool_choice_variants.from_dict(value) if isinstance(value, dict) else value
        decoded.tools = value = get("tools")
        if value is not None:
            decoded.tools = (
                [_tools_variants.from_dict(item) if isinstance(item, dict) else item for item in value]
                if isinstance(value, list)
                else value
            )
        decoded.verbosity = get("verbosity")
        decoded.web_search_options = value = get("web_search_options")
        if value is not None:
            decoded.web_search_options = _WebSearchOptions.from_dict(value) if isinstance(value, dict) else value
        decoded._keys = keys = tuple(src_dict)
        decoded._extra = None if cls._known.issuperset(keys) else cls._unknown_of(src_dict)
        return self
