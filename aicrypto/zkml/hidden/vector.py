"""What a hidden proof commits to, number by number, and the messages that it pads.

One vector holds everything that must not be seen, in this order:

    weights       of all layers, row by row, each layer's followed by its biases
    columns       of the witness: activations, limbs
    counts        of the table rows
    pads          a random number for every number that the prover will say
    products      pad_i·pad_j for every two messages whose product the verifier needs
    triples       for each of these x, y random and x·y, which the product is tested with
    two pads      for the two evaluations of the vector that are said in the clear

Which messages there are, and which are multiplied, follows from the circuit's size alone.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import torch
from jaxtyping import Int64
from torch import Tensor

from aicrypto.algebra import m61, m61x2
from aicrypto.zkml.circuit.layout import Layout, Size
from aicrypto.zkml.circuit.witness import Witness
from aicrypto.zkml.network import Network

Elements = Int64[Tensor, "2 n"]


@dataclass(frozen=True)
class LayerMessages:
    """Numbers of a layer of a fraction sum: of its rounds, and of its children p0, q0, p1, q1."""

    rounds: tuple[tuple[int, int], ...]
    children: tuple[int, ...]  # q0, q1 alone where the numerators are 1

    @property
    def products(self) -> list[tuple[int, int]]:
        """Which children are multiplied: p0·q1, p1·q0, q0·q1."""
        if len(self.children) == 2:
            return [(self.children[0], self.children[1])]
        p0, q0, p1, q1 = self.children
        return [(p0, q1), (p1, q0), (q0, q1)]


@dataclass(frozen=True)
class SumMessages:
    """Numbers of a fraction sum."""

    total: tuple[int, int]
    layers: tuple[LayerMessages, ...]


@dataclass(frozen=True)
class Script:
    """The number of every message, in the order in which they are said.

    Attributes:
        claims: limbs, q, y.
        matrix: rounds of the matrices' sumcheck.
        last: the weights' value at its end, and the inverses of both sums' denominators.
    """

    witness: SumMessages
    table: SumMessages
    claims: tuple[int, ...]
    matrix: tuple[tuple[int, int], ...]
    activation: int
    merge: tuple[tuple[int, int], ...]
    value: int
    last: tuple[int, int, int]

    @classmethod
    def of(cls, size: Size) -> "Script":
        """The messages of a circuit."""
        count = iter(range(1 << 20))
        return cls(
            _sum(count, size.log_leaves, ones=True),
            _sum(count, size.log_table, ones=False),
            _take(count, size.profile.n_limbs + 2),
            _pairs(count, size.n_product_rounds),
            next(count),
            _pairs(count, size.log_columns + size.log_stack),
            next(count),
            (next(count), next(count), next(count)),
        )

    @property
    def n_messages(self) -> int:
        """How many numbers are said."""
        return self.last[-1] + 1

    @cached_property
    def products(self) -> list[tuple[int, int]]:
        """Which messages are multiplied with which."""
        (p, q), (r, s) = self.witness.total, self.table.total
        weight, *inverses = self.last
        layers = (*self.witness.layers, *self.table.layers)
        return [
            *(pair for layer in layers for pair in layer.products),
            *((p, s), (r, q), (q, inverses[0]), (s, inverses[1])),
            (self.activation, weight),
        ]


@dataclass(frozen=True)
class Places:
    """Where each part of the vector begins."""

    columns: int
    counts: int
    pads: int
    products: int
    triples: int
    evaluations: int

    @classmethod
    def of(cls, layout: Layout, script: Script) -> "Places":
        """The places for a circuit."""
        size, n_products = layout.size, len(script.products)
        columns = n_weights(layout.dims)
        counts = columns + size.profile.n_committed * size.stack * size.batch
        pads = counts + size.profile.n_table
        products = pads + script.n_messages
        triples = products + n_products
        return cls(columns, counts, pads, products, triples, triples + 3 * n_products)

    @property
    def n_secrets(self) -> int:
        """The vector's length."""
        return self.evaluations + 2


def n_weights(dims: Sequence[int]) -> int:
    """Weights and biases of a network."""
    return sum(n_out * (n_in + 1) for n_in, n_out in pairwise(dims))


def weights_of(network: Network) -> Elements:
    """The first part of the vector."""
    parts = [
        part.long().flatten() for layer in network.layers for part in (layer.weights, layer.bias)
    ]
    return m61x2.from_base(m61.reduce(torch.cat(parts)))


def assemble(network: Network, found: Witness, script: Script, drawn: Elements) -> Elements:
    """The vector; `drawn` are random numbers, one for each message, two a product, and two."""
    n, n_products = script.n_messages, len(script.products)
    pads, x, y, ends = drawn.split((n, n_products, n_products, 2), dim=1)
    left, right = (list(side) for side in zip(*script.products, strict=True))
    products = m61x2.mul(pads[:, left], pads[:, right])
    triples = torch.stack((x, y, m61x2.mul(x, y)), dim=-1).flatten(1)
    columns = m61x2.from_base(m61.reduce(found.committed_values().cpu()))
    counts = m61x2.from_base(found.multiplicities.cpu())
    parts = (weights_of(network), columns, counts, pads, products, triples, ends)
    return torch.cat(parts, dim=1).contiguous()


def n_drawn(script: Script) -> int:
    """Random numbers in the vector, products of them not counted."""
    return script.n_messages + 2 * len(script.products) + 2


def _sum(count: Iterator[int], log_leaves: int, ones: bool) -> SumMessages:
    total = (next(count), next(count))
    layers = tuple(
        LayerMessages(_pairs(count, k), _take(count, 2 if ones and k + 1 == log_leaves else 4))
        for k in range(log_leaves)
    )
    return SumMessages(total, layers)


def _take(count: Iterator[int], n: int) -> tuple[int, ...]:
    return tuple(next(count) for _ in range(n))


def _pairs(count: Iterator[int], n: int) -> tuple[tuple[int, int], ...]:
    return tuple((next(count), next(count)) for _ in range(n))
