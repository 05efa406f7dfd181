"""Blobs of EIP-4844: 128 KiB of data that Ethereum carries for a rollup and then forgets.

A blob is 4,096 field elements of 32 bytes: the *values* of a polynomial at the 4,096th roots of
unity, which stand in bit-reversed order. What stays on chain is a versioned hash of the KZG
commitment; a contract that needs one element, or the value anywhere, asks the point evaluation
precompile. Nobody interpolates: commitment, value and quotient come straight from the values.

    p(z) = (z^n - 1)/n · sum_j p_j·omega_j/(z - omega_j)        C = sum_j p_j·L_j(tau)·G

Everything is bytes here, as on Ethereum: points compressed in 48, scalars big-endian in 32.
`setup` is `deployed.ethereum()` (2 powers suffice), `lagrange` is `deployed.ethereum_lagrange()`.

Sources: EIP-4844; ethereum/consensus-specs, deneb/polynomial-commitments.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import TypeVar

from aicrypto.algebra.curves.msm import msm
from aicrypto.algebra.curves.weierstrass import Affine
from aicrypto.algebra.plain import BadLength
from aicrypto.algebra.polynomials import lagrange_at
from aicrypto.algebra.primes import BLS12_381_FR as FR
from aicrypto.commit.hashes import sha256
from aicrypto.commit.kzg import scheme
from aicrypto.commit.kzg.setup import BLS12_381, Setup

Item = TypeVar("Item")

N_ELEMENTS = 4096
BLOB_BYTES = N_ELEMENTS * FR.n_bytes
COMMITMENT_BYTES = 48
CHALLENGE_DOMAIN = b"FSBLOBVERIFY_V1_"  # consensus-specs, FIAT_SHAMIR_PROTOCOL_DOMAIN
VERSION_KZG = b"\x01"
POINT_EVALUATION_GAS = 50_000
POINT_EVALUATION_PARTS = (32, 32, 32, COMMITMENT_BYTES, COMMITMENT_BYTES)


def elements(blob: bytes) -> list[int]:
    """The 4,096 field elements of a blob.

    Raises:
        BadLength: if there are not 131,072 bytes.
        NonCanonical: naming the first element that is r or more.
    """
    if len(blob) != BLOB_BYTES:
        raise BadLength(f"blob has {len(blob)} bytes, must be {BLOB_BYTES}")
    words = (blob[i : i + FR.n_bytes] for i in range(0, BLOB_BYTES, FR.n_bytes))
    return FR.elements([int.from_bytes(word, "big") for word in words], "blob")


def bit_reversed(values: Sequence[Item]) -> list[Item]:
    """The values with index j moved to where j's bits, read backwards, point; its own inverse.

    >>> bit_reversed([0, 1, 2, 3])
    [0, 2, 1, 3]

    Raises:
        BadLength: if their number is no power of two.
    """
    n_bits = len(values).bit_length() - 1
    if len(values) != 1 << max(n_bits, 0):
        raise BadLength(f"there are {len(values)} values, must be a power of two")
    return [values[int(f"{j:0{n_bits}b}"[::-1], 2)] for j in range(len(values))]


@lru_cache(maxsize=1)
def domain() -> tuple[int, ...]:
    """The point that belongs to each element of a blob."""
    root = FR.root_of_unity(N_ELEMENTS)
    return tuple(bit_reversed([pow(root, j, FR.modulus) for j in range(N_ELEMENTS)]))


def evaluate(blob: bytes, z: int) -> int:
    """The value at z of the polynomial that takes the blob's elements on the domain; 20 ms.

    Raises:
        ValueError: if the blob is malformed, or z is not in 0..r-1.
    """
    weights = bit_reversed(lagrange_at(FR, N_ELEMENTS, z))
    total: int = sum(p * w for p, w in zip(elements(blob), weights, strict=True))
    return total % FR.modulus


def challenge(blob: bytes, commitment: bytes) -> int:
    """The point at which a blob is opened to show that it belongs to a commitment.

    Raises:
        BadLength: if the blob or the commitment has another length.
    """
    if (len(blob), len(commitment)) != (BLOB_BYTES, COMMITMENT_BYTES):
        raise BadLength(
            f"blob has {len(blob)} and commitment {len(commitment)} bytes, "
            f"must be {BLOB_BYTES} and {COMMITMENT_BYTES}"
        )
    degree = N_ELEMENTS.to_bytes(16, "big")
    return int.from_bytes(sha256(CHALLENGE_DOMAIN, degree, blob, commitment), "big") % FR.modulus


def versioned_hash(commitment: bytes) -> bytes:
    """The 32 bytes by which a transaction, and the EVM, name a blob."""
    return VERSION_KZG + sha256(commitment)[1:]


def commit(blob: bytes, lagrange: Sequence[Affine]) -> bytes:
    """The blob's commitment, an MSM of 4,096 points; errors as for `elements`."""
    return _combine(elements(blob), lagrange)


