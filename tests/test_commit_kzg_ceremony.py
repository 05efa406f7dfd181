"""The ceremony: what it makes, what its record shows, and the ways to cheat in it."""

from dataclasses import replace
from functools import lru_cache

import pytest

from aicrypto.commit import kzg
from aicrypto.commit.kzg import ceremony
from aicrypto.commit.kzg.ceremony import Ceremony
from aicrypto.commit.kzg.setup import BLS12_381, BN254, Setup, is_consistent

CURVES = {"BLS12-381": BLS12_381, "BN254": BN254}
SECRETS = (0xA11CE5EC1234, 0xB0B0B0B05678, 0xCA401_9ABC)
BEACON = b"hash of block 21000000"
both_curves = pytest.mark.parametrize("name", CURVES)


@lru_cache
def held(name: str, secrets: tuple[int, ...] = SECRETS) -> Ceremony:
    """A ceremony with 8 powers in G1 and 3 in G2, and one contribution for each secret."""
    result = ceremony.start(CURVES[name], 8, 3)
    for secret in secrets:
        result = ceremony.contribute(result, secret)
    return result


@both_curves
def test_tau_is_the_product_of_all_secrets(name: str) -> None:
    run, tau = held(name), 1
    for secret in SECRETS:
        tau = tau * secret % CURVES[name].scalars.modulus
    assert run.setup == Setup.from_secret(CURVES[name], tau, 8, 3)
    assert ceremony.verify_ceremony(run) is True
    y, proof = kzg.open_at(run.setup, [1, 2, 3], 10)
    assert kzg.verify(run.setup, kzg.commit(run.setup, [1, 2, 3]), 10, y, proof)


@both_curves
def test_tamper_sweep_of_the_record(name: str) -> None:
    run, curve = held(name), CURVES[name]
    records = list(run.contributions)
    for k, record in enumerate(records):
        strangers = {
            "factor": [None, curve.g1.generator, records[k - 1].factor, (1, 1), "x"],
            "tau_g2": [None, curve.g2.generator, records[k - 1].tau_g2, (1, 1), record.factor],
            "nonce": [None, curve.g1.negate(record.nonce), records[k - 1].nonce],
            "response": [record.response ^ 1, record.response + curve.scalars.modulus, -1, None],
        }
        for field, values in strangers.items():
            for value in values:
                changed = [*records[:k], replace(record, **{field: value}), *records[k + 1 :]]
                tampered = replace(run, contributions=tuple(changed))
                assert ceremony.verify_ceremony(tampered) is False, (k, field, value)
    orders = [records[1:], records[:-1], records[::-1], [*records, records[-1]], []]
    orders += [[records[1], records[0], records[2]], [records[0], *records]]
    for order in orders:
        assert ceremony.verify_ceremony(replace(run, contributions=tuple(order))) is False


def test_another_setup_under_the_same_record_is_refused() -> None:
    run = held("BN254")
    g1, g2 = run.setup.g1, run.setup.g2
    for setup in (
        Setup.from_secret(BN254, 12345, 8, 3),
        replace(run.setup, g1=(*g1[:-1], g1[-2])),
        replace(run.setup, g2=(*g2[:-1], g2[0])),
        replace(run.setup, g1=g1[:-1]),  # lengths belong to the record
        replace(run.setup, g2=g2[:-1]),
        held("BN254", SECRETS[:2]).setup,
    ):
        assert ceremony.verify_ceremony(replace(run, setup=setup)) is False


@both_curves
def test_contributions_that_contribute_nothing_are_refused(name: str) -> None:
    run, r = held(name), CURVES[name].scalars.modulus
    for secret in (0, 1, -5, r, r + 1):
        with pytest.raises(ValueError, match=rf"secret is outside 2\.\.{r - 1}"):
            ceremony.contribute(run, secret)


def test_a_contribution_of_one_is_refused_by_the_verifier_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ceremony, "MIN_SECRET", 0)
    run = held("BN254")
    assert ceremony.verify_ceremony(ceremony.contribute(run, 1)) is False
    assert ceremony.verify_ceremony(ceremony.contribute(run, 0)) is False
    assert ceremony.verify_ceremony(ceremony.contribute(run, 2)) is True


def test_a_repeated_secret_is_refused_and_never_printed() -> None:
    with pytest.raises(ValueError, match="secret was contributed before") as refusal:
        ceremony.contribute(held("BN254"), SECRETS[0])
    assert str(SECRETS[0]) not in str(refusal.value)


# --- attacks --------------------------------------------------------------------------------------


