"""The transcript of Space and Time: Keccak-256, so that a contract can draw the same challenges.

State S is 32 bytes. Absorbing m replaces it by K(S || m), drawing reads S and replaces it by K(S):

    append(m)  S = K(S || m)      draw  c = S mod 2^253, S = K(S)      peek  c = S mod 2^253

Cutting three bits makes every challenge a canonical scalar of BN254 without a division on chain.
The price is that challenges reach only half of the field: one bit of security, harmless.

Unlike this library's own `Transcript` it absorbs no labels and no lengths: two appends and one of
the joined bytes differ, but the *meaning* of the bytes is the protocol's care. It must write
lengths into its messages where they vary, as Proof of SQL does.

Source: spaceandtimefdn/sxt-proof-of-sql@8b0de6b (protocol).
"""

from aicrypto.commit.hashes import checked_digest, keccak256

# The hash of this constant is the state that every proof starts from.
SETUP = bytes.fromhex("e8840d8a41ce9d4e14e7ba0e1b023224751361577378291fcd3f0f05f0f7e875")
CHALLENGE_BITS = 253
MASK = (1 << CHALLENGE_BITS) - 1


class KeccakTranscript:
    """A running Keccak-256 over everything said so far.

    >>> alice, bob = KeccakTranscript(), KeccakTranscript()
    >>> alice.append(b"claim"); bob.append(b"claim")
    >>> alice.peek() == bob.draw() == alice.draw()
    True

    Raises:
        ValueError: if a state is given that is not 32 bytes long.
    """

    def __init__(self, state: bytes | None = None) -> None:
        self.state = keccak256(SETUP) if state is None else checked_digest("state", state)

    def append(self, *parts: bytes) -> None:
        """Absorbs the parts as one message, whose boundaries inside are lost."""
        self.state = keccak256(self.state, *parts)

    def draw(self) -> int:
        """The next challenge, in 0..2^253-1."""
        challenge = self.peek()
        self.state = keccak256(self.state)
        return challenge

    def peek(self) -> int:
        """The challenge that `draw` would give, leaving the state as it is."""
        return int.from_bytes(self.state, "big") & MASK
