"""Stage 6, train: independent miners train small classifiers and commit to the result.

A miner signs the digest of its weights before the validators score anybody. One of the miners here
does no work: it trains on shuffled labels, and the ranking has to find out.

One miner, `bela`, is a team: its network comes from the stage before, trained in parts.
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import numpy as np
import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn

from aicrypto.commit.hashes import sha256
from aicrypto.evm import recover_signer
from aicrypto.pipeline.receipts import Conclusion, Facts, Inputs, Json, Stage, demand
from aicrypto.pipeline.stages import dataset
from aicrypto.pipeline.stages.dataset import Dataset
from aicrypto.pipeline.stages.features import SCALE, features, labels, vocabulary
from aicrypto.pipeline.stages.team import HIDDEN, Team
from aicrypto.pipeline.state import State

NAME = "train"
LEARNING_RATE = 3e-3
WEIGHT_DECAY = 1e-2


@dataclass(frozen=True)
class Miner:
    """How a miner trains: widths of hidden layers, steps of full-batch Adam, honest or not."""

    hidden: tuple[int, ...]
    steps: int
    honest: bool = True


MINERS = {
    "ada": Miner((64, 32), 150),
    "bela": Miner((HIDDEN,), 0),
    "cleo": Miner((64,), 12),
    "drew": Miner((64, 32), 150, honest=False),
}
TEAM = "bela"  # who enters the contest with the network that a team has trained


@dataclass(frozen=True)
class Network:
    """A float32 MLP on CPU, ReLU between layers: weights of shape (out, in) and biases."""

    layers: tuple[tuple[Float[Tensor, "out in"], Float[Tensor, " out"]], ...]

    def __call__(self, x: Int64[Tensor, "rows words"]) -> Float[Tensor, "rows topics"]:
        """Logits of int8 features."""
        a = x.float() * SCALE
        for i, (weight, bias) in enumerate(self.layers):
            a = a @ weight.T + bias
            a = a.relu() if i + 1 < len(self.layers) else a
        return a

    def correct(self, x: Int64[Tensor, "rows words"], y: Int64[Tensor, " rows"]) -> int:
        """How many rows it classifies right."""
        return int((self(x).argmax(1) == y).sum())

    def to_bytes(self) -> bytes:
        """All numbers as little-endian float32: weights by rows, then biases, layer by layer."""
        parts = [t.numpy().astype("<f4").tobytes() for layer in self.layers for t in layer]
        return b"".join(parts)

    @property
    def digest(self) -> bytes:
        """SHA-256 of shape and weights: what a miner commits to."""
        shape = b"".join(width.to_bytes(4, "little") for width in self.shape)
        return sha256(len(self.shape).to_bytes(4, "little"), shape, self.to_bytes())

    @property
    def shape(self) -> list[int]:
        """Widths: input, hidden layers, output."""
        return [self.layers[0][0].shape[1], *(weight.shape[0] for weight, _ in self.layers)]

    @classmethod
    def from_bytes(cls, data: bytes, shape: Sequence[int]) -> "Network":
        """The network whose `to_bytes` and `shape` these are.

        Raises:
            ValueError: if the length does not follow from the shape.
        """
        sizes = [(n_out, n_in) for n_in, n_out in pairwise(shape)]
        expected = 4 * sum(n_out * (n_in + 1) for n_out, n_in in sizes)
        if len(data) != expected:
            raise ValueError(f"data has {len(data)} bytes, shape {list(shape)} needs {expected}")
        numbers, layers = torch.from_numpy(np.frombuffer(data, "<f4").copy()), []
        for n_out, n_in in sizes:
            weight, bias, numbers = numbers.split(
                [n_out * n_in, n_out, len(numbers) - n_out * (n_in + 1)]
            )
            layers.append((weight.reshape(n_out, n_in), bias))
        return cls(tuple(layers))


@dataclass(frozen=True)
class Models:
    """The miners' networks, and the vocabulary they were trained with."""

    words: list[str]
    networks: dict[str, Network]


