"""A commitment that hides: a short secret vector, of which one linear combination is shown.

`ligero` binds and does not hide: opened columns are parts of codewords, combinations are sent in
the clear. Here m secret elements a_0..a_{m-1} and T queries cost two random polynomials:

    A(X) = a_0 + a_1·X + ... + a_{m-1}·X^{m-1} + X^m·R(X)    R random, T + 1 coefficients
    M(X) random, K = 2m + T coefficients

Their values at the n-th roots of unity are the two rows of a matrix, committed to column by column
(`columns`). To open v = sum c_i·a_i for public c, let C(X) = sum c_i·X^{m-1-i}: v is coefficient
m-1 of A·C. The prover sends M's coefficient m-1, called sigma; hears beta; sends

    Q(X) = M(X) + beta·A(X)·C(X),    K coefficients, number m-1 of which must be sigma + beta·v,

and shows T random columns, at each of which Q must be what the columns say.

**Hiding.** Whatever a is: R has more coefficients than there are queries, so A's values at distinct
roots, none of which is 0, are uniform; M has K coefficients, so Q is uniform; sigma and M's values
follow from these and v. So the opening tells v and nothing else, except digests of columns not
shown, in each of which A's value is still uniform: to test a guess at a one hashes 2^122 times.
Exactly one combination is opened: a second Q with the same M would give A away.

**Binding.** Let e = floor((n - K - m)/2). Either M + beta·A·C differs in more than e places from
every polynomial of K coefficients, hence from Q, and all queries miss them with the chance
(1 - (e+1)/n)^T. Or it does not, for more than n values of beta; then M and A·C are, on the same
n - e places, such polynomials (proximity gaps, eprint 2020/654). Where that happens for two vectors
c, both quotients (A·C)/C agree on n - 2e >= K + m places and are one fraction. Its denominator
divides C for every such c; if c's entries are different monomials of degree d at most in a random
point, only with the chance d/|F|. So A is a polynomial that the root has fixed, a its first
coefficients, and the entry of Q is right, but for one beta. Hence **c is such a vector, of a point
drawn after the root**: the challenges of a sumcheck (`proof.masked_sumcheck`).

Sources: Ligero (eprint 2022/1608), whose masks these are; zkml-1 of this project, section 13, asks
for them; the product of polynomials in place of a matrix, and the encoding, are our own.
"""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from jaxtyping import Int64
from torch import Tensor

from aicrypto.algebra import fourier, m61x2
from aicrypto.algebra.plain import COORDINATE_BYTES, ELEMENT_BYTES, BadLength, Fp2, P
from aicrypto.commit.hashes import DIGEST_BYTES
from aicrypto.commit.tensor import columns, soundness
from aicrypto.commit.tensor.soundness import (
    DEFAULT_BITS,
    FIELD_SIZE,
    MAX_QUERIES,
    TargetUnreachable,
)
from aicrypto.commit.transcript import Transcript

SIGMA_TAG, PRODUCT_TAG = 0x31, 0x32  # after 0x30, the combinations of zkml-1
SEED_BYTES = 32
LOG_PLACES = range(6, 17)

Elements = Int64[Tensor, "2 n"]


