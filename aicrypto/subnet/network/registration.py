"""Coming in and being replaced: a place costs TAO, which buys alpha, which is destroyed.

A full subnet gives the place of its lowest earner to the newcomer. Weights, bonds and hidden votes
of whoever leaves are gone; its stake stays its own.

Source: opentensor/subtensor @14bc6f9f pallets/subtensor/src/subnets/registration.rs.
"""

from aicrypto.subnet import refusals
from aicrypto.subnet.economy import burn_bumped, buy, prune_uid
from aicrypto.subnet.network.ledger import TAO
from aicrypto.subnet.network.seats import Place
from aicrypto.subnet.network.state import POOL, LiveSubnet


def register(subnet: LiveSubnet, hotkey: str, coldkey: str, most: int | None = None) -> int:
    """The uid of a new neuron; `most` is the highest burn that the caller accepts.

    Raises:
        Refusal: SubNetRegistrationDisabled, HotKeyAlreadyRegisteredInSubNet,
            RegistrationPriceLimitExceeded, NoNeuronIdAvailable or NotEnoughBalanceToStake.
    """
    if not subnet.terms.registration_open:
        raise refusals.SubNetRegistrationDisabled(f"subnet {subnet.netuid} is closed")
    if subnet.seats.uid_of(hotkey) is not None:
        raise refusals.HotKeyAlreadyRegisteredInSubNet(hotkey)
    if most is not None and subnet.burn > most:
        raise refusals.RegistrationPriceLimitExceeded(f"burn is {subnet.burn}, at most {most}")
    uid = _place_to_take(subnet)
    _pay_burn(subnet, coldkey)
    subnet.burn = burn_bumped(subnet.burn)
    if uid is not None:
        _forget(subnet, subnet.seats.places[uid].hotkey)
    return subnet.seats.sit(uid, Place(hotkey, coldkey, subnet.block))


def next_to_go(subnet: LiveSubnet) -> int | None:
    """The uid that the next newcomer of a full subnet replaces, or None."""
    owner = subnet.owner_uid
    immortal = set() if owner is None else {owner}
    terms, seats = subnet.terms, subnet.seats.for_pruning()
    return prune_uid(seats, subnet.block, terms.immunity, terms.min_non_immune, immortal)


def _place_to_take(subnet: LiveSubnet) -> int | None:
    """None while there is room, else the uid to replace."""
    if len(subnet.seats.places) < subnet.terms.max_uids:
        return None
    uid = next_to_go(subnet)
    if uid is None:
        raise refusals.NoNeuronIdAvailable(f"subnet {subnet.netuid} is full of immune neurons")
    return uid


def _pay_burn(subnet: LiveSubnet, coldkey: str) -> None:
    """TAO of the coldkey goes into the pool; the alpha that it buys is burned."""
    pool_account = subnet.account(POOL)
    subnet.ledger.move(TAO, coldkey, pool_account, subnet.burn)
    subnet.pool = buy(subnet.pool, subnet.burn, fee_u16=0).pool
    surplus = subnet.ledger.balance(subnet.token, pool_account) - subnet.pool.alpha
    subnet.ledger.burn(subnet.token, pool_account, surplus)


def _forget(subnet: LiveSubnet, hotkey: str) -> None:
    """Takes back what a leaving hotkey has hidden."""
    subnet.queues.pop(hotkey, None)
    subnet.hidden = [entry for entry in subnet.hidden if entry.hotkey != hotkey]
