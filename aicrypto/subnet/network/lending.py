"""Child keys on a live subnet: parents lend their stake's weight, children share its earnings.

Consensus sees a hotkey's stake less what it lends, plus what it is lent. Its dividend is divided by
who brought the stake, before root and alpha parts are told apart.

Rao; proportions are parts of 2^64 - 1. Source: opentensor/subtensor @14bc6f9f pallets/
subtensor/src/staking/set_children.rs.
"""

from collections import Counter
from collections.abc import Mapping

from aicrypto.subnet.economy import Child, Parent, childkey_dividends, inherited_stake, stake_weight
from aicrypto.subnet.economy.children import MAX_CHILDREN
from aicrypto.subnet.fixed import U64_MAX
from aicrypto.subnet.network.state import LiveSubnet
from aicrypto.subnet.refusals import NonAssociatedColdKey


def set_children(
    subnet: LiveSubnet, parent: str, coldkey: str, children: Mapping[str, int]
) -> None:
    """Lends parts of a parent's stake; an empty mapping takes all back. Takes effect at once.

    Raises:
        NonAssociatedColdKey: if the parent belongs to another coldkey.
        ValueError: for more than five children, oneself as a child, or more than all lent.
    """
    if coldkey != subnet.coldkey_of(parent):
        owner = subnet.coldkey_of(parent)
        raise NonAssociatedColdKey(f"parent {parent!r} belongs to {owner!r}, not {coldkey!r}")
    if len(children) > MAX_CHILDREN:
        raise ValueError(f"children has {len(children)} entries, at most {MAX_CHILDREN} are taken")
    if parent in children:
        raise ValueError(f"children holds the parent {parent!r} itself")
    total = sum(children.values())
    if min(children.values(), default=0) < 0 or total > U64_MAX:
        raise ValueError(f"children has proportions that add up to {total}, at most {U64_MAX}")
    subnet.lent[parent] = dict(children)
    subnet.owners[parent] = coldkey


def consensus_stake(subnet: LiveSubnet, hotkey: str) -> int:
    """Stake as consensus counts it: alpha and root TAO, each with what is lent and borrowed."""
    root_tao = {name: subnet.root_tao.get(name, 0) for name in (hotkey, *subnet.lent)}
    alpha = {name: subnet.stake_of(name) for name in (hotkey, *subnet.lent)}
    return stake_weight(_inherited(subnet, hotkey, alpha), _inherited(subnet, hotkey, root_tao))


def shared_with_parents(subnet: LiveSubnet, dividends: Mapping[str, int]) -> dict[str, int]:
    """Dividends by who brought the stake: of children and of their parents."""
    shared: Counter[str] = Counter()
    for hotkey, dividend in dividends.items():
        lenders = _parents(subnet, hotkey)
        if not lenders:
            shared[hotkey] += dividend
            continue
        parts = childkey_dividends(dividend, _child(subnet, hotkey), list(lenders.values()))
        shared[hotkey] += parts.child
        shared.update(dict(zip(lenders, parts.parents, strict=True)))
    return dict(shared)


def _inherited(subnet: LiveSubnet, hotkey: str, stake: Mapping[str, int]) -> int:
    lent_on = list(subnet.lent.get(hotkey, {}).values())
    borrowed = [
        (children[hotkey], stake[parent])
        for parent, children in subnet.lent.items()
        if hotkey in children
    ]
    return inherited_stake(stake[hotkey], lent_on, borrowed)


def _parents(subnet: LiveSubnet, hotkey: str) -> dict[str, Parent]:
    owner = subnet.coldkey_of(hotkey)
    return {
        parent: Parent(
            children[hotkey],
            subnet.root_tao.get(parent, 0),
            subnet.stake_of(parent),
            subnet.coldkey_of(parent) == owner,
        )
        for parent, children in subnet.lent.items()
        if hotkey in children
    }


def _child(subnet: LiveSubnet, hotkey: str) -> Child:
    lent_on = tuple(subnet.lent.get(hotkey, {}).values())
    root, alpha = subnet.root_tao.get(hotkey, 0), subnet.stake_of(hotkey)
    return Child(root, alpha, lent_on, subnet.childkey_take_u16)
