"""Stage 6, quantise: the winner becomes an int8 network, and a commitment to it goes on chain.

From here on the model is a fixed list of integers: it gives the same answer on every machine, so
that an answer can be proved and a false one be found out. What goes on chain is the digest of a
commitment to the weights: 32 bytes by which answers can be checked without the weights.

The receipt holds the calibration report: how far each layer's integers reach on rows that nobody
trained on, and what the network gets right as float and as int8. Quantiser and commitment are those
of the zkML room.
"""

from aicrypto.pipeline.receipts import Conclusion, Facts, Inputs, Json, Stage, demand
from aicrypto.pipeline.stages import dataset, train
from aicrypto.pipeline.stages.dataset import Dataset
from aicrypto.pipeline.stages.features import SCALE, features, labels
from aicrypto.pipeline.stages.rank import Ranking
from aicrypto.pipeline.stages.train import Models
from aicrypto.pipeline.state import State
from aicrypto.zkml import CommittedModel, ModelCommitment, Network, commit
from aicrypto.zkml.importing import FloatLayer, FloatNetwork
from aicrypto.zkml.quantise import CalibrationReport, quantise, report

NAME = "quantise"


def quantised(winner: str, data: Dataset, models: Models) -> tuple[Network, CalibrationReport]:
    """The winner's int8 network, calibrated on the training rows, and its report on the others."""
    train_rows, held_out = data.split()
    layers = [FloatLayer(w.double(), b.double()) for w, b in models.networks[winner].layers]
    network = FloatNetwork(tuple(layers))
    made = quantise(network, features(train_rows, models.words) * SCALE, SCALE)
    x, y = features(held_out, models.words) * SCALE, labels(held_out, data.topics)
    return made.network, report(network, made, x, y)


def run(state: State) -> State:
    """The state with the winner's committed network, the digest on chain, and the receipt."""
    winner = state.get(Ranking).order[0]
    network, calibration = quantised(winner, state.get(Dataset), state.get(Models))
    model = commit(network)
    state.job.post_model(model.commitment.digest)
    evidence = {
        "network": network.to_bytes().hex(),
        "calibration": str(calibration).splitlines(),
        "correct": calibration.int8_correct,
    }
    return state.publish(STAGE, model, evidence)


def load(evidence: Json) -> CommittedModel:
    """The network in this stage's evidence, committed to."""
    return commit(Network.from_bytes(bytes.fromhex(evidence["network"])))


def commitment_in(facts: Facts) -> ModelCommitment:
    """The commitment that this stage's receipt holds: all that a verifier needs of the model."""
    held = facts[NAME]["commitment"]
    return ModelCommitment(
        tuple(held["dims"]),
        tuple(held["shifts"]),
        held["log_rows"],
        held["inv_rate"],
        held["queries"],
        bytes.fromhex(held["root"]),
    )


def conclude(evidence: Json, facts: Facts, inputs: Inputs) -> Conclusion:
    """The network is what quantising the winner gives, scores as stated, and is committed to."""
    model, ranked = load(evidence), facts["rank"]
    rows, trained = inputs.get("dataset"), inputs.get("train")
    if rows is not None and trained is not None:
        expected, calibration = quantised(ranked["winner"], dataset.load(rows), train.load(trained))
        same = model.network.digest == expected.digest
        demand(same, "quantising the winner gives another network")
        demand(evidence["correct"] == calibration.int8_correct, "the network scores otherwise")
        lines = str(calibration).splitlines()
        demand(evidence["calibration"] == lines, "the calibration is another one")
    right, as_float = evidence["correct"], ranked["correct"][ranked["winner"]]
    return Conclusion(
        f"{ranked['winner']}'s network in int8 gets {right} of {ranked['n_held_out']} held-out"
        f" rows right ({as_float} as float); its weights are committed to",
        {
            "digest": model.commitment.digest.hex(),
            "commitment": _public(model.commitment),
            "network": model.network.digest.hex(),
            "winner": ranked["winner"],
            "correct": right,
            "calibration": evidence["calibration"],
        },
    )


def _public(commitment: ModelCommitment) -> Json:
    """The commitment as JSON."""
    return {
        "dims": list(commitment.dims),
        "shifts": list(commitment.shifts),
        "log_rows": commitment.log_rows,
        "inv_rate": commitment.inv_rate,
        "queries": commitment.queries,
        "root": commitment.root.hex(),
    }


STAGE = Stage(
    NAME,
    assumes="SHA-256 is collision resistant",
    run=run,
    conclude=conclude,
)
