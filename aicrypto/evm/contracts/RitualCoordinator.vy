# pragma version ~=0.4.3
"""
@title   Coordinator of the compute market
@license MIT
@notice  A contract subscribes to a computation; nodes deliver; every delivery is checked, billed
         and handed on. Functions, errors and events are those of the deployed market.

             createSubscription (or signed: createSubscriptionDelegatee)
             deliverCompute  ->  [verifier: finalizeProofVerification]  ->  consumer or inbox
             cancelSubscription

@dev     Money stays in wallets; this contract only says what they do. A verifier may finalise
         inside the delivery, so finalising takes no lock. Times and intervals are 32 bits wide.
         Numbers that leave their range end in Panic(0x11), as the deployed code's do.
"""


interface Registry:
    def INBOX() -> address: view
    def FEE() -> address: view
    def WALLET_FACTORY() -> address: view


interface Fee:
    def FEE() -> uint16: view
    def FEE_RECIPIENT() -> address: view


interface WalletFactory:
    def isValidWallet(wallet: address) -> bool: view


interface Wallet:
    def cTransfer(spender: address, token: address, to: address, amount: uint256): nonpayable
    def cLock(spender: address, token: address, amount: uint256): nonpayable
    def cUnlock(spender: address, token: address, amount: uint256): nonpayable


interface Verifier:
    def getWallet() -> address: view
    def isSupportedToken(token: address) -> bool: view
    def fee(token: address) -> uint256: view
    def requestProofVerification(
        subscriptionId: uint32, interval: uint32, node: address, proof: Bytes[MAX_BYTES]
    ): nonpayable


interface Inbox:
    def writeViaCoordinator(
        containerId: bytes32,
        node: address,
        subscriptionId: uint32,
        interval: uint32,
        input: Bytes[MAX_BYTES],
        output: Bytes[MAX_BYTES],
        proof: Bytes[MAX_BYTES],
    ) -> uint256: nonpayable


interface Consumer:
    def getSigner() -> address: view
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
    ): nonpayable


MAX_BYTES: constant(uint256) = 4096  # of an input, an output, a proof
MAX_CONTAINERS: constant(uint256) = 1024  # characters
TIME_MASK: constant(uint256) = 2**32 - 1
NEVER: constant(uint32) = max_value(uint32)  # activeAt of a cancelled subscription
PROOF_WINDOW: constant(uint256) = 604_800  # seconds: one week

DOMAIN: constant(bytes32) = keccak256(
    "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
)
NAME: constant(bytes32) = keccak256("InfernetCoordinator")
VERSION: constant(bytes32) = keccak256("1")
DELEGATE_TYPE: constant(bytes32) = keccak256(
    "DelegateSubscription(uint32 nonce,uint32 expiry,Subscription sub)Subscription(address owner,uint32 activeAt,uint32 period,uint32 frequency,uint16 redundancy,bytes32 containerId,bool lazy,address verifier,uint256 paymentAmount,address paymentToken,address wallet)"
)
SUBSCRIPTION_TYPE: constant(bytes32) = keccak256(
    "Subscription(address owner,uint32 activeAt,uint32 period,uint32 frequency,uint16 redundancy,bytes32 containerId,bool lazy,address verifier,uint256 paymentAmount,address paymentToken,address wallet)"
)


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


struct ProofRequest:
    expiry: uint32
    nodeWallet: address
    consumerEscrowed: uint256


event SubscriptionCreated:
    id: indexed(uint32)


event SubscriptionCancelled:
    id: indexed(uint32)


event SubscriptionFulfilled:
    id: indexed(uint32)
    node: indexed(address)


REGISTRY: immutable(Registry)
lastId: public(uint32)
subscriptions: HashMap[uint32, Subscription]
redundancyCount: public(HashMap[bytes32, uint16])  # by keccak(id, interval)
nodeResponded: public(HashMap[bytes32, bool])  # by keccak(id, interval, node)
proofRequests: public(HashMap[bytes32, ProofRequest])
delegateCreatedIds: public(HashMap[bytes32, uint32])  # by keccak(owner, nonce)


@deploy
def __init__(registry: address):
    """
    @notice A coordinator without subscriptions; the first has number 1.
    """
    REGISTRY = Registry(registry)


