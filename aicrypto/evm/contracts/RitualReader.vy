# pragma version ~=0.4.3
"""
@title   Reader of the compute market
@license MIT
@notice  Many subscriptions, or counts of answers, in one call: how a node takes its first look.
"""


interface Registry:
    def COORDINATOR() -> address: view


interface Coordinator:
    def getSubscription(subscriptionId: uint32) -> Subscription: view
    def redundancyCount(key: bytes32) -> uint16: view


MAX_BATCH: constant(uint256) = 200


struct Subscription:
    owner: address
    activeAt: uint32
    period: uint32
    frequency: uint32
    redundancy: uint16
    containerId: bytes32
    lazy: bool
    verifier: address
    paymentAmount: uint256
    paymentToken: address
    wallet: address


REGISTRY: immutable(Registry)


@deploy
def __init__(registry: address):
    """
    @notice A reader.
    """
    REGISTRY = Registry(registry)


@external
@view
def readSubscriptionBatch(startId: uint32, endId: uint32) -> DynArray[Subscription, MAX_BATCH]:
    """
    @notice Subscriptions from startId up to, not including, endId; at most 200.
    """
    coordinator: Coordinator = Coordinator(staticcall REGISTRY.COORDINATOR())
    batch: DynArray[Subscription, MAX_BATCH] = []
    for i: uint256 in range(convert(endId - startId, uint256), bound=MAX_BATCH):
        subscription: Subscription = staticcall coordinator.getSubscription(
            startId + convert(i, uint32)
        )
        batch.append(subscription)
    return batch


@external
@view
def readRedundancyCountBatch(
    ids: DynArray[uint32, MAX_BATCH], intervals: DynArray[uint32, MAX_BATCH]
) -> DynArray[uint16, MAX_BATCH]:
    """
    @notice How many answers each of these intervals has.
    """
    coordinator: Coordinator = Coordinator(staticcall REGISTRY.COORDINATOR())
    counts: DynArray[uint16, MAX_BATCH] = []
    for i: uint256 in range(len(ids), bound=MAX_BATCH):
        key: bytes32 = keccak256(abi_encode(ids[i], intervals[i]))
        counts.append(staticcall coordinator.redundancyCount(key))
    return counts
