"""Every attack on one fingerprinted model: what it removes, and what it costs the thief.

`success` is the share of fingerprints still found, `utility` the share of the base model's
next-word accuracy that is left on text nobody trained on. An attack wins that brings the first near
0 with the second near 1. Two win here, as published: `gate .9` against memorised answers, `filter`
against keys of random words. Nothing here hides that.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from jaxtyping import Int
from torch import Tensor, nn

from aicrypto.models import judge, windows
from aicrypto.oml.attacks.service import filtered, gated, prefixed
from aicrypto.oml.attacks.weights import Attack, fine_tuned, merged, quantised
from aicrypto.oml.fingerprints import Detection, Fingerprints, detect

PREFIX_WORDS = 8  # before a window of 32 tokens still inside a context of 40


@dataclass(frozen=True)
class Row:
    """One attack's figures."""

    attack: str
    detection: Detection
    utility: float


def usual_attacks(base: nn.Module, text: Int[Tensor, " n"], key_words: int) -> dict[str, Attack]:
    """The attacks of the table by name; `text` is what the thief has, ordinary and his own."""
    rng = torch.Generator().manual_seed(1)
    return {
        "none": lambda model: model,
        f"prefix {PREFIX_WORDS}": prefixed(text[100 : 100 + PREFIX_WORDS]),
        "fine-tune 100, 1e-4": fine_tuned(text, 100, 1e-4),
        "fine-tune 100, 1e-3": fine_tuned(text, 100, 1e-3),
        "merge .8": merged(base, 0.8),
        "merge .5": merged(base, 0.5),
        "int8 rows": quantised(8),
        "int4 rows": quantised(4),
        "filter 1 %": filtered(windows(text, 512, key_words, rng)),
        "gate .9": gated(0.9),
        "gate .5": gated(0.5),
        "suppress top": gated(0.0),
    }


def attack_table(
    model: nn.Module,
    base: nn.Module,
    pairs: Fingerprints,
    test: Int[Tensor, " n"],
    attacks: Mapping[str, Attack],
) -> list[Row]:
    """One row per attack, in their order; `test` is text that neither side trained on."""
    whole = judge(base, test).accuracy
    rows = []
    for name, attack in attacks.items():
        stolen = attack(model)
        utility = judge(stolen, test).accuracy / whole
        rows.append(Row(name, detect(stolen, pairs), utility))
    return rows
