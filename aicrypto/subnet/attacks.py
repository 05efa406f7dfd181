"""Attacks on consensus, as numbers: what a cabal gets, and what a copier of weights loses.

    cabal     validators that vote for their own server alone; what they take jumps at kappa
    copier    a validator that writes what others wrote some epochs ago; being late costs bonds

Both are small stories played on the exact engine, with a scale and a clock that fit a lesson.
"""

from dataclasses import dataclass, replace

from aicrypto.subnet.fixed import U16_MAX
from aicrypto.subnet.yuma import Epoch, Neurons, Rows, Rules, after, epoch

RAO = 10**9
FIRST_BLOCK, STEP = 1360, 360
CABAL, CABAL_SERVER, CABAL_N = (2, 3), 8, 9
HONEST_ROWS = [[[4, 65535], [5, 65535], [6, 65535], [7, 65535], [8, 4096]]] * 2
STAKE = 1000
CABAL_EPOCHS, COPIER_EPOCHS = 5, 24
COPIER, COPIER_STAKES, SERVERS = 2, (450, 450, 100), (3, 4, 5)
MOVES_EVERY = 4  # epochs that one server is the best
BEST, OTHERS = U16_MAX, 6553
COPIER_TEMPO = 65534


@dataclass(frozen=True)
class Cabal:
    """Its part of the emission, and how much of its votes consensus accepted; 0..1 both."""

    share: float
    validator_trust: float


def cabal(honest: float, rules: Rules | None = None, n_epochs: int = CABAL_EPOCHS) -> Cabal:
    """What two validators and their server get where others hold `honest` of the stake."""
    stored = cabal_epoch(honest, rules, n_epochs).stored
    taken = sum(stored.rao[uid] for uid in (*CABAL, CABAL_SERVER))
    return Cabal(taken / sum(stored.rao), stored.validator_trust[CABAL[0]] / U16_MAX)


def cabal_epoch(honest: float, rules: Rules | None = None, n_epochs: int = CABAL_EPOCHS) -> Epoch:
    """The last of `n_epochs` epochs: validators 0 to 3, servers 4 to 8, the cabal's are 2, 3 and 8.

    Honest validators give four servers all they have, and the cabal's a sixty-fifth.
    """
    own = round(STAKE * honest) // 2
    stake = (own, own, STAKE // 2 - own, STAKE // 2 - own, *[0] * 5)
    rows = [*HONEST_ROWS, *[[[CABAL_SERVER, U16_MAX]]] * 2, *[[]] * 5]
    neurons = replace(
        Neurons.fresh(stake, (True,) * 4 + (False,) * 5),
        weights=Rows.of(rows),
        last_update=(FIRST_BLOCK,) * 4 + (1,) * 5,
    )
    rules = replace(rules or Rules(), max_allowed_validators=4)
    for number in range(n_epochs):
        result = epoch(neurons, rules, FIRST_BLOCK + STEP * number, RAO)
        neurons = after(neurons, result)
    return result


def copier(
    delay: int, rules: Rules | None = None, n_epochs: int = COPIER_EPOCHS, tempo: int = COPIER_TEMPO
) -> float:
    """The copier's dividends over its share of stake, on average from the first move on.

    The best of three servers changes every four epochs; two validators know at once, the third
    copies their rows of `delay` epochs ago. At the default tempo, that of the suites, all old bonds
    count as older than their miners and are dropped; at the chain's 360 they stay, and the copier
    loses less than half as much.
    """
    rules = replace(rules or Rules(), tempo=tempo, max_allowed_validators=3, alpha_low=OTHERS)
    n = len(COPIER_STAKES) + len(SERVERS)
    neurons = Neurons.fresh((*COPIER_STAKES, 0, 0, 0), (True,) * 3 + (False,) * 3)
    parts = []
    for number in range(n_epochs):
        block = FIRST_BLOCK + STEP * number
        fresh, stale = _row(number), _row(max(0, number - delay))
        neurons = replace(
            neurons,
            weights=Rows.of([fresh, fresh, stale, *[[]] * (n - 3)]),
            last_update=(block,) * 3 + (1,) * 3,
        )
        result = epoch(neurons, rules, block, RAO)
        neurons = after(neurons, result)
        parts.append(_part_of_copier(result))
    counted = parts[MOVES_EVERY:]
    return sum(counted) / len(counted) / (COPIER_STAKES[COPIER] / sum(COPIER_STAKES))


def _row(number: int) -> list[list[int]]:
    """What an honest validator writes in an epoch."""
    best = number // MOVES_EVERY % len(SERVERS)
    return [[uid, BEST if place == best else OTHERS] for place, uid in enumerate(SERVERS)]


def _part_of_copier(result: Epoch) -> float:
    dividends = result.dividends
    return float(dividends[COPIER] / dividends.sum())
