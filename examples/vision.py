"""Show a model an image: a file, or one from the web by its address."""

import base64
import os
import sys

from chat_completions import Client, media

MODEL = os.environ.get("MODEL", "gpt-5-mini")
DOT = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
)

with Client() as client:
    completion = client.chat.completions.create(
        model=MODEL,
        messages=[
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "What is in this image?"},
                    media.image_part(sys.argv[1] if len(sys.argv) > 1 else DOT, detail="low"),
                ],
            }
        ],
    )

print(completion.choices[0].message.content)
