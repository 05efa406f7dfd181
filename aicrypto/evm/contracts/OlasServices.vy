# pragma version ~=0.4.3
"""
@title   Service registry
@license MIT
@notice  Agents run by several operators, with bonds, under a threshold (Olas).
@dev     Reasons are the names of the deployed contract's errors, in its order. The deployed one is
         called through a manager, which passes the caller on as owner or operator; here the caller
         is meant. With `mended` two of its bugs are: instances under an agent id that the service
         no longer names, and slashing an instance of another service.
"""

interface Safe:
    def setup(owners: DynArray[address, MAX_INSTANCES], threshold: uint256): nonpayable


interface Receiver:
    def onERC721Received(
        operator: address, source: address, tokenId: uint256, data: Bytes[1024]
    ) -> bytes4: nonpayable


event Transfer:
    source: indexed(address)
    target: indexed(address)
    serviceId: indexed(uint256)


event OperatorSlashed:
    amount: uint256
    operator: indexed(address)
    serviceId: indexed(uint256)


struct AgentParams:
    slots: uint32
    bond: uint96


struct AgentInstance:
    instance: address
    agentId: uint32


struct Service:
    securityDeposit: uint96
    multisig: address
    configHash: bytes32
    threshold: uint32
    maxNumAgentInstances: uint32
    numAgentInstances: uint32
    state: uint8
    agentIds: DynArray[uint32, MAX_AGENTS]


MAX_AGENTS: constant(uint256) = 16
MAX_INSTANCES: constant(uint256) = 32
PRE_REGISTRATION: constant(uint8) = 1
ACTIVE_REGISTRATION: constant(uint8) = 2
FINISHED_REGISTRATION: constant(uint8) = 3
DEPLOYED: constant(uint8) = 4
TERMINATED_BONDED: constant(uint8) = 5
U32: constant(uint256) = 2**32 - 1

drainer: public(immutable(address))
safe: public(immutable(address))
mended: public(immutable(bool))
totalSupply: public(uint256)
slashedFunds: public(uint256)
owners: HashMap[uint256, address]
approved: HashMap[uint256, address]
isApprovedForAll: public(HashMap[address, HashMap[address, bool]])
services: HashMap[uint256, Service]
params: HashMap[uint256, HashMap[uint32, AgentParams]]
instances: HashMap[uint256, HashMap[uint32, DynArray[address, MAX_INSTANCES]]]
operated: HashMap[address, HashMap[uint256, DynArray[AgentInstance, MAX_INSTANCES]]]
mapAgentInstanceOperators: public(HashMap[address, address])
getOperatorBalance: public(HashMap[address, HashMap[uint256, uint256]])


@deploy
def __init__(drainer_: address, safe_: address, mended_: bool):
    """
    @param  drainer_ Who may take what was slashed.
    @param  safe_ Code of the multisigs.
    @param  mended_ Whether the two bugs are mended.
    """
    drainer = drainer_
    safe = safe_
    mended = mended_


@external
def create(
    owner: address,
    configHash: bytes32,
    agentIds: DynArray[uint32, MAX_AGENTS],
    agentParams: DynArray[AgentParams, MAX_AGENTS],
    threshold: uint32,
) -> uint256:
    """
    @notice A new service.
    """
    assert owner != empty(address), "ZeroAddress"
    self._check(configHash, agentIds, len(agentParams))
    for param: AgentParams in agentParams:
        assert param.slots != 0 and param.bond != 0, "ZeroValue"
    serviceId: uint256 = self.totalSupply + 1
    self.totalSupply = serviceId
    self.owners[serviceId] = owner
    self.services[serviceId].configHash = configHash
    self.services[serviceId].state = PRE_REGISTRATION
    self._configure(serviceId, agentIds, agentParams, threshold)
    log Transfer(source=empty(address), target=owner, serviceId=serviceId)
    return serviceId


