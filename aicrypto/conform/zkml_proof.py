"""Answers of the suites zkml.prove, zkml.verify and zkml.soundness."""

from collections.abc import Callable
from typing import Any

import numpy as np

from aicrypto.commit.hashes import sha256
from aicrypto.commit.tensor import soundness as tensor_soundness
from aicrypto.commit.tensor.ligero import Shape
from aicrypto.conform.encoding import enhex, unhex
from aicrypto.zkml import model, protocol
from aicrypto.zkml import soundness as zkml_soundness
from aicrypto.zkml.circuit.layout import PROFILES, Size
from aicrypto.zkml.importing import model_file
from aicrypto.zkml.model import ModelCommitment, Statement
from aicrypto.zkml.network import Network
from aicrypto.zkml.proof import Proof
from aicrypto.zkml.soundness import Opening, Parameters

Json = dict[str, Any]


def prove(case: Json) -> Json:
    """Suite zkml.prove: hash and length of a proof, roots of what was committed to."""
    network, x = _network_and_rows(case)
    parameters = Parameters(case["profile"], case["inv_rate"], case["columns"], case["queries"])
    if case["weights"] == "public":
        return _summary(protocol.prove(network, x, parameters))
    hidden = case["weights"]
    committed = model.commit(network, hidden["log_rows"], hidden["inv_rate"], hidden["queries"])
    return {
        **_summary(protocol.prove(committed, x, parameters)),
        "weights_root": enhex(committed.commitment.root),
        "statement_digest": enhex(committed.commitment.digest),
    }


def verify(case: Json) -> Json:
    """Suite zkml.verify: whether a proof is accepted; nothing malformed is."""
    case = _completed(case)
    try:
        statement = _statement(case)
    except ValueError:
        return {"valid": False}
    return {"valid": protocol.verify(statement, case["x"], case["logits"], unhex(case["proof"]))}


def soundness(case: Json) -> Json:
    """Suite zkml.soundness: `op` selects queries, the bits of a proof, or a choice of queries."""
    return _OPS[case["op"]](case)


def _network_and_rows(case: Json) -> tuple[Network, Any]:
    if "npz" not in case:
        return Network.from_integers(case["layers"]), case["x"]
    with np.load(case["npz"], allow_pickle=False) as archive:
        x = archive["X"]
    return model_file.load(case["npz"]), x[slice(*case["rows"])]


def _summary(proof: Proof) -> Json:
    data = proof.to_bytes()
    return {
        "length": len(data),
        "sha256": enhex(sha256(data)),
        "witness_root": enhex(proof.root),
    }


def _completed(case: Json) -> Json:
    """The case with everything that it takes from another one, and with its changes made."""
    if "proof_of" not in case:
        return case
    base = _completed(case["base"])
    data = bytearray(unhex(base["proof"]))
    for offset, patch in case.get("patch", []):
        data[offset : offset + len(unhex(patch))] = unhex(patch)
    changed = bytes(data[: case.get("truncate")]) + unhex(case.get("append", "0x"))
    return {**base, **case, "proof": enhex(changed)}


def _statement(case: Json) -> Statement:
    hidden = case["weights"]
    if hidden == "public":
        return Network.from_integers(case["layers"])
    return ModelCommitment(
        tuple(hidden["dims"]),
        tuple(hidden["shifts"]),
        hidden["log_rows"],
        hidden["inv_rate"],
        hidden["queries"],
        unhex(hidden["root"]),
    )


def _queries(case: Json) -> Json:
    names = ("inv_rate", "regime", "bits", "grind")
    return {"queries": tensor_soundness.queries(*(case[name] for name in names))}


def _bits(case: Json) -> Json:
    size, witness, weights = _size(case), _opening(case), _weights(case)
    errors = zkml_soundness.errors(size, witness, weights)
    return {
        "bits": zkml_soundness.bits(size, witness, weights),
        "terms_log2": {name: -tensor_soundness.bits([error]) for name, error in errors.items()},
    }


def _choose(case: Json) -> Json:
    shape = _shape(case)
    return {
        "queries": zkml_soundness.choose_queries(_size(case), shape, _weights(case), case["target"])
    }


def _size(case: Json) -> Size:
    return Size(case["stack"], case["batch"], case["half"], PROFILES[case["profile"]])


def _shape(case: Json) -> Shape:
    return Shape(case["rows"], case["columns"], case["inv_rate"])


def _opening(case: Json) -> Opening:
    return Opening(_shape(case), case["queries"])


def _weights(case: Json) -> Opening | None:
    return _opening(case["weights"]) if case.get("weights") else None


_OPS: dict[str, Callable[[Json], Json]] = {"queries": _queries, "bits": _bits, "choose": _choose}
