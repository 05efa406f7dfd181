"""Models in a tournament of losses: the cheater hands in another miner's weights as its own.

Each miner trains a softmax regression on its own sample of one task. Validators draw batches that
nobody has seen and let the models meet. The copy is exactly as good as its original, but it came
later: with the lead of a hundredth it loses to everybody. Without the lead (`Lead(0, 0)`) it earns
as much as the model it stole.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from aicrypto.commit.hashes import sha256
from aicrypto.subnet.scoring import Lead, tournament

N_FEATURES, N_CLASSES = 12, 4
N_TRAIN, N_BATCH, N_BATCHES = 4000, 256, 4
TRAINING_STEPS, LEARNING_RATE = 150, 0.5
NOISE = 1.5
TEMPO = 360

Model = Float[Tensor, "features classes"]
Data = tuple[Float[Tensor, "rows features"], Int64[Tensor, " rows"]]


@dataclass(frozen=True)
class LossTournament:
    """Three who train, one who copies the first of them; `lead` is the early bird's."""

    seed: int = 0
    lead: Lead = field(default_factory=Lead)
    miners: tuple[str, ...] = ("ada", "bela", "cleo", "copycat")
    cheater: str = "copycat"

    @cached_property
    def models(self) -> dict[str, Model]:
        """Everybody's weights."""
        honest = [miner for miner in self.miners if miner != self.cheater]
        trained = {miner: self._trained(number) for number, miner in enumerate(honest)}
        return trained | {self.cheater: trained[honest[0]].clone()}

    @cached_property
    def blocks(self) -> dict[str, int]:
        """When each model was handed in."""
        return {miner: 10 * number for number, miner in enumerate(self.miners)}

    def score(self, validator: int, epoch: int) -> Mapping[str, float]:
        """The tournament's softmax on batches of this validator and epoch alone."""
        losses: dict[str, list[float]] = {miner: [] for miner in self.miners}
        for batch in range(N_BATCHES):
            x, y = self._sample(f"batch {validator} {epoch} {batch}", N_BATCH)
            for miner, model in self.models.items():
                losses[miner].append(loss(model, x, y))
        standing = tournament(losses, self.blocks, TEMPO * (epoch + 1), self.lead)
        return standing.softmax

    def _trained(self, number: int) -> Model:
        x, y = self._sample(f"train {number}", N_TRAIN)
        model = torch.zeros(N_FEATURES, N_CLASSES, dtype=torch.float64)
        hot = torch.nn.functional.one_hot(y, N_CLASSES).double()
        for _ in range(TRAINING_STEPS):
            model = model - LEARNING_RATE * x.T @ ((x @ model).softmax(dim=1) - hot) / len(x)
        return model

    def _sample(self, purpose: str, n: int) -> Data:
        """Rows of the one task that everybody learns, drawn for a purpose."""
        task = _normal(f"{self.seed} task", N_FEATURES, N_CLASSES)
        x = _normal(f"{self.seed} {purpose} x", n, N_FEATURES)
        noise = NOISE * _normal(f"{self.seed} {purpose} noise", n, N_CLASSES)
        return x, (x @ task + noise).argmax(dim=1)


def loss(model: Model, x: Float[Tensor, "rows features"], y: Int64[Tensor, " rows"]) -> float:
    """Mean cross-entropy in nats."""
    return float(torch.nn.functional.cross_entropy(x @ model, y))


def _normal(purpose: str, *shape: int) -> Tensor:
    """Normal numbers that depend on the purpose alone."""
    seed = int.from_bytes(sha256(purpose.encode())[:7], "big")
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float64)
