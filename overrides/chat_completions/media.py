"""Images, sound and files: content parts from what you have, and files from what a model returns.

A source is a path, the content as bytes, a data URL, or, for an image, a web address. Its media type is detected
from its first bytes, or else guessed from the file's name.
"""

from __future__ import annotations

import base64
import io
import mimetypes
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, cast
from urllib.parse import unquote_to_bytes

from chat_completions._files import write_whole

if TYPE_CHECKING:
    from typing import Literal

    from chat_completions.models import (
        ChatCompletionContentPartFileParam,
        ChatCompletionContentPartImageParam,
        ChatCompletionContentPartInputAudioParam,
        ChatCompletionContentPartTextParam,
        InputAudioFormat,
    )

__all__ = [
    "audio_part",
    "content_part",
    "data_url",
    "file_part",
    "image_part",
    "media_bytes",
    "media_type_of",
    "save_media",
]

Source: TypeAlias = str | os.PathLike[str] | bytes

_STARTS = {
    b"\x89PNG": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF8": "image/gif",
    b"%PDF-": "application/pdf",
    b"ID3": "audio/mpeg",
    b"\xff\xfb": "audio/mpeg",
    b"\xff\xf3": "audio/mpeg",
    b"\xff\xf2": "audio/mpeg",
    b"fLaC": "audio/flac",
    b"OggS": "audio/ogg",
}
_INSIDE = {  # after the first eight bytes
    b"WEBP": "image/webp",
    b"WAVE": "audio/wav",
    b"avif": "image/avif",
    b"heic": "image/heic",
    b"M4A ": "audio/mp4",
}
_AUDIO_FORMATS = {"mpeg": "mp3", "wave": "wav", "vnd.wave": "wav", "mp4": "m4a"}  # subtypes that have another name
_TEXT_TYPES = ("text/", "application/json", "application/xml", "application/yaml", "application/toml")
_KNOWN_NAMES = mimetypes.MimeTypes()  # without the tables of the machine, which differ
_PCM_RATE = 24000  # samples per second of the API's format `pcm16`, which is mono
_DATA_URL = re.compile(r"data:([^,;]*)([^,]*),", re.IGNORECASE)
_BASE64_PIECE = re.compile(r"[^=]+")


def image_part(
    source: Source, *, detail: Literal["auto", "low", "high"] | None = None, media_type: str | None = None
) -> ChatCompletionContentPartImageParam:
    """Return the content part of an image.

    Args:
        source: The image; a web address is sent as it is, for the server to fetch.
        detail: How closely the model looks at it.
        media_type: Its media type; None to detect it.

    Raises:
        ValueError: It is not an image.
        OSError: The file cannot be read.
    """
    url = source if isinstance(source, str) and _is_web_address(source) else _data_url_of(source, media_type, "image")
    return {"type": "image_url", "image_url": {"url": url} if detail is None else {"url": url, "detail": detail}}


def audio_part(source: Source, *, format: str | None = None) -> ChatCompletionContentPartInputAudioParam:
    """Return the content part of a recording.

    Args:
        source: The recording.
        format: Its format, such as `wav` or `mp3`; None to detect it.

    Raises:
        ValueError: It is not a recording, or it is a web address.
        OSError: The file cannot be read.
    """
    content, found = _read(source)
    # Servers take more formats than the specification has.
    encoding = cast("InputAudioFormat", format or _audio_format(found))
    return {"type": "input_audio", "input_audio": {"data": _base64(content), "format": encoding}}


def file_part(
    source: Source, *, filename: str | None = None, media_type: str | None = None
) -> ChatCompletionContentPartFileParam:
    """Return the content part of a file, such as a PDF.

    Args:
        source: The file.
        filename: The name that the model sees; None for that of the path.
        media_type: Its media type; None to detect it.

    Raises:
        ValueError: It is a web address.
        OSError: The file cannot be read.
    """
    content, found = _read(source)
    found = media_type or found
    if filename is None:
        path = _path_of(source)
        filename = path.name if path is not None else f"file{_KNOWN_NAMES.guess_extension(found) or ''}"
    return {"type": "file", "file": {"filename": filename, "file_data": f"data:{found};base64,{_base64(content)}"}}


def content_part(
    source: Source, *, filename: str | None = None, media_type: str | None = None
) -> (
    ChatCompletionContentPartImageParam
    | ChatCompletionContentPartInputAudioParam
    | ChatCompletionContentPartFileParam
    | ChatCompletionContentPartTextParam
):
    """Return the content part for a source by its media type: image, sound, text, or else a file.

    Args:
        source: The image, recording, text or file.
        filename: Its name; None for that of the path.
        media_type: Its media type; None to detect it.

    Raises:
        ValueError: It is a web address, but not of an image, or it is text that is not UTF-8.
        OSError: The file cannot be read.
    """
    if isinstance(source, str) and _is_web_address(source):
        return image_part(source, media_type=media_type)
    content, found = _read(source, filename)
    found = media_type or found
    kind = found.partition("/")[0]
    if kind == "image":
        return image_part(content, media_type=found)
    if kind == "audio":
        return audio_part(content, format=_audio_format(found))
    if found.startswith(_TEXT_TYPES):
        return {"type": "text", "text": content.decode("utf-8-sig")}
    path = _path_of(source)
    return file_part(content, filename=filename or (path.name if path else None), media_type=found)


