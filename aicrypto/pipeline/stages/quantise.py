"""Stage 5, quantise: the winner becomes an int8 network, and its digest goes on chain.

From here on the model is a fixed list of integers: it gives the same answer on every machine, so
that an answer can be proved and a false one be found out.
"""

from aicrypto.pipeline.receipts import Conclusion, Facts, Inputs, Json, Stage, demand
from aicrypto.pipeline.stages import dataset, train
from aicrypto.pipeline.stages.dataset import Dataset
from aicrypto.pipeline.stages.features import SCALE, features, labels
from aicrypto.pipeline.stages.int8 import IntegerNetwork, quantise
from aicrypto.pipeline.stages.rank import Ranking
from aicrypto.pipeline.stages.train import Models
from aicrypto.pipeline.state import State

NAME = "quantise"


def quantised(winner: str, data: Dataset, models: Models) -> tuple[IntegerNetwork, int]:
    """The winner's int8 network, calibrated on the training rows, and its held-out score."""
    train_rows, held_out = data.split()
    x = features(train_rows, models.words)
    network = quantise(models.networks[winner].layers, x, SCALE)
    return network, network.correct(features(held_out, models.words), labels(held_out, data.topics))


def run(state: State) -> State:
    """The state with the winner's int8 network, its digest on chain, and the receipt."""
    winner = state.get(Ranking).order[0]
    network, correct = quantised(winner, state.get(Dataset), state.get(Models))
    state.job.post_model(network.digest)
    return state.publish(STAGE, network, {"layers": network.to_json(), "correct": correct})


def conclude(evidence: Json, facts: Facts, inputs: Inputs) -> Conclusion:
    """The network is what quantising the winner gives, and scores as stated."""
    network, ranked = IntegerNetwork.from_json(evidence["layers"]), facts["rank"]
    rows, trained = inputs.get("dataset"), inputs.get("train")
    if rows is not None and trained is not None:
        expected, correct = quantised(ranked["winner"], dataset.load(rows), train.load(trained))
        demand(network.digest == expected.digest, "quantising the winner gives another network")
        demand(evidence["correct"] == correct, "the network scores otherwise")
    right, as_float = evidence["correct"], ranked["correct"][ranked["winner"]]
    return Conclusion(
        f"{ranked['winner']}'s network in int8 gets {right} of {ranked['n_held_out']} held-out"
        f" rows right ({as_float} as float)",
        {"digest": network.digest.hex(), "winner": ranked["winner"], "correct": right},
    )


STAGE = Stage(
    NAME,
    assumes="SHA-256 is collision resistant",
    run=run,
    conclude=conclude,
)
