from typing import Literal

CreateChatCompletionRequestFunctionCall = Literal["auto", "none"]

CREATE_CHAT_COMPLETION_REQUEST_FUNCTION_CALL_VALUES: set[CreateChatCompletionRequestFunctionCall] = {
    "auto",
    "none",
}


def check_create_chat_completion_request_function_call(value: str) -> CreateChatCompletionRequestFunctionCall:
    if value in CREATE_CHAT_COMPLETION_REQUEST_FUNCTION_CALL_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {CREATE_CHAT_COMPLETION_REQUEST_FUNCTION_CALL_VALUES!r}"
    )
