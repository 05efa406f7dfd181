"""A result on another chain: taken over when it is final there, and never before."""

import dataclasses

import pytest

from aicrypto.commit.hashes import keccak256
from aicrypto.evm import Chain, Contract, Reverted, tries
from aicrypto.evm.tries import AccountProof, Header, header_of, state_root
from aicrypto.oracle import NotFinal, ResultProof, UnknownBlock, prove_result, read_result
from tests.oracle_models import DAY, START, World, weakened, world

OUTPUT = b"the answer"
REFUSALS = (  # of a node that is not the trie's, or of a value that is none
    *(tries.HashMismatch, tries.ProofTooShort, tries.ExtraNodes),
    *(tries.BadNode, tries.BadRlp, tries.BadAccount, tries.BadValue),
)


@pytest.fixture
def source() -> tuple[World, int]:
    w = world()
    number = w.ask(bytes(8))
    w.oracle.contract.invokeCallback(number, OUTPUT, sender=w.who("server"))
    return w, number


@pytest.fixture
def mirror(source) -> Contract:
    chain = Chain(chain_id=2, timestamp=START)
    bridge = chain.account("bridge")
    return chain.deploy("FinalResults", bridge, source[0].oracle.library, sender=bridge)


def taken(mirror: Contract, proof: ResultProof, trusted: bool = True) -> str:
    """What becomes of a proof there: "ok", or the refusal."""
    bridge = mirror.chain.account("bridge")
    if trusted:
        mirror.trust(keccak256(proof.header), sender=bridge)
    try:
        mirror.accept(*proof.arguments, sender=mirror.chain.account("anybody"))
    except Reverted as refused:
        return refused.reason
    return "ok"


def read(proof: ResultProof, w: World) -> bytes:
    return read_result(proof, keccak256(proof.header), w.oracle.library.address)


def test_a_final_result_is_read_without_running_the_model(source, mirror) -> None:
    w, number = source
    w.chain.warp(DAY)
    proof = prove_result(w.oracle.library, number)
    assert read(proof, w) == keccak256(OUTPUT)
    assert taken(mirror, proof) == "ok"
    assert mirror.is_answer(number, OUTPUT)
    assert not mirror.is_answer(number, OUTPUT + b"!")
    assert not mirror.is_answer(number + 1, OUTPUT)


def test_nothing_is_taken_over_before_its_time_is_up(source, mirror) -> None:
    w, number = source
    w.chain.warp(DAY - 1)
    early = prove_result(w.oracle.library, number)
    with pytest.raises(NotFinal, match="is final from"):
        read(early, w)
    assert taken(mirror, early) == "NotFinal"
    missing = prove_result(w.oracle.library, number + 1)
    with pytest.raises(NotFinal, match="no result"):
        read(missing, w)
    assert taken(mirror, missing) == "NoResult"


def test_nothing_is_taken_over_while_it_is_disputed(source, mirror) -> None:
    w, number = source
    library = w.oracle.library
    w.chain.warp(DAY - 1)
    held = (library.address, _slot_of_holds(number))
    w.chain.state.storage[held] = 1  # as the court's `hold` leaves it
    w.chain.warp(1)
    proof = prove_result(library, number)
    with pytest.raises(NotFinal, match="1 open disputes"):
        read(proof, w)
    assert taken(mirror, proof) == "Disputed"


def _slot_of_holds(number: int) -> int:
    from aicrypto.oracle.mirror import slots_of

    return slots_of(number)[2]


def test_only_blocks_that_the_bridge_vouches_for_count(source, mirror) -> None:
    w, number = source
    w.chain.warp(DAY)
    proof = prove_result(w.oracle.library, number)
    assert taken(mirror, proof, trusted=False) == "UnknownBlock"
    with pytest.raises(UnknownBlock):
        read_result(proof, bytes(32), w.oracle.library.address)
    with pytest.raises(Reverted, match="NotBridge"):
        mirror.trust(bytes(32), sender=mirror.chain.account("anybody"))


