"""Sealed records, openings, receipts, consensus: what is refused, what a weaker copy lets by."""

from dataclasses import dataclass, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aicrypto.commit.hashes import sha256
from aicrypto.crawl.ledger import IndexOutOfRange
from aicrypto.crawl.metering import (
    BadMac,
    BadRecord,
    Book,
    Copy,
    Job,
    NoContentType,
    OpenedChunk,
    Receipt,
    RecordTooLarge,
    commit_transcript,
    decide,
    open_record,
    open_stream,
    open_transcript,
    seal_record,
    seal_stream,
    sign_receipt,
    verify_opening,
)
from aicrypto.crawl.metering.receipts import FIRST_PREV
from aicrypto.crawl.signing import public_key

CHACHA, AES = ("chacha20-poly1305", bytes(range(32))), ("aes-128-gcm", bytes(range(16)))
IV = bytes(range(12))
SEEDS = {party: sha256(party.encode()) for party in ("node", "router", "validator")}
KEYS = {party: public_key(seed) for party, seed in SEEDS.items()}
FAST = 10**12

# Sealed records


@pytest.mark.parametrize(("cipher", "key"), [CHACHA, AES])
@given(data=st.binary(max_size=300), seq=st.integers(0, 2**64 - 1), pad=st.integers(0, 40))
def test_a_record_opens_to_what_was_sealed(cipher, key, data, seq, pad):
    record = seal_record(cipher, key, IV, seq, data, pad=pad)
    assert len(record) == 22 + len(data) + pad
    assert open_record(cipher, key, IV, seq, record) == (23, data)


def test_an_independent_implementation_opens_our_records():
    from Crypto.Cipher import ChaCha20_Poly1305

    record = seal_record(*CHACHA, IV, 5, b"hello", pad=3)
    nonce = bytes(a ^ b for a, b in zip(IV, (5).to_bytes(12, "big"), strict=True))
    cipher = ChaCha20_Poly1305.new(key=CHACHA[1], nonce=nonce)
    cipher.update(record[:5])
    assert cipher.decrypt_and_verify(record[5:-16], record[-16:]) == b"hello\x17\0\0\0"


@pytest.mark.parametrize(("cipher", "key"), [CHACHA, AES])
def test_no_byte_of_a_record_can_be_changed(cipher, key):
    record = seal_record(cipher, key, IV, 1, b"twenty bytes of data")
    for position in range(len(record)):
        changed = bytearray(record)
        changed[position] ^= 1
        with pytest.raises((BadRecord, BadMac)):
            open_record(cipher, key, IV, 1, bytes(changed))
    for wrong in (record[:-1], record + b"\0", b"", record[:21]):
        with pytest.raises(BadRecord):
            open_record(cipher, key, IV, 1, wrong)
    with pytest.raises(BadMac):  # moved to another place
        open_record(cipher, key, IV, 2, record)


def test_the_limits_of_a_record():
    assert len(seal_record(*CHACHA, IV, 0, bytes(16384))) == 16406
    for data, pad in ((bytes(16385), 0), (bytes(16384), 1)):
        with pytest.raises(RecordTooLarge):
            seal_record(*CHACHA, IV, 0, data, pad=pad)
    with pytest.raises(BadRecord):
        open_record(*CHACHA, IV, 0, b"\x17\x03\x03\x41\x01" + bytes(16641))
    for change in ({"pad": -1}, {"content_type": 0}, {"content_type": 256}):
        with pytest.raises(ValueError, match="content_type"):
            seal_record(*CHACHA, IV, 0, b"", **change)
    for arguments in (("rot13", bytes(32), IV, 0), (*CHACHA, b"", 0), (*CHACHA, IV, -1)):
        with pytest.raises(ValueError, match="must be"):
            seal_record(*arguments, b"")
    with pytest.raises(ValueError, match="key has 32 bytes"):
        seal_record("aes-128-gcm", bytes(32), IV, 0, b"")


def test_a_record_of_zeros_has_no_type():
    from Crypto.Cipher import ChaCha20_Poly1305

    cipher = ChaCha20_Poly1305.new(key=CHACHA[1], nonce=IV)
    header = b"\x17\x03\x03\x00\x15"
    cipher.update(header)
    sealed, tag = cipher.encrypt_and_digest(bytes(5))
    with pytest.raises(NoContentType):
        open_record(*CHACHA, IV, 0, header + sealed + tag)


@given(st.sampled_from([0, 1, 16384, 16385, 40_000]))
@settings(max_examples=5)
def test_a_stream_of_records(length):
    stream = seal_stream(*CHACHA, IV, bytes(length))
    assert open_stream(*CHACHA, IV, stream) == bytes(length)
    if length > 16384:
        first = stream[:16406]
        with pytest.raises(BadMac):  # the first record left out
            open_stream(*CHACHA, IV, stream[16406:])
        with pytest.raises(BadMac):  # or sent twice
            open_stream(*CHACHA, IV, first + first)
    alert = seal_record(*CHACHA, IV, 0, b"\1\0", content_type=21)
    with pytest.raises(BadRecord, match="type 21"):
        open_stream(*CHACHA, IV, alert)