def open_at(blob: bytes, z: int, lagrange: Sequence[Affine]) -> tuple[int, bytes]:
    """The value at z and its proof; errors as for `evaluate`."""
    y = evaluate(blob, z)
    return y, _combine(_quotient(elements(blob), z, y), lagrange)


def prove(blob: bytes, commitment: bytes, lagrange: Sequence[Affine]) -> bytes:
    """The proof that goes with a blob through the network: its opening at `challenge`.

    Raises:
        ValueError: if the blob or the commitment is malformed.
    """
    BLS12_381.g1_from_bytes(commitment, "commitment")
    return open_at(blob, challenge(blob, commitment), lagrange)[1]


def verify_at(setup: Setup, commitment: bytes, z: bytes, y: bytes, proof: bytes) -> bool:
    """Whether the value at z is y: verify_kzg_proof; malformed bytes are False."""
    try:
        points = [BLS12_381.g1_from_bytes(data, "point") for data in (commitment, proof)]
        scalars = FR.from_bytes(z), FR.from_bytes(y)
    except (ValueError, TypeError):
        return False
    return scheme.verify(setup, points[0], *scalars, points[1])


def verify(setup: Setup, blob: bytes, commitment: bytes, proof: bytes) -> bool:
    """Whether the commitment is the blob's: verify_blob_kzg_proof; no MSM, one pairing check."""
    try:
        z = challenge(blob, commitment)
        y = evaluate(blob, z)
    except (ValueError, TypeError):
        return False
    return verify_at(setup, commitment, FR.to_bytes(z), FR.to_bytes(y), proof)


def point_evaluation(setup: Setup, data: bytes) -> tuple[bytes, int]:
    """What precompile 0x0a returns, be32(4096) || be32(r), and its gas.

    `data` is versioned hash (32 bytes), z (32), y (32), commitment (48), proof (48).

    Raises:
        BadLength: if there are not 192 bytes.
        ValueError: if the hash is not the commitment's, or the opening does not hold.
    """
    if len(data) != sum(POINT_EVALUATION_PARTS):
        raise BadLength(f"data has {len(data)} bytes, must be {sum(POINT_EVALUATION_PARTS)}")
    parts, start = [], 0
    for size in POINT_EVALUATION_PARTS:
        parts.append(data[start : start + size])
        start += size
    name, z, y, commitment, proof = parts
    if name != versioned_hash(commitment):
        raise ValueError(f"data names {name.hex()}, the commitment's versioned hash is another")
    if not verify_at(setup, commitment, z, y, proof):
        raise ValueError("data holds an opening that does not verify")
    return b"".join(n.to_bytes(32, "big") for n in (N_ELEMENTS, FR.modulus)), POINT_EVALUATION_GAS


def _combine(values: Sequence[int], lagrange: Sequence[Affine]) -> bytes:
    """The commitment to a polynomial given by its values in blob order."""
    return BLS12_381.g1_to_bytes(msm(BLS12_381.g1, bit_reversed(lagrange), values))


def _quotient(values: Sequence[int], z: int, y: int) -> list[int]:
    """The values of (p(X) - y)/(X - z) on the domain.

    If z is itself a point of the domain, one value is 0/0. It follows from the others: a polynomial
    q of degree below n - 1 has sum_j q_j·omega_j = 0, which is n times its coefficient n - 1.
    """
    r, roots = FR.modulus, domain()
    inverses = FR.batch_inverse([(root - z) % r or 1 for root in roots])
    quotient = [(p - y) * inverse % r for p, inverse in zip(values, inverses, strict=True)]
    if z in roots:
        others = sum(q * root for q, root in zip(quotient, roots, strict=True))
        quotient[roots.index(z)] = -others * pow(z, -1, r) % r
    return quotient
