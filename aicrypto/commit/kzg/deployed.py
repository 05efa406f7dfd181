"""Setups that real systems run on: Ethereum's blobs, and Space and Time's Proof of SQL.

Ethereum's ceremony of 2023 had 141,416 contributions; its result ships inside the package
`eth-account`. Space and Time uses the "perpetual powers of tau" of BN254 after contribution 80; the
first 64 powers stand beside this module, more are read from the ceremony's file, if there is one.

Decompressing a point costs a square root and testing its subgroup more than that, so files are
checked once, by their SHA-256, and only the points asked for are decompressed, once.

Sources: ethereum/c-kzg-4844@b7e4098:src/trusted_setup.txt;
spaceandtimefdn/sxt-proof-of-sql@8b0de6b.
"""

import json
import os
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from aicrypto.algebra.curves import bls12_381, bn254
from aicrypto.algebra.curves.gaussian import FASTEST, Gaussian, convert, sqrt
from aicrypto.algebra.curves.weierstrass import Affine, Curve
from aicrypto.commit.hashes import sha256
from aicrypto.commit.kzg.setup import BLS12_381, BN254, Setup

ETHEREUM_FILE = "typed_transactions/blob_transactions/kzg_trusted_setup.txt"  # in eth_account
ETHEREUM_SHA256 = "d39b9f2d047cc9dca2de58f264b6a09448ccd34db967881a6713eacacf0f26b7"
N_G1, N_G2 = 4096, 65  # the file: both numbers, N_G1 Lagrange, N_G2 and N_G1 monomial points
FIRST_LAGRANGE = 2
FIRST_G2 = FIRST_LAGRANGE + N_G1
FIRST_G1 = FIRST_G2 + N_G2
BLS12_381_X_MASK = (1 << 381) - 1  # three flags stand above

SXT_FILE = "sxt_srs_64.json"  # beside this module: 10 kB that a fresh clone and a wheel both have
PPOT_VARIABLE = "AICRYPTO_PPOT"
PPOT_SHA256 = "0d55b407f02debaa3c7682de6bfd6ece3c054851ca00e76ad4bd736ef500a320"
PPOT_POINT_BYTES = 32
PPOT_LARGER_Y, PPOT_X_MASK = 1 << 255, (1 << 254) - 1
SXT_TAU_G2 = (
    Gaussian(
        0x285B1F14EDD7E6632340A37DFAE9005FF762EDCFECFE1C732A7474C0708BEF80,
        0x17CC93077F56F654DA727C1DEF86010339C2B4131094547285ADB083E48C197B,
    ),
    Gaussian(
        0x2BAD9A374AEC49D329EC66E8F530F68509313450580C4C17C6DB5DDB9BDE7FD0,
        0x219EDFCEEE1723DE674F5B2F6FDB69D9E32DD53B15844956A630D3C7CDAA6ED9,
    ),
)


@lru_cache(maxsize=8)
def ethereum(n_g1: int = 64, n_g2: int = N_G2) -> Setup:
    """The first powers of Ethereum's ceremony on BLS12-381.

    Verifying takes two powers in each group, opening at m points m + 1 in G2, committing one in G1
    for each coefficient.

    Raises:
        ValueError: if a number is outside 2..4096 or 2..65, or the file is not the ceremony's.
    """
    for name, count, limit in (("n_g1", n_g1, N_G1), ("n_g2", n_g2, N_G2)):
        if not 2 <= count <= limit:
            raise ValueError(f"{name} is {count}, must be in 2..{limit}")
    lines = _ethereum_lines()
    g1 = (_bls12_381_g1(line) for line in lines[FIRST_G1 : FIRST_G1 + n_g1])
    g2 = (_bls12_381_g2(line) for line in lines[FIRST_G2 : FIRST_G2 + n_g2])
    return Setup(BLS12_381, tuple(g1), tuple(g2))


@lru_cache(maxsize=1)
def ethereum_lagrange() -> tuple[Affine, ...]:
    """Point j is L_j(tau)·G, where L_j is 1 at the j-th of 4,096 roots of unity, 0 at the others.

    A polynomial known by its values there is committed to without interpolating it. Order: that of
    the roots, 1, omega, omega², ...
    """
    lines = _ethereum_lines()[FIRST_LAGRANGE : FIRST_LAGRANGE + N_G1]
    return tuple(_bls12_381_g1(line) for line in lines)


