"""Elliptic curves: many products added up, and one question to a pairing."""

import random
from collections.abc import Iterator
from typing import Any

from py_ecc import optimized_bls12_381, optimized_bn128

from aicrypto.algebra.curves import bls12_381, bn254
from aicrypto.algebra.curves.gaussian import FASTEST
from aicrypto.algebra.curves.msm import msm, multiples
from aicrypto.algebra.curves.pairing import lines
from aicrypto.algebra.curves.weierstrass import Affine
from aicrypto.bench import Record, best_seconds

N_PEER = 64  # points of the peer's naive sum, which is 64 times as long for 4,096
SEED = 1


def multi_scalar() -> Iterator[Record]:
    """`msm.g1_N.s`: N points of BN254's G1, scalars of 254 bits, on Python's int."""
    points, scalars = _terms(4096)
    each = best_seconds(lambda: _naive_sum(scalars[:N_PEER]), repeats=1) / N_PEER
    peer = f"py_ecc, one product each (from {N_PEER} points)"
    seconds = {n: _seconds(points[:n], scalars[:n], int) for n in (1024, 4096)}
    for n, value in seconds.items():
        yield Record(f"msm.g1_{n}.s", value, "s", peer, n * each)
    if FASTEST is not int:
        fast = _seconds(points[:1024], scalars[:1024], FASTEST)
        yield Record("msm.g1_1024_gmpy2.s", fast, "s", "the same on Python's int", seconds[1024])


def pairing_check() -> Iterator[Record]:
    """`pairing.check_2.ms`: is a product of two pairings 1, on BLS12-381, no line remembered."""
    g1, g2 = bls12_381.G1, bls12_381.G2
    p, q = g1.multiply(g1.generator, 5), g2.multiply(g2.generator, 5)
    pairs = [(p, g2.generator), (g1.negate(g1.generator), q)]

    def check() -> bool:
        lines.cache_clear()
        return bls12_381.product_is_one(pairs)

    peer: Any = optimized_bls12_381
    their_p, their_q = peer.multiply(peer.G1, 5), peer.multiply(peer.G2, 5)

    def their_check() -> bool:
        left = peer.pairing(peer.G2, their_p, final_exponentiate=False)
        right = peer.pairing(their_q, peer.neg(peer.G1), final_exponentiate=False)
        return bool(peer.final_exponentiate(left * right) == peer.FQ12.one())

    ours, theirs = best_seconds(check), best_seconds(their_check, repeats=3)
    label = "py_ecc, one final exponentiation"
    yield Record("pairing.check_2.ms", 1e3 * ours, "ms", label, 1e3 * theirs)


def _terms(n: int) -> tuple[list[Affine], list[int]]:
    rng, group = random.Random(SEED), bn254.G1
    logarithms = [rng.randrange(group.order) for _ in range(n)]
    scalars = [rng.randrange(group.order) for _ in range(n)]
    return multiples(group, group.generator, logarithms), scalars


def _seconds(points: list[Affine], scalars: list[int], integer: Any) -> float:
    return best_seconds(lambda: msm(bn254.G1, points, scalars, integer), repeats=3)


def _naive_sum(scalars: list[int]) -> Any:
    peer: Any = optimized_bn128
    total = peer.Z1
    for scalar in scalars:
        total = peer.add(total, peer.multiply(peer.G1, scalar))
    return total
