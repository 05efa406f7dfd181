"""The verifier's dilemma: who checks when nobody cheats?

Checking costs c; catching a cheat earns the bond reward B, shared by all who caught it. If nobody
cheats, checking only costs, so nobody checks; then cheating pays. The market settles where both are
indifferent, and neither rate is zero: *some* claims are false and nobody looks.

    a verifier is indifferent:   x · B · E[share] = c          x: rate of cheating
    a proposer is indifferent:   (1-y)^n · G = (1 - (1-y)^n) · L      y: rate of checking

with n verifiers, G won by a cheat that passes, L lost by one that is caught. An attention challenge
pays for checking even where nothing is found: with expected penalty a for not having checked, the
first line becomes x · B · E[share] + a = c. If a >= c everybody checks and nobody cheats.

Rates are in 0..1, money in any one unit. `simulate` lets both sides learn from what paid last time.
"""

from dataclasses import dataclass
from math import isfinite

import numpy as np
from jaxtyping import Float

SMALLEST_RATE = 1e-4  # somebody always tries: a rate of exactly zero could never grow again
SUMS = "check_cost", "catch_reward", "cheat_gain", "cheat_loss", "attention_penalty"
HALVINGS = 60  # of the interval 0..1, down to a float's last bits


@dataclass(frozen=True)
class Market:
    """Who can gain what.

    Attributes:
        n_verifiers: n.
        check_cost: c.
        catch_reward: B, shared among all who catch the same cheat.
        cheat_gain: G.
        cheat_loss: L.
        attention_penalty: a, expected loss per claim of a verifier that does not check.

    Raises:
        ValueError: if there is no verifier or no reward, nothing is at stake, or a sum is negative.
    """

    n_verifiers: int
    check_cost: float
    catch_reward: float
    cheat_gain: float
    cheat_loss: float
    attention_penalty: float = 0.0

    def __post_init__(self) -> None:
        if self.n_verifiers < 1:
            raise ValueError(f"n_verifiers is {self.n_verifiers}, must be >= 1")
        for name in SUMS:
            if not (isfinite(getattr(self, name)) and getattr(self, name) >= 0):
                raise ValueError(f"{name} is {getattr(self, name)}, must be finite and >= 0")
        if self.catch_reward == 0:
            raise ValueError("catch_reward is 0, must be > 0")
        if self.cheat_gain + self.cheat_loss == 0:
            raise ValueError("cheat_gain and cheat_loss are 0, something must be at stake")

    def caught(self, check_rate: float) -> float:
        """Chance that somebody catches a cheat."""
        return float(1 - (1 - check_rate) ** self.n_verifiers)

    def share(self, check_rate: float) -> float:
        """Expected part of the reward for one that checks, others doing so at `check_rate`."""
        if check_rate == 0:
            return 1.0
        return self.caught(check_rate) / (self.n_verifiers * check_rate)

    def checking_gain(self, cheat_rate: float, check_rate: float) -> float:
        """What checking a claim brings, compared with not checking it."""
        caught = cheat_rate * self.catch_reward * self.share(check_rate)
        return caught + self.attention_penalty - self.check_cost

    def cheating_gain(self, check_rate: float) -> float:
        """What a false claim brings, compared with a true one."""
        caught = self.caught(check_rate)
        return (1 - caught) * self.cheat_gain - caught * self.cheat_loss


def equilibrium(market: Market) -> tuple[float, float]:
    """Rates of cheating and of checking at which nobody gains by changing.

    Cheating is certain (rate 1) where checking does not pay often enough to stop it; then as many
    check as the reward can feed, nobody if it does not even pay for one.
    """
    if market.attention_penalty >= market.check_cost:
        return 0.0, 1.0
    at_stake = market.cheat_gain + market.cheat_loss
    check_rate = 1 - (market.cheat_loss / at_stake) ** (1 / market.n_verifiers)
    uncovered = market.check_cost - market.attention_penalty
    cheat_rate = uncovered / (market.catch_reward * market.share(check_rate))
    if cheat_rate <= 1:
        return cheat_rate, check_rate
    return 1.0, _fed(market, check_rate)


def _fed(market: Market, too_many: float) -> float:
    """The rate below `too_many` at which checking pays its cost though every claim is false.

    What checking brings falls with the rate, so halving finds it; 0 where it never pays.
    """
    if market.checking_gain(1.0, 0.0) <= 0:
        return 0.0
    low, high = 0.0, too_many
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        pays = market.checking_gain(1.0, middle) > 0
        low, high = (middle, high) if pays else (low, middle)
    return low


def simulate(
    market: Market, n_rounds: int, start: tuple[float, float] = (0.01, 0.9), speed: float = 1.0
) -> Float[np.ndarray, "rounds 2"]:
    """Rates of cheating and checking round by round, each growing as far as it paid.

    Replicator dynamics: a rate's odds are multiplied by exp(speed · gain), gains in units of the
    largest sum at stake. Shape (n_rounds, 2).
    """
    scale = max(market.cheat_gain, market.cheat_loss, market.catch_reward)
    rates = np.empty((n_rounds, 2))
    cheat, check = start
    for number in range(n_rounds):
        rates[number] = cheat, check
        gains = market.cheating_gain(check), market.checking_gain(cheat, check)
        cheat = _grown(cheat, speed * gains[0] / scale)
        check = _grown(check, speed * gains[1] / scale)
    return rates


def _grown(rate: float, log_factor: float) -> float:
    """A rate whose odds are multiplied by exp(log_factor), kept away from 0 and 1."""
    odds = rate / (1 - rate) * float(np.exp(log_factor))
    return min(1 - SMALLEST_RATE, max(SMALLEST_RATE, odds / (1 + odds)))
