"""Answers of the suites sxt.* about who vouches for tables, and of layouts and limbs."""

from collections.abc import Callable
from typing import Any

from aicrypto.conform.encoding import enhex, enhex_all, unhex, unhex_all
from aicrypto.sql import fast_limbs as limbs
from aicrypto.sql.exact.format import dory
from aicrypto.sql.types import ColumnType
from aicrypto.sql.witness import (
    Attestation,
    AttestedTable,
    Quorum,
    Signature,
    check_attested,
    enough_signed,
    tree,
)

Json = dict[str, Any]


def attestation(case: Json) -> Json:
    """Suite sxt.attestation: the contract's k-of-n rule."""
    signatures = [_signature(given) for given in case["signatures"]]
    root, block = unhex(case["state_root"]), case["block"]
    parts = case["attestors"], case["threshold"], root, block, signatures
    return {"valid": enough_signed(*parts)}


def _signature(given: Json) -> Signature:
    return Signature(int(given["r"], 16), int(given["s"], 16), given["v"])


def commitment_tree(case: Json) -> Json:
    """Suite sxt.commitment_tree: leaves, trees, paths, and the client's attestation rule."""
    return _TREE[case["op"]](case)


def _leaf(case: Json) -> Json:
    leaf = tree.leaf_bytes(case["table"], case["scheme"], unhex(case["commitment"]))
    return {"leaf": enhex(leaf), "hash": enhex(tree.leaf_hash(leaf))}


def _build(case: Json) -> Json:
    built = tree.build(unhex_all(case["leaves"]))
    return {"root": enhex(built.root), "proof": enhex_all(built.prove(case["prove"]))}


def _verify(case: Json) -> Json:
    leaf, root = unhex(case["leaf"]), unhex(case["root"])
    return {"valid": tree.verify(leaf, unhex_all(case["proof"]), root)}


def _attested(case: Json) -> Json:
    attestations = [
        Attestation(given["address"], unhex(given["state_root"]), _signature(given))
        for given in case["attestations"]
    ]
    tables = {
        name: AttestedTable(unhex(given["commitment"]), tuple(unhex_all(given["proof"])))
        for name, given in case["tables"].items()
    }
    check_attested(case["required"], case["scheme"], case["block"], attestations, tables)
    return {"valid": True}


_TREE: dict[str, Callable[[Json], Json]] = {
    "leaf": _leaf,
    "build": _build,
    "verify": _verify,
    "attested": _attested,
}


def indexer_quorum(case: Json) -> Json:
    """Suite sxt.indexer_quorum: {quorum_size, submissions} -> {log, decided}."""
    quorum, log = Quorum(case["quorum_size"]), []
    for submission in case["submissions"]:
        try:
            quorum.submit(submission["who"], submission["data_hash"])
            log.append("ok")
        except ValueError as error:
            log.append(type(error).__name__)
    decided = quorum.decision and {
        "hash": quorum.decision.data_hash,
        "agreements": list(quorum.decision.agreements),
        "dissents": list(quorum.decision.dissents),
    }
    return {"log": log, "decided": decided}


def dory_layout(case: Json) -> Json:
    """Suite sxt.dory_layout: cells, indices and sizes of the growing matrix."""
    if case["op"] == "locate":
        row, column = dory.locate(case["index"])
        return {"row": row, "column": column}
    if case["op"] == "index":
        return {"index": dory.index_of(case["row"], case["column"])}
    height, width = dory.size(case["length"], case["offset"])
    return {"height": height, "width": width}


def fast_limbs(case: Json) -> Json:
    """Suite sxt.fast_limbs: values of the fast back end as limbs."""
    return _LIMBS[case["op"]](case)


def _encode(case: Json) -> Json:
    type_ = ColumnType.from_json(case["type"])
    value = unhex(case["value"]) if type_.kind == "varbinary" else case["value"]
    return {"limbs": limbs.encode(type_, value, case.get("rows"), case.get("bound"))}


def _decode(case: Json) -> Json:
    return {"value": limbs.decode(ColumnType.from_json(case["type"]), case["limbs"])}


def _less(case: Json) -> Json:
    found = limbs.less_than(case["a"], case["b"])
    return {"borrow": found.borrow, "less": found.less, "words": list(found.words)}


def _sum(case: Json) -> Json:
    found = limbs.sum_limbs(case["values"])
    return {"hi": found.high, "lo": found.low, "count": found.count, "total": found.total}


_LIMBS: dict[str, Callable[[Json], Json]] = {
    "encode": _encode,
    "decode": _decode,
    "less": _less,
    "sum": _sum,
}
