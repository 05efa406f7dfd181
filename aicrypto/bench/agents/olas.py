"""What services, staking and the economy cost: milliseconds as a model, gas on chain."""

from collections.abc import Callable, Iterator

from aicrypto.agents import olas
from aicrypto.agents.olas.onchain import ServiceChain
from aicrypto.bench import Record, best_seconds
from aicrypto.evm import Account, Chain

TARGET_MS = 50.0  # for each of the three histories
TARGET = "the target"
ADDRESSES = [f"0x{i:040x}" for i in range(1, 64)]
OWNER, DRAINER = ADDRESSES[:2]
OPERATORS, KEYS = ADDRESSES[2:6], ADDRESSES[6:10]
CONFIG = bytes([1] * 32)
DAY = 24 * 3600
N_LIVES, N_CHECKPOINTS, N_STAKED, N_EPOCHS, N_SERVICES = 4, 16, 16, 10, 5


def engines() -> Iterator[Record]:
    """`agents.olas_*_ms`: 60 steps of a registry, 16 checkpoints, 10 epochs, beside the target."""
    histories: dict[str, Callable[[], object]] = {
        "registry_60_steps": lives,
        "staking_16_checkpoints": checkpoints,
        "tokenomics_10_epochs": epochs,
    }
    for name, run in histories.items():
        yield Record(f"agents.olas_{name}_ms", 1e3 * best_seconds(run), "ms", TARGET, TARGET_MS)


def lives() -> None:
    """Four lives of one service, 15 steps each, until nobody has anything in it."""
    registry = olas.ServiceRegistry(DRAINER)
    slots = [olas.Slots(4, 10)]
    service_id = olas.create(registry, OWNER, CONFIG, [1], slots, 3)
    for life in range(N_LIVES):
        config = bytes([life + 2] * 32)
        olas.update(registry, OWNER, config, [1], slots, 3, service_id)
        olas.activate_registration(registry, OWNER, service_id, 10)
        for operator, key in zip(OPERATORS, KEYS, strict=True):
            olas.register_agents(registry, operator, service_id, [key], [1], 10)
        olas.deploy(registry, OWNER, service_id)
        multisig = registry.services[service_id].multisig
        for key in KEYS[:2]:
            olas.slash(registry, multisig, service_id, [key], [3])
        olas.terminate(registry, OWNER, service_id)
        for operator in OPERATORS:
            olas.unbond(registry, operator, service_id)
        olas.drain(registry, DRAINER)
    if registry.balance:
        raise RuntimeError(f"{registry.balance} wei are left in the registry")


def checkpoints() -> None:
    """Sixteen services, half of them active, over sixteen checkpoints."""
    services = {
        i: olas.StakedService(OWNER, tuple(OPERATORS), 10, f"multisig {i}")
        for i in range(1, N_STAKED + 1)
    }
    terms = olas.Terms(N_STAKED, 7, 10, 20, 20, 100, 10_000, len(OPERATORS))
    staking = olas.Staking(terms, olas.nonce_ratio(10**16), olas.Pool(0), services)
    staking.deposit(terms.emissions)
    for service_id in services:
        staking.stake(0, service_id, OWNER)
    for number in range(1, N_CHECKPOINTS + 1):
        for service_id, service in services.items():
            service.counters = (number * (service_id % 2),)
        staking.checkpoint(100 * number)
    if staking.balance != staking.pool.owed:
        raise RuntimeError("the staking contract holds another amount than it owes")


def epochs() -> None:
    """Ten epochs of donations to five services of ten components, and claims after each."""
    kinds = olas.UnitType
    owners = {(kinds.COMPONENT, i): ADDRESSES[i] for i in range(1, 11)}
    owners |= {(kinds.AGENT, i): ADDRESSES[10 + i] for i in range(1, N_SERVICES + 1)}
    components = tuple(range(1, 11))
    services = {i: olas.DonatedService(OWNER, components, (i,)) for i in range(1, N_SERVICES + 1)}
    ecosystem = olas.Ecosystem(owners, services, {OWNER: 10**22})
    economy = olas.Tokenomics.start(ecosystem, 0, DAY, 10 * DAY)
    for number in range(1, N_EPOCHS + 1):
        olas.donate(economy, OWNER, list(services), [10**18] * N_SERVICES, 2 * number)
        olas.checkpoint(economy, DAY + 10 * DAY * number, 2 * number + 1)
        olas.account_owner_incentives(economy, ADDRESSES[1], [kinds.COMPONENT], [1])
    if economy.epoch != N_EPOCHS + 1 or not economy.is_covered():
        raise RuntimeError(
            f"epoch {economy.epoch}: more was promised than given, or too few closed"
        )


def gas() -> Iterator[Record]:
    """`agents.olas_*_gas`: what the steps of a service of four cost its owner and operators."""
    chain = Chain()
    owner, *keys = (chain.account(name) for name in ("owner", "k1", "k2", "k3", "k4"))
    network = ServiceChain.deploy(chain, owner, owner)
    service_id = network.create(owner, CONFIG, {1: olas.Slots(4, 10)}, 3)
    yield Record("agents.olas_create_gas", chain.gas_used, "gas")
    network.services.activateRegistration(service_id, sender=owner, value=10)
    for key in keys:
        operator = chain.account(f"operator of {key.name}")
        network.services.registerAgents(service_id, [key], [1], sender=operator, value=10)
    yield Record("agents.olas_register_gas", chain.gas_used, "gas")
    network.services.deploy(service_id, sender=owner)
    yield Record("agents.olas_deploy_gas", chain.gas_used, "gas")
    data = network.services.slash.encode([keys[3]], [3], service_id)
    network.act(service_id, keys[:3], network.services, data)
    yield Record("agents.olas_slash_gas", chain.gas_used, "gas")
    yield from _staking_gas(network, owner, keys, service_id)


def _staking_gas(
    network: ServiceChain, owner: Account, keys: list[Account], service_id: int
) -> Iterator[Record]:
    terms = olas.Terms(1, 7, 10, 1, 1, 100, 10_000, 4)
    staking = network.staking(owner, terms, 10**16)
    network.services.approve(staking, service_id, sender=owner)
    network.chain.transfer(owner, staking, terms.emissions)
    staking.stake(service_id, sender=owner)
    yield Record("agents.olas_stake_gas", network.chain.gas_used, "gas")
    network.act(service_id, keys[:3], network.safe, network.safe.nonce.encode())
    network.chain.warp(terms.period)
    staking.checkpoint(sender=owner)
    yield Record("agents.olas_checkpoint_gas", network.chain.gas_used, "gas")
    staking.claim(service_id, sender=owner)
    yield Record("agents.olas_claim_gas", network.chain.gas_used, "gas")
