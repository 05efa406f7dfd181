"""Yuma Consensus: weights of validators in, money for miners and validators out."""

from aicrypto.subnet.yuma.epoch import after, epoch
from aicrypto.subnet.yuma.rows import Rows
from aicrypto.subnet.yuma.state import Epoch, Neurons, Rules, Stored, without_bonds, without_permits

__all__ = [
    "Epoch",
    "Neurons",
    "Rows",
    "Rules",
    "Stored",
    "after",
    "epoch",
    "without_bonds",
    "without_permits",
]
