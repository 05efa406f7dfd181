"""PLONK: gates equal constraints, proofs hold, every part matters, Frozen Heart thaws it."""

import copy
import json
import random
from dataclasses import fields, replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aicrypto.algebra import polynomials as poly
from aicrypto.algebra.curves import bn254
from aicrypto.algebra.primes import BLS12_381_R, BN254_FR, BN254_R
from aicrypto.commit.kzg import BN254, Setup
from aicrypto.proof import plonk, r1cs
from aicrypto.proof.groth16.points import g2_to_json
from aicrypto.proof.plonk import prover, rounds, verifier

VECTORS = Path(__file__).parent / "vectors"
RNG = random.Random(11)


def circuit_of_two_publics():
    """y = relu(x·w + 5), x and y public."""
    circuit = r1cs.Circuit()
    x, w = circuit.public("x"), circuit.private("w")
    value = circuit.product(x, w, "x times w") + 5
    circuit.output("y", r1cs.relu(circuit, value, 6))
    return circuit


CIRCUIT = circuit_of_two_publics()
SYSTEM = CIRCUIT.system()
GATES = plonk.arithmetise(SYSTEM)
SETUP = Setup.from_secret(BN254, RNG.randrange(BN254_R), GATES.domain + 6)
KEY = plonk.preprocess(GATES, SETUP)
VK = KEY.verifying
WITNESS = CIRCUIT.witness({"x": 3, "w": 4})
PUBLICS = tuple(WITNESS[1:3])


def blinding(seed):
    rng = random.Random(seed)
    return [rng.randrange(BN254_R) for _ in range(plonk.N_BLINDING)]


PROOF = plonk.prove(KEY, WITNESS, blinding(0))


def gate_holds(gate, values, public=0):
    a, b, c = (0 if wire is None else values[wire] for wire in gate.wires)
    total = gate.ql * a + gate.qr * b + gate.qo * c + gate.qm * a * b + gate.qc
    return (total - public) % BN254_R == 0


@settings(max_examples=20, deadline=None)
@given(
    st.lists(
        st.tuples(*[st.lists(st.tuples(st.integers(0, 4), st.integers(-3, 3)), max_size=4)] * 3),
        max_size=4,
    ),
    st.lists(st.integers(-3, 3), min_size=4, max_size=4),
)
def test_gates_hold_exactly_where_constraints_do(rows, values):
    """Any constraints and any witness: the rest of the gates is nothing but sums."""
    made = [[[[w, c % BN254_R] for w, c in row] for row in three] for three in rows]
    system = r1cs.from_lists(made, 1, 5)
    witness = [1, *(v % BN254_R for v in values)]
    gates = plonk.arithmetise(system)
    extended = list(witness)
    for new in gates.additions:
        left, right = new.left_factor * extended[new.left], new.right_factor * extended[new.right]
        extended.append((left + right) % BN254_R)
    publics = [witness[1]] + [0] * (len(gates.gates) - 1)
    holds = [gate_holds(g, extended, p) for g, p in zip(gates.gates, publics, strict=True)]
    assert all(holds) == r1cs.is_satisfied(system, witness)


def test_the_mlp_takes_about_two_gates_a_constraint():
    layers = r1cs.Layer(((1,) * 4,) * 8, (0,) * 8), r1cs.Layer(((1,) * 8,) * 3, (0,) * 3)
    system = r1cs.mlp_circuit(r1cs.Mlp(layers)).system()
    gates = plonk.arithmetise(system)
    assert (len(system.constraints), len(gates.gates), gates.domain) == (320, 663, 1024)


def test_the_permutation_moves_cells_within_their_wire():
    n, columns = GATES.domain, plonk.permutation(GATES)
    target = [cell for column in columns for cell in column]
    assert sorted(target) == list(range(3 * n))
    wires = [None] * (3 * n)
    for row, gate in enumerate(GATES.gates):
        for column, wire in enumerate(gate.wires):
            wires[column * n + row] = wire
    assert all(wires[cell] == wires[there] for cell, there in enumerate(target))
    cycles = sum(
        1 for cell, there in enumerate(target) if cell == there and wires[cell] is not None
    )
    single = [w for w in set(wires) if w is not None and wires.count(w) == 1]
    assert cycles == len(single)


def test_the_running_product_returns_to_one():
    columns = prover.wire_values(GATES, WITNESS)
    z = prover.running_product(KEY, columns, 123, 456)
    assert z[0] == 1
    columns[0][2] += 1  # a cell that is a copy
    assert prover.running_product(KEY, columns, 123, 456) != z


def test_honest_proofs_hold_and_differ():
    other = plonk.prove(KEY, WITNESS, blinding(1))
    for proof in (PROOF, other, plonk.prove(KEY, WITNESS, [0] * 11)):
        assert plonk.verify(VK, PUBLICS, proof)
    assert not set(PROOF.points) & set(other.points)