@external
def update(
    configHash: bytes32,
    agentIds: DynArray[uint32, MAX_AGENTS],
    agentParams: DynArray[AgentParams, MAX_AGENTS],
    threshold: uint32,
    serviceId: uint256,
) -> bool:
    """
    @notice Make the service another one. An agent id without slots is removed; one that is not
            mentioned keeps its slots and its bond, though it is no longer the service's.
    """
    self._only_owner(serviceId)
    assert self.services[serviceId].state == PRE_REGISTRATION, "WrongServiceState"
    self._check(configHash, agentIds, len(agentParams))
    kept: DynArray[uint32, MAX_AGENTS] = []
    keptParams: DynArray[AgentParams, MAX_AGENTS] = []
    for i: uint256 in range(len(agentIds), bound=MAX_AGENTS):
        if agentParams[i].slots == 0:
            self.params[serviceId][agentIds[i]] = empty(AgentParams)
        else:
            kept.append(agentIds[i])
            keptParams.append(agentParams[i])
    self.services[serviceId].configHash = configHash
    self._configure(serviceId, kept, keptParams, threshold)
    return True


@external
@payable
def activateRegistration(serviceId: uint256) -> bool:
    """
    @notice Open the service to operators, for a deposit.
    """
    self._only_owner(serviceId)
    assert self.services[serviceId].state == PRE_REGISTRATION, "ServiceMustBeInactive"
    deposit: uint256 = convert(self.services[serviceId].securityDeposit, uint256)
    assert msg.value == deposit, "IncorrectRegistrationDepositValue"
    self.services[serviceId].state = ACTIVE_REGISTRATION
    return True


@external
@payable
def registerAgents(
    serviceId: uint256,
    agentInstances: DynArray[address, MAX_INSTANCES],
    agentIds: DynArray[uint32, MAX_INSTANCES],
) -> bool:
    """
    @notice Run instances in the service, each for the bond of its agent id.
    """
    assert len(agentInstances) == len(agentIds), "WrongArrayLength"
    assert self.services[serviceId].state == ACTIVE_REGISTRATION, "WrongServiceState"
    total: uint256 = 0
    for agentId: uint32 in agentIds:
        param: AgentParams = self.params[serviceId][agentId]
        listed: bool = not mended or agentId in self.services[serviceId].agentIds
        assert param.slots != 0 and listed, "AgentNotInService"
        total += convert(param.bond, uint256)
    assert msg.value == total, "IncorrectAgentBondingValue"
    assert self.mapAgentInstanceOperators[msg.sender] == empty(address), "WrongOperator"
    for i: uint256 in range(len(agentIds), bound=MAX_INSTANCES):
        self._register(serviceId, agentInstances[i], agentIds[i])
    service: Service = self.services[serviceId]
    if service.numAgentInstances == service.maxNumAgentInstances:
        self.services[serviceId].state = FINISHED_REGISTRATION
    self.getOperatorBalance[msg.sender][serviceId] += msg.value
    return True


@external
def deploy(serviceId: uint256) -> address:
    """
    @notice Give the instances a multisig in common.
    """
    self._only_owner(serviceId)
    assert self.services[serviceId].state == FINISHED_REGISTRATION, "WrongServiceState"
    multisig: address = create_minimal_proxy_to(safe)
    threshold: uint256 = convert(self.services[serviceId].threshold, uint256)
    extcall Safe(multisig).setup(self._agent_instances(serviceId), threshold)
    self.services[serviceId].multisig = multisig
    self.services[serviceId].state = DEPLOYED
    return multisig


@external
def slash(
    agentInstances: DynArray[address, MAX_INSTANCES],
    amounts: DynArray[uint96, MAX_INSTANCES],
    serviceId: uint256,
) -> bool:
    """
    @notice Take from the operators of these instances what they have in this service.
    """
    assert self.services[serviceId].state == DEPLOYED, "WrongServiceState"
    assert len(agentInstances) == len(amounts), "WrongArrayLength"
    assert msg.sender == self.services[serviceId].multisig, "OnlyOwnServiceMultisig"
    for i: uint256 in range(len(amounts), bound=MAX_INSTANCES):
        assert amounts[i] < max_value(uint96), "Panic"
        operator: address = self.mapAgentInstanceOperators[agentInstances[i]]
        if mended:
            assert self._is_own(operator, serviceId, agentInstances[i]), "InstanceNotInService"
        held: uint256 = self.getOperatorBalance[operator][serviceId]
        taken: uint256 = min(convert(amounts[i], uint256), held)
        self.getOperatorBalance[operator][serviceId] = held - taken
        self.slashedFunds += taken
        log OperatorSlashed(amount=taken, operator=operator, serviceId=serviceId)
    return True


