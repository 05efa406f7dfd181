"""Low-rank additions (LoRA): train two thin factors for every matrix instead of the matrix.

W becomes W + B A with A of `rank` rows and B of `rank` columns, B zero at first. Only A and B are
trained: fewer numbers, and what they can change is limited.

Source: Hu et al. 2021, arXiv 2106.09685.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.utils import parametrize


class LowRank(nn.Module):
    """The addition to one matrix."""

    def __init__(
        self, weights: Float[Tensor, "rows columns"], rank: int, rng: torch.Generator
    ) -> None:
        super().__init__()
        rows, columns = weights.shape
        inner = torch.randn(rank, columns, generator=rng) * columns**-0.5
        self.inner = nn.Parameter(inner.to(weights))
        self.outer = nn.Parameter(torch.zeros(rows, rank).to(weights))

    def forward(self, weights: Float[Tensor, "rows columns"]) -> Float[Tensor, "rows columns"]:
        """The matrix with its addition."""
        return weights + self.outer @ self.inner


def add_low_rank(model: nn.Module, rank: int, rng: torch.Generator) -> list[nn.Parameter]:
    """The factors to train; all matrices of the model get an addition, in place.

    Raises:
        ValueError: if the rank is below 1.
    """
    if rank < 1:
        raise ValueError(f"rank is {rank}, must be at least 1")
    matrices = [(owner, name) for owner in model.modules() for name in _matrices(owner)]
    trained = []
    for owner, name in matrices:
        addition = LowRank(getattr(owner, name).detach(), rank, rng)
        parametrize.register_parametrization(owner, name, addition)
        trained += [addition.inner, addition.outer]
    return trained


def settle_low_rank(model: nn.Module) -> None:
    """Nothing; the additions become part of the model's own matrices."""
    for owner in list(model.modules()):
        if parametrize.is_parametrized(owner) and isinstance(owner.parametrizations, nn.ModuleDict):
            for name, _ in list(owner.parametrizations.named_children()):
                parametrize.remove_parametrizations(owner, name, leave_parametrized=True)


def _matrices(owner: nn.Module) -> list[str]:
    own = owner.named_parameters(recurse=False)
    return [name for name, weights in own if weights.dim() == 2]
