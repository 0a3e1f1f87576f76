"""A picture by its address, and one in the request."""

import base64

from openai import OpenAI

client = OpenAI()
pixel = base64.b64encode(b"GIF89a not much of a picture").decode("ascii")

for url in ("https://example.com/chart.png", f"data:image/gif;base64,{pixel}"):
    seen = client.chat.completions.create(
        model="gpt-5-mini",
        messages=[
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "What is on this chart?"},
                    {"type": "image_url", "image_url": {"url": url, "detail": "low"}},
                ],
            }
        ],
    )
    print(seen.choices[0].message.content)
