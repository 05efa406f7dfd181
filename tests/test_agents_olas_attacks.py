"""What somebody gains from Olas as deployed, and what a mended copy, labelled so, refuses him.

Rewards and bonds are wei. What is called mended is a repair of ours; the deployed contracts do not
have it.
"""

import pytest

from aicrypto.agents import olas
from aicrypto.agents.olas.onchain import ServiceChain
from aicrypto.agents.refusals import Refusal
from aicrypto.evm import Chain, Reverted
from aicrypto.evm.accounts import NOBODY
from aicrypto.evm.compiler import compile_source

CONFIG = bytes([1] * 32)
OWNER, ALICE, MALLORY, BOB = ("0x" + 40 * digit for digit in "1234")
KEYS = [f"0x{i:040x}" for i in range(0x50, 0x58)]
LEDGER = """
# pragma version ~=0.4.3
paidDeliveries: public(HashMap[address, uint256])

@external
def record(multisig: address):
    self.paidDeliveries[multisig] += 1
"""


def opened(registry, slots, threshold, owner=OWNER):
    """A service that takes operators."""
    service_id = olas.create(
        registry, owner, CONFIG, sorted(slots), list(slots.values()), threshold
    )
    deposit = registry.services[service_id].deposit
    olas.activate_registration(registry, owner, service_id, deposit)
    return service_id


def test_slashing_the_instance_of_another_service():
    """Service 2 punishes an operator for an instance that never worked for it."""
    for repairs in (olas.DEPLOYED, olas.MENDED):
        registry = olas.ServiceRegistry(MALLORY, repairs)
        first, second = (opened(registry, {1: olas.Slots(1, 10)}, 1) for _ in range(2))
        for service_id, key in ((first, KEYS[0]), (second, KEYS[1])):
            olas.register_agents(registry, ALICE, service_id, [key], [1], 10)
            olas.deploy(registry, OWNER, service_id)
        of_second = registry.services[second].multisig

        def punish():
            olas.slash(registry, of_second, second, [KEYS[0]], [10])  # noqa: B023

        if repairs == olas.DEPLOYED:
            punish()
            assert registry.bonds[ALICE, first] == 10, "the bond of the accused instance is safe"
            assert registry.bonds[ALICE, second] == 0, "that of the innocent one is gone"
            assert olas.drain(registry, MALLORY) == 10
        else:
            with pytest.raises(Refusal, match="InstanceNotInService"):
                punish()
            assert registry.bonds[ALICE, second] == 10
        assert registry.balance == registry.owed


def test_registering_under_a_removed_agent_id():
    """For one wei somebody fills a service of dear bonds, and is not in its multisig."""
    for repairs in (olas.DEPLOYED, olas.MENDED):
        registry = olas.ServiceRegistry(MALLORY, repairs)
        cheap, dear = olas.Slots(1, 1), olas.Slots(4, 10**6)
        service_id = olas.create(registry, OWNER, CONFIG, [1], [cheap], 1)
        olas.update(registry, OWNER, CONFIG, [2], [dear], 3, service_id)
        olas.activate_registration(registry, OWNER, service_id, 10**6)
        olas.register_agents(registry, ALICE, service_id, KEYS[:3], [2] * 3, 3 * 10**6)

        def squat():
            olas.register_agents(registry, MALLORY, service_id, [KEYS[7]], [1], 1)  # noqa: B023

        if repairs == olas.DEPLOYED:
            squat()
            owners = olas.deploy(registry, OWNER, service_id)
            assert owners == [*KEYS[:3], NOBODY], "nobody has the fourth key"
            assert registry.services[service_id].threshold == 3, "so one silent operator stops it"
            with pytest.raises(Refusal, match="WrongServiceState"):
                olas.register_agents(registry, BOB, service_id, [KEYS[3]], [2], 10**6)
        else:
            with pytest.raises(Refusal, match="AgentNotInService"):
                squat()
            olas.register_agents(registry, BOB, service_id, [KEYS[3]], [2], 10**6)
            assert olas.deploy(registry, OWNER, service_id) == KEYS[:4]
        assert registry.balance == registry.owed


