# Written by `make generate`; do not edit.
from typing import Literal

ChatCompletionCustomToolCustomFormatGrammarGrammarSyntax = Literal["lark", "regex"]
"""Language of the grammar, either Lark or a regular expression."""
