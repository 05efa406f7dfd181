"""BLS signatures: 96 bytes that stand for any number of signers.

    key pair: sk, pk = sk·G     signature: sk·H(m)     valid: e(pk, H(m)) = e(G, signature)

Signing is a multiplication, so signatures and keys add up: one sum stands for all signers of a
message, one check for all of them. Ethereum's consensus lives by it, hundreds of thousands of
validators an epoch. The price is the rogue key: whoever publishes pk2 = a·G - pk1, a key nobody has
the secret of, signs for {pk1, pk2} alone with a. So each key comes with a *proof of possession*, a
signature over itself under another tag, and `fast_aggregate_verify` is sound only for keys whose
proof was checked once. A suite without such proofs must have signers sign different messages.

Everything travels as bytes; a secret key is 32, big-endian, in 1..r-1. A public key is decoded and
its subgroup checked at its first use, then remembered. Not constant time: a clock learns about
secret keys, so this signs in class, not for money.

Sources: Boneh, Lynn, Shacham 2001; draft-irtf-cfrg-bls-signature-05; batch weights: Ferrara, Green,
Hohenberger, Pedersen, eprint 2008/015, section 4.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from aicrypto.algebra.curves import bls12_381
from aicrypto.algebra.curves.msm import msm
from aicrypto.algebra.curves.weierstrass import Affine, Curve
from aicrypto.algebra.plain import BadLength
from aicrypto.algebra.primes import BLS12_381_FR
from aicrypto.commit.bls.hash_to_curve import hash_to_g1, hash_to_g2
from aicrypto.commit.hashes import sha256

SECRET_BYTES = 32
KEYGEN_SALT = b"BLS-SIG-KEYGEN-SALT-"
KEYGEN_BYTES = 48  # 255 bits, and 128 more against bias
WEIGHT_BITS = 128  # a false batch passes with probability 2^-128
REMEMBERED_KEYS = 4096


@dataclass(frozen=True)
class Side:
    """What a suite does in one of the two groups: keys live in one, signatures in the other."""

    curve: Curve
    to_bytes: Callable[[Affine], bytes]
    from_bytes: Callable[[bytes, str], Affine]
    hash_to: Callable[[bytes, bytes], Affine]


IN_G1 = Side(bls12_381.G1, bls12_381.g1_to_bytes, bls12_381.g1_from_bytes, hash_to_g1)
IN_G2 = Side(bls12_381.G2, bls12_381.g2_to_bytes, bls12_381.g2_from_bytes, hash_to_g2)


@dataclass(frozen=True)
class Suite:
    """Which group is whose, and the tags under which messages are hashed.

    Attributes:
        possession_tag: None if the suite has no proofs of possession.
    """

    keys: Side
    signatures: Side
    tag: bytes
    possession_tag: bytes | None

    def pair(self, key: Affine, point: Affine) -> tuple[Affine, Affine]:
        """A key and a signature or hashed message, in the order that the pairing takes."""
        return (key, point) if self.keys is IN_G1 else (point, key)


# Ethereum's suite: keys of 48 bytes, because everybody stores them, signatures of 96.
ETHEREUM = Suite(
    keys=IN_G1,
    signatures=IN_G2,
    tag=b"BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_",
    possession_tag=b"BLS_POP_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_",
)
# Signatures of 48 bytes under keys of 96: drand's randomness, one key and endless signatures.
SHORT_SIGNATURES = Suite(
    keys=IN_G2,
    signatures=IN_G1,
    tag=b"BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_",
    possession_tag=None,
)


def keygen(seed: bytes) -> bytes:
    """The secret key of a seed of at least 32 secret bytes, such as `secrets.token_bytes(32)`.

    Source: draft-irtf-cfrg-bls-signature-05 section 2.3 (HKDF-SHA-256, RFC 5869).

    Raises:
        BadLength: if the seed is shorter.
    """
    if len(seed) < SECRET_BYTES:
        raise BadLength(f"seed has {len(seed)} bytes, must have at least {SECRET_BYTES}")
    salt, scalar, info = KEYGEN_SALT, 0, KEYGEN_BYTES.to_bytes(2, "big")
    while scalar == 0:
        salt = sha256(salt)
        extracted = hmac.digest(salt, seed + b"\0", "sha256")
        first = hmac.digest(extracted, info + b"\1", "sha256")
        second = hmac.digest(extracted, first + info + b"\2", "sha256")
        scalar = BLS12_381_FR.from_int(int.from_bytes((first + second)[:KEYGEN_BYTES], "big"))
    return BLS12_381_FR.to_bytes(scalar)


def secret_scalar(sk: bytes) -> int:
    """The integer in 1..r-1 that a secret key is.

    Raises:
        ValueError: if the key has not 32 bytes, or is 0, r or more.
    """
    scalar = BLS12_381_FR.from_bytes(sk)
    if scalar == 0:
        raise ValueError(f"sk is 0, must be in 1..{BLS12_381_FR.modulus - 1}")
    return scalar


def sk_to_pk(sk: bytes, suite: Suite = ETHEREUM) -> bytes:
    """The public key sk·G; errors as for `secret_scalar`."""
    curve = suite.keys.curve
    return suite.keys.to_bytes(curve.multiply(curve.generator, secret_scalar(sk)))


def sign(sk: bytes, message: bytes, suite: Suite = ETHEREUM) -> bytes:
    """The signature sk·H(message): deterministic, one for each key and message.

    >>> sk = keygen(bytes(32))
    >>> verify(sk_to_pk(sk), b"gm", sign(sk, b"gm"))
    True

    Raises:
        ValueError: if the secret key has not 32 bytes, or is 0, r or more.
    """
    return _sign(sk, message, suite, suite.tag)


def verify(pubkey: bytes, message: bytes, signature: bytes, suite: Suite = ETHEREUM) -> bool:
    """Whether the owner of the key signed the message: two Miller loops, one exponentiation."""
    return aggregate_verify([pubkey], [message], signature, suite)


def pop_prove(sk: bytes, suite: Suite = ETHEREUM) -> bytes:
    """A proof that the owner of the public key has its secret: a signature over the key's bytes.

    Raises:
        ValueError: if the secret key is none, or the suite has no proofs of possession.
    """
    if suite.possession_tag is None:
        raise ValueError(f"suite {suite.tag.decode()} has no proofs of possession")
    return _sign(sk, sk_to_pk(sk, suite), suite, suite.possession_tag)


def pop_verify(pubkey: bytes, proof: bytes, suite: Suite = ETHEREUM) -> bool:
    """Whether the proof of possession belongs to the key; check it before trusting any sum."""
    points = _points(suite, [pubkey], [proof])
    if points is None or suite.possession_tag is None:
        return False
    (key,), (point,) = points
    return _holds(suite, [key], [suite.signatures.hash_to(pubkey, suite.possession_tag)], point)


def aggregate(signatures: Sequence[bytes], suite: Suite = ETHEREUM) -> bytes:
    """The sum of the signatures, one signature for all their signers and messages.

    Raises:
        ValueError: if there is none, or one of them is no point of its group.
    """
    if not signatures:
        raise BadLength("signatures is empty, must hold at least one")
    points = [signature_point(data, suite, f"signatures[{i}]") for i, data in enumerate(signatures)]
    return suite.signatures.to_bytes(suite.signatures.curve.sum(points))


def aggregate_verify(
    pubkeys: Sequence[bytes], messages: Sequence[bytes], signature: bytes, suite: Suite = ETHEREUM
) -> bool:
    """Whether the signature is a sum to which each key contributed by signing its message.

    Key i signs message i. Without proofs of possession equal messages are refused: they are what a
    rogue key needs. With them, each key's proof must have been checked.
    """
    points = _points(suite, pubkeys, [signature])
    if points is None or not pubkeys or not _are_messages(messages, len(pubkeys)):
        return False
    if suite.possession_tag is None and len(set(messages)) < len(messages):
        return False
    hashed = [suite.signatures.hash_to(message, suite.tag) for message in messages]
    return _holds(suite, points[0], hashed, points[1][0])


def fast_aggregate_verify(
    pubkeys: Sequence[bytes], message: bytes, signature: bytes, suite: Suite = ETHEREUM
) -> bool:
    """Whether the signature is the sum of all keys' signatures over one message; two pairings.

    Sound only if each key's proof of possession was checked; a suite that has none answers False.
    """
    points = _points(suite, pubkeys, [signature])
    if points is None or not _are_messages([message], 1) or suite.possession_tag is None:
        return False
    total = suite.keys.curve.sum(points[0])
    if total is None:  # no keys, or keys that cancel
        return False
    return _holds(suite, [total], [suite.signatures.hash_to(message, suite.tag)], points[1][0])


def batch_verify(
    pubkeys: Sequence[bytes],
    messages: Sequence[bytes],
    signatures: Sequence[bytes],
    suite: Suite = ETHEREUM,
    random_bits: Callable[[int], int] = secrets.randbits,
) -> bool:
    """Whether each key signed its message with its signature: n + 1 Miller loops instead of 2n.

    All equations are added up with random weights, drawn after the signatures are fixed and unknown
    to whoever made them. A plain sum would accept errors that cancel: sigma1 + D, sigma2 - D.
    No triple at all is valid; lists of unequal length are not.
    """
    points = _points(suite, pubkeys, signatures)
    if points is None or not _are_messages(messages, len(pubkeys)):
        return False
    if len(signatures) != len(pubkeys):
        return False
    weights = [random_bits(WEIGHT_BITS) for _ in pubkeys]
    hashed = [suite.signatures.hash_to(message, suite.tag) for message in messages]
    pairs = [suite.pair(key, point) for key, point in zip(points[0], hashed, strict=True)]
    weighted = [
        (bls12_381.G1.multiply(left, weight), right)
        for (left, right), weight in zip(pairs, weights, strict=True)
    ]
    total = msm(suite.signatures.curve, points[1], weights)
    return bls12_381.product_is_one([*weighted, suite.pair(_minus_generator(suite), total)])


def key_point(pubkey: bytes, suite: Suite = ETHEREUM) -> Affine:
    """The point of a public key: decoded and checked once, remembered afterwards.

    Raises:
        ValueError: if the bytes are no point of the group, or infinity, the key of the secret 0.
    """
    _require_bytes(pubkey, "pubkey")
    return _remembered_key(suite.keys, pubkey)


def signature_point(
    signature: bytes, suite: Suite = ETHEREUM, argument: str = "signature"
) -> Affine:
    """The point of a signature, infinity included; ValueError if it is none of its group."""
    _require_bytes(signature, argument)
    return suite.signatures.from_bytes(signature, argument)


def _sign(sk: bytes, message: bytes, suite: Suite, tag: bytes) -> bytes:
    side = suite.signatures
    return side.to_bytes(side.curve.multiply(side.hash_to(message, tag), secret_scalar(sk)))


@lru_cache(maxsize=REMEMBERED_KEYS)
def _remembered_key(side: Side, pubkey: bytes) -> Affine:
    point = side.from_bytes(pubkey, "pubkey")
    if point is None:
        raise ValueError("pubkey is infinity, the key of the secret 0")
    return point


def _points(
    suite: Suite, pubkeys: Iterable[bytes], signatures: Iterable[bytes]
) -> tuple[list[Affine], list[Affine]] | None:
    """All keys and signatures decoded, None if one of them is invalid."""
    try:
        keys = [key_point(pubkey, suite) for pubkey in pubkeys]
        return keys, [signature_point(signature, suite) for signature in signatures]
    except ValueError:
        return None


def _holds(suite: Suite, keys: Sequence[Affine], hashed: Sequence[Affine], total: Affine) -> bool:
    """Whether the product of all e(key, H(message)) is e(G, signature), as a product with 1."""
    pairs = [suite.pair(key, point) for key, point in zip(keys, hashed, strict=True)]
    return bls12_381.product_is_one([*pairs, suite.pair(_minus_generator(suite), total)])


def _minus_generator(suite: Suite) -> Affine:
    return suite.keys.curve.negate(suite.keys.curve.generator)


def _are_messages(messages: Sequence[bytes], count: int) -> bool:
    return len(messages) == count and all(isinstance(message, bytes) for message in messages)


def _require_bytes(data: bytes, argument: str) -> None:
    if not isinstance(data, bytes):
        raise ValueError(f"{argument} is a {type(data).__name__}, must be bytes")