def test_proofs_of_something_else_are_refused_by_both(source, mirror) -> None:
    w, number = source
    second = w.ask(bytes(8))
    w.oracle.contract.invokeCallback(second, b"another", sender=w.who("server"))
    w.chain.warp(DAY)
    proof, other = (prove_result(w.oracle.library, n) for n in (number, second))
    storage = proof.account.storage
    forgeries = {
        "another request's result": [other.account.storage[0], *storage[1:]],
        "another request's deadline": [storage[0], other.account.storage[1], storage[2]],
        "results in another order": [storage[1], storage[0], storage[2]],
        "absence of something else": [*storage[:2], (storage[2][0], storage[0][1])],
        "nothing": [(slot, ()) for slot, _ in storage],
    }
    for name, nodes in forgeries.items():
        slots = zip(storage, nodes, strict=True)  # the slots of the right ones, others' nodes
        account = dataclasses.replace(
            proof.account, storage=tuple((slot, found) for (slot, _), (_, found) in slots)
        )
        forged = dataclasses.replace(proof, account=account)
        with pytest.raises(REFUSALS):
            read(forged, w)
        assert taken(mirror, forged) != "ok", name
    assert not mirror.is_answer(number, b"another")


def test_another_contracts_storage_is_not_the_librarys(source, mirror) -> None:
    w, number = source
    owner = w.who("eve")
    fake = w.chain.deploy("ResultLibrary", 0, sender=owner)
    fake.connect(owner, sender=owner)
    for _ in range(number):
        request = fake.open(1, bytes(32), sender=owner)
    fake.upload(request, keccak256(b"invented"), sender=owner)
    w.chain.warp(DAY)
    forged = prove_result(fake, request)
    with pytest.raises(ValueError, match="not of the result"):
        read(forged, w)
    posing = AccountProof(w.oracle.library.address, forged.account.account, forged.account.storage)
    with pytest.raises(REFUSALS):
        read(dataclasses.replace(forged, account=posing), w)
    assert taken(mirror, forged) != "ok"


def test_every_flipped_byte_of_a_proof_is_refused(source, mirror) -> None:
    w, number = source
    w.chain.warp(DAY)
    proof = prove_result(w.oracle.library, number)
    trusted = keccak256(proof.header)
    for place in range(0, len(proof.header), 37):
        header = bytearray(proof.header)
        header[place] ^= 1
        with pytest.raises(UnknownBlock):
            read_result(
                dataclasses.replace(proof, header=bytes(header)), trusted, w.oracle.library.address
            )
    for number, nodes in enumerate(proof.account.storage):
        for place in range(0, len(nodes[1][-1]), 5):
            node = bytearray(nodes[1][-1])
            node[place] ^= 1
            changed = (nodes[0], (*nodes[1][:-1], bytes(node)))
            storage = (
                *proof.account.storage[:number],
                changed,
                *proof.account.storage[number + 1 :],
            )
            account = dataclasses.replace(proof.account, storage=storage)
            forged = dataclasses.replace(proof, account=account)
            with pytest.raises(REFUSALS):
                read(forged, w)
            assert taken(mirror, forged) != "ok"


def test_a_mirror_that_forgets_the_deadline_keeps_what_fell_at_home(source) -> None:
    w, number = source
    chain = Chain(chain_id=3, timestamp=START)
    bridge = chain.account("bridge")
    weak = weakened(
        "FinalResults",
        ('    assert timestamp >= StorageProof._number(exists, leaf), "NotFinal"\n', ""),
    )
    forgetful = chain.deploy(weak, bridge, w.oracle.library, sender=bridge)
    assert taken(forgetful, prove_result(w.oracle.library, number)) == "ok"
    assert forgetful.is_answer(number, OUTPUT)  # a minute old, and anybody may still overturn it


def test_python_and_contract_read_the_same_header() -> None:
    chain = Chain()
    reader = chain.deploy("StorageProof", sender=chain.account("anybody"))
    header = header_of(chain)
    shown = reader.header_of(header.data)
    assert shown == (header.hash, header.state_root, header.number, header.timestamp)
    assert header.state_root == state_root(chain.state)
    with pytest.raises(Reverted, match="BadRlp"):
        reader.header_of(header.data + b"\0")
    assert Header.from_bytes(header.data).hash == header.hash
