"""The protocol's economy: epochs in which donations are made and inflation is shared out.

Whoever has used a service donates ETH to it. The makers of its components and agents get that ETH,
and, if the service's owner or the donor has locked enough OLAS, new OLAS in proportion to it
(top-ups). The rest of the inflation is for bonds and staking. An epoch is closed by a checkpoint.

This module has the state and how it begins; `donations` fills an epoch, `settlement` closes it,
`parameters` changes the rules for the next one.

ETH and OLAS are in 10^-18, times seconds, fractions percent.
Source: autonolas-tokenomics@ad17cc1e Tokenomics.sol, v1.3.0.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from aicrypto.agents.olas.inflation import ONE, YEAR_S, inflation
from aicrypto.agents.olas.units import UnitType
from aicrypto.agents.refusals import demand

MIN_EPOCH_S, MAX_EPOCH_S = 10 * 24 * 3600, 364 * 24 * 3600
FIRST_EPSILON_RATE = ONE // 10
FIRST_THRESHOLD = 10_000 * ONE  # veOLAS for top-ups

UnitKey = tuple[UnitType, int]


@dataclass(frozen=True)
class Fractions:
    """How an epoch is shared out, in percent.

    Attributes:
        rewards: of donations, for components and for agents; the treasury has the rest.
        max_bond: of inflation, for bonds.
        top_ups: of inflation, for owners of components and of agents.
        staking: of inflation.
    """

    rewards: tuple[int, int] = (83, 17)
    max_bond: int = 50
    top_ups: tuple[int, int] = (41, 9)
    staking: int = 0

    @property
    def treasury(self) -> int:
        """Of donations."""
        return 100 - sum(self.rewards)


@dataclass
class Epoch:
    """What happens in one epoch.

    Attributes:
        fractions: its shares.
        idf: factor by which bonds pay more, 18 decimals.
        end: when it was closed.
        donations: ETH.
        top_ups: OLAS of inflation, known when it is closed.
        sum_top_ups: weights of components and of agents that get top-ups.
        n_new_units: components and agents that were never in a donated service before.
        n_new_owners: their owners who never owned such a unit before.
        staking_incentive: OLAS for staking.
        staking_bounds: greatest incentive and least weight of a staking contract.
    """

    fractions: Fractions = field(default_factory=Fractions)
    idf: int = ONE
    end: int = 0
    donations: int = 0
    top_ups: int = 0
    sum_top_ups: list[int] = field(default_factory=lambda: [0, 0])
    n_new_units: list[int] = field(default_factory=lambda: [0, 0])
    n_new_owners: int = 0
    staking_incentive: int = 0
    staking_bounds: tuple[int, int] = (0, 0)


@dataclass
class Incentives:
    """What a unit has earned: finally, and in its last epoch as weights."""

    reward: int = 0
    top_up: int = 0
    pending_reward: int = 0
    pending_top_up: int = 0
    last_epoch: int = 0


@dataclass(frozen=True)
class DonatedService:
    """A service as donors see it; without units if it was never deployed."""

    owner: str
    components: tuple[int, ...]
    agents: tuple[int, ...]

    def units(self, kind: UnitType) -> tuple[int, ...]:
        """Ids of the components or the agents in it."""
        return self.components if kind == UnitType.COMPONENT else self.agents


@dataclass(frozen=True)
class Ecosystem:
    """What the economy asks of other contracts.

    Attributes:
        owners: of components and agents.
        services: by id.
        votes: veOLAS by address.
        n_units: how many units of each kind are registered.
    """

    owners: Mapping[UnitKey, str]
    services: Mapping[int, DonatedService]
    votes: Mapping[str, int]
    n_units: int = 1000  # as in the registries of the suite olas.tokenomics

    def units_of(self, owner: str) -> list[UnitKey]:
        """Components, then agents, of that owner, ascending."""
        return sorted(key for key, holder in self.owners.items() if holder == owner)


@dataclass
class Requests:
    """What was asked of the next epoch."""

    epoch_len: int = 0
    threshold: int = 0
    fractions: Fractions | None = None
    staking_bounds: tuple[int, int] | None = None
    is_any: bool = False


@dataclass
class Tokenomics:
    """The state of the economy.

    Attributes:
        ecosystem: units, services and votes.
        launch: when the OLAS token began.
        epoch_len: least length of an epoch, seconds.
        inflation_per_second: OLAS.
        max_bond: OLAS credited to bonds for this epoch.
        effective_bond: OLAS that bonds may still be promised.
        epochs: by number; 0 ended when the economy began.
        epoch: number of the current one; `year` counts from the launch.
        threshold: votes for top-ups.
        incentives: of every unit that was ever donated to.
        donation_block: of the last donation.
        paid: ETH and OLAS that owners have claimed.
        self_top_ups: whether a donor who owns the service or a unit of it gets top-ups for it;
            true as deployed. Refusing them is a repair of ours, and no complete one: the donor
            may use another address. What costs in any case is a share for the treasury.
    """

    ecosystem: Ecosystem
    launch: int
    epoch_len: int
    inflation_per_second: int
    max_bond: int
    effective_bond: int
    epochs: dict[int, Epoch]
    epoch: int = 1
    year: int = 0
    threshold: int = FIRST_THRESHOLD
    epsilon_rate: int = FIRST_EPSILON_RATE
    devs_per_capital: int = ONE
    code_per_dev: int = ONE
    requests: Requests = field(default_factory=Requests)
    incentives: dict[UnitKey, Incentives] = field(default_factory=dict)
    known_units: set[UnitKey] = field(default_factory=set)
    known_owners: set[str] = field(default_factory=set)
    donation_block: int = 0
    paid: tuple[int, int] = (0, 0)
    self_top_ups: bool = True

    @classmethod
    def start(cls, ecosystem: Ecosystem, launch: int, time: int, epoch_len: int) -> "Tokenomics":
        """The economy at its beginning, some time in the first year after the token's launch.

        Raises:
            Refusal: `LowerThan`, `Overflow`, for an epoch too short or too long; `Overflow`, after
                the first year.
            ValueError: if it begins before the launch.
        """
        demand(epoch_len >= MIN_EPOCH_S, "LowerThan")
        demand(epoch_len <= MAX_EPOCH_S and time < launch + YEAR_S, "Overflow")
        if time < launch:
            raise ValueError(f"time is {time}, must be at least the launch, {launch}")
        per_second = inflation(0) // (launch + YEAR_S - time)
        first = Epoch()
        bond = per_second * epoch_len * first.fractions.max_bond // 100
        epochs = {0: Epoch(end=time), 1: first}
        return cls(ecosystem, launch, epoch_len, per_second, bond, bond, epochs)

    @property
    def current(self) -> Epoch:
        """The epoch that is not closed yet."""
        return self.epochs[self.epoch]

    def begin_next(self, idf: int) -> None:
        """Opens the next epoch with the shares that were asked for, or those of the last."""
        asked, old = self.requests, self.current
        fractions = asked.fractions or old.fractions
        bounds = asked.staking_bounds or old.staking_bounds
        self.epochs[self.epoch + 1] = Epoch(fractions, idf, staking_bounds=bounds)
        self.requests = Requests()
        self.epoch += 1

    def earned(self, key: UnitKey) -> tuple[int, int]:
        """ETH and OLAS of a unit from all closed epochs, not paid yet."""
        unit = self.incentives.get(key, Incentives())
        if not 0 < unit.last_epoch < self.epoch:
            return unit.reward, unit.top_up
        kind, past = key[0], self.epochs[unit.last_epoch]
        reward = unit.pending_reward * past.fractions.rewards[kind] // 100
        top_up = 0
        if unit.pending_top_up:
            weight = unit.pending_top_up * past.top_ups * past.fractions.top_ups[kind]
            top_up = weight // (100 * past.sum_top_ups[kind])
        return unit.reward + reward, unit.top_up + top_up

    def finalise(self, key: UnitKey, last_epoch: int) -> None:
        """Turns what a unit earned in its last epoch into money; its next epoch begins."""
        reward, top_up = self.earned(key)
        self.incentives[key] = Incentives(reward, top_up, last_epoch=last_epoch)

    def is_covered(self) -> bool:
        """Whether nobody was promised more: of ETH than was donated, of OLAS than was minted."""
        closed = [self.epochs[number] for number in range(1, self.epoch)]
        owed = [self.earned(key) for key in self.incentives]
        eth = self.paid[0] + sum(reward for reward, _ in owed)
        olas = self.paid[1] + sum(top_up for _, top_up in owed)
        given = sum(e.donations * sum(e.fractions.rewards) // 100 for e in closed)
        minted = sum(e.top_ups * sum(e.fractions.top_ups) // 100 for e in closed)
        return eth <= given and olas <= minted


def unit_keys(unit_types: Sequence[int], unit_ids: Sequence[int]) -> list[UnitKey]:
    """The units that two lists of the same length name."""
    pairs = zip(unit_types, unit_ids, strict=True)
    return [(UnitType(kind), unit_id) for kind, unit_id in pairs]
