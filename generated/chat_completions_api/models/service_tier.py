# Written by `make generate`; do not edit.
from typing import Literal

# Source: #/components/schemas/ServiceTier/anyOf/0
ServiceTier = Literal["auto", "default", "fast", "flex", "priority", "scale"]
"""Processing tier; flex is cheaper and slower, priority is faster and dearer, auto follows the project settings."""
