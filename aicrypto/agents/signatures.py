"""Signatures of 32-byte digests with secp256k1, and who made them.

Ethereum's contracts recover the signer's address from a signature. Each signature has a twin with
n - s in place of s, which the curve accepts too; whoever keeps signatures apart by their bytes
(a list of used ones, say) is fooled by it. So the strict form takes the smaller s only.

A signature is 65 bytes: r and s of 32 bytes, big-endian, then v, 27 or 28. Recovering takes about
10 ms in pure Python, signing (RFC 6979, so the same every time) about 8 ms.
Source: SEC 1 §4.1; EIP-2; OpenZeppelin 4.9 ECDSA.
"""

from aicrypto.commit.hashes import checked_digest
from aicrypto.evm.accounts import GROUP_ORDER

SIGNATURE_BYTES = 65
V_OFFSET = 27
NOBODY = "0x" + 40 * "0"


class InvalidSignature(ValueError):
    """Bytes that are no signature in the strict form."""


def sign_digest(digest: bytes, private_key: bytes) -> bytes:
    """The 65-byte signature of a digest.

    Raises:
        ValueError: if the digest has not 32 bytes.
    """
    from eth_keys.datatypes import PrivateKey

    checked_digest("digest", digest)
    signature = PrivateKey(private_key).sign_msg_hash(digest)
    words = [int(word).to_bytes(32, "big") for word in (signature.r, signature.s)]
    return b"".join(words) + bytes([V_OFFSET + signature.v])


def recover_address(digest: bytes, signature: bytes) -> str:
    """Lower-case address of whoever signed the digest.

    Raises:
        InvalidSignature: unless it has 65 bytes, v is 27 or 28, r and s are in 1..n-1, s in the
            lower half, and r is on the curve.
    """
    from eth_keys.datatypes import Signature
    from eth_keys.exceptions import BadSignature
    from eth_utils.exceptions import ValidationError

    if len(signature) != SIGNATURE_BYTES:
        raise InvalidSignature(f"signature has {len(signature)} bytes, must have 65")
    r, s = (int.from_bytes(signature[i : i + 32], "big") for i in (0, 32))
    v = signature[64] - V_OFFSET
    if v not in (0, 1):
        raise InvalidSignature(f"v is {signature[64]}, must be 27 or 28")
    if not 0 < r < GROUP_ORDER or not 0 < s <= GROUP_ORDER // 2:
        raise InvalidSignature(f"r is {r} and s is {s}, must be in 1..n-1 and 1..n/2")
    try:
        key = Signature(vrs=(v, r, s)).recover_public_key_from_msg_hash(digest)
    except (BadSignature, ValidationError, ValueError) as error:
        raise InvalidSignature(f"r is {r}, which is no point's: {error}") from None
    return str(key.to_address())


def signer_of(digest: bytes, signature: bytes) -> str | None:
    """Like `recover_address`, with None for bytes that are no signature."""
    try:
        return recover_address(digest, signature)
    except InvalidSignature:
        return None
