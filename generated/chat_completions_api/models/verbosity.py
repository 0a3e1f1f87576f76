# Written by `make generate`; do not edit.
from typing import Literal

Verbosity = Literal["high", "low", "medium"]
"""Level of detail in the reply, from terse to long."""
