"""How weights reach a live subnet: directly, by hash and reveal, or under a time-lock.

Each call checks as the chain does and changes nothing when it is refused. The 32 bytes of a hotkey,
which commits and payloads contain, are the hash of its name.

Source: opentensor/subtensor @14bc6f9f pallets/subtensor/src/subnets/weights.rs.
"""

from collections.abc import Sequence

from aicrypto.commit.hashes import sha256
from aicrypto.subnet import weights
from aicrypto.subnet.network.seats import Place
from aicrypto.subnet.network.state import Hidden, LiveSubnet
from aicrypto.subnet.refusals import HotKeyNotRegisteredInSubNet, Refusal
from aicrypto.subnet.weights import Call, Caller, Commit, timelock
from aicrypto.subnet.weights.setting import accepted


def key_of(hotkey: str) -> bytes:
    """The 32 bytes of a hotkey."""
    return sha256(hotkey.encode())


def set_weights(
    subnet: LiveSubnet, hotkey: str, uids: Sequence[int], values: Sequence[int]
) -> None:
    """Stores a row at once; Refusal by the chain's name."""
    call = Call(tuple(uids), tuple(values))
    caller, rules = _caller(subnet, hotkey), subnet.weight_rules()
    row = weights.set_weights(rules, caller, call, subnet.block)
    place = _place(subnet, hotkey)
    place.weights, place.last_update = row, subnet.block


def commit(subnet: LiveSubnet, hotkey: str, digest: bytes) -> None:
    """Queues the hash of a row; Refusal by the chain's name."""
    queue, rules = subnet.queues.get(hotkey, ()), subnet.weight_rules()
    now = len(subnet.epochs), subnet.block
    subnet.queues[hotkey] = weights.commit(rules, _caller(subnet, hotkey), queue, digest, *now)
    _place(subnet, hotkey).last_update = subnet.block


def reveal(subnet: LiveSubnet, hotkey: str, call: Call, salt: Sequence[int]) -> None:
    """Stores the row whose hash was committed; Refusal by the chain's name."""
    digest, queue = digest_of(subnet, hotkey, call, salt), subnet.queues.get(hotkey, ())
    rules, now = subnet.weight_rules(), (len(subnet.epochs), subnet.block)
    queue, row = weights.reveal(rules, _caller(subnet, hotkey), queue, call, digest, *now)
    subnet.queues[hotkey], _place(subnet, hotkey).weights = queue, row


def commit_hidden(
    subnet: LiveSubnet,
    hotkey: str,
    ciphertext: bytes,
    number: int,
    version: int = timelock.VERSION,
) -> None:
    """Queues a row that opens by itself when the beacon signs round `number`.

    Raises:
        Refusal: as for `commit`, or if the chain does not take such a ciphertext.
    """
    sealed = timelock.checked(ciphertext, version)
    epoch, block = len(subnet.epochs), subnet.block
    mine = [entry for entry in subnet.hidden if entry.hotkey == hotkey and entry.epoch == epoch]
    waiting = tuple(Commit(b"", entry.epoch, entry.block) for entry in mine)
    weights.commit(subnet.weight_rules(), _caller(subnet, hotkey), waiting, b"", epoch, block)
    subnet.hidden.append(Hidden(hotkey, sealed, number, epoch, block))
    _place(subnet, hotkey).last_update = block


def open_hidden(subnet: LiveSubnet, epoch: int) -> None:
    """Applies the rows that are due in this epoch, skips bad ones silently, drops late ones.

    A row whose round has not been signed waits for the next block of the same epoch.
    """
    waiting = []
    for entry in subnet.hidden:
        due = entry.epoch + subnet.terms.reveal_period
        signature = subnet.beacon(entry.round) if due == epoch else None
        if signature is not None:
            _apply(subnet, entry, signature)
        elif due >= epoch:
            waiting.append(entry)
    subnet.hidden = waiting


def commit_blocks(subnet: LiveSubnet, epoch: int) -> dict[str, int | None]:
    """The block of each hotkey's oldest vote that is still hidden."""
    rules, queues = subnet.weight_rules(), subnet.queues
    oldest = {hotkey: weights.earliest_block(rules, q, epoch) for hotkey, q in queues.items()}
    return oldest | {entry.hotkey: entry.block for entry in reversed(subnet.hidden)}


def digest_of(subnet: LiveSubnet, hotkey: str, call: Call, salt: Sequence[int]) -> bytes:
    """The hash that commits a hotkey to a call."""
    index = weights.netuid_index(subnet.netuid, call.mechanism)
    return weights.commit_hash(
        key_of(hotkey), index, call.uids, call.values, salt, call.version_key
    )


def _apply(subnet: LiveSubnet, entry: Hidden, signature: bytes) -> None:
    call = timelock.opened(entry.ciphertext, signature, key_of(entry.hotkey))
    uid = subnet.seats.uid_of(entry.hotkey)
    if call is None or uid is None:
        return
    try:
        row = accepted(subnet.weight_rules(), _caller(subnet, entry.hotkey), call, subnet.block)
    except Refusal:
        return
    subnet.seats.places[uid].weights = row


def _caller(subnet: LiveSubnet, hotkey: str) -> Caller:
    """Who calls, as the weight rules see it."""
    uid = subnet.seats.uid_of(hotkey)
    if uid is None:
        return Caller(None, False, 0, 0)
    place = subnet.seats.places[uid]
    return Caller(uid, place.permit, subnet.stake_of(hotkey), place.last_update)


def _place(subnet: LiveSubnet, hotkey: str) -> Place:
    uid = subnet.seats.uid_of(hotkey)
    if uid is None:
        raise HotKeyNotRegisteredInSubNet(hotkey)
    return subnet.seats.places[uid]
