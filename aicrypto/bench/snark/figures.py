"""Groth16 and PLONK on the specification's networks: proving, verifying, gas.

The networks are 4-8-3 and 64-32-10 with 32-bit ReLU and private weights, 320 and 3,424 constraints.
Proving is from a finished witness; gas is that of a whole transaction. Where groth16py (arkworks in
Rust) or snarkjs is installed it proves and verifies the same constraints in the same run; snarkjs's
times on another machine stand for it otherwise. An overhead is the time of a proof over that of
torch's float32 forward pass of the same network, as for zkML's.
"""

import importlib
import json
import random
import tempfile
from collections.abc import Callable, Iterator
from functools import cache, partial
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any

from aicrypto.algebra.primes import BN254_R
from aicrypto.bench import Record, best_seconds, one_thread
from aicrypto.bench.snark import snarkjs
from aicrypto.commit.kzg import BN254, Setup
from aicrypto.evm import Chain, Contract, compile_source
from aicrypto.evm.compiler import CONTRACTS
from aicrypto.proof import groth16, plonk, r1cs
from aicrypto.proof.groth16 import calldata
from aicrypto.proof.plonk import calldata as plonk_calldata

NETWORKS = {"mlp4_8_3": (4, 8, 3), "mlp64_32_10": (64, 32, 10)}
TINY = "mlp4_8_3"
SEED = 1
REPEATS, FORWARD_REPEATS = 5, 50
RUST = "groth16py, arkworks in Rust"
ELSEWHERE, NODE = "snarkjs 0.7.6, measured elsewhere", "snarkjs, a whole command"
LOG_SIZES = {"mlp4_8_3": 11, "mlp64_32_10": 13}  # of snarkjs's ceremonies
# npm snarkjs 0.7.6 on the same circuits, on another machine: seconds of a whole command
SNARKJS_PROVE_S = {"mlp4_8_3": 0.45, "mlp64_32_10": 0.8}
SNARKJS_VERIFY_S, SNARKJS_PLONK_PROVE_S = 0.39, 1.33
# its contracts for seven publics: whole transactions
SNARKJS_GAS, SNARKJS_PLONK_GAS = 255_700, 294_868
DEFINITION = "torch fp32 forward (min of 50); proof from a finished witness"


def proving() -> Iterator[Record]:
    """`groth16.prove_s.*` and `groth16.overhead.*`, with `groth16.setup_s.*`."""
    for name, dims in NETWORKS.items():
        key, witness = _key(name), _proven(name)[1]
        seconds = best_seconds(partial(groth16.prove, key, witness, 5, 6), REPEATS)
        peer, theirs = _prove_peer(name)
        yield Record(f"groth16.prove_s.{name}", seconds, "s", peer, theirs)
        forward = _forward_seconds(dims)
        said = f"{DEFINITION}; {1e3 * seconds:.3g} ms over {1e6 * forward:.3g} µs"
        yield Record(f"groth16.overhead.{name}", seconds / forward, "x", said, 1.0)
        system = _proven(name)[0]
        making = best_seconds(partial(groth16.setup, system, _trapdoor()), 1)
        yield Record(f"groth16.setup_s.{name}", making, "s")


def verification() -> Iterator[Record]:
    """`groth16.verify_s`: seven publics, four pairings."""
    key, witness = _key(TINY), _proven(TINY)[1]
    proof, publics = groth16.prove(key, witness, 5, 6), groth16.publics_of(key, witness)
    seconds = best_seconds(_true(partial(groth16.verify, key.verifying, publics, proof)))
    peer, theirs = _verify_peer(key.verifying, publics, proof)
    yield Record("groth16.verify_s", seconds, "s", peer, theirs)


