# pragma version ~=0.4.3
"""
@title   Verifier by a judge
@license MIT
@notice  Decides about answers as its judge says: at once, by a standing word, or later, by a call.
         It shows both times at which a verifier may speak.
@dev     Fees are paid to this contract itself.
"""

import RitualDesk as desk

initializes: desk
exports: desk.__interface__

MAX_BYTES: constant(uint256) = 4096


event ProofAsked:
    subscriptionId: indexed(uint32)
    node: indexed(address)
    interval: uint32
    proof: Bytes[MAX_BYTES]


IS_ATOMIC: public(immutable(bool))
standing: public(bool)  # what an atomic verifier answers


@deploy
def __init__(registry: address, atomic: bool):
    """
    @notice A verifier whose judge is its deployer.
    @param  atomic Whether it answers inside the delivery.
    """
    desk.__init__(registry)
    IS_ATOMIC = atomic


@external
@payable
def __default__():
    """
    @notice Fees come here.
    """
    pass


@external
def setStanding(valid: bool):
    """
    @notice Say what it answers inside deliveries.
    """
    desk._check_judge()
    self.standing = valid


@external
def requestProofVerification(
    subscriptionId: uint32, interval: uint32, node: address, proof: Bytes[MAX_BYTES]
):
    """
    @notice The coordinator asks about an answer.
    """
    desk._check_coordinator()
    log ProofAsked(subscriptionId=subscriptionId, node=node, interval=interval, proof=proof)
    if IS_ATOMIC:
        desk._say(subscriptionId, interval, node, self.standing)


@external
def decide(subscriptionId: uint32, interval: uint32, node: address, valid: bool):
    """
    @notice The judge speaks.
    """
    desk._check_judge()
    desk._say(subscriptionId, interval, node, valid)
