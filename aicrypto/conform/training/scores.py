"""Answers of training.openskill, training.gauntlet and training.verde."""

from typing import Any

from aicrypto.conform.encoding import unhex, unhex_all
from aicrypto.training import gauntlet, refereed
from aicrypto.training.gauntlet import Evaluation, Event, Payroll, Peer, Rating

Case = dict[str, Any]
KINDS = ("checkpoints", "operators")


def openskill(case: Case) -> Case:
    """Ratings and ordinals after one match."""
    ratings = [Rating(mu, sigma) for mu, sigma in case["ratings"]]
    rated = gauntlet.rate(ratings, case["scores"], case["beta"], case["tau"])
    return {
        "ratings": [[rating.mu, rating.sigma] for rating in rated],
        "ordinals": [gauntlet.ordinal(rating) for rating in rated],
    }


def scoring(case: Case) -> Case:
    """One function of the Gauntlet."""
    answers = {
        "sync_score": lambda c: {"score": gauntlet.sync_score(c["avg_steps_behind"])},
        "window": _window,
        "slash": _slash,
        "overlap": _overlap,
        "weights": _weights,
    }
    answer: Case = answers[case["fn"]](case)
    return answer


def _window(case: Case) -> Case:
    peers = {
        int(uid): Peer(known["binary_ma"], Rating(known["mu"], known["sigma"]), known["final"])
        for uid, known in case["state"].items()
    }
    evaluations = {
        e["uid"]: Evaluation(**{name: x for name, x in e.items() if name != "uid"})
        for e in case["evaluations"]
    }
    rules = (case["binary_alpha"], case["beta"], case["tau"])
    scored = peers | gauntlet.score_window(peers, evaluations, *rules)
    return {"peers": {str(uid): _peer(scored[uid]) for uid in evaluations}}


def _peer(peer: Peer) -> Case:
    return {
        "gradient_score": peer.gradient_score,
        "binary_ma": peer.binary_ma,
        "mu": peer.rating.mu,
        "sigma": peer.rating.sigma,
        "final": peer.final,
    }


def _slash(case: Case) -> Case:
    peer, trace = Peer(binary_ma=case["binary_ma"], final=case["final"]), []
    for event in case["events"]:
        details = {name: x for name, x in event.items() if name != "event"}
        peer = gauntlet.slash(peer, Event(event["event"], **details))
        trace.append([peer.final, peer.binary_ma])
    return {"trace": trace}


def _overlap(case: Case) -> Case:
    parameters = [
        {int(uid): chunks for uid, chunks in parameter["indices"].items()}
        for parameter in case["parameters"]
    ]
    found = gauntlet.find_overlaps(case["uids"], case["timestamps"], parameters, case["threshold"])
    return {
        "pairs": [list(pair) for pair in found.pairs],
        "offenders": {str(uid): offence.level for uid, offence in found.offenders.items()},
    }


def _weights(case: Case) -> Case:
    scores = {int(uid): x for uid, x in case["final_scores"].items()}
    others = {"fn", "n", "final_scores"}
    rules = Payroll(**{name: x for name, x in case.items() if name not in others})
    return {"weights": gauntlet.payroll(scores, case["n"], rules)}


def verde(case: Case) -> Case:
    """Where two training runs part, and who cheated there."""
    told = case["referee_output"]
    verdict = refereed.settle(
        _transcript(case, "A"), _transcript(case, "B"), lambda step, operator: unhex(told)
    )
    return {
        "step": verdict.step,
        "operator": verdict.operator,
        "step_rounds": verdict.step_rounds,
        "operator_rounds": verdict.operator_rounds,
        "cheater": verdict.cheater,
    }


def _transcript(case: Case, who: str) -> refereed.Transcript:
    checkpoints, operators = (unhex_all(case[f"{kind}_{who}"]) for kind in KINDS)
    return refereed.Transcript(tuple(checkpoints), tuple(operators))
