# Written by `make generate`; do not edit.
from typing import Literal

# Source: #/components/schemas/WebSearchContextSize
WebSearchContextSize = Literal["high", "low", "medium"]
"""Amount of search material to place in the context window."""
