# pragma version ~=0.4.3
"""
@title   Result library
@license MIT
@notice  What an AI oracle has answered, and whether it can still change.

         open -> result, window -> final            nobody proved it wrong
                    -> replaced, new window         a court found another result
                    -> proven, final at once        a court saw a proof

         One client opens requests and uploads results; each model has one court, appointed once.
         Courts may hold a result while a dispute about it lasts.

@dev     Requests and results are announced by the client, who has their bytes.
         Another chain reads the first three mappings by storage proof: their slots are 0, 1 and 2.
         A court names a request by what was asked; the library keeps only the hash of that.
"""

# Slots 0, 1, 2 (kept first).
output_hash: public(HashMap[uint256, bytes32])
deadline: public(HashMap[uint256, uint256])  # seconds; final from then on, unless held
n_holds: public(HashMap[uint256, uint256])  # disputes that are open

WINDOW: public(immutable(uint256))  # seconds
owner: public(address)
client: public(address)
n_requests: public(uint256)
task: public(HashMap[uint256, bytes32])  # hash of model and of the input's hash
courts: public(HashMap[uint256, address])  # by model


event Overturned:
    request: indexed(uint256)
    output_hash: bytes32
    deadline: uint256


event Proven:
    request: indexed(uint256)
    output_hash: bytes32


event Held:
    request: indexed(uint256)
    n_holds: uint256


@deploy
def __init__(window: uint256):
    """
    @notice A library whose results may be doubted for so many seconds.
    """
    WINDOW = window
    self.owner = msg.sender


@external
def connect(client: address):
    """
    @notice Say, once, who opens requests and uploads results.
    """
    assert msg.sender == self.owner, "NotOwner"
    assert self.client == empty(address), "AlreadyConnected"
    self.client = client


@external
def appoint(model: uint256, court: address):
    """
    @notice Say, once, who decides about results of a model.
    """
    assert msg.sender == self.owner, "NotOwner"
    assert self.courts[model] == empty(address), "AlreadyAppointed"
    self.courts[model] = court


@external
def open(model: uint256, input_hash: bytes32) -> uint256:
    """
    @notice A new request; they are counted from 1.
    """
    assert msg.sender == self.client, "NotClient"
    request: uint256 = self.n_requests + 1
    self.n_requests = request
    self.task[request] = keccak256(abi_encode(model, input_hash))
    return request


@external
def upload(request: uint256, output_hash: bytes32):
    """
    @notice The result, once; from now on it may be doubted.
    """
    assert msg.sender == self.client, "NotClient"
    self._check_exists(request)
    assert self.output_hash[request] == empty(bytes32), "ResultExists"
    self.output_hash[request] = output_hash
    self.deadline[request] = block.timestamp + WINDOW


@external
def overturn(request: uint256, model: uint256, input_hash: bytes32, output_hash: bytes32):
    """
    @notice Replace a result by the one that a dispute established; the window begins again.
    """
    self._check_open(request, model, input_hash)
    self.output_hash[request] = output_hash
    self.deadline[request] = block.timestamp + WINDOW
    log Overturned(
        request=request, output_hash=output_hash, deadline=block.timestamp + WINDOW
    )


@external
def settle(request: uint256, model: uint256, input_hash: bytes32, output_hash: bytes32):
    """
    @notice Make a result final, as its court saw a proof of it; one that differs is replaced.
    """
    self._check_open(request, model, input_hash)
    self.output_hash[request] = output_hash
    self.deadline[request] = block.timestamp
    log Proven(request=request, output_hash=output_hash)


@external
def hold(request: uint256, model: uint256, input_hash: bytes32):
    """
    @notice Keep a result from becoming final while a dispute about it is open.
    """
    self._check_open(request, model, input_hash)
    self.n_holds[request] += 1
    log Held(request=request, n_holds=self.n_holds[request])


@external
def release(request: uint256, model: uint256, input_hash: bytes32):
    """
    @notice The end of such a dispute.
    """
    self._check_court(request, model, input_hash)
    self.n_holds[request] -= 1
    log Held(request=request, n_holds=self.n_holds[request])


@external
@view
def is_final(request: uint256) -> bool:
    """
    @notice Whether there is a result, and nothing can change it any more.
    """
    return self._is_final(request)


@internal
@view
def _is_final(request: uint256) -> bool:
    return (
        self.output_hash[request] != empty(bytes32)
        and block.timestamp >= self.deadline[request]
        and self.n_holds[request] == 0
    )


@internal
@view
def _check_exists(request: uint256):
    assert self.task[request] != empty(bytes32), "NoSuchRequest"


@internal
@view
def _check_court(request: uint256, model: uint256, input_hash: bytes32):
    self._check_exists(request)
    assert self.task[request] == keccak256(abi_encode(model, input_hash)), "WrongTask"
    assert msg.sender == self.courts[model], "NotCourt"


@internal
@view
def _check_open(request: uint256, model: uint256, input_hash: bytes32):
    """
    @dev A result that its court may still change.
    """
    self._check_court(request, model, input_hash)
    assert self.output_hash[request] != empty(bytes32), "NoResult"
    assert not self._is_final(request), "AlreadyFinal"
