# pragma version ~=0.4.3
"""
@title   Verifier by proof
@license MIT
@notice  Decides inside the delivery, by a Groth16 proof: the public inputs are the answer, then the
         question. The judge registers each subscription's question once.

@dev     The coordinator shows a verifier the proof and not the output: that both say the same must
         be checked by whoever receives them (`RitualProvenConsumer`). A proof names no node, so
         one that was seen can be shown by another.

         Written for one number of public inputs: N_PUBLIC is replaced before compiling. A proof is
         abi_encode(a, b, c, publics), every word of it fixed in place.
"""

import RitualDesk as desk

initializes: desk
exports: desk.__interface__


interface Groth16:
    def verifyProof(
        a: uint256[2], b: uint256[2][2], c: uint256[2], pub: uint256[N_PUBLIC]
    ) -> bool: view


N_PUBLIC: constant(uint256) = 7
PROOF_BYTES: constant(uint256) = 32 * (8 + N_PUBLIC)
MAX_BYTES: constant(uint256) = 4096
GROTH16: immutable(Groth16)
N_OUTPUTS: public(immutable(uint256))  # how many of the publics are the answer
questions: public(HashMap[uint32, bytes32])


@deploy
def __init__(registry: address, groth16: address, n_outputs: uint256):
    """
    @notice A verifier of one circuit.
    """
    desk.__init__(registry)
    assert n_outputs <= N_PUBLIC, "more outputs than publics"
    GROTH16 = Groth16(groth16)
    N_OUTPUTS = n_outputs


@external
@payable
def __default__():
    """
    @notice Fees come here.
    """
    pass


@external
def ask(subscriptionId: uint32, question: bytes32):
    """
    @notice Say what a subscription asks: the hash of the publics after the outputs.
    """
    desk._check_judge()
    assert self.questions[subscriptionId] == empty(bytes32), "AlreadyAsked"
    self.questions[subscriptionId] = question


@external
def requestProofVerification(
    subscriptionId: uint32, interval: uint32, node: address, proof: Bytes[MAX_BYTES]
):
    """
    @notice The coordinator asks about an answer.
    """
    desk._check_coordinator()
    valid: bool = self._is_proof(self.questions[subscriptionId], proof)
    desk._say(subscriptionId, interval, node, valid)


@internal
@view
def _is_proof(question: bytes32, proof: Bytes[MAX_BYTES]) -> bool:
    if len(proof) != PROOF_BYTES or question == empty(bytes32):
        return False
    words: uint256[8 + N_PUBLIC] = empty(uint256[8 + N_PUBLIC])
    for i: uint256 in range(8 + N_PUBLIC):
        words[i] = convert(extract32(proof, 32 * i), uint256)
    publics: uint256[N_PUBLIC] = empty(uint256[N_PUBLIC])
    asked: bytes32 = empty(bytes32)
    for i: uint256 in range(N_PUBLIC):
        publics[i] = words[8 + i]
        if i >= N_OUTPUTS:
            asked = keccak256(abi_encode(asked, publics[i]))
    if asked != question:
        return False
    return staticcall GROTH16.verifyProof(
        [words[0], words[1]],
        [[words[2], words[3]], [words[4], words[5]]],
        [words[6], words[7]],
        publics,
    )
