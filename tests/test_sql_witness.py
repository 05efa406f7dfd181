"""Who vouches for a commitment: quorums, signatures, trees, and the attacks on each."""

import random

import pytest

from aicrypto.commit import openzeppelin
from aicrypto.commit.bls import threshold as bls
from aicrypto.commit.hashes import keccak256
from aicrypto.evm import Chain
from aicrypto.sql.exact import commit_table
from aicrypto.sql.exact.format.results import TableCommitment
from aicrypto.sql.queries import answer_of, prove_query, verify_query
from aicrypto.sql.table import Table, TableNotFound
from aicrypto.sql.types import BIGINT
from aicrypto.sql.witness import (
    Attestation,
    AttestationLog,
    CommitmentChain,
    Quorum,
    Signature,
    attestation,
    check_attested,
    committee,
    enough_signed,
    message,
    tree,
)
from aicrypto.sql.witness.quorum import AlreadySubmitted, LateBatch
from aicrypto.sql.witness.recovery import N, ecrecover, message_digest, recover
from aicrypto.sql.witness.tables import WrongBatch

CHAIN = Chain()
SIGNERS = sorted((CHAIN.account(f"attestor {i}") for i in range(5)), key=lambda a: a.address)
ADDRESSES = [signer.address for signer in SIGNERS]
ROOT, BLOCK = bytes(range(32)), 1234
T1 = Table.of(a=(BIGINT, [1, 2]), b=(BIGINT, [3, 4]))
T2 = Table.of(a=(BIGINT, [5]), b=(BIGINT, [6]))


def signed(indices: list[int], root: bytes = ROOT, block: int = BLOCK) -> list[Signature]:
    return [Signature.from_bytes(SIGNERS[i].sign(message(root, block))) for i in indices]


def test_recovery_finds_the_signer_and_nobody_else() -> None:
    text = b"hello"
    made = Signature.from_bytes(SIGNERS[0].sign(text))
    digest = message_digest(text)
    assert ecrecover(digest, made) == ADDRESSES[0]
    high_s = Signature(made.r, N - made.s, 27 + 28 - made.v)
    assert ecrecover(digest, high_s) == ADDRESSES[0]
    assert ecrecover(message_digest(b"hellp"), made) != ADDRESSES[0]
    for wrong in (Signature(made.r, made.s, 26), Signature(0, 1, 27), Signature(N, 1, 27)):
        assert ecrecover(digest, wrong) == "0x" + "00" * 20


@pytest.mark.parametrize(
    ("signature", "name"),
    [
        (Signature(1, 1, 4), "InvalidRecoveryIdError"),
        (Signature(0, 1, 0), "SignatureRecoveryError"),
        (Signature(1, N, 0), "SignatureRecoveryError"),
        (Signature(5, 1, 0), "KeyRecoveryError"),
        (Signature(N - 1, 1, 2), "KeyRecoveryError"),
    ],
)
def test_no_key_fits(signature: Signature, name: str) -> None:
    with pytest.raises(ValueError, match=r".+") as refusal:
        recover(bytes(32), signature)
    assert type(refusal.value).__name__ == name


def test_k_of_n_counts_distinct_attestors_in_order() -> None:
    assert enough_signed(ADDRESSES, 3, ROOT, BLOCK, signed([0, 2, 4]))
    assert enough_signed(ADDRESSES, 3, ROOT, BLOCK, signed([0, 1, 2, 3]))
    assert not enough_signed(ADDRESSES, 3, ROOT, BLOCK, signed([0, 2]))
    assert not enough_signed(ADDRESSES, 3, ROOT, BLOCK, signed([4, 2, 0]))  # liveness lost
    assert not enough_signed(ADDRESSES, 3, ROOT, BLOCK + 1, signed([0, 2, 4]))


def test_a_signature_three_times_passes_where_signatures_are_only_counted() -> None:
    """The audited fault (Pashov 2025-03-31, C-01): membership without distinctness."""
    copies = signed([1, 1, 1])
    digest = message_digest(message(ROOT, BLOCK))
    naive = sum(ecrecover(digest, signature) in ADDRESSES for signature in copies)
    assert naive >= 3
    assert not enough_signed(ADDRESSES, 3, ROOT, BLOCK, copies)


def test_a_node_passes_as_a_leaf_where_leaves_are_hashed_once() -> None:
    leaves = [tree.leaf_bytes(f"N.T{i}", 0, bytes([i])) for i in range(4)]
    once = openzeppelin.build([keccak256(leaf) for leaf in leaves])
    position = next(i for i in range(3, 7) if i % 2 == 1)
    children = sorted(once.nodes[position : position + 2])
    node, path = b"".join(children), [once.nodes[2]]
    assert openzeppelin.verify(keccak256(node), path, once.root)  # 64 bytes nobody committed to
    built = tree.build(leaves)
    node = b"".join(sorted(built.nodes.nodes[position : position + 2]))
    assert not tree.verify(node, [built.nodes.nodes[2]], built.root)
    assert all(tree.verify(leaf, built.prove(i), built.root) for i, leaf in enumerate(leaves))


# The chain of commitments


@pytest.fixture
def chain() -> CommitmentChain:
    made = CommitmentChain(quorum_size=1)
    made.create("N.T", T1.schema)
    made.create("N.U", T2.schema)
    return made


def test_inserts_grow_a_commitment_nobody_needs_data_for(chain: CommitmentChain) -> None:
    for batch, rows in enumerate((T1, T2)):
        assert chain.submit("a", "N.T", batch, rows) is None
        decision = chain.submit("b", "N.T", batch, rows)
        assert decision is not None
        assert decision.agreements == ("a", "b")
    whole = Table.of(a=(BIGINT, [1, 2, 5]), b=(BIGINT, [3, 4, 6]))
    assert chain.commitment("N.T") == commit_table(whole)
    answer = answer_of(prove_query("SELECT b FROM N.T WHERE a > 1", {"N.T": whole}))
    assert verify_query("SELECT b FROM N.T WHERE a > 1", chain.tables, answer)