def drawn(
    miner: Miner, n_words: int, n_topics: int, y: Int64[Tensor, " rows"], seed: int
) -> tuple[list[nn.Linear], Int64[Tensor, " rows"]]:
    """The miner's first weights, and the classes that it trains on.

    All that is random in a training: torch has one generator, so this is done before jobs are
    handed out.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        widths = [n_words, *miner.hidden, n_topics]
        linears = [nn.Linear(a, b) for a, b in pairwise(widths)]
        return linears, y if miner.honest else y[torch.randperm(len(y))]


def train(
    miner: Miner,
    begin: tuple[list[nn.Linear], Int64[Tensor, " rows"]],
    x: Int64[Tensor, "rows words"],
    device: str,
) -> Network:
    """A network trained the miner's way from what was drawn, on int8 features x."""
    linears, y = begin
    body = [part for linear in linears for part in (linear, nn.ReLU())]
    model = nn.Sequential(*body[:-1]).to(device)
    inputs, targets = (x.float() * SCALE).to(device), y.to(device)
    optimiser = torch.optim.AdamW(model.parameters(), LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    for _ in range(miner.steps):
        optimiser.zero_grad()
        nn.functional.cross_entropy(model(inputs), targets).backward()
        optimiser.step()
    layers = tuple((li.weight.detach().cpu(), li.bias.detach().cpu()) for li in linears)
    return Network(layers)


def network_of(team: Team) -> Network:
    """The network that a team has trained."""
    return Network.from_bytes(team.weights, team.shape)


def run(state: State) -> State:
    """The state with every miner's network and the receipt."""
    data = state.get(Dataset)
    rows, _ = data.split()
    words = vocabulary(rows)
    x, y = features(rows, words), labels(rows, data.topics)
    seed, n_topics = state.options.seed, len(data.topics)
    miners = {name: miner for name, miner in MINERS.items() if name != TEAM}
    begins = [drawn(miner, x.shape[1], n_topics, y, seed) for miner in miners.values()]
    job = partial(train, x=x, device=state.options.device)
    trained = state.spread(job, miners.values(), begins)
    networks = {**dict(zip(miners, trained, strict=True)), TEAM: network_of(state.get(Team))}
    accounts = {name: state.chain.account(name) for name in MINERS}
    models = {
        name: {
            "address": accounts[name].address,
            "shape": net.shape,
            "weights": base64.b64encode(net.to_bytes()).decode(),
            "signature": accounts[name].sign(_statement(data.root, words, net)).hex(),
        }
        for name, net in networks.items()
    }
    return state.publish(STAGE, Models(words, networks), {"words": words, "models": models})


def load(evidence: Json) -> Models:
    """The models in this stage's evidence."""
    networks = {
        name: Network.from_bytes(base64.b64decode(model["weights"], validate=True), model["shape"])
        for name, model in evidence["models"].items()
    }
    return Models(evidence["words"], networks)


def conclude(evidence: Json, facts: Facts, inputs: Inputs) -> Conclusion:
    """Every miner signed its weights, which have the right shape, over the rows' own vocabulary."""
    models, data = load(evidence), facts["dataset"]
    demand(set(models.networks) == set(MINERS), "another set of miners")
    for name, network in models.networks.items():
        entry = evidence["models"][name]
        ends = network.shape[0], network.shape[-1]
        demand(ends == (len(models.words), len(data["topics"])), f"{name}'s network does not fit")
        statement = _statement(bytes.fromhex(data["root"]), models.words, network)
        signer = recover_signer(statement, bytes.fromhex(entry["signature"]))
        demand(signer == entry["address"], f"{name} did not sign these weights")
    teams = sha256(models.networks[TEAM].to_bytes()).hex(), models.networks[TEAM].shape
    trained = facts["together"]["network"], facts["together"]["shape"]
    demand(teams == trained, f"{TEAM} entered another network than its team's")
    rows = inputs.get("dataset")
    if rows is not None:
        words = vocabulary(dataset.load(rows).split()[0])
        demand(words == models.words, "the training rows give another vocabulary")
    return Conclusion(
        f"{len(MINERS)} miners trained over {len(models.words)} words and signed their weights",
        {
            "commitments": {name: net.digest.hex() for name, net in models.networks.items()},
            "miners": {name: model["address"] for name, model in evidence["models"].items()},
            "words_sha256": _digest_of(models.words).hex(),
        },
    )


def _digest_of(words: Sequence[str]) -> bytes:
    return sha256("\n".join(words).encode())


def _statement(root: bytes, words: Sequence[str], network: Network) -> bytes:
    """What a miner signs: these weights, for this vocabulary, for this data set."""
    return b"aicrypto.model.v1" + root + _digest_of(words) + network.digest


STAGE = Stage(
    NAME,
    assumes="weights were signed before scoring; which rows a miner really used is not proved",
    run=run,
    conclude=conclude,
    restore=lambda state, evidence: load(evidence),
)
