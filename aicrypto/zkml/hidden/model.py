"""A model behind a commitment that shows nothing of it, good for one proof."""

from dataclasses import dataclass

import numpy as np
import torch

from aicrypto.algebra import m61x2
from aicrypto.algebra.plain import Fp2
from aicrypto.commit.hashes import checked_digest, sha256
from aicrypto.commit.tensor import hiding
from aicrypto.commit.tensor.hiding import Hidden
from aicrypto.zkml.hidden.vector import n_weights, weights_of
from aicrypto.zkml.model import check_widths
from aicrypto.zkml.network import Network
from aicrypto.zkml.soundness import TARGET_BITS

MAGIC = b"aicrypto.mlph.v1"
OPENING_BITS = TARGET_BITS + 2  # of each of the two openings


@dataclass(frozen=True)
class HiddenCommitment:
    """What is public of a hidden model.

    Attributes:
        dims: widths d_0..d_L.
        shifts: of the L layers.
        root: the commitment.

    Raises:
        ValueError: if these are no network with a hidden layer, or no root.
    """

    dims: tuple[int, ...]
    shifts: tuple[int, ...]
    root: bytes

    def __post_init__(self) -> None:
        check_widths(self.dims, self.shifts)
        checked_digest("root", self.root)

    @property
    def digest(self) -> bytes:
        """SHA-256 of everything public: what a proof refers to."""
        words = np.array([len(self.shifts), *self.dims, *self.shifts], "<u4").tobytes()
        return sha256(MAGIC, words, self.root)

    @property
    def shape(self) -> hiding.Shape:
        """The form of the commitment: all weights and biases, and a pad."""
        return hiding.choose_shape(n_weights(self.dims) + 1, OPENING_BITS)


@dataclass(frozen=True, eq=False)
class HiddenModel:
    """What the owner of a hidden model keeps, and uses for one proof."""

    network: Network
    commitment: HiddenCommitment
    hidden: Hidden

    @property
    def pad(self) -> Fp2:
        """The random number that hides the weights' evaluation."""
        return m61x2.to_scalar(self.hidden.secret[:, n_weights(self.network.dims)])


def commit(network: Network, seed: bytes) -> HiddenModel:
    """The commitment to a network, for one proof.

    Args:
        network: with a hidden layer, of a few thousand weights.
        seed: 32 secret bytes or more, drawn for this commitment alone.

    Raises:
        ShapeMismatch: if there is no hidden layer.
        ValueError: if the seed is shorter.
        TargetUnreachable: if there are too many weights.
    """
    hiding.check_seed(seed)
    network = network.to("cpu")  # as in proving
    pad = hiding.uniform(sha256(seed, b"model pad"), 1)
    vector = torch.cat((weights_of(network), pad), dim=1)
    hidden = hiding.commit(vector, sha256(seed, b"model code"), OPENING_BITS)
    return HiddenModel(network, HiddenCommitment(network.dims, network.shifts, hidden.root), hidden)
