"""Error feedback: what was not sent is not lost, it waits.

    e <- beta e + lr D,    s = Q(TopK(e)) is sent,    e <- e - s

so that e + s is always beta e_old + lr D. A small but steady component grows in e until it is among
the largest. In a *null round* (the peer has just caught up, its e is of another time) e is 0.

A quirk of the deployed system: the learning rate that multiplies D here is also the step size of
the aggregate, so that a value other than 1 counts twice.

Source: tplr-ai/templar @c2397ac5; arXiv 2508.15706.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from aicrypto.training.sparse.message import Codec, Upload

BETA, LR = 0.95, 1.0  # the deployed system's


@dataclass(frozen=True)
class Feedback:
    """A peer's memory of what it has not sent, and the decay `beta` of that memory."""

    error: Float[Tensor, " n"]
    beta: float = BETA
    lr: float = LR


def feed(
    memory: Feedback, pseudo_gradient: Float[Tensor, " n"], codec: Codec, null_round: bool = False
) -> tuple[Upload, Feedback]:
    """What to send in this round, and what is owed after it."""
    wanted = memory.beta * memory.error + memory.lr * pseudo_gradient
    if null_round:
        wanted = torch.zeros_like(wanted)
    upload = codec.compress(wanted)
    return upload, Feedback(wanted - codec.dense(upload), memory.beta, memory.lr)
