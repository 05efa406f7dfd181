"""Who signed? Recovering the key from an ECDSA signature on secp256k1, as Ethereum does.

A signature (r, s) of the digest z fits the keys Q with s·R = z·G + r·Q, where R is a point with
x = r: two such points, four where r + n is still a coordinate. The recovery number 0..3 says which
one is meant, so a signature names its signer, and contracts store addresses instead of keys.

Nothing is secret here. Signing is done by wallets (`aicrypto.evm.Account.sign`). Sources: SEC 1
v2.0, section 4.1.6; EIP-191; execution-specs, precompiled contract ecrecover.
"""

from __future__ import annotations

from dataclasses import dataclass

from aicrypto.algebra.curves.msm import msm
from aicrypto.algebra.curves.weierstrass import Curve
from aicrypto.commit.hashes import keccak256

Q = 2**256 - 2**32 - 977
N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
SECP256K1 = Curve(
    "secp256k1",
    Q,
    7,
    N,
    (
        0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798,
        0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8,
    ),
)
PREFIX = b"\x19Ethereum Signed Message:\n"  # EIP-191, version 0x45
WORD_BYTES = 32
SIGNATURE_BYTES = 2 * WORD_BYTES + 1
ETHEREUM_V = 27  # v on chain is the recovery number plus 27
NOBODY = "0x" + 20 * "00"


class InvalidRecoveryIdError(ValueError):
    """The recovery number is not in 0..3."""


class SignatureRecoveryError(ValueError):
    """r or s is not in 1..n-1."""


class KeyRecoveryError(ValueError):
    """No key fits the signature."""


@dataclass(frozen=True)
class Signature:
    """An ECDSA signature; v is the recovery number, 0..3, on chain 27 or 28."""

    r: int
    s: int
    v: int

    @classmethod
    def from_bytes(cls, data: bytes) -> Signature:
        """The signature in the 65 bytes r, s, v that wallets give.

        Raises:
            ValueError: if there are not 65.
        """
        if len(data) != SIGNATURE_BYTES:
            raise ValueError(f"a signature has {SIGNATURE_BYTES} bytes, got {len(data)}")
        r, s = data[:WORD_BYTES], data[WORD_BYTES : 2 * WORD_BYTES]
        return cls(int.from_bytes(r, "big"), int.from_bytes(s, "big"), data[2 * WORD_BYTES])


def message_digest(message: bytes) -> bytes:
    """What a wallet signs for a message: EIP-191."""
    return keccak256(PREFIX, str(len(message)).encode(), message)


def recover(digest: bytes, signature: Signature) -> str:
    """The address whose key made the signature, 0x and lower-case hex.

    Raises:
        InvalidRecoveryIdError: if v is not in 0..3.
        SignatureRecoveryError: if r or s is not in 1..n-1.
        KeyRecoveryError: if no key fits.
    """
    r, s, v = signature.r, signature.s, signature.v
    if not 0 <= v <= 3:
        raise InvalidRecoveryIdError(f"v is {v}, must be in 0..3")
    if not (0 < r < N and 0 < s < N):
        raise SignatureRecoveryError("r and s must be in 1..n-1")
    point = _point_at(r + N * (v >> 1), v % 2)
    z, inverse = int.from_bytes(digest, "big"), pow(r, -1, N)
    key = msm(SECP256K1, [point, SECP256K1.generator], [s * inverse % N, -z * inverse % N])
    if key is None:
        raise KeyRecoveryError("the key would be the point at infinity")
    return "0x" + keccak256(*(c.to_bytes(WORD_BYTES, "big") for c in key))[12:].hex()


def _point_at(x: int, parity: int) -> tuple[int, int]:
    """The point with this x whose y is even or odd."""
    square = (x**3 + SECP256K1.b) % Q
    y = pow(square, (Q + 1) // 4, Q)
    if x >= Q or y * y % Q != square:
        raise KeyRecoveryError(f"no point has the coordinate {x:#x}")
    return x, y if y % 2 == parity else Q - y


def ecrecover(digest: bytes, signature: Signature) -> str:
    """The address as a contract gets it: v is 27 or 28, and whatever is invalid gives address 0."""
    if signature.v not in (ETHEREUM_V, ETHEREUM_V + 1):
        return NOBODY
    try:
        return recover(digest, Signature(signature.r, signature.s, signature.v - ETHEREUM_V))
    except ValueError:
        return NOBODY
