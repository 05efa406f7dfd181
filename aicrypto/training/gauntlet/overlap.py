"""Copies: two uploads that picked the same positions were hardly computed apart.

Of 64 positions out of 4,096 two independent peers share few. For a pair of peers and a parameter
the overlap is the part of positions that both picked, averaged over chunks; over parameters it is
averaged by their numbers of positions. At a threshold or above, the later upload is the offender
(at equal times, the one listed first).

Source: tplr-ai/templar @c2397ac5 src/tplr/neurons.py.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

THRESHOLD = 0.4
LEVELS = ((0.6, "mega"), (0.5, "max"), (THRESHOLD, "high"))

Chunks = Sequence[Sequence[int]]  # positions picked in each chunk


@dataclass(frozen=True)
class Offence:
    """How large an offender's overlap is, and its level."""

    overlap: float
    level: str


@dataclass(frozen=True)
class Overlaps:
    """Pairs (uid, uid, overlap) at the threshold or above, and who is to blame."""

    pairs: tuple[tuple[int, int, float], ...]
    offenders: dict[int, Offence]


def overlap_level(overlap: float) -> str:
    """ "high" from 0.4 on, "max" from 0.5, "mega" from 0.6; "" below."""
    return next((level for least, level in LEVELS if overlap >= least), "")


def find_overlaps(
    uids: Sequence[int],
    timestamps: Sequence[float],
    parameters: Sequence[Mapping[int, Chunks]],
    threshold: float = THRESHOLD,
) -> Overlaps:
    """Pairs in the order of the uids; a later pair overwrites an offender's level.

    Args:
        uids: of the peers.
        timestamps: of their uploads.
        parameters: for each parameter, what each uid picked.
        threshold: least overlap that is an offence.
    """
    times = dict(zip(uids, timestamps, strict=True))
    pairs, offenders = [], dict[int, Offence]()
    for one, other in combinations(uids, 2):
        value = _overlap(one, other, parameters)
        if value < threshold:
            continue
        pairs.append((one, other, value))
        later = other if times[other] > times[one] else one
        offenders[later] = Offence(value, overlap_level(value))
    return Overlaps(tuple(pairs), offenders)


def _overlap(one: int, other: int, parameters: Sequence[Mapping[int, Chunks]]) -> float:
    shared = picked = 0
    for chunks_of in parameters:
        for mine, theirs in zip(chunks_of[one], chunks_of[other], strict=True):
            shared += len(set(mine) & set(theirs))
            picked += len(mine)
    return shared / picked if picked else 0.0
