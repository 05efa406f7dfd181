"""Credibility times volume (data-universe): how much data, and how often it was found to be true.

Validators scrape a sample again. A miner's credibility is a slow average of what was confirmed, and
enters with the power 2.5: claiming much and holding little pays nothing. Who suddenly claims more
has to prove it anew. Source: macrocosm-os/data-universe @0047c2ed.
"""

from collections.abc import Sequence
from dataclasses import dataclass

POWER = 2.5
NEW_PART = 0.15
ON_DEMAND_PENALTY = 0.075


@dataclass(frozen=True)
class Sample:
    """One piece of data that a validator scraped again: its size, and whether it was the same."""

    n_bytes: float
    valid: bool


def scraping_score(
    raw: float,
    previous_raw: float,
    credibility: float,
    samples: Sequence[Sample],
    s3_boost: float = 0.0,
    s3_credibility: float = 0.0,
) -> tuple[float, float]:
    """Credibility and score after samples were checked; `raw` is the value of all data claimed."""
    if raw > previous_raw > 0:
        credibility *= (previous_raw / raw) ** (1 / POWER)
    total = sum(sample.n_bytes for sample in samples)
    confirmed = sum(sample.n_bytes for sample in samples if sample.valid)
    found = confirmed / total if total else 0.0
    credibility = NEW_PART * found + (1 - NEW_PART) * credibility
    return credibility, (raw + s3_boost * s3_credibility) * credibility**POWER


def on_demand_penalty(credibility: float, score: float, factor: float) -> tuple[float, float]:
    """Credibility and score after a request that was not served."""
    left = max(credibility - ON_DEMAND_PENALTY * factor, 0.0)
    return left, score * (left / credibility) ** POWER if credibility else 0.0
