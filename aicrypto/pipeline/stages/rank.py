"""Stage 4, rank: validators score miners on held-out rows; the worst miner must go.

Each validator tests every miner on its own part of the held-out rows and hands in weights, at most
65,535 per miner. One validator is bribed and gives everything to one miner. Consensus caps each
weight at the highest value that validators with at least half of the stake support, so a minority
cannot lift anybody:

    consensus_j = max { w : stake of { i : W_ij >= w } >= kappa * total stake },   kappa = 1/2
    rank_j      = sum_i stake_i * min(W_ij, consensus_j)

All numbers are integers. Thin on purpose: the subnet room brings Yuma Consensus bit for bit (bonds,
dividends, emission, epochs). Source: Bittensor white paper section 3 (stake-weighted median clip).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aicrypto.evm import recover_signer
from aicrypto.pipeline.receipts import Conclusion, Facts, Inputs, Json, Stage, demand, encode
from aicrypto.pipeline.stages import dataset, train
from aicrypto.pipeline.stages.dataset import Dataset, Row
from aicrypto.pipeline.stages.features import features, labels
from aicrypto.pipeline.stages.train import Models
from aicrypto.pipeline.state import State

NAME = "rank"
MAX_WEIGHT = 65535
STAKES = {"val-1": 40, "val-2": 30, "val-3": 15, "val-4": 15}
BRIBED = "val-4"  # gives its whole weight to the miner that pays it
BRIBING = "drew"

Weights = dict[str, dict[str, int]]


@dataclass(frozen=True)
class Ranking:
    """What follows from the weights.

    Attributes:
        consensus: each miner's highest supported weight. rank: each miner's stake-weighted sum of
        capped weights. dividends: each validator's part of those sums: stake times the weight that
        consensus left it.
    """

    consensus: dict[str, int]
    rank: dict[str, int]
    dividends: dict[str, int]

    @property
    def order(self) -> list[str]:
        """Miners from best to worst; equal ranks by name."""
        return sorted(self.rank, key=lambda miner: (-self.rank[miner], miner))


def consensus_weight(weights: Sequence[int], stakes: Sequence[int]) -> int:
    """The highest weight that validators with at least half of the stake support.

    >>> consensus_weight([50, 40, 90], stakes=[40, 40, 20])
    50
    >>> consensus_weight([0, 0, 90], stakes=[40, 40, 20])
    0
    """
    half = sum(stakes) / 2
    supported = [
        level
        for level in weights
        if sum(s for w, s in zip(weights, stakes, strict=True) if w >= level) >= half
    ]
    return max(supported)


def rank(weights: Weights, stakes: Mapping[str, int]) -> Ranking:
    """Consensus over weights[validator][miner]."""
    miners = sorted(next(iter(weights.values())))
    consensus, ranks, dividends = {}, {}, dict.fromkeys(stakes, 0)
    for miner in miners:
        column = [weights[validator][miner] for validator in stakes]
        consensus[miner] = consensus_weight(column, list(stakes.values()))
        parts = {v: s * min(weights[v][miner], consensus[miner]) for v, s in stakes.items()}
        ranks[miner] = sum(parts.values())
        dividends = {v: dividends[v] + part for v, part in parts.items()}
    return Ranking(consensus, ranks, dividends)


def scores(rows: Sequence[Row], topics: Sequence[str], models: Models) -> dict[str, int]:
    """Rows that each miner's network classifies right."""
    x, y = features(rows, models.words), labels(rows, topics)
    return {name: network.correct(x, y) for name, network in models.networks.items()}


def share_of(rows: Sequence[Row], validator: str) -> list[Row]:
    """The held-out rows that a validator tests on: every fourth, another one for each."""
    return list(rows[list(STAKES).index(validator) :: len(STAKES)])


