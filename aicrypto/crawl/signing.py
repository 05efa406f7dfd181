"""Signatures of the data network: who vouches for a receipt, and who for the ledger's head.

Every party (node, router, validator) is known by an Ed25519 public key of 32 bytes; its secret is a
32-byte seed. Ed25519 is deterministic: one message and one seed give one signature, so a run can be
repeated byte by byte. A *tree head* is the validator's word on the whole ledger at one moment, its
size, its time and its Merkle root together: a root alone does not say how many entries it covers.

Sources: RFC 8032 section 5.1 (Ed25519); RFC 6962 section 3.5 (signed tree heads; the bytes signed
here are our own, see `HEAD_LABEL`).
"""

from dataclasses import dataclass

HEAD_LABEL = b"grass-tree-head-v1"
KEY_BYTES = 32
SIGNATURE_BYTES = 64


def public_key(seed: bytes) -> bytes:
    """The 32-byte public key of a 32-byte seed.

    Raises:
        ValueError: if the seed has another length.

    Source: RFC 8032 section 7.1, test 1.

    >>> seed = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"
    >>> public_key(bytes.fromhex(seed)).hex()[:16]
    'd75a980182b10ab7'
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    _check_seed(seed)
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()


def sign(seed: bytes, message: bytes) -> bytes:
    """The 64-byte signature of a message.

    Raises:
        ValueError: if the seed has not 32 bytes.
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    _check_seed(seed)
    return Ed25519PrivateKey.from_private_bytes(seed).sign(message)


def is_signed(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the signature of the message is by the owner of the public key."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True


@dataclass(frozen=True)
class TreeHead:
    """What a validator signs about its ledger.

    Attributes:
        size: number of entries.
        timestamp_ms: when, in milliseconds since 1970.
        root: RFC 6962 root over the entries, 32 bytes.
        validator: the signer's public key.
        signature: over `message`.
    """

    size: int
    timestamp_ms: int
    root: bytes
    validator: bytes
    signature: bytes

    @classmethod
    def signed(cls, size: int, timestamp_ms: int, root: bytes, seed: bytes) -> "TreeHead":
        """The head, signed with the validator's seed.

        Raises:
            ValueError: if size or time is outside 0..2^64-1, or root or seed has not 32 bytes.
        """
        signature = sign(seed, head_message(size, timestamp_ms, root))
        return cls(size, timestamp_ms, root, public_key(seed), signature)

    @property
    def message(self) -> bytes:
        """The bytes that are signed; ValueError as in `head_message`."""
        return head_message(self.size, self.timestamp_ms, self.root)

    def is_signed(self) -> bool:
        """Whether the validator named in the head signed it; never raises."""
        try:
            message = self.message
        except (ValueError, TypeError, AttributeError):
            return False
        return is_signed(self.validator, message, self.signature)


def head_message(size: int, timestamp_ms: int, root: bytes) -> bytes:
    """Label, size and time as 8-byte big-endian integers, root.

    Raises:
        ValueError: if size or time is outside 0..2^64-1, or the root has not 32 bytes.
    """
    for name, value in {"size": size, "timestamp_ms": timestamp_ms}.items():
        if not 0 <= value < 2**64:
            raise ValueError(f"{name} is {value}, must be in 0..2^64-1")
    if len(root) != KEY_BYTES:
        raise ValueError(f"root has {len(root)} bytes, must have {KEY_BYTES}")
    return HEAD_LABEL + size.to_bytes(8, "big") + timestamp_ms.to_bytes(8, "big") + root


def _check_seed(seed: bytes) -> None:
    if len(seed) != KEY_BYTES:
        raise ValueError(f"seed has {len(seed)} bytes, must have {KEY_BYTES}")
