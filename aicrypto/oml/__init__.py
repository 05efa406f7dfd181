"""Ownable models: open to run, provably somebody's, and paying those who made them.

Fingerprints (`oml.fingerprints`) are secret questions that a model answers in a way nobody else's
would; attacks (`oml.attacks`) try to remove them; the licence (`oml.protocol`, contract
`ModelLicence`) commits to them, collects payment and slashes pirates; contribution and composition
say who gets what. It detects, it does not prevent.
"""

from aicrypto.oml.coalition import (
    STRATEGIES,
    Verdict,
    accuse,
    accuse_silent,
    answers,
    assign,
    fingerprints_for_coalition,
)
from aicrypto.oml.composition import CircularDebt, Debts, Task, settle
from aicrypto.oml.contribution import leave_one_out, shapley, split, table
from aicrypto.oml.tails import (
    MoreMatchesThanKeys,
    binomial_pvalue,
    matches_needed,
    poisson_binomial_pvalue,
)

__all__ = [
    "STRATEGIES",
    "CircularDebt",
    "Debts",
    "MoreMatchesThanKeys",
    "Task",
    "Verdict",
    "accuse",
    "accuse_silent",
    "answers",
    "assign",
    "binomial_pvalue",
    "fingerprints_for_coalition",
    "leave_one_out",
    "matches_needed",
    "poisson_binomial_pvalue",
    "settle",
    "shapley",
    "split",
    "table",
]
