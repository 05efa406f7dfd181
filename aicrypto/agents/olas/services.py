"""Services: several operators run agents together, each with a bond, under a threshold.

A service token names agent ids with slots and bonds. Its life: registration is opened with a
deposit, operators register instances with bonds, the instances get a multisig in common, and when
all is over everybody takes back what is left. `bonding` has that life; this module has the registry
and what its owner may decide before: `create`, `update`, `transfer`.

As deployed, the registry has two bugs that `Repairs` mend, each by a switch of ours:
- parameters of an agent id that an update does not mention stay, so instances may be registered
  under an id that is no longer the service's; they fill it without being in its multisig;
- a service may slash the instance of another one, and takes the bond that its operator has here.

Money is wei, ids count from 1, a threshold of n is ceil((2n + 1) / 3) at least and n at most.
Source: autonolas-registries@1c5606f3 ServiceRegistryL2.sol; error names and their order are its.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum

from aicrypto.agents.refusals import PANIC, REVERT, Refusal, demand
from aicrypto.evm.accounts import NOBODY

U32, U96 = 2**32 - 1, 2**96 - 1
NO_HASH = bytes(32)


class State(IntEnum):
    """Where a service is in its life."""

    NON_EXISTENT = 0
    PRE_REGISTRATION = 1
    ACTIVE_REGISTRATION = 2
    FINISHED_REGISTRATION = 3
    DEPLOYED = 4
    TERMINATED_BONDED = 5


@dataclass(frozen=True)
class Slots:
    """How many instances of an agent a service takes, and the bond in wei of each."""

    n_slots: int
    bond: int


@dataclass(frozen=True)
class Repairs:
    """Which bugs of the deployed registry are mended; none of them is, on chain.

    Attributes:
        listed_agents: instances only of agents that the service names now.
        own_instances: slashing only of instances that are registered with this service.
    """

    listed_agents: bool = False
    own_instances: bool = False


DEPLOYED = Repairs()
MENDED = Repairs(listed_agents=True, own_instances=True)


@dataclass
class Service:
    """One service token."""

    owner: str
    config_hash: bytes
    agent_ids: tuple[int, ...]
    threshold: int
    max_instances: int
    deposit: int
    state: State = State.PRE_REGISTRATION
    n_instances: int = 0
    multisig: str = NOBODY
    past_hashes: list[bytes] = field(default_factory=list)


@dataclass
class ServiceRegistry:
    """All services, with the money that they hold.

    Attributes:
        drainer: who may take what was slashed.
        repairs: the bugs that are mended.
        services: by id.
        slots: by (service, agent id); of agent ids that a service had once, too.
        instances: addresses by (service, agent id), in order of registration.
        operated: (instance, agent id) pairs by (operator, service).
        operators: of every registered instance, wherever it is.
        bonds: wei by (operator, service).
        slashed: wei for the drainer.
        balance: wei of the contract.
    """

    drainer: str | None = None
    repairs: Repairs = DEPLOYED
    services: dict[int, Service] = field(default_factory=dict)
    slots: dict[tuple[int, int], Slots] = field(default_factory=dict)
    instances: dict[tuple[int, int], list[str]] = field(default_factory=dict)
    operated: dict[tuple[str, int], list[tuple[str, int]]] = field(default_factory=dict)
    operators: dict[str, str] = field(default_factory=dict)
    bonds: dict[tuple[str, int], int] = field(default_factory=dict)
    slashed: int = 0
    balance: int = 0

    @property
    def owed(self) -> int:
        """Wei that the registry owes: open deposits, bonds and what was slashed.

        It is the balance at all times.
        """
        holding = (State.ACTIVE_REGISTRATION, State.FINISHED_REGISTRATION, State.DEPLOYED)
        deposits = sum(s.deposit for s in self.services.values() if s.state in holding)
        return deposits + sum(self.bonds.values()) + self.slashed

    def agent_instances(self, service_id: int) -> list[str]:
        """Instances by agent id, then by registration, one for each that counts as registered.

        Those under an id that the service no longer names are missing: zero addresses stand last.

        Raises:
            Refusal: `Panic` if more are listed than registered (an old list that was never cleared
                because its id had been removed).
        """
        service = self.services[service_id]
        lists = [self.instances.get((service_id, i), []) for i in service.agent_ids]
        listed = [instance for instances in lists for instance in instances]
        demand(len(listed) <= service.n_instances, PANIC)
        return listed + [NOBODY] * (service.n_instances - len(listed))

    def owned(self, owner: str, service_id: int) -> Service:
        """The service, if it is that owner's.

        Raises:
            Refusal: `NOT_MINTED`, `OwnerOnly`.
        """
        demand(service_id in self.services, "NOT_MINTED")
        service = self.services[service_id]
        demand(service.owner == owner, "OwnerOnly")
        return service

    def in_state(self, service_id: int, state: State) -> Service:
        """The service, if it is in that state.

        Raises:
            Refusal: `WrongServiceState`.
        """
        service = self.services.get(service_id)
        if service is None or service.state != state:
            raise Refusal("WrongServiceState")
        return service


def threshold_bounds(n_instances: int) -> tuple[int, int]:
    """The least and the greatest threshold of so many instances.

    >>> threshold_bounds(4)
    (3, 4)
    """
    return -(-(2 * n_instances + 1) // 3), n_instances


def create(
    registry: ServiceRegistry,
    owner: str,
    config_hash: bytes,
    agent_ids: Sequence[int],
    slots: Sequence[Slots],
    threshold: int,
) -> int:
    """Id of a new service.

    Raises:
        Refusal: `ZeroAddress`, `ZeroValue`, `WrongArrayLength`, `WrongAgentId`, `Panic`,
            `WrongThreshold`.
    """
    _check_types(agent_ids, slots, threshold)
    demand(owner != NOBODY, "ZeroAddress")
    _check_names(config_hash, agent_ids, slots)
    demand(all(s.n_slots and s.bond for s in slots), "ZeroValue")
    n_max, deposit = _size(slots, threshold)
    service_id = len(registry.services) + 1
    _keep_slots(registry, service_id, agent_ids, slots)
    registry.services[service_id] = Service(
        owner, config_hash, tuple(agent_ids), threshold, n_max, deposit
    )
    return service_id


def update(
    registry: ServiceRegistry,
    owner: str,
    config_hash: bytes,
    agent_ids: Sequence[int],
    slots: Sequence[Slots],
    threshold: int,
    service_id: int,
) -> bool:
    """True: the service is another one now. An agent id with no slots is removed.

    Raises:
        Refusal: `NOT_MINTED`, `OwnerOnly`, `WrongServiceState`, or as of `create`; but a bond may
            be zero here.
    """
    _check_types(agent_ids, slots, threshold)
    service = registry.owned(owner, service_id)
    demand(service.state == State.PRE_REGISTRATION, "WrongServiceState")
    _check_names(config_hash, agent_ids, slots)
    kept = [(i, s) for i, s in zip(agent_ids, slots, strict=True) if s.n_slots]
    n_max, deposit = _size([s for _, s in kept], threshold)
    _keep_slots(registry, service_id, agent_ids, slots)
    if config_hash != service.config_hash:
        service.past_hashes.append(service.config_hash)
    service.config_hash, service.threshold = config_hash, threshold
    service.agent_ids = tuple(i for i, _ in kept)
    service.max_instances, service.deposit = n_max, deposit
    return True


def transfer(registry: ServiceRegistry, source: str, to: str, service_id: int) -> None:
    """Gives a service token away, in whatever state it is.

    Raises:
        Refusal: `WRONG_FROM`, `INVALID_RECIPIENT`.
    """
    service = registry.services.get(service_id)
    demand((service.owner if service else NOBODY) == source, "WRONG_FROM")
    demand(to != NOBODY, "INVALID_RECIPIENT")
    registry.services[service_id].owner = to


def _check_types(agent_ids: Sequence[int], slots: Sequence[Slots], threshold: int) -> None:
    """Numbers that do not fit their types never reach the contract."""
    small = [*agent_ids, *(s.n_slots for s in slots), threshold]
    is_fitting = all(0 <= number <= U32 for number in small)
    demand(is_fitting and all(0 <= s.bond <= U96 for s in slots), REVERT)


def _check_names(config_hash: bytes, agent_ids: Sequence[int], slots: Sequence[Slots]) -> None:
    demand(config_hash != NO_HASH, "ZeroValue")
    demand(0 < len(agent_ids) == len(slots), "WrongArrayLength")
    last = 0
    for agent_id in agent_ids:
        demand(agent_id > last, "WrongAgentId")
        last = agent_id


def _size(slots: Sequence[Slots], threshold: int) -> tuple[int, int]:
    """Number of instances and deposit: the greatest bond of any."""
    n_max = sum(s.n_slots for s in slots)
    demand(2 * n_max + 1 <= U32, PANIC)
    least, most = threshold_bounds(n_max)
    demand(least <= threshold <= most, "WrongThreshold")
    return n_max, max(s.bond for s in slots)


def _keep_slots(
    registry: ServiceRegistry, service_id: int, agent_ids: Sequence[int], slots: Sequence[Slots]
) -> None:
    """Writes what is named, removes what has no slots; what is not named stays as it was."""
    for agent_id, given in zip(agent_ids, slots, strict=True):
        if given.n_slots:
            registry.slots[service_id, agent_id] = given
        else:
            registry.slots.pop((service_id, agent_id), None)
