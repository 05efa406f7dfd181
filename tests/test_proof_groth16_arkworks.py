"""An independent Groth16, arkworks behind groth16py, reads our files and accepts our proofs."""

import json

import pytest

from aicrypto.algebra.curves.gaussian import Gaussian
from aicrypto.proof import groth16, r1cs

groth16py = pytest.importorskip("groth16py", reason="groth16py is not installed")


@pytest.fixture(scope="module")
def proven():
    circuit = r1cs.Circuit()
    x, w = circuit.public("x"), circuit.private("w")
    circuit.output("y", r1cs.relu(circuit, circuit.product(x, w, "x times w"), 16))
    system, witness = circuit.system(), circuit.witness({"x": 3, "w": 14})
    key = groth16.setup(system, groth16.Trapdoor(2, 3, 5, 7, 11))
    return system, witness, key, groth16.prove(key, witness, 13, 17)


def test_our_proof_is_accepted_there(proven):
    _, witness, key, proof = proven
    vkey = json.dumps(key.verifying.to_json())
    verifier = groth16py.Verifier(groth16py.VerifyingKey.from_snarkjs(vkey))
    public = groth16.publics_to_json(groth16.publics_of(key, witness))
    assert verifier.verify_snarkjs(json.dumps(proof.to_json()), json.dumps(public))
    assert not verifier.verify_snarkjs(json.dumps(proof.to_json()), json.dumps(["1", public[1]]))


def test_their_proof_from_our_files_is_accepted_here(proven, tmp_path):
    system, witness, *_ = proven
    (tmp_path / "c.r1cs").write_bytes(r1cs.write_r1cs(system))
    (tmp_path / "c.wtns").write_bytes(r1cs.write_wtns(witness))
    key, vkey = groth16py.setup(str(tmp_path / "c.r1cs"))
    data = groth16py.prove_wtns(key, str(tmp_path / "c.wtns"))
    words = [int.from_bytes(data[i : i + 32], "big") for i in range(0, 256, 32)]
    b = Gaussian(words[3], words[2]), Gaussian(words[5], words[4])
    proof = groth16.Proof((words[0], words[1]), b, (words[6], words[7]))
    ours = groth16.VerifyingKey.from_json(json.loads(vkey.to_json()))
    assert groth16.verify(ours, witness[1 : 1 + system.n_public], proof)
