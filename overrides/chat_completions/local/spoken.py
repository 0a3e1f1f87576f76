"""The sound of spoken answers: a tone as long as the text, in a format that needs no encoder."""

from __future__ import annotations

import base64
import io
import math
import wave
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

FORMATS = ("pcm16", "wav")

_RATE = 24000  # samples per second
_PERIOD = 60  # samples, for a tone of 400 hertz
_PERIODS = 8  # for each token: a fiftieth of a second
_LOUDNESS = 4000  # of at most 32767
_LIFETIME = 3600  # seconds
_TOKEN = _PERIODS * b"".join(
    round(_LOUDNESS * math.sin(2 * math.pi * place / _PERIOD)).to_bytes(2, "little", signed=True)
    for place in range(_PERIOD)
)


def is_spoken(request: Mapping[str, Any]) -> bool:
    """Return whether a request asks for sound."""
    return "audio" in (request.get("modalities") or ())


def spoken(request: Mapping[str, Any], id: str, created: int, tokens: Sequence[str]) -> dict[str, Any]:
    """Return the audio of a message.

    Args:
        request: The request, which names the format.
        id: The audio's id.
        created: Unix time in seconds.
        tokens: What is said.
    """
    samples = _TOKEN * len(tokens)
    data = samples if request["audio"]["format"] == "pcm16" else _wave(samples)
    return {
        "id": id,
        "data": base64.b64encode(data).decode(),
        "expires_at": created + _LIFETIME,
        "transcript": "".join(tokens),
    }


def spoken_deltas(id: str, created: int, tokens: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Yield the pieces of a message's audio: for each token its text and its samples, then when the audio expires."""
    data = base64.b64encode(_TOKEN).decode()
    for number, token in enumerate(tokens):
        yield {**({} if number else {"id": id}), "transcript": token, "data": data}
    yield {"expires_at": created + _LIFETIME}


def _wave(samples: bytes) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(_RATE)
        writer.writeframes(samples)
    return file.getvalue()
