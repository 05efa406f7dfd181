"""Proof of sampling: how often an answer must be checked at random so that cheating does not pay.

After each answer, with probability p, v validators are drawn and recompute it. A fraction r of all
validators colludes with the cheat; it is caught unless all v drawn ones do, so with chance
q = 1 - r^v. Honest work earns R - C. A cheat saves C, and loses reward and stake when caught:

    honest: R - C      cheating: R - p·q·(R + S)      honest is best  <=>  p > p* = C / (q (R + S))

The threshold does not depend on a validator's good will: that is the difference to the dilemma.

Money is in any one unit. Source: PoSP, arXiv 2405.00295, as used by spML.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Terms:
    """What is at stake when a job is done.

    Attributes:
        cost: C, of doing the job.
        reward: R, paid for an answer.
        slash: S, lost when caught.
        colluding: r, fraction of validators that cover up for the cheat, in 0..1.
        n_validators: v, drawn per check.
    """

    cost: float
    reward: float
    slash: float
    colluding: float
    n_validators: int

    def __post_init__(self) -> None:
        if not 0 <= self.colluding <= 1:
            raise ValueError(f"colluding is {self.colluding}, must be in 0..1")
        if self.n_validators < 0:
            raise ValueError(f"n_validators is {self.n_validators}, must be >= 0")

    @property
    def detection(self) -> float:
        """q: chance that a check finds a cheat."""
        return 1 - self.colluding**self.n_validators

    @property
    def threshold(self) -> float | None:
        """p*: the checking rate above which honesty is best; None if no rate suffices."""
        at_stake = self.detection * (self.reward + self.slash)
        if at_stake <= 0 or self.cost > at_stake:
            return None
        return self.cost / at_stake

    @property
    def honest_payoff(self) -> float:
        """Gain of who does the job."""
        return self.reward - self.cost

    def cheating_payoff(self, probability: float) -> float:
        """Expected gain of who answers without work, when checks come with this probability."""
        return self.reward - probability * self.detection * (self.reward + self.slash)

    def is_honesty_best(self, probability: float) -> bool:
        """Whether this checking rate lies above the threshold."""
        return self.threshold is not None and probability > self.threshold

    def checks_per_job(self, probability: float) -> float:
        """Recomputations per answer: what the security costs, in units of the job."""
        return probability * self.n_validators
