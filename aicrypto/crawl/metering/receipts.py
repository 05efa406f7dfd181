"""Receipts: nobody is paid for bytes that never flowed.

After a page has been delivered, its node writes a receipt of 232 bytes, and all three parties sign
it: the node, the router that metered the traffic, and the validator that asked for the page. Only
a receipt that equals the validator's own record of the job (`Job`) counts. Receipts of one node
form a chain: each has a number and the hash of the one accepted before, so that none can be
reordered, dropped or written twice.

    "grass-receipt-v1" || session16 || node32 || router32 || validator32
    || seq, t_start, t_end, bytes_up, bytes_down (8 bytes each) || body_sha256 || prev32

Times are milliseconds since 1970. Bytes are payload: address and request body up, page body down;
what a node could pad (JSON, headers) is not paid. Format and rules are this course's own: Grass
publishes none.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from aicrypto.commit.hashes import sha256
from aicrypto.crawl.signing import is_signed, sign

LABEL = b"grass-receipt-v1"
SESSION_BYTES, KEY_BYTES, NUMBER_BYTES = 16, 32, 8
WIDTHS = (SESSION_BYTES, *[KEY_BYTES] * 3, *[NUMBER_BYTES] * 5, *[KEY_BYTES] * 2)
RECEIPT_BYTES = len(LABEL) + sum(WIDTHS)  # 232
PARTIES = {"node": b"N", "router": b"R", "validator": b"V"}  # who signs, and the suffix signed
NUMBERS = ("seq", "t_start", "t_end", "bytes_up", "bytes_down")
FIRST_PREV = bytes(32)
OK = "ok"


@dataclass(frozen=True)
class Job:
    """What the validator knows of one delivery; times in ms since 1970, keys of 32 bytes."""

    session: bytes
    node: bytes
    router: bytes
    validator: bytes
    not_before: int
    not_after: int
    bytes_up: int
    bytes_down: int
    body_sha256: bytes


@dataclass(frozen=True)
class Receipt:
    """What the three parties sign; units as in `Job`."""

    session: bytes
    node: bytes
    router: bytes
    validator: bytes
    seq: int
    t_start: int
    t_end: int
    bytes_up: int
    bytes_down: int
    body_sha256: bytes
    prev: bytes

    def to_bytes(self) -> bytes:
        """The 232 bytes; OverflowError if a number is outside 0..2^64-1."""
        numbers = b"".join(getattr(self, name).to_bytes(NUMBER_BYTES, "big") for name in NUMBERS)
        keys = self.session + self.node + self.router + self.validator
        return LABEL + keys + numbers + self.body_sha256 + self.prev

    @classmethod
    def from_bytes(cls, data: bytes) -> "Receipt":
        """The receipt in these bytes.

        Raises:
            ValueError: unless they are 232 and begin with the label.
        """
        if len(data) != RECEIPT_BYTES or not data.startswith(LABEL):
            raise ValueError(f"receipt has {len(data)} bytes, must have 232 after {LABEL!r}")
        fields, start = [], len(LABEL)
        for width in WIDTHS:
            fields.append(data[start : start + width])
            start += width
        session, node, router, validator, *rest, body_sha256, prev = fields
        seq, t_start, t_end, up, down = (int.from_bytes(part, "big") for part in rest)
        parties = (session, node, router, validator)
        return cls(*parties, seq, t_start, t_end, up, down, body_sha256, prev)

    @property
    def payload_bytes(self) -> int:
        """What is paid for: bytes up and down."""
        return self.bytes_up + self.bytes_down


def sign_receipt(receipt: bytes, party: str, seed: bytes) -> bytes:
    """The signature of "node", "router" or "validator": its letter keeps the roles apart."""
    return sign(seed, receipt + PARTIES[party])


def compare(receipt: Receipt, job: Job) -> str:
    """Whether a receipt says what the job says: "ok" or the first difference in times and bytes."""
    if not job.not_before <= receipt.t_start <= receipt.t_end <= job.not_after:
        return "BadTime"
    told, true = (receipt.bytes_up, receipt.bytes_down), (job.bytes_up, job.bytes_down)
    if told != true:
        return "InflatedBytes" if sum(told) > sum(true) else "WrongBytes"
    return OK if receipt.body_sha256 == job.body_sha256 else "BodyMismatch"


@dataclass
class Book:
    """The accepted receipts, and what every node has earned by them.

    Attributes:
        max_bps: a rate in bits per second above which no line here can be.
        jobs: by session.
        accepted: sessions paid for.
        totals: payload bytes by node.
        last: number and hash of each node's last accepted receipt.
    """

    max_bps: int
    jobs: dict[bytes, Job] = field(default_factory=dict)
    accepted: set[bytes] = field(default_factory=set)
    totals: dict[bytes, int] = field(default_factory=lambda: defaultdict(int))
    last: dict[bytes, tuple[int, bytes]] = field(default_factory=dict)

    def add_job(self, job: Job) -> None:
        """Expect a receipt; ValueError if the session is known already."""
        if job.session in self.jobs:
            raise ValueError(f"session {job.session.hex()} has a job already")
        self.jobs[job.session] = job

    def next_link(self, node: bytes) -> tuple[int, bytes]:
        """Number and prev that the node's next receipt must have."""
        seq, digest = self.last.get(node, (0, FIRST_PREV))
        return seq + 1, digest

    def load(self, receipts: Iterable[bytes]) -> None:
        """Take over receipts that were accepted before, in order: their chains and totals."""
        for data in receipts:
            self._enter(Receipt.from_bytes(data), data)

    def forget(self, before_ms: int) -> None:
        """Drops jobs whose time ended before; a receipt for one is then `UnknownSession`."""
        old = [session for session, job in self.jobs.items() if job.not_after < before_ms]
        for session in old:
            del self.jobs[session]
            self.accepted.discard(session)

    def accept(self, data: bytes, signatures: Mapping[str, bytes]) -> str:
        """The verdict over a receipt; "ok" also enters it and pays its node."""
        try:
            receipt = Receipt.from_bytes(data)
        except ValueError:
            return "Malformed"
        verdict = self._judge(receipt, data, signatures)
        if verdict == OK:
            self._enter(receipt, data)
        return verdict

    def _enter(self, receipt: Receipt, data: bytes) -> None:
        self.accepted.add(receipt.session)
        self.last[receipt.node] = (receipt.seq, sha256(data))
        self.totals[receipt.node] += receipt.payload_bytes

    def _judge(self, receipt: Receipt, data: bytes, signatures: Mapping[str, bytes]) -> str:
        job = self.jobs.get(receipt.session)
        if job is None:
            return "UnknownSession"
        return (
            _check_parties(receipt, job)
            or _check_signatures(receipt, data, signatures)
            or self._check_history(receipt)
            or self._check_delivery(receipt, job)
        )

    def _check_history(self, receipt: Receipt) -> str:
        if receipt.session in self.accepted:
            return "Duplicate"
        chained = (receipt.seq, receipt.prev) == self.next_link(receipt.node)
        return "" if chained else "BrokenChain"

    def _check_delivery(self, receipt: Receipt, job: Job) -> str:
        verdict = compare(receipt, job)
        if verdict != OK:
            return verdict
        ms = max(receipt.t_end - receipt.t_start, 1)
        return "ImpossibleRate" if receipt.payload_bytes * 8000 > self.max_bps * ms else OK


def _check_parties(receipt: Receipt, job: Job) -> str:
    """`WrongParty:...` for the first party that is not the job's, else nothing."""
    wrong = (p for p in PARTIES if getattr(receipt, p) != getattr(job, p))
    return next((f"WrongParty:{party}" for party in wrong), "")


def _check_signatures(receipt: Receipt, data: bytes, signatures: Mapping[str, bytes]) -> str:
    """`BadSignature:...` for the first party that has not signed, else nothing."""
    for party, letter in PARTIES.items():
        signature = signatures.get(party, b"")
        if not is_signed(getattr(receipt, party), data + letter, signature):
            return f"BadSignature:{party}"
    return ""
