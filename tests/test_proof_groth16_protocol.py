"""Groth16: completeness, refusals of prover and verifier, tamper sweeps, batches, JSON."""

import copy
import json
import random
from dataclasses import replace
from pathlib import Path

import pytest

from aicrypto.algebra.curves import bn254
from aicrypto.algebra.primes import BN254_Q, BN254_R
from aicrypto.proof import groth16, r1cs

VECTORS = Path(__file__).parent / "vectors"
RNG = random.Random(5)
TRAPDOOR = groth16.Trapdoor(*(RNG.randrange(2, BN254_R) for _ in range(5)))


def circuit_of_two_publics():
    """y = relu(x·w), x and y public."""
    circuit = r1cs.Circuit()
    x, w = circuit.public("x"), circuit.private("w")
    circuit.output("y", r1cs.relu(circuit, circuit.product(x, w, "x times w"), 8))
    return circuit


CIRCUIT = circuit_of_two_publics()
SYSTEM = CIRCUIT.system()
KEY = groth16.setup(SYSTEM, TRAPDOOR)
VK = KEY.verifying
WITNESS = CIRCUIT.witness({"x": 3, "w": -4})
PUBLICS = groth16.publics_of(KEY, WITNESS)
PROOF = groth16.prove(KEY, WITNESS, 11, 22)


def test_honest_proofs_hold_and_no_two_are_alike():
    assert PUBLICS == (0, 3)
    proofs = [groth16.prove(KEY, WITNESS, r, s) for r, s in ((0, 0), (1, 2), (BN254_R - 1, 7))]
    assert all(groth16.verify(VK, PUBLICS, proof) for proof in (*proofs, PROOF))
    assert len({proof.a for proof in proofs}) == len({proof.b for proof in proofs}) == 3
    other = CIRCUIT.witness({"x": 3, "w": -5})
    assert groth16.verify(VK, PUBLICS, groth16.prove(KEY, other, 5, 5))


def test_the_mlp_of_the_specification():
    layers = r1cs.Layer(((1, -2, 3, 4),) * 8, (5,) * 8), r1cs.Layer(((1,) * 8,) * 3, (0, 1, 2))
    model = r1cs.Mlp(layers)
    circuit = r1cs.mlp_circuit(model)
    witness = circuit.witness(model.inputs([1, 2, 3, 4]))
    key = groth16.setup(circuit.system(), TRAPDOOR)
    proof, publics = groth16.prove(key, witness, 3, 4), groth16.publics_of(key, witness)
    assert len(publics) == 7
    assert groth16.verify(key.verifying, publics, proof)
    assert not groth16.verify(key.verifying, (publics[0] + 1, *publics[1:]), proof)


@pytest.mark.parametrize("wire", range(1, SYSTEM.n_wires))
def test_the_prover_refuses_every_broken_witness(wire):
    lie = [*WITNESS[:wire], (WITNESS[wire] + 1) % BN254_R, *WITNESS[wire + 1 :]]
    with pytest.raises(r1cs.Unsatisfied, match=r"constraint .* does not hold"):
        groth16.prove(KEY, lie, 1, 1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda w: w[:-1], "the key has"),
        (lambda w: [*w, 0], "the key has"),
        (lambda w: [2, *w[1:]], r"witness\[0\] is 2"),
    ],
)
def test_the_prover_refuses_other_shapes(change, message):
    with pytest.raises(r1cs.Unsatisfied, match=message):
        groth16.prove(KEY, change(WITNESS), 1, 1)
    with pytest.raises(ValueError, match="r is -1"):
        groth16.prove(KEY, WITNESS, -1, 1)


def test_a_broken_prover_is_not_believed():
    """Without the prover's own check the equation refuses: soundness does not rest on it."""
    blind = replace(KEY, matrices=replace(KEY.matrices, c=None))
    for wire in range(1, SYSTEM.n_wires):
        lie = [*WITNESS[:wire], (WITNESS[wire] + 1) % BN254_R, *WITNESS[wire + 1 :]]
        proof = groth16.prove(blind, lie, 1, 1)
        assert not groth16.verify(VK, groth16.publics_of(KEY, lie), proof), wire


