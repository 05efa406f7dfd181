"""The step that everybody takes: uploads of all peers become one vector, none of them too loud.

A peer whose values have a larger norm than the median peer's is scaled down to it. At each position
the result is the mean over the peers that *sent* that position, not over all: a quirk of the
deployed code, by which a peer alone at a position keeps its full weight, and picking unusual ones
pays. `per_sender=False` divides by the number of all peers.

Source: tplr-ai/templar @c2397ac5 src/tplr/compress.py.
"""

from collections.abc import Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor

from aicrypto.training.robust import norm_limits

Sparse = tuple[Int[Tensor, " k"], Float[Tensor, " k"]]


def aggregate(n: int, peers: Sequence[Sparse], per_sender: bool = True) -> Float[Tensor, " n"]:
    """The mean of the peers' limited values at every position, 0 where nobody sent any.

    Args:
        n: length of the result.
        peers: positions, each peer's without repetition, and values.
        per_sender: whether a position's mean is over its senders, or over all peers.

    Raises:
        ValueError: if there is no peer.
        IndexError: if a position is outside.

    >>> one, other = torch.tensor([3.0, 4.0]), torch.tensor([5.0])
    >>> aggregate(3, [(torch.tensor([0, 1]), one), (torch.tensor([1]), other)]).tolist()
    [3.0, 4.5, 0.0]
    """
    if not peers:
        raise ValueError("peers is empty, must hold at least one")
    device = peers[0][1].device
    total, senders = (torch.zeros(n, device=device) for _ in range(2))
    limits = norm_limits(torch.stack([values.norm() for _, values in peers]))
    for factor, (indices, values) in zip(limits, peers, strict=True):
        if len(indices) and not 0 <= int(indices.min()) <= int(indices.max()) < n:
            raise IndexError(f"a position is outside 0..{n - 1}")
        total[indices] += factor * values
        senders[indices] += 1
    return total / (senders.clamp(min=1) if per_sender else len(peers))
