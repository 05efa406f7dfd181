"""How many columns must be looked at: the chance of a false opening, from theorems alone.

Two things can go wrong for the verifier of a tensor commitment (`ligero`) with codewords of length
n, messages of length C, rate rho = C/n and T queries:

    proximity: rows far from every codeword combine, by bad luck, to one that is near:
               at most log2(rows)·n/|F|;
    queries:   all T columns miss the places where a false combination shows: (1 - (e+1)/n)^T,
               if it shows in more than e = floor((n - C)/2) places.

That e is the *unique decoding* radius: within it at most one codeword is near. Two larger radii are
in use. Up to the *Johnson* radius 1 - sqrt(rho) few codewords are near, and theorems exist, but
their errors are too large for fields of 122 bits. Up to *capacity*, 1 - rho, it was conjectured
that nothing changes, deployed systems count their queries so, and the conjecture is false.

Errors of all parts of a protocol add up; `bits` is -log2 of the sum. Sources: protocol zkml-1 of
this project, section 12; proximity gaps (eprint 2020/654); for tensors eprint 2024/1351; the
disproof eprint 2025/2046.
"""

import math
from collections.abc import Iterable
from typing import Literal

from aicrypto.algebra.plain import P
from aicrypto.commit.tensor.ligero import Shape, check_rate

Regime = Literal["unique", "johnson", "capacity"]

FIELD_SIZE = P**2
MAX_QUERIES = 1024  # zkml-1, section 11
DEFAULT_BITS = 100


class ConjectureDisproved(ValueError):
    """Soundness was asked of a conjecture that is known to be false."""


class TargetUnreachable(ValueError):
    """No number of queries gives the bits: the other errors, or the field, do not allow them."""


def radius(inv_rate: int, regime: Regime, believe_disproved: bool = False) -> float:
    """The part of a codeword that may be wrong without being noticed for certain.

    >>> radius(4, "unique"), radius(4, "johnson")
    (0.375, 0.5)

    Args:
        inv_rate: 1/rho, a power of two from 2 on.
        regime: what is believed, see above; only "unique" is proven for our field.
        believe_disproved: answer for "capacity" too, to show what others count.

    Raises:
        BadRate: if inv_rate is none of these.
        ConjectureDisproved: for "capacity", unless it is asked for knowingly.
        ValueError: for an unknown regime.
    """
    check_rate(inv_rate)
    rate = 1 / inv_rate
    radii = {"unique": (1 - rate) / 2, "johnson": 1 - math.sqrt(rate), "capacity": 1 - rate}
    if regime not in radii:
        raise ValueError(f"regime is {regime!r}, must be one of {', '.join(radii)}")
    if regime == "capacity" and not believe_disproved:
        raise ConjectureDisproved(
            "regime is 'capacity': proximity gaps do not reach it (eprint 2025/2046)"
        )
    return radii[regime]


def queries(
    inv_rate: int,
    regime: Regime,
    bits: float,
    grind: float = 0,
    believe_disproved: bool = False,
) -> int:
    """The fewest queries whose error is at most 2^-bits, by the regime's radius for long codes.

    Grinding, a proof of work of 2^grind hashes before the indices are drawn, replaces as many bits.

    >>> [queries(inv_rate, "unique", bits=100) for inv_rate in (2, 4, 8, 16)]
    [241, 148, 121, 110]

    Raises:
        ValueError: as `radius` does.
    """
    # log2(inv_rate)/2 bits exactly at the Johnson radius: rounding could ask for one query more.
    log_agreeing = math.log2(1 - radius(inv_rate, regime, believe_disproved))
    if regime == "johnson":
        log_agreeing = -math.log2(inv_rate) / 2
    return max(0, math.ceil((bits - grind) / -log_agreeing))


def query_error(shape: Shape, n_queries: int) -> float:
    """The chance that so many queries all miss a false combination."""
    n = shape.n_places
    noticed = (n - shape.columns) // 2 + 1
    return float((1 - noticed / n) ** n_queries)


def proximity_error(shape: Shape) -> float:
    """The chance that a random tensor combines bad rows to a good one."""
    return shape.n_row_variables * shape.n_places / FIELD_SIZE


def opening_errors(shape: Shape, n_queries: int) -> dict[str, float]:
    """Both errors of one opening, by name."""
    return {"proximity": proximity_error(shape), "queries": query_error(shape, n_queries)}


def bits(errors: Iterable[float]) -> float:
    """Security in bits of a protocol whose parts fail with these chances: -log2 of their sum.

    Parts that cannot fail give infinitely many.

    >>> bits([2**-101, 2**-101])
    100.0
    """
    total = sum(errors)
    return -math.log2(total) if total else math.inf


def choose_queries(
    shape: Shape, target: float = DEFAULT_BITS, other_errors: Iterable[float] = ()
) -> int:
    """The fewest queries, at most 1024, with which an opening and the rest reach the target.

    >>> choose_queries(Shape(rows=128, columns=8192, inv_rate=4))
    148

    Raises:
        TargetUnreachable: if no number of them does.
    """
    rest = sum(other_errors) + proximity_error(shape)
    for n_queries in range(1, MAX_QUERIES + 1):
        if bits([rest, query_error(shape, n_queries)]) >= target:
            return n_queries
    raise TargetUnreachable(
        f"target is {target} bits: {MAX_QUERIES} queries and {bits([rest]):.1f} bits of other "
        "errors do not reach it"
    )