@lru_cache(maxsize=4)
def space_and_time(n_g1: int = 64, path: Path | None = None) -> Setup:
    """The first powers of Space and Time's parameters on BN254: 64 at hand, 1,025 with the file.

    The file holds 1,024 points of 32 bytes from tau·G on; it is `path`, or what the environment
    variable AICRYPTO_PPOT names.

    Raises:
        ValueError: if there are not that many points, or the file is not the ceremony's.
    """
    if n_g1 < 2:
        raise ValueError(f"n_g1 is {n_g1}, must be at least 2")
    g2 = (bn254.G2.generator, SXT_TAU_G2)
    points = json.loads(Path(__file__).with_name(SXT_FILE).read_text())["points"]
    g1: list[Affine] = [(x, y) for x, y in points]
    if n_g1 > len(g1):
        g1 = _ppot_points(n_g1, path)
    return Setup(BN254, tuple(g1[:n_g1]), g2)


@lru_cache(maxsize=1)
def _ethereum_lines() -> list[str]:
    """The file's lines; its package is found without importing it, which would take a second."""
    spec = find_spec("eth_account")
    if spec is None or not spec.submodule_search_locations:
        raise ValueError("the package eth-account, which holds the ceremony's file, is not there")
    path = Path(spec.submodule_search_locations[0]) / ETHEREUM_FILE
    return _checked(path, ETHEREUM_SHA256).decode().split()


def _ppot_points(n_g1: int, path: Path | None) -> list[Affine]:
    name = path or os.environ.get(PPOT_VARIABLE)
    if not name:
        raise ValueError(f"n_g1 is {n_g1}, more than 64 need the file that {PPOT_VARIABLE} names")
    data = _checked(Path(name), PPOT_SHA256)
    limit = len(data) // PPOT_POINT_BYTES + 1
    if n_g1 > limit:
        raise ValueError(f"n_g1 is {n_g1}, the file {name} has {limit}")
    starts = range(0, (n_g1 - 1) * PPOT_POINT_BYTES, PPOT_POINT_BYTES)
    return [bn254.G1.generator, *(_bn254_g1(data[i : i + PPOT_POINT_BYTES]) for i in starts)]


def _checked(path: Path, digest: str) -> bytes:
    """The file's content, if it is the one we know."""
    data = path.read_bytes()
    if sha256(data).hex() != digest:
        raise ValueError(f"{path} has SHA-256 {sha256(data).hex()}, must have {digest}")
    return data


def _bls12_381_g1(line: str) -> Affine:
    """A point of a checked file, without the test of flags and subgroup that a decoder makes."""
    data = bytes.fromhex(line)
    x = int.from_bytes(data, "big") & BLS12_381_X_MASK
    return _with_y(bls12_381.G1, x, bool(data[0] & bls12_381.LARGER_Y))


def _bls12_381_g2(line: str) -> Affine:
    data, half = bytes.fromhex(line), bls12_381.COORDINATE_BYTES
    imaginary = int.from_bytes(data[:half], "big") & BLS12_381_X_MASK
    x = Gaussian(int.from_bytes(data[half:], "big"), imaginary)
    return _with_y(bls12_381.G2, x, bool(data[0] & bls12_381.LARGER_Y))


def _bn254_g1(data: bytes) -> Affine:
    """A point of 32 bytes: x little-endian, on top the flags of the larger y and of infinity."""
    number = int.from_bytes(data, "little")
    return _with_y(bn254.G1, number & PPOT_X_MASK, bool(number & PPOT_LARGER_Y))


def _with_y(curve: Curve, x: int | Gaussian, larger: bool) -> Affine:
    """The point with this x and the larger or the smaller y; imaginary parts compare first."""
    q, fast = FASTEST(curve.q), convert(x, FASTEST)
    y = convert(sqrt((fast * fast * fast + curve.b) % q, q), int)
    smaller_first = sorted((y, -y % curve.q), key=_size)
    return x, smaller_first[larger]


def _size(y: int | Gaussian) -> tuple[int, int]:
    return (y.im, y.re) if isinstance(y, Gaussian) else (0, y)
