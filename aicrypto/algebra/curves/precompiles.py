"""Ethereum's precompiled contracts 6, 7 and 8: BN254 sums, multiples and pairing checks.

Contracts call them with bytes: 32-byte big-endian words, a point of G1 as x, y, a point of G2 as
imaginary and real part of x, then of y, infinity as zeros. Coordinates must be below q and points
on their curve; scalars may be any 256-bit value.

Source: EIP-196 and EIP-197; gas after EIP-1108.
"""

from aicrypto.algebra.curves import bn254
from aicrypto.algebra.curves.gaussian import Gaussian
from aicrypto.algebra.curves.weierstrass import Affine
from aicrypto.algebra.plain import BadLength
from aicrypto.algebra.primes import BN254_FQ

WORD = 32
POINT_BYTES, PAIR_BYTES = 2 * WORD, 6 * WORD
ADD_GAS, MULTIPLY_GAS = 150, 6_000
PAIRING_GAS, PAIRING_GAS_PER_PAIR = 45_000, 34_000


def ec_add(data: bytes) -> tuple[bytes, int]:
    """The sum of two points of G1 as 64 bytes, and the gas; missing input is zeros.

    Raises:
        ValueError: naming the point that is not on the curve, or whose coordinate is q or more.
    """
    data = _padded(data, 2 * POINT_BYTES)
    left, right = _g1(data[:POINT_BYTES], "left"), _g1(data[POINT_BYTES:], "right")
    return g1_to_words(bn254.G1.add(left, right)), ADD_GAS


def ec_multiply(data: bytes) -> tuple[bytes, int]:
    """A point of G1 times a 256-bit integer, and the gas; errors as for `ec_add`."""
    data = _padded(data, POINT_BYTES + WORD)
    scalar = int.from_bytes(data[POINT_BYTES:], "big")
    product = bn254.G1.multiply(_g1(data[:POINT_BYTES], "point"), scalar)
    return g1_to_words(product), MULTIPLY_GAS


def ec_pairing(data: bytes) -> tuple[bytes, int]:
    """A word that is 1 if the product of all pairings is 1, else 0, and the gas.

    Raises:
        BadLength: if the input is no whole number of pairs.
        ValueError: naming the point that is not in its group.
    """
    if len(data) % PAIR_BYTES:
        raise BadLength(f"data has {len(data)} bytes, must be a multiple of {PAIR_BYTES}")
    chunks = [data[i : i + PAIR_BYTES] for i in range(0, len(data), PAIR_BYTES)]
    pairs = [
        (_g1(chunk[:POINT_BYTES], f"P[{i}]"), _g2(chunk[POINT_BYTES:], f"Q[{i}]"))
        for i, chunk in enumerate(chunks)
    ]
    gas = PAIRING_GAS + PAIRING_GAS_PER_PAIR * len(pairs)
    return int(bn254.product_is_one(pairs)).to_bytes(WORD, "big"), gas


def g1_to_words(point: Affine) -> bytes:
    """64 bytes: x, y."""
    return b"".join(BN254_FQ.to_bytes(c) for c in point or (0, 0))


def g2_to_words(point: Affine) -> bytes:
    """128 bytes: imaginary and real part of x, then of y."""
    x, y = point or (Gaussian(0), Gaussian(0))
    return b"".join(BN254_FQ.to_bytes(c) for c in (x.im, x.re, y.im, y.re))


def _padded(data: bytes, size: int) -> bytes:
    """The first `size` bytes of data and endless zeros."""
    return data[:size].ljust(size, b"\0")


def _words(data: bytes) -> list[int]:
    return [BN254_FQ.from_bytes(data[i : i + WORD]) for i in range(0, len(data), WORD)]


def _g1(data: bytes, argument: str) -> Affine:
    x, y = _words(data)
    return bn254.G1.require_on_curve((x, y) if x or y else None, argument)


def _g2(data: bytes, argument: str) -> Affine:
    x_im, x_re, y_im, y_re = _words(data)
    point = (Gaussian(x_re, x_im), Gaussian(y_re, y_im)) if any(data) else None
    if not bn254.in_g2(point):
        raise ValueError(f"{argument} is {point}, which is not in G2 of BN254")
    return point
