"""Time-lock: weights encrypted to a future beacon signature, so that nobody need come to reveal.

drand's members sign the number of each round, and a BLS signature is a key: identity-based
encryption takes the round for an identity, and its signature opens what was encrypted to it.

    encrypt to round t:  U = r·G2,  V = sigma ⊕ H(e(H(t), P)^r),  W = key ⊕ H(sigma)
                         where r = H(sigma, key)
    decrypt with S_t:    e(S_t, U) = e(H(t), P)^r, since S_t = s·H(t) and P = s·G2

A wrong U is found by computing r again. The payload itself is sealed with AES-GCM under the key.
Before the round nobody can open it, afterwards everybody: a validator can neither wait and see
nor stay silent, as with hashes. If t of n drand members collude, they read everything early.

The chain keeps up to ten ciphertexts per hotkey and epoch and applies them at the start of epoch
commit + period. Points and pairings are `commit.bls` (signatures in G1, keys in G2, as drand's
quicknet). The byte layout is this module's own; the chain's differs.

Sources: Boneh and Franklin 2001 with Fujisaki-Okamoto; Gailly, Melissaris, Romailler, tlock (eprint
2023/189); opentensor/subtensor @14bc6f9f (reveal commits, version 4, at most 5000 bytes).
"""

from dataclasses import dataclass

from aicrypto.algebra.curves.bls12_381 import G1, G2, PAIRING, g2_from_bytes, g2_to_bytes
from aicrypto.algebra.curves.pairing import Fq12
from aicrypto.algebra.curves.weierstrass import Affine
from aicrypto.algebra.primes import BLS12_381_P, BLS12_381_R
from aicrypto.commit.bls import SHORT_SIGNATURES
from aicrypto.commit.bls.signature import key_point, signature_point
from aicrypto.commit.hashes import sha256
from aicrypto.subnet import refusals
from aicrypto.subnet.weights.commits import HOTKEY_BYTES, scale_compact, scale_vector
from aicrypto.subnet.weights.setting import Call

VERSION = 4
MAX_BYTES = 5000
KEY_BYTES, NONCE_BYTES, TAG_BYTES, POINT_BYTES = 32, 12, 16, 96
HEAD_BYTES = POINT_BYTES + 2 * KEY_BYTES
COORDINATE_BYTES = 48
TAG = b"aicrypto.timelock.v1:"


@dataclass(frozen=True)
class Payload:
    """What a validator hides: its row, and its hotkey, so that a copy is worth nothing."""

    hotkey: bytes
    call: Call

    def to_bytes(self) -> bytes:
        """SCALE: hotkey as a vector of bytes, uids, values, version key."""
        head = scale_compact(len(self.hotkey)) + self.hotkey
        vectors = scale_vector(self.call.uids) + scale_vector(self.call.values)
        return head + vectors + self.call.version_key.to_bytes(8, "little")

    @classmethod
    def from_bytes(cls, data: bytes) -> "Payload":
        """The payload that `to_bytes` wrote.

        Raises:
            ValueError: if the bytes are no payload.
        """
        hotkey, at = _take_vector(data, 0, width=1)
        uids, at = _take_vector(data, at, width=2)
        values, at = _take_vector(data, at, width=2)
        version_key = int.from_bytes(data[at : at + 8], "little")
        payload = cls(bytes(hotkey), Call(tuple(uids), tuple(values), version_key))
        if payload.to_bytes() != data:
            raise ValueError(f"data has {len(data)} bytes that are no payload")
        return payload


def round_message(number: int) -> bytes:
    """What drand's members sign in a round, on chains without links between rounds."""
    return sha256(number.to_bytes(8, "big"))


def encrypt(payload: bytes, beacon_key: bytes, number: int, entropy: bytes) -> bytes:
    """The payload, locked until the beacon signs that round.

    The key has 96 bytes; `entropy` is 32 secret bytes that are used once.

    Raises:
        ValueError: if the key is none, or entropy has another length.
    """
    if len(entropy) != KEY_BYTES:
        raise ValueError(f"entropy has {len(entropy)} bytes, must be {KEY_BYTES}")
    sigma, key = sha256(TAG, b"sigma", entropy), sha256(TAG, b"key", entropy)
    r = _exponent(sigma, key)
    identity = SHORT_SIGNATURES.signatures.hash_to(round_message(number), SHORT_SIGNATURES.tag)
    mask = _pairing_hash(G1.multiply(identity, r), key_point(beacon_key, SHORT_SIGNATURES))
    head = g2_to_bytes(G2.multiply(G2.generator, r)) + _xor(sigma, mask)
    return head + _xor(key, sha256(TAG, b"hide", sigma)) + _seal(key, payload)