def test_slots_under_a_removed_id_stay_filled_for_ever():
    """They are not cleared with the others; listed again, they are too many (`Panic`)."""
    registry = olas.ServiceRegistry()
    two, one = olas.Slots(2, 1), olas.Slots(1, 1)
    service_id = olas.create(registry, OWNER, CONFIG, [1], [two], 2)
    olas.update(registry, OWNER, CONFIG, [2], [two], 2, service_id)
    olas.activate_registration(registry, OWNER, service_id, 1)
    olas.register_agents(registry, MALLORY, service_id, KEYS[:2], [1, 1], 2)
    olas.terminate(registry, OWNER, service_id)
    assert olas.unbond(registry, MALLORY, service_id) == 2
    olas.update(registry, OWNER, CONFIG, [1], [one], 1, service_id)
    with pytest.raises(Refusal, match="Panic"):
        registry.agent_instances(service_id)
    olas.activate_registration(registry, OWNER, service_id, 1)
    olas.register_agents(registry, BOB, service_id, [KEYS[5]], [1], 1)
    with pytest.raises(Refusal, match="Panic"):
        olas.deploy(registry, OWNER, service_id)
    assert registry.balance == registry.owed == 2


@pytest.fixture
def chain():
    return Chain()


def people(chain, *names):
    return [chain.account(name) for name in names]


def test_both_on_chain(chain):
    """A squatter blocks the multisig for one wei; a service slashes a stranger's instance."""
    owner, alice, mallory = people(chain, "owner", "alice", "mallory")
    keys = people(chain, *(f"key {i}" for i in range(6)))
    slots = {1: olas.Slots(1, 1), 2: olas.Slots(3, 50)}
    for mended in (False, True):
        network = ServiceChain.deploy(chain, owner, mallory, mended)
        services = network.services
        first = network.create(owner, CONFIG, {1: slots[1]}, 1)
        services.update(CONFIG, [2], [(3, 50)], 3, first, sender=owner)
        services.activateRegistration(first, sender=owner, value=50)
        services.registerAgents(first, keys[:2], [2, 2], sender=alice, value=100)
        if mended:
            with pytest.raises(Reverted, match="AgentNotInService"):
                services.registerAgents(first, keys[5:], [1], sender=mallory, value=1)
        else:
            services.registerAgents(first, keys[5:], [1], sender=mallory, value=1)
            with pytest.raises(Reverted, match="wrong owner"):
                services.deploy(first, sender=owner)
        second = network.create(owner, CONFIG, {1: olas.Slots(3, 7)}, 3)
        services.activateRegistration(second, sender=owner, value=7)
        services.registerAgents(second, keys[2:5], [1, 1, 1], sender=alice, value=21)
        services.deploy(second, sender=owner)
        data = services.slash.encode([keys[0]], [21], second)
        with pytest.raises(Reverted, match="too few signatures"):
            network.act(second, keys[2:4], services, data)
        with pytest.raises(Reverted, match="signers out of order"):
            network.act(second, [keys[2], keys[3], keys[3]], services, data)
        with pytest.raises(Reverted, match="not an owner"):
            network.act(second, [keys[2], keys[3], keys[0]], services, data)
        if mended:
            with pytest.raises(Reverted, match="InstanceNotInService"):
                network.act(second, keys[2:5], services, data)
        else:
            network.act(second, keys[2:5], services, data)
        lost = 0 if mended else 21
        assert services.slashedFunds() == lost == 21 - services.getOperatorBalance(alice, second)
        assert services.getOperatorBalance(alice, first) == 100
        assert chain.total_wei() == chain.minted_wei


TERMS = olas.Terms(2, 10, 2, 5, 1, 100, 1000, 1)
RATIO = 2 * 10**16  # two transactions in 100 seconds