# Subscriptions


@external
def createSubscription(
    containerId: String[MAX_CONTAINERS],
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
    @notice Ask for a computation, `frequency` times every `period` seconds, each time by
            `redundancy` nodes.
    @param  paymentAmount What one answer costs in all, fees included.
    """
    if self._now() + convert(period, uint256) > TIME_MASK:
        self._panic()
    return self._store(
        Subscription(
            owner=msg.sender,
            activeAt=convert(self._now() + convert(period, uint256), uint32),
            period=period,
            frequency=frequency,
            redundancy=redundancy,
            containerId=keccak256(abi_encode(containerId)),
            lazy=lazy,
            verifier=verifier,
            paymentAmount=paymentAmount,
            paymentToken=paymentToken,
            wallet=wallet,
        )
    )


@external
def createSubscriptionDelegatee(
    nonce: uint32, expiry: uint32, sub: Subscription, v: uint8, r: bytes32, s: bytes32
) -> uint32:
    """
    @notice Create the subscription that the owner's signer signed; the same owner and nonce again
            give the same number, whatever else is said.
    """
    return self._create_delegated(nonce, expiry, sub, v, r, s)


@external
def cancelSubscription(subscriptionId: uint32):
    """
    @notice Take no more deliveries. What waits for a verifier is settled all the same.
    """
    if self.subscriptions[subscriptionId].owner != msg.sender:
        raw_revert(method_id("NotSubscriptionOwner()"))
    self.subscriptions[subscriptionId].activeAt = NEVER
    log SubscriptionCancelled(id=subscriptionId)


@external
@view
def getSubscription(subscriptionId: uint32) -> Subscription:
    """
    @notice A subscription; zeros if there is none.
    """
    return self.subscriptions[subscriptionId]


@external
@view
def getSubscriptionInterval(activeAt: uint32, period: uint32) -> uint32:
    """
    @notice The interval that runs now, from 1; always 1 without a period.
    """
    return self._interval(activeAt, period)


# Deliveries


@external
@nonreentrant
def deliverCompute(
    subscriptionId: uint32,
    deliveryInterval: uint32,
    input: Bytes[MAX_BYTES],
    output: Bytes[MAX_BYTES],
    proof: Bytes[MAX_BYTES],
    nodeWallet: address,
):
    """
    @notice Answer a subscription in its running interval.
    @param  nodeWallet Where the payment goes, and what stands surety where there is a verifier.
    """
    self._deliver(subscriptionId, deliveryInterval, input, output, proof, nodeWallet)


@external
@nonreentrant
def deliverComputeDelegatee(
    nonce: uint32,
    expiry: uint32,
    sub: Subscription,
    v: uint8,
    r: bytes32,
    s: bytes32,
    deliveryInterval: uint32,
    input: Bytes[MAX_BYTES],
    output: Bytes[MAX_BYTES],
    proof: Bytes[MAX_BYTES],
    nodeWallet: address,
):
    """
    @notice Create a signed subscription, unless it exists, and answer it.
    """
    subscriptionId: uint32 = self._create_delegated(nonce, expiry, sub, v, r, s)
    self._deliver(subscriptionId, deliveryInterval, input, output, proof, nodeWallet)


@external
def finalizeProofVerification(
    subscriptionId: uint32, interval: uint32, node: address, valid: bool
):
    """
    @notice Say whether an answer was proven: the node is paid, or pays. After a week without a word
            anybody may call, and the node is paid.
    """
    key: bytes32 = keccak256(abi_encode(subscriptionId, interval, node))
    request: ProofRequest = self.proofRequests[key]
    if request.expiry == 0:
        raw_revert(method_id("ProofRequestNotFound()"))
    self.proofRequests[key] = empty(ProofRequest)
    sub: Subscription = self.subscriptions[subscriptionId]
    nodeWallet: Wallet = Wallet(request.nodeWallet)
    wallet: Wallet = Wallet(sub.wallet)
    extcall nodeWallet.cUnlock(node, sub.paymentToken, sub.paymentAmount)
    extcall wallet.cUnlock(sub.owner, sub.paymentToken, request.consumerEscrowed)
    is_expired: bool = self._now() >= convert(request.expiry, uint256)
    if not is_expired and msg.sender != sub.verifier:
        raw_revert(method_id("UnauthorizedVerifier()"))
    if valid or is_expired:
        extcall wallet.cTransfer(
            sub.owner, sub.paymentToken, request.nodeWallet, request.consumerEscrowed
        )
    else:
        extcall nodeWallet.cTransfer(node, sub.paymentToken, sub.wallet, sub.paymentAmount)


# Signed subscriptions


@external
@view
def digestOf(nonce: uint32, expiry: uint32, sub: Subscription) -> bytes32:
    """
    @notice What the owner's signer signs (EIP-712).
    """
    return self._digest(nonce, expiry, sub)


@internal
def _create_delegated(
    nonce: uint32, expiry: uint32, sub: Subscription, v: uint8, r: bytes32, s: bytes32
) -> uint32:
    key: bytes32 = keccak256(abi_encode(sub.owner, nonce))
    if self.delegateCreatedIds[key] != 0:
        return self.delegateCreatedIds[key]
    if self._now() >= convert(expiry, uint256):
        raw_revert(method_id("SignatureExpired()"))
    signer: address = ecrecover(
        self._digest(nonce, expiry, sub), v, convert(r, uint256), convert(s, uint256)
    )
    if signer == empty(address):
        raw_revert(method_id("InvalidSignature()"))
    if signer != staticcall Consumer(sub.owner).getSigner():
        raw_revert(method_id("SignerMismatch()"))
    self.delegateCreatedIds[key] = self._store(sub)
    return self.delegateCreatedIds[key]


@internal
@view
def _digest(nonce: uint32, expiry: uint32, sub: Subscription) -> bytes32:
    domain: bytes32 = keccak256(abi_encode(DOMAIN, NAME, VERSION, chain.id, self))
    delegation: bytes32 = keccak256(
        abi_encode(DELEGATE_TYPE, nonce, expiry, keccak256(abi_encode(SUBSCRIPTION_TYPE, sub)))
    )
    return keccak256(concat(b"\x19\x01", domain, delegation))


@internal
def _store(sub: Subscription) -> uint32:
    self.lastId += 1
    self.subscriptions[self.lastId] = sub
    log SubscriptionCreated(id=self.lastId)
    return self.lastId


# One delivery


@internal
def _deliver(
    subscriptionId: uint32,
    interval: uint32,
    input: Bytes[MAX_BYTES],
    output: Bytes[MAX_BYTES],
    proof: Bytes[MAX_BYTES],
    nodeWallet: address,
):
    sub: Subscription = self.subscriptions[subscriptionId]
    k: uint16 = self._count(subscriptionId, interval, sub)
    if sub.paymentAmount > 0:
        self._bill(subscriptionId, interval, sub, proof, nodeWallet)
    if sub.lazy:
        inbox: Inbox = Inbox(staticcall REGISTRY.INBOX())
        index: uint256 = extcall inbox.writeViaCoordinator(
            sub.containerId, msg.sender, subscriptionId, interval, input, output, proof
        )
        extcall Consumer(sub.owner).rawReceiveCompute(
            subscriptionId, interval, k, msg.sender, b"", b"", b"", sub.containerId, index
        )
    else:
        extcall Consumer(sub.owner).rawReceiveCompute(
            subscriptionId, interval, k, msg.sender, input, output, proof, empty(bytes32), 0
        )
    log SubscriptionFulfilled(id=subscriptionId, node=msg.sender)


@internal
def _count(subscriptionId: uint32, interval: uint32, sub: Subscription) -> uint16:
    """
    @dev Which of the interval's answers this is, from 1, or a refusal.
    """
    if sub.owner == empty(address):
        raw_revert(method_id("SubscriptionNotFound()"))
    if self._now() < convert(sub.activeAt, uint256):
        raw_revert(method_id("SubscriptionNotActive()"))
    if self._interval(sub.activeAt, sub.period) != interval:
        raw_revert(method_id("IntervalMismatch()"))
    if interval > sub.frequency:
        raw_revert(method_id("SubscriptionCompleted()"))
    key: bytes32 = keccak256(abi_encode(subscriptionId, interval))
    if self.redundancyCount[key] == sub.redundancy:
        raw_revert(method_id("IntervalCompleted()"))
    self.redundancyCount[key] += 1
    node_key: bytes32 = keccak256(abi_encode(subscriptionId, interval, msg.sender))
    if self.nodeResponded[node_key]:
        raw_revert(method_id("NodeRespondedAlready()"))
    self.nodeResponded[node_key] = True
    return self.redundancyCount[key]


# Money


@internal
def _bill(
    subscriptionId: uint32,
    interval: uint32,
    sub: Subscription,
    proof: Bytes[MAX_BYTES],
    nodeWallet: address,
):
    factory: WalletFactory = WalletFactory(staticcall REGISTRY.WALLET_FACTORY())
    if not staticcall factory.isValidWallet(nodeWallet):
        raw_revert(method_id("InvalidWallet()"))
    if not staticcall factory.isValidWallet(sub.wallet):
        raw_revert(method_id("InvalidWallet()"))
    rate: uint256 = self._rate()
    if 2 * rate > convert(max_value(uint16), uint256):
        self._panic()
    protocol: uint256 = self._share(sub.paymentAmount, 2 * rate)
    rest: uint256 = self._less(sub.paymentAmount, protocol)
    wallet: Wallet = Wallet(sub.wallet)
    recipient: address = self._recipient()
    extcall wallet.cTransfer(sub.owner, sub.paymentToken, recipient, protocol)
    if sub.verifier == empty(address):
        extcall wallet.cTransfer(sub.owner, sub.paymentToken, nodeWallet, rest)
        return
    rest = self._pay_verifier(sub, rest, rate)
    extcall Wallet(nodeWallet).cLock(msg.sender, sub.paymentToken, sub.paymentAmount)
    extcall wallet.cLock(sub.owner, sub.paymentToken, rest)
    key: bytes32 = keccak256(abi_encode(subscriptionId, interval, msg.sender))
    self.proofRequests[key] = ProofRequest(
        expiry=convert((self._now() + PROOF_WINDOW) & TIME_MASK, uint32),
        nodeWallet=nodeWallet,
        consumerEscrowed=rest,
    )
    extcall Verifier(sub.verifier).requestProofVerification(
        subscriptionId, interval, msg.sender, proof
    )


@internal
def _pay_verifier(sub: Subscription, available: uint256, rate: uint256) -> uint256:
    """
    @dev Pays the verifier, less the protocol's share; what is left for the node.
    """
    verifier: Verifier = Verifier(sub.verifier)
    if not staticcall verifier.isSupportedToken(sub.paymentToken):
        raw_revert(method_id("UnsupportedVerifierToken()"))
    fee: uint256 = staticcall verifier.fee(sub.paymentToken)
    rest: uint256 = self._less(available, fee)
    protocol: uint256 = self._share(fee, rate)
    wallet: Wallet = Wallet(sub.wallet)
    payee: address = staticcall verifier.getWallet()
    recipient: address = self._recipient()
    extcall wallet.cTransfer(sub.owner, sub.paymentToken, recipient, protocol)
    extcall wallet.cTransfer(sub.owner, sub.paymentToken, payee, self._less(fee, protocol))
    return rest


@internal
@view
def _rate() -> uint256:
    return convert(staticcall Fee(staticcall REGISTRY.FEE()).FEE(), uint256)


@internal
@view
def _recipient() -> address:
    return staticcall Fee(staticcall REGISTRY.FEE()).FEE_RECIPIENT()


@internal
@pure
def _share(amount: uint256, rate: uint256) -> uint256:
    if rate > 0 and amount > max_value(uint256) // rate:
        self._panic()
    return amount * rate // 10_000


@internal
@pure
def _less(amount: uint256, part: uint256) -> uint256:
    if part > amount:
        self._panic()
    return amount - part


# Time


@internal
@view
def _now() -> uint256:
    return block.timestamp & TIME_MASK


@internal
@view
def _interval(activeAt: uint32, period: uint32) -> uint32:
    if period == 0:
        return 1
    elapsed: uint256 = (self._now() + 2**32 - convert(activeAt, uint256)) & TIME_MASK
    return convert((elapsed // convert(period, uint256) + 1) & TIME_MASK, uint32)


@internal
@pure
def _panic():
    raw_revert(abi_encode(convert(17, uint256), method_id=method_id("Panic(uint256)")))
