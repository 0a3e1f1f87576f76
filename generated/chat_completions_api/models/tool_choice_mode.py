# Written by `make generate`; do not edit.
from typing import Literal

ToolChoiceMode = Literal["auto", "none", "required"]
