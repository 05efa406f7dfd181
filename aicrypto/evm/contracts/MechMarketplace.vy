# pragma version ~=0.4.3
"""
@title   Mech marketplace
@license MIT
@notice  Agents ask other agents (mechs) for work, pay in advance, and are remembered by karma.

             request -> deliverMarketplace by the priority mech, until the deadline
                     -> by any mech of the marketplace, after it
             deliverMarketplaceWithSignatures: asked off the chain, served, and cashed in one call

@dev     Request ids, refusals and their order are those of the deployed marketplace 1.1.0, whose
         karma and balance tracker (for the chain's own money) are parts of this contract. A mech is
         whatever address registers itself; deployed ones are contracts made for a service. Money
         enters with requests and deposits, leaves with payments and fees, and nowhere else.
"""

import Signatures


event MechRegistered:
    mech: indexed(address)
    operator: indexed(address)
    rate: uint256


event MarketplaceRequest:
    priorityMech: indexed(address)
    requester: indexed(address)
    requestId: bytes32
    data: Bytes[1024]


event Deliver:
    mech: indexed(address)
    requester: indexed(address)
    requestId: bytes32
    rate: uint256
    data: Bytes[1024]


struct Mech:
    rate: uint256  # wei
    paymentType: bytes32
    operator: address


struct Request:
    priorityMech: address
    deliveryMech: address
    requester: address
    deadline: uint256
    rate: uint256


struct Signed:
    requestData: Bytes[1024]
    signature: Bytes[1024]
    deliveryData: Bytes[1024]


MAX_BATCH: constant(uint256) = 16
BASIS: constant(uint256) = 10_000
LAST_TIME: constant(uint256) = 2**32 - 1
FIXED_PRICE_NATIVE: public(constant(bytes32)) = keccak256("FixedPriceNative")
DOMAIN_TYPE: constant(bytes32) = keccak256(
    "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
)
NAME: constant(bytes32) = keccak256("MechMarketplace")
VERSION: constant(String[5]) = "1.1.0"

owner: public(immutable(address))
fee: public(immutable(uint256))  # basis points
minResponseTimeout: public(immutable(uint256))
maxResponseTimeout: public(immutable(uint256))

mechs: public(HashMap[address, Mech])
mapRequestIdInfos: public(HashMap[bytes32, Request])
mapNonces: public(HashMap[address, uint256])
mapRequestCounts: public(HashMap[address, uint256])
mapDeliveryCounts: public(HashMap[address, uint256])
mapMechDeliveryCounts: public(HashMap[address, uint256])
mapMechKarma: public(HashMap[address, int256])
mapRequesterMechKarma: public(HashMap[address, HashMap[address, int256]])
mapRequesterBalances: public(HashMap[address, uint256])
mapMechBalances: public(HashMap[address, uint256])
numUndeliveredRequests: public(uint256)
numTotalRequests: public(uint256)
collectedFees: public(uint256)


@deploy
def __init__(feeBps: uint256, minTimeout: uint256, maxTimeout: uint256):
    """
    @notice A marketplace with its fee and the time limits that it allows.
    """
    assert feeBps > 0 and minTimeout > 0, "ZeroValue"
    assert feeBps <= BASIS and minTimeout <= maxTimeout and maxTimeout <= LAST_TIME, "Overflow"
    owner = msg.sender
    fee = feeBps
    minResponseTimeout = minTimeout
    maxResponseTimeout = maxTimeout


@external
def register(rate: uint256, paymentType: bytes32, operator: address):
    """
    @notice Be a mech, at this price. The operator may ask for its payments.
    """
    assert rate > 0 and paymentType != empty(bytes32), "ZeroValue"
    self.mechs[msg.sender] = Mech(rate=rate, paymentType=paymentType, operator=operator)
    log MechRegistered(mech=msg.sender, operator=operator, rate=rate)


@external
@payable
def depositFor(account: address):
    """
    @notice Pay in for an account's later requests.
    """
    self.mapRequesterBalances[account] += msg.value


@external
@payable
@nonreentrant
def request(
    requestData: Bytes[1024],
    maxDeliveryRate: uint256,
    paymentType: bytes32,
    priorityMech: address,
    responseTimeout: uint256,
) -> bytes32:
    """
    @notice Ask one mech. It costs the mech's own price, of what is sent along or paid in before.
    """
    return self._request([requestData], maxDeliveryRate, paymentType, priorityMech, responseTimeout)[0]


@external
@payable
@nonreentrant
def requestBatch(
    requestDatas: DynArray[Bytes[1024], MAX_BATCH],
    maxDeliveryRate: uint256,
    paymentType: bytes32,
    priorityMech: address,
    responseTimeout: uint256,
) -> DynArray[bytes32, MAX_BATCH]:
    """
    @notice Ask one mech for several things.
    """
    return self._request(requestDatas, maxDeliveryRate, paymentType, priorityMech, responseTimeout)