@external
def terminate(serviceId: uint256) -> uint256:
    """
    @notice End the service; the owner gets the deposit back.
    """
    self._only_owner(serviceId)
    state: uint8 = self.services[serviceId].state
    assert state != PRE_REGISTRATION and state != TERMINATED_BONDED, "WrongServiceState"
    if self.services[serviceId].numAgentInstances > 0:
        self.services[serviceId].state = TERMINATED_BONDED
    else:
        self.services[serviceId].state = PRE_REGISTRATION
    for agentId: uint32 in self.services[serviceId].agentIds:
        self.instances[serviceId][agentId] = []
    refund: uint256 = convert(self.services[serviceId].securityDeposit, uint256)
    raw_call(msg.sender, b"", value=refund)
    return refund


@external
def unbond(serviceId: uint256) -> uint256:
    """
    @notice Leave a terminated service with what is left of the bonds.
    """
    assert self.services[serviceId].state == TERMINATED_BONDED, "WrongServiceState"
    freed: DynArray[AgentInstance, MAX_INSTANCES] = self.operated[msg.sender][serviceId]
    assert len(freed) > 0, "OperatorHasNoInstances"
    left: uint32 = self.services[serviceId].numAgentInstances - convert(len(freed), uint32)
    self.services[serviceId].numAgentInstances = left
    if left == 0:
        self.services[serviceId].state = PRE_REGISTRATION
    paid: uint256 = 0
    for one: AgentInstance in freed:
        paid += convert(self.params[serviceId][one.agentId].bond, uint256)
        self.mapAgentInstanceOperators[one.instance] = empty(address)
    self.operated[msg.sender][serviceId] = []
    refund: uint256 = min(paid, self.getOperatorBalance[msg.sender][serviceId])
    if refund > 0:
        self.getOperatorBalance[msg.sender][serviceId] = 0
        raw_call(msg.sender, b"", value=refund)
    return refund


@external
def drain() -> uint256:
    """
    @notice Take what was slashed.
    """
    assert msg.sender == drainer, "ManagerOnly"
    amount: uint256 = self.slashedFunds
    self.slashedFunds = 0
    raw_call(msg.sender, b"", value=amount)
    return amount


@external
def approve(spender: address, serviceId: uint256):
    """
    @notice Let somebody transfer the service once.
    """
    self._only_owner(serviceId)
    self.approved[serviceId] = spender


@external
def setApprovalForAll(operator: address, allowed: bool):
    """
    @notice Let somebody, or no longer, transfer all services of the caller.
    """
    self.isApprovedForAll[msg.sender][operator] = allowed


@external
def transferFrom(source: address, target: address, serviceId: uint256):
    """
    @notice Give the service away.
    """
    self._transfer(source, target, serviceId)


@external
def safeTransferFrom(source: address, target: address, serviceId: uint256):
    """
    @notice Give the service away; a contract must say that it takes it.
    """
    self._transfer(source, target, serviceId)
    if target.is_contract:
        answer: bytes4 = extcall Receiver(target).onERC721Received(
            msg.sender, source, serviceId, b""
        )
        assert answer == 0x150b7a02, "UNSAFE_RECIPIENT"


@external
@view
def ownerOf(serviceId: uint256) -> address:
    """
    @notice Whose service it is.
    """
    assert self.owners[serviceId] != empty(address), "NOT_MINTED"
    return self.owners[serviceId]


