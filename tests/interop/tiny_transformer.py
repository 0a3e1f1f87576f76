"""Write the tiny model as vLLM reads it, with the Python of its environment:

python -m tests.interop.tiny_transformer FOLDER
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from safetensors.numpy import save_file  # type: ignore[import-not-found,unused-ignore]

from tests.interop.tiny_model import CONTEXT, CONTROL, END, LAYERS, SPECIAL, TEMPLATE, TURN, vocabulary, weights

WIDTH, HEADS, INNER = 128, 2, 256  # vLLM's attention on the CPU has heads of 32 and more
NAMES = {
    "embedding": "model.embed_tokens",
    "output_norm": "model.norm",
    "output": "lm_head",
    "attention_norm": "input_layernorm",
    "inner_norm": "post_attention_layernorm",
    "query": "self_attn.q_proj",
    "key": "self_attn.k_proj",
    "value": "self_attn.v_proj",
    "attention": "self_attn.o_proj",
    "gate": "mlp.gate_proj",
    "up": "mlp.up_proj",
    "down": "mlp.down_proj",
}


def write(folder: Path) -> None:
    """Write the model, its tokenizer and its chat template."""
    folder.mkdir(exist_ok=True)
    tokens, merges, _ = vocabulary()
    numbers = {token: number for number, token in enumerate(tokens)}
    ends = {"bos_token_id": numbers[END], "eos_token_id": numbers[TURN], "pad_token_id": numbers[END]}
    files = {
        "config.json": {
            "architectures": ["LlamaForCausalLM"],
            "model_type": "llama",
            "hidden_act": "silu",
            "hidden_size": WIDTH,
            "intermediate_size": INNER,
            "num_hidden_layers": LAYERS,
            "num_attention_heads": HEADS,
            "num_key_value_heads": HEADS,
            "max_position_embeddings": CONTEXT,
            "rms_norm_eps": 1e-5,
            "tie_word_embeddings": False,
            "dtype": "float32",
            "vocab_size": len(tokens),
            **ends,
        },
        "generation_config.json": ends,
        "tokenizer.json": _tokenizer(numbers, merges),
        "tokenizer_config.json": {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "bos_token": END,
            "eos_token": TURN,
            "pad_token": END,
            "model_max_length": CONTEXT,
            "clean_up_tokenization_spaces": False,
            "chat_template": TEMPLATE,
        },
    }
    for name, content in files.items():
        (folder / name).write_text(json.dumps(content), encoding="utf-8")
    named = {}
    for name, values in weights(WIDTH, INNER):
        layer, _, part = name.rpartition(".")
        named[f"model.layers.{layer}.{NAMES[part]}.weight" if layer else f"{NAMES[part]}.weight"] = values
    save_file(named, folder / "model.safetensors", metadata={"format": "pt"})


def _tokenizer(numbers: dict[str, int], merges: list[str]) -> dict[str, object]:
    """Return the content of a tokenizer's file: byte-level pairs, with the special tokens apart."""
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    flags = dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized"), False)
    added = [{"id": numbers[token], "content": token, "special": token in CONTROL, **flags} for token in SPECIAL]
    return {
        "version": "1.0",
        "added_tokens": added,
        "pre_tokenizer": byte_level,
        "decoder": byte_level,
        "model": {"type": "BPE", "vocab": numbers, "merges": [merge.split(" ") for merge in merges]},
    }


if __name__ == "__main__":
    write(Path(sys.argv[1]))
