"""Royalties: tensors against plain integers, conservation, what rounding leaves, known attacks."""

from contextlib import suppress
from random import Random

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from aicrypto import ip
from aicrypto.ip import HP, LAP, LRP, WIP, Dag, royalty
from aicrypto.ip.royalty import tensors

CHAIN = Dag.of([("B", {"A": HP // 20}), ("C", {"B": HP // 10})])
DIAMOND = [("B", {"A": 5_000_000}), ("C", {"A": 7_000_000}), ("D", {"B": HP // 10, "C": HP // 5})]


def world(links, policy, fee_percent=0):
    """A state with bare royalty links; everybody owns himself."""
    state = ip.State(fee_percent)
    for child, promised in links:
        for work in (child, *promised):
            ip.register(state, work, work)
        royalty.link(state, child, tuple(promised), policy, tuple(promised.values()))
    return state


def test_the_documented_chain():
    assert royalty.lap_shares(CHAIN, "C") == {"B": HP // 10, "A": HP // 20, "C": HP}
    assert royalty.lrp_shares(CHAIN, "C") == {"B": HP // 10, "A": HP // 200, "C": HP}


def test_a_diamond_pays_the_top_once_per_path():
    lap = world(DIAMOND, LAP)
    assert ip.pay(lap, "D", WIP, 10**20).vault == 58 * 10**18
    assert [ip.push(lap, LAP, "D", a, WIP) // 10**18 for a in "ABC"] == [12, 10, 20]
    lrp = world(DIAMOND, LRP)
    assert ip.pay(lrp, "D", WIP, 10**20).vault == 70 * 10**18
    assert [ip.push(lrp, LRP, "D", a, WIP) // 10**17 for a in "ABC"] == [19, 95, 186]
    assert ip.conserved(lap)
    assert ip.conserved(lrp)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 60), st.integers(0, 40), st.booleans())
def test_tensors_agree_with_plain_integers(seed, n_ancestors, n_diamonds, relative):
    dag = royalty.random_dag(Random(seed), n_ancestors, n_diamonds, relative)
    levels = tensors.Levels.above(dag, "w0")
    for plain, fast in (
        (royalty.lap_shares, tensors.lap_shares),
        (royalty.lrp_shares, tensors.lrp_shares),
    ):
        assert dict(zip(levels.works, fast(levels).tolist(), strict=True)) == plain(dag, "w0")
    stack = sum(royalty.lap_shares(dag, "w0").values()) - HP
    assert len(levels.works) == n_ancestors + 1
    assert stack > 0
    assert stack <= HP or relative


def test_wrapping_around_is_harmless_where_no_share_is_promised():
    """70 diamonds on top of each other: 2^70 paths, more than int64 holds, and one share of 5."""
    links = [("w0", {"x0": 5, "y0": 0})]
    for i in range(70):
        links += [(f"x{i}", {f"z{i}": 0}), (f"y{i}", {f"z{i}": 0})]
        links += [(f"z{i}", {f"x{i + 1}": 0, f"y{i + 1}": 0})]
    dag = Dag.of(links)
    levels = tensors.Levels.above(dag, "w0")
    assert max(royalty.paths(dag, "w0").values()) == 2**70
    fast = dict(zip(levels.works, tensors.lap_shares(levels).tolist(), strict=True))
    assert fast == royalty.lap_shares(dag, "w0")


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.integers(0, 2**256 - 1), min_size=1, max_size=5),
    st.integers(0, 2**32 - 1),
)
def test_digits_times_a_share(amounts, share):
    digits = tensors.to_digits(amounts)
    assert tensors.from_digits(digits) == amounts
    product = tensors.times_share(digits, torch.tensor(share))
    assert tensors.from_digits(product) == [amount * share // HP for amount in amounts]


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from([LAP, LRP]), st.sampled_from([0, 2_500_000]))
def test_payments_by_the_batch(seed, policy, fee):
    rng = Random(seed)
    dag = royalty.random_dag(rng, 20, 8, relative=policy == LRP)
    levels = tensors.Levels.above(dag, "w0")
    shares = getattr(tensors, f"{policy.lower()}_shares")(levels)
    passed_on = tensors.lrp_stacks(levels) if policy == LRP else None
    children = sorted(dag.parents, key=lambda work: -int(work[1:]))
    links = [(child, {p: dag.shares[child, p] for p in dag.parents[child]}) for child in children]
    amounts = [rng.randrange(100, 10 ** rng.choice((3, 9, 21))) for _ in range(7)]
    totals = dict.fromkeys(levels.works[1:], 0)
    stack = royalty.global_stack(world(links, policy), "w0")
    split = tensors.split(tensors.to_digits(amounts), shares, stack, fee, passed_on)
    fees, vaults = tensors.from_digits(split.fee), tensors.from_digits(split.vault)
    pools = tensors.from_digits(split.pool)
    for i, amount in enumerate(amounts):
        state = world(links, policy, fee)
        paid = ip.pay(state, "w0", WIP, amount)
        assert (fees[i], vaults[i], pools[i]) == (paid.fee, paid.vault, paid.pools[policy])
        due = tensors.from_digits(split.due[..., i])
        for work, wei in zip(totals, due, strict=True):
            assert wei == royalty.due(state, policy, "w0", work, WIP)
            totals[work] += wei
    digits = tensors.to_digits(amounts)
    assert tensors.total_due(digits, shares, fee, passed_on) == list(totals.values())


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from([LAP, LRP]))
def test_not_one_wei_is_lost(seed, policy):
    rng = Random(seed)
    dag = royalty.random_dag(rng, 12, 6, relative=policy == LRP)
    children = sorted(dag.parents, key=lambda work: -int(work[1:]))
    links = [(c, {p: dag.shares[c, p] for p in dag.parents[c]}) for c in children]
    state = world(links, policy, 2_500_000)
    amount = sum(
        ip.pay(state, f"w{rng.randrange(3)}", WIP, wei).amount
        for wei in [rng.randrange(40, 10**12) for _ in range(5)]
    )
    for child in ("w0", "w1", "w2"):
        for ancestor in royalty.ancestors(state.parents, child):
            with suppress(ip.Refusal):  # nothing is due, or less than a wei
                ip.push(state, policy, child, ancestor, WIP)
    assert ip.conserved(state)
    treasury = state.cash["treasury", WIP]
    vaults = sum(state.income[work, WIP] for work in state.vaults)
    assert treasury + vaults + state.cash[f"policy:{policy}", WIP] == amount


def test_dust_stays_in_the_pool_for_ever():
    state = world([("C", {"A": HP // 10, "B": HP // 5})], LRP)
    ip.pay(state, "C", WIP, 1_000_000_007)
    assert sum(ip.push(state, LRP, "C", a, WIP) for a in "AB") == 300_000_001
    with pytest.raises(ip.Refusal, match="IpRoyaltyVault__ZeroAmount"):
        ip.push(state, LRP, "C", "B", WIP)
    assert state.cash["policy:LRP", WIP] == 1


def test_a_share_below_one_hundred_millionth_is_refused_for_ever():
    links = [("B", {"A": 5}), ("C", {"B": HP // 10})]
    state = world(links, LRP)
    ip.pay(state, "C", WIP, 10**30)
    with pytest.raises(ip.Refusal, match="RoyaltyPolicyLRP__ZeroClaimableRoyalty"):
        ip.push(state, LRP, "C", "A", WIP)


def test_nine_stacked_diamonds_pass_one_hundred_percent():
    """Each diamond doubles older shares: edges of a tenth of a percent can no longer be linked."""
    state, top, refused = ip.State(), "t0", None
    for i in range(1, 12):
        links = [(f"l{i}", {top: 100_000}), (f"r{i}", {top: 100_000})]
        links.append((f"t{i}", {f"l{i}": 50_000, f"r{i}": 50_000}))
        try:
            for child, promised in links:
                royalty.link(state, child, tuple(promised), LAP, tuple(promised.values()))
        except ip.Refusal as refusal:
            refused = i, refusal.name
            break
        top = f"t{i}"
    assert refused == (9, "RoyaltyModule__AboveMaxPercent")


def test_mixed_policies_drain_a_shared_pool_unless_terms_are_reciprocal():
    """A <-LAP- B <-LRP- C <-LAP- D: A has a share in D's payments that D's pool never held."""
    state = ip.State()
    for child, parent, policy in (("B", "A", LAP), ("C", "B", LRP), ("D", "C", LAP)):
        royalty.link(state, child, (parent,), policy, (HP // 10,))
    royalty.link(state, "V", ("U",), LAP, (HP // 10,))  # strangers with money in the pool
    ip.pay(state, "V", WIP, 10**6)
    ip.pay(state, "D", WIP, 10**6)
    stolen = [ip.push(state, LAP, "D", work, WIP) for work in "AC"]
    assert stolen == [10**5, 10**5]  # although D's payment put only 10^5 there
    with pytest.raises(ip.Refusal, match="IpRoyaltyVault__ZeroAmount"):
        ip.push(state, LAP, "V", "U", WIP)
    assert ip.conserved(state)  # no wei is lost: somebody else's was paid out


def test_the_terms_refuse_such_a_chain():
    state = ip.State()
    for work in "ABC":
        ip.register(state, work, work)
    kind = {"commercial_use": True, "currency": WIP, "derivatives_allowed": True}
    numbers = [
        ip.register_terms(state, ip.Terms(royalty_policy=policy, rev_share=HP // 10, **kind))
        for policy in (LAP, LRP)
    ]
    for number in numbers:
        ip.attach(state, "A", number, "A")
    ip.derive(state, "B", ["A"], [numbers[0]], "B")
    with pytest.raises(ip.Refusal, match="LicensingModule__LicenseNotCompatibleForDerivative"):
        ip.derive(state, "C", ["B"], [numbers[1]], "C")


def test_explaining_changes_nothing_and_says_what_will_be_paid():
    state = world(DIAMOND, LAP, 2_500_000)
    before = dict(state.cash.items())
    payment, lines = ip.explain(state, "D", WIP, 1_000_003)
    assert dict(state.cash.items()) == before
    assert ip.pay(state, "D", WIP, 1_000_003) == payment
    assert {line.ancestor: line.n_paths for line in lines} == {"A": 2, "B": 1, "C": 1}
    for line in lines:
        assert ip.push(state, LAP, "D", line.ancestor, WIP) == line.due
        assert 0 <= line.cut < HP
    assert "2 path(s), 12 % by LAP" in str(next(line for line in lines if line.ancestor == "A"))


def test_simulating_a_link_changes_nothing():
    state = world(DIAMOND, LAP)
    assert ip.simulate_link(state, "E", {"D": HP // 10}, LAP).stack == 52_000_000
    preview = ip.simulate_link(state, "E", {"D": 58_000_001}, LAP)
    assert preview.refusal == "RoyaltyModule__AboveMaxPercent"
    assert "E" not in state.parents
    assert state.n_children["D"] == 0


def test_graphs_that_are_none_are_refused():
    with pytest.raises(ValueError, match="its own ancestor"):
        royalty.topological({"A": ("B",), "B": ("A",)}, "A")
    with pytest.raises(ValueError, match="linked twice"):
        Dag.of([("B", {"A": 1}), ("B", {"A": 2})])
    with pytest.raises(ValueError, match="must not be negative"):
        Dag.of([("B", {"A": -1})])
    with pytest.raises(ValueError, match="must not be negative"):
        tensors.to_digits([3, -1])


def test_a_share_above_32_bits_reverts():
    links = [("p", {"x0": 0, "y0": 0})]
    for i in range(8):
        links += [(f"x{i}", {f"z{i}": 0}), (f"y{i}", {f"z{i}": 0})]
        links += [(f"z{i}", {f"x{i + 1}": 0, f"y{i + 1}": 0})]
    state = ip.State()
    royalty.link(state, "x8", ("a",), LAP, (HP,))
    for child, promised in reversed(links):
        royalty.link(state, child, tuple(promised), LRP, tuple(promised.values()))
    with pytest.raises(ip.Refusal, match="Error"):
        royalty.percent(state, LAP, "p", "a")


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_a_gpu_pays_the_same():
    dag = royalty.random_dag(Random(5), 300, 80, relative=True)
    amounts = [Random(6).randrange(1, 10**24) for _ in range(2000)]
    results = []
    for device in ("cpu", "cuda"):
        levels = tensors.Levels.above(dag, "w0", device)
        parts, owed = tensors.lrp_shares(levels), tensors.lrp_stacks(levels)
        digits = tensors.to_digits(amounts, device)
        results.append(tensors.total_due(digits, parts, 2_500_000, owed))
    assert results[0] == results[1]