def test_one_indexer_cannot_change_a_table(chain: CommitmentChain) -> None:
    chain.submit("liar", "N.T", 0, T2)
    chain.submit("a", "N.T", 0, T1)
    decision = chain.submit("b", "N.T", 0, T1)
    assert decision is not None
    assert decision.dissents == ("liar",)
    assert chain.commitment("N.T") == commit_table(T1)


def test_batches_out_of_turn_are_refused(chain: CommitmentChain) -> None:
    with pytest.raises(WrongBatch, match="the next is 0"):
        chain.submit("a", "N.T", 1, T1)
    with pytest.raises(WrongBatch, match="columns"):
        chain.submit("a", "N.T", 0, Table.of(a=(BIGINT, [1])))
    with pytest.raises(TableNotFound, match="did you mean"):
        chain.submit("a", "N.TT", 0, T1)
    chain.submit("a", "N.T", 0, T1)
    with pytest.raises(AlreadySubmitted):
        chain.submit("a", "N.T", 0, T1)
    chain.submit("b", "N.T", 0, T1)
    with pytest.raises(LateBatch):
        chain.submit("c", "N.T", 0, T1)


def attested(chain: CommitmentChain, who: list[int], block: int = BLOCK) -> list[Attestation]:
    root = chain.state_root()
    signatures = signed(who, root, block)
    return [
        Attestation(ADDRESSES[i], root, Signature(s.r, s.s, s.v - 27))
        for i, s in zip(who, signatures, strict=True)
    ]


def test_a_client_believes_what_all_its_attestors_signed(chain: CommitmentChain) -> None:
    for who in ("a", "b"):
        chain.submit(who, "N.T", 0, T1)
    tables = {"N.T": chain.open("N.T")}
    words = attested(chain, [0, 1])
    check_attested(ADDRESSES[:2], tree.HYPER_KZG, BLOCK, words, tables)
    assert TableCommitment.from_bytes(tables["N.T"].commitment).n_rows == 2
    with pytest.raises(attestation.MissingAttestor):
        check_attested(ADDRESSES[:3], tree.HYPER_KZG, BLOCK, words, tables)
    with pytest.raises(attestation.InvalidPublicKeyRecovered):
        check_attested(ADDRESSES[:2], tree.HYPER_KZG, BLOCK + 1, words, tables)
    for who in ("a", "b"):
        chain.submit(who, "N.T", 1, T2)
    with pytest.raises(attestation.FailureToVerifyMerkleProof):
        check_attested(ADDRESSES[:2], tree.HYPER_KZG, BLOCK, words, {"N.T": chain.open("N.T")})


@pytest.mark.parametrize("n_bytes", [0, 64, 66])
def test_a_signature_has_65_bytes(n_bytes: int) -> None:
    with pytest.raises(ValueError, match=f"has 65 bytes, got {n_bytes}"):
        Signature.from_bytes(bytes(n_bytes))


def test_the_log_takes_one_word_of_each_on_past_blocks(chain: CommitmentChain) -> None:
    log, [word] = AttestationLog(), attested(chain, [0])
    with pytest.raises(attestation.CannotAttestCurrentBlock):
        log.record(BLOCK, BLOCK, word)
    with pytest.raises(attestation.CannotAttestFutureBlock):
        log.record(BLOCK - 1, BLOCK, word)
    log.record(BLOCK + 1, BLOCK, word)
    with pytest.raises(attestation.AttestationAlreadyRecordedError):
        log.record(BLOCK + 1, BLOCK, word)
    shouted = Attestation("0x" + word.address[2:].upper(), word.state_root, word.signature)
    assert shouted.address != word.address.lower()
    with pytest.raises(attestation.AttestationAlreadyRecordedError):
        log.record(BLOCK + 1, BLOCK, shouted)
    stranger = Attestation(ADDRESSES[1], word.state_root, word.signature)
    with pytest.raises(attestation.InvalidPublicKeyRecovered):
        log.record(BLOCK + 1, BLOCK, stranger)


def test_a_hash_has_32_submitters_at_most() -> None:
    quorum = Quorum(size=100)
    for i in range(32):
        quorum.submit(f"i{i}", "h")
    with pytest.raises(AlreadySubmitted):
        quorum.submit("i32", "h")
    assert quorum.submit("i32", "other") is None


# One signature for the group


def test_a_committee_signs_once_whoever_is_there() -> None:
    rng = random.Random(7)
    dealing = bls.deal(bls.random_polynomial(123, 3, rng.randrange), [1, 2, 3, 4, 5])
    public = committee.committee_of(dealing)
    shares = dict(zip(dealing.ids, dealing.shares, strict=True))

    def combined(members: tuple[int, ...]) -> bytes:
        parts = {i: committee.attest(shares[i], ROOT, BLOCK) for i in members}
        return committee.combine(public, parts, ROOT, BLOCK)

    signature = combined((1, 2, 3))
    assert signature == combined((2, 4, 5))
    assert committee.attested(public, ROOT, BLOCK, signature)
    assert not committee.attested(public, ROOT, BLOCK + 1, signature)
    with pytest.raises(ValueError, match="2 parts are too few"):
        combined((1, 2))
    parts = {i: committee.attest(shares[i], ROOT, BLOCK + (i == 2)) for i in (1, 2, 3)}
    with pytest.raises(ValueError, match=r"parts of members \[2\] are wrong"):
        committee.combine(public, parts, ROOT, BLOCK)
