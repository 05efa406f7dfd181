"""Answers of the suites hash.* and merkle.*."""

import re
from collections.abc import Callable, Iterable
from typing import Any

from aicrypto.commit import hashes, merkle, openzeppelin, poseidon
from aicrypto.conform.encoding import enhex, enhex_all, unhex, unhex_all

Json = dict[str, Any]


def sha256(case: Json) -> Json:
    """Suite hash.sha256: {messages} -> {digests}."""
    return {"digests": [enhex(hashes.sha256(m)) for m in unhex_all(case["messages"])]}


def keccak256(case: Json) -> Json:
    """Suite hash.keccak256: {messages} -> {digests}."""
    return {"digests": [enhex(hashes.keccak256(m)) for m in unhex_all(case["messages"])]}


def poseidon_bn254(case: Json) -> Json:
    """Suite hash.poseidon_bn254: {inputs, init_state} -> {hash, state}."""
    inputs, init_state = case["inputs"], case["init_state"]
    digest = poseidon.poseidon(inputs, init_state)
    return {"hash": digest, "state": poseidon.permute([init_state, *inputs])}


def poseidon_constants(case: Json) -> Json:
    """Suite hash.poseidon_constants: {t} -> numbers of rounds, samples and digests of constants."""
    known = poseidon.constants(case["t"])
    flat = [entry for row in known.matrix for entry in row]
    return {
        "full_rounds": poseidon.FULL_ROUNDS,
        "partial_rounds": known.partial_rounds,
        "n_constants": len(known.round_constants),
        "first_constants": known.round_constants[:3],
        "last_constant": known.round_constants[-1],
        "matrix_first_row": known.matrix[0],
        "matrix_last": flat[-1],
        "sha256_constants": _sha256_of_words(known.round_constants),
        "sha256_matrix": _sha256_of_words(flat),
    }


def _sha256_of_words(values: Iterable[int]) -> str:
    return enhex(hashes.sha256(*(value.to_bytes(32, "big") for value in values)))


def rfc6962(case: Json) -> Json:
    """Suite merkle.rfc6962: `op` selects root, a proof or a verdict."""
    return _RFC6962[case["op"]](case)


def _verify_inclusion(case: Json) -> Json:
    leaf, root = unhex(case["leaf"]), unhex(case["root"])
    proof = unhex_all(case["proof"])
    return {"valid": merkle.verify_inclusion(leaf, case["index"], case["size"], proof, root)}


def _verify_consistency(case: Json) -> Json:
    roots = unhex(case["first_root"]), unhex(case["second_root"])
    sizes, proof = (case["first"], case["second"]), unhex_all(case["proof"])
    return {"valid": merkle.verify_consistency(*sizes, *roots, proof)}


_RFC6962: dict[str, Callable[[Json], Json]] = {
    "root": lambda c: {"root": enhex(merkle.root(unhex_all(c["leaves"])))},
    "prove_inclusion": lambda c: {
        "proof": enhex_all(merkle.prove_inclusion(unhex_all(c["leaves"]), c["index"]))
    },
    "prove_consistency": lambda c: {
        "proof": enhex_all(merkle.prove_consistency(unhex_all(c["leaves"]), c["first"]))
    },
    "verify_inclusion": _verify_inclusion,
    "verify_consistency": _verify_consistency,
}


def openzeppelin_tree(case: Json) -> Json:
    """Op `tree`: root, leaf digests, one proof per wanted index, one multiproof."""
    leaves = _leaves(case)
    tree = openzeppelin.build(leaves, case["sort_leaves"])
    multi = openzeppelin.prove_many(tree, case["multiprove"])
    return {
        "root": enhex(tree.root),
        "leaf_hashes": enhex_all(leaves),
        "proofs": [enhex_all(openzeppelin.prove(tree, index)) for index in case["prove"]],
        "multiproof": {
            "order": list(multi.order),
            "proof": enhex_all(multi.proof),
            "flags": list(multi.flags),
        },
    }


def _verify(case: Json) -> Json:
    [leaf] = _leaves(case)
    return {"valid": openzeppelin.verify(leaf, unhex_all(case["proof"]), unhex(case["root"]))}


def _verify_many(case: Json) -> Json:
    leaves, proof, root = _leaves(case), unhex_all(case["proof"]), unhex(case["root"])
    return {"valid": openzeppelin.verify_many(leaves, proof, case["flags"], root)}


_OPENZEPPELIN = {"tree": openzeppelin_tree, "verify": _verify, "verify_multi": _verify_many}


def openzeppelin_suite(case: Json) -> Json:
    """Suite merkle.openzeppelin: `op` selects tree, verify or verify_multi."""
    return _OPENZEPPELIN[case["op"]](case)


def _leaves(case: Json) -> list[bytes]:
    """The leaf digests of a case: given (simple) or hashed from ABI values (standard)."""
    if case["kind"] == "simple":
        return unhex_all(case["leaves"] if "leaves" in case else [case["leaf"]])
    rows = case["values"] if "values" in case else [case["value"]]
    types = case["leaf_encoding"]
    return [
        openzeppelin.standard_leaf(
            types, [_abi_value(t, v) for t, v in zip(types, row, strict=True)]
        )
        for row in rows
    ]


def _abi_value(abi_type: str, value: Any) -> Any:
    """A JSON value as the ABI encoder wants it: hex becomes bytes where the type says bytes."""
    if isinstance(value, list):
        element = re.sub(r"\[\d*\]$", "", abi_type)
        return [_abi_value(element, item) for item in value]
    return unhex(value) if abi_type.startswith("bytes") else value
