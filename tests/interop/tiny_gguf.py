"""Write a tiny GGUF model with random weights: of the llama architecture, with a byte-level vocabulary of our own.

Run it with the Python of the llama environment, which has `gguf`:  python tiny_model.py FILE

The weights are random but seeded, so the file is the same each time. One column of the embedding is constant, and the
output layer reads it as a bias: readable text is likely, half a character is not, and the end of the text comes only
where a grammar leaves nothing else. So the text is nonsense that any JSON can hold, and as long as it may be.
"""

from __future__ import annotations

import sys
from pathlib import Path

import gguf  # type: ignore[import-not-found,unused-ignore]
import numpy as np  # type: ignore[import-not-found,unused-ignore]

SEED = 3
CONTEXT = 4096
WIDTH, HEADS, LAYERS, INNER = 64, 4, 2, 128
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


def token_type(token: str) -> gguf.TokenType:
    if token in CONTROL:
        return gguf.TokenType.CONTROL
    return gguf.TokenType.USER_DEFINED if token == CALL else gguf.TokenType.NORMAL


def write(path: Path) -> None:
    """Write the model."""
    random = np.random.default_rng(SEED)
    tokens, merges, readable = vocabulary()

    def matrix(rows: int, columns: int) -> np.ndarray:
        return (random.standard_normal((rows, columns)) / columns**0.5).astype(np.float32)

    def ones() -> np.ndarray:
        return np.ones(WIDTH, dtype=np.float32)

    model = gguf.GGUFWriter(path, "llama")
    model.add_name("interop-tiny")
    model.add_context_length(CONTEXT)
    model.add_embedding_length(WIDTH)
    model.add_block_count(LAYERS)
    model.add_feed_forward_length(INNER)
    model.add_head_count(HEADS)
    model.add_head_count_kv(HEADS)
    model.add_layer_norm_rms_eps(1e-5)
    model.add_rope_dimension_count(WIDTH // HEADS)
    model.add_vocab_size(len(tokens))
    model.add_file_type(gguf.LlamaFileType.ALL_F32)
    model.add_tokenizer_model("gpt2")
    model.add_tokenizer_pre("gpt-2")
    model.add_token_list(tokens)
    model.add_token_types([token_type(token) for token in tokens])
    model.add_token_merges(merges)
    model.add_bos_token_id(tokens.index(END))
    model.add_eos_token_id(tokens.index(TURN))
    model.add_eot_token_id(tokens.index(TURN))
    model.add_add_bos_token(False)
    model.add_chat_template(TEMPLATE)

    embedding = matrix(len(tokens), WIDTH) * WIDTH**0.5
    embedding[:, 0] = 4.0
    output = matrix(len(tokens), WIDTH) * 2
    output[:, 0] = [2.0 if text else -8.0 for text in readable]
    model.add_tensor("token_embd.weight", embedding)
    model.add_tensor("output_norm.weight", ones())
    model.add_tensor("output.weight", output)
    for layer in range(LAYERS):
        block = f"blk.{layer}"
        model.add_tensor(f"{block}.attn_norm.weight", ones())
        model.add_tensor(f"{block}.ffn_norm.weight", ones())
        for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
            model.add_tensor(f"{block}.{name}.weight", matrix(WIDTH, WIDTH))
        model.add_tensor(f"{block}.ffn_gate.weight", matrix(INNER, WIDTH))
        model.add_tensor(f"{block}.ffn_up.weight", matrix(INNER, WIDTH))
        model.add_tensor(f"{block}.ffn_down.weight", matrix(WIDTH, INNER) * 0.5)
    model.write_header_to_file()
    model.write_kv_data_to_file()
    model.write_tensors_to_file()
    model.close()


if __name__ == "__main__":
    write(Path(sys.argv[1]))
