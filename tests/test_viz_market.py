"""The figures of lesson 16 show what the market's own rules say."""

from hypothesis import given
from hypothesis import strategies as st

from aicrypto.ritual.chain import AsyncChain, Call, Fees, Life, State
from aicrypto.viz.market import draw_bids, draw_calls, draw_ways
from aicrypto.viz.market.bids import keeps
from aicrypto.viz.market.calls import LIVES


@given(*[st.integers(0, 100)] * 3)
def test_by_its_contribution_nobody_keeps_more_than_by_the_truth(claim, cost, rival) -> None:
    assert keeps(claim, cost, rival)[1] <= keeps(cost, cost, rival)[1]


def test_paid_its_claim_a_node_gains_by_a_lie() -> None:
    by_claim, by_share = draw_bids(30, 60).data
    assert max(by_claim.y) > by_claim.y[30] == 0
    assert max(by_share.y) == by_share.y[30] == 30
    assert "claims 59" in draw_bids(30, 60).layout.title.text or by_claim.y[60] > 0


def test_the_title_names_the_cheapest_way_by_value() -> None:
    patient = draw_ways().layout.title.text
    assert patient.startswith("Cheapest: optimistic up to")
    assert patient.endswith("then proof")
    assert "optimistic" not in draw_ways(patient=False).layout.title.text
    assert not draw_ways(proving=1000).layout.title.text.endswith("proof")
    envelope, *ways = draw_ways().data
    assert list(envelope.y) == [
        min(prices) for prices in zip(*(way.y for way in ways), strict=True)
    ]


def test_calls_are_coloured_by_where_they_stand() -> None:
    lives = {"quick": Life(1, 3, 2, 3), "late": Life(2, 2, 5, 6), "open": Life(2, 4)}
    drawn = draw_calls(5, lives)
    assert drawn.layout.title.text == "After block 5, 1 of 3 calls are settled"
    spots = {
        (name, base + 0.5): bar.name
        for bar in drawn.data
        for name, base in zip(bar.y, bar.base, strict=True)
    }
    assert spots["quick", 2] == "output known"
    assert spots["quick", 3] == "included, not yet paid"
    assert spots["quick", 4] == "settled"
    assert spots["quick", 1] == spots["late", 4] == "committed, being computed"
    assert spots["late", 5] == "expired, unpaid"
    assert spots["open", 5] == "committed, being computed"
    assert "2 of 4" in draw_calls(8).layout.title.text


def test_a_call_is_settled_in_the_block_in_which_the_chain_pays_for_it() -> None:
    chain = AsyncChain(State({"alice": 100}, Fees(10, 10, 10)), "executor")
    call = chain.submit(Call("alice", 0, "square", b"7", ttl=3))
    chain.propose("v1")
    chain.fulfil(call, b"1")
    paid = []
    for _ in range(2):
        number = chain.propose("v2").number
        paid.append((number, chain.state.wallets["alice"] < 100))
    drawn = draw_calls(3, {"poem": LIVES["poem"]})
    colour = {base + 0.5: bar.name for bar in drawn.data for base in bar.base}
    assert paid == [(2, False), (3, True)]
    assert [colour[number] for number, _ in paid] == ["included, not yet paid", "settled"]
