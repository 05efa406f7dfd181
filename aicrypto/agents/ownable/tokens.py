"""The collection's transfers, and what accounts say when an NFT is sent to them.

If an account comes to own its own NFT, directly or round a circle of accounts, nobody can ever act
for any of them again. Only safe transfers and mints ask the receiver; a plain `transferFrom` does
not, so no receiver hook can rule the circle out: `closes_cycle` is for whoever wants to know first.

Receivers: `upgradeable` walks five owners up, `v3` looks at its own NFT alone, `simple` has no
hook, so that safe transfers to it fail. What is refused changes nothing.
"""

from aicrypto.agents.ownable.ownership import owner
from aicrypto.agents.ownable.world import UNMINTED, BoundAccount, World, whole
from aicrypto.agents.refusals import REVERT, Refusal, demand
from aicrypto.evm.accounts import NOBODY

NO_RECEIVER = "ERC721: transfer to non ERC721Receiver implementer"
IN_CHAIN = "Token in ownership chain"
MAX_DEPTH = 5  # steps of upgradeable's walk


@whole
def mint(world: World, to: str, token_id: int) -> None:
    """A new token, by safe mint."""
    demand(to != NOBODY, "ERC721: mint to the zero address")
    demand(token_id not in world.owners, "ERC721: token already minted")
    world.owners[token_id] = to
    _ask_receiver(world, to, token_id)


@whole
def transfer(
    world: World, sender: str, source: str, to: str, token_id: int, safe: bool = False
) -> None:
    """Gives a token away; with `safe` the receiver is asked, after the token is his."""
    demand(token_id in world.owners, UNMINTED)
    held_by = world.owners[token_id]
    demand(sender == held_by, "ERC721: caller is not token owner or approved")
    demand(source == held_by, "ERC721: transfer from incorrect owner")
    demand(to != NOBODY, "ERC721: transfer to the zero address")
    world.owners[token_id] = to
    if safe:
        _ask_receiver(world, to, token_id)


def closes_cycle(world: World, to: str, token_id: int) -> bool:
    """Whether giving the token to that address would leave an account owning itself in the end.

    Walks up from the receiver, whatever the accounts' kinds and however deep.
    """
    seen = set()
    while to in world.accounts and to not in seen:
        seen.add(to)
        bound = world.accounts[to].bound
        if (bound.chain_id, bound.token_contract) != (world.chain_id, world.nft):
            return False
        if bound.token_id == token_id:
            return True
        to = world.owners.get(bound.token_id, NOBODY)
    return to in seen


def _ask_receiver(world: World, to: str, token_id: int) -> None:
    if not world.has_code(to):
        return
    account = world.accounts.get(to)
    if account is None or account.kind == "simple":
        raise Refusal(NO_RECEIVER)
    try:
        if account.kind == "v3":
            demand(not _is_own(world, account, token_id), "OwnershipCycle")
        else:
            _walk_up(world, account, token_id)
    except Refusal as refusal:  # a hook that fails without words is taken for none
        raise Refusal(NO_RECEIVER if refusal.name == REVERT else refusal.name) from None


def _is_own(world: World, account: BoundAccount, token_id: int) -> bool:
    bound = account.bound
    here = (world.chain_id, world.nft, token_id)
    return (bound.chain_id, bound.token_contract, bound.token_id) == here


def _walk_up(world: World, account: BoundAccount, token_id: int) -> None:
    """Upgradeable's search for the received token among the NFTs above the account."""
    demand(not _is_own(world, account, token_id), "Cannot own yourself")
    above = owner(world, account)
    demand(above != account.address, IN_CHAIN)
    depth = 0
    while above in world.accounts:
        parent = world.accounts[above]
        demand(not _is_own(world, parent, token_id), IN_CHAIN)
        above = world.owner_of(parent.bound.token_contract, parent.bound.token_id)
        demand(above != account.address, IN_CHAIN)
        depth += 1
        demand(depth < MAX_DEPTH, "Ownership chain too deep")