def test_the_last_contributor_cannot_replace_the_setup() -> None:
    """The replacement is a perfectly consistent setup; only the record tells."""
    run, own = held("BN254"), 666
    mine = Setup.from_secret(BN254, own, 8, 3)
    assert is_consistent(mine)
    record = replace(run.contributions[-1], tau_g2=mine.g2[1])
    replaced = Ceremony(mine, (*run.contributions[:-1], record))
    assert ceremony.verify_ceremony(replaced) is False


def test_a_copied_factor_needs_the_proof_of_knowledge_to_be_caught(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """From tau's powers anyone computes those of tau², and "contributes" a factor tau·G unknown."""
    run = held("BN254", SECRETS[:2])
    squared = Setup(BN254, run.setup.g1[::2], run.setup.g2[::2])
    copied = replace(run.contributions[-1], factor=run.setup.g1[1], tau_g2=squared.g2[1])
    attack = Ceremony(squared, (*run.contributions, copied))
    assert ceremony.verify_ceremony(attack) is False
    monkeypatch.setattr(ceremony, "_knows_factor", lambda *_: True)
    assert ceremony.verify_ceremony(attack) is True


def test_a_proof_of_knowledge_does_not_move_to_another_history() -> None:
    first = ceremony.contribute(ceremony.start(BN254, 8, 3), SECRETS[0])
    moved = ceremony.contribute(ceremony.start(BN254, 8, 3), SECRETS[1])
    stolen = replace(first.contributions[0], tau_g2=moved.setup.multiplied(SECRETS[0]).g2[1])
    attack = Ceremony(moved.setup.multiplied(SECRETS[0]), (*moved.contributions, stolen))
    assert ceremony.verify_ceremony(attack) is False


def test_one_secret_answers_two_setups_of_one_record_under_two_nonces() -> None:
    """Two answers s = k + c·x under one k give x to all who see them."""
    run, order = held("BN254", SECRETS[:1]), BN254.scalars.modulus
    offered = Ceremony(run.setup.multiplied(2), run.contributions)  # the record says another
    one, two = (ceremony.contribute(c, SECRETS[1]).contributions[-1] for c in (run, offered))
    assert one.factor == two.factor
    c, d = (
        ceremony._challenge(BN254, ceremony._histories(run)[-1], r.factor, r.tau_g2, r.nonce)
        for r in (one, two)
    )
    stolen = (one.response - two.response) * pow(c - d, -1, order) % order
    assert stolen != SECRETS[1]
    assert one.nonce != two.nonce


@both_curves
def test_one_honest_contributor_is_enough(name: str) -> None:
    run, curve = held(name), CURVES[name]
    g1, order = curve.g1, curve.scalars.modulus
    commitment, z, lie = kzg.commit(run.setup, [1, 2, 3]), 5, 42

    def forge(tau: int) -> object:
        difference = g1.add(commitment, g1.negate(g1.multiply(g1.generator, lie)))
        return g1.multiply(difference, pow(tau - z, -1, order))

    colluding = SECRETS[0] * SECRETS[2] % order
    assert kzg.verify(run.setup, commitment, z, lie, forge(colluding)) is False
    everybody = colluding * SECRETS[1] % order
    assert kzg.verify(run.setup, commitment, z, lie, forge(everybody)) is True


# --- beacon ---------------------------------------------------------------------------------------


@both_curves
def test_a_beacon_closes_the_ceremony(name: str) -> None:
    run = ceremony.finish(held(name), BEACON)
    assert ceremony.verify_finished(run, BEACON) is True
    assert ceremony.verify_finished(run, BEACON + b"!") is False
    assert ceremony.verify_finished(run, BEACON, log_rounds=9) is False
    assert ceremony.verify_finished(held(name), BEACON) is False


def test_a_contribution_after_the_beacon_reopens_it() -> None:
    late = ceremony.contribute(ceremony.finish(held("BN254"), BEACON), 777)
    assert ceremony.verify_ceremony(late) is True
    assert ceremony.verify_finished(late, BEACON) is False


def test_a_beacon_alone_leaves_tau_known_to_all() -> None:
    alone = ceremony.finish(ceremony.start(BN254, 4), BEACON)
    assert ceremony.verify_ceremony(alone) is True
    assert ceremony.verify_finished(alone, BEACON) is False


def test_refusals() -> None:
    with pytest.raises(ValueError, match=r"log_rounds is 64, must be in 0\.\.63"):
        ceremony.beacon_secret(BN254, BEACON, 64)
    with pytest.raises(ValueError, match="1 powers in G1 and 2 in G2, each must be at least 2"):
        ceremony.start(BN254, 1)
    assert ceremony.verify_ceremony(ceremony.start(BN254, 4)) is False
