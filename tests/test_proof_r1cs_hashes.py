"""Hashes as circuits: the hash outside, the counts of circomlib, no wire to spare."""

import hashlib

import pytest

from aicrypto.algebra.plain import BadLength
from aicrypto.algebra.primes import BN254_R
from aicrypto.commit.poseidon import poseidon
from aicrypto.proof import r1cs
from aicrypto.proof.r1cs.sha256 import statement_digest_circuit


def poseidon_of(n_inputs):
    circuit = r1cs.Circuit()
    inputs = [circuit.private(f"x{i}") for i in range(n_inputs)]
    digest = r1cs.poseidon_circuit(circuit, inputs)
    n_constraints = len(circuit.system().constraints)
    circuit.output("digest", digest)
    return circuit, n_constraints


@pytest.mark.parametrize(("n_inputs", "n_constraints"), [(1, 216), (2, 243), (4, 300)])
def test_poseidon_inside_equals_poseidon_outside(n_inputs, n_constraints):
    circuit, count = poseidon_of(n_inputs)
    assert count == n_constraints
    values = [BN254_R - 1 - 7 * i for i in range(n_inputs)]
    inputs = {f"x{i}": value for i, value in enumerate(values)}
    assert circuit.witness(inputs)[1] == poseidon(values)


def test_poseidon_of_sixteen_has_circomlibs_count_and_known_answers():
    assert poseidon_of(16)[1] == 612
    circuit, _ = poseidon_of(2)
    known = 7853200120776062878684798364095072458815029376092732009249414926327459813530
    witness = circuit.witness({"x0": 1, "x1": 2})
    assert witness[1] == known
    system = circuit.system()
    for wire in range(1, system.n_wires, 7):
        assert not r1cs.is_satisfied(system, [*witness[:wire], 5, *witness[wire + 1 :]])


@pytest.mark.parametrize("n_inputs", [0, 17])
def test_poseidon_refuses_other_arities(n_inputs):
    with pytest.raises(ValueError, match=r"must have 1..16"):
        poseidon_of(n_inputs)


def test_a_chain_of_digests_binds_tag_length_and_order():
    values = list(range(20))
    circuit = r1cs.Circuit()
    wires = [circuit.private(f"x{i}") for i in values]
    circuit.output("digest", r1cs.digest_circuit(circuit, wires, tag=9))
    witness = circuit.witness({f"x{i}": i for i in values})
    assert witness[1] == r1cs.digest(values, 9)
    others = [r1cs.digest(values, 8), r1cs.digest(values[:-1], 9), r1cs.digest(values[::-1], 9)]
    assert len({witness[1], *others, r1cs.digest([*values, 0], 9)}) == 5


def hashed(data):
    """A circuit with one output, the first 253 bits of the hash, and its witness."""
    circuit = r1cs.Circuit()
    names = [f"b{i}" for i in range(8 * len(data))]
    wires = [circuit.private(name) for name in names]
    for wire, name in zip(wires, names, strict=True):
        r1cs.boolean(circuit, wire, name)
    digest = r1cs.sha256_circuit(circuit, wires)
    circuit.output("digest", r1cs.from_bits(digest[252::-1]))
    text = "".join(f"{byte:08b}" for byte in data)
    return circuit, {name: int(bit) for name, bit in zip(names, text, strict=True)}


@pytest.mark.parametrize("data", [b"abc", b"x" * 56], ids=["one block", "two blocks"])
def test_sha256_is_sha256(data):
    circuit, inputs = hashed(data)
    expected = int.from_bytes(hashlib.sha256(data).digest(), "big") >> 3
    witness = circuit.witness(inputs)
    assert witness[1] == expected
    n_blocks = 1 if len(data) < 56 else 2
    assert len(circuit.system().constraints) == 1 + 8 * len(data) + n_blocks * 26856
    if n_blocks == 1:
        system = circuit.system()
        for wire in range(1, system.n_wires, 5003):
            lie = [*witness[:wire], (witness[wire] + 1) % BN254_R, *witness[wire + 1 :]]
            assert not r1cs.is_satisfied(system, lie)


def test_statement_digest_binds_length_and_tag():
    data = b"some statement"
    expected = hashlib.sha256(b"aic1" + len(data).to_bytes(2, "big") + data).digest()
    assert r1cs.statement_digest(data) == int.from_bytes(expected, "big") >> 3
    assert r1cs.statement_digest(data) != r1cs.statement_digest(data + b"\0")
    with pytest.raises(ValueError, match="must have at most 65535"):
        r1cs.statement_digest(bytes(65536))
    with pytest.raises(BadLength, match="65536 bytes, must have at most 65535"):
        statement_digest_circuit(r1cs.Circuit(), [r1cs.Linear({})] * (8 * 65536))
    with pytest.raises(ValueError, match="must be whole bytes"):
        r1cs.sha256_circuit(r1cs.Circuit(), [r1cs.Linear({})] * 7)
