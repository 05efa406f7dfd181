# pragma version ~=0.4.3
"""
@title   AI oracle
@license MIT
@notice  A contract asks a model; a node answers by calling the contract back. Functions, events and
         reasons are those of the deployed oracle ("OAO"); what it leaves to a private contract,
         the fate of results, is `ResultLibrary`.

         requestCallback -> invokeCallback -> [updateResult ...] -> isFinalized

         Beside them: a result whose callback fails can be recorded, and the callback retried.

@dev     A callback is no promise that the output is right: value may depend only on `isFinalized`.
         And it may come again (`updateResult` is open to all), so receivers must be idempotent.
         Money: fees stay here, a share of each is owed to the model's receiver; what nobody is
         owed, the financial admin may take.
"""

from ethereum.ercs import IERC20


interface ResultLibrary:
    def open(model: uint256, input_hash: bytes32) -> uint256: nonpayable
    def upload(request: uint256, output_hash: bytes32): nonpayable
    def output_hash(request: uint256) -> bytes32: view
    def is_final(request: uint256) -> bool: view


MAX_INPUT: constant(uint256) = 4096  # bytes
MAX_OUTPUT: constant(uint256) = 4096
MAX_DATA: constant(uint256) = 1024
MAX_MODELS: constant(uint256) = 256
CALLBACK: constant(bytes4) = 0xb0347814  # aiOracleCallback(uint256,bytes,bytes)
CALLBACK_ERROR: constant(bytes4) = 0x8e6fd006  # aiOracleCallbackError(uint256,uint8,bytes,bytes)

# An event of the same name with three more arguments, which Vyper cannot declare beside the other.
WIDE_REQUEST: constant(bytes32) = keccak256(
    "AICallbackRequest(address,uint256,uint256,bytes,address,uint64,bytes,uint8,uint8,uint256)"
)

# How input and output travel.
IPFS: constant(uint8) = 2
PLAIN: constant(uint8) = 255  # the caller names no way

# Flags in a request's route.
IS_UNVERIFIABLE: constant(uint256) = 1 << 224
IS_REFUSED: constant(uint256) = 1 << 225  # answered by an error

# A model's flags.
EXISTS: constant(uint256) = 1
UNVERIFIABLE: constant(uint256) = 2


struct Model:
    fee: uint256
    token: address  # nobody: the chain's own money
    terms: uint256  # receiver, then 8 bits for its percentage, then flags
    revenue: uint256  # owed to the receiver
    model_hash: bytes32
    program_hash: bytes32


struct Request:
    account: address
    route: uint256  # whom to call back, then 64 bits for the gas limit, then a flag
    callback_data: Bytes[MAX_DATA]


event AICallbackRequest:
    account: indexed(address)
    requestId: indexed(uint256)
    modelId: uint256
    input: Bytes[MAX_INPUT]
    callbackContract: address
    gasLimit: uint64
    callbackData: Bytes[MAX_DATA]


event AICallbackResult:
    account: indexed(address)
    requestId: indexed(uint256)
    invoker: address
    output: Bytes[MAX_OUTPUT]


event CallbackFailed:
    requestId: indexed(uint256)
    output: Bytes[MAX_OUTPUT]


event AIFeedbackError:
    requestId: indexed(uint256)
    code: uint8
    message: Bytes[MAX_DATA]


event Confirm:
    requestId: indexed(uint256)
    outputHash: bytes32


LIBRARY: public(immutable(ResultLibrary))
owner: public(address)
financialAdmin: public(address)
gasPrice: public(uint256)  # wei for one gas in the last callback
whitelist: public(HashMap[address, bool])
blacklist: public(HashMap[address, bool])
models: HashMap[uint256, Model]
model_ids: DynArray[uint256, MAX_MODELS]
requests: HashMap[uint256, Request]
n_accepted: public(uint256)
hasFailed: public(HashMap[uint256, bool])  # recorded results whose callback is due


@deploy
def __init__(library: address, admin: address):
    """
    @notice An oracle whose results are kept in this library.
    """
    LIBRARY = ResultLibrary(library)
    self.owner = msg.sender
    self.financialAdmin = admin