def test_one_setup_serves_two_circuits():
    circuit = r1cs.Circuit()
    x = circuit.private("x")
    circuit.output("y", circuit.product(x, x, "square"))
    key = plonk.preprocess(plonk.arithmetise(circuit.system()), SETUP)
    proof = plonk.prove(key, circuit.witness({"x": 9}), blinding(2))
    assert plonk.verify(key.verifying, [81], proof)
    assert not plonk.verify(VK, [81], proof)
    assert not plonk.verify(key.verifying, [80], proof)


@pytest.mark.parametrize("wire", range(1, SYSTEM.n_wires))
def test_the_prover_refuses_every_broken_witness(wire):
    lie = [*WITNESS[:wire], (WITNESS[wire] + 1) % BN254_R, *WITNESS[wire + 1 :]]
    with pytest.raises(r1cs.Unsatisfied, match="constraint"):
        plonk.prove(KEY, lie, blinding(0))


def test_prover_and_setup_refuse_wrong_sizes():
    with pytest.raises(ValueError, match="blinding has 10 scalars"):
        plonk.prove(KEY, WITNESS, blinding(0)[:10])
    with pytest.raises(ValueError, match=r"blinding\[0\] is -1"):
        plonk.prove(KEY, WITNESS, [-1, *blinding(0)[1:]])
    small = Setup(BN254, SETUP.g1[:-1], SETUP.g2)
    with pytest.raises(ValueError, match=f"the circuit needs {GATES.domain + 6}"):
        plonk.preprocess(GATES, small)
    with pytest.raises(ValueError, match="must be BN254's group order"):
        plonk.arithmetise(r1cs.R1cs((), 1, prime=BLS12_381_R))


def tampered_proofs():
    """Every point moved, exchanged with its neighbour or dropped; every value moved or aliased."""
    g1, named = bn254.G1, ("z", "opening", "opening_next")
    for name in named:
        point = getattr(PROOF, name)
        for new in (g1.add(point, g1.generator), None, g1.negate(point), (1, 1), "x"):
            yield replace(PROOF, **{name: new})
    for name in ("wires", "quotient"):
        points = getattr(PROOF, name)
        for i in range(3):
            yield replace(PROOF, **{name: (*points[:i], g1.generator, *points[i + 1 :])})
        yield replace(PROOF, **{name: (points[1], points[0], points[2])})
        yield replace(PROOF, **{name: (points[1], points[1], points[2])})
    yield replace(PROOF, opening=PROOF.opening_next, opening_next=PROOF.opening)
    for field in fields(PROOF.evaluations):
        value = getattr(PROOF.evaluations, field.name)
        for new in ((value + 1) % BN254_R, value + BN254_R, -1, None):
            yield replace(PROOF, evaluations=replace(PROOF.evaluations, **{field.name: new}))


def test_every_part_of_a_proof_matters():
    for proof in tampered_proofs():
        assert not plonk.verify(VK, PUBLICS, proof), proof


def test_every_part_of_a_key_matters():
    g1 = bn254.G1.generator
    for i in range(8):
        changed = replace(VK, fixed=(*VK.fixed[:i], g1, *VK.fixed[i + 1 :]))
        assert not plonk.verify(changed, PUBLICS, PROOF), i
    for change in ({"k1": 5}, {"k2": 7}, {"power": VK.power + 1}, {"tau_2": bn254.G2.generator}):
        assert not plonk.verify(replace(VK, **change), PUBLICS, PROOF)


@pytest.mark.parametrize(
    "publics",
    [
        *[(), PUBLICS[:1], (*PUBLICS, 0), PUBLICS[::-1], (PUBLICS[0] + 1, PUBLICS[1])],
        (PUBLICS[0] + BN254_R, PUBLICS[1]),
        ("17", "3"),
    ],
)
def test_other_publics_are_refused(publics):
    assert not plonk.verify(VK, publics, PROOF)


def test_frozen_heart_publics_left_out_of_the_transcript(monkeypatch):
    """With a beta that forgets the publics, two of them can be moved after the proof is made."""

    def forgetful(key, publics, wires):
        beta = rounds.challenge(*key.fixed, *wires)
        return beta, rounds.challenge(beta)

    def moved(xi):
        l_0, l_1 = rounds.lagrange_at(VK, xi, 2)
        y = PUBLICS[0] + 1000
        x = (PUBLICS[1] - 1000 * l_0 * pow(l_1, -1, BN254_R)) % BN254_R
        return y, x

    honest = verifier.challenges_of(VK, PUBLICS, PROOF)
    assert not plonk.verify(VK, moved(honest.xi), PROOF), "the right transcript refuses"
    monkeypatch.setattr(prover, "beta_and_gamma", forgetful)
    monkeypatch.setattr(verifier, "beta_and_gamma", forgetful)
    proof = plonk.prove(KEY, WITNESS, blinding(3))
    lie = moved(verifier.challenges_of(VK, PUBLICS, proof).xi)
    assert lie != PUBLICS
    assert plonk.verify(VK, lie, proof), "a statement chosen after its proof"


