# Written by `make generate`; do not edit.
from typing import Literal

ResponseModality = Literal["audio", "text"]
