"""The contracts in the process's chain: the suites' answers, gas, keys refused, data hashed."""

import json
import random
import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from aicrypto.algebra.curves import bn254
from aicrypto.algebra.primes import BN254_Q, BN254_R
from aicrypto.commit.kzg import BN254, Setup
from aicrypto.evm import Chain, Reverted, compile_source
from aicrypto.evm.compiler import CONTRACTS
from aicrypto.proof import groth16, plonk, r1cs
from aicrypto.proof.groth16 import calldata
from aicrypto.proof.plonk import calldata as plonk_calldata

VECTORS = Path(__file__).parent / "vectors"
RNG = random.Random(13)
TRAPDOOR = groth16.Trapdoor(*(RNG.randrange(2, BN254_R) for _ in range(5)))
GROTH16_GAS = 260_000


def cases(suite):
    return json.loads((VECTORS / f"{suite}.json").read_text())["cases"]


def text(name):
    return (CONTRACTS / f"{name}.vy").read_text()


def groth16_contract(chain, key, source=None):
    written = calldata.verifier_source(source or text("Groth16Verifier"), key.n_public)
    artifact = compile_source(written, "Groth16Verifier")
    return chain.deploy(artifact, *calldata.key_arguments(key), sender=chain.account("owner"))


def plonk_contract(chain, key):
    artifact = compile_source(
        calldata.verifier_source(text("PlonkVerifier"), key.n_public), "PlonkVerifier"
    )
    return chain.deploy(artifact, *plonk_calldata.key_arguments(key), sender=chain.account("owner"))


def gas_of(contract, name, *arguments):
    """What a transaction costs, and what it answers."""
    data = contract.function(name).encode(*arguments)
    chain = contract.chain
    receipt = chain.send(contract, sender=chain.account("caller"), data=data)
    return max(receipt.gas_used, receipt.floor_gas), bool(int.from_bytes(receipt.output, "big"))


def raw(proof, public):
    """Arguments straight from snarkjs's JSON, nothing checked or reduced."""
    a, c = ([int(x) for x in proof[name][:2]] for name in ("pi_a", "pi_c"))
    b = [[int(x) for x in reversed(row)] for row in proof["pi_b"][:2]]
    if proof["pi_a"][2] == "0":
        a = [0, 0]
    return a, b, c, [int(x) for x in public]


@pytest.fixture(scope="module")
def chain():
    return Chain()


@pytest.mark.parametrize("case", cases("groth16.verify"), ids=lambda case: case["id"])
def test_groth16_contract_answers_as_the_suite(chain, case):
    given = case["in"]
    key = groth16.VerifyingKey.from_json(given["vkey"], even_weak=True)
    arguments = raw(given["proof"], given["public"])
    if list(groth16.weaknesses(key)):
        with pytest.raises(groth16.WeakKey):
            groth16_contract(chain, key)
        return
    contract = groth16_contract(chain, key)
    if len(given["public"]) != key.n_public:
        with pytest.raises(ValueError, match="pub"):
            contract.verifyProof(*arguments)
        return
    assert contract.verifyProof(*arguments) == case["out"]["valid"]


@pytest.mark.parametrize("case", cases("plonk.verify"), ids=lambda case: case["id"])
def test_plonk_contract_answers_as_the_suite(chain, case):
    given = case["in"]
    key = plonk.VerifyingKey.from_json(given["vkey"])
    points = [int(x) for name in plonk.keys.POINTS for x in given["proof"][name][:2]]
    values = [int(given["proof"][name]) for name in plonk.keys.VALUES]
    contract = plonk_contract(chain, key)
    public = [int(x) for x in given["public"]]
    if len(public) != key.n_public:
        with pytest.raises(ValueError, match="pub"):
            contract.verifyProof(points + values, public)
        return
    assert contract.verifyProof(points + values, public) == case["out"]["valid"]


@cache
def mlp():
    """The network 4-8-3, proven with full-size publics where they can be."""
    rng = random.Random(0)

    def layer(n, m):
        rows = tuple(tuple(rng.randint(-127, 127) for _ in range(n)) for _ in range(m))
        return r1cs.Layer(rows, tuple(rng.randint(-500, 500) for _ in range(m)))

    model, x = r1cs.Mlp((layer(4, 8), layer(8, 3))), [7, -11, 13, 16]
    circuit = r1cs.mlp_circuit(model)
    return circuit.system(), circuit.witness(model.inputs(x)), model, x


def test_groth16_gas_and_refusals_for_the_mlp(chain):
    system, witness, *_ = mlp()
    key = groth16.setup(system, TRAPDOOR)
    proof, publics = groth16.prove(key, witness, 5, 6), groth16.publics_of(key, witness)
    contract = groth16_contract(chain, key.verifying)
    a, b, c, pub = calldata.proof_arguments(proof, publics)
    gas, answer = gas_of(contract, "verifyProof", a, b, c, pub)
    assert answer
    assert len(pub) == 7
    assert gas <= GROTH16_GAS
    for i in range(7):
        assert not contract.verifyProof(a, b, c, [*pub[:i], (pub[i] + 1) % BN254_R, *pub[i + 1 :]])
        assert not contract.verifyProof(a, b, c, [*pub[:i], pub[i] + BN254_R, *pub[i + 1 :]])
    assert not contract.verifyProof(c, b, a, pub)
    assert not contract.verifyProof(a, [row[::-1] for row in b], c, pub)
    for x, y in ((0, 0), (1, 1), (a[0], a[1] + BN254_Q), (a[0] + BN254_Q, a[1]), (2**256 - 1,) * 2):
        assert not contract.verifyProof((x, y), b, c, pub)
        assert not contract.verifyProof(a, b, (x, y), pub)


