"""all-MiniLM-L6-v2, read from its package: sentences as directions, in plain torch."""

import json
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor

from aicrypto.models.minilm.network import MiniLM, Sizes
from aicrypto.models.minilm.wordpiece import PADDING, WordPiece
from aicrypto.models.packages import MINILM

__all__ = ["Embedder", "MiniLM", "Sizes", "WordPiece", "load", "read_safetensors"]

NAMES = {  # ours -> the file's
    "query": "attention.self.query",
    "key": "attention.self.key",
    "value": "attention.self.value",
    "mixed": "attention.output.dense",
    "norm_1": "attention.output.LayerNorm",
    "up": "intermediate.dense",
    "down": "output.dense",
    "norm_2": "output.LayerNorm",
}
EMBEDDINGS = {
    "words": "word_embeddings",
    "positions": "position_embeddings",
    "kinds": "token_type_embeddings",
    "norm": "LayerNorm",
}


@dataclass(frozen=True)
class Embedder:
    """The model and its tokenizer."""

    model: MiniLM
    tokenizer: WordPiece

    @torch.no_grad()
    def embed(self, texts: Sequence[str]) -> Float[Tensor, "n 384"]:
        """A direction per text; the product of two is the cosine of their angle."""
        rows = [self.tokenizer.encode(text) for text in texts]
        longest, padding = max(map(len, rows)), self.tokenizer.ids[PADDING]
        ids = torch.tensor([row + [padding] * (longest - len(row)) for row in rows])
        real = torch.tensor([[i < len(row) for i in range(longest)] for row in rows])
        device = self.model.words.weight.device
        directions: Tensor = self.model(ids.to(device), real.to(device))
        return directions


def load(device: str = "cpu") -> Embedder:
    """The model in float32 (91 MB).

    Raises:
        Missing: if the package with the weights is not installed.
        ValueError: if the file is not the known one.
    """
    path = MINILM.path()
    stored = read_safetensors(path)
    model = MiniLM()
    weights = {name: stored[_stored_name(name)].to(device) for name in model.state_dict()}
    model.load_state_dict(weights, assign=True)
    words = (path.parent / "vocab.txt").read_text("utf-8").split("\n")
    tokenizer = WordPiece({word: number for number, word in enumerate(words)})
    return Embedder(model.requires_grad_(False), tokenizer)


def read_safetensors(path: Path) -> dict[str, Tensor]:
    """The float32 tensors of a safetensors file; others are left out.

    Raises:
        ValueError: if the file ends before its header or a tensor does.
    """
    data = bytearray(path.read_bytes())
    (n_header,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + n_header])
    tensors = {}
    for name, info in header.items():
        if name == "__metadata__" or info["dtype"] != "F32":
            continue
        first, last = (8 + n_header + offset for offset in info["data_offsets"])
        if last > len(data):
            raise ValueError(f"{name} ends at byte {last}, the file has {len(data)}")
        flat = torch.frombuffer(data, dtype=torch.float32, offset=first, count=(last - first) // 4)
        tensors[name] = flat.reshape(info["shape"])
    return tensors


def _stored_name(name: str) -> str:
    """The file's name of one of our weights."""
    parts = name.split(".")
    if parts[0] == "layers":
        return f"encoder.layer.{parts[1]}.{NAMES[parts[2]]}.{parts[3]}"
    return f"embeddings.{EMBEDDINGS[parts[0]]}.{parts[1]}"