@external
@nonreentrant
def deliverMarketplace(
    requestIds: DynArray[bytes32, MAX_BATCH],
    deliveryRates: DynArray[uint256, MAX_BATCH],
    deliveryDatas: DynArray[Bytes[1024], MAX_BATCH],
) -> DynArray[bool, MAX_BATCH]:
    """
    @notice Deliver; what counts as delivered by the caller now is true, the rest is passed over.
    """
    n: uint256 = len(requestIds)
    assert n > 0 and n == len(deliveryRates) and n == len(deliveryDatas), "WrongArrayLength"
    mech: Mech = self._mech(msg.sender)
    delivered: DynArray[bool, MAX_BATCH] = []
    earned: uint256 = 0
    count: uint256 = 0
    for i: uint256 in range(n, bound=MAX_BATCH):
        known: Request = self.mapRequestIdInfos[requestIds[i]]
        assert known.priorityMech != empty(address), "ZeroAddress"
        assert mech.paymentType == FIXED_PRICE_NATIVE, "WrongPaymentType"
        is_mine: bool = known.priorityMech == msg.sender
        is_open: bool = known.deliveryMech == empty(address) and deliveryRates[i] <= known.rate
        if not is_open or not (is_mine or block.timestamp > known.deadline):
            delivered.append(False)
            continue
        if not is_mine:
            self.mapMechKarma[known.priorityMech] -= 1
        self.mapRequestIdInfos[requestIds[i]].deliveryMech = msg.sender
        self.mapDeliveryCounts[known.requester] += 1
        self.mapRequesterBalances[known.requester] += known.rate - deliveryRates[i]
        earned += deliveryRates[i]
        count += 1
        delivered.append(True)
        log Deliver(
            mech=msg.sender,
            requester=known.requester,
            requestId=requestIds[i],
            rate=deliveryRates[i],
            data=deliveryDatas[i],
        )
    if count > 0:
        assert earned > 0, "ZeroValue"
        self.numUndeliveredRequests -= count
        self._credit(msg.sender, count, earned)
    return delivered


@external
@nonreentrant
def deliverMarketplaceWithSignatures(
    requester: address,
    requests: DynArray[Signed, MAX_BATCH],
    deliveryRates: DynArray[uint256, MAX_BATCH],
) -> DynArray[bytes32, MAX_BATCH]:
    """
    @notice Cash requests that were signed and served off the chain.
    """
    n: uint256 = len(requests)
    assert n > 0 and n == len(deliveryRates), "WrongArrayLength"
    mech: Mech = self._mech(msg.sender)
    ids: DynArray[bytes32, MAX_BATCH] = []
    cost: uint256 = 0
    for i: uint256 in range(n, bound=MAX_BATCH):
        assert len(requests[i].requestData) > 0, "ZeroValue"
        requestId: bytes32 = self._id(
            msg.sender,
            requester,
            requests[i].requestData,
            deliveryRates[i],
            mech.paymentType,
            self.mapNonces[requester],
        )
        self._verify(requester, requestId, requests[i].signature)
        assert self.mapRequestIdInfos[requestId].priorityMech == empty(address), "AlreadyRequested"
        self.mapRequestIdInfos[requestId] = Request(
            priorityMech=msg.sender,
            deliveryMech=msg.sender,
            requester=requester,
            deadline=0,
            rate=deliveryRates[i],
        )
        self.mapNonces[requester] += 1
        cost += deliveryRates[i]
        ids.append(requestId)
        log Deliver(
            mech=msg.sender,
            requester=requester,
            requestId=requestId,
            rate=deliveryRates[i],
            data=requests[i].deliveryData,
        )
    assert mech.paymentType == FIXED_PRICE_NATIVE, "ZeroAddress"
    assert cost > 0, "ZeroValue"
    assert self.mapRequesterBalances[requester] >= cost, "InsufficientBalance"
    self.mapRequesterBalances[requester] -= cost
    self.mapRequestCounts[requester] += n
    self.mapDeliveryCounts[requester] += n
    self.mapRequesterMechKarma[requester][msg.sender] += convert(n, int256)
    self.numTotalRequests += n
    self._credit(msg.sender, n, cost)
    return ids


@external
@nonreentrant
def processPayment(mech: address) -> (uint256, uint256):
    """
    @notice Pay a mech out, less the fee, which is rounded up. The mech or its operator asks.
    """
    assert msg.sender in [mech, self.mechs[mech].operator], "UnauthorizedAccount"
    balance: uint256 = self.mapMechBalances[mech]
    assert balance >= 2, "ZeroValue"
    marketplaceFee: uint256 = (balance * fee + BASIS - 1) // BASIS
    payment: uint256 = balance - marketplaceFee
    assert payment > 0, "ZeroValue"
    self.mapMechBalances[mech] = 0
    self.collectedFees += marketplaceFee
    raw_call(mech, b"", value=payment)
    return payment, marketplaceFee


@external
@nonreentrant
def drain():
    """
    @notice Pay the fees to the owner.
    """
    fees: uint256 = self.collectedFees
    assert fees > 0, "ZeroValue"
    self.collectedFees = 0
    raw_call(owner, b"", value=fees)


