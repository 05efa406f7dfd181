"""Commit-reveal: a validator publishes a hash of its weights now, and the weights an epoch later.

Who copies weights can only copy old ones: the chain shows a hash until the epoch in which the
weights count. A reveal is good in exactly one epoch, `period` after the commit's; later the commit
has expired. A commit counts as the time of the vote: who registers at a uid after it is not paid by
the vote for its predecessor.

    hash = blake2b-256(SCALE(hotkey, netuid index, uids, values, salt, version key))

Epochs are the subnet's own count. A call that fails changes nothing. Source: opentensor/subtensor
@14bc6f9f pallets/subtensor/src/subnets/weights.rs (do_commit_weights, do_reveal_weights,
get_commit_hash); SCALE: Parity's codec.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from aicrypto.subnet import refusals
from aicrypto.subnet.weights.setting import Call, Caller, Row, WeightRules, accepted, too_fast

HASH_BYTES = 32
HOTKEY_BYTES = 32
MAX_COMMITS = 10
MECHANISM_STEP = 4096  # netuid index = netuid + 4096 · mechanism
COMPACT_LIMITS = ((1 << 6, 1, 0), (1 << 14, 2, 1), (1 << 30, 4, 2))  # below, bytes, mode


@dataclass(frozen=True)
class Commit:
    """A hash that waits for its weights, with the epoch and block that it was made in."""

    digest: bytes
    epoch: int
    block: int


Queue = tuple[Commit, ...]  # oldest first


def commit_hash(
    hotkey: bytes,
    netuid_index: int,
    uids: Sequence[int],
    values: Sequence[int],
    salt: Sequence[int],
    version_key: int,
) -> bytes:
    """The 32 bytes that hide weights; `salt` is what makes them unguessable.

    Raises:
        ValueError: if the hotkey has not 32 bytes.
        OverflowError: if a number is negative or has too many bits.
    """
    if len(hotkey) != HOTKEY_BYTES:
        raise ValueError(f"hotkey has {len(hotkey)} bytes, must be {HOTKEY_BYTES}")
    vectors = b"".join(scale_vector(v) for v in (uids, values, salt))
    message = hotkey + netuid_index.to_bytes(2, "little") + vectors
    message += version_key.to_bytes(8, "little")
    return hashlib.blake2b(message, digest_size=HASH_BYTES).digest()


def scale_vector(numbers: Sequence[int]) -> bytes:
    """A list of u16 in SCALE: its length, compact, then two bytes each.

    >>> scale_vector([1, 256]).hex()
    '0801000001'
    """
    return scale_compact(len(numbers)) + b"".join(n.to_bytes(2, "little") for n in numbers)


def scale_compact(n: int) -> bytes:
    """A length in 1, 2 or 4 bytes, whose lowest two bits tell which.

    Raises:
        ValueError: if it is 2^30 or more.
    """
    for limit, size, mode in COMPACT_LIMITS:
        if 0 <= n < limit:
            return (n << 2 | mode).to_bytes(size, "little")
    raise ValueError(f"length is {n}, must be below {COMPACT_LIMITS[-1][0]}")


def netuid_index(netuid: int, mechanism: int = 0) -> int:
    """The number under which a subnet's mechanism keeps its weights."""
    return netuid + MECHANISM_STEP * mechanism


def commit(
    rules: WeightRules, caller: Caller, queue: Queue, digest: bytes, epoch: int, block: int
) -> Queue:
    """The queue with a commit at its end; whoever keeps it sets last_update to `block`.

    Raises:
        Refusal: CommitRevealDisabled, HotKeyNotRegisteredInSubNet, CommittingWeightsTooFast or
            TooManyUnrevealedCommits.
    """
    if not rules.commit_reveal:
        raise refusals.CommitRevealDisabled(f"subnet {rules.netuid} takes weights directly")
    if caller.uid is None:
        raise refusals.HotKeyNotRegisteredInSubNet("the caller has no uid")
    if too_fast(rules, caller.last_update, block):
        raise refusals.CommittingWeightsTooFast(f"last at {caller.last_update}, now {block}")
    waiting = queue[_n_expired(rules, queue, epoch) :]
    if len(waiting) >= MAX_COMMITS:
        raise refusals.TooManyUnrevealedCommits(f"{len(waiting)} commits wait")
    return (*waiting, Commit(digest, epoch, block))


def reveal(
    rules: WeightRules,
    caller: Caller,
    queue: Queue,
    call: Call,
    digest: bytes,
    epoch: int,
    block: int,
) -> tuple[Queue, Row]:
    """The queue after the revealed commit, and the row to store; last_update stays.

    `digest` is the `commit_hash` of the call.

    Raises:
        Refusal: a name of this module's, or of `setting.set_weights`.
    """
    if not rules.commit_reveal:
        raise refusals.CommitRevealDisabled(f"subnet {rules.netuid} takes weights directly")
    n_expired = _n_expired(rules, queue, epoch)
    late, waiting = [c.digest for c in queue[:n_expired]], [c.digest for c in queue[n_expired:]]
    if digest not in waiting:
        raise _not_waiting(digest, late, waiting)
    place = n_expired + waiting.index(digest)
    due = queue[place].epoch + rules.reveal_period
    if epoch != due:
        raise refusals.RevealTooEarly(f"epoch is {epoch}, the reveal is due in {due}")
    return queue[place + 1 :], accepted(rules, caller, call, block)


def earliest_block(rules: WeightRules, queue: Queue, epoch: int) -> int | None:
    """The block of the oldest commit that has not expired: the time of a vote still hidden."""
    waiting = queue[_n_expired(rules, queue, epoch) :]
    return waiting[0].block if waiting else None


def _not_waiting(digest: bytes, late: list[bytes], waiting: list[bytes]) -> refusals.Refusal:
    """Why there is no such commit to reveal."""
    if digest in late:
        return refusals.ExpiredWeightCommit("the commit was to be revealed in an earlier epoch")
    if not waiting:
        return refusals.NoWeightsCommitFound("no commit waits")
    return refusals.InvalidRevealCommitHashNotMatch(f"none of {len(waiting)} commits has the hash")


def _n_expired(rules: WeightRules, queue: Queue, epoch: int) -> int:
    """How many commits at the front are past their epoch."""
    for count, waiting in enumerate(queue):
        if epoch <= waiting.epoch + rules.reveal_period:
            return count
    return len(queue)