def test_the_contract_without_the_bound_takes_aliases(chain):
    """The check on publics, planted out: x + r is taken for x, a spent note is spent again."""
    check = "        if pub[i] >= R:\n            return False\n"
    weak_text = text("Groth16Verifier").replace(check, "")
    assert weak_text != text("Groth16Verifier")
    circuit = r1cs.Circuit()
    secret = circuit.private("secret")
    circuit.output("nullifier", circuit.product(secret, secret, "square"))
    key = groth16.setup(circuit.system(), TRAPDOOR)
    proof = groth16.prove(key, circuit.witness({"secret": 6}), 5, 6)
    a, b, c, [nullifier] = calldata.proof_arguments(proof, [36])
    weak, strong = (groth16_contract(chain, key.verifying, source) for source in (weak_text, None))
    assert [weak.verifyProof(a, b, c, [nullifier + k * BN254_R]) for k in range(4)] == [True] * 4
    assert [strong.verifyProof(a, b, c, [nullifier + k * BN254_R]) for k in range(4)] == [
        *(True, False, False, False)
    ]


def opposite(point):
    x, y = point
    return x, tuple((BN254_Q - part) % BN254_Q for part in y)


def test_the_constructor_looks_at_the_key(chain):
    key = groth16.verifying_key(mlp()[0], TRAPDOOR)
    artifact = compile_source(
        calldata.verifier_source(text("Groth16Verifier"), key.n_public), "Groth16Verifier"
    )
    alpha, beta, gamma, delta, ic = calldata.key_arguments(key)
    off, outside = (1, 1), cases("groth16.verify")
    outside = next(c["in"]["proof"]["pi_b"] for c in outside if "not_in_subgroup" in c["id"])
    outside = [[int(x) for x in reversed(row)] for row in outside[:2]]
    zero_2 = ((0, 0), (0, 0))
    for arguments, reason in [
        ((alpha, beta, gamma, gamma, ic), "delta equals gamma"),
        ((alpha, beta, gamma, opposite(gamma), ic), "equal or opposite"),
        ((alpha, gamma, gamma, delta, ic), "equal or opposite"),
        ((alpha, opposite(gamma), gamma, delta, ic), "equal or opposite"),
        ((alpha, beta, gamma, beta, ic), "equal or opposite"),
        ((alpha, beta, gamma, opposite(beta), ic), "equal or opposite"),
        ((off, beta, gamma, delta, ic), "off the curve"),
        (((0, 0), beta, gamma, delta, ic), "infinity"),
        ((alpha, outside, gamma, delta, ic), "not in G2"),
        ((alpha, beta, outside, delta, ic), "not in G2"),
        ((alpha, beta, gamma, zero_2, ic), "infinity"),
        ((alpha, beta, gamma, delta, [*ic[:-1], off]), "off the curve"),
        ((alpha, beta, gamma, delta, [*ic[:-1], (0, 0)]), "infinity"),
        ((alpha, beta, gamma, delta, [*ic[:-1], (ic[0][0] + BN254_Q, ic[0][1])]), "below q"),
    ]:
        with pytest.raises(Reverted, match=reason):
            chain.deploy(artifact, *arguments, sender=chain.account("owner"))


def test_one_hashed_public_costs_less_than_seven(chain):
    """The digest is the contract's own. The circuit is checked by its witness; the proof is made
    from the trapdoor, as an honest one takes this prover ten seconds."""
    _, _, model, x = mlp()
    circuit = r1cs.mlp_circuit(model, publics="hashed")
    data = r1cs.statement_bytes(x, model.logits(x))
    digest = r1cs.statement_digest(data)
    assert circuit.witness(model.inputs(x))[1] == digest
    key = groth16.verifying_key(circuit.system(), TRAPDOOR)
    proof = groth16.forge(circuit.system(), TRAPDOOR, [digest], 5, 6)
    inner = groth16_contract(chain, key)
    outer = chain.deploy("HashedVerifier", inner, sender=chain.account("owner"))
    points = calldata.proof_arguments(proof, [digest])[:3]
    gas, answer = gas_of(outer, "verifyStatement", *points, data)
    assert answer
    assert gas < 220_000
    assert outer.VERIFIER() == inner.address
    for other in (data[:-1], data + b"\0", bytes([data[0] ^ 1]) + data[1:], b""):
        assert not outer.verifyStatement(*points, other)
    with pytest.raises(Reverted, match="no contract there"):
        chain.deploy("HashedVerifier", chain.account("owner"), sender=chain.account("owner"))