def staked(checker, n=2, **settings):
    """A contract with two services in it."""
    services = {
        i: olas.StakedService(OWNER, (ALICE,), 2, f"multisig {i}", counters=(0, 0))
        for i in range(1, n + 1)
    }
    contract = olas.Staking(TERMS, checker, olas.Pool(0), services, **settings)
    contract.deposit(10**6)
    for service_id in services:
        contract.stake(0, service_id, OWNER)
    return contract


def test_transactions_that_do_nothing_earn_as_much_as_work():
    """Two of them just before the checkpoint, no more than the ratio asks for."""
    contract = staked(olas.nonce_ratio(RATIO))
    contract.services[1].counters = (40, 40)  # worked
    contract.services[2].counters = (2, 0)  # paid itself nothing, twice
    assert contract.checkpoint(100).rewards == {1: 1000, 2: 1000}
    contract.services[1].counters = (80, 80)
    contract.services[2].counters = (3, 0)  # one too few
    assert contract.checkpoint(200).rewards == {1: 1000}
    mended = staked(olas.paid_work(RATIO))
    mended.services[1].counters = (40, 40)
    mended.services[2].counters = (2, 0)
    assert mended.checkpoint(100).rewards == {1: 1000}
    mended.services[2].counters = (3, 9)  # more deliveries than transactions: made up
    assert 2 not in mended.checkpoint(200).rewards


def test_a_wei_locks_who_was_free_to_leave():
    """Without rewards left a service may go at once; dust in the contract takes that away."""
    for least, is_refused in ((0, False), (TERMS.rewards_per_second * TERMS.period, True)):
        contract = staked(olas.nonce_ratio(RATIO), min_top_up=least)
        contract.pool = olas.Pool(0, contract.pool.service_ids, contract.pool.stakes)  # all spent
        contract.balance = 0
        if is_refused:
            with pytest.raises(Refusal, match="LowerThan"):
                contract.deposit(1)
            assert contract.unstake(100, 1, OWNER) == []
        else:
            contract.deposit(1)
            with pytest.raises(Refusal, match="NotEnoughTimeStaked"):
                contract.unstake(100, 1, OWNER)
        assert contract.balance == contract.pool.owed


def test_a_slot_costs_the_least_bond():
    """Rewards are per service: one wei more of bond earns nothing more, and slots run out."""
    contract = staked(olas.nonce_ratio(RATIO))
    contract.services[3] = olas.StakedService(BOB, (BOB,), 10**18, "multisig 3")
    with pytest.raises(Refusal, match="MaxNumServicesReached"):
        contract.stake(0, 3, BOB)
    assert sum(contract.services[i].bond for i in (1, 2)) == 2 * TERMS.min_deposit


def test_spam_and_dust_on_chain(chain):
    owner, alice, mallory = people(chain, "owner", "alice", "mallory")
    key = chain.account("key")
    network = ServiceChain.deploy(chain, owner, mallory)
    services = network.services
    service_id = network.create(owner, CONFIG, {1: olas.Slots(1, 2)}, 1)
    services.activateRegistration(service_id, sender=owner, value=2)
    services.registerAgents(service_id, [key], [1], sender=alice, value=2)
    services.deploy(service_id, sender=owner)
    ledger = chain.deploy(compile_source(LEDGER, "Ledger"), sender=owner)
    kinds = ((NOBODY, 0, 1000), (ledger, 1000, 0))
    for counted, least, earned in kinds:
        staking = network.staking(owner, TERMS, RATIO, counted, least)
        services.approve(staking, service_id, sender=owner)
        chain.transfer(owner, staking, 5000)
        if least:
            with pytest.raises(Reverted, match="LowerThan"):
                chain.transfer(mallory, staking, 1)
        staking.stake(service_id, sender=owner)
        assert services.ownerOf(service_id) == staking.address
        chain.warp(TERMS.period)
        for _ in range(2):
            network.act(service_id, [key], ledger, ledger.paidDeliveries.encode(owner))
        staking.checkpoint(sender=mallory)
        assert staking.getServiceInfo(service_id)[4] == earned
        chain.warp(TERMS.period * TERMS.min_periods)
        staking.unstake(service_id, sender=owner)
        assert services.ownerOf(service_id) == owner.address
        assert chain.balance(staking) == 5000 - earned == staking.availableRewards()


