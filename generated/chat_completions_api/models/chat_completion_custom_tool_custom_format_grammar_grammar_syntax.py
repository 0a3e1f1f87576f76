from typing import Literal

ChatCompletionCustomToolCustomFormatGrammarGrammarSyntax = Literal["lark", "regex"]

CHAT_COMPLETION_CUSTOM_TOOL_CUSTOM_FORMAT_GRAMMAR_GRAMMAR_SYNTAX_VALUES: set[
    ChatCompletionCustomToolCustomFormatGrammarGrammarSyntax
] = {
    "lark",
    "regex",
}


def check_chat_completion_custom_tool_custom_format_grammar_grammar_syntax(
    value: str,
) -> ChatCompletionCustomToolCustomFormatGrammarGrammarSyntax:
    if value in CHAT_COMPLETION_CUSTOM_TOOL_CUSTOM_FORMAT_GRAMMAR_GRAMMAR_SYNTAX_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {CHAT_COMPLETION_CUSTOM_TOOL_CUSTOM_FORMAT_GRAMMAR_GRAMMAR_SYNTAX_VALUES!r}"
    )
