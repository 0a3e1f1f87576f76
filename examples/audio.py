"""Send a recording, and get text and speech back."""

import base64
import io
import os
import wave
from pathlib import Path

from chat_completions import Client

MODEL = os.environ.get("MODEL", "gpt-audio")

recording = io.BytesIO()
with wave.open(recording, "wb") as wav:  # half a second of silence
    wav.setparams((1, 2, 16_000, 0, "NONE", ""))
    wav.writeframes(bytes(16_000))
describe_location = base64.b64encode(recording.getvalue()).decode()

with Client() as client:
    completion = client.chat.completions.create(
        model=MODEL,
        modalities=["text", "audio"],
        audio={"voice": "alloy", "format": "wav"},
        messages=[
            {
                "role": "user",
                "content": [{"type": "input_audio", "input_audio": {"data": describe_location, "format": "wav"}}],
            }
        ],
    )

message = completion.choices[0].message
print(message.audio.transcript if message.audio else message.content)
if message.audio:
    Path("answer.wav").write_bytes(base64.b64decode(message.audio.data))
    print("answer.wav")
