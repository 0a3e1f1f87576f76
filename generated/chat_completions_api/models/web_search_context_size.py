# Written by `make generate`; do not edit.
from typing import Literal

WebSearchContextSize = Literal["high", "low", "medium"]
"""Amount of search material to place in the context window."""
