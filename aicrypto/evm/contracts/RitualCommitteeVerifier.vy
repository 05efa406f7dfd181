# pragma version ~=0.4.3
"""
@title   Verifier by samples
@license MIT
@notice  Auditors repeat a sample of the work each and say whether it agrees. Once as many agree as
         the threshold asks, the answer is valid; once so many disagree that this is out of reach,
         it is not. The threshold comes from a test of "the node did not do the work".
@dev     Nothing is proven; how likely a lie passes is arithmetic over the auditors' honesty and
         the chance of agreeing by accident. Silence ends in payment after the coordinator's week.
"""

import RitualDesk as desk

initializes: desk
exports: desk.__interface__

MAX_BYTES: constant(uint256) = 4096
MAX_AUDITORS: constant(uint256) = 64
THRESHOLD: public(immutable(uint256))
N_AUDITORS: public(immutable(uint256))
isAuditor: public(HashMap[address, bool])
hasVoted: public(HashMap[bytes32, bool])
n_agree: public(HashMap[bytes32, uint256])
n_disagree: public(HashMap[bytes32, uint256])


@deploy
def __init__(registry: address, auditors: DynArray[address, MAX_AUDITORS], threshold: uint256):
    """
    @notice A verifier with these auditors.
    """
    desk.__init__(registry)
    for auditor: address in auditors:
        assert not self.isAuditor[auditor], "auditor named twice"
        self.isAuditor[auditor] = True
    assert 0 < threshold and threshold <= len(auditors), "threshold out of range"
    THRESHOLD = threshold
    N_AUDITORS = len(auditors)


@external
@payable
def __default__():
    """
    @notice Fees come here.
    """
    pass


@external
def requestProofVerification(
    subscriptionId: uint32, interval: uint32, node: address, proof: Bytes[MAX_BYTES]
):
    """
    @notice The coordinator asks about an answer; the auditors see the event of the delivery.
    """
    desk._check_coordinator()


@external
def vote(subscriptionId: uint32, interval: uint32, node: address, agrees: bool):
    """
    @notice An auditor's word on an answer; the vote that decides it also settles it.
    """
    if not self.isAuditor[msg.sender]:
        raw_revert(method_id("Unauthorized()"))
    key: bytes32 = keccak256(abi_encode(subscriptionId, interval, node))
    ballot: bytes32 = keccak256(abi_encode(key, msg.sender))
    assert not self.hasVoted[ballot], "AlreadyVoted"
    self.hasVoted[ballot] = True
    if agrees:
        self.n_agree[key] += 1
        if self.n_agree[key] == THRESHOLD:
            desk._say(subscriptionId, interval, node, True)
    else:
        self.n_disagree[key] += 1
        if self.n_disagree[key] == N_AUDITORS - THRESHOLD + 1:
            desk._say(subscriptionId, interval, node, False)
