"""Write the tiny model as GGUF, with the Python of llama.cpp's environment:  python -m tests.interop.tiny_gguf FILE"""

from __future__ import annotations

import sys
from pathlib import Path

import gguf  # type: ignore[import-not-found,unused-ignore]

from tests.interop.tiny_model import CALL, CONTEXT, CONTROL, END, LAYERS, TEMPLATE, TURN, vocabulary, weights

WIDTH, HEADS, INNER = 64, 4, 128
NAMES = {
    "embedding": "token_embd",
    "attention_norm": "attn_norm",
    "inner_norm": "ffn_norm",
    "query": "attn_q",
    "key": "attn_k",
    "value": "attn_v",
    "attention": "attn_output",
    "gate": "ffn_gate",
    "up": "ffn_up",
    "down": "ffn_down",
}


def token_type(token: str) -> gguf.TokenType:
    if token in CONTROL:
        return gguf.TokenType.CONTROL
    return gguf.TokenType.USER_DEFINED if token == CALL else gguf.TokenType.NORMAL


def write(path: Path) -> None:
    """Write the model."""
    tokens, merges, _ = vocabulary()
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
    for name, values in weights(WIDTH, INNER):
        layer, _, part = name.rpartition(".")
        part = NAMES.get(part, part)
        model.add_tensor(f"blk.{layer}.{part}.weight" if layer else f"{part}.weight", values)
    model.write_header_to_file()
    model.write_kv_data_to_file()
    model.write_tensors_to_file()
    model.close()


if __name__ == "__main__":
    write(Path(sys.argv[1]))
