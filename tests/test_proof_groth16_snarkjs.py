"""snarkjs reads our keys and proofs, and we read its own, where it is installed."""

import json
import shutil
import subprocess

import pytest

from aicrypto.bench.snark import snarkjs
from aicrypto.commit.kzg import BN254, Setup
from aicrypto.proof import groth16, plonk, r1cs

SNARKJS = shutil.which("snarkjs")
pytestmark = pytest.mark.skipif(SNARKJS is None, reason="snarkjs is not installed")


def network():
    layers = r1cs.Layer(((1, -2), (3, 4)), (5, -6)), r1cs.Layer(((1, 2),), (-3,))
    model = r1cs.Mlp(layers)
    circuit = r1cs.mlp_circuit(model)
    return circuit.system(), circuit.witness(model.inputs([7, -8]))


def groth16_files():
    system, witness = network()
    key = groth16.setup(system, groth16.Trapdoor(12345, 678, 90123, 1, 4567))
    return key.verifying.to_json(), groth16.prove(key, witness, 8, 9).to_json(), witness


def plonk_files():
    system, witness = network()
    gates = plonk.arithmetise(system)
    key = plonk.preprocess(gates, Setup.from_secret(BN254, 12345, gates.domain + 6))
    return key.verifying.to_json(), plonk.prove(key, witness, list(range(11))).to_json(), witness


@pytest.mark.parametrize(
    ("protocol", "files"), [("groth16", groth16_files), ("plonk", plonk_files)]
)
def test_snarkjs_accepts_our_proof_and_no_other_statement(tmp_path, protocol, files):
    vkey, proof, witness = files()
    publics = witness[1 : 1 + vkey["nPublic"]]
    for moved, expected in ((0, 0), (1, 1)):
        public = [str(publics[0] + moved), *map(str, publics[1:])]
        command = [SNARKJS, protocol, "verify"]
        for name, content in (("vkey", vkey), ("public", public), ("proof", proof)):
            (tmp_path / f"{name}.json").write_text(json.dumps(content))
            command.append(str(tmp_path / f"{name}.json"))
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == expected, done.stdout


@pytest.mark.parametrize(
    ("protocol", "ours", "log_size"), [("groth16", groth16, 8), ("plonk", plonk, 9)]
)
def test_we_accept_a_proof_that_snarkjs_made_of_our_files(protocol, ours, log_size):
    system, witness = network()
    theirs = snarkjs.made(protocol, system, witness, log_size)
    assert [int(number) for number in theirs.public] == witness[1 : 1 + system.n_public]
    assert ours.verify_json(theirs.vkey, theirs.public, theirs.proof)
    other = [str(int(theirs.public[0]) + 1), *theirs.public[1:]]
    assert not ours.verify_json(theirs.vkey, other, theirs.proof)
