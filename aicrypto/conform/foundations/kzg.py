"""Answers of the suites kzg.eip4844, sxt.hyperkzg and sxt.transcript."""

from collections.abc import Callable
from typing import Any

from aicrypto.algebra.curves.weierstrass import Affine
from aicrypto.algebra.primes import BLS12_381_FR, BN254_FR
from aicrypto.commit import kzg
from aicrypto.commit.kzg import deployed, eip4844, hyperkzg
from aicrypto.commit.kzg.keccak_transcript import KeccakTranscript
from aicrypto.conform.encoding import enhex, unhex, unhex_all

Json = dict[str, Any]

WORD = BLS12_381_FR.n_bytes
N_POWERS = 64  # what the suites presume a setup to have


def eip_4844(case: Json) -> Json:
    """Suite kzg.eip4844: `op` selects the question, all over Ethereum's first 64 powers."""
    if case["op"] in _ANSWERS:
        return _ANSWERS[case["op"]](case)
    try:
        return {"valid": _VERDICTS[case["op"]](case)}
    except ValueError:  # bytes that encode no point of the group
        return {"valid": False}


def hyper_kzg(case: Json) -> Json:
    """Suite sxt.hyperkzg: {op open|verify, ..., state} over the deployed parameters."""
    return {"open": _hyper_open, "verify": _hyper_verify}[case["op"]](case)


def transcript(case: Json) -> Json:
    """Suite sxt.transcript: {ops: append | draw k | peek, state?} -> {draws, state}."""
    running = KeccakTranscript(unhex(case["state"]) if "state" in case else None)
    draws: list[list[int]] = []
    for op, *arguments in case["ops"]:
        if op == "append":
            running.append(unhex(arguments[0]))
        elif op == "draw":
            draws.append([running.draw() for _ in range(arguments[0])])
        else:
            draws.append([running.peek()])
    return {"draws": draws, "state": enhex(running.state)}


def _point(text: str) -> Affine:
    return kzg.BLS12_381.g1_from_bytes(unhex(text), "point")


def _points(texts: list[str]) -> list[Affine]:
    return [_point(text) for text in texts]


def _hex(point: Affine) -> str:
    return enhex(kzg.BLS12_381.g1_to_bytes(point))


def _blob(formula: Json) -> bytes:
    """The bytes that the formula stands for: a pattern, then patch, then length, then append."""
    blob = bytearray(_PATTERNS[formula["pattern"]](formula))
    for index, word in formula.get("patch", []):
        blob[index * WORD : (index + 1) * WORD] = unhex(word)
    return bytes(blob[: formula.get("length")]) + unhex(formula.get("append", "0x"))


def _words(values: list[int]) -> bytes:
    return b"".join(value.to_bytes(WORD, "big") for value in values)


def _power(formula: Json) -> bytes:
    exponents = range(256, 256 + eip4844.N_ELEMENTS)
    return _words([pow(formula["base"], k, BLS12_381_FR.modulus) for k in exponents])


def _repeat(formula: Json) -> bytes:
    word, n_bytes = unhex(formula["word"]), int(formula["bytes"])
    return (word * (n_bytes // max(len(word), 1) + 1))[:n_bytes]


def _commit(case: Json) -> Json:
    return {"commitment": _hex(kzg.commit(deployed.ethereum(), case["coefficients"]))}


def _open(case: Json) -> Json:
    y, proof = kzg.open_at(deployed.ethereum(), case["coefficients"], case["z"])
    return {"y": y, "proof": _hex(proof)}


def _verify(case: Json) -> bool:
    parts = (unhex(case[name]) for name in ("commitment", "z", "y", "proof"))
    return eip4844.verify_at(deployed.ethereum(), *parts)


def _challenge(case: Json) -> Json:
    drawn = eip4844.challenge(_blob(case["blob"]), unhex(case["commitment"]))
    return {"challenge": enhex(BLS12_381_FR.to_bytes(drawn))}


def _evaluate(case: Json) -> Json:
    y = eip4844.evaluate(_blob(case["blob"]), BLS12_381_FR.from_bytes(unhex(case["z"])))
    return {"y": enhex(BLS12_381_FR.to_bytes(y))}


def _open_many(case: Json) -> Json:
    ys, proof = kzg.open_many(deployed.ethereum(), case["coefficients"], case["points"])
    return {"ys": ys, "proof": _hex(proof)}


def _verify_many(case: Json) -> bool:
    commitment, proof = _points([case["commitment"], case["proof"]])
    return kzg.verify_many(deployed.ethereum(), commitment, case["points"], case["ys"], proof)


def _open_fold(case: Json) -> Json:
    arguments = case["polynomials"], case["z"], case["gamma"]
    ys, proof = kzg.open_fold(deployed.ethereum(), *arguments)
    return {"ys": ys, "proof": _hex(proof)}


def _verify_fold(case: Json) -> bool:
    *commitments, proof = _points([*case["commitments"], case["proof"]])
    claim = case["z"], case["ys"], case["gamma"]
    return kzg.verify_fold(deployed.ethereum(), commitments, *claim, proof)


def _verify_batch(case: Json) -> bool:
    commitments, proofs = _points(case["commitments"]), _points(case["proofs"])
    return kzg.verify_batch(deployed.ethereum(), commitments, case["zs"], case["ys"], proofs)


def _batch_challenge(case: Json) -> Json:
    commitments, proofs = unhex_all(case["commitments"]), unhex_all(case["proofs"])
    openings = commitments, case["zs"], case["ys"], proofs
    drawn = kzg.batch_challenge(deployed.ethereum(), *openings)
    return {"challenge": enhex(BLS12_381_FR.to_bytes(drawn))}


def _hyper_setup(n_powers: int) -> kzg.Setup:
    return deployed.space_and_time(max(n_powers, N_POWERS))


def _hyper_open(case: Json) -> Json:
    values = [BN254_FR.from_int(value) for value in case["poly"]]
    setup = _hyper_setup(1 << len(case["point"]))
    started = KeccakTranscript(unhex(case["state"]))
    value, proof = hyperkzg.open_at(setup, values, case["point"], started)
    commitment = kzg.BN254.g1_to_bytes(kzg.commit(setup, values))
    return {"commitment": enhex(commitment), "value": value, "proof": enhex(proof.to_bytes())}


def _hyper_verify(case: Json) -> Json:
    try:
        commitment = kzg.BN254.g1_from_bytes(unhex(case["commitment"]), "commitment")
        proof = hyperkzg.Proof.from_bytes(unhex(case["proof"]))
    except ValueError:
        return {"valid": False}
    started, claim = KeccakTranscript(unhex(case["state"])), (case["point"], case["value"])
    return {"valid": hyperkzg.verify(_hyper_setup(2), commitment, *claim, proof, started)}


_PATTERNS: dict[str, Callable[[Json], bytes]] = {
    "constant": lambda formula: _words([formula["value"]] * eip4844.N_ELEMENTS),
    "power": _power,
    "unit": lambda formula: _words([int(k == formula["index"]) for k in range(eip4844.N_ELEMENTS)]),
    "repeat": _repeat,
}
_ANSWERS: dict[str, Callable[[Json], Json]] = {
    "commit": _commit,
    "open": _open,
    "challenge": _challenge,
    "evaluate": _evaluate,
    "open_many": _open_many,
    "open_fold": _open_fold,
    "batch_challenge": _batch_challenge,
}
_VERDICTS: dict[str, Callable[[Json], bool]] = {
    "verify": _verify,
    "verify_many": _verify_many,
    "verify_fold": _verify_fold,
    "verify_batch": _verify_batch,
}
