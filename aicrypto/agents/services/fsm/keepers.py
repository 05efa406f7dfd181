"""The keeper: which operator sends the transaction that all have agreed on.

One must send it, and whoever may choose the keeper may choose himself: a keeper sees the
transaction first, can hold it back, and may be paid for it. So the choice is a shuffle seeded by
randomness that nobody controls (a public beacon's, agreed on in a round of its own), and an
operator that fails goes on a blacklist.

The shuffle is CPython's, seeded by a float, because the deployed one is. One deployed fault is
kept: a blacklisted *current* keeper is looked for in a list without him, which raises.
Source: valory-xyz/open-autonomy@b37bc34d, abstract_round_abci/common.py, behaviour only.
"""

import random
from collections.abc import Collection

MOST = 2**256 - 1


def select_keeper(
    participants: Collection[str],
    blacklisted: Collection[str],
    randomness: str,
    current: str | None = None,
) -> str:
    """The keeper: first of the shuffled participants, or the one after the current one.

    `randomness` is up to 32 bytes as hex without 0x.

    Raises:
        RuntimeError: if everybody is blacklisted.
        ValueError: if the randomness is no hex, or the current keeper is blacklisted.

    >>> select_keeper(["a", "b", "c", "d"], [], "11" * 32)
    'd'
    """
    order = sorted(set(participants) - set(blacklisted))
    if not order:
        raise RuntimeError("every keeper is blacklisted: nobody can send")
    random.Random(int(randomness, 16) / MOST).shuffle(order)
    if current is None or len(participants) < 2:
        return order[0]
    return order[(order.index(current) + 1) % len(order)]
