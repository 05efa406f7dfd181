"""Receipts: what a stage claims, and the bytes that let a stranger check it.

A receipt names one file of *evidence*, whose digest is part of the receipt. Claim and facts are not
the stage's to choose: its `conclude` computes them from the evidence, when the receipt is made and
again by whoever checks it, and refuses evidence from which nothing follows. A receipt therefore
says what its evidence shows, to the letter.

`conclude` may look at the evidence of earlier stages while that is intact. Where it is not, the
earlier stage's receipt is false, and the later one says what it could not be compared with: a stage
is never blamed for what another stage's file has become.

Everything is canonical JSON (sorted keys, no spaces, UTF-8): equal claims have equal bytes, and
there is one way to write them.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields, replace
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
    """

    name: str
    assumes: str
    run: Callable[[Any], Any]
    conclude: Callable[[Json, Facts, Inputs], Conclusion]


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


def verdict(receipt: Receipt, folder: Path, earlier: list[Receipt], stage: Stage) -> Receipt:
    """The receipt with a fresh verdict: digest of its evidence, then all that follows from it."""
    try:
        before = {r.stage: r for r in earlier}
        inputs = Inputs(lambda stage: _intact(before[stage], folder))
        evidence = _intact(receipt, folder)
        if evidence is None:
            raise Refused(f"{receipt.file} is missing or not the file whose digest was published")
        follows = stage.conclude(evidence, {r.stage: r.facts for r in earlier}, inputs)
        demand(receipt.claim == follows.claim, f"the evidence shows: {follows.claim}")
        demand(encode(receipt.facts) == encode(follows.facts), "other facts follow")
        demand(receipt.assumes == stage.assumes, f"what must be assumed: {stage.assumes}")
    except Refused as refusal:
        return replace(receipt, verified=False, reason=str(refusal))
    except Exception as error:  # whatever malformed evidence provokes is a refusal, too
        return replace(receipt, verified=False, reason=f"malformed evidence: {error!r:.300}")
    broken = ", ".join(dict.fromkeys(inputs.missing))
    reason = f"not compared with {broken}, whose evidence is broken" if broken else ""
    return replace(receipt, verified=True, reason=reason)


def _intact(receipt: Receipt, folder: Path) -> Json | None:
    """The evidence of a receipt; None if there is none with the published digest."""
    path = folder / receipt.file
    if path.parent != folder or not path.is_file():  # a name with folders in it is not ours to open
        return None
    if path.stat().st_size > MAX_EVIDENCE_BYTES:
        return None
    data = path.read_bytes()
    try:
        return decode(data) if sha256(data).hex() == receipt.sha256 else None
    except (Refused, ValueError):
        return None


def save(path: Path, receipts: list[Receipt], run: Json) -> None:
    """Writes the receipts, with what the run was asked to do (which nobody checks)."""
    content = {"format": FORMAT, "run": run, "receipts": [asdict(r) for r in receipts]}
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n")


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
    for field in fields(Receipt):
        value = getattr(receipt, field.name)
        if type(value) not in KINDS.get(field.name, (str,)):
            raise ValueError(f"{field.name} is {value!r:.100}")
        if isinstance(value, str) and not value.isprintable():
            raise ValueError(f"{field.name} holds control signs: {value!r:.100}")
    return receipt
