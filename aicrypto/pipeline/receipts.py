"""Receipts: what a stage claims, and the bytes that let a stranger check it.

A receipt names one file of *evidence*. Its digest is part of the receipt, so every byte of the file
is bound; what the bytes say is then checked by the stage's own `check`, which recomputes the claim
from them. A check may look at the evidence of earlier stages, but only while that evidence is
intact: a stage is never blamed for what another stage's file has become.

Everything is canonical JSON (sorted keys, no spaces, UTF-8), so equal claims have equal bytes.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from aicrypto.commit.hashes import sha256

Json = dict[str, Any]
RECEIPTS_FILE = "receipts.json"
FORMAT = "aicrypto.receipts.v1"


@dataclass(frozen=True)
class Receipt:
    """One stage's claim.

    Attributes:
        claim: one sentence, in words.
        facts: public values that later stages and the chain refer to.
        assumes: what must hold for the check to mean what the claim says.
        file, sha256: evidence file beside the receipts, and its digest in hex.
        verified: the verdict of `verdict` at the time of the run; `reason` says why not.
    """

    stage: str
    claim: str
    facts: Json
    assumes: str
    file: str
    sha256: str
    verified: bool = False
    reason: str = ""
    seconds: float = 0.0


Facts = Mapping[str, Json]
Evidence = Mapping[str, Json]
Check = Callable[[Json, Facts, Evidence], None]


class Refused(Exception):
    """Raised by a check: the evidence does not show what the receipt claims."""


def demand(holds: bool, reason: str) -> None:
    """Raises `Refused` with the reason unless the condition holds."""
    if not holds:
        raise Refused(reason)


def encode(value: Json) -> bytes:
    """Canonical JSON bytes."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def verdict(receipt: Receipt, folder: Path, earlier: list[Receipt], check: Check) -> Receipt:
    """The receipt with a fresh verdict: digest of its evidence first, then the stage's own check.

    `check(evidence, facts, inputs)` gets the facts of this and all earlier stages, and as inputs
    the evidence of those earlier stages whose files are intact.
    """
    facts = {r.stage: r.facts for r in [*earlier, receipt]}
    inputs = {r.stage: found for r in earlier if (found := _intact(r, folder)) is not None}
    try:
        evidence = _intact(receipt, folder)
        if evidence is None:
            raise Refused(f"{receipt.file} is missing or not the file whose digest was published")
        check(evidence, facts, inputs)
    except Refused as refusal:
        return replace(receipt, verified=False, reason=str(refusal))
    except Exception as error:  # whatever malformed evidence provokes is a refusal, too
        return replace(receipt, verified=False, reason=f"malformed evidence: {error!r}")
    return replace(receipt, verified=True, reason="")


def _intact(receipt: Receipt, folder: Path) -> Json | None:
    """The evidence of a receipt, if the file still has the published digest."""
    path = folder / receipt.file
    if path.parent != folder or not path.is_file():  # a name with folders in it is not ours to open
        return None
    data = path.read_bytes()
    if sha256(data).hex() != receipt.sha256:
        return None
    value = json.loads(data)
    return value if isinstance(value, dict) else None


def save(path: Path, receipts: list[Receipt], run: Json) -> None:
    """Writes the receipts, with what the run was asked to do."""
    content = {"format": FORMAT, "run": run, "receipts": [asdict(r) for r in receipts]}
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n")


def load(path: Path) -> tuple[list[Receipt], Json]:
    """Receipts and run description of a receipts file.

    Raises:
        ValueError: naming the file, if it is none.
    """
    try:
        content = json.loads(path.read_text())
        if content["format"] != FORMAT:
            raise ValueError(f"format is {content['format']!r}, expected {FORMAT!r}")
        return [Receipt(**receipt) for receipt in content["receipts"]], content["run"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path}: not a receipts file: {error}") from None
