"""SmolLM2 in plain torch: tokens a second, beside transformers with the same weights in one run.

One prompt of 32 tokens, 32 more chosen greedily, with a cache; one CPU thread, or the GPU, float32
without TF32. A rate does not depend on the weights' values, so where the package with the trained
ones is absent random ones of the same sizes stand in. transformers is no dependency: where it is
not installed there is no comparison, and a warning says so. Both sides must choose the same tokens.
"""

import importlib
import importlib.util
import warnings
from collections.abc import Iterator
from functools import partial
from typing import Any

import torch
from torch import Tensor

from aicrypto import models
from aicrypto.bench import Record, best_seconds, one_thread
from aicrypto.models import smollm2

PROMPT_TOKENS, NEW_TOKENS, REPEATS = 32, 32, 5
SEED = 7
NAMES = {  # ours -> transformers'
    "attn_norm": "input_layernorm",
    "ffn_norm": "post_attention_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}


def decoding() -> Iterator[Record]:
    """`models.smollm2_tokens_per_s`; the peer reads a prompt of 256 tokens at once."""
    for device in _devices():
        model, prompt = _model(device), _prompt()
        with one_thread(), torch.no_grad():
            seconds = best_seconds(partial(_ours, model, prompt), REPEATS)
            long = torch.tensor([prompt * 8], device=device)
            reading = best_seconds(partial(_read, model, long), REPEATS)
        rate = long.shape[1] / reading
        yield Record(
            _named("models.smollm2_tokens_per_s", device),
            NEW_TOKENS / seconds,
            "1/s",
            "reading 256 tokens at once",
            rate,
            device,
        )


def comparison() -> Iterator[Record]:
    """`models.smollm2_vs_transformers`: tokens a second, beside transformers' own greedy loop.

    Raises:
        ValueError: if the two choose different tokens.
    """
    if importlib.util.find_spec("transformers") is None:
        reason = "transformers is not installed: no record models.smollm2_vs_transformers"
        warnings.warn(reason, stacklevel=2)
        return
    for device in _devices():
        model, prompt = _model(device), _prompt()
        version, theirs = in_transformers(model)
        with one_thread(), torch.no_grad():
            chosen = _ours(model, prompt), _theirs(theirs, prompt)
            if chosen[0] != chosen[1]:
                raise ValueError(f"transformers chose {chosen[1]}, must choose {chosen[0]}")
            ours_s = best_seconds(partial(_ours, model, prompt), REPEATS)
            theirs_s = best_seconds(partial(_theirs, theirs, prompt), REPEATS)
        yield Record(
            _named("models.smollm2_vs_transformers", device),
            NEW_TOKENS / ours_s,
            "1/s",
            f"transformers {version}, same weights and tokens",
            NEW_TOKENS / theirs_s,
            device,
        )


def _devices() -> list[str]:
    return ["cpu", "cuda"] if torch.cuda.is_available() else ["cpu"]


def _named(name: str, device: str) -> str:
    return name if device == "cpu" else f"{name}.{device}"


def _model(device: str) -> smollm2.SmolLM2:
    """The trained model where it is installed, else one of its sizes."""
    if models.available()["smollm2"]:
        return smollm2.load(device).model
    torch.manual_seed(SEED)
    return smollm2.SmolLM2().requires_grad_(False).to(device)


def _prompt() -> list[int]:
    """Tokens that are no special ones."""
    rng = torch.Generator().manual_seed(SEED)
    return torch.randint(100, smollm2.Sizes().vocabulary, (PROMPT_TOKENS,), generator=rng).tolist()


def _ours(model: smollm2.SmolLM2, prompt: list[int]) -> list[int]:
    return smollm2.generate(model, prompt, NEW_TOKENS, stop=())


def _read(model: smollm2.SmolLM2, ids: Tensor) -> Tensor:
    """The logits after a long prompt, on the host: a GPU has then finished."""
    last: Tensor = model(ids)[0, -1].cpu()
    return last


def in_transformers(model: smollm2.SmolLM2) -> tuple[str, Any]:
    """Version of the package, and its Llama with our weights."""
    package = importlib.import_module("transformers")
    sizes = model.sizes
    config = package.LlamaConfig(
        vocab_size=sizes.vocabulary,
        hidden_size=sizes.width,
        intermediate_size=sizes.hidden,
        num_hidden_layers=sizes.layers,
        num_attention_heads=sizes.heads,
        num_key_value_heads=sizes.key_heads,
        rms_norm_eps=sizes.epsilon,
        rope_theta=sizes.base,
        max_position_embeddings=8192,
        tie_word_embeddings=True,
    )
    theirs = package.LlamaForCausalLM(config).to(model.token_embd.weight.device)
    stored = {
        _their_name(name): _unturned(name, w, sizes) for name, w in model.state_dict().items()
    }
    stored["lm_head.weight"] = stored["model.embed_tokens.weight"]
    theirs.load_state_dict(stored)
    return package.__version__, theirs.requires_grad_(False).eval()


def _their_name(name: str) -> str:
    if name == "token_embd.weight":
        return "model.embed_tokens.weight"
    if name == "output_norm.weight":
        return "model.norm.weight"
    _, layer, part, kind = name.split(".")
    return f"model.layers.{layer}.{NAMES[part]}.{kind}"


def _unturned(name: str, weights: Tensor, sizes: smollm2.Sizes) -> Tensor:
    """Rows of queries and keys in the other order: halves are turned there, neighbours here."""
    if "attn_q." not in name and "attn_k." not in name:
        return weights
    pairs: Tensor = weights.unflatten(0, (-1, sizes.head_width // 2, 2))
    return pairs.transpose(1, 2).flatten(0, 2)


def _theirs(model: Any, prompt: list[int]) -> list[int]:
    ids = torch.tensor([prompt], device=model.device)
    how = {"do_sample": False, "max_new_tokens": NEW_TOKENS, "min_new_tokens": NEW_TOKENS}
    said = model.generate(ids, attention_mask=torch.ones_like(ids), pad_token_id=0, **how)
    chosen: list[int] = said[0, len(prompt) :].tolist()
    return chosen
