"""A digit classifier large enough to dispute: random features, and one layer that is solved for.

The first layer's weights are drawn, not learned; what they answer is enough for a linear map to
tell classes apart, and that map is a least-squares problem with a closed solution. So a network of
any width is there in seconds, from a seed, without a training loop. Known as an "extreme learning
machine" (Huang, Zhu, Siew 2006). Then both layers are rounded to int8.
"""

import numpy as np
from jaxtyping import Float64, Int, Int8

from aicrypto.opml.code.network import MAX_ACTIVATION, Layer, accumulate, rescale

RIDGE = 1e-3  # of the mean squared feature: keeps the solution small
MAX_WEIGHT = 127
SHIFT = 9


def fit_classifier(
    x: Int8[np.ndarray, "rows n_in"],
    labels: Int[np.ndarray, " rows"],
    n_hidden: int,
    rng: np.random.Generator,
) -> list[Layer]:
    """Two layers, n_in to n_hidden to the number of classes; the largest answer is the class.

    Cost: about rows * n_hidden^2 multiplications, or rows^2 * n_hidden if that is less.

    Raises:
        ValueError: if there are no rows, or not one label a row.
    """
    if len(x) == 0 or labels.shape != (len(x),):
        raise ValueError(f"labels has shape {labels.shape}, x has {len(x)} rows, at least 1")
    hidden = _random_layer(x, n_hidden, rng)
    features = np.stack([rescale(accumulate(hidden, row), hidden) for row in x]).astype(np.float64)
    targets = np.eye(int(labels.max()) + 1)[labels]
    solution = _ridge(features, targets - targets.mean(axis=0))
    scale = MAX_WEIGHT / np.abs(solution).max()
    weights = np.rint(solution.T * scale).astype(np.int8)
    biases = np.rint(targets.mean(axis=0) * scale).astype(np.int32)
    return [hidden, Layer(weights, biases)]


def _random_layer(
    x: Int8[np.ndarray, "rows n_in"], n_hidden: int, rng: np.random.Generator
) -> Layer:
    """Weights and biases drawn, and a scale at which few activations are cut off."""
    weights = rng.integers(-MAX_WEIGHT, MAX_WEIGHT, (n_hidden, x.shape[1]), np.int8, endpoint=True)
    sums = x.astype(np.int64) @ weights.T.astype(np.int64)
    spread = int(sums.std()) + 1
    biases = rng.integers(-spread, spread, n_hidden, np.int32, endpoint=True)
    mult = min(2**31 - 1, MAX_ACTIVATION * 2 ** (31 + SHIFT) // (4 * spread))
    return Layer(weights, biases, mult, SHIFT)


def _ridge(
    features: Float64[np.ndarray, "rows n"], targets: Float64[np.ndarray, "rows classes"]
) -> Float64[np.ndarray, "n classes"]:
    """The least-squares map from features to targets, by whichever of two systems is smaller."""
    weight = RIDGE * float((features**2).sum(axis=1).mean())
    if len(features) < features.shape[1]:
        gram = features @ features.T
        return features.T @ np.linalg.solve(gram + weight * np.eye(len(gram)), targets)
    gram = features.T @ features
    return np.linalg.solve(gram + weight * np.eye(len(gram)), features.T @ targets)
