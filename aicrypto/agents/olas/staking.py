"""Staking a service: it is locked, must stay active, and earns per second.

The contract holds the service token. At each checkpoint active services earn (`liveness`). Whoever
staked may claim, and unstake after a minimum time, or at once when there are no rewards left. Every
operation but a claim takes a checkpoint first if one is due.

Rewards go where the staker chose: 0 in equal parts to the operator of each instance and the owner,
who gets what rounding leaves; 1 to the owner; 2 to the service's multisig; 3 to a contract whose
address stands above the lowest byte.

Times are seconds, money is wei. A refused operation changes nothing.
Source: autonolas-registries@1c5606f3 StakingBase.sol, StakingNativeToken.sol v0.3.0.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from enum import IntEnum

from aicrypto.agents.olas.liveness import (
    Checker,
    Checkpoint,
    Counters,
    Pool,
    Stake,
    Terms,
    take_checkpoint,
    without,
)
from aicrypto.agents.olas.services import State
from aicrypto.agents.refusals import PANIC, Refusal, demand
from aicrypto.evm.accounts import NOBODY

TYPE_BITS = 8  # of a distribution: the lowest byte is the type, an address stands above it
ADDRESS_MASK = 2**160 - 1
CONTRACT = "0x" + 40 * "5"  # stands for the contract's own address where there is no chain

Payment = tuple[str, int]  # to whom, wei


class Distribution(IntEnum):
    """Who is paid."""

    PROPORTIONAL = 0
    OWNER = 1
    MULTISIG = 2
    CUSTOM = 3


class StakingState(IntEnum):
    """Where a service stands."""

    UNSTAKED = 0
    STAKED = 1
    EVICTED = 2


@dataclass
class StakedService:
    """A service as the staking contract sees it in the registry.

    Attributes:
        owner: of its token; while it is staked, the token is the contract's.
        instance_operators: the operator of each instance.
        bond: the least bond of an agent in it, wei.
        state: of its life.
        multisig: which commands it.
        counters: transactions of the multisig so far, and whatever else a checker wants.
    """

    owner: str
    instance_operators: tuple[str, ...]
    bond: int
    multisig: str
    state: State = State.DEPLOYED
    counters: Counters = (0,)


@dataclass
class Staking:
    """A staking contract.

    Attributes:
        terms: what it was made with.
        checker: decides who is active.
        pool: its state.
        services: of the registry, by id.
        contracts: addresses that have code.
        min_top_up: least deposit of rewards in wei; 0 as deployed, more is a repair of ours:
            a deposit of one wei keeps services locked that were free to leave.
        balance: wei of the contract.
        address: of the contract, which owns what is staked.
    """

    terms: Terms
    checker: Checker
    pool: Pool
    services: dict[int, StakedService]
    contracts: Collection[str] = ()
    min_top_up: int = 0
    balance: int = 0
    address: str = CONTRACT

    def state_of(self, service_id: int) -> StakingState:
        """Whether a service is staked, or evicted and not yet gone."""
        stake = self.pool.stakes.get(service_id)
        if stake is None:
            return StakingState.UNSTAKED
        is_evicted = stake.inactivity > self.terms.max_inactive_periods * self.terms.period
        return StakingState.EVICTED if is_evicted else StakingState.STAKED

    def deposit(self, wei: int) -> None:
        """Adds rewards, which anybody may do.

        Raises:
            Refusal: `LowerThan`, if small deposits are refused.
        """
        demand(wei >= self.min_top_up, "LowerThan")
        self.balance += wei
        self.pool = replace(self.pool, available=self.pool.available + wei)

    def checkpoint(self, time: int) -> Checkpoint:
        """What the checkpoint did; anybody may take it."""
        done = self._look(time)
        self.pool = done.pool
        return done

    def stake(self, time: int, service_id: int, sender: str, distribution: int = 0) -> None:
        """Locks a service; it earns from now on.

        Raises:
            Refusal: `NoRewardsAvailable`, `ServiceNotUnstaked`, `MaxNumServicesReached`,
                `WrongServiceConfiguration`, `WrongServiceState`, `LowerThan`, `Panic`,
                `ZeroAddress`, `ContractOnly`, `NonZeroValue`, `WRONG_FROM`.
        """
        pool = self._look(time).pool
        demand(pool.available > 0, "NoRewardsAvailable")
        demand(service_id not in pool.stakes, "ServiceNotUnstaked")
        demand(len(pool.service_ids) < self.terms.max_services, "MaxNumServicesReached")
        service = self._fit_service(service_id)
        self._check_distribution(distribution)
        demand(service.owner == sender, "WRONG_FROM")
        new = Stake(sender, distribution, time, service.counters)
        service.owner = self.address
        stakes = {**pool.stakes, service_id: new}
        self.pool = replace(pool, service_ids=(*pool.service_ids, service_id), stakes=stakes)

    def claim(
        self, time: int, service_id: int, sender: str, checkpoint: bool = False
    ) -> list[Payment]:
        """Payments of what the service has earned by the last checkpoint, or by a new one.

        Raises:
            Refusal: `OwnerOnly`, `ZeroValue`.
        """
        self._check_staker(service_id, sender)
        pool = self._look(time).pool if checkpoint else self.pool
        stake = pool.stakes[service_id]
        demand(stake.reward > 0, "ZeroValue")
        self.pool = replace(pool, stakes={**pool.stakes, service_id: replace(stake, reward=0)})
        return self._pay(service_id, stake)

    def unstake(
        self, time: int, service_id: int, sender: str, forced: bool = False
    ) -> list[Payment]:
        """Payments of what was earned; the service is its staker's again.

        Forced, the reward is given up: it is available to others again, and nobody is paid.

        Raises:
            Refusal: `OwnerOnly`, `NotEnoughTimeStaked`.
        """
        self._check_staker(service_id, sender)
        pool = self._look(time).pool
        stake = pool.stakes[service_id]
        is_early = time - stake.start <= self.terms.min_periods * self.terms.period
        demand(not (is_early and pool.available), "NotEnoughTimeStaked")
        stakes = {other: kept for other, kept in pool.stakes.items() if other != service_id}
        available = pool.available + (stake.reward if forced else 0)
        staying = without(pool.service_ids, (service_id,))
        self.pool = replace(pool, service_ids=staying, stakes=stakes, available=available)
        self.services[service_id].owner = stake.owner
        return [] if forced or not stake.reward else self._pay(service_id, stake)

    def _look(self, time: int) -> Checkpoint:
        """What a checkpoint would do now."""
        counters = {i: self.services[i].counters for i in self.pool.service_ids}
        return take_checkpoint(self.pool, self.terms, time, counters, self.checker)

    def _fit_service(self, service_id: int) -> StakedService:
        service = self.services.get(service_id)
        if service is None or len(service.instance_operators) != self.terms.n_instances:
            raise Refusal("WrongServiceConfiguration")
        demand(service.state == State.DEPLOYED, "WrongServiceState")
        demand(service.bond >= self.terms.min_deposit, "LowerThan")
        return service

    def _check_distribution(self, distribution: int) -> None:
        kind, above = distribution & 2**TYPE_BITS - 1, distribution >> TYPE_BITS
        demand(kind <= Distribution.CUSTOM, PANIC)
        if kind != Distribution.CUSTOM:
            demand(above == 0, "NonZeroValue")
            return
        payee = _address_in(distribution)
        demand(payee != NOBODY, "ZeroAddress")
        demand(payee in self.contracts, "ContractOnly")

    def _check_staker(self, service_id: int, sender: str) -> None:
        stake = self.pool.stakes.get(service_id)
        demand(stake is not None and sender == stake.owner, "OwnerOnly")

    def _pay(self, service_id: int, stake: Stake) -> list[Payment]:
        self.balance -= stake.reward
        service, kind = self.services[service_id], stake.distribution & 2**TYPE_BITS - 1
        if kind == Distribution.PROPORTIONAL:
            share = stake.reward // (len(service.instance_operators) + 1)
            payments = [(operator, share) for operator in service.instance_operators]
            return [*payments, (stake.owner, stake.reward - share * len(payments))]
        payees = {
            Distribution.OWNER: stake.owner,
            Distribution.MULTISIG: service.multisig,
            Distribution.CUSTOM: _address_in(stake.distribution),
        }
        return [(payees[Distribution(kind)], stake.reward)]


def _address_in(distribution: int) -> str:
    return f"0x{distribution >> TYPE_BITS & ADDRESS_MASK:040x}"
