"""Live subnets: every rao accounted for, places won and lost, hidden votes, a market."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aicrypto.commit import bls
from aicrypto.subnet import refusals
from aicrypto.subnet.network import (
    TAO,
    Ledger,
    LiveSubnet,
    Market,
    Terms,
    advance,
    commit,
    commit_hidden,
    digest_of,
    key_of,
    next_to_go,
    register,
    reveal,
    set_children,
    set_weights,
)
from aicrypto.subnet.weights import Call, timelock
from aicrypto.subnet.yuma import Rules

RAO = 10**9
STAKE = 10**6 * RAO


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["mint", "burn", "move"]),
            st.sampled_from("abc"),
            st.sampled_from("abc"),
            st.integers(-3, 100),
        ),
        max_size=40,
    )
)
def test_no_sequence_of_calls_makes_or_loses_a_rao(calls: list[tuple[str, str, str, int]]) -> None:
    ledger = Ledger()
    for kind, one, other, rao in calls:
        arguments = (one, other, rao) if kind == "move" else (one, rao)
        before = {name: ledger.balance(TAO, name) for name in "abc"}
        try:
            getattr(ledger, kind)(TAO, *arguments)
        except ValueError:
            assert {name: ledger.balance(TAO, name) for name in "abc"} == before
        assert ledger.is_conserved()


def test_a_planted_leak_is_noticed() -> None:
    ledger = Ledger()
    ledger.mint(TAO, "a", 5)
    assert ledger.is_conserved()
    ledger._of(TAO)["a"] -= 1
    assert not ledger.is_conserved()


def subnet_of(
    stakes: dict[str, int], rules: Rules | None = None, terms: Terms | None = None
) -> LiveSubnet:
    subnet = LiveSubnet(rules=rules or Rules(), terms=terms or Terms())
    for name, stake in stakes.items():
        subnet.ledger.mint(TAO, name, 1000 * RAO)
        register(subnet, name, name)
        subnet.ledger.mint(subnet.token, name, stake)
    return subnet


@settings(max_examples=8, deadline=None)
@given(
    st.lists(st.integers(0, STAKE), min_size=2, max_size=6),
    st.lists(st.lists(st.integers(0, 65535), min_size=6, max_size=6), min_size=1, max_size=3),
    st.integers(0, STAKE),
)
def test_epochs_conserve_every_rao(stakes: list[int], rows: list[list[int]], root_tao: int) -> None:
    names = [f"n{number}" for number in range(len(stakes))]
    subnet = subnet_of(dict(zip(names, stakes, strict=True)), Rules(tempo=20))
    subnet.root_tao["n0"] = root_tao
    for row in rows:
        advance(subnet, 110)
        for name in names:
            try:
                set_weights(subnet, name, range(len(names)), row[: len(names)])
            except refusals.NeuronNoValidatorPermit:
                continue
        assert subnet.ledger.is_conserved()
    pot = subnet.ledger.balance(subnet.token, subnet.account("pot"))
    assert pot >= sum(subnet.pending.values())


def test_owner_gets_18_percent_and_miners_half_of_the_rest() -> None:
    subnet = subnet_of({"val": STAKE, "miner": 0}, Rules(max_allowed_validators=1))
    advance(subnet, 360)
    set_weights(subnet, "val", [1], [1])
    before = {name: subnet.stake_of(name) for name in ("owner", "miner", "val")}
    advance(subnet, 360)
    owner, miner, _ = (subnet.stake_of(name) - rao for name, rao in before.items())
    assert owner / (360 * RAO) == pytest.approx(0.18, abs=1e-4)
    assert miner / (360 * RAO) == pytest.approx(0.41, abs=1e-4)


def test_names_of_refused_registrations() -> None:
    subnet = subnet_of({"a": 0})
    with pytest.raises(refusals.HotKeyAlreadyRegisteredInSubNet):
        register(subnet, "a", "a")
    with pytest.raises(refusals.NotEnoughBalanceToStake):
        register(subnet, "b", "poor")
    with pytest.raises(refusals.RegistrationPriceLimitExceeded):
        register(subnet, "b", "a", most=1)
    with pytest.raises(refusals.HotKeyNotRegisteredInSubNet):
        set_weights(subnet, "stranger", [0], [1])
    closed = LiveSubnet(terms=Terms(registration_open=False))
    with pytest.raises(refusals.SubNetRegistrationDisabled):
        register(closed, "a", "a")
    assert subnet.ledger.is_conserved()


def test_the_lowest_earner_loses_its_place_once_it_is_not_immune() -> None:
    terms = Terms(max_uids=3, immunity=1000, min_non_immune=0)
    subnet = subnet_of({"val": STAKE, "good": 0, "bad": 0}, Rules(max_allowed_validators=1), terms)
    subnet.ledger.mint(TAO, "new", 10 * RAO)
    advance(subnet, 360)
    set_weights(subnet, "val", [1, 2], [65535, 20])
    advance(subnet, 720)
    assert next_to_go(subnet) == 2
    before = subnet.ledger.balance(TAO, "new")
    assert register(subnet, "new", "new") == 2
    assert subnet.ledger.balance(TAO, "new") < before
    assert all(uid != 2 for uid, _ in subnet.seats.places[0].bonds), "bonds in the place are gone"
    assert subnet.seats.uid_of("bad") is None
    advance(subnet, 360)
    assert subnet.epochs[-1].stored.incentive[2] == 0, "the vote was for the predecessor"


def test_a_full_subnet_of_immune_owners_has_no_room() -> None:
    subnet = LiveSubnet(terms=Terms(max_uids=1))
    subnet.ledger.mint(TAO, "owner", 10 * RAO)
    register(subnet, "o", "owner")
    subnet.ledger.mint(TAO, "x", 10 * RAO)
    with pytest.raises(refusals.NoNeuronIdAvailable):
        register(subnet, "x", "x")


def committing() -> LiveSubnet:
    rules = Rules(commit_reveal=True, max_allowed_validators=1)
    subnet = subnet_of({"val": STAKE, "a": 0, "b": 0}, rules)
    advance(subnet, 360)
    return subnet


def test_commit_and_reveal_on_a_live_subnet() -> None:
    subnet, call = committing(), Call((1, 2), (3, 1))
    with pytest.raises(refusals.CommitRevealEnabled):
        set_weights(subnet, "val", [1], [1])
    commit(subnet, "val", digest_of(subnet, "val", call, [5]))
    with pytest.raises(refusals.RevealTooEarly):
        reveal(subnet, "val", call, [5])
    advance(subnet, 360)
    assert subnet.epochs[-1].stored.incentive == [0, 0, 0]
    with pytest.raises(refusals.InvalidRevealCommitHashNotMatch):
        reveal(subnet, "val", call, [6])
    reveal(subnet, "val", call, [5])
    advance(subnet, 360)
    assert subnet.epochs[-1].stored.incentive == [0, 49151, 16383]


def test_timelocked_weights_open_by_themselves() -> None:
    subnet, call = committing(), Call((1, 2), (3, 1))
    secret = bls.keygen(b"beacon" * 6)
    key = bls.sk_to_pk(secret, bls.SHORT_SIGNATURES)
    payload = timelock.Payload(key_of("val"), call).to_bytes()
    sealed = timelock.encrypt(payload, key, 3, b"r" * 32)
    commit_hidden(subnet, "val", sealed, 3)
    advance(subnet, 359)
    assert not subnet.seats.places[0].weights, "the round is not signed yet"
    message = timelock.round_message(3)
    subnet.beacon = lambda n: bls.sign(secret, message, bls.SHORT_SIGNATURES) if n == 3 else None
    advance(subnet, 1)
    assert subnet.seats.places[0].weights == ((1, 65535), (2, 21845))
    assert subnet.epochs[-1].stored.incentive == [0, 49151, 16383]
    with pytest.raises(refusals.IncorrectCommitRevealVersion):
        commit_hidden(subnet, "val", sealed, 3, version=3)


def test_a_stolen_ciphertext_is_worth_nothing_to_another() -> None:
    subnet, call = committing(), Call((1, 2), (3, 1))
    secret = bls.keygen(b"beacon" * 6)
    key = bls.sk_to_pk(secret, bls.SHORT_SIGNATURES)
    payload = timelock.Payload(key_of("somebody"), call).to_bytes()
    commit_hidden(subnet, "val", timelock.encrypt(payload, key, 3, b"r" * 32), 3)
    message = timelock.round_message(3)
    subnet.beacon = lambda _: bls.sign(secret, message, bls.SHORT_SIGNATURES)
    advance(subnet, 360)
    assert not subnet.seats.places[0].weights
    assert not subnet.hidden


def test_a_parent_is_paid_for_what_it_lends() -> None:
    subnet = subnet_of({"val": STAKE, "a": 0}, Rules(max_allowed_validators=1), Terms(take_u16=0))
    subnet.ledger.mint(subnet.token, "parent", STAKE)
    subnet.owners["parent"] = "family"
    set_children(subnet, "parent", "family", {"val": 2**63})
    advance(subnet, 360)
    set_weights(subnet, "val", [1], [1])
    before = {name: subnet.stake_of(name) for name in ("val", "parent", "a")}
    advance(subnet, 360)
    earned = {name: subnet.stake_of(name) - rao for name, rao in before.items()}
    assert earned["parent"] / earned["val"] == pytest.approx(0.5, abs=1e-3)
    assert earned["parent"] + earned["val"] == pytest.approx(earned["a"], rel=1e-6)
    subnet.childkey_take_u16 = 65535
    advance(subnet, 360)
    assert subnet.stake_of("parent") == before["parent"] + earned["parent"], "all is taken"
    assert subnet.ledger.is_conserved()
    for bad in ({"parent": 1}, {"val": 2**64}, {f"child-{k}": 1 for k in range(6)}):
        with pytest.raises(ValueError, match="children"):
            set_children(subnet, "parent", "family", bad)


def test_only_its_coldkey_lends_a_parents_stake() -> None:
    subnet = subnet_of({"val": STAKE, "a": 0})
    subnet.owners["parent"] = "family"
    own = subnet.coldkey_of("val")
    for parent in ("parent", "val", "nobody's"):
        with pytest.raises(refusals.NonAssociatedColdKey, match="not 'thief'"):
            set_children(subnet, parent, "thief", {"a": 2**63})
    assert subnet.lent == {}
    assert subnet.coldkey_of("parent") == "family"
    set_children(subnet, "val", own, {"a": 1})
    assert subnet.lent == {"val": {"a": 1}}


def test_what_the_owners_own_miner_earns_is_burned() -> None:
    subnet = LiveSubnet(rules=Rules(max_allowed_validators=1))
    for name, coldkey in {"val": "v", "mine": "owner", "theirs": "t"}.items():
        subnet.ledger.mint(TAO, coldkey, 10 * RAO)
        register(subnet, name, coldkey)
    subnet.ledger.mint(subnet.token, "val", STAKE)
    advance(subnet, 360)
    set_weights(subnet, "val", [1, 2], [3, 1])
    burned = subnet.ledger.burned[subnet.token]
    advance(subnet, 360)
    assert subnet.stake_of("mine") == 0 < subnet.stake_of("theirs")
    assert subnet.ledger.burned[subnet.token] - burned == pytest.approx(
        3 * subnet.stake_of("theirs"), rel=1e-4
    )
    assert subnet.miner_burned / 2**32 == pytest.approx(0.75, abs=1e-4)
    assert subnet.ledger.is_conserved()


def test_a_third_epoch_in_a_block_is_put_off() -> None:
    market = Market()
    market.ledger.mint(TAO, "rich", 10**6 * RAO)
    subnets = [market.register("rich") for _ in range(3)]
    market.advance(360)
    assert [len(subnet.epochs) for subnet in subnets] == [1, 1, 0]
    market.advance(1)
    assert [len(subnet.epochs) for subnet in subnets] == [1, 1, 1]
    assert not subnets[0].root_kept, "prices add up to less than one"


def test_a_market_mints_conserves_and_prunes() -> None:
    market = Market(limit=2, immunity=50)
    market.ledger.mint(TAO, "rich", 20_000 * RAO)
    first, second = market.register("rich"), market.register("rich", emission_enabled=False)
    market.advance(60)
    assert market.ledger.is_conserved()
    assert first.pool.tao > second.pool.tao // 2
    assert market.emission()[1] == 0, "new subnets start without emission"
    market.listed[1].moving_price = 10**6
    third = market.register("rich")
    assert set(market.listed) == {1, third.netuid}, "the lowest moving price goes"
    market.immunity = 10**9
    with pytest.raises(refusals.SubnetLimitReached):
        market.register("rich")
    assert market.ledger.is_conserved()
