# Written by `make generate`; do not edit.
from typing import Literal

# Source: #/components/schemas/ReasoningEffort/anyOf/0
ReasoningEffort = Literal["high", "low", "max", "medium", "minimal", "none", "xhigh"]
"""Amount of reasoning to spend before answering; each model supports only some of the levels."""
