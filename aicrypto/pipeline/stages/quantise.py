"""Stage 9, quantise: the model becomes an int8 network, and a commitment to it goes on chain.

From here on the model is a fixed list of integers: it gives the same answer on every machine, so
that an answer can be proved and a false one be found out. What goes on chain is the digest of a
commitment to the weights: 32 bytes by which answers can be checked without the weights.

The receipt holds the calibration report: how far each layer's integers reach on rows that nobody
trained on, and what the network gets right as float and as int8; and how many of its owner's marks
it still bears, since a thief would quantise, too. Quantiser and commitment are those of the zkML
room.
"""

from collections.abc import Sequence

import torch

from aicrypto.pipeline.receipts import Conclusion, Facts, Inputs, Json, Stage, demand
from aicrypto.pipeline.stages import dataset, marks, own, train
from aicrypto.pipeline.stages.dataset import Dataset
from aicrypto.pipeline.stages.features import SCALE, features, labels
from aicrypto.pipeline.stages.own import Owned
from aicrypto.pipeline.stages.train import Models
from aicrypto.pipeline.state import State
from aicrypto.zkml import CommittedModel, ModelCommitment, Network, commit
from aicrypto.zkml.importing import FloatLayer, FloatNetwork
from aicrypto.zkml.quantise import CalibrationReport, quantise, report

NAME = "quantise"


def quantised(
    released: train.Network, data: Dataset, words: Sequence[str]
) -> tuple[Network, CalibrationReport]:
    """The released network in int8, calibrated on the training rows, its report on the others."""
    train_rows, held_out = data.split()
    layers = [FloatLayer(w.double(), b.double()) for w, b in released.layers]
    network = FloatNetwork(tuple(layers))
    made = quantise(network, features(train_rows, words) * SCALE, SCALE)
    x, y = features(held_out, words) * SCALE, labels(held_out, data.topics)
    return made.network, report(network, made, x, y)


def run(state: State) -> State:
    """The state with the winner's committed network, the digest on chain, and the receipt."""
    words, released = state.get(Models).words, state.get(Owned).network
    network, calibration = quantised(released, state.get(Dataset), words)
    model = commit(network)
    state.job.post_model(model.commitment.digest)
    evidence = {
        "network": network.to_bytes().hex(),
        "calibration": str(calibration).splitlines(),
        "correct": calibration.int8_correct,
        "marks": marks_in(network, state.evidence["own"], len(state.get(Dataset).topics)),
    }
    return state.publish(STAGE, model, evidence)


def marks_in(network: Network, owned: Json, n_topics: int) -> int:
    """How many pages of the opened sheets the int8 network answers as sealed."""
    n_words = network.layers[0].weights.shape[1]
    sheets = own.opened(owned, n_words, n_topics)
    return sum(marks.matched(lambda x: network.run(x.to(torch.int8)).logits, sheets, n_words))


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
    """The network is what quantising the release gives, scores as stated, and is committed to."""
    model, ranked, owned = load(evidence), facts["rank"], facts["own"]
    _check_measured(evidence, model.network, facts, inputs)
    right, n_topics = evidence["correct"], len(facts["dataset"]["topics"])
    found = marks.detection(owned["pages_in_sheet"] * own.N_OPENED, evidence["marks"], n_topics)
    return Conclusion(
        f"{ranked['winner']}'s marked network in int8 gets {right} of {ranked['n_held_out']}"
        f" held-out rows right ({owned['correct']} as float) and answers {found.matched} of"
        f" {found.asked} opened marks (luck: 10^{found.log10_pvalue:.1f}); its weights are"
        " committed to",
        {
            "digest": model.commitment.digest.hex(),
            "commitment": _public(model.commitment),
            "network": model.network.digest.hex(),
            "winner": ranked["winner"],
            "correct": right,
            "marks": evidence["marks"],
            "calibration": evidence["calibration"],
        },
    )


def _check_measured(evidence: Json, network: Network, facts: Facts, inputs: Inputs) -> None:
    """Network, calibration and marks are what quantising the released network gives."""
    rows, trained, owned = (inputs.get(stage) for stage in ("dataset", "train", own.NAME))
    if owned is not None:
        found = marks_in(network, owned, len(facts["dataset"]["topics"]))
        demand(evidence["marks"] == found, "the network bears another number of marks")
    if rows is not None and trained is not None and owned is not None:
        words = train.load(trained).words
        expected, calibration = quantised(own.load(owned), dataset.load(rows), words)
        same = network.digest == expected.digest
        demand(same, "quantising the release gives another network")
        demand(evidence["correct"] == calibration.int8_correct, "the network scores otherwise")
        lines = str(calibration).splitlines()
        demand(evidence["calibration"] == lines, "the calibration is another one")


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
    restore=lambda state, evidence: load(evidence),
)
