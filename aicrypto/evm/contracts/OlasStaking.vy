# pragma version ~=0.4.3
"""
@title   Staking of services
@license MIT
@notice  Holds services and pays those that stay active, per second, in the chain's money (Olas).
@dev     Reasons are the names of the deployed contract's errors, in its order. A least deposit of
         rewards is a repair of ours; zero is as deployed. A distribution is a type in the lowest
         byte (0 operators and owner, 1 owner, 2 multisig, 3 a contract) and an address above it.
"""

struct Service:
    securityDeposit: uint96
    multisig: address
    configHash: bytes32
    threshold: uint32
    maxNumAgentInstances: uint32
    numAgentInstances: uint32
    state: uint8
    agentIds: DynArray[uint32, MAX_AGENTS]


struct Terms:
    maxNumServices: uint256
    rewardsPerSecond: uint256
    minStakingDeposit: uint256
    minNumStakingPeriods: uint256
    maxNumInactivityPeriods: uint256
    livenessPeriod: uint256
    timeForEmissions: uint256
    numAgentInstances: uint256


struct ServiceInfo:
    multisig: address
    owner: address
    nonces: DynArray[uint256, 2]
    tsStart: uint256
    reward: uint256
    inactivity: uint256
    distribution: uint256


struct Checkpoint:
    serviceIds: DynArray[uint256, MAX_SERVICES]
    eligible: DynArray[uint256, MAX_SERVICES]
    rewards: DynArray[uint256, MAX_SERVICES]
    evicted: DynArray[uint256, MAX_SERVICES]


interface Services:
    def getService(serviceId: uint256) -> Service: view
    def getAgentInstances(serviceId: uint256) -> DynArray[address, MAX_INSTANCES]: view
    def mapAgentInstanceOperators(instance: address) -> address: view
    def transferFrom(source: address, target: address, serviceId: uint256): nonpayable


interface Checker:
    def getMultisigNonces(multisig: address) -> DynArray[uint256, 2]: view
    def isRatioPass(
        now: DynArray[uint256, 2], before: DynArray[uint256, 2], seconds: uint256
    ) -> bool: view


event Paid:
    serviceId: indexed(uint256)
    payee: indexed(address)
    amount: uint256


MAX_AGENTS: constant(uint256) = 16
MAX_INSTANCES: constant(uint256) = 32
MAX_SERVICES: constant(uint256) = 32
DEPLOYED: constant(uint8) = 4
PROPORTIONAL: constant(uint256) = 0
OWNER: constant(uint256) = 1
MULTISIG: constant(uint256) = 2
CUSTOM: constant(uint256) = 3

services: public(immutable(address))
checker: public(immutable(address))
minTopUp: public(immutable(uint256))
terms: public(Terms)
availableRewards: public(uint256)
epochCounter: public(uint256)
tsCheckpoint: public(uint256)
setServiceIds: DynArray[uint256, MAX_SERVICES]
infos: HashMap[uint256, ServiceInfo]


@deploy
def __init__(services_: address, checker_: address, terms_: Terms, minTopUp_: uint256):
    """
    @param  services_ Registry of the services.
    @param  checker_ Decides whether a service was active.
    @param  terms_ What does not change.
    @param  minTopUp_ Least deposit of rewards; 0 as deployed.
    """
    assert terms_.maxNumServices > 0 and terms_.rewardsPerSecond > 0, "ZeroValue"
    assert terms_.livenessPeriod > 0 and terms_.numAgentInstances > 0, "ZeroValue"
    assert terms_.timeForEmissions > 0, "ZeroValue"
    assert terms_.minNumStakingPeriods > 0 and terms_.maxNumInactivityPeriods > 0, "ZeroValue"
    assert terms_.minNumStakingPeriods >= terms_.maxNumInactivityPeriods, "LowerThan"
    assert terms_.minStakingDeposit >= 2, "LowerThan"
    assert terms_.maxNumServices <= MAX_SERVICES, "Overflow"
    services = services_
    checker = checker_
    self.terms = terms_
    minTopUp = minTopUp_
    self.tsCheckpoint = block.timestamp


@external
@payable
def __default__():
    """
    @notice Add rewards.
    """
    assert msg.value >= minTopUp, "LowerThan"
    self.availableRewards += msg.value


@external
def checkpoint() -> Checkpoint:
    """
    @notice Count what was earned since the last one, if a period is over and there are rewards.
    """
    return self._checkpoint()


