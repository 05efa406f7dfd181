# pragma version ~=0.4.3
"""
@title   Registry of components and agents
@license MIT
@notice  Code as tokens that name what they are made of; whoever earns with an agent pays the makers
         of all that is in it (Olas).
@dev     Unit types are 0 for components, 1 for agents. The deployed system has a contract for each,
         and divides donations once an epoch; `pay` divides at once, in the same proportions. What a
         unit has earned belongs to whoever owns it when it is claimed. Reasons are the names of the
         deployed contracts' errors, in their order.
"""

event Transfer:
    source: indexed(address)
    target: indexed(address)
    unitType: indexed(uint256)
    unitId: uint256


event Earned:
    unitType: indexed(uint256)
    unitId: indexed(uint256)
    amount: uint256


struct Unit:
    owner: address
    unitHash: bytes32
    subComponents: DynArray[uint256, MAX_PARTS]
    earned: uint256


COMPONENT: constant(uint256) = 0
AGENT: constant(uint256) = 1
MAX_PARTS: constant(uint256) = 64
MAX_NAMED: constant(uint256) = 16
COMPONENT_PERCENT: constant(uint256) = 83
AGENT_PERCENT: constant(uint256) = 17

totalSupply: public(HashMap[uint256, uint256])
units: HashMap[uint256, HashMap[uint256, Unit]]


@external
def createComponent(
    owner: address, unitHash: bytes32, dependencies: DynArray[uint256, MAX_NAMED]
) -> uint256:
    """
    @notice A new component, made of earlier ones or of none.
    """
    return self._create(COMPONENT, owner, unitHash, dependencies)


@external
def createAgent(
    owner: address, unitHash: bytes32, dependencies: DynArray[uint256, MAX_NAMED]
) -> uint256:
    """
    @notice A new agent, made of at least one component.
    """
    return self._create(AGENT, owner, unitHash, dependencies)


@external
def transferFrom(source: address, target: address, unitType: uint256, unitId: uint256):
    """
    @notice Give a unit away, with what it has earned and will earn.
    """
    assert self.units[unitType][unitId].owner == source, "WRONG_FROM"
    assert target != empty(address), "INVALID_RECIPIENT"
    assert msg.sender == source, "NOT_AUTHORIZED"
    self.units[unitType][unitId].owner = target
    log Transfer(source=source, target=target, unitType=unitType, unitId=unitId)


@external
@payable
def pay(agentIds: DynArray[uint256, MAX_NAMED]) -> uint256:
    """
    @notice Pay the makers of a service of these agents, who are named ascending.
    @return What rounding leaves, which is sent back.
    """
    last: uint256 = 0
    for agentId: uint256 in agentIds:
        assert last < agentId and agentId <= self.totalSupply[AGENT], "WrongAgentId"
        last = agentId
    assert last > 0, "WrongArrayLength"
    components: DynArray[uint256, MAX_PARTS] = self._sub_components(agentIds)
    share: uint256 = msg.value // len(components) * COMPONENT_PERCENT // 100
    for componentId: uint256 in components:
        self._credit(COMPONENT, componentId, share)
    left: uint256 = msg.value - share * len(components)
    share = msg.value // len(agentIds) * AGENT_PERCENT // 100
    for agentId: uint256 in agentIds:
        self._credit(AGENT, agentId, share)
    left -= share * len(agentIds)
    if left > 0:
        raw_call(msg.sender, b"", value=left)
    return left


@external
def claim(
    unitTypes: DynArray[uint256, MAX_PARTS], unitIds: DynArray[uint256, MAX_PARTS]
) -> uint256:
    """
    @notice Take what units of the caller's have earned.
    """
    assert len(unitTypes) == len(unitIds), "WrongArrayLength"
    reward: uint256 = 0
    for i: uint256 in range(len(unitIds), bound=MAX_PARTS):
        assert unitTypes[i] <= AGENT, "Overflow"
        assert self.units[unitTypes[i]][unitIds[i]].owner == msg.sender, "OwnerOnly"
        reward += self.units[unitTypes[i]][unitIds[i]].earned
        self.units[unitTypes[i]][unitIds[i]].earned = 0
    raw_call(msg.sender, b"", value=reward)
    return reward


@external
@view
def ownerOf(unitType: uint256, unitId: uint256) -> address:
    """
    @notice Whose unit it is.
    """
    assert self.units[unitType][unitId].owner != empty(address), "NOT_MINTED"
    return self.units[unitType][unitId].owner


@external
@view
def getUnit(unitType: uint256, unitId: uint256) -> Unit:
    """
    @notice What is known of a unit; nothing, if there is none.
    """
    return self.units[unitType][unitId]


@external
@view
def subComponents(agentIds: DynArray[uint256, MAX_NAMED]) -> DynArray[uint256, MAX_PARTS]:
    """
    @notice All components in a service of these agents; unknown ones contribute nothing.
    """
    return self._sub_components(agentIds)


@internal
def _create(
    unitType: uint256,
    owner: address,
    unitHash: bytes32,
    dependencies: DynArray[uint256, MAX_NAMED],
) -> uint256:
    assert owner != empty(address), "ZeroAddress"
    assert unitHash != empty(bytes32), "ZeroValue"
    assert unitType == COMPONENT or len(dependencies) > 0, "ZeroValue"
    inside: DynArray[uint256, MAX_PARTS] = []
    last: uint256 = 0
    for dependency: uint256 in dependencies:
        known: bool = last < dependency and dependency <= self.totalSupply[COMPONENT]
        assert known, "ComponentNotFound"
        last = dependency
        inside = self._merge(inside, self.units[COMPONENT][dependency].subComponents)
    unitId: uint256 = self.totalSupply[unitType] + 1
    if unitType == COMPONENT:
        inside.append(unitId)
    self.totalSupply[unitType] = unitId
    self.units[unitType][unitId] = Unit(
        owner=owner, unitHash=unitHash, subComponents=inside, earned=0
    )
    log Transfer(source=empty(address), target=owner, unitType=unitType, unitId=unitId)
    return unitId


@internal
def _credit(unitType: uint256, unitId: uint256, amount: uint256):
    self.units[unitType][unitId].earned += amount
    log Earned(unitType=unitType, unitId=unitId, amount=amount)


@internal
@view
def _sub_components(
    agentIds: DynArray[uint256, MAX_NAMED]
) -> DynArray[uint256, MAX_PARTS]:
    inside: DynArray[uint256, MAX_PARTS] = []
    for agentId: uint256 in agentIds:
        inside = self._merge(inside, self.units[AGENT][agentId].subComponents)
    return inside


@internal
@pure
def _merge(
    first: DynArray[uint256, MAX_PARTS], second: DynArray[uint256, MAX_PARTS]
) -> DynArray[uint256, MAX_PARTS]:
    """
    @dev Both are ascending, and so is the union.
    """
    merged: DynArray[uint256, MAX_PARTS] = []
    i: uint256 = 0
    for member: uint256 in second:
        for _: uint256 in range(MAX_PARTS):
            if i == len(first) or first[i] > member:
                break
            if first[i] < member:
                merged.append(first[i])
            i += 1
        merged.append(member)
    for _: uint256 in range(MAX_PARTS):
        if i == len(first):
            break
        merged.append(first[i])
        i += 1
    return merged
