"""Matching by surplus: optimal, and nobody gains by a lie."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aicrypto.ritual import Offer, greedy, optimum, prices, surplus_of

money = st.integers(0, 30)


@st.composite
def markets(draw):
    jobs = [f"t{i}" for i in range(draw(st.integers(0, 4)))]
    costs = st.dictionaries(st.sampled_from(jobs), money) if jobs else st.just({})
    names = [f"n{i}" for i in range(draw(st.integers(0, 3)))]
    offers = {n: Offer(draw(money), draw(st.integers(0, 4)), draw(costs)) for n in names}
    return {job: draw(money) for job in jobs}, offers


def all_surpluses(values, offers):
    """Surplus of every matching that the nodes can serve, by trying all."""
    for choice in product([None, *offers], repeat=len(values)):
        node_of = {job: node for job, node in zip(values, choice, strict=True) if node}
        try:
            yield surplus_of(node_of, values, offers)
        except ValueError:
            continue


@settings(deadline=None, max_examples=60)
@given(markets())
def test_the_optimum_is_the_best_of_all(market) -> None:
    values, offers = market
    found = optimum(values, offers)
    assert found.surplus == max(all_surpluses(values, offers))
    assert surplus_of(found.node_of, values, offers) == found.surplus
    assert 0 <= greedy(values, offers).surplus <= found.surplus


def utility(values, offers, job: str, bid: int) -> int:
    """What a user keeps who values its job as in `values` and bids something else.

    The payment is what the market would take: the bid less the bidder's marginal contribution.
    """
    said = values | {job: bid}
    found = prices(said, offers)
    if job not in found.matching.node_of:
        return 0
    return values[job] - (bid - found.user_utility[job])


@settings(deadline=None, max_examples=60)
@given(markets(), money)
def test_no_user_gains_by_a_false_bid(market, bid: int) -> None:
    values, offers = market
    for job in values:
        assert utility(values, offers, job, bid) <= utility(values, offers, job, values[job])


def profit(true, claimed, values, name: str) -> int:
    """What a node of a true offer keeps if it claims another, paid claim and contribution."""
    found = prices(values, claimed)
    mine = [job for job, node in found.matching.node_of.items() if node == name]
    if len(mine) > true[name].capacity or any(job not in true[name].cost for job in mine):
        return -(10**9)  # it cannot do what it has claimed
    said, real = (
        sum(one[name].cost[job] for job in mine) + one[name].setup for one in (claimed, true)
    )
    return found.node_profit[name] + (said - real if mine else 0)


@settings(deadline=None, max_examples=60)
@given(markets(), st.data())
def test_no_node_gains_by_a_false_offer(market, data) -> None:
    values, offers = market
    for name, offer in offers.items():
        cost = {job: data.draw(money) for job in values}
        false = Offer(data.draw(money), data.draw(st.integers(0, 4)), cost)
        lied = profit(offers, offers | {name: false}, values, name)
        assert lied <= profit(offers, offers, values, name), (offer, false)


def test_paying_your_bid_invites_lies() -> None:
    """The weakened rule: the winner pays what it said, so it says less."""
    values, offers = {"a": 10}, {"x": Offer(0, 1, {"a": 4})}
    assert "a" in optimum(values | {"a": 5}, offers).node_of
    assert values["a"] - 5 > values["a"] - 10  # gained by lying, served all the same
    assert utility(values, offers, "a", 5) == utility(values, offers, "a", 10) == 6


def test_truth_can_cost_the_auctioneer() -> None:
    found = prices({"a": 10}, {"x": Offer(0, 1, {"a": 4})})
    assert (found.matching.surplus, found.deficit) == (6, 6)


@settings(deadline=None, max_examples=40)
@given(markets())
def test_marginal_contributions_are_differences_of_optima(market) -> None:
    values, offers = market
    found = prices(values, offers)
    for job in values:
        rest = {other: value for other, value in values.items() if other != job}
        lost = found.matching.surplus - optimum(rest, offers).surplus
        assert found.user_utility[job] == lost >= 0
    for node in offers:
        rest = {other: offer for other, offer in offers.items() if other != node}
        lost = found.matching.surplus - optimum(values, rest).surplus
        assert found.node_profit[node] == lost >= 0


def test_limits() -> None:
    with pytest.raises(ValueError, match="13 jobs"):
        optimum({str(i): 1 for i in range(13)}, {})
    with pytest.raises(ValueError, match="cannot do them all"):
        surplus_of({"a": "x"}, {"a": 1}, {"x": Offer(0, 0, {"a": 1})})


def test_a_thousand_jobs_and_a_hundred_nodes() -> None:
    values = {f"t{i}": 20 + i % 37 for i in range(1_000)}
    offers = {
        f"n{k}": Offer(k % 11, 12, {f"t{i}": (7 * i + 13 * k) % 40 for i in range(1_000)})
        for k in range(100)
    }
    found = greedy(values, offers)
    assert len(found.node_of) == 1_000
    assert found.surplus > 0.95 * sum(values.values())  # cost is near nothing with so many nodes
