# pragma version ~=0.4.3
"""
@title   Consumer of computations
@license MIT
@notice  A contract that subscribes, says who may sign for it and what nodes are to work on, may
         take answers from chosen nodes only, and announces what it receives.
"""


interface Registry:
    def COORDINATOR() -> address: view


interface Coordinator:
    def createSubscription(
        containerId: String[1024],
        frequency: uint32,
        period: uint32,
        redundancy: uint16,
        lazy: bool,
        paymentToken: address,
        paymentAmount: uint256,
        wallet: address,
        verifier: address,
    ) -> uint32: nonpayable
    def cancelSubscription(subscriptionId: uint32): nonpayable


MAX_BYTES: constant(uint256) = 4096


event Received:
    subscriptionId: indexed(uint32)
    node: indexed(address)
    interval: uint32
    redundancy: uint16
    output: Bytes[MAX_BYTES]
    containerId: bytes32
    index: uint256


REGISTRY: immutable(Registry)
owner: public(address)
getSigner: public(address)
hasAllowlist: public(bool)
isAllowed: public(HashMap[address, bool])
inputs: HashMap[uint32, Bytes[MAX_BYTES]]  # by subscription


@deploy
def __init__(registry: address, signer: address, hasAllowlist: bool, nodes: DynArray[address, 64]):
    """
    @notice A consumer of its deployer's.
    @param  nodes Whose answers it takes, if it has an allowlist.
    """
    REGISTRY = Registry(registry)
    self.owner = msg.sender
    self.getSigner = signer
    self.hasAllowlist = hasAllowlist
    for node: address in nodes:
        self.isAllowed[node] = True


@external
def setSigner(signer: address):
    """
    @notice Change who signs. What was created stays.
    """
    self._check_owner()
    self.getSigner = signer


@external
def subscribe(
    containerId: String[1024],
    frequency: uint32,
    period: uint32,
    redundancy: uint16,
    lazy: bool,
    paymentToken: address,
    paymentAmount: uint256,
    wallet: address,
    verifier: address,
) -> uint32:
    """
    @notice Subscribe; arguments as the coordinator's.
    """
    self._check_owner()
    return self._subscribe(
        containerId,
        frequency,
        period,
        redundancy,
        lazy,
        paymentToken,
        paymentAmount,
        wallet,
        verifier,
    )


@external
def requestCompute(
    containerId: String[1024],
    input: Bytes[MAX_BYTES],
    redundancy: uint16,
    paymentToken: address,
    paymentAmount: uint256,
    wallet: address,
    verifier: address,
) -> uint32:
    """
    @notice Subscribe to one computation on an input, to be delivered at once.
    """
    self._check_owner()
    subscriptionId: uint32 = self._subscribe(
        containerId, 1, 0, redundancy, False, paymentToken, paymentAmount, wallet, verifier
    )
    self.inputs[subscriptionId] = input
    return subscriptionId


@external
def setInput(subscriptionId: uint32, input: Bytes[MAX_BYTES]):
    """
    @notice Say what a subscription's next intervals work on.
    """
    self._check_owner()
    self.inputs[subscriptionId] = input


@external
@view
def getContainerInputs(
    subscriptionId: uint32, interval: uint32, timestamp: uint32, caller: address
) -> Bytes[MAX_BYTES]:
    """
    @notice What a node is to work on; here the same for all intervals, times and nodes.
    """
    return self.inputs[subscriptionId]


@external
def cancel(subscriptionId: uint32):
    """
    @notice Cancel.
    """
    self._check_owner()
    extcall Coordinator(staticcall REGISTRY.COORDINATOR()).cancelSubscription(subscriptionId)


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
    @notice Take an answer from the coordinator.
    """
    self._receive(subscriptionId, interval, redundancy, node, output, containerId, index)


@internal
def _receive(
    subscriptionId: uint32,
    interval: uint32,
    redundancy: uint16,
    node: address,
    output: Bytes[MAX_BYTES],
    containerId: bytes32,
    index: uint256,
):
    if msg.sender != staticcall REGISTRY.COORDINATOR():
        raw_revert(method_id("NotCoordinator()"))
    if self.hasAllowlist and not self.isAllowed[node]:
        raw_revert(method_id("NodeNotAllowed()"))
    log Received(
        subscriptionId=subscriptionId,
        node=node,
        interval=interval,
        redundancy=redundancy,
        output=output,
        containerId=containerId,
        index=index,
    )


@internal
def _subscribe(
    containerId: String[1024],
    frequency: uint32,
    period: uint32,
    redundancy: uint16,
    lazy: bool,
    paymentToken: address,
    paymentAmount: uint256,
    wallet: address,
    verifier: address,
) -> uint32:
    return extcall Coordinator(staticcall REGISTRY.COORDINATOR()).createSubscription(
        containerId,
        frequency,
        period,
        redundancy,
        lazy,
        paymentToken,
        paymentAmount,
        wallet,
        verifier,
    )


@internal
@view
def _check_owner():
    if msg.sender != self.owner:
        raw_revert(method_id("Unauthorized()"))
