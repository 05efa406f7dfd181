"""SmolLM2-135M-Instruct, read from its package: tokenizer and network in plain torch."""

from dataclasses import dataclass

import torch

from aicrypto.models.packages import SMOLLM2
from aicrypto.models.smollm2.gguf import Gguf, read_gguf
from aicrypto.models.smollm2.network import STOP, Cache, Sizes, SmolLM2, generate
from aicrypto.models.smollm2.tokenizer import Tokenizer

__all__ = [
    "STOP",
    "Cache",
    "Gguf",
    "Loaded",
    "Sizes",
    "SmolLM2",
    "Tokenizer",
    "generate",
    "load",
    "read_gguf",
]


@dataclass(frozen=True)
class Loaded:
    """The model, its tokenizer, and the file that both come from."""

    model: SmolLM2
    tokenizer: Tokenizer
    file: Gguf


def load(device: str = "cpu") -> Loaded:
    """The 135M model in float32 (538 MB), in about two seconds.

    Raises:
        Missing: if the package with the weights is not installed.
        ValueError: if the file is not the known one.
    """
    file = read_gguf(SMOLLM2.path())
    with torch.device("meta"):
        model = SmolLM2()
    weights = {name: torch.from_numpy(file.tensor(name)).to(device) for name in file.tensors}
    model.load_state_dict(weights, assign=True)
    return Loaded(model.requires_grad_(False), Tokenizer.of(file.metadata), file)
