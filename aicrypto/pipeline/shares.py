"""How the reward is shared out: one rule, applied when the job is settled and when it is proven."""

from collections.abc import Mapping

# Shares of the reward in percent; what rounding leaves goes to the coordinator with the rest.
SHARES = {"nodes": 30, "miners": 40, "validators": 20}


def in_proportion(amounts: Mapping[str, int], wei: int) -> dict[str, int]:
    """`wei` split in proportion to the amounts, each share rounded down.

    >>> in_proportion({"a": 2, "b": 1}, 10)
    {'a': 6, 'b': 3}
    """
    total = sum(amounts.values())
    return {name: wei * amount // total if total else 0 for name, amount in amounts.items()}
