"""Signatures of 32-byte digests with secp256k1, and who made them.

Ethereum's contracts recover the signer's address from a signature. Each signature has a twin with
n - s in place of s, which the curve accepts too; whoever keeps signatures apart by their bytes
(a list of used ones, say) is fooled by it. So `recover_address`, the strict form, takes the smaller
s only; `recover` takes both, as the chain's own `ecrecover` does.

A signature is v (27 or 28), r and s; as 65 bytes r and s come first, of 32 bytes, big-endian.
Recovering takes about 10 ms in pure Python, signing (RFC 6979, so the same every time) about 8 ms.
Source: SEC 1 §4.1; EIP-2; OpenZeppelin 4.9 ECDSA.
"""

from dataclasses import dataclass

from aicrypto.commit.hashes import checked_digest
from aicrypto.evm.accounts import GROUP_ORDER

SIGNATURE_BYTES = 65
V_OFFSET = 27
VERSIONS = (V_OFFSET, V_OFFSET + 1)


class InvalidSignature(ValueError):
    """Bytes or numbers that are no signature of anybody."""


@dataclass(frozen=True)
class Signature:
    """An ECDSA signature on secp256k1; `v` is 27 or 28."""

    v: int
    r: int
    s: int

    @classmethod
    def from_bytes(cls, data: bytes) -> "Signature":
        """The signature in 65 bytes; InvalidSignature for another number of them."""
        if len(data) != SIGNATURE_BYTES:
            raise InvalidSignature(f"signature has {len(data)} bytes, must have {SIGNATURE_BYTES}")
        r, s = (int.from_bytes(data[i : i + 32], "big") for i in (0, 32))
        return cls(data[64], r, s)

    @property
    def fields(self) -> tuple[int, bytes, bytes]:
        """v, r and s, as contracts take them apart."""
        return self.v, self.r.to_bytes(32, "big"), self.s.to_bytes(32, "big")

    @property
    def twin(self) -> "Signature":
        """The other signature of the same digest, which anybody can compute."""
        return Signature(sum(VERSIONS) - self.v, self.r, GROUP_ORDER - self.s)


def sign_digest(digest: bytes, private_key: bytes) -> bytes:
    """The 65-byte signature of a digest.

    Raises:
        ValueError: if the digest has not 32 bytes.
    """
    from eth_keys.datatypes import PrivateKey

    checked_digest("digest", digest)
    made = PrivateKey(private_key).sign_msg_hash(digest)
    v, r, s = Signature(VERSIONS[made.v], made.r, made.s).fields
    return r + s + bytes([v])


def recover(digest: bytes, signature: Signature) -> str:
    """Lower-case address of whoever signed the digest, with either s.

    Raises:
        InvalidSignature: unless v is 27 or 28, r and s are in 1..n-1, and some key fits.
    """
    from eth_keys.datatypes import Signature as Numbers
    from eth_keys.exceptions import BadSignature
    from eth_utils.exceptions import ValidationError

    v, r, s = signature.v, signature.r, signature.s
    if v not in VERSIONS:
        raise InvalidSignature(f"v is {v}, must be 27 or 28")
    if not 0 < r < GROUP_ORDER or not 0 < s < GROUP_ORDER:
        raise InvalidSignature(f"r is {r} and s is {s}, must be in 1..n-1")
    try:
        key = Numbers(vrs=(v - V_OFFSET, r, s)).recover_public_key_from_msg_hash(digest)
    except (BadSignature, ValidationError, ValueError) as error:
        raise InvalidSignature(f"{signature} is of no key: {error}") from None
    return str(key.to_address())


def recover_address(digest: bytes, signature: bytes) -> str:
    """Lower-case address of whoever signed the digest, from the strict form.

    Raises:
        InvalidSignature: unless it has 65 bytes, s is in the lower half, and `recover` takes it.
    """
    numbers = Signature.from_bytes(signature)
    if numbers.s > GROUP_ORDER // 2:
        raise InvalidSignature(f"s is {numbers.s}, must be at most n/2")
    return recover(digest, numbers)


def signer_of(digest: bytes, signature: bytes) -> str | None:
    """Like `recover_address`, with None for bytes that are no signature."""
    try:
        return recover_address(digest, signature)
    except InvalidSignature:
        return None
