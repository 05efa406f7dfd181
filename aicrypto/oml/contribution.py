"""Who made how much of a model's value: Shapley shares, leave-one-out, and a pool split by them.

A model is built from contributions: data sets, compute, parent models. `values[S]` says what the
model built from the subset S is worth, where S is a bit mask and bit i stands for player i. What is
player i's due? *Leave-one-out* looks at what is lost without it, and gives two copies of the same
data nothing each. *Shapley* averages what i adds over all orders in which the players could have
come; it is the only rule that pays out everything, nothing for nothing, and equals equally.

Numbers are rational, read from the decimal text of the values: 0.1 means one tenth.

Source: L. Shapley 1953, "A value for n-person games".
"""

import math
from collections.abc import Callable, Sequence
from fractions import Fraction

MAX_PLAYERS = 20  # 2^20 models to value


def table(players: int, value: Callable[[frozenset[int]], float]) -> list[float]:
    """`value` of every subset of the players, by bit mask: 2^players calls."""
    _check_players(players, 2**players)
    sets = (frozenset(i for i in range(players) if s >> i & 1) for s in range(2**players))
    return [value(subset) for subset in sets]


def shapley(players: int, values: Sequence[float]) -> list[Fraction]:
    """Sum over S without i of |S|! (n-|S|-1)! / n! * (v(S+i) - v(S)), per player i.

    Raises:
        ValueError: if there are not 2^players values.

    >>> shapley(2, [0, 1, 3, 4])
    [Fraction(1, 1), Fraction(3, 1)]
    """
    worth = _exact(players, values)
    weight = [
        Fraction(math.factorial(k) * math.factorial(players - k - 1), math.factorial(players))
        for k in range(players)
    ]
    shares = [Fraction(0)] * players
    for i in range(players):
        for s in range(2**players):
            if not s >> i & 1:
                shares[i] += weight[s.bit_count()] * (worth[s | 1 << i] - worth[s])
    return shares


def leave_one_out(players: int, values: Sequence[float]) -> list[Fraction]:
    """v(all) - v(all without i), per player i; errors as in `shapley`."""
    worth = _exact(players, values)
    everybody = 2**players - 1
    return [worth[everybody] - worth[everybody ^ 1 << i] for i in range(players)]


def split(pool: int, shares: Sequence[Fraction]) -> list[int]:
    """The pool in whole units by shares: floors, then one unit each to the largest remainders.

    Negative shares count as 0; ties go to the lower index. The parts sum to the pool, unless no
    share is positive: then nobody is paid.

    >>> split(10, [Fraction(1, 3)] * 3)
    [4, 3, 3]
    """
    if pool < 0:
        raise ValueError(f"pool is {pool}, must be at least 0")
    weights = [max(share, Fraction(0)) for share in shares]
    total = sum(weights)
    if not total:
        return [0] * len(weights)
    exact = [pool * weight / total for weight in weights]
    paid = [math.floor(part) for part in exact]
    by_remainder = sorted(range(len(paid)), key=lambda i: (paid[i] - exact[i], i))
    for i in by_remainder[: pool - sum(paid)]:
        paid[i] += 1
    return paid


def _exact(players: int, values: Sequence[float]) -> list[Fraction]:
    _check_players(players, len(values))
    return [Fraction(str(value)) for value in values]


def _check_players(players: int, n_values: int) -> None:
    if not 1 <= players <= MAX_PLAYERS:
        raise ValueError(f"players is {players}, must be in 1..{MAX_PLAYERS}")
    if n_values != 2**players:
        raise ValueError(f"values has {n_values} entries, must have 2^{players}")