@external
@view
def getService(serviceId: uint256) -> Service:
    """
    @notice What the registry knows of a service; nothing, if there is none.
    """
    return self.services[serviceId]


@external
@view
def getAgentInstances(serviceId: uint256) -> DynArray[address, MAX_INSTANCES]:
    """
    @notice Instances by agent id; zero addresses for those whose id was removed.
    """
    return self._agent_instances(serviceId)


@internal
@pure
def _check(configHash: bytes32, agentIds: DynArray[uint32, MAX_AGENTS], count: uint256):
    assert configHash != empty(bytes32), "ZeroValue"
    assert len(agentIds) > 0 and len(agentIds) == count, "WrongArrayLength"
    last: uint32 = 0
    for agentId: uint32 in agentIds:
        assert agentId > last, "WrongAgentId"
        last = agentId


@internal
def _configure(
    serviceId: uint256,
    agentIds: DynArray[uint32, MAX_AGENTS],
    agentParams: DynArray[AgentParams, MAX_AGENTS],
    threshold: uint32,
):
    count: uint256 = 0
    deposit: uint96 = 0
    for i: uint256 in range(len(agentIds), bound=MAX_AGENTS):
        self.params[serviceId][agentIds[i]] = agentParams[i]
        count += convert(agentParams[i].slots, uint256)
        deposit = max(deposit, agentParams[i].bond)
    assert 2 * count + 1 <= U32, "Panic"
    least: uint256 = (2 * count + 3) // 3
    wanted: uint256 = convert(threshold, uint256)
    assert least <= wanted and wanted <= count, "WrongThreshold"
    self.services[serviceId].agentIds = agentIds
    self.services[serviceId].threshold = threshold
    self.services[serviceId].maxNumAgentInstances = convert(count, uint32)
    self.services[serviceId].securityDeposit = deposit


@internal
def _register(serviceId: uint256, instance: address, agentId: uint32):
    assert msg.sender != instance, "WrongOperator"
    assert self.mapAgentInstanceOperators[instance] == empty(address), "AgentInstanceRegistered"
    filled: uint256 = len(self.instances[serviceId][agentId])
    slots: uint256 = convert(self.params[serviceId][agentId].slots, uint256)
    assert filled != slots, "AgentInstancesSlotsFilled"
    self.instances[serviceId][agentId].append(instance)
    self.operated[msg.sender][serviceId].append(
        AgentInstance(instance=instance, agentId=agentId)
    )
    self.services[serviceId].numAgentInstances += 1
    self.mapAgentInstanceOperators[instance] = msg.sender


@internal
def _transfer(source: address, target: address, serviceId: uint256):
    assert self.owners[serviceId] == source, "WRONG_FROM"
    assert target != empty(address), "INVALID_RECIPIENT"
    assert (
        msg.sender == source
        or self.isApprovedForAll[source][msg.sender]
        or self.approved[serviceId] == msg.sender
    ), "NOT_AUTHORIZED"
    self.owners[serviceId] = target
    self.approved[serviceId] = empty(address)
    log Transfer(source=source, target=target, serviceId=serviceId)


@internal
@view
def _only_owner(serviceId: uint256):
    assert self.owners[serviceId] != empty(address), "NOT_MINTED"
    assert self.owners[serviceId] == msg.sender, "OwnerOnly"


@internal
@view
def _is_own(operator: address, serviceId: uint256, instance: address) -> bool:
    for one: AgentInstance in self.operated[operator][serviceId]:
        if one.instance == instance:
            return True
    return False


@internal
@view
def _agent_instances(serviceId: uint256) -> DynArray[address, MAX_INSTANCES]:
    count: uint256 = convert(self.services[serviceId].numAgentInstances, uint256)
    found: DynArray[address, MAX_INSTANCES] = []
    for agentId: uint32 in self.services[serviceId].agentIds:
        for instance: address in self.instances[serviceId][agentId]:
            assert len(found) < count, "Panic"
            found.append(instance)
    for i: uint256 in range(count - len(found), bound=MAX_INSTANCES):
        found.append(empty(address))
    return found