# Models, and who may do what


@external
def uploadModel(
    modelId: uint256,
    modelHash: bytes32,
    programHash: bytes32,
    fee: uint256,
    receiver: address,
    receiverPercentage: uint256,
    token: address,
    unverifiable: bool,
):
    """
    @notice Offer a model. Of one that is unverifiable no result ever becomes final.
    @param  receiverPercentage Share of each fee that is owed to the receiver.
    @param  token Currency of the fee; nobody: the chain's own money.
    """
    self._check_owner()
    assert self.models[modelId].terms == 0, "model already exists"
    assert receiverPercentage <= 100, "percentage should be <= 100"
    flags: uint256 = EXISTS
    if unverifiable:
        flags |= UNVERIFIABLE
    terms: uint256 = convert(receiver, uint256) | (receiverPercentage << 160) | (flags << 168)
    self.models[modelId] = Model(
        fee=fee,
        token=token,
        terms=terms,
        revenue=0,
        model_hash=modelHash,
        program_hash=programHash,
    )
    self.model_ids.append(modelId)


@external
def removeModel(modelId: uint256):
    """
    @notice Withdraw an offer; the receiver is paid what it is owed.
    """
    self._check_owner()
    self._check_model(modelId)
    self._pay_receiver(modelId)
    self.models[modelId] = empty(Model)
    last: uint256 = self.model_ids.pop()
    for i: uint256 in range(len(self.model_ids), bound=MAX_MODELS):
        if self.model_ids[i] == modelId:
            self.model_ids[i] = last


@external
def setModelFee(modelId: uint256, fee: uint256):
    """
    @notice Change a model's price.
    """
    self._check_owner()
    self._check_model(modelId)
    self.models[modelId].fee = fee


@external
def setWhitelist(server: address, isServer: bool):
    """
    @notice Say who may answer.
    """
    self._check_owner()
    self.whitelist[server] = isServer


@external
def setBlacklist(receiver: address, isRefusedReceiver: bool):
    """
    @notice Say which contracts are not called back.
    """
    self._check_owner()
    self.blacklist[receiver] = isRefusedReceiver


@external
def resetGasPrice():
    """
    @notice Forget what the last callback's gas cost.
    """
    self._check_owner()
    self.gasPrice = 0


# Requests


@external
@payable
def requestCallback(
    modelId: uint256,
    input: Bytes[MAX_INPUT],
    callbackContract: address,
    gasLimit: uint64,
    callbackData: Bytes[MAX_DATA],
    inputDA: uint8 = PLAIN,
    outputDA: uint8 = PLAIN,
) -> uint256:
    """
    @notice Ask a model; costs its fee and the gas of the callback. Too much money is kept.
    @param  callbackContract Whom to call back; nobody, and no gas, to read the answer elsewhere.
    @param  callbackData Comes back with the answer.
    """
    return self._request(
        modelId, input, callbackContract, gasLimit, callbackData, inputDA, outputDA, 1
    )


@external
@payable
def requestBatchInference(
    batchSize: uint256,
    modelId: uint256,
    input: Bytes[MAX_INPUT],
    callbackContract: address,
    gasLimit: uint64,
    callbackData: Bytes[MAX_DATA],
    inputDA: uint8,
    outputDA: uint8,
) -> uint256:
    """
    @notice Ask a model for several outputs, which come back as one; each costs the fee.
    @dev    A way must be named: the plain event says no size, and nobody pays for size 0.
    """
    assert inputDA != PLAIN, "batch without a way"
    return self._request(
        modelId, input, callbackContract, gasLimit, callbackData, inputDA, outputDA, batchSize
    )


@external
@view
def estimateFee(modelId: uint256, gasLimit: uint256) -> uint256:
    """
    @notice Wei to send with a request; of a model paid in tokens only the callback's gas.
    """
    return self._price(modelId, gasLimit, 1)