def to_weights(correct: Mapping[str, int]) -> dict[str, int]:
    """Weights that sum to at most 65,535, in proportion to the square of the score."""
    total = sum(n * n for n in correct.values()) or 1
    return {miner: MAX_WEIGHT * n * n // total for miner, n in correct.items()}


def run(state: State) -> State:
    """The state with the ranking and its receipt."""
    data, models = state.get(Dataset), state.get(Models)
    _, held_out = data.split()
    weights: Weights = {}
    for validator in STAKES:
        weights[validator] = to_weights(scores(share_of(held_out, validator), data.topics, models))
    weights[BRIBED] = dict.fromkeys(weights[BRIBED], 0) | {BRIBING: MAX_WEIGHT}
    commitments = state.receipts[-1].facts["commitments"]
    accounts = {name: state.chain.account(name) for name in STAKES}
    evidence = {
        "weights": weights,
        "validators": {name: account.address for name, account in accounts.items()},
        "signatures": {
            name: account.sign(_statement(weights[name], data.root.hex(), commitments)).hex()
            for name, account in accounts.items()
        },
        "correct": scores(held_out, data.topics, models),
        "n_held_out": len(held_out),
    }
    return state.publish(STAGE, rank(weights, STAKES), evidence)


def conclude(evidence: Json, facts: Facts, inputs: Inputs) -> Conclusion:
    """Validators signed their weights, most by what they measured; the ranking follows."""
    weights, commitments = evidence["weights"], facts["train"]["commitments"]
    demand(set(weights) == set(evidence["validators"]) == set(STAKES), "other validators")
    for name, address in evidence["validators"].items():
        _check_weights(name, weights[name], set(commitments))
        statement = _statement(weights[name], facts["dataset"]["root"], commitments)
        signer = recover_signer(statement, bytes.fromhex(evidence["signatures"][name]))
        demand(signer == address, f"{name} did not sign these weights")
    _check_scores(evidence, facts, inputs)
    ranking = rank(weights, STAKES)
    best, worst = ranking.order[0], ranking.order[-1]
    right, n_rows = evidence["correct"][best], evidence["n_held_out"]
    return Conclusion(
        f"of {len(commitments)} miners {best} is best, with {right} of {n_rows} held-out rows"
        f" right; {worst} is deregistered",
        {
            "winner": best,
            "deregistered": worst,
            "consensus": ranking.consensus,
            "rank": ranking.rank,
            "dividends": ranking.dividends,
            "validators": evidence["validators"],
            "correct": evidence["correct"],
            "n_held_out": n_rows,
        },
    )


def _check_weights(validator: str, given: Mapping[str, int], miners: set[str]) -> None:
    """Refuses weights that leave a miner out, or are no whole numbers below 65,536 together."""
    demand(set(given) == miners, f"{validator} weighs other miners")
    whole = all(type(weight) is int and weight >= 0 for weight in given.values())
    demand(whole and sum(given.values()) <= MAX_WEIGHT, f"{validator}'s weights are out of range")


def _check_scores(evidence: Json, facts: Facts, inputs: Inputs) -> None:
    """The stated scores can be measured again, and most of the stake weighed by them."""
    rows, trained = inputs.get("dataset"), inputs.get("train")
    if rows is None or trained is None:
        return
    _, held_out = dataset.load(rows).split()
    models, topics = train.load(trained), facts["dataset"]["topics"]
    demand(scores(held_out, topics, models) == evidence["correct"], "the networks score otherwise")
    demand(len(held_out) == evidence["n_held_out"], "another number of held-out rows")

    def measured(validator: str) -> dict[str, int]:
        return to_weights(scores(share_of(held_out, validator), topics, models))

    honest = sum(
        stake for name, stake in STAKES.items() if evidence["weights"][name] == measured(name)
    )
    demand(2 * honest > sum(STAKES.values()), "most of the stake weighed otherwise")


def _statement(weights: Mapping[str, int], root: str, commitments: Mapping[str, str]) -> bytes:
    """What a validator signs: its weights, for these models and this data set."""
    said = {"weights": dict(weights), "root": root, "commitments": dict(commitments)}
    return b"aicrypto.weights.v1" + encode(said)


STAGE = Stage(
    NAME,
    assumes="validators are who they say; most of the stake is honest",
    run=run,
    conclude=conclude,
)