def decrypt(ciphertext: bytes, signature: bytes) -> bytes:
    """The payload, with the beacon's 48-byte signature of the round.

    Raises:
        ValueError: if the signature is not that round's, or the ciphertext was changed.
    """
    if len(ciphertext) < HEAD_BYTES + NONCE_BYTES + TAG_BYTES:
        raise ValueError(f"ciphertext has {len(ciphertext)} bytes, too few for any payload")
    point = g2_from_bytes(ciphertext[:POINT_BYTES], "ciphertext")
    hidden_sigma = ciphertext[POINT_BYTES : POINT_BYTES + KEY_BYTES]
    hidden_key = ciphertext[POINT_BYTES + KEY_BYTES : HEAD_BYTES]
    sigma = _xor(hidden_sigma, _pairing_hash(signature_point(signature, SHORT_SIGNATURES), point))
    key = _xor(hidden_key, sha256(TAG, b"hide", sigma))
    if G2.multiply(G2.generator, _exponent(sigma, key)) != point:
        raise ValueError("signature does not open this ciphertext")
    return _open(key, ciphertext[HEAD_BYTES:])


def checked(ciphertext: bytes, version: int) -> bytes:
    """The ciphertext, if the chain takes it.

    Raises:
        Refusal: IncorrectCommitRevealVersion or CommitTooLong.
    """
    if version != VERSION:
        raise refusals.IncorrectCommitRevealVersion(f"version is {version}, must be {VERSION}")
    if len(ciphertext) > MAX_BYTES:
        raise refusals.CommitTooLong(f"{len(ciphertext)} bytes, at most {MAX_BYTES} are taken")
    return ciphertext


def opened(ciphertext: bytes, signature: bytes, hotkey: bytes) -> Call | None:
    """The call inside, or None where the chain skips silently: no payload, or another's hotkey."""
    try:
        payload = Payload.from_bytes(decrypt(ciphertext, signature))
    except ValueError:
        return None
    same = payload.hotkey == hotkey and len(hotkey) == HOTKEY_BYTES
    return payload.call if same else None


def _exponent(sigma: bytes, key: bytes) -> int:
    """A scalar in 1..r-1 that both secrets determine: whoever decrypts can check U."""
    wide = sha256(TAG, b"r0", sigma, key) + sha256(TAG, b"r1", sigma, key)
    return int.from_bytes(wide, "big") % (BLS12_381_R - 1) + 1


def _pairing_hash(left: Affine, right: Affine) -> bytes:
    """A hash of e(left, right), all twelve coordinates in their canonical form."""
    value: Fq12 = PAIRING.final_exponentiation(PAIRING.miller_loop([(left, right)]))
    numbers = [int(x) % BLS12_381_P for c in value for x in (c.re, c.im)]
    return sha256(TAG, b"gt", *(x.to_bytes(COORDINATE_BYTES, "big") for x in numbers))


def _seal(key: bytes, payload: bytes) -> bytes:
    """Nonce, AES-256-GCM ciphertext and tag; a key is used once, so it may determine the nonce."""
    from Crypto.Cipher import AES

    nonce = sha256(TAG, b"nonce", key)[:NONCE_BYTES]
    body, tag = AES.new(key, AES.MODE_GCM, nonce=nonce).encrypt_and_digest(payload)
    return nonce + bytes(body) + bytes(tag)


def _open(key: bytes, sealed: bytes) -> bytes:
    from Crypto.Cipher import AES

    nonce, body, tag = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:-TAG_BYTES], sealed[-TAG_BYTES:]
    return bytes(AES.new(key, AES.MODE_GCM, nonce=nonce).decrypt_and_verify(body, tag))


def _xor(a: bytes, b: bytes) -> bytes:
    return bytes(x ^ y for x, y in zip(a, b, strict=True))


def _take_vector(data: bytes, at: int, width: int) -> tuple[list[int], int]:
    """Numbers of a SCALE vector that starts at a place, and the place after it."""
    size = 1 << (data[at] & 3) if at < len(data) else 8
    if size > 4:
        raise ValueError(f"data ends at byte {len(data)}, before a length at {at}")
    length, start = int.from_bytes(data[at : at + size], "little") >> 2, at + size
    end = start + width * length
    if end > len(data):
        raise ValueError(f"data has {len(data)} bytes, a vector ends at {end}")
    parts = range(start, end, width)
    return [int.from_bytes(data[i : i + width], "little") for i in parts], end
