"""Disputes take an IP out of business and bonds to the right side; groups split evenly."""

import pytest

from aicrypto import ip
from aicrypto.ip import HP, LRP, WIP, Config, disputes, groups, licensing
from aicrypto.ip.disputes import DAY_S

REMIX = ip.terms.commercial_remix(0, HP // 10, LRP, WIP)


def family():
    """A, its child B, and B's child C."""
    state = ip.State()
    for work in "ABC":
        ip.register(state, work, work.lower())
    ip.attach(state, "A", ip.register_terms(state, REMIX), "a")
    ip.derive(state, "B", ["A"], [1], "b")
    ip.derive(state, "C", ["B"], [1], "c")
    return state


def accuse(state, work="A", upheld=True, evidence="cid"):
    number = disputes.raise_dispute(state, work, "zed", "IMPROPER_USAGE", evidence)
    disputes.judge(state, number, upheld)
    return number


def test_a_tagged_ip_is_out_of_business():
    state = family()
    token = ip.mint(state, "A", 1, 1, "zed", "zed").first_token
    ip.pay(state, "A", WIP, 100)
    number = accuse(state)
    ip.register(state, "D", "d")
    for act, name in (
        (lambda: ip.pay(state, "A", WIP, 1), "RoyaltyModule__IpIsTagged"),
        (lambda: ip.mint(state, "A", 1, 1, "a", "a"), "LicensingModule__DisputedIpId"),
        (lambda: ip.derive(state, "D", ["A"], [1], "d"), "LicenseRegistry__ParentIpTagged"),
        (lambda: ip.attach(state, "A", 1, "a"), "LicensingModule__DisputedIpId"),
        (lambda: ip.claim(state, "A", "A", WIP), "IpRoyaltyVault__NoClaimableTokens"),
        (lambda: ip.transfer_token(state, token, "zed", "d"), "LicenseToken__RevokedLicense"),
        (
            lambda: ip.derive_with_tokens(state, "D", [token], "zed"),
            "AccessController__PermissionDenied",
        ),
    ):
        with pytest.raises(ip.Refusal, match=name):
            act()
    disputes.resolve(state, number, "zed")
    assert ip.claim(state, "A", "A", WIP) == 100


def test_a_tag_is_carried_down_one_generation_at_a_time():
    state = family()
    first = accuse(state)
    with pytest.raises(ip.Refusal, match="DisputeModule__NotDerivativeOrGroupIp"):
        disputes.propagate(state, "C", first, "zed")
    second = disputes.propagate(state, "B", first, "zed")
    third = disputes.propagate(state, "C", second, "anybody")
    assert all(state.is_tagged(work) for work in "ABC")
    with pytest.raises(ip.Refusal, match="DisputeModule__RelatedDisputeNotResolved"):
        disputes.resolve(state, third, "c")
    for number, by in ((first, "zed"), (second, "b"), (third, "c")):
        disputes.resolve(state, number, by)
    assert not any(state.is_tagged(work) for work in "ABC")


@pytest.mark.parametrize(("upheld", "countered"), [(1, 0), (0, 0), (1, 1), (0, 1)])
def test_bonds_go_to_whoever_was_right(upheld, countered):
    state = family()
    number = disputes.raise_dispute(state, "A", "zed", "IMPROPER_USAGE", "cid", bond=70)
    if countered:
        disputes.counter(state, number, "A", "answer")
    disputes.judge(state, number, bool(upheld))
    winnings = {1: {"zed": 70, "A": -70}, 0: {"zed": -70, "A": 70}}[upheld]
    if upheld and not countered:
        winnings = {"zed": 0, "A": 0}
    assert {who: state.cash[who, WIP] for who in ("zed", "A")} == winnings
    assert state.cash["escrow", WIP] == 0
    assert ip.conserved(state)


def test_two_thirds_of_the_time_are_the_owners():
    state = family()
    number = disputes.raise_dispute(state, "A", "zed", "IMPROPER_USAGE", "cid")
    state.now_s += 20 * DAY_S - 1
    name = "ArbitrationPolicyUMA__OnlyTargetIpIdCanDisputeWithinTimeWindow"
    with pytest.raises(ip.Refusal, match=name):
        disputes.counter(state, number, "friend", "answer")
    state.now_s += 1
    disputes.counter(state, number, "friend", "answer")
    with pytest.raises(ip.Refusal, match="Error"):
        disputes.counter(state, number, "A", "answer")


def test_a_rejected_dispute_burns_its_evidence():
    state = family()
    accuse(state, upheld=False)
    with pytest.raises(ip.Refusal, match="DisputeModule__EvidenceHashAlreadyUsed"):
        accuse(state, evidence="cid")


def group_of(*members):
    """A group whose members offer its terms, and a derivative X of it."""
    state = ip.State()
    groups.register_group(state, "G", "gov")
    number = ip.register_terms(state, REMIX)
    ip.attach(state, "G", number, "gov")
    for work in members:
        ip.register(state, work, work)
        ip.attach(state, work, number, work)
        ip.configure(state, work, number, work, Config(group_pool=True))
    groups.add(state, "G", members, "gov")
    ip.register(state, "X", "x")
    ip.derive(state, "X", ["G"], [number], "x")
    return state


def test_a_groups_income_is_split_evenly_and_completed_later():
    state = group_of("p", "q", "r")
    for _ in range(3):
        ip.pay(state, "X", WIP, 10_000_010)  # a tenth of it is 1,000,001: not divisible by 3
        ip.push(state, LRP, "X", "G", WIP)
        groups.collect(state, "G", WIP)
    assert groups.available(state, "G", WIP, ["p", "q", "r", "x"]) == [
        1_000_000,
        1_000_000,
        1_000_000,
        0,
    ]
    ip.pay(state, "X", WIP, 10_000_020)
    ip.push(state, LRP, "X", "G", WIP)
    groups.collect(state, "G", WIP)
    groups.claim_rewards(state, "G", WIP, ["p", "q", "r"])
    assert [state.income[work, WIP] for work in "pqr"] == [1_333_334] * 3
    assert ip.conserved(state)


def test_who_joins_later_has_no_part_in_what_was_earned():
    state = group_of("p")
    ip.pay(state, "X", WIP, 1000)
    ip.push(state, LRP, "X", "G", WIP)
    ip.register(state, "q", "q")
    ip.attach(state, "q", 1, "q")
    ip.configure(state, "q", 1, "q", Config(group_pool=True))
    groups.add(state, "G", ["q"], "gov")
    assert groups.available(state, "G", WIP, ["p", "q"]) == [100, 0]


@pytest.mark.parametrize(
    ("act", "name"),
    [
        (lambda s: groups.remove(s, "G", ["p"], "gov"), "GroupFrozenDueToHasDerivativeIps"),
        (lambda s: groups.collect(s, "G", "USDC"), "TokenNotMatchGroupRevenueToken"),
        (lambda s: groups.add(s, "G", ["G"], "gov"), "CannotAddGroupToGroup"),
        (lambda s: ip.claim(s, "G", "pool", WIP), "GroupPoolMustClaimViaGroupingModule"),
        (
            lambda s: ip.configure(s, "G", 1, "gov", Config(group_pool=True)),
            "LicensingModule__GroupIpCannotSetExpectGroupRewardPool",
        ),
        (
            lambda s: ip.configure(s, "G", 1, "gov", Config()),
            "LicensingModule__GroupIpCannotChangeIsSet",
        ),
    ],
)
def test_what_a_group_refuses(act, name):
    with pytest.raises(ip.Refusal, match=name):
        act(group_of("p"))


def test_a_group_takes_nobodys_name():
    state = family()
    before = state.assets["A"]
    with pytest.raises(ValueError, match="group is 'A', is registered already"):
        groups.register_group(state, "A", "thief")
    assert state.assets["A"] == before


def test_a_tag_stops_a_group_and_its_members():
    state = group_of("p", "q")
    ip.pay(state, "X", WIP, 1000)
    ip.push(state, LRP, "X", "G", WIP)
    groups.collect(state, "G", WIP)
    number = accuse(state, "p")
    with pytest.raises(ip.Refusal, match="RoyaltyModule__IpIsTagged"):
        groups.claim_rewards(state, "G", WIP, ["q", "p"])
    assert state.income["q", WIP] == 0  # the whole call failed
    inherited = disputes.propagate(state, "G", number, "zed")
    with pytest.raises(ip.Refusal, match="GroupingModule__DisputedGroupCannotClaimReward"):
        groups.claim_rewards(state, "G", WIP, ["q"])
    assert groups.available(state, "G", WIP, ["q"]) == [0]
    disputes.resolve(state, number, "zed")
    disputes.resolve(state, inherited, "anybody")
    groups.claim_rewards(state, "G", WIP, ["p", "q"])
    assert licensing.share_in_force(state, "G", 1) == HP // 10
