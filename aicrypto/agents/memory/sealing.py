"""Data that only one person can read, lying where everybody can fetch it.

    blob   = nonce(12) | AES-256-GCM(key, data)
    sealed = point(65) | nonce(12) | AES-256-GCM(shared key, key)

The data is encrypted under a key of its own, the key for the owner's public key (ECIES on
secp256k1: a fresh point, the x coordinate of the shared one through HKDF-SHA-256). So the same key
pair that owns an NFT opens what belongs to it. The SHA-256 of the blob names it; both ciphertexts
are bound to a context that the caller names.
Source: SEC 1 v2.0 section 5.1, NIST SP 800-38D, RFC 5869.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES, NONCE_BYTES, POINT_BYTES, TAG_BYTES = 32, 12, 65, 16
SEALED_BYTES = POINT_BYTES + NONCE_BYTES + KEY_BYTES + TAG_BYTES
LABEL = b"aicrypto.seal.v1"

Random = Callable[[int], bytes]  # so many random bytes: `secrets.token_bytes`, or a seeded one


class Locked(ValueError):
    """The key does not open it, or it was changed."""


@dataclass(frozen=True)
class Sealed:
    """Encrypted data and the key to it, sealed for one person.

    Attributes:
        blob: the data, encrypted.
        key: the blob's key, encrypted.
    """

    blob: bytes
    key: bytes

    @property
    def digest(self) -> bytes:
        """What names the blob."""
        return hashlib.sha256(self.blob).digest()


def public_key(private_key: bytes) -> bytes:
    """The point of a private key: 65 bytes, 4 | x | y."""
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    point = ec.derive_private_key(int.from_bytes(private_key, "big"), ec.SECP256K1()).public_key()
    return bytes(point.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))


def lock(data: bytes, owner: bytes, random: Random, context: bytes = b"") -> Sealed:
    """The data, for whoever has the private key of the point `owner`.

    Raises:
        ValueError: if the owner is no point of the curve.
    """
    key, nonce = random(KEY_BYTES), random(NONCE_BYTES)
    return Sealed(
        nonce + _aes(key).encrypt(nonce, data, context), _seal(key, owner, random, context)
    )


def unlock(sealed: Sealed, private_key: bytes, context: bytes = b"") -> bytes:
    """The data.

    Raises:
        Locked: for another private key or context, or if a byte was changed.
    """
    return open_blob(sealed.blob, open_key(sealed.key, private_key, context), context)


def open_key(sealed: bytes, private_key: bytes, context: bytes = b"") -> bytes:
    """The key of a blob; Locked as `unlock`."""
    if len(sealed) != SEALED_BYTES:
        raise Locked(f"sealed key has {len(sealed)} bytes, must have {SEALED_BYTES}")
    point, nonce = sealed[:POINT_BYTES], sealed[POINT_BYTES : POINT_BYTES + NONCE_BYTES]
    try:
        wrapping = _agreed(private_key, point, point)
    except ValueError:
        raise Locked("sealed key begins with no point of the curve") from None
    return _decrypt(wrapping, nonce, sealed[POINT_BYTES + NONCE_BYTES :], context)


def open_blob(blob: bytes, key: bytes, context: bytes = b"") -> bytes:
    """The data under its key; Locked as `unlock`."""
    return _decrypt(key, blob[:NONCE_BYTES], blob[NONCE_BYTES:], context)


def _seal(key: bytes, owner: bytes, random: Random, context: bytes) -> bytes:
    fresh, nonce = random(KEY_BYTES), random(NONCE_BYTES)
    point = public_key(fresh)
    return point + nonce + _aes(_agreed(fresh, owner, point)).encrypt(nonce, key, context)


def _agreed(private_key: bytes, point: bytes, fresh: bytes) -> bytes:
    """The key that both sides of an exchange compute.

    The fresh point goes into it, so that it cannot be put beside another ciphertext.
    """
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    curve = ec.SECP256K1()
    theirs = ec.EllipticCurvePublicKey.from_encoded_point(curve, point)
    mine = ec.derive_private_key(int.from_bytes(private_key, "big"), curve)
    kdf = HKDF(hashes.SHA256(), KEY_BYTES, salt=None, info=LABEL + fresh)
    return bytes(kdf.derive(mine.exchange(ec.ECDH(), theirs)))


def _decrypt(key: bytes, nonce: bytes, text: bytes, context: bytes) -> bytes:
    from cryptography.exceptions import InvalidTag

    if len(nonce) != NONCE_BYTES or len(text) < TAG_BYTES:
        raise Locked(f"ciphertext has {len(text)} bytes, must have >= {TAG_BYTES}")
    try:
        return _aes(key).decrypt(nonce, text, context)
    except InvalidTag:
        raise Locked("key, context or ciphertext is another one") from None


def _aes(key: bytes) -> "AESGCM":
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    return AESGCM(key)
