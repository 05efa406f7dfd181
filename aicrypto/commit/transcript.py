"""The transcript: a hash plays the verifier, and a conversation becomes a proof (Fiat-Shamir).

Prover and verifier feed the same messages into the same hash and read the same "random" challenges
out of it. What keeps a prover honest is order: every message that a challenge must not be chosen to
fit is absorbed before the challenge is drawn. Leave one out and proofs can be forged (the "Frozen
Heart" bugs of 2022).

State s is 32 bytes, counter c numbers the blocks squeezed from one state:
    start(label)       s = H(label),                              c = 0
    absorb(tag, data)  s = H(s || tag || le64(len data) || data), c = 0
    squeeze()          H(s || 0xff || le32(c)),                   c = c + 1

Challenges are uniform in F_{p^2}, p = 2^61 - 1: 122 bits, so guessing one succeeds with probability
2^-122. Format: protocol zkml-1 of this project; the hash is SHA-256.
"""

import struct
from collections.abc import Iterator

from aicrypto.algebra.plain import Fp2, P
from aicrypto.commit.hashes import sha256

WORD_BYTES = 8
BLOCK_WORDS = struct.Struct("<4Q")
# No message may carry this tag, so drawing and absorbing cannot be confused.
SQUEEZE_TAG = b"\xff"


def challenge_from_blocks(blocks: Iterator[bytes]) -> Fp2:
    """A uniform element of F_{p^2} from 32-byte blocks of uniform bytes.

    Each block holds four little-endian 64-bit words. A word is cut to 61 bits and skipped if it
    equals p (reducing it would make 0 twice as likely as any other value); the first two words kept
    are real and imaginary part.
    """
    kept: list[int] = []
    while len(kept) < 2:
        kept += [word & P for word in _words(next(blocks)) if word & P != P]
    return Fp2(kept[0], kept[1])


def _words(block: bytes) -> tuple[int, ...]:
    """The little-endian 64-bit words of a block."""
    return BLOCK_WORDS.unpack(block)


class Transcript:
    """A running SHA-256 over everything said so far, from which challenges are drawn.

    >>> alice, bob = Transcript("demo"), Transcript("demo")
    >>> alice.absorb(1, b"claim"); bob.absorb(1, b"claim")
    >>> alice.challenge() == bob.challenge()
    True
    """

    def __init__(self, label: str | bytes) -> None:
        self.state = sha256(label.encode() if isinstance(label, str) else label)
        self._squeezed = 0

    @property
    def squeezed(self) -> int:
        """How many blocks were drawn from the present state."""
        return self._squeezed

    def resume(self, state: bytes, squeezed: int) -> None:
        """Goes on where a conversation that compiled code has led from here has ended."""
        self.state, self._squeezed = state, squeezed

    def absorb(self, tag: int, data: bytes) -> None:
        """Binds all later challenges to `data`, said under the one-byte name `tag`.

        Raises:
            ValueError: if the tag is not in 0..254.
        """
        if not 0 <= tag <= 254:
            raise ValueError(f"tag is {tag}, must be in 0..254 (255 marks squeezing)")
        data = bytes(data)  # a view of wider items would tell another length
        self.state = sha256(
            self.state, bytes([tag]), len(data).to_bytes(WORD_BYTES, "little"), data
        )
        self._squeezed = 0

    def squeeze(self) -> bytes:
        """The next 32 uniform bytes of this state."""
        block = sha256(self.state + SQUEEZE_TAG + self._squeezed.to_bytes(4, "little"))
        self._squeezed += 1
        return block

    def challenge(self) -> Fp2:
        """A uniform element of F_{p^2}, fixed by everything absorbed so far and the draws since."""
        return challenge_from_blocks(iter(self.squeeze, None))

    def challenges(self, count: int) -> list[Fp2]:
        """`count` challenges, one after the other: a random point of that many coordinates."""
        return [self.challenge() for _ in range(count)]

    def indices(self, count: int, n: int) -> list[int]:
        """`count` uniform positions in 0..n-1, repetitions kept.

        Raises:
            ValueError: if n is not a power of two (a remainder would favour small positions).
        """
        if not 1 <= n <= 2**64 or n & (n - 1):
            raise ValueError(f"n is {n}, must be a power of two up to 2^64")
        drawn: list[int] = []
        while len(drawn) < count:
            drawn += _words(self.squeeze())
        return [word & (n - 1) for word in drawn[:count]]
