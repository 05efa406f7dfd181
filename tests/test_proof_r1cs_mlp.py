"""Networks as circuits: the specification's counts, torch-free inference, the quantised rule."""

import json
import random
from itertools import pairwise
from pathlib import Path

import pytest

from aicrypto.algebra.primes import BN254_R
from aicrypto.proof import r1cs
from aicrypto.proof.r1cs.gadgets import signed

VECTORS = Path(__file__).parent / "vectors"


def network(dims, seed=0, shift=None):
    rng = random.Random(seed)
    return r1cs.Mlp(
        tuple(
            r1cs.Layer(
                tuple(tuple(rng.randint(-127, 127) for _ in range(n)) for _ in range(m)),
                tuple(rng.randint(-500, 500) for _ in range(m)),
                shift,
            )
            for n, m in pairwise(dims)
        )
    )


def logits(model, circuit, x, first=1, **extra):
    witness = circuit.witness(model.inputs(x, **extra))
    return [signed(value) for value in witness[first : first + model.dims[-1]]]


@pytest.mark.parametrize(
    ("dims", "parts"),
    [
        ((4, 8, 3), {"layer 1/products": 32, "layer 1/relu": 264, "layer 2/products": 24}),
        ((64, 32, 10), {"layer 1/products": 2048, "layer 1/relu": 1056, "layer 2/products": 320}),
    ],
)
def test_counts_by_layer_are_those_of_circom(dims, parts):
    model = network(dims)
    circuit = r1cs.mlp_circuit(model)
    system = circuit.system()
    assert r1cs.counts_by_part(system) == parts
    assert len(system.constraints) == sum(parts.values()) == r1cs.n_constraints(dims)
    x = [random.Random(1).randint(0, 16) for _ in range(dims[0])]
    assert logits(model, circuit, x) == model.logits(x)
    assert system.n_public == dims[0] + dims[-1]


def test_public_weights_cost_only_activations():
    model = network((4, 8, 3))
    circuit = r1cs.public_mlp_circuit(model)
    counts = r1cs.counts_by_part(circuit.system())
    assert counts == {"layer 1/relu": 264, "layer 2/products": 3}
    witness = circuit.witness({f"x {i}": v for i, v in enumerate([1, -2, 3, 4])})
    assert [signed(v) for v in witness[1:4]] == model.logits([1, -2, 3, 4])


def test_the_commitment_is_the_first_public_and_binds_every_parameter():
    model = network((3, 4, 2))
    circuit = r1cs.mlp_circuit(model, committed=True)
    witness = circuit.witness(model.inputs([1, 2, 3], salt=99))
    assert witness[1] == model.commitment(99)
    assert [signed(v) for v in witness[2:4]] == model.logits([1, 2, 3])
    for k, layer in enumerate(model.layers):
        for name in ("weights", "bias"):
            rows = getattr(layer, name)
            moved = (
                ((rows[0][0] + 1, *rows[0][1:]), *rows[1:]) if name == "weights" else (9, *rows[1:])
            )
            changed = r1cs.Layer(**{"weights": layer.weights, "bias": layer.bias, name: moved})
            layers = (*model.layers[:k], changed, *model.layers[k + 1 :])
            assert r1cs.Mlp(layers).commitment(99) != model.commitment(99)
    assert model.commitment(98) != model.commitment(99)


def test_weights_out_of_range_pass_the_bare_circuit_and_not_the_committed_one():
    """Residues that are no small integers: 1/2 as a weight."""
    model = network((2, 2, 1))
    half = pow(2, -1, BN254_R)
    bare, bound = r1cs.mlp_circuit(model), r1cs.mlp_circuit(model, committed=True)
    assert bare.witness({**model.inputs([2, 4]), "W0 0 0": half})
    with pytest.raises(r1cs.Unsatisfied, match="commitment/weights/0/bit"):
        bound.witness({**model.inputs([2, 4], salt=1), "W0 0 0": half})
    with pytest.raises(ValueError, match=r"values\[0\] is 128"):
        r1cs.Mlp((r1cs.Layer(((128,),), (0,)),)).commitment(1)


def test_a_prover_of_the_bare_circuit_reaches_any_logits():
    """Why a commitment is needed: weights are chosen after the result."""
    model = network((4, 8, 3))
    circuit = r1cs.mlp_circuit(model)
    chosen = {
        **model.inputs([1, 2, 3, 4]),
        **{f"W1 {i} {j}": 0 for i in range(3) for j in range(8)},
    }
    chosen |= {"b1 0": 7, "b1 1": 8, "b1 2": 9}
    assert circuit.witness(chosen)[1:4] == [7, 8, 9]


def test_packed_publics_are_few_and_recomputable():
    model = network((4, 8, 3))
    circuit = r1cs.mlp_circuit(model, committed=True, publics="packed")
    system, x = circuit.system(), [1, -128, 127, 0]
    witness = circuit.witness(model.inputs(x, salt=5))
    publics = [model.commitment(5), *r1cs.packed_publics(x, model.logits(x))]
    assert witness[1 : 1 + system.n_public] == publics
    assert system.n_public == 3
    with pytest.raises(r1cs.Unsatisfied, match="publics/x/0"):
        circuit.witness(model.inputs([128, 0, 0, 0], salt=5))


def test_hashed_publics_are_one():
    model = network((2, 2, 1))
    circuit = r1cs.mlp_circuit(model, publics="hashed")
    x = [3, -4]
    witness = circuit.witness(model.inputs(x))
    data = r1cs.statement_bytes(x, model.logits(x))
    assert circuit.system().n_public == 1
    assert witness[1] == r1cs.statement_digest(data)
    assert data[:2] == bytes([3, 252])
    with pytest.raises(ValueError, match="is 128"):
        r1cs.statement_bytes([128], [0])


def test_an_unknown_form_of_publics_is_refused():
    with pytest.raises(ValueError, match="publics is 'hash', must be one of plain, packed, hashed"):
        r1cs.mlp_circuit(network((2, 2, 1)), publics="hash")


@pytest.mark.parametrize("seed", range(6))
def test_the_quantised_rule_gives_the_suites_outputs(seed):
    """Nets of the suite zkml.mlp, as circuits: 24-bit accumulators, clamp after the shift."""
    cases = json.loads((VECTORS / "zkml.mlp.json").read_text())["cases"]
    small = [c for c in cases if "layers" in c["in"] and "logits" in c["out"]]
    small = [c for c in small if len(c["in"]["layers"][0]["W"]) < 10]
    case = small[seed % len(small)]
    layers = case["in"]["layers"]
    model = r1cs.Mlp(
        tuple(
            r1cs.Layer(tuple(map(tuple, layer["W"])), tuple(layer["b"]), layer["shift"])
            for layer in layers
        )
    )
    circuit = r1cs.mlp_circuit(model, n_bits=24)
    for x, expected in list(zip(case["in"]["x"], case["out"]["logits"], strict=True))[:3]:
        assert model.logits(x) == expected
        assert logits(model, circuit, x) == expected
    hidden = sum(len(layer["b"]) for layer in layers[:-1])
    counts = r1cs.counts_by_part(circuit.system())
    assert sum(n for name, n in counts.items() if "relu" in name) == hidden * (24 + 4)


def test_shapes_are_checked():
    with pytest.raises(ValueError, match="layers is empty"):
        r1cs.Mlp(())
    with pytest.raises(ValueError, match=r"layers\[1\].weights must have 1 rows of 2"):
        r1cs.Mlp((r1cs.Layer(((1,), (2,)), (0, 0)), r1cs.Layer(((1,),), (0,))))
