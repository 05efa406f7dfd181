"""The life of a service: deposit, bonds, a common multisig, slashing, and money back.

Each function is a call that the contract takes; a refused one changes nothing. An operator has one
balance in a service, for all its instances there: slashing one of them takes from all, and
unbonding pays the least of the bonds and what is left. What is slashed waits for the drainer.

Money is wei. `services` has the registry, the states, and the bugs that stay as deployed.
Source: autonolas-registries@1c5606f3 ServiceRegistryL2.sol.
"""

from collections.abc import Sequence

from aicrypto.agents.olas.services import U96, Service, ServiceRegistry, State
from aicrypto.agents.refusals import PANIC, REVERT, demand
from aicrypto.commit.hashes import keccak256
from aicrypto.evm.accounts import NOBODY

ADDRESS_BYTES = 20


def activate_registration(registry: ServiceRegistry, owner: str, service_id: int, wei: int) -> bool:
    """True: operators may register, for the deposit that the owner has paid.

    Raises:
        Refusal: `NOT_MINTED`, `OwnerOnly`, `ServiceMustBeInactive`,
            `IncorrectRegistrationDepositValue`.
    """
    service = registry.owned(owner, service_id)
    demand(service.state == State.PRE_REGISTRATION, "ServiceMustBeInactive")
    demand(wei == service.deposit, "IncorrectRegistrationDepositValue")
    service.state = State.ACTIVE_REGISTRATION
    registry.balance += wei
    return True


def register_agents(
    registry: ServiceRegistry,
    operator: str,
    service_id: int,
    instances: Sequence[str],
    agent_ids: Sequence[int],
    wei: int,
) -> bool:
    """True: the operator runs these instances now, each for the bond of its agent id.

    Raises:
        Refusal: `WrongArrayLength`, `WrongServiceState`, `AgentNotInService`,
            `IncorrectAgentBondingValue`, `WrongOperator`, `AgentInstanceRegistered`,
            `AgentInstancesSlotsFilled`.
    """
    demand(len(instances) == len(agent_ids), "WrongArrayLength")
    service = registry.in_state(service_id, State.ACTIVE_REGISTRATION)
    bond = _total_bond(registry, service, service_id, agent_ids)
    demand(wei == bond, "IncorrectAgentBondingValue")
    demand(registry.operators.get(operator, NOBODY) == NOBODY, "WrongOperator")
    _check_instances(registry, operator, service_id, instances, agent_ids)
    for instance, agent_id in zip(instances, agent_ids, strict=True):
        registry.instances.setdefault((service_id, agent_id), []).append(instance)
        registry.operated.setdefault((operator, service_id), []).append((instance, agent_id))
        registry.operators[instance] = operator
    service.n_instances += len(instances)
    if service.n_instances == service.max_instances:
        service.state = State.FINISHED_REGISTRATION
    registry.bonds[operator, service_id] = registry.bonds.get((operator, service_id), 0) + wei
    registry.balance += wei
    return True


def deploy(
    registry: ServiceRegistry, owner: str, service_id: int, multisig: str | None = None
) -> list[str]:
    """Owners of the multisig that commands the service from now on.

    Args:
        registry: of the service.
        owner: of the service.
        service_id: the service.
        multisig: where the factory has put it; an address of our own making if not given.

    Raises:
        Refusal: `NOT_MINTED`, `OwnerOnly`, `WrongServiceState`, `Panic`.
    """
    service = registry.owned(owner, service_id)
    demand(service.state == State.FINISHED_REGISTRATION, "WrongServiceState")
    owners = registry.agent_instances(service_id)
    service.multisig = multisig_address(service_id) if multisig is None else multisig
    service.state = State.DEPLOYED
    return owners


def multisig_address(service_id: int) -> str:
    """An address that stands for the multisig of a service where there is no chain."""
    return "0x" + keccak256(b"multisig of service", service_id.to_bytes(32))[-ADDRESS_BYTES:].hex()


