"""Answers of the suites grass.session, reveal, ledger, receipts and consensus."""

from collections.abc import Callable
from typing import Any

from aicrypto.commit.merkle import verify_inclusion_of_hash
from aicrypto.conform.encoding import enhex, enhex_all, unhex, unhex_all
from aicrypto.crawl.ledger import Ledger, verify_consistency
from aicrypto.crawl.metering import (
    Book,
    Copy,
    Job,
    OpenedChunk,
    Opening,
    commit_transcript,
    decide,
    open_record,
    open_transcript,
    seal_record,
    verify_opening,
)

Json = dict[str, Any]


def session(case: Json) -> Json:
    """Suite grass.session: seal or open one record."""
    common = (case["cipher"], unhex(case["key"]), unhex(case["iv"]), case["seq"])
    if case["kind"] == "seal":
        options = {"content_type": case["type"], "pad": case.get("pad", 0)}
        return {"record": enhex(seal_record(*common, unhex(case["plaintext"]), **options))}
    content_type, data = open_record(*common, unhex(case["record"]))
    return {"type": content_type, "plaintext": enhex(data)}


def reveal(case: Json) -> Json:
    """Suite grass.reveal: {transcript, salt_seed, chunk, open} or {root, opening} -> {valid}."""
    if "opening" in case:
        chunks = tuple(_chunk(c) for c in case["opening"]["opened"])
        opening = Opening(case["opening"]["size"], chunks)
        return {"valid": verify_opening(unhex(case["root"]), opening)}
    whole = unhex(case["transcript"]), unhex(case["salt_seed"]), case["chunk"]
    opening = open_transcript(*whole, case["open"])
    opened = [
        {"index": c.index, "salt": enhex(c.salt), "data": enhex(c.data), "path": enhex_all(c.path)}
        for c in opening.opened
    ]
    return {"root": enhex(commit_transcript(*whole)), "size": opening.size, "opened": opened}


def _chunk(given: Json) -> OpenedChunk:
    path = tuple(unhex_all(given["path"]))
    return OpenedChunk(given["index"], unhex(given["salt"]), unhex(given["data"]), path)


def ledger(case: Json) -> Json:
    """Suite grass.ledger: `kind` selects root, a proof or a verdict."""
    return _LEDGER[case["kind"]](case)


def _inclusion(case: Json) -> Json:
    tree = Ledger(unhex_all(case["leaves"]))
    path = tree.prove_inclusion(case["index"])
    leaf = enhex(tree.leaf(case["index"]))
    return {"leaf_hash": leaf, "path": enhex_all(path), "root": enhex(tree.root())}


def _consistency(case: Json) -> Json:
    tree = Ledger(unhex_all(case["leaves"]))
    path = tree.prove_consistency(case["first"])
    roots = {"first_root": enhex(tree.root(case["first"])), "second_root": enhex(tree.root())}
    return {"path": enhex_all(path), **roots}


def _verify_inclusion(case: Json) -> Json:
    leaf, path, root = unhex(case["leaf_hash"]), unhex_all(case["path"]), unhex(case["root"])
    valid = verify_inclusion_of_hash(leaf, case["index"], case["size"], path, root)
    return {"valid": valid}


def _verify_consistency(case: Json) -> Json:
    roots = unhex(case["first_root"]), unhex(case["second_root"])
    sizes, path = (case["first"], case["second"]), unhex_all(case["path"])
    return {"valid": verify_consistency(*sizes, *roots, path)}


_LEDGER: dict[str, Callable[[Json], Json]] = {
    "root": lambda case: {"root": enhex(Ledger(unhex_all(case["leaves"])).root())},
    "inclusion": _inclusion,
    "consistency": _consistency,
    "verify_inclusion": _verify_inclusion,
    "verify_consistency": _verify_consistency,
}


def receipts(case: Json) -> Json:
    """Suite grass.receipts: {jobs, receipts, max_bps} -> {verdicts, totals}."""
    book = Book(case["max_bps"])
    for given in case["jobs"]:
        job: Json = {k: unhex(v) if isinstance(v, str) else v for k, v in given.items()}
        book.add_job(Job(**job))
    verdicts = [
        book.accept(
            unhex(given["bytes"]), {party: unhex(s) for party, s in given["signatures"].items()}
        )
        for given in case["receipts"]
    ]
    totals = {enhex(node): total for node, total in book.totals.items()}
    return {"verdicts": verdicts, "totals": totals}


def consensus(case: Json) -> Json:
    """Suite grass.consensus: {copies, min_votes} -> {status, accepted, dissenters}."""
    copies = [
        Copy(c["node"], c["ip"], None if c["body_sha256"] is None else unhex(c["body_sha256"]))
        for c in case["copies"]
    ]
    verdict = decide(copies, case["min_votes"])
    accepted = None if verdict.accepted is None else enhex(verdict.accepted)
    return {
        "status": verdict.status,
        "accepted": accepted,
        "dissenters": list(verdict.dissenters),
    }