@external
@nonreentrant
def stake(serviceId: uint256, distribution: uint256 = 0):
    """
    @notice Lock a service of the caller's, who has approved this contract for it.
    """
    self._checkpoint()
    assert self.availableRewards > 0, "NoRewardsAvailable"
    assert self.infos[serviceId].tsStart == 0, "ServiceNotUnstaked"
    assert len(self.setServiceIds) < self.terms.maxNumServices, "MaxNumServicesReached"
    service: Service = staticcall Services(services).getService(serviceId)
    wanted: uint256 = self.terms.numAgentInstances
    assert convert(service.maxNumAgentInstances, uint256) == wanted, "WrongServiceConfiguration"
    assert service.state == DEPLOYED, "WrongServiceState"
    deposit: uint256 = convert(service.securityDeposit, uint256)
    assert deposit >= self.terms.minStakingDeposit, "LowerThan"
    self._check_distribution(distribution)
    self.infos[serviceId] = ServiceInfo(
        multisig=service.multisig,
        owner=msg.sender,
        nonces=staticcall Checker(checker).getMultisigNonces(service.multisig),
        tsStart=block.timestamp,
        reward=0,
        inactivity=0,
        distribution=distribution,
    )
    self.setServiceIds.append(serviceId)
    extcall Services(services).transferFrom(msg.sender, self, serviceId)


@external
@nonreentrant
def claim(serviceId: uint256) -> uint256:
    """
    @notice Pay what the service has earned.
    """
    return self._claim(serviceId, False)


@external
@nonreentrant
def checkpointAndClaim(serviceId: uint256) -> uint256:
    """
    @notice The same, up to now.
    """
    return self._claim(serviceId, True)


@external
@nonreentrant
def unstake(serviceId: uint256) -> uint256:
    """
    @notice Give the service back and pay what it has earned.
    """
    return self._unstake(serviceId, False)


@external
@nonreentrant
def forcedUnstake(serviceId: uint256) -> uint256:
    """
    @notice Give the service back without pay: what it has earned is there for others.
    """
    return self._unstake(serviceId, True)


@external
@view
def getServiceIds() -> DynArray[uint256, MAX_SERVICES]:
    """
    @notice The services that are staked.
    """
    return self.setServiceIds


@external
@view
def getServiceInfo(serviceId: uint256) -> ServiceInfo:
    """
    @notice What is known of a service.
    """
    return self.infos[serviceId]


@external
@view
def getStakingState(serviceId: uint256) -> uint256:
    """
    @notice 0 not staked, 1 staked, 2 evicted and not yet unstaked.
    """
    if self.infos[serviceId].inactivity > self._max_inactivity():
        return 2
    return 1 if self.infos[serviceId].tsStart > 0 else 0


@internal
def _checkpoint() -> Checkpoint:
    done: Checkpoint = empty(Checkpoint)
    due: bool = block.timestamp - self.tsCheckpoint >= self.terms.livenessPeriod
    if len(self.setServiceIds) == 0 or not due or self.availableRewards == 0:
        done.serviceIds = self.setServiceIds
        return done
    total: uint256 = 0
    holes: DynArray[uint256, MAX_SERVICES] = []
    for i: uint256 in range(len(self.setServiceIds), bound=MAX_SERVICES):
        serviceId: uint256 = self.setServiceIds[i]
        seconds: uint256 = block.timestamp - max(
            self.tsCheckpoint, self.infos[serviceId].tsStart
        )
        if self._is_active(serviceId, seconds):
            done.eligible.append(serviceId)
            done.rewards.append(self.terms.rewardsPerSecond * seconds)
            total += self.terms.rewardsPerSecond * seconds
            self.infos[serviceId].inactivity = 0
        elif seconds == 0:
            self.infos[serviceId].inactivity = 0
        else:
            self.infos[serviceId].inactivity += seconds
            if self.infos[serviceId].inactivity > self._max_inactivity():
                holes.append(i)
                done.evicted.append(serviceId)
    done.rewards = self._reward(done.eligible, done.rewards, total)
    for i: uint256 in range(len(holes), bound=MAX_SERVICES):
        self._remove(holes[len(holes) - 1 - i])
    self.tsCheckpoint = block.timestamp
    self.epochCounter += 1
    done.serviceIds = self.setServiceIds
    return done


