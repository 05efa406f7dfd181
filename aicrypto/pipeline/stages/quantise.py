"""Stage 5, quantise: the winner becomes an int8 network, and its digest goes on chain.

From here on the model is a fixed list of integers: it gives the same answer on every machine, so
that an answer can be proved and a false one be found out.
"""

from typing import Any

import torch

from aicrypto.pipeline.receipts import Evidence, Facts, Json, demand
from aicrypto.pipeline.stages import dataset, train
from aicrypto.pipeline.stages.dataset import Dataset
from aicrypto.pipeline.stages.features import SCALE, features, labels
from aicrypto.pipeline.stages.int8 import IntegerNetwork, Layer, quantise
from aicrypto.pipeline.stages.rank import Ranking
from aicrypto.pipeline.stages.train import Models
from aicrypto.pipeline.state import State

NAME = "quantise"
HALF_UNIT = 0.5 + 1e-6  # a weight is rounded to the nearest integer; the rest is float noise


def to_json(network: IntegerNetwork) -> list[dict[str, Any]]:
    """A network as plain lists."""
    return [
        {"W": layer.weight.tolist(), "b": layer.bias.tolist(), "shift": layer.shift}
        for layer in network.layers
    ]


def from_json(layers: list[dict[str, Any]]) -> IntegerNetwork:
    """The network in plain lists.

    Raises:
        ValueError: if a weight does not fit int8, or the layers do not fit each other.
    """
    built = tuple(
        Layer(torch.tensor(layer["W"]), torch.tensor(layer["b"]), int(layer["shift"]))
        for layer in layers
    )
    for number, layer in enumerate(built):
        n_in = layer.weight.shape[1] if number == 0 else len(built[number - 1].bias)
        if layer.weight.shape != (len(layer.bias), n_in):
            raise ValueError(f"layer {number} has weights of shape {tuple(layer.weight.shape)}")
        if layer.weight.abs().max() > 127:
            raise ValueError(f"layer {number} has weights outside -127..127")
        if layer.shift < 1 and number + 1 < len(built):
            raise ValueError(f"layer {number} has shift {layer.shift}, must be at least 1")
    return IntegerNetwork(built)


def run(state: State) -> State:
    """The state with the winner's int8 network, its digest on chain, and the receipt."""
    data, models = state.get(Dataset), state.get(Models)
    winner = state.get(Ranking).order[0]
    train_rows, held_out = data.split()
    x = features(train_rows, models.words)
    network, units = quantise(models.networks[winner].layers, x, SCALE)
    state.job.post_model(network.digest)
    x, y = features(held_out, models.words), labels(held_out, data.topics)
    correct = network.correct(x, y)
    as_float = models.networks[winner].correct(x, y)
    return state.publish(
        NAME,
        network,
        claim=f"{winner}'s network in int8 gets {correct} of {len(y)} held-out rows right"
        f" ({as_float} as float)",
        facts={"digest": network.digest.hex(), "winner": winner, "correct": correct},
        evidence={"layers": to_json(network), "units": units},
        assumes="SHA-256 is collision resistant",
    )


def check(evidence: Json, facts: Facts, inputs: Evidence) -> None:
    """The network has the published digest, is the winner's rounded, and scores as claimed."""
    network, claimed = from_json(evidence["layers"]), facts[NAME]
    demand(network.digest.hex() == claimed["digest"], "the network does not have this digest")
    demand(claimed["winner"] == facts["rank"]["winner"], "this is not the winner's network")
    if "train" not in inputs:
        return
    models = train.load(inputs["train"])
    original = models.networks[claimed["winner"]]
    demand(network.shape == original.shape, "the network has another shape than the winner's")
    for layer, (weight, _), unit in zip(
        network.layers, original.layers, evidence["units"], strict=True
    ):
        error = (weight.double() / unit - layer.weight).abs().max()
        demand(float(error) <= HALF_UNIT, "a weight is not the winner's weight, rounded")
    if "dataset" in inputs:
        _, held_out = dataset.load(inputs["dataset"]).split()
        x = features(held_out, models.words)
        y = labels(held_out, facts["dataset"]["topics"])
        demand(network.correct(x, y) == claimed["correct"], "the network scores otherwise")