def slash(
    registry: ServiceRegistry,
    sender: str,
    service_id: int,
    instances: Sequence[str],
    amounts: Sequence[int],
) -> bool:
    """True: the operators of these instances have lost these amounts, or what they had.

    Raises:
        Refusal: `WrongServiceState`, `WrongArrayLength`, `OnlyOwnServiceMultisig`, `Panic` for an
            amount of 2^96 - 1; `InstanceNotInService`, a name of ours, if that is mended.
    """
    demand(all(0 <= amount <= U96 for amount in amounts), REVERT)
    service = registry.in_state(service_id, State.DEPLOYED)
    demand(len(instances) == len(amounts), "WrongArrayLength")
    demand(sender == service.multisig, "OnlyOwnServiceMultisig")
    demand(U96 not in amounts, PANIC)
    punished = [(registry.operators.get(instance, NOBODY), service_id) for instance in instances]
    if registry.repairs.own_instances:
        _check_own(registry, instances, punished)
    for key, amount in zip(punished, amounts, strict=True):
        taken = min(amount, registry.bonds.get(key, 0))
        if taken:
            registry.bonds[key] -= taken
            registry.slashed += taken
    return True


def terminate(registry: ServiceRegistry, owner: str, service_id: int) -> int:
    """Wei that the owner gets back: the deposit. Operators unbond from now on.

    Raises:
        Refusal: `NOT_MINTED`, `OwnerOnly`, `WrongServiceState`.
    """
    service = registry.owned(owner, service_id)
    over = (State.PRE_REGISTRATION, State.TERMINATED_BONDED)
    demand(service.state not in over, "WrongServiceState")
    is_bonded = service.n_instances > 0
    service.state = State.TERMINATED_BONDED if is_bonded else State.PRE_REGISTRATION
    for agent_id in service.agent_ids:
        registry.instances.pop((service_id, agent_id), None)
    registry.balance -= service.deposit
    return service.deposit


def unbond(registry: ServiceRegistry, operator: str, service_id: int) -> int:
    """Wei that the operator gets back. The last one out makes the service ready to begin again.

    Raises:
        Refusal: `ZeroAddress`, `WrongServiceState`, `OperatorHasNoInstances`.
    """
    demand(operator != NOBODY, "ZeroAddress")
    service = registry.in_state(service_id, State.TERMINATED_BONDED)
    demand(bool(registry.operated.get((operator, service_id))), "OperatorHasNoInstances")
    freed = registry.operated.pop((operator, service_id))
    service.n_instances -= len(freed)
    if service.n_instances == 0:
        service.state = State.PRE_REGISTRATION
    for instance, _ in freed:
        registry.operators.pop(instance, None)
    bonds = (registry.slots.get((service_id, agent_id)) for _, agent_id in freed)
    paid = sum(slots.bond for slots in bonds if slots)
    refund = min(paid, registry.bonds.get((operator, service_id), 0))
    if refund:
        registry.bonds[operator, service_id] = 0
        registry.balance -= refund
    return refund


def drain(registry: ServiceRegistry, sender: str) -> int:
    """Wei that were slashed, for the drainer.

    Raises:
        Refusal: `ManagerOnly`.
    """
    demand(sender == registry.drainer, "ManagerOnly")
    drained, registry.slashed = registry.slashed, 0
    registry.balance -= drained
    return drained


def _total_bond(
    registry: ServiceRegistry, service: Service, service_id: int, agent_ids: Sequence[int]
) -> int:
    total = 0
    for agent_id in agent_ids:
        slots = registry.slots.get((service_id, agent_id))
        is_listed = agent_id in service.agent_ids or not registry.repairs.listed_agents
        demand(slots is not None and is_listed, "AgentNotInService")
        total += slots.bond if slots else 0
    return total


def _check_instances(
    registry: ServiceRegistry,
    operator: str,
    service_id: int,
    instances: Sequence[str],
    agent_ids: Sequence[int],
) -> None:
    """One after another, as if those before were registered already."""
    taken: set[str] = set()
    filled: dict[int, int] = {}
    for instance, agent_id in zip(instances, agent_ids, strict=True):
        demand(operator != instance, "WrongOperator")
        holder = registry.operators.get(instance, NOBODY)
        demand(holder == NOBODY and instance not in taken, "AgentInstanceRegistered")
        n_before = len(registry.instances.get((service_id, agent_id), []))
        n_filled = filled.get(agent_id, n_before)
        slots = registry.slots[service_id, agent_id]
        demand(n_filled != slots.n_slots, "AgentInstancesSlotsFilled")
        taken.add(instance)
        filled[agent_id] = n_filled + 1


def _check_own(
    registry: ServiceRegistry, instances: Sequence[str], punished: Sequence[tuple[str, int]]
) -> None:
    for instance, key in zip(instances, punished, strict=True):
        own = [member for member, _ in registry.operated.get(key, [])]
        demand(instance in own, "InstanceNotInService")
