# Written by `make generate`; do not edit.
from typing import Literal

# Source: #/components/schemas/Verbosity/anyOf/0
Verbosity = Literal["high", "low", "medium"]
"""Level of detail in the reply, from terse to long."""
