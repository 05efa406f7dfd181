"""Fraction sums: a prover convinces a verifier of sum_x p(x)/q(x) over 2^v leaves, layer by layer.

Fractions are added in a binary tree, numerators and denominators apart, so that nobody divides. A
node of layer k (2^k nodes, the root is layer 0) has its children 2^k places apart in layer k + 1:

    p = p0·q1 + p1·q0,    q = q0·q1        (p0/q0 + p1/q1 = p/q)

The prover sends the root P/Q. Then every layer turns a claim about itself at one random point,
p~(r) and q~(r), into one about the next: a random lambda joins the two, and

    p~(r) + lambda·q~(r) = sum over x of eq(r, x)·h(x),    h = p0·q1 + p1·q0 + lambda·q0·q1

is a sumcheck over k variables (`_add_children`). At its end the four children's values are sent,
and a random tau, which chooses between left and right, is the next point's first coordinate. What
remains after v layers is a claim about the leaves, which the caller must check.

Lookups are fraction sums (LogUp, see `lookup`); Jolt's, Stwo's and Remainder's are proven so.
**The caller absorbs whatever defines the leaves into the transcript first.**

Sources: Papini and Haböck, Improving logarithmic derivative lookups using GKR (eprint 2023/1284);
protocol zkml-1 of this project, section 5, which fixes every byte.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from types import ModuleType
from typing import NamedTuple

import torch
from jaxtyping import Int64
from torch import Tensor

from aicrypto.algebra import m61x2, multilinear
from aicrypto.algebra.plain import ELEMENT_BYTES, BadLength, Fp2
from aicrypto.commit.transcript import Transcript
from aicrypto.proof import at_once

Point = tuple[Fp2, ...]
Column = Int64[Tensor, "2 n"]


class ZeroDenominator(ValueError):
    """A fraction has denominator 0."""


class Tags(NamedTuple):
    """The messages' names in the transcript: the root, a round, the children's values."""

    root: int
    round: int
    children: int


@dataclass(frozen=True, slots=True)
class Fraction:
    """A numerator over a denominator, never reduced; equality compares both.

    >>> Fraction(Fp2(1), Fp2(2)) + Fraction(Fp2(1), Fp2(6))
    Fraction(numerator=Fp2(re=8, im=0), denominator=Fp2(re=12, im=0))
    """

    numerator: Fp2
    denominator: Fp2

    def __add__(self, other: "Fraction") -> "Fraction":
        numerator = self.numerator * other.denominator + other.numerator * self.denominator
        return Fraction(numerator, self.denominator * other.denominator)

    def joined(self, weight: Fp2) -> Fp2:
        """Two claims in one: numerator + weight·denominator."""
        return self.numerator + weight * self.denominator

    def towards(self, other: "Fraction", tau: Fp2) -> "Fraction":
        """Numerator and denominator moved along lines, from here (0) to the other (1)."""
        return Fraction(
            self.numerator + tau * (other.numerator - self.numerator),
            self.denominator + tau * (other.denominator - self.denominator),
        )

    def same_value(self, other: "Fraction") -> bool:
        """Whether both are the same number; meaningless if a denominator is 0."""
        return self.numerator * other.denominator == other.numerator * self.denominator

    def to_bytes(self) -> bytes:
        """32 bytes: numerator, then denominator."""
        return self.numerator.to_bytes() + self.denominator.to_bytes()


@dataclass(frozen=True, slots=True)
class Round:
    """The quadratic g of one round, up to what claim = (1 - r)·g(0) + r·g(1) says already.

    g sums h over the remaining variables with their part of eq; the round's own factor of eq, with
    the point's coordinate r, is in the equation instead. That keeps the degree at 2.

    Attributes:
        step: g(1) - g(0), called d in zkml-1.
        leading: the coefficient of X² in g, called e there.
    """

    step: Fp2
    leading: Fp2

    def next_claim(self, claim: Fp2, r: Fp2, x: Fp2) -> Fp2:
        """The value g(x)."""
        at_zero = claim - r * self.step
        return at_zero + x * (self.step - self.leading + x * self.leading)

    def to_bytes(self) -> bytes:
        """32 bytes: step, then leading coefficient."""
        return self.step.to_bytes() + self.leading.to_bytes()


@dataclass(frozen=True, slots=True)
class Layer:
    """The messages that lead from layer k to layer k + 1.

    Attributes:
        rounds: k of them.
        children: the values p0, q0, p1, q1 at the point of the rounds; only q0, q1 where both
            numerators are known to be 1.
    """

    rounds: tuple[Round, ...]
    children: tuple[Fp2, ...]

    def children_to_bytes(self) -> bytes:
        """16 bytes a value."""
        return b"".join(value.to_bytes() for value in self.children)

    def to_bytes(self) -> bytes:
        """The rounds, then the children's values."""
        return b"".join(message.to_bytes() for message in self.rounds) + self.children_to_bytes()


