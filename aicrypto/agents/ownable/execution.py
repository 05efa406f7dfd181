"""Acting through an account: calls, contracts it creates, accounts that act through accounts.

`execute` is one account's; nesting is an execute inside an execute, each account called by the one
above. A v3 account also takes `execute_nested`: a proof that the caller owns it through a chain of
accounts, so that the ones between need not be called, nor even exist.

A failure inside undoes everything. `simple` and v3 pass on the inner error; `upgradeable` wraps it,
written `nested: <inner name>`.
"""

from collections.abc import Sequence

from aicrypto.agents.ownable import tokens
from aicrypto.agents.ownable.calldata import (
    EXECUTE,
    EXECUTE_TYPES,
    NESTED_TYPES,
    OWNER_OF,
    SAFE_TRANSFER_FROM,
    TRANSFER_FROM,
    pack,
    pack_call,
    unpack,
)
from aicrypto.agents.ownable.creation import create, create2, delegate
from aicrypto.agents.ownable.ownership import is_valid_executor, is_valid_signer
from aicrypto.agents.ownable.world import BoundAccount, World, whole
from aicrypto.agents.refusals import REVERT, Refusal, demand
from aicrypto.commit.hashes import keccak256
from aicrypto.evm.token_bound import REGISTRY

STRANGER = {"simple": "Invalid signer", "upgradeable": "Caller is not owner"}
CALL, DELEGATECALL, CREATE, CREATE2 = range(4)

Proof = Sequence[tuple[bytes, str, int]]  # salt, collection, token of each account from the top


@whole
def execute(
    world: World,
    account: BoundAccount,
    sender: str,
    to: str,
    wei: int,
    data: bytes = b"",
    operation: int = CALL,
    calldata: bytes | None = None,
) -> bytes:
    """What the account's call returns; of a creation, the new contract's 20 bytes.

    `calldata` is the call of `execute` as it arrived, where another account packed it.

    Raises:
        Refusal: by the account's or the callee's name of it; nothing has changed then.
    """
    if account.kind == "v3":
        demand(is_valid_executor(world, account, sender), "NotAuthorized")
        given = (to, wei, data, operation)
        touch(world, account, calldata or pack_call("execute", EXECUTE_TYPES, given))
        return _operate(world, account, to, wei, data, operation)
    demand(is_valid_signer(world, account, sender), STRANGER[account.kind])
    demand(operation == CALL, "Only call operations are supported")
    account.state += 1
    try:
        return call(world, account.address, to, wei, data)
    except Refusal as refusal:
        if account.kind == "simple":
            raise
        raise Refusal(f"nested: {refusal.name}") from None


@whole
def execute_nested(
    world: World,
    account: BoundAccount,
    sender: str,
    to: str,
    wei: int,
    data: bytes,
    operation: int,
    proof: Proof,
) -> bytes:
    """Like `execute`, by whoever owns the account through the accounts of the proof.

    Raises:
        Refusal: as `execute`, `InvalidAccountProof`, `AccountLocked`.
    """
    demand(account.kind == "v3", REVERT)
    current = sender
    for salt, collection, token_id in proof:
        above = world.bind("v3", token_id, world.chain_id, salt, collection).address()
        demand(world.has_code(collection), "InvalidAccountProof")
        demand(not is_locked(world, world.accounts.get(above)), "AccountLocked")
        is_owned = collection == world.nft and world.owners.get(token_id) == current
        demand(is_owned, "InvalidAccountProof")
        current = above
    demand(is_valid_executor(world, account, current), "NotAuthorized")
    given = (to, wei, data, operation, list(proof))
    touch(world, account, pack_call("executeNested", NESTED_TYPES, given))
    return _operate(world, account, to, wei, data, operation)


def is_locked(world: World, account: BoundAccount | None) -> bool:
    """Whether the account refuses to act now."""
    return account is not None and account.locked_until > world.timestamp


def touch(world: World, account: BoundAccount, calldata: bytes) -> None:
    """Moves the state of a v3 account on, by all that it is told; refused while it is locked."""
    demand(not is_locked(world, account), "AccountLocked")
    packed = pack(("uint256", "bytes"), (account.state, calldata))
    account.state = int.from_bytes(keccak256(packed), "big")


def call(world: World, sender: str, to: str, wei: int, data: bytes) -> bytes:
    """What a contract's call of any address returns."""
    world.move(sender, to, wei)
    if to == world.nft:
        return _call_collection(world, sender, wei, data)
    if to in world.accounts and data:
        demand(data[:4] == EXECUTE, REVERT)
        target, value, inner, operation = unpack(EXECUTE_TYPES, data[4:])
        account = world.accounts[to]
        result = execute(world, account, sender, target, value, inner, operation, data)
        return pack(("bytes",), (result,))
    demand(to != REGISTRY, REVERT)
    demand(not data or to not in world.implementations.values(), REVERT)
    return b""


def _call_collection(world: World, sender: str, wei: int, data: bytes) -> bytes:
    demand(wei == 0, REVERT)
    if data[:4] == OWNER_OF:
        [token_id] = unpack(("uint256",), data[4:])
        return pack(("address",), (world.owner_of(world.nft, token_id),))
    demand(data[:4] in (TRANSFER_FROM, SAFE_TRANSFER_FROM), REVERT)
    source, to, token_id = unpack(("address", "address", "uint256"), data[4:])
    tokens.transfer(world, sender, source, to, token_id, data[:4] == SAFE_TRANSFER_FROM)
    return b""


def _operate(
    world: World, account: BoundAccount, to: str, wei: int, data: bytes, operation: int
) -> bytes:
    if operation == CALL:
        return call(world, account.address, to, wei, data)
    if operation == DELEGATECALL:
        return delegate(world, account, to, wei, data)
    if operation == CREATE:
        return create(world, account, wei)
    demand(operation == CREATE2, "InvalidOperation")
    return create2(world, account, wei, data)