@external
@view
def estimateFeeBatch(modelId: uint256, gasLimit: uint256, batchSize: uint256) -> uint256:
    """
    @notice Wei to send with a batch.
    """
    return self._price(modelId, gasLimit, batchSize)


# Answers


@external
def invokeCallback(requestId: uint256, output: Bytes[MAX_OUTPUT]):
    """
    @notice Answer a request. If the callback fails, nothing has happened.
    """
    self._upload(requestId, keccak256(output))
    assert self._call_back(requestId, output), "failed to call selector"
    self._announce(requestId, output)
    self.gasPrice = tx.gasprice


@external
def recordResult(requestId: uint256, output: Bytes[MAX_OUTPUT]):
    """
    @notice Answer a request whose callback may fail: then the result stands all the same, and
            anybody may retry the callback.
    """
    self._upload(requestId, keccak256(output))
    if not self._call_back(requestId, output):
        self.hasFailed[requestId] = True
        log CallbackFailed(requestId=requestId, output=output)
    self._announce(requestId, output)
    self.gasPrice = tx.gasprice


@external
def retryCallback(requestId: uint256, output: Bytes[MAX_OUTPUT]):
    """
    @notice Call back once more for a recorded result, with as much gas as the caller gives.
    """
    assert self.hasFailed[requestId], "no callback is due"
    self._check_output(requestId, keccak256(output))
    self.hasFailed[requestId] = False
    receiver: address = self._receiver(self.requests[requestId].route)
    raw_call(receiver, self._callback(requestId, output))


@external
def updateResult(requestId: uint256, output: Bytes[MAX_OUTPUT]):
    """
    @notice Call back with the result as it stands; after a won dispute that is another one.
            Anybody may, and as often as it likes.
    """
    assert len(output) > 0, "can not upload a zero-length output"
    self._check_output(requestId, keccak256(output))
    route: uint256 = self.requests[requestId].route
    receiver: address = self._receiver(route)
    if receiver != empty(address):
        raw_call(receiver, self._callback(requestId, output), gas=self._gas_limit(route))
    self._announce(requestId, output)


@external
def feedbackError(requestId: uint256, code: uint8, message: Bytes[MAX_DATA]):
    """
    @notice Answer that there is no answer.
    @param  code 0: the input is invalid; 1: the batch size is.
    """
    assert self.whitelist[msg.sender], "Address not whitelisted"
    assert self.requests[requestId].account != empty(address), "NoSuchRequest"
    assert staticcall LIBRARY.output_hash(requestId) == empty(bytes32), "ResultExists"
    route: uint256 = self.requests[requestId].route
    assert route & IS_REFUSED == 0, "ResultExists"
    self.requests[requestId].route = route | IS_REFUSED
    receiver: address = self._receiver(route)
    if receiver != empty(address):
        data: Bytes[MAX_DATA] = self.requests[requestId].callback_data
        called: bool = raw_call(
            receiver,
            abi_encode(requestId, code, message, data, method_id=CALLBACK_ERROR),
            gas=self._gas_limit(route),
            revert_on_failure=False,
        )
    log AIFeedbackError(requestId=requestId, code=code, message=message)


@external
def confirm(requestId: uint256, outputHash: bytes32):
    """
    @notice A second server says that it finds the same output.
    """
    assert self.whitelist[msg.sender], "Address not whitelisted"
    assert outputHash != empty(bytes32), "output should match opml result"
    assert outputHash == staticcall LIBRARY.output_hash(requestId), "output should match opml result"
    log Confirm(requestId=requestId, outputHash=outputHash)


@external
@view
def isFinalized(requestId: uint256) -> bool:
    """
    @notice Whether the result can no longer change: what value may depend on.
    """
    return staticcall LIBRARY.is_final(requestId)


@external
@view
def getOutputHash(requestId: uint256) -> bytes32:
    """
    @notice Hash of the result as it stands; 0 if there is none.
    """
    return staticcall LIBRARY.output_hash(requestId)


# Money


@external
def claimModelRevenue(modelId: uint256):
    """
    @notice Pay a model's receiver what it is owed; anybody may call.
    """
    self._check_model(modelId)
    assert self.models[modelId].revenue > 0, "accumulate revenue is 0"
    self._pay_receiver(modelId)


