# Written by `make generate`; do not edit.
from typing import Literal

# Source: #/components/schemas/CustomToolChatCompletions/properties/custom/properties/format/oneOf/1/properties/grammar/properties/syntax
ChatCompletionCustomToolCustomFormatGrammarGrammarSyntax = Literal["lark", "regex"]
"""Language of the grammar, either Lark or a regular expression."""