def test_a_digest_that_the_caller_chooses_says_nothing_about_data(chain):
    """The weakened wrapper takes the hash as an argument."""
    source = text("HashedVerifier")
    weak_text = re.sub(
        r"c: uint256\[2\], data: Bytes\[MAX_BYTES\]",
        "c: uint256[2], data: Bytes[MAX_BYTES], digest: bytes32",
        source,
    )
    weak_text = weak_text.replace("    digest: bytes32 = sha256(concat(TAG, length, data))\n", "")
    assert weak_text != source
    circuit = r1cs.Circuit()
    circuit.output("digest", circuit.private("anything"))
    data = b"logits: 1, 2, 3"
    digest = r1cs.statement_digest(data)
    key = groth16.setup(circuit.system(), TRAPDOOR)
    proof = groth16.prove(key, circuit.witness({"anything": digest}), 1, 2)
    points = calldata.proof_arguments(proof, [digest])[:3]
    inner = groth16_contract(chain, key.verifying)
    owner = chain.account("owner")
    weak = chain.deploy(compile_source(weak_text, "WeakHashed"), inner, sender=owner)
    strong = chain.deploy("HashedVerifier", inner, sender=owner)
    wide = (digest << 3).to_bytes(32, "big")
    assert weak.verifyStatement(*points, b"logits: 9, 9, 9", wide)
    assert not strong.verifyStatement(*points, b"logits: 9, 9, 9")
    assert strong.verifyStatement(*points, data)


def test_plonk_gas_and_refusals_for_the_mlp(chain):
    system, witness, *_ = mlp()
    gates = plonk.arithmetise(system)
    key = plonk.preprocess(gates, Setup.from_secret(BN254, 987654321, gates.domain + 6))
    proof = plonk.prove(key, witness, [RNG.randrange(BN254_R) for _ in range(plonk.N_BLINDING)])
    publics = witness[1:8]
    assert plonk.verify(key.verifying, publics, proof)
    contract = plonk_contract(chain, key.verifying)
    words, pub = plonk_calldata.proof_arguments(proof, publics)
    gas, answer = gas_of(contract, "verifyProof", words, pub)
    assert answer
    assert gas <= 300_000
    for i in range(24):
        for delta in (1, BN254_R if i >= 18 else BN254_Q):
            assert not contract.verifyProof([*words[:i], words[i] + delta, *words[i + 1 :]], pub)
    for i in range(7):
        assert not contract.verifyProof(words, [*pub[:i], pub[i] + BN254_R, *pub[i + 1 :]])
        assert not contract.verifyProof(words, [*pub[:i], (pub[i] + 1) % BN254_R, *pub[i + 1 :]])


def test_the_plonk_constructor_looks_at_the_key(chain):
    given = next(c["in"] for c in cases("plonk.verify") if c["id"] == "mul/valid")
    key = plonk.VerifyingKey.from_json(given["vkey"])
    source = calldata.verifier_source(text("PlonkVerifier"), key.n_public)
    artifact = compile_source(source, "PlonkVerifier")
    power, omega, fixed, tau = plonk_calldata.key_arguments(key)
    one = [word for pair in calldata.g2_words(bn254.G2.generator) for word in pair]
    for arguments, reason in [
        ((2, omega, fixed, tau), "power is not"),
        ((29, omega, fixed, tau), "power is not"),
        ((power, omega + 1, fixed, tau), "no root of unity"),
        ((power + 1, omega, fixed, tau), "no root of unity"),
        ((power, omega, [(1, 1), *fixed[1:]], tau), "off the curve"),
        ((power, omega, fixed, [0] * 4), "tau is infinity"),
        ((power, omega, fixed, one), "tau is 1 or -1"),
        ((power, omega, fixed, [*one[:2], *(BN254_Q - word for word in one[2:])]), "tau is 1 or"),
        ((power, omega, fixed, [*tau[:3], 1]), "not in G2"),
    ]:
        with pytest.raises(Reverted, match=reason):
            chain.deploy(artifact, *arguments, sender=chain.account("owner"))
    with pytest.raises(ValueError, match="must be 2 and 3"):
        plonk_calldata.key_arguments(replace(key, k2=7))
    many = calldata.verifier_source(text("PlonkVerifier"), (1 << power) + 1)
    with pytest.raises(Reverted, match="more publics than rows"):  # two would share a row
        chain.deploy(
            compile_source(many, "PlonkVerifier"),
            *(power, omega, fixed, tau),
            sender=chain.account("owner"),
        )


def test_sources_are_written_for_a_number_of_publics():
    assert "N_PUBLIC: constant(uint256) = 74" in calldata.verifier_source(
        text("Groth16Verifier"), 74
    )
    for n in (0, 257):
        with pytest.raises(ValueError, match=f"n_public is {n}"):
            calldata.verifier_source(text("Groth16Verifier"), n)
    with pytest.raises(ValueError, match="has 0 lines"):
        calldata.verifier_source("", 1)
    for arguments in (calldata.proof_arguments, plonk_calldata.proof_arguments):
        with pytest.raises(ValueError, match="there are 0 publics"):
            arguments(None, [])
