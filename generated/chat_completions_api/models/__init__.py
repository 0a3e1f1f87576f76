"""Every model of the API; each is imported when it is first used."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .annotation import Annotation
    from .annotation_url_citation import AnnotationURLCitation
    from .chat_completion import ChatCompletion
    from .chat_completion_allowed_tool_choice import ChatCompletionAllowedToolChoice
    from .chat_completion_allowed_tools import ChatCompletionAllowedTools
    from .chat_completion_allowed_tools_mode import ChatCompletionAllowedToolsMode
    from .chat_completion_assistant_message import ChatCompletionAssistantMessage
    from .chat_completion_assistant_message_audio import ChatCompletionAssistantMessageAudio
    from .chat_completion_audio import ChatCompletionAudio
    from .chat_completion_audio_options import ChatCompletionAudioOptions
    from .chat_completion_audio_options_format import ChatCompletionAudioOptionsFormat
    from .chat_completion_chunk import ChatCompletionChunk
    from .chat_completion_content_part_file import ChatCompletionContentPartFile
    from .chat_completion_content_part_image import ChatCompletionContentPartImage
    from .chat_completion_content_part_input_audio import ChatCompletionContentPartInputAudio
    from .chat_completion_content_part_refusal import ChatCompletionContentPartRefusal
    from .chat_completion_content_part_text import ChatCompletionContentPartText
    from .chat_completion_custom_tool import ChatCompletionCustomTool
    from .chat_completion_custom_tool_custom import ChatCompletionCustomToolCustom
    from .chat_completion_custom_tool_custom_format_grammar import ChatCompletionCustomToolCustomFormatGrammar
    from .chat_completion_custom_tool_custom_format_grammar_grammar import (
        ChatCompletionCustomToolCustomFormatGrammarGrammar,
    )
    from .chat_completion_custom_tool_custom_format_grammar_grammar_syntax import (
        ChatCompletionCustomToolCustomFormatGrammarGrammarSyntax,
    )
    from .chat_completion_custom_tool_custom_format_text import ChatCompletionCustomToolCustomFormatText
    from .chat_completion_developer_message import ChatCompletionDeveloperMessage
    from .chat_completion_function_call_option import ChatCompletionFunctionCallOption
    from .chat_completion_function_message import ChatCompletionFunctionMessage
    from .chat_completion_function_tool import ChatCompletionFunctionTool
    from .chat_completion_functions import ChatCompletionFunctions
    from .chat_completion_list import ChatCompletionList
    from .chat_completion_message import ChatCompletionMessage
    from .chat_completion_message_custom_tool_call import ChatCompletionMessageCustomToolCall
    from .chat_completion_message_function_tool_call import ChatCompletionMessageFunctionToolCall
    from .chat_completion_moderation import ChatCompletionModeration
    from .chat_completion_moderation_error import ChatCompletionModerationError
    from .chat_completion_moderation_results import ChatCompletionModerationResults
    from .chat_completion_named_tool_choice import ChatCompletionNamedToolChoice
    from .chat_completion_named_tool_choice_custom import ChatCompletionNamedToolChoiceCustom
    from .chat_completion_named_tool_choice_custom_custom import ChatCompletionNamedToolChoiceCustomCustom
    from .chat_completion_named_tool_choice_function import ChatCompletionNamedToolChoiceFunction
    from .chat_completion_prediction_content import ChatCompletionPredictionContent
    from .chat_completion_stream_options import ChatCompletionStreamOptions
    from .chat_completion_system_message import ChatCompletionSystemMessage
    from .chat_completion_token_logprob import ChatCompletionTokenLogprob
    from .chat_completion_tool_message import ChatCompletionToolMessage
    from .chat_completion_user_message import ChatCompletionUserMessage
    from .chat_model import ChatModel
    from .choice import Choice
    from .choice_delta import ChoiceDelta
    from .choice_delta_function_call import ChoiceDeltaFunctionCall
    from .choice_delta_role import ChoiceDeltaRole
    from .choice_delta_tool_call import ChoiceDeltaToolCall
    from .choice_delta_tool_call_function import ChoiceDeltaToolCallFunction
    from .choice_finish_reason import ChoiceFinishReason
    from .choice_logprobs import ChoiceLogprobs
    from .chunk_choice import ChunkChoice
    from .completion_tokens_details import CompletionTokensDetails
    from .completion_usage import CompletionUsage
    from .create_chat_completion_request import CreateChatCompletionRequest
    from .create_chat_completion_request_function_call import CreateChatCompletionRequestFunctionCall
    from .create_model_response_properties import CreateModelResponseProperties
    from .custom import Custom
    from .custom_voice import CustomVoice
    from .error import Error
    from .error_response import ErrorResponse
    from .file_file import FileFile
    from .function import Function
    from .function_call import FunctionCall
    from .function_definition import FunctionDefinition
    from .image_url import ImageURL
    from .image_url_detail import ImageURLDetail
    from .input_audio import InputAudio
    from .input_audio_format import InputAudioFormat
    from .json_schema import JSONSchema
    from .list_chat_completions_order import ListChatCompletionsOrder
    from .model_response_properties import ModelResponseProperties
    from .moderation_config import ModerationConfig
    from .moderation_input_type import ModerationInputType
    from .moderation_mode import ModerationMode
    from .moderation_options import ModerationOptions
    from .moderation_policy import ModerationPolicy
    from .moderation_result_body import ModerationResultBody
    from .prompt_cache_breakpoint import PromptCacheBreakpoint
    from .prompt_cache_mode import PromptCacheMode
    from .prompt_cache_options import PromptCacheOptions
    from .prompt_cache_retention import PromptCacheRetention
    from .prompt_tokens_details import PromptTokensDetails
    from .reasoning_effort import ReasoningEffort
    from .response_format_json_object import ResponseFormatJSONObject
    from .response_format_json_schema import ResponseFormatJSONSchema
    from .response_format_text import ResponseFormatText
    from .response_modality import ResponseModality
    from .service_tier import ServiceTier
    from .tool_choice_mode import ToolChoiceMode
    from .top_logprob import TopLogprob
    from .verbosity import Verbosity
    from .voice_name import VoiceName
    from .web_search_context_size import WebSearchContextSize
    from .web_search_location import WebSearchLocation
    from .web_search_options import WebSearchOptions
    from .web_search_options_user_location import WebSearchOptionsUserLocation

_MODULES: dict[str, str] = {
    "Annotation": ".annotation",
    "AnnotationURLCitation": ".annotation_url_citation",
    "ChatCompletion": ".chat_completion",
    "ChatCompletionAllowedToolChoice": ".chat_completion_allowed_tool_choice",
    "ChatCompletionAllowedTools": ".chat_completion_allowed_tools",
    "ChatCompletionAllowedToolsMode": ".chat_completion_allowed_tools_mode",
    "ChatCompletionAssistantMessage": ".chat_completion_assistant_message",
    "ChatCompletionAssistantMessageAudio": ".chat_completion_assistant_message_audio",
    "ChatCompletionAudio": ".chat_completion_audio",
    "ChatCompletionAudioOptions": ".chat_completion_audio_options",
    "ChatCompletionAudioOptionsFormat": ".chat_completion_audio_options_format",
    "ChatCompletionChunk": ".chat_completion_chunk",
    "ChatCompletionContentPartFile": ".chat_completion_content_part_file",
    "ChatCompletionContentPartImage": ".chat_completion_content_part_image",
    "ChatCompletionContentPartInputAudio": ".chat_completion_content_part_input_audio",
    "ChatCompletionContentPartRefusal": ".chat_completion_content_part_refusal",
    "ChatCompletionContentPartText": ".chat_completion_content_part_text",
    "ChatCompletionCustomTool": ".chat_completion_custom_tool",
    "ChatCompletionCustomToolCustom": ".chat_completion_custom_tool_custom",
    "ChatCompletionCustomToolCustomFormatGrammar": ".chat_completion_custom_tool_custom_format_grammar",
    "ChatCompletionCustomToolCustomFormatGrammarGrammar": ".chat_completion_custom_tool_custom_format_grammar_grammar",
    "ChatCompletionCustomToolCustomFormatGrammarGrammarSyntax": ".chat_completion_custom_tool_custom_format_grammar_grammar_syntax",
    "ChatCompletionCustomToolCustomFormatText": ".chat_completion_custom_tool_custom_format_text",
    "ChatCompletionDeveloperMessage": ".chat_completion_developer_message",
    "ChatCompletionFunctionCallOption": ".chat_completion_function_call_option",
    "ChatCompletionFunctionMessage": ".chat_completion_function_message",
    "ChatCompletionFunctionTool": ".chat_completion_function_tool",
    "ChatCompletionFunctions": ".chat_completion_functions",
    "ChatCompletionList": ".chat_completion_list",
    "ChatCompletionMessage": ".chat_completion_message",
    "ChatCompletionMessageCustomToolCall": ".chat_completion_message_custom_tool_call",
    "ChatCompletionMessageFunctionToolCall": ".chat_completion_message_function_tool_call",
    "ChatCompletionModeration": ".chat_completion_moderation",
    "ChatCompletionModerationError": ".chat_completion_moderation_error",
    "ChatCompletionModerationResults": ".chat_completion_moderation_results",
    "ChatCompletionNamedToolChoice": ".chat_completion_named_tool_choice",
    "ChatCompletionNamedToolChoiceCustom": ".chat_completion_named_tool_choice_custom",
    "ChatCompletionNamedToolChoiceCustomCustom": ".chat_completion_named_tool_choice_custom_custom",
    "ChatCompletionNamedToolChoiceFunction": ".chat_completion_named_tool_choice_function",
    "ChatCompletionPredictionContent": ".chat_completion_prediction_content",
    "ChatCompletionStreamOptions": ".chat_completion_stream_options",
    "ChatCompletionSystemMessage": ".chat_completion_system_message",
    "ChatCompletionTokenLogprob": ".chat_completion_token_logprob",
    "ChatCompletionToolMessage": ".chat_completion_tool_message",
    "ChatCompletionUserMessage": ".chat_completion_user_message",
    "ChatModel": ".chat_model",
    "Choice": ".choice",
    "ChoiceDelta": ".choice_delta",
    "ChoiceDeltaFunctionCall": ".choice_delta_function_call",
    "ChoiceDeltaRole": ".choice_delta_role",
    "ChoiceDeltaToolCall": ".choice_delta_tool_call",
    "ChoiceDeltaToolCallFunction": ".choice_delta_tool_call_function",
    "ChoiceFinishReason": ".choice_finish_reason",
    "ChoiceLogprobs": ".choice_logprobs",
    "ChunkChoice": ".chunk_choice",
    "CompletionTokensDetails": ".completion_tokens_details",
    "CompletionUsage": ".completion_usage",
    "CreateChatCompletionRequest": ".create_chat_completion_request",
    "CreateChatCompletionRequestFunctionCall": ".create_chat_completion_request_function_call",
    "CreateModelResponseProperties": ".create_model_response_properties",
    "Custom": ".custom",
    "CustomVoice": ".custom_voice",
    "Error": ".error",
    "ErrorResponse": ".error_response",
    "FileFile": ".file_file",
    "Function": ".function",
    "FunctionCall": ".function_call",
    "FunctionDefinition": ".function_definition",
    "ImageURL": ".image_url",
    "ImageURLDetail": ".image_url_detail",
    "InputAudio": ".input_audio",
    "InputAudioFormat": ".input_audio_format",
    "JSONSchema": ".json_schema",
    "ListChatCompletionsOrder": ".list_chat_completions_order",
    "ModelResponseProperties": ".model_response_properties",
    "ModerationConfig": ".moderation_config",
    "ModerationInputType": ".moderation_input_type",
    "ModerationMode": ".moderation_mode",
    "ModerationOptions": ".moderation_options",
    "ModerationPolicy": ".moderation_policy",
    "ModerationResultBody": ".moderation_result_body",
    "PromptCacheBreakpoint": ".prompt_cache_breakpoint",
    "PromptCacheMode": ".prompt_cache_mode",
    "PromptCacheOptions": ".prompt_cache_options",
    "PromptCacheRetention": ".prompt_cache_retention",
    "PromptTokensDetails": ".prompt_tokens_details",
    "ReasoningEffort": ".reasoning_effort",
    "ResponseFormatJSONObject": ".response_format_json_object",
    "ResponseFormatJSONSchema": ".response_format_json_schema",
    "ResponseFormatText": ".response_format_text",
    "ResponseModality": ".response_modality",
    "ServiceTier": ".service_tier",
    "ToolChoiceMode": ".tool_choice_mode",
    "TopLogprob": ".top_logprob",
    "Verbosity": ".verbosity",
    "VoiceName": ".voice_name",
    "WebSearchContextSize": ".web_search_context_size",
    "WebSearchLocation": ".web_search_location",
    "WebSearchOptions": ".web_search_options",
    "WebSearchOptionsUserLocation": ".web_search_options_user_location",
}

__all__ = (
    "Annotation",
    "AnnotationURLCitation",
    "ChatCompletion",
    "ChatCompletionAllowedToolChoice",
    "ChatCompletionAllowedTools",
    "ChatCompletionAllowedToolsMode",
    "ChatCompletionAssistantMessage",
    "ChatCompletionAssistantMessageAudio",
    "ChatCompletionAudio",
    "ChatCompletionAudioOptions",
    "ChatCompletionAudioOptionsFormat",
    "ChatCompletionChunk",
    "ChatCompletionContentPartFile",
    "ChatCompletionContentPartImage",
    "ChatCompletionContentPartInputAudio",
    "ChatCompletionContentPartRefusal",
    "ChatCompletionContentPartText",
    "ChatCompletionCustomTool",
    "ChatCompletionCustomToolCustom",
    "ChatCompletionCustomToolCustomFormatGrammar",
    "ChatCompletionCustomToolCustomFormatGrammarGrammar",
    "ChatCompletionCustomToolCustomFormatGrammarGrammarSyntax",
    "ChatCompletionCustomToolCustomFormatText",
    "ChatCompletionDeveloperMessage",
    "ChatCompletionFunctionCallOption",
    "ChatCompletionFunctionMessage",
    "ChatCompletionFunctions",
    "ChatCompletionFunctionTool",
    "ChatCompletionList",
    "ChatCompletionMessage",
    "ChatCompletionMessageCustomToolCall",
    "ChatCompletionMessageFunctionToolCall",
    "ChatCompletionModeration",
    "ChatCompletionModerationError",
    "ChatCompletionModerationResults",
    "ChatCompletionNamedToolChoice",
    "ChatCompletionNamedToolChoiceCustom",
    "ChatCompletionNamedToolChoiceCustomCustom",
    "ChatCompletionNamedToolChoiceFunction",
    "ChatCompletionPredictionContent",
    "ChatCompletionStreamOptions",
    "ChatCompletionSystemMessage",
    "ChatCompletionTokenLogprob",
    "ChatCompletionToolMessage",
    "ChatCompletionUserMessage",
    "ChatModel",
    "Choice",
    "ChoiceDelta",
    "ChoiceDeltaFunctionCall",
    "ChoiceDeltaRole",
    "ChoiceDeltaToolCall",
    "ChoiceDeltaToolCallFunction",
    "ChoiceFinishReason",
    "ChoiceLogprobs",
    "ChunkChoice",
    "CompletionTokensDetails",
    "CompletionUsage",
    "CreateChatCompletionRequest",
    "CreateChatCompletionRequestFunctionCall",
    "CreateModelResponseProperties",
    "Custom",
    "CustomVoice",
    "Error",
    "ErrorResponse",
    "FileFile",
    "Function",
    "FunctionCall",
    "FunctionDefinition",
    "ImageURL",
    "ImageURLDetail",
    "InputAudio",
    "InputAudioFormat",
    "JSONSchema",
    "ListChatCompletionsOrder",
    "ModelResponseProperties",
    "ModerationConfig",
    "ModerationInputType",
    "ModerationMode",
    "ModerationOptions",
    "ModerationPolicy",
    "ModerationResultBody",
    "PromptCacheBreakpoint",
    "PromptCacheMode",
    "PromptCacheOptions",
    "PromptCacheRetention",
    "PromptTokensDetails",
    "ReasoningEffort",
    "ResponseFormatJSONObject",
    "ResponseFormatJSONSchema",
    "ResponseFormatText",
    "ResponseModality",
    "ServiceTier",
    "ToolChoiceMode",
    "TopLogprob",
    "Verbosity",
    "VoiceName",
    "WebSearchContextSize",
    "WebSearchLocation",
    "WebSearchOptions",
    "WebSearchOptionsUserLocation",
)


def __getattr__(name: str) -> Any:
    try:
        module = import_module(_MODULES[name], __name__)
    except KeyError:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None
    value = globals()[name] = getattr(module, name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