@external
def withdraw(token: address):
    """
    @notice Pay the financial admin what is here and owed to nobody.
    """
    assert msg.sender == self.financialAdmin, "Not the financial admin"
    owed: uint256 = 0
    for modelId: uint256 in self.model_ids:
        if self.models[modelId].token == token:
            owed += self.models[modelId].revenue
    here: uint256 = self.balance
    if token != empty(address):
        here = staticcall IERC20(token).balanceOf(self)
    self._pay(token, msg.sender, here - owed)


@external
@view
def modelTerms(modelId: uint256) -> (uint256, address, address, uint256, uint256, bool):
    """
    @notice Fee, its currency, receiver, the receiver's percentage, what it is owed, and whether
            results can never be final.
    """
    self._check_model(modelId)
    model: Model = self.models[modelId]
    return (
        model.fee,
        model.token,
        self._receiver(model.terms),
        (model.terms >> 160) & 255,
        model.revenue,
        (model.terms >> 168) & UNVERIFIABLE != 0,
    )


@external
@view
def modelHashes(modelId: uint256) -> (bytes32, bytes32):
    """
    @notice What the model is: hashes of its numbers and of its program.
    """
    self._check_model(modelId)
    return self.models[modelId].model_hash, self.models[modelId].program_hash


@internal
@payable
def _request(
    modelId: uint256,
    input: Bytes[MAX_INPUT],
    callbackContract: address,
    gasLimit: uint64,
    callbackData: Bytes[MAX_DATA],
    inputDA: uint8,
    outputDA: uint8,
    batchSize: uint256,
) -> uint256:
    terms: uint256 = self.models[modelId].terms
    assert terms != 0, "model does not exist"
    assert not self.blacklist[callbackContract], "In blacklist"
    self._charge(modelId, convert(gasLimit, uint256), batchSize)
    assert len(input) > 0, "input not uploaded"
    assert (callbackContract == empty(address)) == (gasLimit == 0), "Invalid gasLimit"
    isPlain: bool = inputDA == PLAIN and outputDA == PLAIN
    assert inputDA != IPFS, "inputDA should not be IPFS"
    assert isPlain or (inputDA < IPFS and outputDA <= IPFS)

    requestId: uint256 = 0
    if isPlain and (terms >> 168) & UNVERIFIABLE != 0:
        requestId = self._unverifiable_id(
            modelId, input, callbackContract, gasLimit, callbackData
        )
    else:
        requestId = extcall LIBRARY.open(modelId, keccak256(input))
    self.requests[requestId].account = msg.sender
    route: uint256 = convert(callbackContract, uint256) | (convert(gasLimit, uint256) << 160)
    if (terms >> 168) & UNVERIFIABLE != 0:
        route |= IS_UNVERIFIABLE
    self.requests[requestId].route = route
    if len(callbackData) > 0:
        self.requests[requestId].callback_data = callbackData
    if isPlain:
        log AICallbackRequest(
            account=msg.sender,
            requestId=requestId,
            modelId=modelId,
            input=input,
            callbackContract=callbackContract,
            gasLimit=gasLimit,
            callbackData=callbackData,
        )
    else:
        raw_log(
            [WIDE_REQUEST, convert(msg.sender, bytes32), convert(requestId, bytes32)],
            abi_encode(
                modelId,
                input,
                callbackContract,
                gasLimit,
                callbackData,
                inputDA,
                outputDA,
                batchSize,
            ),
        )
    return requestId


@internal
@payable
def _charge(modelId: uint256, gasLimit: uint256, batchSize: uint256):
    """
    @dev Take the price, and book the receiver's share of it.
    """
    assert msg.value >= self._price(modelId, gasLimit, batchSize), "insufficient fee"
    due: uint256 = batchSize * self.models[modelId].fee
    token: address = self.models[modelId].token
    if token != empty(address):
        self._move(token, msg.sender, self, due)
    percentage: uint256 = (self.models[modelId].terms >> 160) & 255
    share: uint256 = due * percentage // 100
    if share > 0:
        self.models[modelId].revenue += share


