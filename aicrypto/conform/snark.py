"""Answers of the suites r1cs.parse, groth16.setup, .prove and .verify, and plonk.verify."""

from typing import Any

from aicrypto.algebra.primes import BN254_FR
from aicrypto.conform.encoding import unhex
from aicrypto.proof import groth16, plonk, r1cs

Json = dict[str, Any]


def parse(case: Json) -> Json:
    """Suite r1cs.parse: what the files hold, and whether a witness solves a system."""
    if case["op"] == "wtns":
        witness = r1cs.read_wtns(unhex(case["bytes"]))
        return {"prime": witness.prime, "witness": list(witness.values)}
    if case["op"] == "check":
        system, witness = r1cs.read_r1cs(unhex(case["r1cs"])), r1cs.read_wtns(unhex(case["wtns"]))
        return {"valid": r1cs.solves(witness, system)}
    system = r1cs.read_r1cs(unhex(case["bytes"]))
    return {
        "prime": system.prime,
        "n_wires": system.n_wires,
        "n_pub_out": system.n_outputs,
        "n_pub_in": system.n_inputs,
        "n_prv_in": system.n_private,
        "n_labels": system.n_labels,
        "constraints": [[list(map(list, row)) for row in c.rows] for c in system.constraints],
        "labels": list(system.labels),
    }


def verify(case: Json) -> Json:
    """Suite groth16.verify: {vkey, public, proof} as snarkjs writes them."""
    return {"valid": groth16.verify_json(case["vkey"], case["public"], case["proof"])}


def verify_plonk(case: Json) -> Json:
    """Suite plonk.verify: {vkey, public, proof} as snarkjs writes them."""
    return {"valid": plonk.verify_json(case["vkey"], case["public"], case["proof"])}


def prove(case: Json) -> Json:
    """Suite groth16.prove: from a .zkey and a .wtns, with given blinding."""
    proof, publics = groth16.prove_file(unhex(case["zkey"]), unhex(case["wtns"]), *_blinding(case))
    return {"proof": proof.to_json(), "public": groth16.publics_to_json(publics)}


def setup(case: Json) -> Json:
    """Suite groth16.setup: `op` is qap, setup, prove, forge or contribute."""
    return _SETUP[case["op"]](case)


def _qap(case: Json) -> Json:
    constraints, witness = case["constraints"], case["witness"]
    wires = [wire for rows in constraints for row in rows for wire, _ in row]
    n_wires = 1 + max(case["n_public"], len(witness) - 1, *wires)  # a short witness is refused
    division = groth16.divide(r1cs.from_lists(constraints, case["n_public"], n_wires), witness)
    n = len(division.a)
    parts = {name: getattr(division, name) for name in ("a", "b", "c", "h")}
    return {"domain": n, "root": BN254_FR.root_of_unity(n), **parts}


def _system(case: Json) -> r1cs.R1cs:
    return r1cs.from_lists(case["constraints"], case["n_public"], case["n_wires"])


def _blinding(case: Json) -> tuple[int, int]:
    return BN254_FR.from_int(int(case["r"])), BN254_FR.from_int(int(case["s"]))


def _trapdoor(case: Json) -> groth16.Trapdoor:
    names = ("tau", "alpha", "beta", "gamma", "delta")
    return groth16.Trapdoor(*(BN254_FR.from_int(case[name]) for name in names))


def _setup(case: Json) -> Json:
    return {"vkey": groth16.verifying_key(_system(case), _trapdoor(case)).to_json()}


def _prove(case: Json) -> Json:
    key = groth16.setup(_system(case), _trapdoor(case))
    proof = groth16.prove(key, case["witness"], *_blinding(case))
    return _proven(key.verifying, proof, groth16.publics_of(key, case["witness"]))


def _forge(case: Json) -> Json:
    system, trapdoor, publics = _system(case), _trapdoor(case), tuple(case["public"])
    proof = groth16.forge(system, trapdoor, publics, case["a"], case["b"])
    return _proven(groth16.verifying_key(system, trapdoor), proof, publics)


def _proven(key: groth16.VerifyingKey, proof: groth16.Proof, publics: tuple[int, ...]) -> Json:
    public = groth16.publics_to_json(publics)
    return {"vkey": key.to_json(), "proof": proof.to_json(), "public": public}


def _contribute(case: Json) -> Json:
    key = groth16.setup(_system(case), _trapdoor(case).contributed(case["d"]))
    return {
        "vk_delta_2": groth16.g2_to_json(key.verifying.delta),
        "delta_1": groth16.g1_to_json(key.delta_1),
        "private_points": [groth16.g1_to_json(point) for point in key.private],
        "h_points": [groth16.g1_to_json(point) for point in key.quotient],
    }


_SETUP = {
    "qap": _qap,
    "setup": _setup,
    "prove": _prove,
    "forge": _forge,
    "contribute": _contribute,
}
