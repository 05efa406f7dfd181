"""Accounts of NFTs as deployed: what the vectors leave out, and attacks on owners."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aicrypto.agents import ownable
from aicrypto.agents.ownable import World
from aicrypto.agents.ownable.calldata import EXECUTE_TYPES, pack, pack_call, unpack
from aicrypto.agents.ownable.ownership import ALIAS_OFFSET, ENTRY_POINT
from aicrypto.agents.refusals import Refusal
from aicrypto.agents.registry import ACCOUNT, registry_call
from aicrypto.evm.accounts import NOBODY, derive_account
from aicrypto.evm.signing import sign_digest
from aicrypto.evm.token_bound import NO_SALT

ALICE, BOB, CAROL = (derive_account("test", name) for name in ("alice", "bob", "carol"))
NFT = "0x" + 40 * "a"
CODE = {"simple": "0x" + 40 * "1", "upgradeable": "0x" + 40 * "2", "v3": "0x" + 40 * "3"}
BRIDGE = "0x" + 40 * "b"
DIGEST = bytes(31) + b"\x01"


@pytest.fixture
def world():
    return World(1, 1_700_000_000, NFT, dict(CODE), frozenset({BRIDGE}))


def raise_agent(world, owner, token_id, kind="v3", chain_id=1, salt=NO_SALT):
    if token_id not in world.owners:
        ownable.mint(world, owner, token_id)
    address = world.create_account(kind, world.bind(kind, token_id, chain_id, salt))
    return world.accounts[address]


def refuses(world, name, function, *arguments, **named):
    before = (dict(world.owners), dict(world.balances), repr(world.accounts))
    with pytest.raises(Refusal) as refusal:
        world.attempt(lambda: function(world, *arguments, **named))
    assert refusal.value.name == name
    assert (world.owners, world.balances, repr(world.accounts)) == before


def test_permissions_die_on_sale_and_wake_on_return(world):
    account = raise_agent(world, ALICE.address, 1)
    ownable.set_permissions(world, account, ALICE.address, [CAROL.address], [True])
    assert ownable.is_valid_signer(world, account, CAROL.address)
    ownable.transfer(world, ALICE.address, ALICE.address, BOB.address, 1)
    assert not ownable.is_valid_signer(world, account, CAROL.address)
    refuses(world, "NotAuthorized", ownable.execute, account, CAROL.address, BOB.address, 0)
    ownable.transfer(world, BOB.address, BOB.address, ALICE.address, 1)
    assert ownable.is_valid_signer(world, account, CAROL.address), "the trap of a sale back"


def test_a_former_owners_signature_dies_with_the_sale(world):
    for kind in ("simple", "upgradeable", "v3"):
        account = raise_agent(
            world, ALICE.address, {"simple": 1, "upgradeable": 2, "v3": 3}[kind], kind
        )
        signature = sign_digest(DIGEST, ALICE.private_key)
        assert ownable.is_valid_signature(world, account, DIGEST, signature)
        token_id = account.bound.token_id
        ownable.transfer(world, ALICE.address, ALICE.address, BOB.address, token_id)
        assert not ownable.is_valid_signature(world, account, DIGEST, signature)


def test_a_lock_protects_the_buyer(world):
    account = raise_agent(world, ALICE.address, 1)
    world.balances[account.address] = 100
    ownable.lock(world, account, ALICE.address, world.timestamp + 60)
    refuses(world, "AccountLocked", ownable.execute, account, ALICE.address, ALICE.address, 100)
    ownable.transfer(world, ALICE.address, ALICE.address, BOB.address, 1)
    world.timestamp += 60
    assert ownable.execute(world, account, BOB.address, BOB.address, 100) == b""
    too_long = world.timestamp + 366 * 24 * 3600
    refuses(world, "ExceedsMaxLockTime", ownable.lock, account, BOB.address, too_long)


def test_plain_transfers_close_circles_that_safe_ones_refuse(world):
    outer, inner = (raise_agent(world, ALICE.address, n, "upgradeable") for n in (1, 2))
    ownable.transfer(world, ALICE.address, ALICE.address, outer.address, 2)
    assert ownable.closes_cycle(world, inner.address, 1)
    give = (ALICE.address, ALICE.address, inner.address, 1)
    refuses(world, "Token in ownership chain", ownable.transfer, *give, safe=True)
    ownable.transfer(world, *give)
    for account in (outer, inner):  # nobody can act for either any more
        refuses(world, "Caller is not owner", ownable.execute, account, ALICE.address, NFT, 0)


def test_a_circle_of_v3_accounts_has_no_root(world):
    outer, inner = (raise_agent(world, ALICE.address, n) for n in (1, 2))
    ownable.transfer(world, ALICE.address, ALICE.address, outer.address, 2, safe=True)
    give = (ALICE.address, ALICE.address, inner.address, 1)
    assert ownable.closes_cycle(world, inner.address, 1)
    world.attempt(lambda: ownable.transfer(world, *give, safe=True))  # it looks one level up only
    refuses(world, "revert", ownable.execute, outer, ALICE.address, ALICE.address, 0)
    signature = bytes(12) + bytes.fromhex(inner.address[2:]) + bytes(33)
    assert not ownable.is_valid_signature(world, outer, DIGEST, signature)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=12))
def test_no_circle_if_transfers_are_looked_at_first(moves):
    world = World(1, 0, NFT, dict(CODE))
    accounts = [raise_agent(world, ALICE.address, n) for n in range(6)]
    for token_id, target in moves:
        holder, to = world.owners[token_id], accounts[target].address
        if not ownable.closes_cycle(world, to, token_id):
            ownable.transfer(world, holder, holder, to, token_id)
    assert {ownable.root_owner(world, account) for account in accounts} == {ALICE.address}


def test_nesting_by_calls_and_by_proof(world):
    outer, inner = (raise_agent(world, ALICE.address, n) for n in (1, 2))
    ownable.transfer(world, ALICE.address, ALICE.address, outer.address, 2, safe=True)
    world.balances[inner.address] = 10
    pay = pack_call("execute", EXECUTE_TYPES, (BOB.address, 4, b"", 0))
    returned = ownable.execute(world, outer, ALICE.address, inner.address, 0, pay)
    assert unpack(("bytes",), returned) == (b"",)
    proof = [(NO_SALT, NFT, 1)]
    arguments = (inner, ALICE.address, BOB.address, 6, b"", 0)
    assert ownable.execute_nested(world, *arguments, proof) == b""
    assert (world.balances[inner.address], world.balances[BOB.address]) == (0, 10)
    stranger = (inner, CAROL.address, BOB.address, 0, b"", 0)
    refuses(world, "InvalidAccountProof", ownable.execute_nested, *stranger, proof)
    refuses(world, "NotAuthorized", ownable.execute_nested, *stranger, [])
    nowhere = [(NO_SALT, CAROL.address, 1)]
    refuses(world, "InvalidAccountProof", ownable.execute_nested, *arguments, nowhere)
    ownable.lock(world, outer, ALICE.address, world.timestamp + 9)
    refuses(world, "AccountLocked", ownable.execute_nested, *arguments, proof)


def test_parents_of_a_proof_need_not_exist(world):
    ownable.mint(world, ALICE.address, 1)
    parent = world.bind("v3", 1, 1, NO_SALT).address()
    inner = raise_agent(world, parent, 2)
    proof = [(NO_SALT, NFT, 1)]
    arguments = (inner, ALICE.address, BOB.address, 0, b"", 0)
    assert ownable.execute_nested(world, *arguments, proof) == b""
    signature = sign_digest(DIGEST, ALICE.private_key)
    assert not ownable.is_valid_signature(world, inner, DIGEST, signature)


def test_who_acts_for_an_nft_of_another_chain(world):
    account = raise_agent(world, ALICE.address, 1, chain_id=10)
    below = f"0x{(int(account.address, 16) + ALIAS_OFFSET) % 2**160:040x}"
    for executor in (ENTRY_POINT, BRIDGE, below):
        assert ownable.is_valid_executor(world, account, executor)
    assert not ownable.is_valid_executor(world, account, ALICE.address)
    assert ownable.is_valid_signer(world, account, NOBODY), "yes, and it is nobody"
    refuses(world, "NotAuthorized", ownable.lock, account, NOBODY, 0)
    here = raise_agent(world, ALICE.address, 2)
    assert not ownable.is_valid_executor(world, here, BRIDGE)


def test_contract_signatures_of_v3(world):
    outer, inner = (raise_agent(world, ALICE.address, n) for n in (1, 2))
    ownable.transfer(world, ALICE.address, ALICE.address, outer.address, 2, safe=True)
    own = sign_digest(DIGEST, ALICE.private_key)
    head = bytes(12) + bytes.fromhex(outer.address[2:]) + (65).to_bytes(32, "big") + b"\0"
    assert ownable.is_valid_signature(world, inner, DIGEST, head + own)
    assert not ownable.is_valid_signature(world, inner, DIGEST, head + bytes(65))
    refuses(world, "Panic", ownable.is_valid_signature, inner, DIGEST, own[:64])
    beyond = head[:32] + (66).to_bytes(32, "big") + b"\0"
    refuses(world, "revert", ownable.is_valid_signature, inner, DIGEST, beyond)
    stranger = bytes(12) + bytes.fromhex(inner.address[2:]) + (65).to_bytes(32, "big") + b"\0"
    assert not ownable.is_valid_signature(world, outer, DIGEST, stranger + own)


def test_created_contracts_have_their_own_addresses(world):
    account = raise_agent(world, ALICE.address, 1)
    world.balances[account.address] = 5
    made = {ownable.execute(world, account, ALICE.address, NOBODY, 1, b"", 2) for _ in range(3)}
    assert len(made) == 3
    data = bytes(32) + b"\x00"
    made.add(ownable.execute(world, account, ALICE.address, NOBODY, 0, data, 3))
    assert len(made) == 4
    again = (account, ALICE.address, NOBODY, 0, data, 3)
    refuses(world, "ContractCreationFailed", ownable.execute, *again)
    refuses(
        world, "ContractCreationFailed", ownable.execute, account, ALICE.address, NOBODY, 9, b"", 2
    )
    refuses(world, "InvalidOperation", ownable.execute, account, ALICE.address, NOBODY, 0, b"", 4)
    ownable.execute(world, account, ALICE.address, BOB.address, 0, b"", 1)
    assert ownable.sandbox(account.address) in world.created
    assert account.nonce == 6


def test_failures_inside_undo_everything(world):
    outer = raise_agent(world, ALICE.address, 1, "upgradeable")
    inner = raise_agent(world, ALICE.address, 2, "simple")
    ownable.transfer(world, ALICE.address, ALICE.address, outer.address, 2)
    pay = pack_call("execute", EXECUTE_TYPES, (BOB.address, 1, b"", 0))
    deep = (outer, ALICE.address, inner.address, 0, pay)
    refuses(world, "nested: revert", ownable.execute, *deep)
    assert (outer.state, inner.state) == (0, 0)


def test_registry_calls():
    words = (CODE["v3"], bytes(32), 1, NFT, 7)
    data = ACCOUNT + pack(("address", "bytes32", "uint256", "address", "uint256"), words)
    assert registry_call(data + b"more") == registry_call(data)
    for bad in (data[:-1], b"\0" + data[1:], data[:4] + b"\1" + data[5:], b""):
        with pytest.raises(Refusal, match="revert"):
            registry_call(bad)
    with pytest.raises(Refusal, match="revert"):
        registry_call(data, 1)


def test_money_does_not_flow_backwards(world):
    account = raise_agent(world, ALICE.address, 1)
    world.balances = {BOB.address: 5, account.address: 1}
    refuses(world, "revert", World.move, account.address, BOB.address, -5)
    refuses(world, "revert", World.move, account.address, BOB.address, 2)
    with pytest.raises(Refusal, match="revert"):
        world.move(account.address, BOB.address, -5)
    assert world.balances == {BOB.address: 5, account.address: 1}


def test_a_refused_call_changes_nothing_by_itself(world):
    """Without `attempt` around it: nobody need know which calls refuse halfway."""
    account = raise_agent(world, ALICE.address, 1, "simple")
    v3 = raise_agent(world, ALICE.address, 2)
    before = (dict(world.owners), repr(world.accounts))
    poor = (ALICE.address, BOB.address, 7)
    calls = (
        lambda: ownable.mint(world, account.address, 3),
        lambda: ownable.transfer(world, ALICE.address, ALICE.address, v3.address, 2, safe=True),
        lambda: ownable.execute(world, account, *poor),
        lambda: ownable.execute(world, v3, *poor),
        lambda: ownable.execute_nested(world, v3, *poor, b"", 0, []),
    )
    for call in calls:
        with pytest.raises(Refusal):
            call()
        assert (world.owners, repr(world.accounts)) == before
    assert world.accounts[v3.address] is v3