@dataclass(frozen=True, slots=True)
class Shape:
    """The public form of a commitment.

    Attributes:
        n_secrets: m.
        n_places: length of a codeword, n, a power of two.
        queries: columns that are shown, T.
    """

    n_secrets: int
    n_places: int
    queries: int

    @property
    def n_coefficients(self) -> int:
        """Coefficients of M and Q: K."""
        return 2 * self.n_secrets + self.queries

    @property
    def errors(self) -> tuple[float, float]:
        """The chances that queries miss, and that beta or the point help, see the module's text.

        The degree d of c's entries is taken to be at most n.
        """
        spare = self.n_places - self.n_coefficients - self.n_secrets
        noticed = max(0, spare // 2 + 1)
        queries = (1 - noticed / self.n_places) ** self.queries
        return queries, (2 * self.n_places + 1) / FIELD_SIZE

    @property
    def expected_bytes(self) -> float:
        """What an opening takes, nearly: Q, columns, and siblings above them."""
        siblings = self.queries * math.log2(self.n_places / self.queries)
        elements = self.n_coefficients + 2 * self.queries
        return ELEMENT_BYTES * elements + DIGEST_BYTES * siblings


@cache
def choose_shape(n_secrets: int, target: float = DEFAULT_BITS) -> Shape:
    """The shape of the shortest opening whose errors stay below 2^-target.

    >>> choose_shape(33)
    Shape(n_secrets=33, n_places=1024, queries=145)

    Raises:
        BadLength: if there are no secrets.
        TargetUnreachable: if there are too many, or the field does not allow so many bits.
    """
    if n_secrets < 1:
        raise BadLength(f"n_secrets is {n_secrets}, must be at least 1")
    candidates = [
        shape
        for log_places in LOG_PLACES
        for shape in [_fewest_queries(n_secrets, 1 << log_places, target)]
        if shape
    ]
    if not candidates:
        raise TargetUnreachable(f"{n_secrets} secrets cannot be opened with {target} bits")
    return min(candidates, key=lambda shape: shape.expected_bytes)


@dataclass(frozen=True, slots=True, eq=False)
class Hidden:
    """What the prover keeps.

    Attributes:
        shape: of the commitment.
        secret: the coefficients of A; the first m are the vector.
        mask: the coefficients of M.
        codewords: the values of A and M.
        levels: the Merkle tree.
    """

    shape: Shape
    secret: Elements
    mask: Elements
    codewords: Int64[Tensor, "2 2 n"]
    levels: Sequence[bytes]

    @property
    def root(self) -> bytes:
        """The commitment, 32 bytes."""
        return self.levels[-1]


@dataclass(frozen=True, slots=True, eq=False)
class Opening:
    """Everything the prover says of one linear combination."""

    sigma: Fp2
    product: Elements
    shown: bytes  # columns, then siblings

    def to_bytes(self) -> bytes:
        """sigma, K coefficients of Q, the columns at the queried places and their siblings."""
        return self.sigma.to_bytes() + m61x2.to_bytes(self.product) + self.shown

    @classmethod
    def from_bytes(cls, data: bytes, shape: Shape) -> "Opening":
        """The opening that `to_bytes` wrote; `verify` decides whether its columns are enough.

        Raises:
            BadLength: if data ends before the columns.
            NonCanonical: if a coordinate is p or more.
        """
        end = ELEMENT_BYTES * (1 + shape.n_coefficients)
        if len(data) < end:
            raise BadLength(f"opening has {len(data)} bytes, sigma and Q alone have {end}")
        sigma = Fp2.from_bytes(data[:ELEMENT_BYTES])
        return cls(sigma, m61x2.from_bytes(data[ELEMENT_BYTES:end]), data[end:])


def check_seed(seed: bytes) -> None:
    """Nothing, if a seed is long enough; else ValueError."""
    if len(seed) < SEED_BYTES:
        raise ValueError(f"seed has {len(seed)} bytes, must have {SEED_BYTES} at least")


def uniform(seed: bytes, count: int) -> Elements:
    """Elements that nobody can tell from random ones who does not know the seed: SHAKE-256.

    The same seed gives the same elements, more of them if more are asked for.

    Raises:
        ValueError: if the seed has less than 32 bytes.
    """
    check_seed(seed)
    # A word is p, and skipped, once in 2^61: two to spare never run out.
    stream = hashlib.shake_256(seed).digest(COORDINATE_BYTES * (2 * count + 2))
    words = np.frombuffer(stream, "<u8") & np.uint64(P)
    kept = words[words != P][: 2 * count].astype(np.int64)
    return torch.from_numpy(kept.reshape(count, 2).T.copy())


def commit(secrets: Elements, seed: bytes, bits: float = DEFAULT_BITS) -> Hidden:
    """The commitment to a vector, at least one element.

    Args:
        secrets: m elements, on the CPU.
        seed: 32 secret bytes or more, drawn for this commitment alone.
        bits: of soundness.

    Raises:
        ValueError: if the seed is shorter, or `choose_shape` finds no shape.
    """
    shape = choose_shape(secrets.shape[-1], bits)
    n_random = shape.queries + 1
    drawn = uniform(seed, n_random + shape.n_coefficients)
    secret = torch.cat((secrets, drawn[:, :n_random]), dim=1)
    mask = drawn[:, n_random:].contiguous()
    codewords = torch.stack([_encode(row, shape) for row in (secret, mask)], dim=1)
    return Hidden(shape, secret, mask, codewords, columns.tree(columns.leaves(codewords)))


def prove(hidden: Hidden, weights: Sequence[Fp2], transcript: Transcript) -> Opening:
    """The opening of sum weights_i·secret_i. To be called once: two openings give the secret away.

    The transcript has absorbed the root before the weights were drawn, and then the value.

    Raises:
        BadLength: if there are not m weights.
    """
    shape = hidden.shape
    if len(weights) != shape.n_secrets:
        raise BadLength(f"weights: there are {len(weights)}, must be {shape.n_secrets}")
    sigma = m61x2.to_scalar(hidden.mask[:, shape.n_secrets - 1])
    beta = _hear(sigma, transcript)
    product = _product(hidden.secret, m61x2.from_scalars(weights[::-1]))
    product = m61x2.add(hidden.mask, m61x2.mul(product, m61x2.from_scalar(beta)[:, None]))
    positions = _draw(product, shape, transcript)
    shown = columns.read(hidden.codewords, positions) + columns.prove(hidden.levels, positions)
    return Opening(sigma, product, shown)


def verify(
    root: bytes,
    shape: Shape,
    weights: Sequence[Fp2],
    value: Fp2,
    opening: Opening,
    transcript: Transcript,
) -> bool:
    """Whether sum weights_i·secret_i = value for the vector under the root.

    Transcript and weights are as `prove` demands, the shape is the verifier's own. Never raises on
    what a prover may send.
    """
    if len(weights) != shape.n_secrets or opening.product.shape != (2, shape.n_coefficients):
        return False
    beta = _hear(opening.sigma, transcript)
    entry = m61x2.to_scalar(opening.product[:, shape.n_secrets - 1])
    positions = _draw(opening.product, shape, transcript)
    shown = columns.authentic(root, 2, shape.n_places, positions, opening.shown)
    if shown is None or entry != opening.sigma + beta * value:
        return False
    secret, mask = shown.unbind(-1)
    both = (opening.product, m61x2.from_scalars(weights[::-1]))
    product, weight = (_encode(row, shape)[:, positions] for row in both)
    scaled = m61x2.mul(m61x2.mul(secret, weight), m61x2.from_scalar(beta)[:, None])
    return torch.equal(product, m61x2.add(mask, scaled))


def _encode(coefficients: Elements, shape: Shape) -> Elements:
    """The values at all places."""
    return fourier.reed_solomon_encode(coefficients, shape.n_places)


def _product(a: Elements, b: Elements) -> Elements:
    """The coefficients of a product of two polynomials, by their values."""
    n_coefficients = a.shape[-1] + b.shape[-1] - 1
    n = 1 << (n_coefficients - 1).bit_length()
    values = [fourier.reed_solomon_encode(row.contiguous(), n) for row in (a, b)]
    return fourier.inverse_fft(m61x2.mul(*values))[:, :n_coefficients]


def _hear(sigma: Fp2, transcript: Transcript) -> Fp2:
    """beta, which answers sigma."""
    transcript.absorb(SIGMA_TAG, sigma.to_bytes())
    return transcript.challenge()


def _draw(product: Elements, shape: Shape, transcript: Transcript) -> list[int]:
    """The places that answer Q, ascending, each once."""
    transcript.absorb(PRODUCT_TAG, m61x2.to_bytes(product))
    return sorted(set(transcript.indices(shape.queries, shape.n_places)))


def _fewest_queries(n_secrets: int, n_places: int, target: float) -> Shape | None:
    """The shape of this length with the fewest queries that reach the target, if any does."""
    for queries in range(1, min(MAX_QUERIES, n_places) + 1):
        shape = Shape(n_secrets, n_places, queries)
        if shape.n_coefficients + n_secrets <= n_places and soundness.bits(shape.errors) >= target:
            return shape
    return None
