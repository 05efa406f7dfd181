"""Blocks pass: the burn falls, alpha is minted, and every `tempo` blocks an epoch pays.

What a block mints for miners, validators and root waits in the pot. The epoch shares it out:
incentives to miners, dividends to validators, less their owners' take; what rounding leaves stays.
Incentives of the owner's own hotkeys are burned. If nobody earned incentive, validators get the
miners' part as well.

Source: opentensor/subtensor @14bc6f9f pallets/subtensor/src/coinbase/run_coinbase.rs.
"""

from collections.abc import Sequence

from aicrypto.subnet.economy import (
    Hotkey,
    alpha_split,
    block_emission,
    burn_after,
    epoch_due,
    root_proportion,
    validator_dividends,
)
from aicrypto.subnet.fixed import over
from aicrypto.subnet.network.lending import consensus_stake, shared_with_parents
from aicrypto.subnet.network.state import POT, LiveSubnet
from aicrypto.subnet.network.votes import commit_blocks, open_hidden
from aicrypto.subnet.yuma import Epoch, Stored, epoch


def advance(subnet: LiveSubnet, blocks: int = 1) -> None:
    """Lets blocks pass."""
    for _ in range(blocks):
        next_block(subnet)


def next_block(subnet: LiveSubnet, may_run: bool = True) -> bool:
    """Lets one block pass, and says whether an epoch ran in it.

    `may_run` is false where the chain has run as many epochs as it does in a block: then one that
    is due is put off by a block.
    """
    subnet.block += 1
    subnet.burn = burn_after(subnet.burn, 1)
    mint_alpha(subnet)
    since = subnet.block - subnet.last_epoch_block
    last = subnet.last_epoch_block
    due = epoch_due(subnet.rules.tempo, subnet.pending_epoch_at, since, last, subnet.block)
    subnet.pending_epoch_at = 0 if may_run or not due else subnet.block + 1
    open_hidden(subnet, len(subnet.epochs) + int(due))
    if due and may_run:
        run_epoch(subnet)
    return due and may_run


def run_epoch(subnet: LiveSubnet) -> Epoch:
    """Consensus on what is written now, and payment of the pot."""
    blocks = commit_blocks(subnet, len(subnet.epochs) + 1)
    stakes = [consensus_stake(subnet, place.hotkey) for place in subnet.seats.places]
    neurons = subnet.seats.neurons(stakes, blocks, subnet.owner_uid)
    rao = sum(subnet.pending.values())
    result = epoch(neurons, subnet.rules, subnet.block, rao, subnet.last_epoch_block)
    subnet.seats.store(result.stored, result.permits)
    _pay(subnet, result.stored)
    subnet.pending = dict.fromkeys(subnet.pending, 0)
    subnet.epochs.append(result)
    subnet.last_epoch_block = subnet.block
    return result


def mint_alpha(subnet: LiveSubnet) -> None:
    """One block's alpha: the owner's cut is paid, the rest waits; root's may not be kept."""
    issued = subnet.ledger.issued(subnet.token)
    root = root_proportion(sum(subnet.root_tao.values()), issued)
    split = alpha_split(block_emission(issued), root)
    subnet.ledger.mint(subnet.token, subnet.owner, split.owner)
    kept = {"server": split.server, "validator": split.validator}
    if subnet.root_kept:
        kept["root"] = split.root
    for part, rao in kept.items():
        subnet.pending[part] += rao
        subnet.ledger.mint(subnet.token, subnet.account(POT), rao)


def _pay(subnet: LiveSubnet, stored: Stored) -> None:
    """Moves the pot to those who earned it."""
    pots = subnet.pending
    _pay_miners(subnet, stored.server_rao)
    pot = pots["validator"] + (0 if any(stored.server_rao) else pots["server"])
    hotkeys = [place.hotkey for place in subnet.seats.places]
    earned = shared_with_parents(subnet, dict(zip(hotkeys, stored.validator_rao, strict=True)))
    stakes = [
        Hotkey(subnet.stake_of(name), subnet.root_tao.get(name, 0), rao)
        for name, rao in earned.items()
    ]
    dividends = validator_dividends(stakes, pot, pots["root"], subnet.terms.take_u16)
    for hotkey, paid in zip(earned, dividends, strict=True):
        _from_pot(subnet, subnet.coldkey_of(hotkey), paid.alpha_take + paid.root_take)
        _from_pot(subnet, hotkey, paid.alpha_nominators + paid.root_nominators)


def _pay_miners(subnet: LiveSubnet, server_rao: Sequence[int]) -> None:
    """Incentives; those of the owner's own hotkeys are burned, and counted."""
    withheld = 0
    for place, rao in zip(subnet.seats.places, server_rao, strict=True):
        if place.coldkey == subnet.owner:
            withheld += rao
        else:
            _from_pot(subnet, place.hotkey, rao)
    subnet.ledger.burn(subnet.token, subnet.account(POT), withheld)
    subnet.miner_burned = over(withheld, sum(server_rao))


def _from_pot(subnet: LiveSubnet, receiver: str, rao: int) -> None:
    subnet.ledger.move(subnet.token, subnet.account(POT), receiver, rao)
