"""Who may act for an account: its NFT's owner, the owner's owner, and whom they allow.

The reference accounts obey the direct owner alone. A v3 account obeys also the root owner (up the
chain of v3 accounts that own each other's NFTs) and those to whom the root owner gave permission.
Permissions are kept by root owner, so they are void the moment somebody else owns the root, and
alive again when it comes back to the one who gave them.

The zero address means "nobody here": the owner of an NFT on another chain, or (v3) of one that
does not exist. Never take it for a person, though `is_valid_signer` says yes to it.
"""

from aicrypto.agents.ownable.world import BoundAccount, World
from aicrypto.agents.refusals import REVERT, Refusal
from aicrypto.evm.accounts import NOBODY

ENTRY_POINT = "0x5ff137d4b0fdcd49dca30c7cf57e578a026d2789"  # ERC-4337 v0.6
ALIAS_OFFSET = 0x1111000000000000000000000000000000001111  # OP Stack: L1 contracts seen on L2
ADDRESS_SPACE = 2**160


def owner(world: World, account: BoundAccount) -> str:
    """Who owns the account's NFT; reference accounts refuse where v3 says nobody."""
    bound = account.bound
    if bound.chain_id != world.chain_id:
        return NOBODY
    try:
        return world.owner_of(bound.token_contract, bound.token_id)
    except Refusal:
        if account.kind == "v3":
            return NOBODY
        raise


def root_owner(world: World, account: BoundAccount) -> str:
    """Who is at the end of the chain of v3 accounts; a cycle has no end (`revert`)."""
    seen = set()
    while True:
        above = owner(world, account)
        parent = world.accounts.get(above)
        if parent is None or parent.kind != "v3":
            return above
        if above in seen:
            raise Refusal(REVERT)  # the contract walks until its gas is gone
        seen.add(above)
        account = parent


def is_valid_signer(world: World, account: BoundAccount, signer: str) -> bool:
    """Whether somebody's signature and (but for v3's other executors) calls are the account's."""
    if signer == owner(world, account):
        return True
    if account.kind != "v3":
        return False
    root = root_owner(world, account)
    return signer == root or account.permissions.get((root, signer), False)


def is_valid_executor(world: World, account: BoundAccount, executor: str) -> bool:
    """Whether somebody may call a v3 account's `execute`.

    Besides signers: the ERC-4337 entry point, and, for an NFT on another chain, bridges that the
    guardian trusts and the account of the same address on the chain below.
    """
    if executor == ENTRY_POINT:
        return True
    if account.bound.chain_id != world.chain_id:
        below = (int(executor, 16) - ALIAS_OFFSET) % ADDRESS_SPACE
        if executor in world.trusted_executors or below == int(account.address, 16):
            return True
    return is_valid_signer(world, account, executor)
