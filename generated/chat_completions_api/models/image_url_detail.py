# Written by `make generate`; do not edit.
from typing import Literal

ImageURLDetail = Literal["auto", "high", "low"]
"""Resolution at which the model sees the image; low uses fewer tokens, high catches fine print."""