@dataclass(frozen=True, slots=True)
class FractionSumProof:
    """Everything the prover says: the sum, not reduced, and a layer's messages for each level."""

    total: Fraction
    layers: tuple[Layer, ...]

    def to_bytes(self) -> bytes:
        """16 bytes for each of `n_elements`."""
        return self.total.to_bytes() + b"".join(layer.to_bytes() for layer in self.layers)

    def elements(self) -> Iterator[Fp2]:
        """All elements in the order of `to_bytes`."""
        yield from (self.total.numerator, self.total.denominator)
        for layer in self.layers:
            for message in layer.rounds:
                yield from (message.step, message.leading)
            yield from layer.children

    @classmethod
    def from_bytes(cls, data: bytes, log_leaves: int, ones: bool) -> "FractionSumProof":
        """The proof that `to_bytes` wrote for 2^log_leaves leaves.

        Raises:
            BadLength: if data has not 16 bytes for each of `n_elements`.
            NonCanonical: if a coordinate is p or more.
        """
        n_bytes = ELEMENT_BYTES * n_elements(log_leaves, ones)
        if len(data) != n_bytes:
            raise BadLength(f"proof has {len(data)} bytes, must have {n_bytes}")
        return cls.of(iter(m61x2.to_scalars(m61x2.from_bytes(data))), log_leaves, ones)

    @classmethod
    def of(cls, elements: Iterator[Fp2], log_leaves: int, ones: bool) -> "FractionSumProof":
        """The proof whose elements these are, in the order of `to_bytes`."""
        total = Fraction(next(elements), next(elements))
        layers = [
            _take_layer(elements, k, _n_children(k, log_leaves, ones)) for k in range(log_leaves)
        ]
        return cls(total, tuple(layers))


@dataclass(frozen=True, slots=True)
class Leaves:
    """What is left to check: at the point, p~ is the leaf's numerator and q~ its denominator."""

    point: Point
    leaf: Fraction


def n_elements(log_leaves: int, ones: bool) -> int:
    """The number of field elements in a proof: v² + 3v + 2 for v levels, 2 less with `ones`.

    >>> [n_elements(v, ones=False) for v in (0, 1, 2, 10)], n_elements(10, ones=True)
    ([2, 6, 12, 132], 130)

    Raises:
        ValueError: if log_leaves is negative.
    """
    if log_leaves < 0:
        raise ValueError(f"log_leaves is {log_leaves}, must be at least 0")
    return 2 + sum(2 * k + _n_children(k, log_leaves, ones) for k in range(log_leaves))


def prove(
    p: Column | None, q: Column, transcript: Transcript, tags: Tags
) -> tuple[FractionSumProof, Leaves]:
    """The proof of sum p/q, and the claim about the leaves that it leaves to check.

    About 17 multiplications a leaf. No proof exists where a challenge that must be divided by is 0,
    which happens with probability below v²/p².

    Args:
        p: 2^v numerators; None if all are 1, for which the last layer sends two elements less.
        q: 2^v denominators.
        transcript: has absorbed what defines the leaves.
        tags: the messages' names, the same for the verifier.

    Raises:
        BadLength: if there are no 2^v denominators, or not as many numerators.
        ZeroDenominator: naming the first denominator that is 0.
    """
    protocols = at_once.protocols_for(transcript, q)
    if protocols is not None:
        return _prove_at_once(protocols, p, q, transcript, tags)
    _refuse_leaves(p, q)
    numerators = m61x2.from_base(torch.ones_like(q[0])) if p is None else p
    (root, *levels) = _sum_tree(numerators, q)
    total = claim = Fraction(*(m61x2.to_scalar(column[:, 0]) for column in root))
    transcript.absorb(tags.root, total.to_bytes())
    point: Point = ()
    layers: list[Layer] = []
    for k, level in enumerate(levels):
        weight = transcript.challenge()
        joined = claim.joined(weight)
        rounds, inner, values = _add_children(*level, point, weight, joined, transcript, tags.round)
        sent = values if _n_children(k, len(levels), p is None) == 4 else values[1::2]
        layers.append(Layer(rounds, sent))
        claim, tau = _choose_child(layers[-1], transcript, tags)
        point = (tau, *inner)
    return FractionSumProof(total, tuple(layers)), Leaves(point, claim)


