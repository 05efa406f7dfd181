# pragma version ~=0.4.3
"""
@title   Validation registry of agents
@license MIT
@notice  ERC-8004: an agent asks a named validator about a piece of its work; the validator answers
         0 to 100, and may answer again. Proof verifiers, courts and attesters report here.
"""

interface Identity:
    def isAuthorizedOrOwner(spender: address, agentId: uint256) -> bool: view


event ValidationResponse:
    validator: indexed(address)
    agentId: indexed(uint256)
    requestHash: indexed(bytes32)
    response: uint8
    responseHash: bytes32
    tag: String[32]


struct Status:
    validator: address
    agentId: uint256
    response: uint8
    responseHash: bytes32
    tag: String[32]
    lastUpdate: uint256


MAX_REQUESTS: constant(uint256) = 256  # of one agent or validator
MAX_VALIDATORS: constant(uint256) = 32

identities: public(Identity)
statuses: HashMap[bytes32, Status]
answered: HashMap[bytes32, bool]
of_agent: HashMap[uint256, DynArray[bytes32, MAX_REQUESTS]]
of_validator: HashMap[address, DynArray[bytes32, MAX_REQUESTS]]


@deploy
def __init__(identities: address):
    """
    @notice A registry for the agents of an identity registry.
    """
    self.identities = Identity(identities)


@external
def validationRequest(validator: address, agentId: uint256, requestHash: bytes32):
    """
    @notice Ask a validator about an agent's work.
    """
    assert validator != empty(address), "bad validator"
    assert self.statuses[requestHash].validator == empty(address), "exists"
    assert staticcall self.identities.isAuthorizedOrOwner(msg.sender, agentId), "Not authorized"
    self.statuses[requestHash] = Status(
        validator=validator,
        agentId=agentId,
        response=0,
        responseHash=empty(bytes32),
        tag="",
        lastUpdate=block.timestamp,
    )
    self.of_agent[agentId].append(requestHash)
    self.of_validator[validator].append(requestHash)


@external
def validationResponse(
    requestHash: bytes32, response: uint8, responseHash: bytes32, tag: String[32]
):
    """
    @notice The validator's answer, in place of an earlier one.
    """
    asked: Status = self.statuses[requestHash]
    assert asked.validator != empty(address), "unknown"
    assert asked.validator == msg.sender, "not validator"
    assert response <= 100, "resp>100"
    asked.response = response
    asked.responseHash = responseHash
    asked.tag = tag
    asked.lastUpdate = block.timestamp
    self.statuses[requestHash] = asked
    self.answered[requestHash] = True
    log ValidationResponse(
        validator=msg.sender,
        agentId=asked.agentId,
        requestHash=requestHash,
        response=response,
        responseHash=responseHash,
        tag=tag,
    )


@external
@view
def getValidationStatus(requestHash: bytes32) -> Status:
    """
    @notice What is known about a request.
    """
    assert self.statuses[requestHash].validator != empty(address), "unknown"
    return self.statuses[requestHash]


@external
@view
def getValidationSummary(
    agentId: uint256, validators: DynArray[address, MAX_VALIDATORS], tag: String[32]
) -> (uint256, uint256):
    """
    @notice Count and average of answers by those validators (none: all) and of that tag ("": any).
    """
    count: uint256 = 0
    total: uint256 = 0
    for requestHash: bytes32 in self.of_agent[agentId]:
        status: Status = self.statuses[requestHash]
        is_heard: bool = len(validators) == 0 or status.validator in validators
        is_meant: bool = tag == "" or tag == status.tag
        if self.answered[requestHash] and is_heard and is_meant:
            count += 1
            total += convert(status.response, uint256)
    return count, total // max(count, 1)


@external
@view
def getAgentValidations(agentId: uint256) -> DynArray[bytes32, MAX_REQUESTS]:
    """
    @notice The requests about an agent.
    """
    return self.of_agent[agentId]


@external
@view
def getValidatorRequests(validator: address) -> DynArray[bytes32, MAX_REQUESTS]:
    """
    @notice The requests to a validator.
    """
    return self.of_validator[validator]
