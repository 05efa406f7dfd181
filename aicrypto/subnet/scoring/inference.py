"""Proof of inference (omron): a miner's answer comes with a proof, and its speed decides the rest.

A verified answer moves the score a tenth of the way to a target that falls with the response time;
one that fails takes two fifths away. A slow honest answer may lower a score, too: the target can be
below it. Source: inference-labs-inc/omron-subnet @77d542db (the reward is itself a circuit there).
"""

import math

LATEST = 0.99
STEEPNESS = 0.9
GAIN, LOSS = 0.1, 0.4


def omron_reward(
    maximum_score: float,
    previous_score: float,
    verified: bool,
    response_time: float,
    maximum_response_time: float,
    minimum_response_time: float,
) -> float:
    """The score after an answer that took `response_time` seconds.

    >>> omron_reward(1.0, 0.5, verified=False, response_time=2, maximum_response_time=10,
    ...              minimum_response_time=1)
    0.3
    """
    if not verified:
        return previous_score - LOSS * previous_score
    spread = maximum_response_time - minimum_response_time
    lateness = (response_time - minimum_response_time) / spread if spread else 0.0
    slow = _bend(min(max(lateness, 0.0), LATEST)) - _bend(0.0)
    kept = 1 - slow / (_bend(1.0) - _bend(0.0))
    target = maximum_score * min(max(kept, 0.0), 1.0)
    return previous_score + GAIN * (target - previous_score)


def _bend(x: float) -> float:
    return math.tan((x - 0.5) * math.pi * STEEPNESS)
