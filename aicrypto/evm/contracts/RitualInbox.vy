# pragma version ~=0.4.3
"""
@title   Inbox of lazy answers
@license MIT
@notice  Answers that nobody was called with. A list per container and node; what a node writes by
         itself belongs to no subscription, what the coordinator writes was accepted by it.
"""


interface Registry:
    def COORDINATOR() -> address: view


MAX_BYTES: constant(uint256) = 4096


struct InboxItem:
    timestamp: uint32
    subscriptionId: uint32
    interval: uint32
    input: Bytes[MAX_BYTES]
    output: Bytes[MAX_BYTES]
    proof: Bytes[MAX_BYTES]


event NewInboxItem:
    containerId: indexed(bytes32)
    node: indexed(address)
    index: uint256


REGISTRY: immutable(Registry)
length: public(HashMap[bytes32, HashMap[address, uint256]])
items: HashMap[bytes32, HashMap[address, HashMap[uint256, InboxItem]]]


@deploy
def __init__(registry: address):
    """
    @notice An empty inbox.
    """
    REGISTRY = Registry(registry)


@external
def write(
    containerId: bytes32,
    input: Bytes[MAX_BYTES],
    output: Bytes[MAX_BYTES],
    proof: Bytes[MAX_BYTES],
) -> uint256:
    """
    @notice Leave an answer of one's own; returns its index.
    """
    return self._write(containerId, msg.sender, 0, 0, input, output, proof)


@external
def writeViaCoordinator(
    containerId: bytes32,
    node: address,
    subscriptionId: uint32,
    interval: uint32,
    input: Bytes[MAX_BYTES],
    output: Bytes[MAX_BYTES],
    proof: Bytes[MAX_BYTES],
) -> uint256:
    """
    @notice Leave an answer that the coordinator accepted; returns its index.
    """
    if msg.sender != staticcall REGISTRY.COORDINATOR():
        raw_revert(method_id("NotCoordinator()"))
    return self._write(containerId, node, subscriptionId, interval, input, output, proof)


@external
@view
def read(containerId: bytes32, node: address, index: uint256) -> InboxItem:
    """
    @notice An answer.
    """
    if index >= self.length[containerId][node]:
        raw_revert(abi_encode(convert(50, uint256), method_id=method_id("Panic(uint256)")))
    return self.items[containerId][node][index]


@internal
def _write(
    containerId: bytes32,
    node: address,
    subscriptionId: uint32,
    interval: uint32,
    input: Bytes[MAX_BYTES],
    output: Bytes[MAX_BYTES],
    proof: Bytes[MAX_BYTES],
) -> uint256:
    index: uint256 = self.length[containerId][node]
    self.length[containerId][node] = index + 1
    self.items[containerId][node][index].timestamp = convert(block.timestamp & (2**32 - 1), uint32)
    self.items[containerId][node][index].subscriptionId = subscriptionId
    self.items[containerId][node][index].interval = interval
    self.items[containerId][node][index].input = input
    self.items[containerId][node][index].output = output
    self.items[containerId][node][index].proof = proof
    log NewInboxItem(containerId=containerId, node=node, index=index)
    return index
