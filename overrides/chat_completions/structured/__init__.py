"""Structured output: from a type to a JSON Schema that the API accepts, and from the reply to a value of the type."""

from __future__ import annotations

from chat_completions.structured.adapter import Adapter
from chat_completions.structured.adapter_choice import adapter_for
from chat_completions.structured.formats import response_format_for
from chat_completions.structured.strict import strict_schema

__all__ = ["Adapter", "adapter_for", "response_format_for", "strict_schema"]
