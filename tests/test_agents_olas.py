"""Olas as a model: parts and their graph, money that is conserved, the economy's arithmetic."""

import copy
import random
from contextlib import suppress
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aicrypto.agents import olas
from aicrypto.agents.olas.inflation import LOCK_S, ONE, WEEK_S, YEAR_S
from aicrypto.agents.olas.liveness import without
from aicrypto.agents.refusals import Refusal

MAKERS = ["0x" + 40 * digit for digit in "abcd"]
HASH = bytes([1] * 32)
DAY = 24 * 3600
LAUNCH = 1_656_584_807  # the suite's, a date near the token's


def random_units(seed, n=12):
    """A registry whose components use earlier ones, and agents that use some of them."""
    rng = random.Random(seed)
    units = olas.UnitRegistry()
    for known in range(n):
        depends = sorted(rng.sample(range(1, known + 1), min(known, rng.randint(0, 3))))
        units.create_component(rng.choice(MAKERS), HASH, depends)
    for _ in range(3):
        depends = sorted(rng.sample(range(1, n + 1), rng.randint(1, 3)))
        units.create_agent(rng.choice(MAKERS), HASH, depends)
    return units


def reached(units, component):
    """All that a component contains, by walking the graph."""
    below = (reached(units, i) for i in units.components[component - 1].dependencies)
    return {component}.union(*below)


@given(st.integers(0, 999))
def test_what_a_unit_contains_is_what_the_graph_reaches(seed):
    units = random_units(seed)
    for number, component in enumerate(units.components, 1):
        assert set(component.sub_components) == reached(units, number)
    everything = set().union(*(reached(units, i) for a in units.agents for i in a.dependencies))
    assert units.sub_components([3, 1, 2, 2, 9]) == tuple(sorted(everything))
    for unit in (*units.components, *units.agents):
        assert all(low < high for low, high in pairwise(unit.sub_components))


@pytest.mark.parametrize(
    ("owner", "unit_hash", "depends", "name"),
    [
        ("0x" + 40 * "0", bytes(32), [], "ZeroAddress"),
        (MAKERS[0], bytes(32), [9], "ZeroValue"),
        (MAKERS[0], HASH, [], "ZeroValue"),
        (MAKERS[0], HASH, [2, 1], "ComponentNotFound"),
        (MAKERS[0], HASH, [1, 1], "ComponentNotFound"),
        (MAKERS[0], HASH, [0], "ComponentNotFound"),
        (MAKERS[0], HASH, [99], "ComponentNotFound"),
    ],
)
def test_a_unit_that_is_refused(owner, unit_hash, depends, name):
    units = random_units(1)
    before = copy.deepcopy(units)
    with pytest.raises(Refusal, match=name):
        units.create_agent(owner, unit_hash, depends)
    assert units == before


def test_a_unit_that_is_sold_earns_for_its_buyer():
    units = random_units(2)
    seller, buyer = units.owner_of(olas.UnitType.AGENT, 1), "0x" + 40 * "e"
    for source, to, unit_id, name in (
        (buyer, buyer, 1, "WRONG_FROM"),
        (seller, "0x" + 40 * "0", 1, "INVALID_RECIPIENT"),
        (seller, buyer, 9, "WRONG_FROM"),
    ):
        with pytest.raises(Refusal, match=name):
            units.transfer(source, to, olas.UnitType.AGENT, unit_id)
    before = olas.split(units, [1], 10**6)
    units.transfer(seller, buyer, olas.UnitType.AGENT, 1)
    after = olas.split(units, [1], 10**6)
    assert after.by_unit == before.by_unit
    assert after.by_owner[buyer] == after.by_unit[olas.UnitType.AGENT, 1] == 170_000


@given(st.binary(max_size=600), st.integers(0, 599))
def test_another_file_has_another_name(data, place):
    digest = olas.content_digest(data)
    assert olas.is_content(data, digest)
    assert not olas.is_content(data + b"\0", digest)
    if data:
        flipped = bytearray(data)
        flipped[place % len(data)] ^= 1
        assert not olas.is_content(bytes(flipped), digest)
        assert not olas.is_content(data[:-1], digest)


