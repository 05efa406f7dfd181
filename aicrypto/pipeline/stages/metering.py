"""The receipts of a crawl as evidence: who is paid for which bytes, and who tried to be paid more.

Anybody can replay them. What a receipt must say follows from the page itself, which lies beside it:
bytes, digest, session. An accepted receipt bears three signatures and continues its node's chain; a
refused one bears the node's signature under a false bill, and convicts whoever signed it.
"""

import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from aicrypto.crawl.metering import Book, Job, Receipt, compare
from aicrypto.crawl.network.delivery import derived_session
from aicrypto.crawl.pages import Fetched
from aicrypto.crawl.signing import is_signed
from aicrypto.pipeline.receipts import Json, demand

MAX_BPS = 10**12  # bits per second: no line here is faster
COPIES = 3  # nodes that are sent for a page
MIN_COPIES = 2  # nodes that must have signed for the same bytes
CONVICTING = ("InflatedBytes", "WrongBytes", "BodyMismatch")


@dataclass(frozen=True)
class Keys:
    """Ed25519 public keys: nodes by name, router, validator."""

    nodes: Mapping[str, bytes]
    router: bytes
    validator: bytes


@dataclass(frozen=True)
class Shown:
    """A receipt as the validator was shown it, and the job that it was for."""

    job: Job
    data: bytes
    signatures: Mapping[str, bytes]


class Recorder(Book):
    """A validator's book that remembers every receipt, also those that it refuses."""

    def __init__(self, max_bps: int) -> None:
        super().__init__(max_bps)
        self.shown: list[Shown] = []

    def accept(self, data: bytes, signatures: Mapping[str, bytes]) -> str:
        """The verdict, as in `Book`."""
        job = self.jobs.get(Receipt.from_bytes(data).session)
        if job is not None:
            self.shown.append(Shown(job, data, dict(signatures)))
        return super().accept(data, signatures)


@dataclass
class Metered:
    """What the receipts show.

    Attributes:
        paid_bytes: payload bytes of accepted receipts by node's name; 0 for who was convicted.
        convicted: node's name -> what its refused receipts were, with how often.
        copies: names of the nodes that signed for an answer's bytes, in the answers' order.
        accepted: those of them whose receipts were accepted.
    """

    paid_bytes: Counter[str] = field(default_factory=Counter)
    convicted: dict[str, Counter[str]] = field(default_factory=dict)
    copies: list[set[str]] = field(default_factory=list)
    accepted: list[set[str]] = field(default_factory=list)

    @property
    def n_false(self) -> int:
        """How many receipts were refused."""
        return sum(verdicts.total() for verdicts in self.convicted.values())


def to_json(shown: Sequence[Shown], answers: Sequence[Fetched], keys: Keys) -> list[Json]:
    """The receipts as evidence: by answer and node, which is the order of every node's chain."""
    names = {key: name for name, key in keys.nodes.items()}
    at = {s: i for i, answer in enumerate(answers) for s in sessions_of(answer)}
    known = [one for one in shown if one.job.session in at]
    known.sort(key=lambda one: (at[one.job.session], names[one.job.node]))
    return [
        {
            "answer": at[one.job.session],
            "node": names[one.job.node],
            "within_ms": [one.job.not_before, one.job.not_after],
            "receipt": one.data.hex(),
            "signatures": {party: signed.hex() for party, signed in one.signatures.items()},
        }
        for one in known
    ]


def replay(receipts: Sequence[Json], answers: Sequence[Fetched], keys: Keys) -> Metered:
    """What the receipts show about these answers.

    Raises:
        Refused: if one of them is neither accepted nor a false bill that its node signed.
    """
    book, metered = Book(MAX_BPS), Metered()
    metered.copies, metered.accepted = [set() for _ in answers], [set() for _ in answers]
    for told in receipts:
        data, at, name = bytes.fromhex(told["receipt"]), told["answer"], told["node"]
        signatures = {party: bytes.fromhex(s) for party, s in told["signatures"].items()}
        receipt, answer = Receipt.from_bytes(data), answers[at]
        demand(receipt.session in sessions_of(answer), "a receipt for a session of another answer")
        job = _job(receipt.session, answer, keys, name, told["within_ms"])
        book.jobs[job.session] = job
        verdict = book.accept(data, signatures)
        if verdict == "ok":
            metered.accepted[at].add(name)
            metered.paid_bytes[name] += receipt.payload_bytes
        else:
            signed = is_signed(job.node, data + b"N", signatures.get("node", b""))
            demand(signed, "a refused receipt that its node did not sign")
            crime = compare(receipt, job)
            demand(crime in CONVICTING, f"a receipt is refused ({verdict}) that is no false bill")
            metered.convicted.setdefault(name, Counter())[crime] += 1
        if receipt.body_sha256 == job.body_sha256:  # a false bill may be for the right page
            metered.copies[at].add(name)
    for name in metered.convicted:
        metered.paid_bytes[name] = 0
    return metered


def sessions_of(answer: Fetched) -> list[bytes]:
    """The sessions under which an answer's copies are paid: its own, and those derived from it."""
    own = answer.session["session"]
    return [uuid.UUID(derived_session(own, number)).bytes for number in range(COPIES)]


def _job(session: bytes, answer: Fetched, keys: Keys, name: str, within_ms: list[int]) -> Job:
    """What a true receipt says: everything but the time follows from the answer."""
    record, (early, late) = answer.session, within_ms
    up, down = len(record["url"].encode()), len(answer.response.body)
    parties = keys.nodes[name], keys.router, keys.validator
    return Job(session, *parties, early, late, up, down, bytes.fromhex(record["body_sha256"]))
