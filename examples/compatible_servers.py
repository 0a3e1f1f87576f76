"""Call vLLM, llama.cpp and Ollama: their URLs, and fields that only they support."""

import os
import sys
from typing import Any

from chat_completions import Client

SERVERS: dict[str, tuple[str, dict[str, Any]]] = {
    "vllm": ("http://localhost:8000/v1", {"top_k": 20, "chat_template_kwargs": {"enable_thinking": False}}),
    "llama.cpp": ("http://localhost:8080/v1", {"cache_prompt": True, "repeat_penalty": 1.1}),
    "ollama": ("http://localhost:11434/v1", {}),
}
name = sys.argv[1] if len(sys.argv) > 1 else "ollama"
base_url, extra = SERVERS[name]

# api_key="" sends no key; OPENAI_API_KEY belongs to another server.
with Client(base_url=os.environ.get("OPENAI_BASE_URL", base_url), api_key="", idle_timeout=60) as client:
    completion = client.chat.completions.create(
        model=os.environ.get("MODEL", "qwen3:8b"),
        messages=[{"role": "user", "content": "Hello"}],
        extra_body=extra,
    )

message = completion.choices[0].message
print(message.content)
print("thoughts:", message.get("reasoning_content") or message.get("reasoning"))  # not in the specification
print("timings:", completion.get("timings"))  # sent by llama.cpp