def test_a_file_of_more_than_one_chunk_has_no_name_here():
    whole = bytes(262_144)
    assert olas.is_content(whole, olas.content_digest(whole))
    with pytest.raises(ValueError, match="262145 bytes"):
        olas.content_digest(whole + b"\0")
    assert not olas.is_content(whole + b"\0", HASH)
    with pytest.raises(ValueError, match="digest"):
        olas.cid_v0(HASH[1:])


@given(st.integers(0, 99), st.integers(0, 10**30), st.integers(0, 100), st.integers(0, 100))
def test_a_split_conserves_every_wei(seed, wei, first, second):
    units = random_units(seed)
    fractions = (first, min(second, 100 - first))
    shared = olas.split(units, [1, 2, 2], wei, fractions)
    assert wei == shared.left_wei + sum(shared.by_unit.values())
    assert wei == shared.left_wei + sum(shared.by_owner.values())
    least = wei * (100 - sum(fractions)) // 100
    assert least <= shared.left_wei <= least + 2 * len(shared.by_unit) + 2
    for kind in olas.UnitType:
        assert len({s for (k, _), s in shared.by_unit.items() if k == kind}) <= 1, "all the same"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"wei": -1}, "wei is -1"),
        ({"fractions": (60, 41)}, "fractions"),
        ({"fractions": (100,)}, "fractions"),
        ({"fractions": (-1, 1)}, "fractions"),
        ({"agent_ids": [77]}, "no registered agent"),
    ],
)
def test_a_split_that_is_refused(change, message):
    with pytest.raises(ValueError, match=message):
        olas.split(random_units(3), **({"agent_ids": [1], "wei": 5} | change))


@given(st.integers(0, 99), st.integers(0, 10**21))
def test_a_split_is_what_the_economy_pays_for_a_donation(seed, wei):
    units = random_units(seed)
    service = olas.DonatedService(MAKERS[0], units.sub_components([1]), (1,))
    kinds = (
        (kind, i) for kind, ids in zip(olas.UnitType, (12, 3), strict=True) for i in range(ids)
    )
    owners = {(kind, i + 1): units.owner_of(kind, i + 1) for kind, i in kinds}
    ecosystem = olas.Ecosystem(owners, {1: service}, {})
    economy = olas.Tokenomics.start(ecosystem, LAUNCH, LAUNCH + DAY, 10 * DAY)
    olas.donate(economy, MAKERS[1], [1], [wei], block=1)
    assert olas.checkpoint(economy, LAUNCH + 11 * DAY, block=2)
    shared = olas.split(units, [1], wei)
    for owner in set(owners.values()):
        keys = ecosystem.units_of(owner)
        who = (owner, [kind for kind, _ in keys], [i for _, i in keys])
        assert olas.owner_incentives(economy, *who) == (shared.by_owner.get(owner, 0), 0)
        assert olas.account_owner_incentives(economy, *who)[0] == shared.by_owner.get(owner, 0)
        assert olas.owner_incentives(economy, *who) == (0, 0), "once"
    assert economy.paid == (wei - shared.left_wei, 0)
    assert economy.is_covered()


@given(st.integers(1, 10**6))
def test_a_threshold_leaves_fewer_than_a_third_out(n):
    least, most = olas.threshold_bounds(n)
    assert 3 * least > 2 * n >= 3 * (least - 1), "more than two thirds, and no more than needed"
    assert most == n


@settings(max_examples=40)
@given(st.integers(0, 999), st.booleans())
def test_the_registry_owes_what_it_holds_and_a_refusal_changes_nothing(seed, mended):
    """Every history of calls, sensible or not, with the bugs and without."""
    rng = random.Random(seed)
    registry = olas.ServiceRegistry(MAKERS[3], olas.MENDED if mended else olas.DEPLOYED)
    paid_in = paid_out = 0
    for _ in range(60):
        before = copy.deepcopy(registry)
        try:
            got, out = random_call(registry, rng)
        except Refusal:
            assert registry == before
            continue
        paid_in, paid_out = paid_in + got, paid_out + out
        assert registry.balance == registry.owed == paid_in - paid_out