def gas() -> Iterator[Record]:
    """`groth16.gas.*`: one transaction with the proof of 4-8-3, its seven publics or their hash."""
    key, (_, witness, model, x) = _key(TINY), _proven(TINY)
    proof, publics = groth16.prove(key, witness, 5, 6), groth16.publics_of(key, witness)
    verifier = _groth16_contract(Chain(), key.verifying)
    used = _gas(verifier, "verifyProof", *calldata.proof_arguments(proof, publics))
    peer = "snarkjs 0.7.6's contract"
    yield Record(f"groth16.gas.{TINY}", used, "gas", peer, SNARKJS_GAS)
    yield Record(f"groth16.gas.{TINY}_hashed", _hashed_gas(model, x), "gas", "seven publics", used)


def plonk_proving() -> Iterator[Record]:
    """`plonk.prove_s.mlp4_8_3`, beside Groth16 on the same circuit, and `plonk.verify_s`."""
    key, witness = _plonk_key(), _proven(TINY)[1]
    rng = random.Random(SEED)
    blinding = [rng.randrange(BN254_R) for _ in range(plonk.N_BLINDING)]
    seconds = best_seconds(partial(plonk.prove, key, witness, blinding), REPEATS)
    theirs = _by_snarkjs("plonk", TINY)
    peer = (NODE, theirs.prove_s) if theirs else (ELSEWHERE, SNARKJS_PLONK_PROVE_S)
    yield Record(f"plonk.prove_s.{TINY}", seconds, "s", *peer)
    proof, publics = plonk.prove(key, witness, blinding), witness[1 : 1 + key.verifying.n_public]
    verifying = best_seconds(_true(partial(plonk.verify, key.verifying, publics, proof)))
    yield Record("plonk.verify_s", verifying, "s")


def plonk_gas() -> Iterator[Record]:
    """`plonk.gas.mlp4_8_3`: one transaction with the proof and seven publics."""
    key, witness = _plonk_key(), _proven(TINY)[1]
    proof = plonk.prove(key, witness, [3] * plonk.N_BLINDING)
    source = _source("PlonkVerifier", key.verifying.n_public)
    chain = Chain()
    arguments = plonk_calldata.key_arguments(key.verifying)
    artifact = compile_source(source, "PlonkVerifier")
    verifier = chain.deploy(artifact, *arguments, sender=chain.account("owner"))
    publics = witness[1 : 1 + key.verifying.n_public]
    used = _gas(verifier, "verifyProof", *plonk_calldata.proof_arguments(proof, publics))
    yield Record(f"plonk.gas.{TINY}", used, "gas", "snarkjs 0.7.6's contract", SNARKJS_PLONK_GAS)


Proven = tuple[r1cs.R1cs, list[int], r1cs.Mlp, list[int]]


@cache
def _proven(name: str) -> Proven:
    """System, witness, network and input; weights are drawn, as costs depend on shapes alone."""
    rng, dims = random.Random(SEED), NETWORKS[name]
    layers = (
        r1cs.Layer(
            tuple(tuple(rng.randint(-127, 127) for _ in range(n_in)) for _ in range(n_out)),
            tuple(rng.randint(-500, 500) for _ in range(n_out)),
        )
        for n_in, n_out in pairwise(dims)
    )
    model, x = r1cs.Mlp(tuple(layers)), [rng.randint(0, 16) for _ in range(dims[0])]
    circuit = r1cs.mlp_circuit(model)
    return circuit.system(), circuit.witness(model.inputs(x)), model, x


def _trapdoor() -> groth16.Trapdoor:
    rng = random.Random(SEED)
    return groth16.Trapdoor(*(rng.randrange(2, BN254_R) for _ in range(5)))


@cache
def _key(name: str) -> groth16.ProvingKey:
    return groth16.setup(_proven(name)[0], _trapdoor())


@cache
def _plonk_key() -> plonk.ProvingKey:
    gates = plonk.arithmetise(_proven(TINY)[0])
    return plonk.preprocess(gates, Setup.from_secret(BN254, _trapdoor().tau, gates.domain + 6))


@cache
def _by_snarkjs(protocol: snarkjs.PROTOCOLS, name: str) -> snarkjs.Made | None:
    """Its proof of a network, or None where it is not installed."""
    if not snarkjs.is_installed():
        return None
    system, witness, *_ = _proven(name)
    return snarkjs.made(protocol, system, witness, LOG_SIZES[name])