def data_url(source: Source, *, media_type: str | None = None) -> str:
    """Return a source as a data URL.

    Args:
        source: The content.
        media_type: Its media type; None to detect it.

    Raises:
        ValueError: It is a web address.
        OSError: The file cannot be read.
    """
    return _data_url_of(source, media_type, "")


def media_type_of(content: bytes, filename: str = "") -> str:
    """Return the media type of some content; `application/octet-stream` if it is unknown.

    Args:
        content: The whole content.
        filename: Its name or path, if it has one.
    """
    for start, found in _STARTS.items():
        if content.startswith(start):
            return found
    if content[:4] == b"RIFF" or content[4:8] == b"ftyp":
        inside = _INSIDE.get(content[8:12])
        if inside is not None:
            return inside
    guessed = _KNOWN_NAMES.guess_type(Path(filename).name, strict=False)[0] if filename else None
    if guessed is not None and (guessed.startswith(("image/", "audio/")) or not _is_text(content)):
        return guessed
    if _is_text(content):
        return guessed if guessed is not None and guessed.startswith(_TEXT_TYPES) else "text/plain"
    return "application/octet-stream"


def media_bytes(media: Any) -> bytes:
    """Return the content of a reply's audio or image.

    Args:
        media: `message.audio`, an item of `message.images`, or a data URL.

    Raises:
        ValueError: It has no content; a web address must be downloaded.
    """
    if hasattr(media, "to_dict"):
        media = media.to_dict()
    if isinstance(media, Mapping):
        image = media.get("image_url", media)
        fields = image if isinstance(image, Mapping) else {"url": image}
        media = fields.get("data", fields.get("b64_json"))
        if media is not None:
            return _decoded(media)
        media = fields.get("url")
    if not isinstance(media, str) or (match := _DATA_URL.match(media)) is None:
        web = isinstance(media, str) and _is_web_address(media)
        raise ValueError(
            "the media is a web address: download it" if web else "there is no audio, image or data URL to read"
        )
    data = media[match.end() :]
    return _decoded(data) if "base64" in match[2].lower() else unquote_to_bytes(data)


def save_media(media: Any, path: str | os.PathLike[str]) -> None:
    """Write a reply's audio or image to a file, whole or not at all.

    Raw samples, the API's format `pcm16`, get the header of a WAV file if the file's name ends in `.wav`.

    Args:
        media: `message.audio`, an item of `message.images`, or a data URL.
        path: The file; it is replaced if it exists.

    Raises:
        ValueError: There is no content; a web address must be downloaded.
        OSError: The file cannot be written.
    """
    content = media_bytes(media)
    if Path(path).suffix.lower() == ".wav" and not media_type_of(content).startswith("audio/"):
        content = _wave(content)
    write_whole(path, content)


def _is_web_address(text: str) -> bool:
    return text[:8].lower().startswith(("http://", "https://"))


def _path_of(source: Source) -> Path | None:
    if isinstance(source, bytes) or (isinstance(source, str) and source[:5].lower() == "data:"):
        return None
    return Path(source).expanduser()


def _read(source: Source, filename: str | None = None) -> tuple[bytes, str]:
    """Return the content of a source and its media type."""
    if isinstance(source, str) and _is_web_address(source):
        raise ValueError("only images can be sent as web addresses: download the file first")
    path = _path_of(source)
    if path is not None:
        content = path.read_bytes()
        return content, media_type_of(content, filename or path.name)
    if isinstance(source, bytes):
        return source, media_type_of(source, filename or "")
    content = media_bytes(source)
    match = _DATA_URL.match(str(source))
    return content, match[1].lower() if match is not None and match[1] else media_type_of(content, filename or "")


def _data_url_of(source: Source, type_: str | None, kind: str) -> str:
    content, found = _read(source)
    return f"data:{_checked(type_ or found, kind)};base64,{_base64(content)}"


def _audio_format(found: str) -> str:
    subtype = _checked(found, "audio").partition("/")[2].removeprefix("x-")
    return _AUDIO_FORMATS.get(subtype, subtype)


def _checked(found: str, kind: str) -> str:
    if kind and not found.startswith(f"{kind}/"):
        article = "an image" if kind == "image" else "a recording"
        raise ValueError(f"the media type is {found}, which is not {article}; if this is wrong, pass the right one")
    return found


def _is_text(content: bytes) -> bool:
    if b"\0" in content:
        return False
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _decoded(data: Any) -> bytes:
    """Return what a base64 text contains; pieces of a stream may each have their own padding."""
    if not isinstance(data, str):
        raise ValueError("the media's data is not a base64 text")
    pieces = _BASE64_PIECE.findall("".join(data.split()).translate({ord("-"): "+", ord("_"): "/"}))
    try:
        return b"".join(base64.b64decode(piece + "=" * (-len(piece) % 4), validate=True) for piece in pieces)
    except ValueError:
        raise ValueError("the media's data is not a base64 text") from None


def _wave(samples: bytes) -> bytes:
    import wave

    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(_PCM_RATE)
        writer.writeframes(samples)
    return file.getvalue()
