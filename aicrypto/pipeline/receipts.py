"""Receipts: what a stage claims, and the bytes that let a stranger check it.

A receipt names one file of *evidence*, whose digest is part of the receipt. Claim and facts are not
the stage's to choose: its `conclude` computes them from the evidence, when the receipt is made and
again by whoever checks it, and refuses evidence from which nothing follows. A receipt therefore
says what its evidence shows, to the letter.

`conclude` may look at the evidence of earlier stages while that is intact. Where it is not, the
earlier stage's receipt is false, and the later one says what it could not be compared with: a stage
is never blamed for what another stage's file has become. Nor for what another receipt says: the
facts before a stage are those that follow from the evidence, whatever is written beside it.

Everything is canonical JSON (sorted keys, no spaces, UTF-8): equal claims have equal bytes, and
there is one way to write them.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from aicrypto.commit.hashes import sha256
from aicrypto.commit.untrusted import parse_json

Json = dict[str, Any]
Facts = Mapping[str, Json]
RECEIPTS_FILE = "receipts.json"
FORMAT = "aicrypto.receipts.v1"
MAX_EVIDENCE_BYTES = 200_000_000
KINDS = {"facts": (dict,), "verified": (bool,), "seconds": (int, float)}  # other fields are text


@dataclass(frozen=True)
class Receipt:
    """One stage's claim.

    Attributes:
        claim: one sentence, in words.
        facts: public values that later stages and the chain refer to.
        assumes: what must hold for the check to mean what the claim says.
        file, sha256: evidence file beside the receipts, and its digest in hex.
        verified: the verdict of `verdict` at the time of the run; `reason` says why not, or what
            the claim could not be compared with.
        seconds: time that the stage took; nobody checks it.
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


@dataclass(frozen=True)
class Conclusion:
    """What follows from a stage's evidence."""

    claim: str
    facts: Json


class Inputs:
    """Evidence of earlier stages, read when asked for; remembers what was asked for in vain."""

    def __init__(self, read: Callable[[str], Json | None]) -> None:
        self._read = read
        self.missing: list[str] = []

    def get(self, stage: str) -> Json | None:
        """A stage's evidence, or None if its file is not what was published."""
        evidence = self._read(stage)
        if evidence is None:
            self.missing.append(stage)
        return evidence


@dataclass(frozen=True)
class Stage:
    """One stage of a run.

    Attributes:
        assumes: what its receipt rests on, in words.
        run: the next state of a run, from the present one.
        conclude: claim and facts that follow from evidence, the facts of earlier stages, and their
            evidence as far as it is intact.
        restore: the stage's product, from the state with its receipt and its evidence, for a run
            that goes on after an interruption; None: it goes on by doing this stage again.
    """

    name: str
    assumes: str
    run: Callable[[Any], Any]
    conclude: Callable[[Json, Facts, Inputs], Conclusion]
    restore: Callable[[Any, Json], object] | None = None


class Refused(Exception):
    """Raised where the evidence does not show what it should."""


def demand(holds: bool, reason: str) -> None:
    """Raises `Refused` with the reason unless the condition holds."""
    if not holds:
        raise Refused(reason)


def encode(value: Json) -> bytes:
    """Canonical JSON bytes; ValueError for numbers that JSON cannot write."""
    text = json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
    return text.encode()


def decode(data: bytes) -> Json:
    """The object in canonical JSON bytes.

    Raises:
        Refused: if they are no object, or not its canonical bytes (a key twice, a blank).
        ValueError: if they are no JSON, or nested too deep.
    """
    value = parse_json(data)
    demand(isinstance(value, dict) and encode(value) == data, "evidence is not canonical JSON")
    return dict(value)


@dataclass(frozen=True)
class Finding:
    """What a stage's evidence came to.

    Attributes:
        follows: claim and facts; None if nothing follows, and `reason` says why.
        asked: the earlier stages whose evidence was looked at, each with that evidence's digest;
            None where it was broken.
    """

    follows: Conclusion | None
    reason: str
    asked: Mapping[str, str | None]


@dataclass(frozen=True)
class Memory:
    """Findings, for whoever checks many folders that are nearly alike.

    Nothing reaches `conclude` but the stage's evidence, the facts before it, and the evidence that
    it asks for. So a finding stands for as long as all of these have the digests that they had.
    """

    findings: dict[tuple[str, str, str], list[Finding]] = field(default_factory=dict)


