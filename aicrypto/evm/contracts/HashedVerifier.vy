# pragma version ~=0.4.3
"""
@title   Verifier of statements that are hashed into one public input
@license MIT
@notice  A Groth16 verifier pays 7,000 gas for every public input. This one stands before a verifier
         with a single input, which is the hash of all that the proof is about:

             pub = sha256("aic1" || length in 2 bytes || data) >> 3

         The circuit computes the same hash from its wires. It is computed here, from the data that
         the caller shows: a digest that the caller may choose would say nothing about the data.
         Tag and length in front keep apart statements of other kinds and other lengths; the three
         bits are cut off so that every digest is below the group's order.

@dev     Shown data is only as good as the proof: ask this contract, not the verifier behind it.
"""

interface Verifier:
    def verifyProof(
        a: uint256[2], b: uint256[2][2], c: uint256[2], pub: uint256[1]
    ) -> bool: view

TAG: constant(Bytes[4]) = b"aic1"
MAX_BYTES: constant(uint256) = 4096
VERIFIER: public(immutable(address))


@deploy
def __init__(verifier: address):
    """
    @notice Stand before this verifier.
    """
    assert verifier.is_contract, "no contract there"
    VERIFIER = verifier


@external
@view
def verifyStatement(
    a: uint256[2], b: uint256[2][2], c: uint256[2], data: Bytes[MAX_BYTES]
) -> bool:
    """
    @notice Does the proof hold for this data?
    @param data What the circuit hashes, for instance inputs and logits of a network.
    """
    length: bytes2 = convert(convert(len(data), uint16), bytes2)
    digest: bytes32 = sha256(concat(TAG, length, data))
    return staticcall Verifier(VERIFIER).verifyProof(a, b, c, [convert(digest, uint256) >> 3])
