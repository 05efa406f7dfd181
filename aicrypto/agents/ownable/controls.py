"""What a v3 account's root owner sets: locks and permissions.

A lock makes the account refuse to act until a time, which protects whoever buys its NFT: what the
account holds when the lock is seen, it still holds when the sale is settled.
"""

from collections.abc import Sequence

from aicrypto.agents.ownable.calldata import pack_call
from aicrypto.agents.ownable.execution import touch
from aicrypto.agents.ownable.ownership import root_owner
from aicrypto.agents.ownable.world import BoundAccount, World
from aicrypto.agents.refusals import REVERT, demand
from aicrypto.evm.accounts import NOBODY

MAX_LOCK_S = 365 * 24 * 3600
INTERFACES = {  # ERC-165: itself, account, executable; receivers of ERC-1155 and ERC-721
    "simple": ("01ffc9a7", "6faff5f1", "51945447"),
    "upgradeable": ("01ffc9a7", "6faff5f1", "51945447", "4e2312e0", "150b7a02"),
    "v3": ("01ffc9a7", "6faff5f1", "51945447", "4e2312e0"),
}


def lock(world: World, account: BoundAccount, sender: str, until: int) -> None:
    """The account refuses to act before the time `until`, at most a year ahead."""
    _demand_root(world, account, sender)
    demand(until <= world.timestamp + MAX_LOCK_S, "ExceedsMaxLockTime")
    touch(world, account, pack_call("lock", ("uint256",), (until,)))
    account.locked_until = until


def set_permissions(
    world: World,
    account: BoundAccount,
    sender: str,
    callers: Sequence[str],
    permissions: Sequence[bool],
) -> None:
    """Each caller may, or may no longer, act for the account as long as this root owner has it."""
    _demand_root(world, account, sender)
    given = (list(callers), list(permissions))
    touch(world, account, pack_call("setPermissions", ("address[]", "bool[]"), given))
    demand(len(callers) == len(permissions), "InvalidInput")
    for caller, allowed in zip(callers, permissions, strict=True):
        account.permissions[sender, caller] = allowed


def supports_interface(account: BoundAccount, interface: bytes) -> bool:
    """Whether the account says that it has the interface of that 4-byte number."""
    return interface.hex() in INTERFACES[account.kind]


def _demand_root(world: World, account: BoundAccount, sender: str) -> None:
    demand(account.kind == "v3", REVERT)
    root = root_owner(world, account)
    demand(sender == root != NOBODY, "NotAuthorized")