@internal
def _is_active(serviceId: uint256, seconds: uint256) -> bool:
    """
    @dev Whether the service was active; what it has done by now is kept.
    """
    before: DynArray[uint256, 2] = self.infos[serviceId].nonces
    now: DynArray[uint256, 2] = staticcall Checker(checker).getMultisigNonces(
        self.infos[serviceId].multisig
    )
    self.infos[serviceId].nonces = now
    return staticcall Checker(checker).isRatioPass(now, before, seconds)


@internal
def _reward(
    eligible: DynArray[uint256, MAX_SERVICES],
    rewards: DynArray[uint256, MAX_SERVICES],
    total: uint256,
) -> DynArray[uint256, MAX_SERVICES]:
    """
    @dev If there is not enough, all get their part, and the first what rounding leaves.
    """
    final: DynArray[uint256, MAX_SERVICES] = rewards
    available: uint256 = self.availableRewards
    spent: uint256 = total
    if total > available:
        spent = 0
        for i: uint256 in range(len(rewards), bound=MAX_SERVICES):
            final[i] = rewards[i] * available // total
            spent += final[i]
        final[0] += available - spent
        spent = available
    for i: uint256 in range(len(final), bound=MAX_SERVICES):
        self.infos[eligible[i]].reward += final[i]
    self.availableRewards = available - spent
    return final


@internal
def _remove(index: uint256):
    """
    @dev The last member moves into the hole.
    """
    last: uint256 = self.setServiceIds[len(self.setServiceIds) - 1]
    self.setServiceIds[index] = last
    self.setServiceIds.pop()


@internal
def _claim(serviceId: uint256, first_check: bool) -> uint256:
    assert self.infos[serviceId].owner == msg.sender, "OwnerOnly"
    if first_check:
        self._checkpoint()
    reward: uint256 = self.infos[serviceId].reward
    assert reward > 0, "ZeroValue"
    self.infos[serviceId].reward = 0
    self._pay(serviceId, self.infos[serviceId], reward)
    return reward


@internal
def _unstake(serviceId: uint256, forced: bool) -> uint256:
    assert self.infos[serviceId].owner == msg.sender, "OwnerOnly"
    self._checkpoint()
    info: ServiceInfo = self.infos[serviceId]
    least: uint256 = self.terms.minNumStakingPeriods * self.terms.livenessPeriod
    over: bool = block.timestamp - info.tsStart > least
    assert over or self.availableRewards == 0, "NotEnoughTimeStaked"
    for i: uint256 in range(len(self.setServiceIds), bound=MAX_SERVICES):
        if self.setServiceIds[i] == serviceId:
            self._remove(i)
            break
    self.infos[serviceId] = empty(ServiceInfo)
    extcall Services(services).transferFrom(self, msg.sender, serviceId)
    if forced:
        self.availableRewards += info.reward
        return 0
    if info.reward > 0:
        self._pay(serviceId, info, info.reward)
    return info.reward


@internal
def _pay(serviceId: uint256, info: ServiceInfo, reward: uint256):
    kind: uint256 = info.distribution & 255
    left: uint256 = reward
    if kind == PROPORTIONAL:
        instances: DynArray[address, MAX_INSTANCES] = staticcall Services(
            services
        ).getAgentInstances(serviceId)
        share: uint256 = reward // (len(instances) + 1)
        for instance: address in instances:
            operator: address = staticcall Services(services).mapAgentInstanceOperators(instance)
            self._send(serviceId, operator, share)
            left -= share
    payee: address = info.owner
    if kind == MULTISIG:
        payee = info.multisig
    elif kind == CUSTOM:
        payee = self._address_in(info.distribution)
    self._send(serviceId, payee, left)


@internal
def _send(serviceId: uint256, payee: address, amount: uint256):
    raw_call(payee, b"", value=amount)
    log Paid(serviceId=serviceId, payee=payee, amount=amount)


@internal
@view
def _check_distribution(distribution: uint256):
    kind: uint256 = distribution & 255
    assert kind <= CUSTOM, "Panic"
    if kind != CUSTOM:
        assert distribution >> 8 == 0, "NonZeroValue"
        return
    payee: address = self._address_in(distribution)
    assert payee != empty(address), "ZeroAddress"
    assert payee.is_contract, "ContractOnly"


@internal
@pure
def _address_in(distribution: uint256) -> address:
    return convert((distribution >> 8) & (2**160 - 1), address)


@internal
@view
def _max_inactivity() -> uint256:
    return self.terms.maxNumInactivityPeriods * self.terms.livenessPeriod
