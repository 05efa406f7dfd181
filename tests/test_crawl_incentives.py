"""Reputation, routing, rewards, probes, farms: nothing minted or lost, planted farms found."""

import random
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicrypto.crawl.incentives import (
    AccountTrace,
    Candidate,
    Probe,
    Service,
    User,
    WeightsMustSumToOne,
    delegate,
    find_farms,
    largest_remainder,
    measure,
    network_points,
    rank,
    referrals,
    route,
    router_reward,
    standing,
)
from aicrypto.crawl.incentives.farms import block
from aicrypto.crawl.incentives.rewards import REFERRAL_PERCENT

WEIGHTS = {"completeness": 0.3, "consistency": 0.4, "timeliness": 0.2, "availability": 0.1}


@given(st.integers(0, 10**9), st.lists(st.integers(0, 10**6), max_size=20))
def test_shares_add_up_and_differ_from_exact_by_less_than_one(total, weights):
    parts, whole = largest_remainder(total, weights), sum(weights)
    assert sum(parts) == (total if whole else 0)
    exact = [Fraction(total * w, whole) if whole else 0 for w in weights]
    assert all(abs(part - share) < 1 for part, share in zip(parts, exact, strict=True))


def test_ties_go_to_the_earlier_and_nothing_is_negative():
    assert largest_remainder(4, [1, 1, 1]) == [2, 1, 1]
    for arguments in ((-1, [1]), (1, [1, -1])):
        with pytest.raises(ValueError, match="must not be negative"):
            largest_remainder(*arguments)


@given(st.lists(st.tuples(st.sampled_from("AB"), st.integers(0, 100), st.booleans())))
def test_routing_serves_all_it_can(given_nodes):
    nodes = [Candidate(str(i), *node) for i, node in enumerate(given_nodes)]
    jobs, unserved = route(nodes, {"A": 7, "B": 5, "C": 3}, min_reputation=20)
    assert sum(jobs.values()) + sum(unserved.values()) == 15
    assert "C" in unserved
    assert all(node.online and node.reputation >= 20 for node in nodes if jobs[node.id])


def test_a_reputation_is_earned():
    good = [Service(100, 100, True, 10)] * 3
    assert standing(WEIGHTS, good, 500, 60, 60).points == 100
    assert standing(WEIGHTS, [], 500, 60, 60).points == 10  # there, and nothing more
    assert standing(WEIGHTS, [Service(100, 100, False, 10)] * 3, 500, 60, 60).points == 60
    slow = standing(WEIGHTS, [Service(100, 50, True, 1000)], 500, 30, 60)
    assert (slow.completeness, slow.timeliness, slow.availability) == (0.5, 0.5, 0.5)
    with pytest.raises(WeightsMustSumToOne):
        standing({**WEIGHTS, "timeliness": 0.3}, good, 500, 1, 1)
    with pytest.raises(ValueError, match="must name"):
        standing({"completeness": 1.0}, good, 500, 1, 1)
    with pytest.raises(ValueError, match="window_seconds is 0"):
        standing(WEIGHTS, good, 500, 0, 0)


@given(st.integers(0, 10**6), st.lists(st.integers(0, 10**9), max_size=10))
def test_the_pool_of_points_is_paid_out_whole(pool, n_bytes):
    assert sum(network_points(pool, n_bytes)) == (pool if sum(n_bytes) else 0)


@given(
    st.lists(st.integers(0, 1000), min_size=1, max_size=6), st.integers(0, 100), st.integers(0, 30)
)
def test_what_delegators_and_operator_get_is_what_was_earned(stakes, percent, slots):
    previous = [Fraction(i, 3) for i in range(len(stakes))]
    total = sum(stakes) + 1
    accumulated, claimed, operator = delegate(stakes, previous, 7, slots, total, percent)
    assert sum(claimed) + operator == sum(accumulated)
    assert sum(accumulated) == sum(previous) + Fraction(7 * slots * sum(stakes), total)
    with pytest.raises(ValueError, match="total_stake is 0"):
        delegate(stakes, previous, 7, slots, 0, percent)


def test_a_slow_router_earns_nothing_and_owes_nothing():
    one = Fraction(1)
    assert router_reward(one, 10, one, 600, 500, 1000, one) == 0
    assert router_reward(one, 10, one, 250, 250, 1000, one) == 5
    with pytest.raises(ValueError, match="max_ms is 0"):
        router_reward(one, 10, one, 1, 1, 0, one)


