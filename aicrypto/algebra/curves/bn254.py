"""BN254 (alt_bn128): the curve whose pairing Ethereum has built in, so that contracts check SNARKs.

G1 is y² = x³ + 3 over F_q, cofactor 1: on the curve means in the group. G2 is its twist
y² = x³ + 3/(9 + i) over F_{q²}, where that is not so and membership must be checked. Security is
about 100 bits since the number field sieve improved (Kim and Barbulescu, eprint 2015/1027).

Sources: EIP-196, EIP-197; constants computed from u, generators from EIP-197.
"""

from __future__ import annotations

from collections.abc import Iterable

from aicrypto.algebra.curves.gaussian import Gaussian, inverse
from aicrypto.algebra.curves.pairing import Fq12, Pairing
from aicrypto.algebra.curves.weierstrass import Affine, Curve
from aicrypto.algebra.primes import BN254_Q, BN254_R, BN254_U

XI = Gaussian(9, 1)
G1 = Curve("BN254 G1", BN254_Q, 3, BN254_R, (1, 2))
G2 = Curve(
    "BN254 G2",
    BN254_Q,
    3 * inverse(XI, BN254_Q) % BN254_Q,
    BN254_R,
    (
        Gaussian(
            0x1800DEEF121F1E76426A00665E5C4479674322D4F75EDADD46DEBD5CD992F6ED,
            0x198E9393920D483A7260BFB731FB5D25F1AA493335A9E71297E485B7AEF312C2,
        ),
        Gaussian(
            0x12C85EA5DB8C6DEB4AAB71808DCB408FE3D1E7690C43D37B4CE6CC0166FA7DAA,
            0x090689D0585FF075EC9E99AD690C3395BC4B313370B38EF355ACDADCD122975B,
        ),
    ),
)


def in_g1(point: Affine) -> bool:
    """Whether the point belongs to G1: being on the curve is enough, the cofactor is 1."""
    return G1.contains(point)


def in_g2(point: Affine) -> bool:
    """Whether the point belongs to G2; about a hundredth of a second."""
    return G2.in_group_slowly(point)


def product_is_one(pairs: Iterable[tuple[Affine, Affine]]) -> bool:
    """Whether the product of all e(P, Q) is 1, for points of G1 and G2 that were checked."""
    return PAIRING.product_is_one(pairs)


def _hard_part(pairing: Pairing, f: Fq12) -> Fq12:
    """f^((q⁴ - q² + 1)/r), by three powers of u and Frobenius.

    The exponent in base q has digits that are polynomials in u; sorted by the multiples 1, 2, 6,
    12, 18, 30, 36 in which they occur, seven factors y0..y6 remain (eprint 2008/490, section 5).
    """
    times, invert, frobenius = pairing.multiply, pairing.conjugate, pairing.frobenius
    u1 = pairing.power_cyclotomic(f, BN254_U)
    u2 = pairing.power_cyclotomic(u1, BN254_U)
    u3 = pairing.power_cyclotomic(u2, BN254_U)
    y0 = times(times(frobenius(f), frobenius(f, 2)), frobenius(f, 3))
    factors = (
        (1, y0),
        (2, invert(f)),
        (6, frobenius(u2, 2)),
        (12, invert(frobenius(u1))),
        (18, invert(times(u1, frobenius(u2)))),
        (30, invert(u2)),
        (36, invert(times(u3, frobenius(u3)))),
    )
    result = [Gaussian(1), *(Gaussian(0) for _ in range(5))]
    for bit in reversed(range(6)):  # all seven powers at once: the squarings are shared
        result = pairing.square_cyclotomic(result)
        for multiple, factor in factors:
            if multiple >> bit & 1:
                result = times(result, factor)
    return result


PAIRING = Pairing(
    q=BN254_Q,
    loop=6 * BN254_U + 2,
    xi=XI,
    divides=True,
    frobenius_lines=True,
    hard_part=_hard_part,
)