def test_the_last_challenge_must_bind_both_openings(monkeypatch):
    """With u known beforehand, an error in one opening pays for an error in the other."""
    tau = 123456789
    setup = Setup.from_secret(BN254, tau, GATES.domain + 6)
    key = plonk.preprocess(GATES, setup)
    proof = plonk.prove(key, WITNESS, blinding(4))
    u, g1 = 77, bn254.G1
    monkeypatch.setattr(verifier, "join_challenge", lambda *_: u)
    drawn = verifier.challenges_of(key.verifying, PUBLICS, proof)
    next_xi = drawn.xi * key.verifying.omega % BN254_R
    # e(D1, tau - xi)·e(u·D2, tau - xi·omega) = 1; who knows no tau solves for a changed value
    first = 5
    second = -first * (tau - drawn.xi) * pow(u * (tau - next_xi), -1, BN254_R) % BN254_R
    lie = replace(
        proof,
        opening=g1.add(proof.opening, g1.multiply(g1.generator, first)),
        opening_next=g1.add(proof.opening_next, g1.multiply(g1.generator, second)),
    )
    assert plonk.verify(key.verifying, PUBLICS, lie), "two wrong openings, accepted together"
    monkeypatch.undo()
    assert not plonk.verify(key.verifying, PUBLICS, lie)


FILES = {"vkey": VK.to_json(), "public": list(map(str, PUBLICS)), "proof": PROOF.to_json()}


def test_json_goes_both_ways():
    assert plonk.VerifyingKey.from_json(json.loads(json.dumps(FILES["vkey"]))) == VK
    assert plonk.Proof.from_json(json.loads(json.dumps(FILES["proof"]))) == PROOF
    assert plonk.verify_json(**FILES)
    cases = json.loads((VECTORS / "plonk.verify.json").read_text())["cases"]
    theirs = next(case["in"] for case in cases if case["id"] == "mlp/valid")
    assert plonk.VerifyingKey.from_json(theirs["vkey"]).to_json() == theirs["vkey"]
    assert plonk.Proof.from_json(theirs["proof"]).to_json() == theirs["proof"]


def test_bytes_go_both_ways_and_no_flip_is_accepted():
    data = PROOF.to_bytes()
    assert len(data) == 768
    assert plonk.Proof.from_bytes(data) == PROOF
    for at in range(0, 768, 7):
        flipped = data[:at] + bytes([data[at] ^ 1 << at % 8]) + data[at + 1 :]
        try:
            assert not plonk.verify(VK, PUBLICS, plonk.Proof.from_bytes(flipped)), at
        except ValueError:
            assert at < 576 or at % 32 == 0, "values are refused only if they reach r"
    with pytest.raises(ValueError, match="a proof has 768"):
        plonk.Proof.from_bytes(data[:-1])


@pytest.mark.parametrize("name", ["vkey", "proof"])
def test_json_without_or_with_wrong_fields_is_refused(name):
    for field in FILES[name]:
        document = copy.deepcopy(FILES[name])
        for junk in (None, "01", 7.5, [], ["1", "1", "1"]):
            assert not plonk.verify_json(**{**FILES, name: {**document, field: junk}}), field
        del document[field]
        assert not plonk.verify_json(**{**FILES, name: document}), field


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"k1": "1"}, "disjoint cosets"),
        ({"k2": "2"}, "disjoint cosets"),
        ({"k2": "0"}, "disjoint cosets"),
        ({"w": "5"}, "w is 5"),
        ({"power": 2}, "power is 2"),
        ({"power": 29}, "power is 29"),
        ({"power": "5"}, "must be integers"),
        ({"nPublic": 10**6}, "power is"),
        ({"curve": "bls12381"}, "curve 'bls12381'"),
        ({"X_2": [["0", "0"], ["1", "0"], ["0", "0"]]}, "tau = 0"),
        ({"X_2": g2_to_json(bn254.G2.generator)}, "1 or -1"),
        ({"X_2": g2_to_json(bn254.G2.negate(bn254.G2.generator))}, "1 or -1"),
    ],
)
def test_keys_are_checked(change, message):
    with pytest.raises(ValueError, match=message):
        plonk.VerifyingKey.from_json({**FILES["vkey"], **change})


def test_a_challenge_on_the_domain_gives_unit_values():
    root = pow(VK.omega, 3, BN254_R)
    assert rounds.lagrange_at(VK, root, 5) == [0, 0, 0, 1, 0]
    assert rounds.lagrange_at(VK, 12345, VK.n) == poly.lagrange_at(BN254_FR, VK.n, 12345)
