"""Create the content parts of files and web addresses that `create` sends with the prompt."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from chat_completions import media
from chat_completions.cli.connection import secrets_of
from chat_completions.cli.exits import Exit, Failure
from chat_completions.cli.request_options import STANDARD_INPUT, bytes_of, standard_input
from chat_completions.cli.screen import Screen, hide

_MOST_BYTES = 50_000_000  # of a download; the API takes no larger request
_SECONDS = 60.0  # without a byte of a download
_WEB = ("http://", "https://")


def parts_of(images: Iterable[str], attachments: Iterable[str], screen: Screen) -> Iterator[Any]:
    """Yield the content parts of --image and --attach.

    Args:
        images: Files and URLs that must be images.
        attachments: Files and URLs of any type; `-` is standard input.
        screen: Shows that the command waits for standard input.

    Raises:
        Failure: If one cannot be read or has the wrong type.
    """
    for name in images:
        source = name if _is_url(name) else bytes_of(name)
        yield _part("--image", name, lambda source=source, name=name: _image(source, name))
    for name in attachments:
        yield _part("--attach", name, lambda name=name: _attachment(name, screen))


def _part(option: str, name: str, make: Any) -> Any:
    try:
        return make()
    except ValueError as error:
        what = "is not UTF-8 text" if isinstance(error, UnicodeDecodeError) else str(error)
        raise Failure(f"{option} {name[:80]}: {what}") from None


def _image(source: str | bytes, name: str) -> Any:
    if isinstance(source, str):
        return media.image_part(source)
    found = media.media_type_of(source, name)
    if not found.startswith("image/"):
        raise ValueError(f"it is {found}, not an image; --attach takes files of any type")
    return media.image_part(source, media_type=found)


def _attachment(name: str, screen: Screen) -> Any:
    type_ = None
    if name == STANDARD_INPUT:
        content, filename = standard_input(screen, "the attachment"), ""
    elif name.lower().startswith(_WEB):
        filename = unquote(urlsplit(name).path).rpartition("/")[2]
        if media.media_type_of(b"", filename).startswith("image/"):
            return media.image_part(name)
        content, type_ = _downloaded(name)
    elif _is_url(name):
        return media.content_part(name)
    else:
        content, filename = bytes_of(name), Path(name).name
    found = media.media_type_of(content, filename)
    if type_ and found in ("application/octet-stream", "text/plain"):
        found = type_
    part: Any = media.content_part(content, filename=filename or None, media_type=found)
    if part["type"] == "text" and filename:
        part["text"] = f"{filename}:\n\n{part['text']}"
    return part


def _is_url(name: str) -> bool:
    return name.lower().startswith((*_WEB, "data:"))


def _downloaded(url: str) -> tuple[bytes, str]:
    """Return the content at a web address, and the media type that its server names.

    Raises:
        Failure: If it cannot be downloaded.
    """
    import httpx

    for secret in secrets_of(url):
        hide(secret)
    content = bytearray()
    try:
        with httpx.stream("GET", url, follow_redirects=True, timeout=_SECONDS) as response:
            response.raise_for_status()
            for piece in response.iter_bytes():
                content += piece
                if len(content) > _MOST_BYTES:
                    raise Failure(f"--attach {url}: is larger than {_MOST_BYTES // 1_000_000} MB")
    except httpx.HTTPStatusError as error:
        raise Failure(f"--attach {url}: HTTP {error.response.status_code}", code=Exit.REFUSED) from None
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
        raise Failure(f"--attach {url}: cannot be downloaded: {error}", code=Exit.UNREACHABLE) from None
    return bytes(content), response.headers.get("content-type", "").partition(";")[0].strip().lower()
