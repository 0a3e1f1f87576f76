"""Content parts from files and bytes, and files from what models return."""

from __future__ import annotations

import base64
import wave
from pathlib import Path
from typing import Any

import pytest

from chat_completions.media import (
    audio_part,
    content_part,
    data_url,
    file_part,
    image_part,
    media_bytes,
    media_type_of,
    save_media,
)
from chat_completions.models import ChatCompletionAudio

PNG, PDF, WAV = b"\x89PNG\r\n\x1a\n", b"%PDF-1.7", b"RIFF\0\0\0\0WAVE"


def encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()


@pytest.mark.parametrize(
    ("content", "name", "found"),
    [
        (PNG, "photo.jpg", "image/png"),
        (b"\xff\xd8\xff\xe0", "", "image/jpeg"),
        (b"RIFF\0\0\0\0WEBP", "", "image/webp"),
        (WAV, "", "audio/wav"),
        (b"RIFF\0\0\0\0AVI ", "", "application/octet-stream"),
        (b"ID3\x04", "", "audio/mpeg"),
        (b"\0\0\0\x20ftypM4A ", "", "audio/mp4"),
        (PDF, "", "application/pdf"),
        (b"\0\1", "photo.png", "image/png"),
        (b"<svg/>", "drawing.svg", "image/svg+xml"),
        (b"const a = 1", "program.ts", "text/plain"),
        (b'{"a": 1}', "a.json", "application/json"),
        ("ä".encode(), "", "text/plain"),
        (b"", "", "text/plain"),
        (b"\xff\0", "", "application/octet-stream"),
    ],
)
def test_the_media_type_is_that_of_the_content(content: bytes, name: str, found: str) -> None:
    assert media_type_of(content, name) == found


def test_an_image_is_a_data_url_or_a_web_address(tmp_path: Path) -> None:
    path = tmp_path / "photo"
    path.write_bytes(PNG)
    url = f"data:image/png;base64,{encoded(PNG)}"
    for source in (path, str(path), PNG, url):
        assert image_part(source) == {"type": "image_url", "image_url": {"url": url}}
        assert data_url(source) == url
    address = "HTTPS://example.com/photo?size=1"
    assert image_part(address, detail="low") == {"type": "image_url", "image_url": {"url": address, "detail": "low"}}
    with pytest.raises(ValueError, match="application/pdf, which is not an image"):
        image_part(PDF)
    assert image_part(b"\0", media_type="image/x-raw")["image_url"]["url"].startswith("data:image/x-raw;")
    with pytest.raises(FileNotFoundError):
        image_part(tmp_path / "absent.png")


def test_a_recording_has_a_format(tmp_path: Path) -> None:
    for content, format_ in ((WAV, "wav"), (b"ID3", "mp3"), (b"fLaC", "flac"), (b"\0\0\0\0ftypM4A ", "m4a")):
        expected = {"type": "input_audio", "input_audio": {"data": encoded(content), "format": format_}}
        assert audio_part(content) == expected
        assert content_part(content) == expected
    assert audio_part(b"\0\0", format="pcm16")["input_audio"]["format"] == "pcm16"
    assert audio_part("data:audio/x-wav;base64,AAA=")["input_audio"] == {"data": "AAA=", "format": "wav"}
    for refused in (PNG, "http://example.com/a.wav"):
        with pytest.raises(ValueError, match=r"not a recording|only images can be sent as web addresses"):
            audio_part(refused)


def test_a_file_has_a_name(tmp_path: Path) -> None:
    path = tmp_path / "report.pdf"
    path.write_bytes(PDF)
    url = f"data:application/pdf;base64,{encoded(PDF)}"
    assert file_part(path) == {"type": "file", "file": {"filename": "report.pdf", "file_data": url}}
    assert content_part(str(path)) == file_part(path)
    assert file_part(PDF) == {"type": "file", "file": {"filename": "file.pdf", "file_data": url}}
    assert content_part(PDF, filename="a.pdf") == file_part(PDF, filename="a.pdf")
    assert content_part(b"\xff\0", filename="a.unknown")["type"] == "file"


def test_other_content_is_text_or_an_image(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("\ufeffprint('ä')", "utf-8")
    assert content_part(tmp_path / "a.py") == {"type": "text", "text": "print('ä')"}
    assert content_part(PNG) == image_part(PNG)
    assert content_part("http://example.com/a") == image_part("http://example.com/a")
    assert content_part(b"{}", media_type="application/pdf") == file_part(b"{}", media_type="application/pdf")
    with pytest.raises(ValueError, match="utf-8"):
        content_part(b"\xff", media_type="text/plain")


@pytest.mark.parametrize(
    "media",
    [
        {"id": "a", "data": encoded(PNG)},
        ChatCompletionAudio.from_dict({"id": "a", "data": encoded(PNG), "transcript": "?", "expires_at": 1}),
        {"type": "image_url", "image_url": {"url": data_url(PNG)}},
        {"image_url": data_url(PNG)},
        {"b64_json": encoded(PNG)},
        data_url(PNG),
        "data:,%89PNG%0D%0A%1A%0A",
        {"data": encoded(PNG[:4]) + encoded(PNG[4:])},
        {"data": encoded(PNG).rstrip("=")},
    ],
)
def test_media_are_saved(media: Any, tmp_path: Path) -> None:
    save_media(media, tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes() == media_bytes(media) == PNG


@pytest.mark.parametrize("media", [None, {}, {"data": 1}, {"data": "ä"}, {"data": "A"}, "a", {"url": "http://a/b"}, 1])
def test_what_has_no_content_is_not_saved(media: Any, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"web address|there is no audio|not a base64 text"):
        save_media(media, tmp_path / "a.png")
    assert not [*tmp_path.iterdir()]


def test_raw_samples_become_a_wav_file(tmp_path: Path) -> None:
    path = tmp_path / "a.WAV"
    save_media({"data": encoded(b"\1\0\2\0")}, path)
    with wave.open(str(path)) as reader:
        assert (reader.getframerate(), reader.getnchannels(), reader.readframes(9)) == (24000, 1, b"\1\0\2\0")
    for content, name in ((WAV, "b.wav"), (b"\1\0", "b.pcm")):
        save_media({"data": encoded(content)}, tmp_path / name)
        assert (tmp_path / name).read_bytes() == content