def _prove_peer(name: str) -> tuple[str, float]:
    if not find_spec("groth16py"):
        theirs = _by_snarkjs("groth16", name)
        return (NODE, theirs.prove_s) if theirs else (ELSEWHERE, SNARKJS_PROVE_S[name])
    rust: Any = importlib.import_module("groth16py")
    system, witness, *_ = _proven(name)
    with tempfile.TemporaryDirectory() as folder:
        r1cs_file, wtns_file = Path(folder) / "mlp.r1cs", Path(folder) / "mlp.wtns"
        r1cs_file.write_bytes(r1cs.write_r1cs(system))
        wtns_file.write_bytes(r1cs.write_wtns(witness))
        key, _ = rust.setup(str(r1cs_file))
        return RUST, best_seconds(partial(rust.prove_wtns, key, str(wtns_file)))


def _verify_peer(
    key: groth16.VerifyingKey, publics: tuple[int, ...], proof: groth16.Proof
) -> tuple[str, float]:
    if not find_spec("groth16py"):
        theirs = _by_snarkjs("groth16", TINY)
        return (NODE, theirs.verify_s) if theirs else (ELSEWHERE, SNARKJS_VERIFY_S)
    rust: Any = importlib.import_module("groth16py")
    verifier = rust.Verifier(rust.VerifyingKey.from_snarkjs(json.dumps(key.to_json())))
    files = json.dumps(proof.to_json()), json.dumps(groth16.publics_to_json(publics))
    return RUST, best_seconds(_true(partial(verifier.verify_snarkjs, *files)))


def _true(verify: Callable[[], bool]) -> Callable[[], None]:
    """The same, refusing to time a refusal."""

    def run() -> None:
        if not verify():
            raise ValueError("an honest proof was refused")

    return run


def _forward_seconds(dims: tuple[int, ...]) -> float:
    """The float network on one thread, one input."""
    import torch

    layers = list[torch.nn.Module]()
    for n_in, n_out in pairwise(dims):
        layers += [torch.nn.Linear(n_in, n_out), torch.nn.ReLU()]
    network, x = torch.nn.Sequential(*layers[:-1]).eval(), torch.zeros(1, dims[0])
    with one_thread(), torch.inference_mode():
        return best_seconds(partial(network, x), FORWARD_REPEATS)


def _hashed_gas(model: r1cs.Mlp, x: list[int]) -> int:
    """Gas where the contract hashes the statement; a proof from the trapdoor suffices."""
    system = r1cs.mlp_circuit(model, publics="hashed").system()
    data = r1cs.statement_bytes(x, model.logits(x))
    digest = r1cs.statement_digest(data)
    proof = groth16.forge(system, _trapdoor(), [digest], 5, 6)
    chain = Chain()
    inner = _groth16_contract(chain, groth16.verifying_key(system, _trapdoor()))
    outer = chain.deploy("HashedVerifier", inner, sender=chain.account("owner"))
    points = calldata.proof_arguments(proof, [digest])[:3]
    return _gas(outer, "verifyStatement", *points, data)


def _source(name: str, n_public: int) -> str:
    return calldata.verifier_source((CONTRACTS / f"{name}.vy").read_text("utf-8"), n_public)


def _groth16_contract(chain: Chain, key: groth16.VerifyingKey) -> Contract:
    artifact = compile_source(_source("Groth16Verifier", key.n_public), "Groth16Verifier")
    return chain.deploy(artifact, *calldata.key_arguments(key), sender=chain.account("owner"))


def _gas(verifier: Contract, name: str, *arguments: Any) -> int:
    """What a transaction costs on mainnet; ValueError if it answers False."""
    data = verifier.function(name).encode(*arguments)
    receipt = verifier.chain.send(verifier, sender=verifier.chain.account("owner"), data=data)
    if not int.from_bytes(receipt.output, "big"):
        raise ValueError("an honest proof was refused")
    return max(receipt.gas_used, receipt.floor_gas)
