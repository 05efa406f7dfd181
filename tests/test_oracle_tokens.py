"""ERC-7007 tokens: interface ids, proofs, front-running, and content that a dispute corrects."""

import pytest
from eth_abi import encode
from hypothesis import given
from hypothesis import strategies as st

from aicrypto.commit.hashes import keccak256
from aicrypto.evm import Chain, Contract, Reverted, compile_source
from aicrypto.oracle import (
    ProvenModel,
    deploy_optimistic_token,
    deploy_oracle,
    deploy_proven_token,
    interface_id,
    public_inputs,
    token_id,
    token_uri,
)
from aicrypto.oracle.identifiers import ERC7007, ERC7007_ENUMERABLE, ERC7007_UPDATABLE
from aicrypto.zkml.onchain import calldata, clear
from tests.oracle_models import DAY, FEE, START, random_network, weakened

URI = b'"name": "n"'
HASH_VERIFIER = """
@external
@pure
def verifyProof(proof: Bytes[16384], publicInputs: Bytes[1024]) -> bool:
    return len(proof) == 32 and convert(slice(proof, 0, 32), bytes32) == keccak256(publicInputs)
"""
PROOF_TYPE = "(bytes,bytes,bytes,bytes,bytes,uint256[],(uint256,uint256,uint256,uint256))"


def refusal(call, *arguments, **settings) -> str:
    with pytest.raises(Reverted) as caught:
        call(*arguments, **settings)
    return caught.value.reason


@pytest.fixture
def chain() -> Chain:
    return Chain(timestamp=START)


def hashed_token(chain: Chain, **settings) -> Contract:
    owner = chain.account("owner")
    verifier = chain.deploy(compile_source(HASH_VERIFIER, "HashVerifier"), sender=owner)
    return deploy_proven_token(chain, owner, verifier, **settings)


# Interfaces


def test_both_variants_keep_what_they_say(chain: Chain) -> None:
    owner = chain.account("owner")
    for is_enumerable in (False, True):
        proven = hashed_token(chain, is_enumerable=is_enumerable)
        optimistic, _ = deploy_optimistic_token(chain, owner, 1, DAY, is_enumerable)
        for token, is_updatable in ((proven, False), (optimistic, True)):
            assert token.supportsInterface(interface_id(ERC7007))
            assert token.supportsInterface(interface_id(ERC7007_ENUMERABLE)) == is_enumerable
            assert token.supportsInterface(interface_id(ERC7007_UPDATABLE)) == is_updatable
            assert not token.supportsInterface(b"\xff" * 4)


def test_the_reference_answers_no_to_its_own_standard(chain: Chain) -> None:
    """Its id is wrong: whoever asks before it buys takes the token for an ordinary one."""
    change = (
        "interfaceId == IERC7007_UPDATABLE or Aigc._supports(interfaceId)",
        "interfaceId == 0x80ac58cd",
    )
    owner = chain.account("owner")
    library = chain.deploy("ResultLibrary", DAY, sender=owner)
    settings = "n", "N", False, 0, library, 1
    mute = chain.deploy(weakened("OptimisticAigc", change), *settings, sender=owner)
    right = chain.deploy("OptimisticAigc", *settings, sender=owner)
    for signatures in (ERC7007, ERC7007_UPDATABLE):
        assert not mute.supportsInterface(interface_id(signatures))
        assert right.supportsInterface(interface_id(signatures))
    assert mute.supportsInterface(bytes.fromhex("80ac58cd"))


def test_the_enumerable_extension_finds_tokens_by_prompt_and_prompts_by_token(chain: Chain) -> None:
    token, _ = deploy_optimistic_token(chain, chain.account("owner"), 1, DAY, is_enumerable=True)
    alice = chain.account("alice")
    number = token.mint(alice, b"a cat", b"data", URI, b"", sender=alice)
    assert number == token.tokenId(b"a cat") == token_id(b"a cat")
    assert token.prompt(number) == b"a cat"
    assert refusal(token.prompt, 1) == "ERC721: invalid token ID"
    assert refusal(hashed_token(chain).prompt, 1) == "not enumerable"


