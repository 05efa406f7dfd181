"""What the network pays for and whom it trusts: reputation, routing, rewards, probes, farms."""

from aicrypto.crawl.incentives.bandwidth import Probe, measure
from aicrypto.crawl.incentives.farms import AccountTrace, find_farms
from aicrypto.crawl.incentives.reputation import Service, Standing, WeightsMustSumToOne, standing
from aicrypto.crawl.incentives.rewards import (
    DAILY_POINTS,
    Referrals,
    User,
    delegate,
    network_points,
    rank,
    referrals,
    router_reward,
)
from aicrypto.crawl.incentives.routing import Candidate, route
from aicrypto.crawl.incentives.shares import largest_remainder

__all__ = [
    "DAILY_POINTS",
    "AccountTrace",
    "Candidate",
    "Probe",
    "Referrals",
    "Service",
    "Standing",
    "User",
    "WeightsMustSumToOne",
    "delegate",
    "find_farms",
    "largest_remainder",
    "measure",
    "network_points",
    "rank",
    "referrals",
    "route",
    "router_reward",
    "standing",
]