def random_call(registry, rng):
    """Wei that went in and that came out."""
    people, keys = MAKERS, [f"0x{i:040x}" for i in range(1, 8)]
    owner, service_id = rng.choice(people[:2]), rng.randint(1, 2)
    service = registry.services.get(service_id)
    kind = rng.randrange(9)
    ids = sorted(rng.sample((1, 2), rng.randint(1, 2)))
    slots = [olas.Slots(rng.randint(kind % 2, 2), 5 + rng.randint(0, 1)) for _ in ids]
    threshold = max(1, sum(s.n_slots for s in slots))
    if kind == 1 or service is None:
        olas.create(registry, owner, HASH, ids, slots, threshold)
    elif kind == 0:
        olas.update(registry, owner, HASH, ids, slots, threshold, service_id)
    elif kind == 2:
        olas.activate_registration(registry, service.owner, service_id, service.deposit)
        return service.deposit, 0
    elif kind in (3, 4, 5):
        agent_id = rng.choice((1, 2))
        known = registry.slots.get((service_id, agent_id))
        wei = known.bond if known else 0
        given = ([rng.choice(keys)], [agent_id], wei)
        olas.register_agents(registry, rng.choice(people), service_id, *given)
        with suppress(Refusal):
            olas.deploy(registry, service.owner, service_id)
        return wei, 0
    elif kind == 6:
        olas.slash(registry, service.multisig, service_id, [rng.choice(keys)], [rng.randint(0, 9)])
        return 0, olas.drain(registry, MAKERS[3])
    elif kind == 7:
        return 0, olas.terminate(registry, service.owner, service_id)
    else:
        return 0, olas.unbond(registry, rng.choice(people), service_id)
    return 0, 0


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        ((2, 10, 2, 1, 2, 100, 1000, 1), "LowerThan"),
        ((2, 10, 1, 2, 2, 100, 1000, 1), "LowerThan"),
        ((2, 0, 2, 2, 2, 100, 1000, 1), "ZeroValue"),
    ],
)
def test_terms_that_no_contract_is_made_with(terms, message):
    with pytest.raises(Refusal, match=message):
        olas.Terms(*terms)


def test_evicted_services_leave_from_the_back():
    """The last member moves into each hole."""
    assert without((1, 2, 3, 4, 5), (2, 4)) == (1, 5, 3)
    assert without((1, 2), (1, 2)) == ()
    assert without((1, 2), (9,)) == (1, 2)


def test_the_tables_of_inflation_add_up():
    """Each cap is the one before and what is minted in the year."""
    for year in range(1, 10):
        assert olas.supply_cap(year) == olas.supply_cap(year - 1) + olas.inflation(year)
    for year in range(1, 30):
        grown = olas.actual_supply_cap(year) - olas.actual_supply_cap(year - 1)
        assert grown == olas.actual_inflation(year)
    with pytest.raises(Refusal, match="PRBMath_MulDiv_Overflow"):
        olas.bond_payout(ONE, 2**128, 2**128)
    tables = (olas.inflation, olas.supply_cap, olas.actual_inflation, olas.actual_supply_cap)
    for table in tables:
        with pytest.raises(Refusal, match="revert"):
            table(-1)


