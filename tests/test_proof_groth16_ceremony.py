"""The ceremony: its key is that of the product of all secrets, its transcript binds all of it."""

import random
from dataclasses import fields, replace

import pytest

from aicrypto.algebra.curves import bn254
from aicrypto.algebra.primes import BN254_R
from aicrypto.proof import groth16, r1cs
from aicrypto.proof.groth16 import ceremony as c
from aicrypto.proof.groth16.ceremony.knowledge import beacon_secret

RNG = random.Random(3)
SECRETS = [[RNG.randrange(2, BN254_R) for _ in range(4)] for _ in range(2)]
BEACON = b"hash of block 20,000,000"
G1, G2 = bn254.G1, bn254.G2


def cubic():
    circuit = r1cs.Circuit()
    x = circuit.private("x")
    square = circuit.product(x, x, "square")
    circuit.output("out", circuit.product(square, x, "cube") + x + 5)
    return circuit


SYSTEM, WITNESS = cubic().system(), cubic().witness({"x": 3})


@pytest.fixture(scope="module")
def phases():
    first = c.start_powers(3)
    for x, a, b, _ in SECRETS:
        first = c.contribute_powers(first, x, a, b)
    first = c.finish_powers(first, BEACON, 2)
    second = c.start_key(SYSTEM, first.powers)
    for *_, d in SECRETS:
        second = c.contribute_key(second, d)
    return first, c.finish_key(second, BEACON, 2)


def test_the_key_is_that_of_the_product_of_all_secrets(phases):
    first, second = phases
    beacons = [beacon_secret(BEACON + bytes([i]), 2) for i in range(3)]
    beacons.append(beacon_secret(BEACON, 2))
    tau, alpha, beta, delta = (
        one * two * last % BN254_R for one, two, last in zip(*SECRETS, beacons, strict=True)
    )
    expected = groth16.setup(SYSTEM, groth16.Trapdoor(tau, alpha, beta, 1, delta))
    assert [
        f.name for f in fields(expected) if getattr(expected, f.name) != getattr(second.key, f.name)
    ] == []
    proof = groth16.prove(second.key, WITNESS, 5, 6)
    assert groth16.verify(second.key.verifying, [35], proof)
    assert not groth16.verify(second.key.verifying, [36], proof)
    assert list(groth16.weaknesses(second.key.verifying)) == []
    assert first.powers.n == 8


def test_honest_transcripts_hold(phases):
    first, second = phases
    assert c.verify_powers(first)
    assert c.verify_powers(first, BEACON, 2)
    assert not c.verify_powers(first, b"another block", 2)
    assert not c.verify_powers(first, BEACON, 3)
    assert c.verify_key(second, SYSTEM, first.powers)
    assert c.verify_key(second, SYSTEM, first.powers, BEACON, 2)
    assert not c.verify_key(second, SYSTEM, first.powers, b"another block", 2)


def test_a_ceremony_without_contribution_is_refused():
    start = c.start_powers(3)
    assert not c.verify_powers(start)
    key = c.start_key(SYSTEM, start.powers)
    assert not c.verify_key(key, SYSTEM, start.powers)
    assert "delta equals gamma" in next(groth16.weaknesses(key.key.verifying))


@pytest.mark.parametrize("secret", [0, 1, BN254_R, BN254_R + 1])
def test_contributions_of_zero_or_one_are_refused(secret):
    start = c.start_powers(1)
    for secrets in ((secret, 5, 5), (5, secret, 5), (5, 5, secret)):
        with pytest.raises(groth16.BadContribution, match="secret is 0 or 1"):
            c.contribute_powers(start, *secrets)


def test_phase_two_refuses_zero_and_small_powers(phases):
    _first, second = phases
    with pytest.raises(groth16.BadContribution):
        c.contribute_key(second, 0)
    with pytest.raises(ValueError, match="needs powers for 8 rows, there are 4"):
        c.start_key(SYSTEM, c.start_powers(2).powers)
    with pytest.raises(ValueError, match="log_n is 13"):
        c.start_powers(13)
    with pytest.raises(ValueError, match="log_rounds is 64"):
        c.finish_key(second, BEACON, 64)


def moved(point):
    curve = G2 if hasattr(point[0], "re") else G1
    return curve.add(point, curve.generator)


def test_every_point_of_the_powers_matters(phases):
    first, _ = phases
    for f in fields(first.powers):
        series = getattr(first.powers, f.name)
        if f.name == "beta_2":
            changes = [moved(series)]
        else:
            spots = (0, len(series) - 1)
            changes = [(*series[:i], moved(series[i]), *series[i + 1 :]) for i in spots]
            changes += [series[:-1]]
        for change in changes:
            powers = replace(first.powers, **{f.name: change})
            assert not c.verify_powers(replace(first, powers=powers)), f.name


