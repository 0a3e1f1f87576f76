# Written by `make generate`; do not edit.
from typing import Literal

# Source: #/components/schemas/ResponseModalities/anyOf/0/items
ResponseModality = Literal["audio", "text"]