def test_votes_fade_to_nothing():
    locked, now = 10**6 * ONE, 2000 * WEEK_S
    full = olas.votes(locked, now + LOCK_S, now)
    assert 0.99 < full / locked < 1
    half = olas.votes(locked, now + LOCK_S, now + LOCK_S // 2)
    assert abs(2 * half - full) < full / 50
    assert olas.votes(locked, now + 3, now + WEEK_S) == 0


def test_an_economy_begins_in_the_first_year():
    nothing = olas.Ecosystem({}, {}, {})
    with pytest.raises(ValueError, match="time is"):
        olas.Tokenomics.start(nothing, LAUNCH, LAUNCH - 1, 30 * DAY)
    late, now = LAUNCH + YEAR_S, LAUNCH + DAY
    refused = ((late, 30, "Overflow"), (now, 9, "LowerThan"), (now, 365, "Overflow"))
    for time, days, name in refused:
        with pytest.raises(Refusal, match=name):
            olas.Tokenomics.start(nothing, LAUNCH, time, days * DAY)


@given(st.integers(0, 10**6))
def test_a_year_that_ends_within_an_epoch_is_divided_there(late):
    """What two epochs mint together does not depend on where they meet in a year."""
    nothing = olas.Ecosystem({}, {}, {})
    start = LAUNCH + YEAR_S - 100 * DAY
    minted = []
    for meeting in (start + 20 * DAY, start + 20 * DAY + late):
        economy = olas.Tokenomics.start(nothing, LAUNCH, start, 10 * DAY)
        for block, time in enumerate((meeting, LAUNCH + YEAR_S + 40 * DAY), 1):
            assert olas.checkpoint(economy, time, block)
        minted.append(sum(economy.epochs[e].top_ups for e in (1, 2)))
    assert minted[0] == minted[1]
    first = olas.inflation(0) // (100 * DAY) * 100 * DAY
    assert minted[0] == first + olas.inflation(1) // YEAR_S * 40 * DAY


def test_inflation_goes_over_to_the_corrected_table():
    nothing = olas.Ecosystem({}, {}, {})
    economy = olas.Tokenomics.start(nothing, LAUNCH, LAUNCH + DAY, 30 * DAY)
    for number in range(1, 16):
        assert olas.checkpoint(economy, LAUNCH + DAY + number * 30 * DAY, number)
    assert economy.year == 1
    now = LAUNCH + DAY + 451 * DAY
    with pytest.raises(Refusal, match="WrongAmount"):
        olas.update_inflation(economy, (50, 30, 20, 1), now)
    olas.update_inflation(economy, (25, 4, 2, 69), now)
    assert economy.inflation_per_second == olas.actual_inflation(1) // YEAR_S
    assert economy.max_bond == economy.effective_bond
    assert economy.current.fractions == olas.Fractions((83, 17), 25, (4, 2), 69)
    with pytest.raises(Refusal, match="Overflow"):
        olas.update_inflation(economy, (25, 4, 2, 69), LAUNCH + 2 * YEAR_S)
    olas.refund_bond(economy, 5)
    assert economy.effective_bond == economy.max_bond + 5
    for amount, name in ((2**96, "Overflow"), (2**256 - 1, "Panic")):
        with pytest.raises(Refusal, match=name):
            olas.refund_bond(economy, amount)


@given(st.integers(0, 999))
def test_an_economy_promises_no_more_than_it_has(seed):
    """Random donations, changes of the shares, claims: ETH and OLAS are covered at all times."""
    rng = random.Random(seed)
    units = random_units(seed)
    table = {(olas.UnitType.COMPONENT, i): u.owner for i, u in enumerate(units.components, 1)}
    table |= {(olas.UnitType.AGENT, i): unit.owner for i, unit in enumerate(units.agents, 1)}
    services = {
        i: olas.DonatedService(MAKERS[i], units.sub_components([i]), (i,)) for i in range(1, 4)
    }
    votes = {maker: rng.choice((0, 10_000 * ONE)) for maker in MAKERS}
    ecosystem = olas.Ecosystem(table, services, votes)
    economy = olas.Tokenomics.start(ecosystem, LAUNCH, LAUNCH + DAY, 10 * DAY)
    time = LAUNCH + DAY
    for block in range(1, 60):
        time += rng.choice((DAY, 11 * DAY))
        kind = rng.randrange(4)
        with suppress(Refusal):
            if kind == 0:
                olas.checkpoint(economy, time, block)
            elif kind == 1:
                shares = [rng.randint(0, 50) for _ in range(6)]
                olas.change_fractions(economy, shares)
            elif kind == 2:
                owner = rng.choice(MAKERS)
                keys = ecosystem.units_of(owner)
                who = (owner, [kind for kind, _ in keys], [i for _, i in keys])
                olas.account_owner_incentives(economy, *who)
            else:
                amounts = [rng.randint(0, 10**20), rng.randint(0, 99)]
                ids = rng.sample((1, 2, 3), 2)
                olas.donate(economy, rng.choice(MAKERS), ids, amounts, block)
        assert economy.is_covered()


@pytest.mark.parametrize(
    ("kinds", "ids", "name"),
    [
        ([0], [1, 2], "WrongArrayLength"),
        ([2], [1], "Overflow"),
        ([0, 0], [1, 1], "WrongUnitId"),
        ([0], [1001], "WrongUnitId"),
        ([0], [7], "OwnerOnly"),
    ],
)
def test_claims_that_are_refused(kinds, ids, name):
    ecosystem = olas.Ecosystem({(olas.UnitType.COMPONENT, 1): MAKERS[0]}, {}, {})
    economy = olas.Tokenomics.start(ecosystem, LAUNCH, LAUNCH, 30 * DAY)
    with pytest.raises(Refusal, match=name):
        olas.account_owner_incentives(economy, MAKERS[0], kinds, ids)


def test_donations_that_are_refused():
    services = {1: olas.DonatedService(MAKERS[0], (), (1,))}
    economy = olas.Tokenomics.start(olas.Ecosystem({}, services, {}), LAUNCH, LAUNCH, 30 * DAY)
    before = copy.deepcopy(economy)
    for ids, name in (([9], "ServiceDoesNotExist"), ([1], "ServiceNeverDeployed")):
        with pytest.raises(Refusal, match=name):
            olas.donate(economy, MAKERS[0], ids, [5], block=1)
    with pytest.raises(Refusal, match="WrongArrayLength"):
        olas.donate(economy, MAKERS[0], [1], [], block=1)
    for move in (olas.reserve_bond, olas.refund_bond, olas.refund_staking):
        with pytest.raises(Refusal, match="revert"):
            move(economy, -1)
    assert economy == before


@pytest.fixture
def opened():
    """A service of two slots that takes operators, and one that is running."""
    registry = olas.ServiceRegistry()
    owner, operator, other, _ = MAKERS
    for number in (1, 2):
        olas.create(registry, owner, HASH, [1], [olas.Slots(number, 10)], number)
        olas.activate_registration(registry, owner, number, 10)
    olas.register_agents(registry, operator, 1, [other], [1], 10)
    olas.deploy(registry, owner, 1)
    return registry


KEY = "0x" + 40 * "7"


@pytest.mark.parametrize(
    ("operator", "instances", "name"),
    [
        (MAKERS[2], [KEY], "WrongOperator"),  # an instance of service 1
        (KEY, [KEY], "WrongOperator"),
        (MAKERS[1], [MAKERS[2]], "AgentInstanceRegistered"),
        (MAKERS[1], [KEY, KEY], "AgentInstanceRegistered"),
    ],
)
def test_whoever_cannot_be_an_operator_or_an_instance(opened, operator, instances, name):
    before = copy.deepcopy(opened)
    n = len(instances)
    with pytest.raises(Refusal, match=name):
        olas.register_agents(opened, operator, 2, instances, [1] * n, 10 * n)
    assert opened == before


def test_an_amount_that_the_contract_cannot_count(opened):
    multisig = opened.services[1].multisig
    for amount, name in ((2**96 - 1, "Panic"), (2**96, "revert"), (-1, "revert")):
        with pytest.raises(Refusal, match=name):
            olas.slash(opened, multisig, 1, [MAKERS[2]], [amount])
    assert opened.slashed == 0
    olas.slash(opened, multisig, 1, [MAKERS[2]], [2**96 - 2])
    assert opened.slashed == 10


def test_old_configurations_are_kept_once():
    registry = olas.ServiceRegistry()
    given = ([1], [olas.Slots(1, 10)], 1)
    olas.create(registry, MAKERS[0], HASH, *given)
    for config in (HASH, bytes([2] * 32), bytes([2] * 32), HASH):
        olas.update(registry, MAKERS[0], config, *given, 1)
    assert registry.services[1].past_hashes == [HASH, bytes([2] * 32)]
    assert registry.services[1].config_hash == HASH


def test_a_service_leaves_after_the_least_time_and_no_earlier():
    service = olas.StakedService(MAKERS[0], (MAKERS[1],), 2, KEY)
    terms = olas.Terms(1, 10, 2, 3, 1, 100, 1000, 1)
    staking = olas.Staking(terms, olas.nonce_ratio(ONE), olas.Pool(0), {1: service})
    staking.deposit(10**6)
    staking.stake(0, 1, MAKERS[0])
    assert service.owner == staking.address
    with pytest.raises(Refusal, match="NotEnoughTimeStaked"):
        staking.unstake(300, 1, MAKERS[0])
    assert staking.pool.epoch == 0, "the checkpoint of a refused call is undone"
    assert staking.unstake(301, 1, MAKERS[0]) == []
    assert service.owner == MAKERS[0]


def economy_of_one(time=LAUNCH + DAY):
    owners = {(kind, 1): MAKERS[0] for kind in olas.UnitType}
    services = {1: olas.DonatedService(MAKERS[0], (1,), (1,))}
    ecosystem = olas.Ecosystem(owners, services, {MAKERS[0]: 10**23})
    return olas.Tokenomics.start(ecosystem, LAUNCH, time, 30 * DAY)


def test_whoever_gets_no_share_gets_no_weight():
    economy = economy_of_one()
    olas.change_fractions(economy, [60, 40, 50, 50, 0, 0])
    assert olas.checkpoint(economy, LAUNCH + 31 * DAY, 1)
    olas.donate(economy, MAKERS[1], [1], [100], block=2)
    assert economy.current.sum_top_ups == [100, 0]
    assert olas.checkpoint(economy, LAUNCH + 61 * DAY, 3)
    assert olas.owner_incentives(economy, MAKERS[0], [1], [1]) == (40, 0)
    eth, tokens = olas.owner_incentives(economy, MAKERS[0], [0], [1])
    assert (eth, tokens) == (60, economy.epochs[2].top_ups // 2)


def test_bounds_of_staking_and_wide_numbers_wait_for_the_next_epoch():
    economy = economy_of_one()
    olas.change_staking(economy, 10**22, 50)
    wide = 2**32 + 20 * DAY
    olas.change_parameters(economy, 2**72 + 10**15, 10**14, 18 * ONE, wide, 2**96 + 5)
    assert economy.devs_per_capital == 10**15, "cut to 72 bits"
    assert economy.code_per_dev == ONE, "not above the least value"
    assert economy.epsilon_rate == ONE // 10
    assert economy.current.staking_bounds == (0, 0)
    assert olas.checkpoint(economy, LAUNCH + 31 * DAY, 1)
    assert economy.current.staking_bounds == (10**22, 50)
    assert (economy.epoch_len, economy.threshold) == (20 * DAY, 5)
    assert olas.checkpoint(economy, LAUNCH + 51 * DAY, 2)
    assert economy.current.staking_bounds == (10**22, 50), "copied on"


def test_the_corrected_table_waits_for_an_epoch_within_the_year():
    """The last epoch must have ended in the present year, and this one must end in it."""
    economy = economy_of_one(LAUNCH + YEAR_S - 30 * DAY)
    economy.year = 1  # as if the year had been counted on since
    with pytest.raises(Refusal, match="Overflow"):
        olas.update_inflation(economy, (25, 4, 2, 69), LAUNCH + YEAR_S + DAY)
    economy = economy_of_one()
    olas.refund_staking(economy, 7)
    assert economy.current.staking_incentive == 7
    olas.update_inflation(economy, (25, 4, 2, 69), LAUNCH + 2 * DAY)
    assert economy.current.staking_incentive == 0
    assert economy.inflation_per_second == 0, "nothing was left to mint of the first year"


def test_a_donation_takes_nothing_back():
    economy = economy_of_one()
    before = copy.deepcopy(economy)
    with pytest.raises(Refusal, match="revert"):
        olas.donate(economy, MAKERS[0], [1], [-5], block=1)
    assert economy == before