def other_points(proof):
    """Every way to replace a part: another point, none, the negative, one of the other parts."""
    g1, g2 = bn254.G1, bn254.G2
    for name, curve in (("a", g1), ("b", g2), ("c", g1)):
        point = getattr(proof, name)
        for new in (curve.add(point, curve.generator), None, curve.negate(point), curve.generator):
            yield replace(proof, **{name: new})
    yield replace(proof, a=proof.c, c=proof.a)


def test_every_part_of_a_proof_matters():
    for tampered in other_points(PROOF):
        assert not groth16.verify(VK, PUBLICS, tampered)


@pytest.mark.parametrize(
    "publics",
    [
        *[(0, 4), (1, 3), (3, 0), (0,), (0, 3, 0), (), (BN254_R, 3), (0, 3 + BN254_R), (-1, 3)],
        (0.0, 3),
        ("0", "3"),
        (None, 3),
    ],
)
def test_other_publics_are_refused(publics):
    assert not groth16.verify(VK, publics, PROOF)


@pytest.mark.parametrize(
    "point",
    [
        *[(1, 1), (0, 0), (1, 2 + BN254_Q), (1 + BN254_Q, 2), (-1, 2), ("1", 2), (1,), 7, "point"],
        (1, 2, 1),
    ],
)
def test_what_is_no_point_is_refused_without_a_crash(point):
    for name in ("a", "b", "c"):
        assert not groth16.verify(VK, PUBLICS, replace(PROOF, **{name: point}))


def test_every_part_of_a_key_matters():
    g1, g2 = bn254.G1, bn254.G2
    for name in ("beta", "gamma", "delta"):
        changed = replace(VK, **{name: g2.add(getattr(VK, name), g2.generator)})
        assert not groth16.verify(changed, PUBLICS, PROOF)
    assert not groth16.verify(replace(VK, alpha=g1.add(VK.alpha, g1.generator)), PUBLICS, PROOF)
    for i in (0, 2):  # public 0 is 0 here, its point has no say
        ic = [*VK.ic[:i], g1.generator, *VK.ic[i + 1 :]]
        assert not groth16.verify(replace(VK, ic=tuple(ic)), PUBLICS, PROOF)
    assert not groth16.verify(
        groth16.verifying_key(SYSTEM, TRAPDOOR.contributed(2)), PUBLICS, PROOF
    )


def test_batches_hold_together_and_break_together():
    statements = []
    for i, (x, w) in enumerate(((3, -4), (2, 5), (-1, -7))):
        witness = CIRCUIT.witness({"x": x, "w": w})
        proof = groth16.prove(KEY, witness, 100 + i, 200 + i)
        statements.append((groth16.publics_of(KEY, witness), proof))
    assert groth16.verify_batch(VK, statements)
    assert groth16.verify_batch(VK, [])
    for i, (publics, proof) in enumerate(statements):
        broken = [*statements[:i], ((publics[0] + 1, publics[1]), proof), *statements[i + 1 :]]
        assert not groth16.verify_batch(VK, broken)
        short = [*statements[:i], (publics[:1], proof), *statements[i + 1 :]]
        assert not groth16.verify_batch(VK, short)


def test_errors_that_cancel_are_caught_by_the_weights():
    """C + D and C - D: multiplied plainly, the two wrong equations give a right one."""
    g1, shift = bn254.G1, bn254.G1.generator
    second = groth16.prove(KEY, WITNESS, 5, 6)
    wrong = [
        (PUBLICS, replace(PROOF, c=g1.add(PROOF.c, shift))),
        (PUBLICS, replace(second, c=g1.add(second.c, g1.negate(shift)))),
    ]
    plain = [(g1.negate(proof.a), proof.b) for _, proof in wrong]
    point = g1.sum([VK.ic[0], g1.multiply(VK.ic[2], 3)])
    plain += [(g1.multiply(VK.alpha, 2), VK.beta), (g1.multiply(point, 2), VK.gamma)]
    plain += [(g1.sum([proof.c for _, proof in wrong]), VK.delta)]
    assert bn254.product_is_one(plain), "the weakened batch believes both"
    assert not groth16.verify_batch(VK, wrong)


def test_bytes_go_both_ways_and_every_flip_is_refused():
    data = PROOF.to_bytes()
    assert len(data) == 256
    assert groth16.Proof.from_bytes(data) == PROOF
    nothing = groth16.Proof(None, None, None)
    assert (
        groth16.Proof.from_bytes(nothing.to_bytes())
        == nothing
        == groth16.Proof.from_bytes(bytes(256))
    )
    for at in range(0, 256, 5):
        flipped = data[:at] + bytes([data[at] ^ 1 << at % 8]) + data[at + 1 :]
        with pytest.raises(ValueError, match=r"not on the curve|not in G2|must be in 0"):
            groth16.Proof.from_bytes(flipped)
    for size in (0, 255, 257):
        with pytest.raises(ValueError, match="a proof has 256"):
            groth16.Proof.from_bytes((data * 2)[:size])


