"""Attacks: each works where a rule is missing, and not on the real rules."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aicrypto.subnet import attacks, network, yuma
from aicrypto.subnet.network import TAO, LiveSubnet, Terms, advance, commit, digest_of, reveal
from aicrypto.subnet.weights import Call
from aicrypto.subnet.yuma import Neurons, Rows, Rules

RAO = 10**9


@pytest.mark.parametrize(("honest", "share"), [(0.49, 0.993), (0.51, 0.022), (0.60, 0.018)])
def test_a_cabal_jumps_at_kappa(honest: float, share: float) -> None:
    assert attacks.cabal(honest).share == pytest.approx(share, abs=1e-3)


def test_a_minority_cabal_is_cut_by_kappa_and_by_nothing_else() -> None:
    weakened = attacks.cabal(0.51, Rules(kappa=0))  # everybody's weights count as written
    assert weakened.share > 0.48
    real = attacks.cabal(0.51)
    assert real.share < 0.03
    assert real.validator_trust == pytest.approx(0.015, abs=1e-3)


@pytest.mark.parametrize(
    ("delay", "rules", "ratio"),
    [
        (0, Rules(), 1.0),
        (1, Rules(), 0.8175),
        (3, Rules(), 0.4527),
        (1, Rules(bonds_penalty=0, yuma3=True, bonds_moving_average=975_000), 0.8401),
        (3, Rules(bonds_penalty=0, yuma3=True, bonds_moving_average=975_000), 0.5205),
        (1, Rules(bonds_penalty=0, yuma3=True, liquid_alpha=True), 0.8493),
        (3, Rules(bonds_penalty=0, yuma3=True, liquid_alpha=True), 0.5479),
    ],
)
def test_a_copier_pays_for_being_late(delay: int, rules: Rules, ratio: float) -> None:
    assert attacks.copier(delay, rules) == pytest.approx(ratio, abs=1e-3)


VALIDATORS, SERVERS = ("ann", "ben", "copy"), ("x", "y", "z")
STAKES = {"ann": 450_000 * RAO, "ben": 450_000 * RAO, "copy": 100_000 * RAO}
N_EPOCHS, MOVES_EVERY = 14, 4


def live(commit_reveal: bool) -> LiveSubnet:
    rules = Rules(commit_reveal=commit_reveal, max_allowed_validators=3)
    subnet = LiveSubnet(rules=rules, terms=Terms(take_u16=0, rate_limit=0))
    for name in (*VALIDATORS, *SERVERS):
        subnet.ledger.mint(TAO, name, 10 * RAO)
        network.register(subnet, name, name)
        subnet.ledger.mint(subnet.token, name, STAKES.get(name, 0))
    advance(subnet, 360)
    return subnet


def best_row(number: int) -> Call:
    best = number // MOVES_EVERY % 3
    return Call((3, 4, 5), tuple(65535 if k == best else 6553 for k in range(3)))


def copied(subnet: LiveSubnet) -> Call:
    """What the chain shows of ann's weights at this moment."""
    row = subnet.seats.places[0].weights or ((3, 1), (4, 1), (5, 1))
    return Call(tuple(uid for uid, _ in row), tuple(value for _, value in row))


def test_bonds_that_last_forgive_a_copier_half_of_it():
    late = [attacks.copier(delay, tempo=360) for delay in (0, 1, 3)]
    assert late == pytest.approx([1.0, 0.9239, 0.8099], abs=1e-3)
    assert 1 - late[1] < (1 - attacks.copier(1)) / 2


def dividends_of_copier(subnet: LiveSubnet) -> float:
    counted = [result.dividends for result in subnet.epochs[-(N_EPOCHS - 4) :]]
    stakes = [sum(subnet.stake_of(name) for name in VALIDATORS), subnet.stake_of("copy")]
    return sum(float(d[2] / d.sum()) for d in counted) / len(counted) / (stakes[1] / stakes[0])


def test_copying_pays_in_the_open_and_not_behind_commits() -> None:
    """The copier writes what the chain shows: fresh rows in the open, stale ones behind hashes."""
    open_subnet, hidden = live(commit_reveal=False), live(commit_reveal=True)
    for number in range(N_EPOCHS):
        row = best_row(number)
        for name in VALIDATORS[:2]:
            network.set_weights(open_subnet, name, row.uids, row.values)
        mine = copied(open_subnet)
        network.set_weights(open_subnet, "copy", mine.uids, mine.values)
        advance(open_subnet, 360)

        rows = {"ann": row, "ben": row, "copy": copied(hidden)}
        for name, call in rows.items():
            commit(hidden, name, digest_of(hidden, name, call, [number]))
        advance(hidden, 360)
        for name, call in rows.items():
            reveal(hidden, name, call, [number])
    assert dividends_of_copier(open_subnet) == pytest.approx(1.0, abs=0.02)
    assert dividends_of_copier(hidden) < 0.9


def test_weighing_oneself_pays_the_owner_alone() -> None:
    rows = [[[0, 65535]], [[2, 65535]], []]
    neurons = replace(
        Neurons.fresh((60, 40, 0), (True, True, False)),
        weights=Rows.of(rows),
        last_update=(1,) * 3,
    )
    exempt = yuma.epoch(replace(neurons, owner_uid=0), Rules(), 5, RAO)
    assert exempt.stored.incentive[0] == 65535, "without the rule the attacker takes it all"
    real = yuma.epoch(neurons, Rules(), 5, RAO)
    assert real.stored.incentive[0] == 0


@settings(max_examples=25, deadline=None)
@given(st.floats(0.52, 0.95), st.integers(0, 65535))
def test_no_minority_cabal_gets_more_than_its_stake(honest: float, penalty: int) -> None:
    assert attacks.cabal(honest, Rules(bonds_penalty=penalty)).share < 1 - honest + 0.02