def test_every_part_of_a_step_matters(phases):
    first, _ = phases
    for k in (0,):
        step = first.steps[k]
        for name in ("tau", "alpha", "beta"):
            record = getattr(step, name)
            for part in ("factor_1", "factor_2", "nonce"):
                lie = replace(record, **{part: moved(getattr(record, part))})
                assert not c.verify_powers(_with_step(first, k, replace(step, **{name: lie})))
            for response in ((record.response + 1) % BN254_R, record.response + BN254_R):
                lie = replace(record, response=response)
                assert not c.verify_powers(_with_step(first, k, replace(step, **{name: lie})))
        heads = (moved(step.heads[0]), *step.heads[1:])
        assert not c.verify_powers(_with_step(first, k, replace(step, heads=heads)))


def _with_step(ceremony, k, step):
    return replace(ceremony, steps=(*ceremony.steps[:k], step, *ceremony.steps[k + 1 :]))


def test_steps_cannot_be_left_out_reordered_or_repeated(phases):
    first, second = phases
    for ceremony, holds in (
        (first, c.verify_powers),
        (second, lambda s: c.verify_key(s, SYSTEM, first.powers)),
    ):
        steps = ceremony.steps
        for changed in (steps[1:], steps[:-1], (steps[1], steps[0], steps[2]), (*steps, steps[-1])):
            assert not holds(replace(ceremony, steps=changed))


def test_a_copied_contribution_is_refused(phases):
    """The second participant contributes the first one's factor, without knowing it."""
    first, second = phases
    one = first.steps[0]
    start = replace(first, steps=(one, one), powers=first.powers)
    assert not c.verify_powers(start)
    key_step = second.steps[0]
    assert not c.verify_key(replace(second, steps=(key_step, key_step)), SYSTEM, first.powers)
    # nor the same secret twice, by somebody who does know it
    powers = c.contribute_powers(c.contribute_powers(c.start_powers(2), 5, 6, 7), 5, 8, 9)
    assert not c.verify_powers(powers)
    twice = c.contribute_key(c.contribute_key(c.start_key(SYSTEM, first.powers), 5), 5)
    assert not c.verify_key(twice, SYSTEM, first.powers)


def test_contributing_after_the_beacon_is_seen(phases):
    first, second = phases
    late = c.contribute_powers(first, 99, 98, 97)
    assert c.verify_powers(late), "a valid ceremony"
    assert not c.verify_powers(late, BEACON, 2), "whose last word was not the beacon's"
    late_key = c.contribute_key(second, 99)
    assert c.verify_key(late_key, SYSTEM, first.powers)
    assert not c.verify_key(late_key, SYSTEM, first.powers, BEACON, 2)


def test_every_point_of_the_key_matters(phases):
    first, second = phases
    key = second.key
    for name in ("beta_1", "delta_1"):
        changed = replace(key, **{name: moved(getattr(key, name))})
        assert not c.verify_key(replace(second, key=changed), SYSTEM, first.powers)
    for name in ("a", "b_1", "b_2", "private", "quotient"):
        points = getattr(key, name)
        i = next(i for i, point in enumerate(points) if point is not None)
        changed = replace(key, **{name: (*points[:i], moved(points[i]), *points[i + 1 :])})
        assert not c.verify_key(replace(second, key=changed), SYSTEM, first.powers), name
        changed = replace(key, **{name: points[:-1]})
        assert not c.verify_key(replace(second, key=changed), SYSTEM, first.powers), name
    private, quotient = key.private[:-1], (key.private[-1], *key.quotient)
    changed = replace(key, private=private, quotient=quotient)  # the same points, cut elsewhere
    assert not c.verify_key(replace(second, key=changed), SYSTEM, first.powers)
    for name in ("alpha", "beta", "gamma", "delta"):
        vk = replace(key.verifying, **{name: moved(getattr(key.verifying, name))})
        changed = replace(key, verifying=vk)
        assert not c.verify_key(replace(second, key=changed), SYSTEM, first.powers), name


def test_the_transcript_belongs_to_one_circuit(phases):
    first, second = phases
    other = r1cs.Circuit()
    x = other.private("x")
    square = other.product(x, x, "square")
    other.output("out", other.product(square, x, "cube") + x + 6)  # 6 for 5
    assert not c.verify_key(second, other.system(), first.powers)
