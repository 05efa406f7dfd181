"""Pedersen commitments: one group element for a vector of integers, and sums under the cover.

    C = blinding·B + m_1·G_1 + ... + m_n·G_n      in ristretto255, integers modulo its order

Confidential transactions, Bulletproofs and private aggregation of model updates stand on two
properties that a hash cannot give together. *Hiding*: a uniform blinding makes C uniform, whatever
the messages; even unlimited computing learns nothing. *Adding up*: the sum of commitments commits
to the sums, commit(m, r) + commit(m', r') = commit(m + m', r + r'), so a total can be opened while
its parts stay shut.

*Binding* is only computational: opening C in two ways yields a relation between B, G_1, ..., G_n,
and whoever knows one opens C to anything: with G_1 = a·B, (m, r) and (m + x, r - a·x) have one
commitment. So the points must come from where nobody can know a relation: `generators` hashes a
public tag.

Messages are residues: m and m + ORDER are one message, and -1 is ORDER - 1. "Small" or "positive"
needs a range proof. A short blinding hides nothing; one used twice lets guesses at the difference
of two messages be checked.

Source: Pedersen, CRYPTO '91, LNCS 576 section 3; the group: RFC 9496.
"""

from collections.abc import Sequence
from functools import reduce

from aicrypto.algebra.curves.ristretto255 import (
    BASE,
    IDENTITY,
    Point,
    add,
    hash_to_group,
    msm,
    multiply,
)
from aicrypto.algebra.plain import BadLength


def generators(tag: bytes, count: int) -> list[Point]:
    """The first `count` points that the public tag names, the same for everybody.

    Prover and verifier derive them, nobody sends them. A longer list begins with the shorter one.

    Raises:
        ValueError: if the count is negative.
    """
    if count < 0:
        raise ValueError(f"count is {count}, must be at least 0")
    return [hash_to_group(tag, index) for index in range(count)]


def commit(messages: Sequence[int], blinding: int, generators: Sequence[Point]) -> Point:
    """The commitment to the messages: any integers, one for each generator.

    The blinding is drawn uniformly from 0..ORDER-1 for this commitment alone, and kept with the
    messages: the two open it. About 80 additions a message for 64 of them, 10 if they are int8.

    >>> points = generators(b"doctest", 2)
    >>> total = add(commit([1, 2], 10, points), commit([30, 40], 5, points))
    >>> verify_opening(total, [31, 42], 15, points)
    True

    Raises:
        BadLength: if there are not as many messages as generators.
    """
    if len(messages) != len(generators):
        raise BadLength(f"there are {len(messages)} messages and {len(generators)} generators")
    # Apart, because the blinding is long where the messages may be short.
    return add(multiply(BASE, blinding), msm(generators, messages))


def sum_commitments(commitments: Sequence[Point]) -> Point:
    """The commitment to the sums, message by message; of none, the identity, which commits to 0."""
    return reduce(add, commitments, IDENTITY)


def verify_opening(
    commitment: Point, messages: Sequence[int], blinding: int, generators: Sequence[Point]
) -> bool:
    """Whether the commitment was made of these messages and this blinding.

    The generators are the verifier's own, never the prover's: see the module's text on binding.
    """
    points = all(isinstance(point, Point) for point in [commitment, *generators])
    integers = all(isinstance(scalar, int) for scalar in [blinding, *messages])
    if not (points and integers and len(messages) == len(generators)):
        return False
    return commit(messages, blinding, generators) == commitment
