"""Show a model an image: from the web, or from a file as a data URL."""

import base64
import os
import sys
from pathlib import Path

from chat_completions import Client

MODEL = os.environ.get("MODEL", "gpt-5-mini")
DOT = b"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="

data = base64.b64encode(Path(sys.argv[1]).read_bytes()) if len(sys.argv) > 1 else DOT
with Client() as client:
    completion = client.chat.completions.create(
        model=MODEL,
        messages=[
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "What is in this image?"},
                    {
                        "type": "image_url",
                        "image_url": {"url": f"data:image/png;base64,{data.decode()}", "detail": "low"},
                    },
                ],
            }
        ],
    )

print(completion.choices[0].message.content)
