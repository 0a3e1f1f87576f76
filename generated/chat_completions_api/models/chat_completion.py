# Written by `make generate`; do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from attrs import define

from ..types import UNSET, LazyModel, Model, new

if TYPE_CHECKING:
    from .chat_completion_moderation import ChatCompletionModeration
    from .choice import Choice
    from .completion_usage import CompletionUsage
    from .service_tier import ServiceTier

_Choice = LazyModel("choice", "Choice")
_ChatCompletionModeration = LazyModel("chat_completion_moderation", "ChatCompletionModeration")
_CompletionUsage = LazyModel("completion_usage", "CompletionUsage")


# Source: #/components/schemas/CreateChatCompletionResponse
@define(eq=False, getstate_setstate=False, kw_only=True, repr=False, weakref_slot=False)
class ChatCompletion(Model):
    """A finished chat completion."""

    choices: list[Choice]
    """The generated replies, as many as n asked for."""

    created: int
    """When the completion was created, in unix seconds."""

    id: str
    """Unique id of the completion."""

    metadata: dict[str, str] | None = UNSET
    """Labels that the request attached to the completion."""

    model: str
    """Model that wrote the reply, often a dated version of the one asked for."""

    moderation: ChatCompletionModeration | None = UNSET
    """Moderation outcome for input and reply, if the request asked for moderation."""

    object: Literal["chat.completion"] = "chat.completion"
    """Always chat.completion; names the kind of object."""

    service_tier: ServiceTier | None = UNSET
    """Processing tier that served the request, which can differ from the one asked for."""

    system_fingerprint: str | None = UNSET
    """Deprecated without replacement; marks the backend configuration that ran the model."""

    usage: CompletionUsage | None = UNSET
    """Token counts of the request."""

    _attributes: ClassVar[Mapping[str, str]] = {
        "choices": "choices",
        "created": "created",
        "id": "id",
        "metadata": "metadata",
        "model": "model",
        "moderation": "moderation",
        "object": "object",
        "service_tier": "service_tier",
        "system_fingerprint": "system_fingerprint",
        "usage": "usage",
    }
    _nested: ClassVar[tuple[str, ...]] = (
        "choices",
        "moderation",
        "usage",
    )

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Decode a JSON object; never raises on one, whatever its fields hold."""
        self = new(cls)
        decoded: Any = self
        get = src_dict.get
        decoded.choices = value = get("choices")
        if value is not None:
            decoded.choices = (
                [_Choice.from_dict(item) if isinstance(item, dict) else item for item in value]
                if isinstance(value, list)
                else value
            )
        decoded.created = get("created")
        decoded.id = get("id")
        decoded.metadata = get("metadata")
        decoded.model = get("model")
        decoded.moderation = value = get("moderation")
        if value is not None:
            decoded.moderation = _ChatCompletionModeration.from_dict(value) if isinstance(value, dict) else value
        decoded.object = get("object")
        decoded.service_tier = get("service_tier")
        decoded.system_fingerprint = get("system_fingerprint")
        decoded.usage = value = get("usage")
        if value is not None:
            decoded.usage = _CompletionUsage.from_dict(value) if isinstance(value, dict) else value
        decoded._keys = keys = tuple(src_dict)
        decoded._extra = None if cls._known.issuperset(keys) else cls._unknown_of(src_dict)
        return self

    def _twin(self) -> Self:
        copied = new(type(self))
        twin: Any = copied
        twin.choices = self.choices
        twin.created = self.created
        twin.id = self.id
        twin.metadata = self.metadata
        twin.model = self.model
        twin.moderation = self.moderation
        twin.object = self.object
        twin.service_tier = self.service_tier
        twin.system_fingerprint = self.system_fingerprint
        twin.usage = self.usage
        twin._keys = self._keys
        extra = self._extra
        twin._extra = None if extra is None else extra.copy()
        return copied
