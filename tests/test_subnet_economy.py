"""Emission, shares, pools, payouts: the chain's vectors, the spec's figures, properties."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aicrypto import conform
from aicrypto.subnet import economy as e
from aicrypto.subnet.fixed import BITS, ONE, WIDE
from aicrypto.subnet.refusals import InvalidValue

VECTORS = Path(__file__).parent / "vectors"
rao = st.integers(1, 10**15)


@pytest.mark.parametrize("suite", ["economy", "scoring"])
def test_vectors_of_the_chain(suite: str) -> None:
    report = conform.run(conform.load(VECTORS / f"bittensor.{suite}.json"))
    assert report.ok, report.failures[:3]


@given(st.integers(0, 21 * 10**15), st.integers(0, 10**12))
def test_emission_never_rises(issued: int, more: int) -> None:
    assert e.block_emission(issued + more) <= e.block_emission(issued) <= e.RAO


def test_the_moving_price_stalls_as_measured() -> None:
    """Upstream flaw: steps of 3e-6 are floored to 32 bits, so the last 8e-5 are never made up."""

    def after(old: float, price: float) -> int:
        return e.moving_price(int(old * ONE), int(price * 2**WIDE), 10**9)

    assert after(0.0099, 0.01) > int(0.0099 * ONE)
    assert after(0.009925, 0.01) == int(0.009925 * ONE)
    assert after(0, 7.5e-5) == 0
    assert after(0, 8.1e-5) > 0


def test_four_regimes_share_differently() -> None:
    prices = [ONE // 4, ONE // 4, ONE // 2]
    by_price = [share / 2**WIDE for share in e.price_shares(prices)]
    assert by_price == pytest.approx([0.25, 0.25, 0.5])
    burned = [e.Subnet(price, ONE if k == 2 else 0) for k, price in enumerate(prices)]
    assert e.burn_aware_shares(burned)[2] == 0
    flows = [10 << WIDE, -5 << WIDE, 30 << WIDE]
    assert e.flow_shares(flows)[1] == 0
    by_flow = [share / 2**WIDE for share in e.flow_shares([10 << WIDE, 0, 30 << WIDE])]
    assert by_flow == pytest.approx([0.25, 0, 0.75])
    assert e.net_flow_shares(flows, [0, 0, 30 << WIDE])[2] < e.flow_shares(flows)[2]
    assert e.moving_flow(0, 10**9) > 0 > e.moving_flow(0, -(10**9))


@given(st.lists(st.tuples(st.integers(0, ONE), st.integers(0, ONE), st.booleans()), max_size=9))
def test_no_more_than_the_block_is_shared(subnets: list[tuple[int, int, bool]]) -> None:
    listed = [e.Subnet(*subnet) for subnet in subnets]
    shares = e.among_enabled(e.burn_aware_shares(listed), [s.emission_enabled for s in listed])
    assert sum(e.emissions(10**9, shares)) <= 10**9 << BITS
    assert all(s.emission_enabled or not share for s, share in zip(listed, shares, strict=True))


@given(rao, rao, st.integers(10**17, 9 * 10**17), st.integers(1, 10**14))
def test_a_round_trip_through_the_pool_never_gains(
    alpha: int, tao: int, weight: int, paid: int
) -> None:
    pool = e.Pool(alpha, tao, weight)
    bought = e.buy(pool, paid)
    assert bought.pool.alpha >= 0
    back = e.sell(bought.pool, int(bought.amount_out))
    assert int(back.amount_out) <= paid


@given(st.integers(10**9, 10**15), st.integers(10**9, 10**15), st.integers(0, 10**10), rao)
def test_liquidity_keeps_the_price(alpha: int, tao: int, alpha_in: int, tao_in: int) -> None:
    pool = e.Pool(alpha, tao)
    try:
        after = e.add_liquidity(pool, alpha_in, tao_in % 10**10)
    except InvalidValue:
        return
    assert after.price == pytest.approx(pool.price, rel=1e-6)


def test_parts_of_a_pool_are_rounded_half_up() -> None:
    assert e.add_liquidity(e.Pool(1, 3), 1, 0).quote_weight == 2 * 10**18 // 5


def test_a_lopsided_pool_is_refused() -> None:
    with pytest.raises(InvalidValue):
        e.add_liquidity(e.Pool(1000, 1000), 0, 10**9)


@given(st.integers(0, 10**12), st.integers(0, ONE))
def test_the_split_loses_less_than_four_rao(alpha_out: int, root: int) -> None:
    parts = vars(e.alpha_split(alpha_out, root)).values()
    assert 0 <= alpha_out - sum(parts) < 4
    assert min(parts) >= 0


hotkeys = st.lists(
    st.builds(e.Hotkey, st.integers(0, 10**15), st.integers(0, 10**15), st.integers(0, 10**11)),
    min_size=1,
    max_size=6,
)


@given(hotkeys, st.integers(0, 10**12), st.integers(0, 10**12), st.integers(0, 65535))
def test_dividends_pay_no_more_than_the_pots(
    keys: list[e.Hotkey], alpha: int, root: int, take: int
) -> None:
    paid = e.validator_dividends(keys, alpha, root, take)
    assert sum(p.alpha_take + p.alpha_nominators for p in paid) <= alpha
    assert sum(p.root_take + p.root_nominators for p in paid) <= root


parents = st.lists(
    st.builds(
        e.Parent,
        st.integers(0, 2**64 - 1),
        st.integers(0, 10**15),
        st.integers(0, 10**15),
        st.booleans(),
    ),
    max_size=5,
)


@given(st.integers(0, 10**12), parents, st.integers(0, 11796), st.integers(0, 2**64 - 1))
def test_children_divide_no_more_than_they_earn(
    dividend: int, lenders: list[e.Parent], take: int, burn: int
) -> None:
    child = e.Child(10**9, 10**12, (), take, min(burn, 2**63))
    paid = e.childkey_dividends(dividend, child, lenders)
    assert sum(paid.parents) + paid.child + paid.recycled <= dividend
    assert min([paid.child, *paid.parents]) >= 0


def test_lent_stake_counts_once() -> None:
    half = 2**63
    lender = e.inherited_stake(10**12, [half], [])
    child = e.inherited_stake(0, [], [(half, 10**12)])
    assert lender + child in (10**12, 10**12 - 1)


def test_the_burn_is_a_dutch_auction() -> None:
    burn = 10**8
    for _ in range(3):
        burn = e.burn_bumped(burn)
    assert burn == pytest.approx(10**8 * 1.26**3, rel=1e-6)
    assert e.burn_after(burn, 360) == pytest.approx(burn / 2, rel=1e-5)
    assert e.burn_after(burn, 5, half_life=0) == burn


def test_nobody_goes_where_nobody_is_immune_and_few_are_left() -> None:
    """The quirk: ten without immunity, none with, and no place can be had."""
    seats = [e.Seat(uid, 0) for uid in range(10)]
    assert e.prune_uid(seats, 10_000) is None
    assert e.prune_uid([*seats, e.Seat(99, 9_000)], 10_000) == 10, "the immune one goes"
    assert e.prune_uid([*seats, e.Seat(99, 0)], 10_000) == 0


@settings(max_examples=50)
@given(st.integers(0, 10**12), st.integers(1, 5), st.lists(st.integers(0, 20000), max_size=3))
def test_mechanisms_share_all_of_it(alpha: int, count: int, split: list[int]) -> None:
    assert sum(e.mechanism_split(alpha, count)) == alpha
    assert sum(e.mechanism_split(alpha, count, split)) == alpha


def test_prices_of_the_worked_pool() -> None:
    pool = e.Pool(10**15, 10**13)
    assert pool.price / 2**WIDE == pytest.approx(0.01)
    assert replace(pool, quote_weight=6 * 10**17).price < pool.price