# JSON


FILES = {"vkey": VK.to_json(), "public": groth16.publics_to_json(PUBLICS), "proof": PROOF.to_json()}


def test_json_goes_both_ways():
    assert groth16.VerifyingKey.from_json(json.loads(json.dumps(FILES["vkey"]))) == VK
    assert groth16.Proof.from_json(json.loads(json.dumps(FILES["proof"]))) == PROOF
    assert groth16.publics_from_json(FILES["public"]) == PUBLICS
    assert groth16.verify_json(**FILES)
    cases = json.loads((VECTORS / "groth16.verify.json").read_text())["cases"]
    theirs = next(case["in"] for case in cases if case["id"] == "mlp/valid")
    vkey = groth16.VerifyingKey.from_json(theirs["vkey"]).to_json()
    assert vkey == {k: v for k, v in theirs["vkey"].items() if k != "vk_alphabeta_12"}
    assert groth16.Proof.from_json(theirs["proof"]).to_json() == theirs["proof"]


def places(value, path=()):
    """Every place in a JSON document."""
    yield path
    named = (
        value
        if isinstance(value, dict)
        else dict(enumerate(value if isinstance(value, list) else ()))
    )
    for key, inner in named.items():
        yield from places(inner, (*path, key))


def replaced(document, path, value):
    changed = copy.deepcopy(document)
    if not path:
        return value
    inner = changed
    for key in path[:-1]:
        inner = inner[key]
    if value is KeyError:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    return changed


JUNK = (None, 7, "-1", "01", "1" * 78, [], {"1": "1"}, KeyError)


@pytest.mark.parametrize("name", ["vkey", "public", "proof"])
def test_json_sweep_everything_replaced_by_junk(name):
    document = FILES[name]
    for path in places(document):
        for junk in JUNK if path else JUNK[:-1]:
            changed = replaced(document, path, junk)
            if changed == document:
                continue
            assert not groth16.verify_json(**{**FILES, name: changed}), (path, junk)


@pytest.mark.parametrize(
    ("read", "name", "path", "value", "message"),
    [
        ("Proof", "proof", ("pi_a", 0), "1", "pi_a is .* not on the curve"),
        ("Proof", "proof", ("pi_a", 2), "2", "third coordinate 2"),
        ("Proof", "proof", ("pi_b", 2), ["1", "1"], "third coordinate"),
        ("Proof", "proof", ("pi_c",), KeyError, "lacks 'pi_c'"),
        ("Proof", "proof", ("curve",), "bls12381", "curve 'bls12381', must be 'bn128'"),
        ("Proof", "proof", ("protocol",), "plonk", "protocol 'plonk'"),
        ("VerifyingKey", "vkey", ("nPublic",), 3, r"nPublic \+ 1"),
        ("VerifyingKey", "vkey", ("IC", 1, 0), str(BN254_Q), r"IC\[1\] is 2188"),
        ("VerifyingKey", "vkey", ("vk_beta_2",), KeyError, "lacks 'vk_beta_2'"),
    ],
)
def test_loaders_say_what_is_wrong(read, name, path, value, message):
    with pytest.raises(ValueError, match=message):
        getattr(groth16, read).from_json(replaced(FILES[name], path, value))


def test_points_of_the_twist_outside_g2_are_refused():
    cases = json.loads((VECTORS / "groth16.verify.json").read_text())["cases"]
    outside = next(c["in"]["proof"] for c in cases if c["id"] == "mul/pi_b_not_in_subgroup")
    with pytest.raises(ValueError, match=r"pi_b is .* not in G2"):
        groth16.Proof.from_json(outside)


def test_infinity_is_a_point_and_proves_nothing():
    nothing = groth16.Proof(None, None, None)
    assert groth16.Proof.from_json(nothing.to_json()) == nothing
    assert nothing.to_json()["pi_b"] == [["0", "0"], ["1", "0"], ["0", "0"]]
    assert not groth16.verify(VK, PUBLICS, nothing)