def _prove_at_once(
    protocols: ModuleType, p: Column | None, q: Column, transcript: Transcript, tags: Tags
) -> tuple[FractionSumProof, Leaves]:
    """The same by compiled loops. Denominators are looked at where their product is 0."""
    _refuse_lengths(p, q)
    log_leaves, ones = multilinear.n_variables(q.shape[-1]), p is None
    said, left = at_once.speak(
        transcript, protocols.sum_fractions, p, q, tags, n_elements(log_leaves, ones)
    )
    if said[1] == Fp2(0):
        _refuse_leaves(p, q)
    return FractionSumProof.of(iter(said), log_leaves, ones), _read_leaves(left)


def _read_leaves(left: Sequence[Fp2]) -> Leaves:
    """What compiled loops leave to check: the leaf, then the point."""
    numerator, denominator, *point = left
    return Leaves(tuple(point), Fraction(numerator, denominator))


def verify(
    log_leaves: int, ones: bool, proof: FractionSumProof, transcript: Transcript, tags: Tags
) -> Leaves | None:
    """The claim that remains to be checked, or None if the proof is refused.

    `proof.total` is the sum if the caller has compared p~ and q~ at the point with the leaf's
    numerator (known to be 1 with `ones`) and denominator; with that check the soundness error is
    (v² + v)/p² for v = log_leaves. The transcript has absorbed what defines the leaves. Refused is
    a proof of another shape, a total with denominator 0, and a layer that does not add up.
    """
    if not _has_shape(proof, log_leaves, ones) or proof.total.denominator == Fp2(0):
        return None
    protocols = at_once.protocols_for(transcript)
    if protocols is not None:
        said = at_once.numbers(proof.elements())
        heard = protocols.follow_fractions, said, log_leaves, ones, tags
        _, leaves = at_once.speak(transcript, *heard)
        return _read_leaves(leaves) if leaves else None
    transcript.absorb(tags.root, proof.total.to_bytes())
    claim = proof.total
    point: Point = ()
    for layer in proof.layers:
        weight = transcript.challenge()
        remaining, inner = _follow_rounds(layer, point, claim.joined(weight), transcript, tags)
        left, right = _child_fractions(layer)
        if remaining != (left + right).joined(weight):
            return None
        claim, tau = _choose_child(layer, transcript, tags)
        point = (tau, *inner)
    return Leaves(point, claim)


def _refuse_lengths(p: Column | None, q: Column) -> None:
    n = q.shape[-1]
    if n < 1 or n & (n - 1):
        raise BadLength(f"q has {n} denominators, must be a power of two")
    if p is not None and p.shape[-1] != n:
        raise BadLength(f"p has {p.shape[-1]} numerators, must have {n}")


def _refuse_leaves(p: Column | None, q: Column) -> None:
    _refuse_lengths(p, q)
    zeros = (q == 0).all(0).nonzero()
    if len(zeros):
        raise ZeroDenominator(f"q[{int(zeros[0])}] is 0, must not be")


def _sum_tree(p: Column, q: Column) -> Sequence[tuple[Column, Column]]:
    """Numerators and denominators of all layers, the root's first."""
    levels = [(p, q)]
    while q.shape[-1] > 1:
        (p0, p1), (q0, q1) = p.chunk(2, dim=-1), q.chunk(2, dim=-1)
        p, q = m61x2.add(m61x2.mul(p0, q1), m61x2.mul(p1, q0)), m61x2.mul(q0, q1)
        levels.append((p, q))
    return levels[::-1]


