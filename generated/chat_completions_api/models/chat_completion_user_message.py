# Written by `make generate`; do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from attrs import define

from ..types import UNSET, LazyModel, Model, Variants, new

if TYPE_CHECKING:
    from .chat_completion_content_part_file import ChatCompletionContentPartFile
    from .chat_completion_content_part_image import ChatCompletionContentPartImage
    from .chat_completion_content_part_input_audio import ChatCompletionContentPartInputAudio
    from .chat_completion_content_part_text import ChatCompletionContentPartText

_ChatCompletionContentPartText = LazyModel("chat_completion_content_part_text", "ChatCompletionContentPartText")
_ChatCompletionContentPartImage = LazyModel("chat_completion_content_part_image", "ChatCompletionContentPartImage")
_ChatCompletionContentPartInputAudio = LazyModel(
    "chat_completion_content_part_input_audio", "ChatCompletionContentPartInputAudio"
)
_ChatCompletionContentPartFile = LazyModel("chat_completion_content_part_file", "ChatCompletionContentPartFile")
_content_variants = Variants(
    "type",
    {
        "text": _ChatCompletionContentPartText,
        "image_url": _ChatCompletionContentPartImage,
        "input_audio": _ChatCompletionContentPartInputAudio,
        "file": _ChatCompletionContentPartFile,
    },
    (
        (frozenset(["text"]), _ChatCompletionContentPartText),
        (frozenset(["image_url"]), _ChatCompletionContentPartImage),
        (frozenset(["input_audio"]), _ChatCompletionContentPartInputAudio),
        (frozenset(["file"]), _ChatCompletionContentPartFile),
    ),
)


# Source: #/components/schemas/ChatCompletionRequestUserMessage
@define(eq=False, getstate_setstate=False, kw_only=True, repr=False, weakref_slot=False)
class ChatCompletionUserMessage(Model):
    """What the end user says or sends, such as a question or an image."""

    content: (
        str
        | list[
            ChatCompletionContentPartText
            | ChatCompletionContentPartImage
            | ChatCompletionContentPartInputAudio
            | ChatCompletionContentPartFile
        ]
    )
    """The user's input, as a string or as text, image, audio and file parts."""

    name: str | None = UNSET
    """Optional name to tell apart several users in one conversation."""

    role: Literal["user"] = "user"
    """Always user; tells this message from the others."""

    _attributes: ClassVar[Mapping[str, str]] = {
        "content": "content",
        "name": "name",
        "role": "role",
    }
    _source: ClassVar[str] = "#/components/schemas/ChatCompletionRequestUserMessage"
    _nested: ClassVar[tuple[str, ...]] = ("content",)

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Decode a JSON object; never raises on one, whatever its fields hold."""
        self = new(cls)
        decoded: Any = self
        get = src_dict.get
        decoded.content = value = get("content")
        if value is not None:
            decoded.content = (
                [_content_variants.from_dict(item) if isinstance(item, dict) else item for item in value]
                if isinstance(value, list)
                else value
            )
        decoded.name = get("name")
        decoded.role = get("role")
        decoded._keys = keys = tuple(src_dict)
        decoded._extra = None if cls._known.issuperset(keys) else cls._unknown_of(src_dict)
        return self
