"""Check a request against the specification before it is sent (the extra `validate`)."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from chat_completions._contract import generated
from chat_completions.errors import ChatCompletionsError, RequestValidationError

if TYPE_CHECKING:
    from chat_completions.local.contract import Contract


class MissingExtraError(ChatCompletionsError, ImportError):
    """A package that `validate=True` needs is not installed; `name` is the package."""

    def __getstate__(self) -> dict[str, Any]:
        return {**super().__getstate__(), "name": self.name}


def validate_request(body: Mapping[str, Any], extra_body: Mapping[str, Any] | None) -> None:
    """Check the body of a create request; fields of `extra_body` are not checked.

    Raises:
        RequestValidationError: The request violates the specification; the error lists all problems.
        MissingExtraError: The extra is not installed.
    """
    plain = json.loads(generated.encode_json(body))
    faults = [
        fault for fault in _contract().request_faults(plain) if fault.path[:1] not in {(k,) for k in extra_body or ()}
    ]
    if faults:
        problems = tuple((fault.pointer, fault.message) for fault in faults)
        listed = "; ".join(f"{pointer or '/'}: {message}" for pointer, message in problems)
        raise RequestValidationError(f"the request violates the specification: {listed}", problems=problems)


@functools.cache
def _contract() -> Contract:
    try:
        from chat_completions.local.contract import Contract, packaged_document
    except ImportError as error:
        raise MissingExtraError(
            f"validate=True needs the package {error.name!r}: pip install 'chat-completions-client[validate]'",
            name=error.name,
        ) from error
    return Contract(packaged_document())
