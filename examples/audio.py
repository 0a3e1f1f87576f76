"""Send a recording, and get text and speech back."""

import io
import os
import wave

from chat_completions import Client, media

MODEL = os.environ.get("MODEL", "gpt-audio")

recording = io.BytesIO()
with wave.open(recording, "wb") as wav:  # half a second of silence
    wav.setparams((1, 2, 16_000, 0, "NONE", ""))
    wav.writeframes(bytes(16_000))

with Client() as client:
    completion = client.chat.completions.create(
        model=MODEL,
        modalities=["text", "audio"],
        audio={"voice": "alloy", "format": "wav"},
        messages=[{"role": "user", "content": [media.audio_part(recording.getvalue())]}],
    )

message = completion.choices[0].message
print(message.audio.transcript if message.audio else message.content)
if message.audio:
    media.save_media(message.audio, "answer.wav")
    print("answer.wav")
