"""Maxima by ReLU: how max pooling becomes layers that a proof knows.

    max(a, b) = b + relu(a - b)

so a maximum of k numbers takes ceil(log2 k) layers: each halves the candidates. Where the numbers
are activations, 0 or more, ReLU carries b along unchanged, and the maxima are exact integers in
the unit that went in. Where they may be negative, b = relu(b) - relu(-b) takes two neurons, and the
layer is quantised like any other.

A window is a row of k candidates: tensors are (batch, outputs, k).
"""

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn

Candidates = Float[Tensor, "batch outputs k"]


class Gather(nn.Module):
    """The candidates of every window of a MaxPool2d on inputs (channels, height, width)."""

    def __init__(self, pool: nn.MaxPool2d, shape: torch.Size, pooled: torch.Size) -> None:
        super().__init__()
        channels, height, width = shape
        rows = _taps(pool, 0, height, pooled[1])[:, None, :, None]
        columns = _taps(pool, 1, width, pooled[2])[None, :, None, :]
        window = (rows * width + columns).flatten(2).flatten(0, 1)
        planes = torch.arange(channels) * (height * width)
        self.table = (planes[:, None, None] + window).flatten(0, 1)

    def forward(self, x: Float[Tensor, "batch channels height width"]) -> Candidates:
        """Every window's candidates; one at the border is listed more than once."""
        return x.flatten(1)[:, self.table]


def _taps(pool: nn.MaxPool2d, axis: int, size: int, n_out: int) -> Int64[Tensor, "n_out kernel"]:
    """The places on one axis that each output looks at; outside ones repeat one from inside."""
    kernel, stride, padding, dilation = (
        value if isinstance(value, int) else value[axis]
        for value in (pool.kernel_size, pool.stride, pool.padding, pool.dilation)
    )
    places = torch.arange(n_out)[:, None] * stride + torch.arange(kernel) * dilation - padding
    inside = (places >= 0) & (places < size)
    last_inside = torch.where(inside, places, -1).amax(1, keepdim=True)
    return torch.where(inside, places, last_inside)


class Split(nn.Module):
    """What goes into the ReLU: differences a - b, then the b, and b left without an a."""

    def __init__(self, signed: bool) -> None:
        super().__init__()
        self.signed = signed

    def forward(self, x: Candidates) -> Candidates:
        """As many numbers as candidates; more if they are signed, as -b goes along."""
        half = x.shape[2] // 2
        kept = x[:, :, half:]
        parts = [x[:, :, :half] - kept[:, :, :half], kept]
        return torch.cat([*parts, -kept] if self.signed else parts, 2)


class Join(nn.Module):
    """What comes out of the ReLU, put together: the maxima b + relu(a - b)."""

    def __init__(self, n_pairs: int, signed: bool) -> None:
        super().__init__()
        self.n_pairs, self.signed = n_pairs, signed

    def forward(self, x: Candidates) -> Candidates:
        """Half of the candidates, rounded up: one of each pair."""
        raised, kept = x[:, :, : self.n_pairs], x[:, :, self.n_pairs :]
        if self.signed:
            positive, negative = kept.chunk(2, 2)
            kept = positive - negative
        return torch.cat([kept[:, :, : self.n_pairs] + raised, kept[:, :, self.n_pairs :]], 2)


class Reshape(nn.Module):
    """Rows in another shape."""

    def __init__(self, shape: torch.Size) -> None:
        super().__init__()
        self.shape = shape

    def forward(self, x: Float[Tensor, "batch ..."]) -> Float[Tensor, "batch ..."]:
        """The same numbers in the same order."""
        return x.reshape(len(x), *self.shape)
