"""A tiny model of the llama architecture with random weights: a byte-level vocabulary of our own, and the weights.

The weights are random but seeded, so they are the same each time. One column of the embedding is constant, and the
output layer reads it as a bias: readable text is likely, half a character is not, and the end of the text comes only
where a grammar leaves nothing else. So the text is nonsense that any JSON can hold, and as long as it may be.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np  # type: ignore[import-not-found,unused-ignore]

SEED = 3
CONTEXT = 4096
LAYERS = 2
WORDS = ["the", " a", " tree", " of", " and", " river", " sleeps", " naïve", " Größe", " 日本", " 🙂"]
END, START, TURN, CALL = "<|end|>", "<|im_start|>", "<|im_end|>", "<tool_call>\n"
CONTROL = [END, START, TURN]
# They come first, so that a request can name them in logit_bias: 2 ends the text, 3 begins a tool call. Without such a
# nudge random weights never begin one, and the server's grammar lets text go before it.
SPECIAL = [*CONTROL, CALL]

# ChatML, with tools in the way of the Hermes models: the server knows how to read a tool call of this shape.
TEMPLATE = r"""
{%- if tools %}
    {{- '<|im_start|>system\nCall one of these tools:\n<tools>\n' }}
    {%- for tool in tools %}{{ tool | tojson }}{{ '\n' }}{% endfor %}
    {{- '</tools>\nAnswer with the call as JSON within tool_call tags:\n' }}
    {{- '<tool_call>\n{"name": <name>, "arguments": <arguments>}\n</tool_call><|im_end|>\n' }}
{%- endif %}
{%- for message in messages %}
    {{- '<|im_start|>' + message.role + '\n' }}
    {%- if message.content %}{{ message.content + '\n' }}{% endif %}
    {%- for call in message.tool_calls or [] %}
        {{- '<tool_call>\n{"name": ' + call.function.name | tojson }}
        {{- ', "arguments": ' + call.function.arguments | tojson + '}\n</tool_call>\n' }}
    {%- endfor %}
    {{- '<|im_end|>\n' }}
{%- endfor %}
{%- if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"""


def byte_letters() -> list[str]:
    """Return the letter that byte-level vocabularies write for each byte: itself, or one from U+0100 on."""
    printable = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    letters, shifted = [], 0x100
    for byte in range(256):
        letters.append(chr(byte if byte in printable else shifted))
        shifted += byte not in printable
    return letters


def vocabulary() -> tuple[list[str], list[str], list[bool]]:
    """Return the tokens, the merges that make them, and for each token whether it is readable text by itself."""
    letters = byte_letters()
    tokens = {letter: bytes([byte]) for byte, letter in enumerate(letters)}
    merges: list[str] = []
    for word in WORDS:
        data = word.encode()
        for end in range(1, len(data)):
            left, right = "".join(letters[byte] for byte in data[:end]), letters[data[end]]
            if left + right not in tokens:
                merges.append(f"{left} {right}")
                tokens[left + right] = data[: end + 1]
    return [*SPECIAL, *tokens], merges, [*(False for _ in SPECIAL), *map(is_readable, tokens.values())]


def is_readable(data: bytes) -> bool:
    try:
        return data.decode().isprintable()
    except UnicodeDecodeError:
        return False


def weights(width: int, inner: int) -> Iterator[tuple[str, np.ndarray]]:
    """Yield the name and the values of each weight, a layer's number in front of its own.

    Args:
        width: Of the embedding.
        inner: Of the feed-forward layers.
    """
    random = np.random.default_rng(SEED)
    tokens, _, readable = vocabulary()

    def matrix(rows: int, columns: int) -> np.ndarray:
        return (random.standard_normal((rows, columns)) / columns**0.5).astype(np.float32)

    ones = np.ones(width, dtype=np.float32)
    embedding = matrix(len(tokens), width) * width**0.5
    embedding[:, 0] = 4.0
    output = matrix(len(tokens), width) * 2
    output[:, 0] = [2.0 if text else -8.0 for text in readable]
    yield from (("embedding", embedding), ("output_norm", ones), ("output", output))
    for layer in range(LAYERS):
        yield from ((f"{layer}.attention_norm", ones), (f"{layer}.inner_norm", ones))
        yield from ((f"{layer}.{name}", matrix(width, width)) for name in ("query", "key", "value", "attention"))
        yield from ((f"{layer}.gate", matrix(inner, width)), (f"{layer}.up", matrix(inner, width)))
        yield f"{layer}.down", matrix(width, inner) * 0.5