# Openings


@given(st.binary(min_size=1, max_size=200), st.integers(1, 40), st.data())
def test_what_is_opened_is_what_was_committed(transcript, chunk, data):
    root = commit_transcript(transcript, bytes(32), chunk)
    n_chunks = -(-len(transcript) // chunk)
    indices = data.draw(st.lists(st.integers(0, n_chunks - 1), max_size=4))
    opening = open_transcript(transcript, bytes(32), chunk, indices)
    assert verify_opening(root, opening)
    shown = [transcript[i * chunk : (i + 1) * chunk] for i in indices]
    assert [c.data for c in opening.opened] == shown


def test_no_part_of_an_opening_can_be_changed():
    root = commit_transcript(b"a page and its secret cookie", bytes(32), 8)
    opening = open_transcript(b"a page and its secret cookie", bytes(32), 8, [0, 1])
    [first, second] = opening.opened
    changes = [
        {"index": 1}, {"index": 4}, {"salt": bytes(16)}, {"data": b"a cage a"}, {"path": ()},
        {"path": first.path[::-1]}, {"path": (*first.path, root)},
        {"salt": first.salt + first.data[:1], "data": first.data[1:]},  # a byte moved
        {"salt": first.salt[:-1], "data": first.salt[-1:] + first.data},
    ]  # fmt: skip
    for change in changes:
        assert not verify_opening(root, replace(opening, opened=(replace(first, **change), second)))
    for size in (0, 1, 2, 100):
        assert not verify_opening(root, replace(opening, size=size))
    assert not verify_opening(bytes(32), opening)


def test_without_a_fixed_salt_bytes_move():
    """The weak copy: it hashes whatever salt it is given."""
    from aicrypto.commit import merkle

    root = commit_transcript(b"pay 100 to Bob", bytes(32), 32)
    [chunk] = open_transcript(b"pay 100 to Bob", bytes(32), 32, [0]).opened
    moved = OpenedChunk(0, chunk.salt + b"pay 1", b"00 to Bob", chunk.path)
    assert merkle.verify_inclusion(moved.salt + moved.data, 0, 1, moved.path, root)
    opening = open_transcript(b"pay 100 to Bob", bytes(32), 32, [0])
    assert not verify_opening(root, replace(opening, opened=(moved,)))


def test_what_cannot_be_opened_is_named():
    for index in (-1, 1):
        with pytest.raises(IndexOutOfRange, match=f"index is {index}"):
            open_transcript(b"abc", bytes(32), 3, [index])
    with pytest.raises(ValueError, match="chunk_bytes is 0"):
        commit_transcript(b"abc", bytes(32), 0)


# Receipts


@dataclass
class Desk:
    """A book with one job per session, and a node that writes receipts for them."""

    book: Book
    n: int = 0

    def job(self, **changes):
        self.n += 1
        job = Job(bytes([self.n]) * 16, *KEYS.values(), 1000, 2000, 30, 500, sha256(b"page"))
        self.book.add_job(replace(job, **changes))
        return self.book.jobs[job.session]

    def receipt(self, job, **changes):
        seq, prev = self.book.next_link(job.node)
        receipt = Receipt(
            job.session, job.node, job.router, job.validator, seq, 1200, 1300,
            job.bytes_up, job.bytes_down, job.body_sha256, prev,
        )  # fmt: skip
        return replace(receipt, **changes)


@pytest.fixture
def desk():
    return Desk(Book(FAST))


def signed(data, **seeds):
    return {p: sign_receipt(data, p, seed) for p, seed in {**SEEDS, **seeds}.items()}


def verdict(desk, receipt, **seeds):
    data = receipt.to_bytes()
    return desk.book.accept(data, signed(data, **seeds))


def test_honest_receipts_are_paid(desk):
    for _ in range(5):
        assert verdict(desk, desk.receipt(desk.job())) == "ok"
    assert desk.book.totals == {KEYS["node"]: 5 * 530}
    assert len(desk.receipt(desk.job()).to_bytes()) == 232


ATTACKS = [
    ({"session": b"?" * 16}, "UnknownSession"),
    ({"node": KEYS["router"]}, "WrongParty:node"),
    ({"router": KEYS["node"]}, "WrongParty:router"),
    ({"validator": KEYS["node"]}, "WrongParty:validator"),
    ({"seq": 2}, "BrokenChain"),
    ({"prev": b"?" * 32}, "BrokenChain"),
    ({"t_start": 999}, "BadTime"),
    ({"t_end": 2001}, "BadTime"),
    ({"t_start": 1400}, "BadTime"),
    ({"bytes_down": 501}, "InflatedBytes"),
    ({"bytes_up": 31}, "InflatedBytes"),
    ({"bytes_down": 499}, "WrongBytes"),
    ({"bytes_up": 31, "bytes_down": 499}, "WrongBytes"),
    ({"body_sha256": sha256(b"another")}, "BodyMismatch"),
]


@pytest.mark.parametrize(("change", "expected"), ATTACKS)
def test_every_false_receipt_is_named_and_unpaid(desk, change, expected):
    receipt = desk.receipt(desk.job())
    assert verdict(desk, replace(receipt, **change)) == expected
    assert not desk.book.totals
    assert verdict(desk, receipt) == "ok"  # the true one still counts


@pytest.mark.parametrize("party", SEEDS)
def test_every_signature_counts(desk, party):
    receipt = desk.receipt(desk.job())
    assert verdict(desk, receipt, **{party: bytes(32)}) == f"BadSignature:{party}"
    data = receipt.to_bytes()
    others = {p: s for p, s in signed(data).items() if p != party}
    assert desk.book.accept(data, others) == f"BadSignature:{party}"
    mixed = {**others, party: signed(data)[next(iter(others))]}  # another role's letter
    assert desk.book.accept(data, mixed) == f"BadSignature:{party}"
    assert not desk.book.totals


def test_no_bit_of_a_receipt_can_be_flipped(desk):
    data = desk.receipt(desk.job()).to_bytes()
    signatures = signed(data)
    for position in range(len(data)):
        changed = bytearray(data)
        changed[position] ^= 1 << position % 8
        assert desk.book.accept(bytes(changed), signatures) != "ok"
    for wrong in (b"", data[:-1], data + b"\0"):
        assert desk.book.accept(wrong, signatures) == "Malformed"
    assert desk.book.accept(data, signatures) == "ok"
    assert desk.book.accept(data, signatures) == "Duplicate"


def test_a_history_cannot_be_reordered_or_forked(desk):
    first, second = desk.job(), desk.job()
    early, rival = desk.receipt(first), desk.receipt(second)
    assert verdict(desk, early) == "ok"
    assert verdict(desk, rival) == "BrokenChain"  # says that it was the first as well
    assert verdict(desk, desk.receipt(second)) == "ok"


def test_impossible_rates():
    desk = Desk(Book(max_bps=42_400))  # exactly 530 bytes in 100 ms
    job = desk.job()
    assert verdict(desk, desk.receipt(job, t_end=1299)) == "ImpossibleRate"
    assert verdict(desk, desk.receipt(job)) == "ok"


def test_without_the_counter_signature_a_node_bills_what_it_likes(desk):
    """The weak meter pays whoever signs for himself."""
    from aicrypto.crawl.signing import is_signed

    receipt = desk.receipt(desk.job(), bytes_down=10**9)
    data = receipt.to_bytes()
    own = sign_receipt(data, "node", SEEDS["node"])
    assert is_signed(receipt.node, data + b"N", own)  # all that the weak meter asks
    assert desk.book.accept(data, {"node": own}) == "BadSignature:router"
    assert verdict(desk, receipt) == "InflatedBytes"  # even if all three sign: the count decides


def test_old_jobs_are_forgotten_and_stay_unpaid_twice(desk):
    receipt = desk.receipt(desk.job())
    assert verdict(desk, receipt) == "ok"
    desk.book.forget(before_ms=2000)
    assert desk.book.jobs
    desk.book.forget(before_ms=2001)
    assert not desk.book.jobs
    assert verdict(desk, receipt) == "UnknownSession"
    assert desk.book.totals == {KEYS["node"]: 530}
    assert desk.book.next_link(KEYS["node"])[0] == 2
    assert Desk(desk.book).receipt(desk.job(), prev=FIRST_PREV).prev == FIRST_PREV
    with pytest.raises(ValueError, match="has a job already"):
        desk.book.add_job(next(iter(desk.book.jobs.values())))


# Consensus


def copies(*bodies, block="10.0.{}.1"):
    return [Copy(f"n{i}", block.format(i), body) for i, body in enumerate(bodies)]


def test_the_majority_of_places_decides():
    verdict = decide(copies(b"a", b"b", b"a", None), min_votes=3)
    assert (verdict.status, verdict.accepted, verdict.dissenters) == ("ok", b"a", ("n1",))
    assert decide(copies(b"a", b"b"), 2).status == "no_majority"
    assert decide(copies(b"a", None), 2).status == "too_few"
    assert decide([], 0).status == "no_majority"


def test_a_farm_outvotes_nobody():
    """Counted per node, five accounts of one hand win; counted per block they are one voice."""
    honest = [Copy("a", "10.0.1.1", b"true"), Copy("b", "10.0.2.1", b"true")]
    farm = [Copy(f"f{i}", f"10.9.9.{i}", b"false") for i in range(5)]
    naive = [replace(c, ip=f"10.{i}.0.1") for i, c in enumerate(farm)]
    assert decide([*naive, *honest], 2).accepted == b"false"
    verdict = decide([*farm, *honest], 2)
    assert verdict.accepted == b"true"
    assert verdict.dissenters == ("f0", "f1", "f2", "f3", "f4")