def _add_children(
    p: Column,
    q: Column,
    point: Point,
    weight: Fp2,
    claim: Fp2,
    transcript: Transcript,
    tag: int,
) -> tuple[tuple[Round, ...], Point, tuple[Fp2, ...]]:
    """The sumcheck of a layer: its messages, its challenges, and there p0, q0, p1, q1.

    With s = p1 + weight·q1, h is p0·q1 + q0·s, the inner product of pairs (p0, q0) and (q1, s).
    So the sum is one over products of two tables in which the members of a pair are neighbours.
    The table eq(r, ·) loses its first variable by adding its halves, as r and 1 - r add up to 1.
    """
    (p0, p1), (q0, q1) = p.chunk(2, dim=-1), q.chunk(2, dim=-1)
    s = m61x2.add(p1, m61x2.mul(q1, m61x2.from_scalar(weight, q.device)))
    first, second = _neighbours(p0, q0), _neighbours(q1, s)
    equality = multilinear.eq_table(point, q.device)
    equality = _neighbours(equality, equality)
    rounds: list[Round] = []
    challenges: list[Fp2] = []
    for r in point:
        equality = m61x2.add(*equality.chunk(2, dim=-1))
        rounds.append(_summarise(first, second, equality, r, claim))
        challenges.append(_exchange(rounds[-1], transcript, tag))
        claim = rounds[-1].next_claim(claim, r, challenges[-1])
        first = multilinear.bind(first, challenges[-1])
        second = multilinear.bind(second, challenges[-1])
    p0_value, q0_value = m61x2.to_scalars(first)
    q1_value, s_value = m61x2.to_scalars(second)
    children = (p0_value, q0_value, s_value - weight * q1_value, q1_value)
    return tuple(rounds), tuple(challenges), children


def _summarise(first: Column, second: Column, equality: Column, r: Fp2, claim: Fp2) -> Round:
    """This round's g: g(0) from the left halves, the leading coefficient from the slopes.

    The step follows from the claim, (1 - r)·g(0) + r·g(1) = g(0) + r·step.
    """
    first_left, first_right = first.chunk(2, dim=-1)
    second_left, second_right = second.chunk(2, dim=-1)
    first_slope = m61x2.sub(first_right, first_left)
    second_slope = m61x2.sub(second_right, second_left)
    at_zero = m61x2.to_scalar(m61x2.dot(m61x2.mul(equality, first_left), second_left))
    leading = m61x2.to_scalar(m61x2.dot(m61x2.mul(equality, first_slope), second_slope))
    return Round((claim - at_zero) / r, leading)


def _neighbours(a: Column, b: Column) -> Int64[Tensor, "2 double"]:
    """The values a[0], b[0], a[1], b[1], ..."""
    return torch.stack((a, b), dim=-1).flatten(1)


def _follow_rounds(
    layer: Layer, point: Point, claim: Fp2, transcript: Transcript, tags: Tags
) -> tuple[Fp2, Point]:
    """The value of h that a layer's rounds leave to check, and the challenges where."""
    challenges: list[Fp2] = []
    for message, r in zip(layer.rounds, point, strict=True):
        challenges.append(_exchange(message, transcript, tags.round))
        claim = message.next_claim(claim, r, challenges[-1])
    return claim, tuple(challenges)


def _exchange(message: Round, transcript: Transcript, tag: int) -> Fp2:
    """The challenge that answers a round."""
    transcript.absorb(tag, message.to_bytes())
    return transcript.challenge()


def _choose_child(layer: Layer, transcript: Transcript, tags: Tags) -> tuple[Fraction, Fp2]:
    """The claim about the next layer, and tau, its point's first coordinate."""
    transcript.absorb(tags.children, layer.children_to_bytes())
    tau = transcript.challenge()
    left, right = _child_fractions(layer)
    return left.towards(right, tau), tau


def _child_fractions(layer: Layer) -> tuple[Fraction, Fraction]:
    """Left and right child; numerators that were not sent are 1."""
    if len(layer.children) == 2:
        q0, q1 = layer.children
        return Fraction(Fp2(1), q0), Fraction(Fp2(1), q1)
    p0, q0, p1, q1 = layer.children
    return Fraction(p0, q0), Fraction(p1, q1)


def _n_children(k: int, log_leaves: int, ones: bool) -> int:
    """How many values of children layer k sends."""
    return 2 if ones and k == log_leaves - 1 else 4


def _has_shape(proof: FractionSumProof, log_leaves: int, ones: bool) -> bool:
    """Whether every layer has its number of messages. A single leaf's numerator is the total's."""
    if log_leaves == 0 and ones and proof.total.numerator != Fp2(1):
        return False
    sizes = [(len(layer.rounds), len(layer.children)) for layer in proof.layers]
    expected = [(k, _n_children(k, log_leaves, ones)) for k in range(log_leaves)]
    return len(sizes) == log_leaves and sizes == expected


def _take_layer(elements: Iterator[Fp2], k: int, n_children: int) -> Layer:
    """Layer k's messages, taken from the stream."""
    values = tuple(islice(elements, 2 * k + n_children))
    rounds = map(Round, values[: 2 * k : 2], values[1 : 2 * k : 2])
    return Layer(tuple(rounds), values[2 * k :])