@internal
@view
def _price(modelId: uint256, gasLimit: uint256, batchSize: uint256) -> uint256:
    self._check_model(modelId)
    price: uint256 = self.gasPrice * gasLimit
    if self.models[modelId].token == empty(address):
        price += batchSize * self.models[modelId].fee
    return price


@internal
@view
def _unverifiable_id(
    modelId: uint256,
    input: Bytes[MAX_INPUT],
    callbackContract: address,
    gasLimit: uint64,
    callbackData: Bytes[MAX_DATA],
) -> uint256:
    packed: Bytes[MAX_INPUT + MAX_DATA + 112] = concat(
        convert(modelId, bytes32),
        input,
        convert(callbackContract, bytes20),
        convert(gasLimit, bytes8),
        callbackData,
        convert(msg.sender, bytes20),
        convert(block.timestamp, bytes32),
    )
    return convert(keccak256(packed), uint256)


@internal
def _upload(requestId: uint256, outputHash: bytes32):
    assert self.whitelist[msg.sender], "Address not whitelisted"
    route: uint256 = self.requests[requestId].route
    assert route & IS_REFUSED == 0, "ResultExists"
    if route & IS_UNVERIFIABLE == 0:
        extcall LIBRARY.upload(requestId, outputHash)


@internal
def _call_back(requestId: uint256, output: Bytes[MAX_OUTPUT]) -> bool:
    """
    @dev Whether the callback succeeded, or none is wanted.
    """
    route: uint256 = self.requests[requestId].route
    receiver: address = self._receiver(route)
    if receiver == empty(address):
        return True
    return raw_call(
        receiver,
        self._callback(requestId, output),
        gas=self._gas_limit(route),
        revert_on_failure=False,
    )


@internal
@view
def _callback(
    requestId: uint256, output: Bytes[MAX_OUTPUT]
) -> Bytes[MAX_OUTPUT + MAX_DATA + 164]:
    data: Bytes[MAX_DATA] = self.requests[requestId].callback_data
    return abi_encode(requestId, output, data, method_id=CALLBACK)


@internal
def _announce(requestId: uint256, output: Bytes[MAX_OUTPUT]):
    log AICallbackResult(
        account=self.requests[requestId].account,
        requestId=requestId,
        invoker=msg.sender,
        output=output,
    )


@internal
@view
def _check_output(requestId: uint256, outputHash: bytes32):
    known: bytes32 = staticcall LIBRARY.output_hash(requestId)
    assert outputHash == known, "output should match opml result"


@internal
@pure
def _receiver(word: uint256) -> address:
    return convert(word & (2**160 - 1), address)


@internal
@pure
def _gas_limit(route: uint256) -> uint256:
    return (route >> 160) & (2**64 - 1)


@internal
@view
def _check_owner():
    assert msg.sender == self.owner, "Not the owner"


@internal
@view
def _check_model(modelId: uint256):
    assert self.models[modelId].terms != 0, "model does not exist"


@internal
def _pay_receiver(modelId: uint256):
    owed: uint256 = self.models[modelId].revenue
    self.models[modelId].revenue = 0
    self._pay(self.models[modelId].token, self._receiver(self.models[modelId].terms), owed)


@internal
def _pay(token: address, payee: address, amount: uint256):
    if amount == 0:
        return
    if token == empty(address):
        raw_call(payee, b"", value=amount)
    else:
        assert extcall IERC20(token).transfer(payee, amount, default_return_value=True), "token"


@internal
def _move(token: address, source: address, target: address, amount: uint256):
    assert token.is_contract, "token"
    moved: bool = False
    answer: Bytes[32] = b""  # some tokens say False, some say nothing
    moved, answer = raw_call(
        token,
        abi_encode(source, target, amount, method_id=method_id("transferFrom(address,address,uint256)")),
        max_outsize=32,
        revert_on_failure=False,
    )
    assert moved and (len(answer) == 0 or convert(answer, uint256) == 1), "token"