def verdict(
    receipt: Receipt,
    folder: Path,
    earlier: Mapping[str, Receipt],
    stage: Stage,
    memory: Memory | None = None,
) -> tuple[Receipt, Json]:
    """The receipt with a fresh verdict, and the stage's facts for those after it.

    Facts are those that follow from the evidence, or where that is broken, the receipt's own.

    Args:
        receipt: as published.
        folder: where its evidence lies.
        earlier: receipts before it by stage, with the facts that are to be believed.
        stage: what computes claim and facts.
        memory: findings that are not made again.
    """
    data = _published(receipt, folder)
    if data is None:
        reason = f"{receipt.file} is missing or not the file whose digest was published"
        return replace(receipt, verified=False, reason=reason), receipt.facts
    found = _finding(stage, data, earlier, folder, memory or Memory())
    if found.follows is None:
        return replace(receipt, verified=False, reason=found.reason), receipt.facts
    wrong = _difference(receipt, found.follows, stage)
    broken = ", ".join(name for name, digest in found.asked.items() if digest is None)
    unseen = f"not compared with {broken}, whose evidence is broken" if broken else ""
    return replace(receipt, verified=not wrong, reason=wrong or unseen), found.follows.facts


def _difference(receipt: Receipt, follows: Conclusion, stage: Stage) -> str:
    """What a receipt says that does not follow; empty if all of it does."""
    if receipt.claim != follows.claim:
        return f"the evidence shows: {follows.claim}"
    if encode(receipt.facts) != encode(follows.facts):
        return "other facts follow"
    if receipt.assumes != stage.assumes:
        return f"what must be assumed: {stage.assumes}"
    return ""


def _finding(
    stage: Stage, data: bytes, earlier: Mapping[str, Receipt], folder: Path, memory: Memory
) -> Finding:
    """What the evidence comes to, from memory if nothing that it depends on has changed."""
    facts = {name: receipt.facts for name, receipt in earlier.items()}
    key = stage.name, sha256(data).hex(), sha256(encode(facts)).hex()
    known = memory.findings.setdefault(key, [])
    for finding in known:
        if all(_digest(earlier[s], folder) == digest for s, digest in finding.asked.items()):
            return finding
    known.append(_concluded(stage, data, facts, earlier, folder))
    return known[-1]


def _concluded(
    stage: Stage, data: bytes, facts: Facts, earlier: Mapping[str, Receipt], folder: Path
) -> Finding:
    asked: dict[str, str | None] = {}

    def read(name: str) -> Json | None:
        """An earlier stage's evidence, if it is intact; notes what it was."""
        found = intact(earlier[name], folder)
        asked[name] = earlier[name].sha256 if found is not None else None
        return found

    try:
        return Finding(stage.conclude(decode(data), facts, Inputs(read)), "", asked)
    except Refused as refusal:
        return Finding(None, str(refusal), asked)
    except Exception as error:  # whatever malformed evidence provokes is a refusal, too
        return Finding(None, f"malformed evidence: {error!r:.300}", asked)


def _published(receipt: Receipt, folder: Path) -> bytes | None:
    """The file with the receipt's digest; None if there is none."""
    path = folder / receipt.file
    if path.parent != folder or not path.is_file():  # a name with folders in it is not ours to open
        return None
    if path.stat().st_size > MAX_EVIDENCE_BYTES:
        return None
    data = path.read_bytes()
    return data if sha256(data).hex() == receipt.sha256 else None


def _digest(receipt: Receipt, folder: Path) -> str | None:
    return None if _published(receipt, folder) is None else receipt.sha256


def intact(receipt: Receipt, folder: Path) -> Json | None:
    """The evidence of a receipt; None if there is none with the published digest."""
    data = _published(receipt, folder)
    try:
        return None if data is None else decode(data)
    except (Refused, ValueError):
        return None


def write_whole(path: Path, data: bytes) -> None:
    """Writes a file that is there completely or not at all, whenever the process is killed."""
    unfinished = path.with_name(f".{path.name}.tmp")
    unfinished.write_bytes(data)
    unfinished.replace(path)


def save(path: Path, receipts: list[Receipt], run: Json) -> None:
    """Writes the receipts, with what the run was asked to do (which nobody checks)."""
    content = {"format": FORMAT, "run": run, "receipts": [asdict(r) for r in receipts]}
    write_whole(path, (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode())


def load(path: Path) -> tuple[list[Receipt], Json]:
    """Receipts and run description of a receipts file.

    Raises:
        ValueError: naming the file, if it is none.
    """
    try:
        content = parse_json(path.read_bytes())
        if content["format"] != FORMAT:
            raise ValueError(f"format is {content['format']!r}, expected {FORMAT!r}")
        return [_typed(entry) for entry in content["receipts"]], content["run"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path}: not a receipts file: {error!s:.300}") from None


def _typed(entry: Json) -> Receipt:
    """The receipt in a parsed entry; ValueError if a field has another type, or signs to hide."""
    receipt = Receipt(**entry)
    for part in fields(Receipt):
        value = getattr(receipt, part.name)
        if type(value) not in KINDS.get(part.name, (str,)):
            raise ValueError(f"{part.name} is {value!r:.100}")
        if isinstance(value, str) and not value.isprintable():
            raise ValueError(f"{part.name} holds control signs: {value!r:.100}")
    return receipt