@given(st.binary(max_size=40), st.binary(max_size=40))
def test_separated_inputs_never_collide(prompt: bytes, content: bytes) -> None:
    joined = prompt + content
    forms = {public_inputs(joined[:k], joined[k:], True) for k in range(len(joined) + 1)}
    assert len(forms) == len(joined) + 1
    assert {public_inputs(joined[:k], joined[k:]) for k in range(len(joined) + 1)} == {joined}


# ERC-721


def test_tokens_move_as_erc721_says(chain: Chain) -> None:
    token, _ = deploy_optimistic_token(chain, chain.account("owner"), 1, DAY)
    alice, bob, eve = (chain.account(name) for name in ("alice", "bob", "eve"))
    number = token.mint(alice, b"p", b"d", URI, b"", sender=eve)
    assert (token.ownerOf(number), token.balanceOf(alice)) == (alice.address, 1)
    stranger = refusal(token.transferFrom, alice, eve, number, sender=eve)
    assert stranger == "ERC721: caller is not token owner or approved"
    token.approve(bob, number, sender=alice)
    token.transferFrom(alice, bob, number, sender=bob)
    assert token.getApproved(number) == "0x" + 40 * "0"
    token.setApprovalForAll(eve, True, sender=bob)
    safe = token.function("safeTransferFrom(address,address,uint256)")
    safe(bob, alice, number, sender=eve)
    assert token.balanceOf(bob) == 0
    deaf = chain.deploy("CallbackProbe", "", 0, sender=eve)
    with pytest.raises(Reverted):
        safe(alice, deaf, number, sender=alice)
    wrong = refusal(token.transferFrom, bob, eve, number, sender=alice)
    assert wrong == "ERC721: transfer from incorrect owner"
    assert refusal(token.mint, "0x" + 40 * "0", b"q", b"d", URI, b"", sender=eve).endswith(
        "zero address"
    )
    assert token.name() == "Made by a model"


# Optimistic content


def test_content_is_verified_when_the_window_is_over_and_updated_after_a_dispute(
    chain: Chain,
) -> None:
    owner, court, alice = (chain.account(name) for name in ("owner", "court", "alice"))
    token, library = deploy_optimistic_token(chain, owner, 5, DAY)
    library.appoint(5, court, sender=owner)
    number = token.mint(alice, b"a cat", b"a dog", URI, b"", sender=alice)
    request = token.requestOf(number)
    library.overturn(request, 5, keccak256(b"a cat"), keccak256(b"a longer cat"), sender=court)
    chain.warp(DAY)
    assert not token.verify(b"a cat", b"a dog", b"")
    assert token.verify(b"a cat", b"a longer cat", b"")
    assert not token.verify(b"never minted", b"a dog", b"")
    invalid = refusal(token.update, b"a cat", b"a dog", sender=alice)
    assert invalid == "ERC7007: invalid aigcData"
    token.update(b"a cat", b"a longer cat", sender=chain.account("anybody"))
    assert token.tokenURI(number) == token_uri(URI.decode(), "a cat", "a longer cat")


# Front-running


def test_a_prompt_seen_on_its_way_is_minted_by_somebody_else(chain: Chain) -> None:
    token, _ = deploy_optimistic_token(chain, chain.account("owner"), 1, DAY)
    alice, eve = chain.account("alice"), chain.account("eve")
    prompt = b"my best idea"  # in alice's transaction, which eve's overtakes
    token.mint(eve, prompt, b"data", URI, b"", sender=eve)
    late = refusal(token.mint, alice, prompt, b"data", URI, b"", sender=alice)
    assert late == "ERC721: token already minted"


