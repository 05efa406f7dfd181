# pragma version ~=0.4.3
"""
@title   Consumer of proven computations
@license MIT
@notice  Takes an output only if it is what the proof beside it is about. The verifier has looked at
         the proof alone, so without this a node could show a good proof and deliver anything.
@dev     The proof is as `RitualProofVerifier` has it: eight words, then the outputs.
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
HEAD_BYTES: constant(uint256) = 256
OUTPUT_BYTES: public(immutable(uint256))


@deploy
def __init__(registry: address, n_outputs: uint256):
    """
    @notice A consumer of its deployer's, which takes answers from any node.
    """
    consumer.__init__(registry, empty(address), False, [])
    assert 0 < n_outputs and n_outputs <= 120, "n_outputs must be in 1..120"
    OUTPUT_BYTES = 32 * n_outputs


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
    @notice Take an answer that its proof is about.
    """
    if len(output) != OUTPUT_BYTES or len(proof) < HEAD_BYTES + OUTPUT_BYTES:
        raw_revert(method_id("OutputNotProven()"))
    if keccak256(slice(proof, HEAD_BYTES, OUTPUT_BYTES)) != keccak256(output):
        raw_revert(method_id("OutputNotProven()"))
    consumer._receive(subscriptionId, interval, redundancy, node, output, containerId, index)