def self_made(votes, self_top_ups=True):
    """An economy in which Mallory owns a service and all its parts, Bob another one's."""
    kinds = olas.UnitType
    owners = {(kind, i + 1): who for kind in kinds for i, who in enumerate((MALLORY, BOB))}
    services = {
        1: olas.DonatedService(MALLORY, (1,), (1,)),
        2: olas.DonatedService(BOB, (2,), (2,)),
    }
    ecosystem = olas.Ecosystem(owners, services, votes)
    economy = olas.Tokenomics.start(ecosystem, launch=0, time=0, epoch_len=DAY * 30)
    economy.self_top_ups = self_top_ups
    return economy


DAY, ETHER = 24 * 3600, 10**18
ENOUGH = 10_000 * ETHER


def settle(economy, *gifts):
    """Donations in the current epoch, which is closed then."""
    for donor, service_id, amount in gifts:
        olas.donate(economy, donor, [service_id], [amount], block=1)
    begun = economy.epochs[economy.epoch - 1].end
    assert olas.checkpoint(economy, begun + economy.epoch_len, block=2)
    assert economy.is_covered()


def test_donating_to_oneself():
    """All the ETH comes back, and with it nearly all OLAS of the epoch; it takes locked OLAS."""
    gift = 1000 * ETHER
    economy = self_made({MALLORY: ENOUGH, BOB: ENOUGH})
    settle(economy, (MALLORY, 1, gift), (ALICE, 2, ETHER))
    eth, tokens = olas.owner_incentives(economy, MALLORY, [0, 1], [1, 1])
    _, honest = olas.owner_incentives(economy, BOB, [0, 1], [2, 2])
    assert eth == gift, "the treasury takes nothing, so it was free"
    assert tokens > 900 * honest > 0
    poor = self_made({MALLORY: ENOUGH - 1, BOB: ENOUGH})
    settle(poor, (MALLORY, 1, gift), (ALICE, 2, ETHER))
    assert olas.owner_incentives(poor, MALLORY, [0, 1], [1, 1])[1] == 0, "below the threshold"


def test_refusing_top_ups_for_it_and_what_that_is_worth():
    """Mended, one's own name does not do; another name does; a share for the treasury costs."""
    gift = 1000 * ETHER
    mended = self_made({MALLORY: ENOUGH}, self_top_ups=False)
    settle(mended, (MALLORY, 1, gift))
    assert olas.owner_incentives(mended, MALLORY, [0, 1], [1, 1]) == (gift, 0)
    settle(mended, (ALICE, 1, gift))  # a second address of hers
    assert olas.owner_incentives(mended, MALLORY, [0, 1], [1, 1])[1] > 0
    taxed = self_made({MALLORY: ENOUGH})
    olas.change_fractions(taxed, [40, 10, 50, 41, 9, 0])
    settle(taxed)
    settle(taxed, (ALICE, 1, gift))
    assert olas.owner_incentives(taxed, MALLORY, [0, 1], [1, 1])[0] == gift // 2


def test_nobody_donates_and_settles_in_one_block():
    """Or else borrowed votes would do."""
    economy = self_made({MALLORY: ENOUGH})
    olas.donate(economy, MALLORY, [1], [ETHER], block=7)
    with pytest.raises(Refusal, match="SameBlockNumberViolation"):
        olas.checkpoint(economy, 30 * DAY, block=7)
    assert olas.checkpoint(economy, 30 * DAY, block=8)