@pytest.mark.parametrize("is_proven", [False, True])
def test_commit_and_reveal_keeps_a_prompt_for_its_author(chain: Chain, is_proven: bool) -> None:
    owner, alice, eve = (chain.account(name) for name in ("owner", "alice", "eve"))
    if is_proven:
        token = hashed_token(chain, reveal_blocks=2)
    else:
        token, _ = deploy_optimistic_token(chain, owner, 1, DAY, reveal_blocks=2)
    prompt, content, salt = b"my best idea", b"data", keccak256(b"salt")
    proof = keccak256(public_inputs(prompt, content, True))
    commitment = keccak256(encode(["bytes", "bytes32", "address"], [prompt, salt, alice.address]))
    token.commit(commitment, sender=alice)
    assert refusal(token.commit, commitment, sender=eve) == "already committed"
    rest = prompt, content, URI, proof
    early = refusal(token.mintCommitted, alice, *rest, salt, sender=alice)
    assert early == "revealed too early"
    chain.warp(24)
    assert refusal(token.mint, eve, *rest, sender=eve) == "ERC7007: commit first"
    assert refusal(token.mintCommitted, eve, *rest, salt, sender=eve) == "not committed"
    number = token.mintCommitted(alice, *rest, salt, sender=alice)
    assert token.ownerOf(number) == alice.address


# Proven content


@pytest.fixture(scope="module")
def model() -> ProvenModel:
    return ProvenModel("tests/proven", random_network((6, 8, 4), seed=4))


def proof_bytes(arguments: tuple) -> bytes:
    return encode([PROOF_TYPE], [arguments])


def test_a_network_proves_its_content_to_the_token(chain: Chain, model: ProvenModel) -> None:
    owner, alice = chain.account("owner"), chain.account("alice")
    verifier = calldata.deploy(chain, owner, clear.header_of(model.network), model.network)
    court = chain.deploy("ProofCourt", owner, verifier, sender=owner)
    token = deploy_proven_token(chain, owner, court)
    prompt = b"ABCDEF"
    content, proof = model.answer(prompt), proof_bytes(model.prove(prompt))
    number = token.mint(alice, prompt, content, URI, proof, sender=alice)
    assert token.ownerOf(number) == alice.address
    assert token.verify(prompt, content, proof)
    assert not token.verify(prompt, content[:-1] + b"\1", proof)
    assert not token.verify(prompt + content[:1], content[1:], proof)
    assert not token.verify(prompt, content, proof[:-32])
    for place in range(700, len(proof), 997):
        flipped = bytearray(proof)
        flipped[place] ^= 1
        assert not token.verify(prompt, content, bytes(flipped))
    other = b"ABCDEG"
    copied = refusal(token.mint, alice, other, content, URI, proof, sender=alice)
    assert copied == "ERC7007: invalid proof"


def test_a_proof_makes_an_answer_final_at_once_and_replaces_a_false_one(
    chain: Chain, model: ProvenModel
) -> None:
    owner, server, user = (chain.account(name) for name in ("owner", "server", "user"))
    oracle = deploy_oracle(chain, owner, DAY)
    oracle.admit(server)
    oracle.register(model.number, FEE)
    verifier = calldata.deploy(chain, owner, clear.header_of(model.network), model.network)
    court = chain.deploy("ProofCourt", oracle.library, verifier, sender=owner)
    oracle.appoint(model.number, court)
    x = b"\1\2\3\4\5\6"
    nobody = "0x" + 40 * "0"
    numbers = [
        oracle.contract.requestCallback(model.number, x, nobody, 0, b"", sender=user, value=FEE)
        for _ in range(3)
    ]
    true = model.answer(x)
    for number, output in zip(numbers, (true, b"false", true), strict=True):
        oracle.contract.invokeCallback(number, output, sender=server)
    proof = model.prove(x)
    for number in numbers[:2]:
        assert not oracle.contract.isFinalized(number)
        court.prove(number, model.number, proof, sender=user)
        assert oracle.contract.isFinalized(number)
        assert oracle.contract.getOutputHash(number) == keccak256(true)
    assert refusal(court.prove, numbers[0], model.number, proof, sender=user) == "AlreadyFinal"
    forged = list(proof)
    forged[2] = bytes(len(proof[2]))  # other logits
    with pytest.raises(Reverted):
        court.prove(numbers[2], model.number, tuple(forged), sender=user)
    elsewhere = model.prove(b"\1\2\3\4\5\7")
    assert refusal(court.prove, numbers[2], model.number, elsewhere, sender=user) == "WrongTask"
    assert not oracle.contract.isFinalized(numbers[2])
