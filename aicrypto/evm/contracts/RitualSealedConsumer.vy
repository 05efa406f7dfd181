# pragma version ~=0.4.3
"""
@title   Consumer of sealed computations
@license MIT
@notice  Takes an answer only from a node that committed to it before any answer was public. Without
         that, several answers to one question prove nothing: the first is public, and copies of it
         are paid like work.

             commit (until SEAL seconds after the first)  ->  deliver, with the salt as proof

@dev     A commitment names its node, so a copied commitment is worth nothing. A refusal here
         reverts the whole delivery, the payment too.
"""

import RitualConsumer as consumer

initializes: consumer

exports: (
    consumer.owner,
    consumer.getSigner,
    consumer.setSigner,
    consumer.hasAllowlist,
    consumer.isAllowed,
    consumer.subscribe,
    consumer.requestCompute,
    consumer.setInput,
    consumer.getContainerInputs,
    consumer.cancel,
)

MAX_BYTES: constant(uint256) = 4096
SEAL: public(immutable(uint256))  # seconds
opensAt: public(HashMap[uint32, HashMap[uint32, uint256]])  # by subscription, interval
commitments: public(HashMap[bytes32, bytes32])  # by keccak(subscription, interval, node)


@deploy
def __init__(
    registry: address,
    signer: address,
    hasAllowlist: bool,
    nodes: DynArray[address, 64],
    seal: uint256,
):
    """
    @notice A consumer of its deployer's.
    @param  seal Seconds for which commitments are taken after the first one.
    """
    consumer.__init__(registry, signer, hasAllowlist, nodes)
    SEAL = seal


@external
def commit(subscriptionId: uint32, interval: uint32, commitment: bytes32):
    """
    @notice Commit to an answer; again, to another one.
    @param  commitment keccak(node, keccak(output), salt), a word each.
    """
    if self.opensAt[subscriptionId][interval] == 0:
        self.opensAt[subscriptionId][interval] = block.timestamp + SEAL
    if block.timestamp >= self.opensAt[subscriptionId][interval]:
        raw_revert(method_id("TooLate()"))
    key: bytes32 = keccak256(abi_encode(subscriptionId, interval, msg.sender))
    self.commitments[key] = commitment


@external
def rawReceiveCompute(
    subscriptionId: uint32,
    interval: uint32,
    redundancy: uint16,
    node: address,
    input: Bytes[MAX_BYTES],
    output: Bytes[MAX_BYTES],
    proof: Bytes[MAX_BYTES],
    containerId: bytes32,
    index: uint256,
):
    """
    @notice Take an answer that was committed to; its proof is the salt.
    """
    if block.timestamp < self.opensAt[subscriptionId][interval]:
        raw_revert(method_id("TooEarly()"))
    key: bytes32 = keccak256(abi_encode(subscriptionId, interval, node))
    known: bytes32 = self.commitments[key]
    shown: bytes32 = keccak256(concat(abi_encode(node, keccak256(output)), proof))
    if known == empty(bytes32) or known != shown or len(proof) != 32:
        raw_revert(method_id("NotCommitted()"))
    consumer._receive(subscriptionId, interval, redundancy, node, output, containerId, index)
