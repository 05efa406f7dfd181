"""Answers of the suite bittensor.scoring: `fn` names the function."""

from collections.abc import Callable
from typing import Any

from aicrypto.subnet import scoring as s

Json = dict[str, Any]


def scoring(case: Json) -> Json:
    """Suite bittensor.scoring; floats within the case's tolerance."""
    given = {name: value for name, value in case.items() if name != "fn"}
    return _FUNCTIONS[case["fn"]](given)


def _tier(c: Json) -> Json:
    name, factor = s.tier(**c)
    return {"tier": name, "factor": factor}


def _win_rate(c: Json) -> Json:
    lead = s.Lead(c["epsilon"], c["epsilon_min"], c["decay_start"], c["decay_period"])
    standing = s.tournament(c["losses"], c["blocks"], c["current_block"], lead, c["temperature"])
    return vars(standing)


def _scraping(c: Json) -> Json:
    samples = [s.Sample(result["bytes"], result["valid"]) for result in c["results"]]
    state = c["raw"], c["previous_raw"], c["credibility"]
    credibility, score = s.scraping_score(*state, samples, c["s3_boost"], c["s3_credibility"])
    return {"credibility": credibility, "score": score}


def _on_demand_penalty(c: Json) -> Json:
    credibility, score = s.on_demand_penalty(**c)
    return {"credibility": credibility, "score": score}


def _text_score(c: Json) -> Json:
    similarity, score = s.text_score(**c)
    return {"similarity": similarity, "score": score}


_FUNCTIONS: dict[str, Callable[[Json], Json]] = {
    "omron_reward": lambda c: {"score": s.omron_reward(**c)},
    "filetao_wilson": lambda c: {"score": s.wilson_score(**c)},
    "filetao_tier": _tier,
    "filetao_scale_rewards": lambda c: {"rewards": s.scaled_rewards(**c)},
    "nous_win_rate": _win_rate,
    "data_universe_score": _scraping,
    "data_universe_ondemand_penalty": _on_demand_penalty,
    "cortex_text_score": _text_score,
    "cortex_embedding_score": lambda c: {"score": s.embedding_score(**c)},
}
