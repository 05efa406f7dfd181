"""ERC-6551: addresses known elsewhere, code taken apart, the same address on a chain of ours."""

from dataclasses import replace

import pytest

from aicrypto.commit.hashes import keccak256
from aicrypto.evm import Chain
from aicrypto.evm.token_bound import (
    CREATED_TOPIC,
    REGISTRY,
    InvalidArgument,
    NotERC6551Account,
    TokenBound,
    checksummed,
    create2_address,
    identify,
    parse,
)

V3_PROXY = "0x55266d75D1a14E4572138116aF39863Ed6596E7F"
APES = "0xBC4CA0EdA7647A8aB7C2061c2E118A18a936f13D"
APE = TokenBound(V3_PROXY, 1, APES, 0)


def test_addresses_that_are_known():
    assert checksummed(APE.address()) == "0x4C0bd3DD48783D5389d9ED472de2B2D93db0e2a4"
    factory = "0x4e59b44847b379578588920cA78FbF26c0B4956C"
    salt = bytes.fromhex("0000000000000000000000000000000000000000fd8eb4e1dca713016c518e31")
    code = bytes.fromhex("feeadc206aa128c940cfed856f55c2b49b21803ba09bb22c2a88fa13a0cc540d")
    assert create2_address(factory, salt, code) == REGISTRY
    assert create2_address("0x" + 40 * "0", bytes(32), keccak256(b"\x00")) == (
        "0x4d1a2e2bb4f88f0250f26ffff098b0b30b26bf38"  # EIP-1014, first example
    )
    event = b"ERC6551AccountCreated(address,address,bytes32,uint256,address,uint256)"
    assert keccak256(event) == CREATED_TOPIC


def test_every_field_is_in_the_address():
    others = [
        replace(APE, token_id=1),
        replace(APE, chain_id=10),
        replace(APE, salt=bytes(31) + b"\x01"),
        replace(APE, implementation=REGISTRY),
        replace(APE, token_contract=REGISTRY),
    ]
    assert len({bound.address() for bound in (APE, *others)}) == 6
    assert APE.address(V3_PROXY) != APE.address()


def test_deployed_code_is_taken_apart():
    assert parse(APE.deployed_code) == APE
    assert len(APE.creation_code) == 183
    assert identify(APE.address(), APE.deployed_code, V3_PROXY)
    assert not identify(APE.address(), APE.deployed_code, APES)
    assert not identify(V3_PROXY, APE.deployed_code, V3_PROXY)


def test_a_changed_byte_is_noticed():
    code = APE.deployed_code
    for i in range(len(code)):
        changed = code[:i] + bytes([code[i] ^ 1]) + code[i + 1 :]
        assert not identify(APE.address(), changed, V3_PROXY)
    for wrong in (
        b"",
        code[:-1],
        code + b"\x00",
        b"\x00" + code[1:],
        code[:30] + b"\x00" + code[31:],
    ):
        with pytest.raises(NotERC6551Account):
            parse(wrong)


@pytest.mark.parametrize(
    "field",
    [{"token_id": 2**256}, {"chain_id": -1}, {"token_contract": "0x12"}, {"salt": b""}],
)
def test_values_that_do_not_fit_are_refused(field):
    with pytest.raises(InvalidArgument, match=next(iter(field))):
        replace(APE, **field)


def test_our_registry_creates_the_account_where_the_formula_says():
    chain = Chain()
    ann, bob = chain.account("ann"), chain.account("bob")
    code = chain.deploy("TokenBoundAccount", sender=ann)
    collection = chain.deploy("Collection", "Apes", sender=ann)
    registry = chain.deploy("IpRegistry", code, sender=ann)
    token = collection.mint(ann, bytes(32), sender=ann)
    where = registry.register(chain.chain_id, collection, token, sender=bob)
    bound = TokenBound(code.address, chain.chain_id, collection.address, token)
    assert where == bound.address(registry)
    assert chain.state.account(where).code == bound.deployed_code
    assert registry.register(chain.chain_id, collection, token, sender=ann) == where
    account = chain.at("TokenBoundAccount", where)
    assert account.token() == (chain.chain_id, collection.address, token)
    chain.transfer(bob, where, 5)
    account.execute(bob, 3, b"", 0, sender=ann)
    assert (chain.balance(where), account.state()) == (2, 1)
    collection.transferFrom(ann, bob, token, sender=ann)
    assert account.owner() == bob.address
    assert account.isValidSigner(ann, b"") == bytes(4)


def test_only_the_owner_acts_through_the_account():
    chain = Chain()
    ann, bob = chain.account("ann"), chain.account("bob")
    code = chain.deploy("TokenBoundAccount", sender=ann)
    collection = chain.deploy("Collection", "Apes", sender=ann)
    registry = chain.deploy("IpRegistry", code, sender=ann)
    token = collection.mint(ann, bytes(32), sender=ann)
    where = registry.register(chain.chain_id, collection, token, sender=ann)
    abroad = registry.register(1, collection, token, sender=ann)
    account = chain.at("TokenBoundAccount", where)
    for sender, operation, reason in ((bob, 0, "Invalid signer"), (ann, 1, "Only call")):
        with pytest.raises(Exception, match=reason):
            account.execute(bob, 0, b"", operation, sender=sender)
    assert chain.at("TokenBoundAccount", abroad).owner() == "0x" + 40 * "0"
    assert not registry.may_act(abroad, "0x" + 40 * "0")