def test_circles_of_invitations_pay_nobody_for_themselves():
    ring = {n: User(100, 0, r) for n, r in (("a", "b"), ("b", "c"), ("c", "a"), ("d", "d"))}
    commission = referrals(ring).commission
    assert commission == {"a": 30, "b": 30, "c": 30, "d": 0}  # from the two others each
    assert referrals({"a": User(0, 200, "nobody")}).total == {"a": 0}
    assert referrals({"a": User(0, 200, "b"), "b": User(0, 0, None)}).total == {
        "a": 5000,
        "b": 2500,
    }


@given(st.lists(st.tuples(st.integers(0, 999), st.integers(0, 7)), min_size=1, max_size=8))
def test_commissions_are_bounded_by_the_ladder(people):
    users = {str(i): User(points, 0, str(above)) for i, (points, above) in enumerate(people)}
    got = referrals(users)
    assert (
        sum(got.commission.values())
        <= sum(points for points, _ in people) * sum(REFERRAL_PERCENT) // 100
    )
    assert all(got.total[n] == users[n].uptime_points + got.commission[n] for n in users)


def test_ranks():
    assert rank(0, 221) == ("Titan", 250_000)
    assert rank(259_499, 10) == ("below Silver", None)
    assert rank(259_500, 0) == ("Silver", None)


def test_one_bribed_probe_moves_nothing():
    honest = [Probe("a", 1_250_000, 1000)] * 2
    bribed = Probe("a", 10**9, 1)
    assert measure({"a": 12_500_000}, [*honest, bribed], Fraction(5, 4), 3) == (
        {"a": 10_000_000},
        [],
    )
    assert measure({"a": 12_500_001}, [*honest, bribed], Fraction(5, 4), 3)[1] == ["a"]
    assert measure({"a": 10**9}, honest, Fraction(5, 4), 3) == ({"a": None}, [])
    assert Probe("a", 1, 0).bps == 8000


def planted(rng, n_farms):
    """400 honest accounts, some of them neighbours or referred, and farms of both kinds."""
    accounts = [
        AccountTrace(
            f"h{i}",
            f"{rng.randrange(1, 200)}.{rng.randrange(256)}.{rng.randrange(256)}.1",
            f"device {i}",
            f"h{rng.randrange(400)}",
            rng.randrange(10**7),
        )
        for i in range(400)
    ]
    farms = set()
    for f in range(n_farms):
        block, start = f"10.{f}.0", rng.randrange(10**7)
        for i in range(rng.randrange(6, 15)):
            name = f"f{f}.{i}"
            farms.add(name)
            same_device = f % 2 == 0
            device = f"farm {f}" if same_device else f"device {name}"
            ip = f"172.{i}.{f}.1" if same_device else f"{block}.{i}"
            accounts.append(AccountTrace(name, ip, device, "h0", start + 60 * i))
    rng.shuffle(accounts)
    return accounts, farms


@pytest.mark.parametrize("seed", range(3))
def test_planted_farms_are_found_and_nobody_else(seed):
    accounts, farms = planted(random.Random(seed), n_farms=8)
    found = {name for farm in find_farms(accounts, 3600, 5) for name in farm}
    assert len(found & farms) >= 0.95 * len(farms)
    assert len(found & farms) >= 0.95 * len(found)


def test_a_family_is_no_farm():
    family = [AccountTrace(f"m{i}", f"10.1.1.{i}", f"phone {i}", "m0", i) for i in range(4)]
    assert find_farms(family, 3600, 5) == []
    assert find_farms(family, 3600, 4) == [["m0", "m1", "m2", "m3"]]
    strangers = [AccountTrace(f"m{i}", f"10.1.1.{i}", f"phone {i}", None, i) for i in range(9)]
    assert find_farms(strangers, 3600, 4) == []


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("10.1.2.3", "10.1.2.200", True),
        ("10.1.2.3", "10.1.3.3", False),
        ("2001:db8:1::5", "2001:db8:1:ffff::1", True),
        ("2001:db8:1::5", "2001:0DB8:0001:7::10.0.0.1", True),
        ("2001:db8:1::5", "2001:db8:2::5", False),
        ("2001:db8:1::5", "10.1.2.3", False),
        ("::ffff:10.1.2.3", "10.1.2.9", True),
        ("no address: at all", "not: one either", True),
    ],
)
def test_neighbours_share_a_block(one, other, same):
    assert (block(one) == block(other)) == same


def test_a_farm_on_ipv6_is_one():
    """All of its accounts are of one /48; strangers elsewhere join at the same time."""
    near = [AccountTrace(f"n{i}", f"2001:db8:1:{i}::1", f"d{i}", "boss", i) for i in range(4)]
    far = [AccountTrace(f"f{i}", f"2001:db8:{i + 9:x}::1", f"e{i}", "boss", i) for i in range(4)]
    assert find_farms(near + far, 60, 3) == [["n0", "n1", "n2", "n3"]]
