"""When an epoch is due, when a validator counts as inactive, and how mechanisms share a subnet.

A subnet may run up to two mechanisms, each with its own weights and epoch on a part of the
emission; what is stored for a uid is put together from both.

Blocks, rao, u16. Source: opentensor/subtensor @14bc6f9f pallets/subtensor/src/coinbase/
run_coinbase.rs (should_run_epoch), subnets/mechanism.rs.
"""

from collections.abc import Sequence

from aicrypto.subnet.fixed import U16_MAX, WIDE, over

CUTOFF_MILLI = 13_889
MILLI = 1000
MAX_TEMPO = 50_400
MAX_EPOCHS_PER_BLOCK = 2
WHOLE = 1 << WIDE


def activity_cutoff(tempo: int, factor_milli: int = CUTOFF_MILLI) -> int:
    """Blocks without new weights after which a validator is inactive: about 14 epochs.

    >>> activity_cutoff(360)
    5000
    """
    return max(1, factor_milli * tempo // MILLI)


def epoch_due(
    tempo: int, pending_at: int, blocks_since_last_step: int, last_epoch_block: int, block: int
) -> bool:
    """Whether an epoch should run in this block; `pending_at` is 0 unless one was deferred."""
    if tempo == 0:
        return False
    if pending_at > 0 and block >= pending_at:
        return True
    return blocks_since_last_step > MAX_TEMPO or max(0, block - last_epoch_block) >= tempo


def mechanism_split(alpha: int, mechanisms: int, split: Sequence[int] | None = None) -> list[int]:
    """Alpha of each mechanism: by u16 shares or evenly; the first takes what rounding leaves."""
    if split is None:
        parts = [alpha // mechanisms] * mechanisms
    else:
        shares = [*split, *[0] * mechanisms][:mechanisms]
        parts = [alpha * share // U16_MAX for share in shares]
    parts[0] += max(0, alpha - sum(parts))
    return parts


def mechanism_accumulate(existing: int, added: int, part: int, total: int, index: int) -> int:
    """A stored u16 after another mechanism's value is added, weighted by its part of emission."""
    weight = over(part, total, WIDE) if total else WHOLE * (index == 0)
    return min(((existing << WIDE) + added * weight) >> WIDE, U16_MAX)