@external
@view
def getRequestStatus(requestId: bytes32) -> uint8:
    """
    @notice 0 none, 1 waits for its mech, 2 waits for anybody, 3 delivered.
    """
    known: Request = self.mapRequestIdInfos[requestId]
    if known.priorityMech == empty(address):
        return 0
    if known.deliveryMech != empty(address):
        return 3
    return 2 if block.timestamp > known.deadline else 1


@external
@view
def getRequestId(
    mech: address,
    requester: address,
    requestData: Bytes[1024],
    deliveryRate: uint256,
    paymentType: bytes32,
    nonce: uint256,
) -> bytes32:
    """
    @notice The id of a request.
    """
    return self._id(mech, requester, requestData, deliveryRate, paymentType, nonce)


@external
@view
def domainSeparator() -> bytes32:
    """
    @notice What stands for this marketplace on this chain.
    """
    return self._domain()


@internal
@payable
def _request(
    datas: DynArray[Bytes[1024], MAX_BATCH],
    maxDeliveryRate: uint256,
    paymentType: bytes32,
    priorityMech: address,
    responseTimeout: uint256,
) -> DynArray[bytes32, MAX_BATCH]:
    assert responseTimeout <= LAST_TIME, "Overflow"
    assert block.timestamp + responseTimeout <= LAST_TIME, "Overflow"
    assert (
        responseTimeout >= minResponseTimeout and responseTimeout <= maxResponseTimeout
    ), "OutOfBounds"
    n: uint256 = len(datas)
    assert maxDeliveryRate > 0 and paymentType != empty(bytes32) and n > 0, "ZeroValue"
    mech: Mech = self._mech(priorityMech)
    assert mech.rate <= maxDeliveryRate, "Overflow"
    assert mech.paymentType == paymentType, "WrongPaymentType"
    ids: DynArray[bytes32, MAX_BATCH] = []
    for data: Bytes[1024] in datas:
        assert len(data) > 0, "ZeroValue"
        nonce: uint256 = self.mapNonces[msg.sender]
        requestId: bytes32 = self._id(
            priorityMech, msg.sender, data, mech.rate, paymentType, nonce
        )
        assert self.mapRequestIdInfos[requestId].priorityMech == empty(address), "AlreadyRequested"
        self.mapRequestIdInfos[requestId] = Request(
            priorityMech=priorityMech,
            deliveryMech=empty(address),
            requester=msg.sender,
            deadline=block.timestamp + responseTimeout,
            rate=mech.rate,
        )
        self.mapNonces[msg.sender] = nonce + 1
        ids.append(requestId)
        log MarketplaceRequest(
            priorityMech=priorityMech, requester=msg.sender, requestId=requestId, data=data
        )
    assert paymentType == FIXED_PRICE_NATIVE, "ZeroAddress"
    available: uint256 = self.mapRequesterBalances[msg.sender] + msg.value
    assert available >= mech.rate * n, "InsufficientBalance"
    self.mapRequesterBalances[msg.sender] = available - mech.rate * n
    self.mapRequesterMechKarma[msg.sender][priorityMech] += convert(n, int256)
    self.mapRequestCounts[msg.sender] += n
    self.numUndeliveredRequests += n
    self.numTotalRequests += n
    return ids


@internal
def _credit(mech: address, count: uint256, earned: uint256):
    self.mapMechDeliveryCounts[mech] += count
    self.mapMechKarma[mech] += convert(count, int256)
    self.mapMechBalances[mech] += earned


@internal
@view
def _mech(mech: address) -> Mech:
    assert mech != empty(address), "ZeroAddress"
    known: Mech = self.mechs[mech]
    assert known.rate > 0, "UnauthorizedAccount"
    return known


@internal
@view
def _verify(requester: address, digest: bytes32, signature: Bytes[1024]):
    """
    @dev A contract is asked; a person's v may be 0 or 1 for 27 or 28.
    """
    assert requester != empty(address), "ZeroAddress"
    if requester.is_contract:
        assert Signatures._ask(requester, digest, signature), "SignatureNotValidated"
        return
    assert len(signature) == 65, "IncorrectSignatureLength"
    v: uint256 = convert(slice(signature, 64, 1), uint256)
    plain: Bytes[1024] = signature
    if v < 4:
        plain = concat(slice(signature, 0, 64), convert(convert(v + 27, uint8), bytes1))
    assert Signatures._recover(digest, plain) == requester, "SignatureNotValidated"


@internal
@view
def _id(
    mech: address,
    requester: address,
    data: Bytes[1024],
    rate: uint256,
    paymentType: bytes32,
    nonce: uint256,
) -> bytes32:
    content: bytes32 = keccak256(
        abi_encode(self, mech, requester, keccak256(data), rate, paymentType, nonce)
    )
    return keccak256(concat(x"1901", self._domain(), content))


@internal
@view
def _domain() -> bytes32:
    """
    @dev The version is hashed as its ABI encoding, as deployed; EIP-712 says otherwise.
    """
    version: bytes32 = keccak256(abi_encode(VERSION))
    return keccak256(abi_encode(DOMAIN_TYPE, NAME, version, chain.id, self))
