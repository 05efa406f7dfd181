"""Training with rare communication: many steps at home, then one average (FedAvg, DiLoCo)."""

from aicrypto.training.diloco.inner import AdamW, Gradient, Inner, Moments, Sgd, inner_steps
from aicrypto.training.diloco.outer import FED_AVG, Outer, average, outer_step, train

__all__ = [
    "FED_AVG",
    "AdamW",
    "Gradient",
    "Inner",
    "Moments",
    "Outer",
    "Sgd",
    "average",
    "inner_steps",
    "outer_step",
    "train",
]
