"""What validators compute before they set weights: six families of real subnets."""

from aicrypto.subnet.scoring.inference import omron_reward
from aicrypto.subnet.scoring.replay import frames_digest, generate, replay_score
from aicrypto.subnet.scoring.scraping import Sample, on_demand_penalty, scraping_score
from aicrypto.subnet.scoring.similarity import (
    embedding_score,
    image_score,
    text_score,
    text_similarity,
)
from aicrypto.subnet.scoring.storage import scaled_rewards, tier, wilson_score
from aicrypto.subnet.scoring.tournament import Lead, Standing, softmax, tournament

__all__ = [
    "Lead",
    "Sample",
    "Standing",
    "embedding_score",
    "frames_digest",
    "generate",
    "image_score",
    "omron_reward",
    "on_demand_penalty",
    "replay_score",
    "scaled_rewards",
    "scraping_score",
    "softmax",
    "text_score",
    "text_similarity",
    "tier",
    "tournament",
    "wilson_score",
]
