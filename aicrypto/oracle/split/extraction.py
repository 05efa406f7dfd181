"""Stealing a private part by asking it: how many queries, and what a query must cost.

A linear layer hides nothing from whoever sees its exact outputs. d + 1 inputs that do not lie in a
plane give d + 1 equations for each output, and weights and bias are their only solution, exactly.
Behind a public part the attacker cannot choose the layer's inputs, but can compute them: it asks
until they span the space. Behind a second private layer this ends: what lies between is unknown,
and only a copy can be trained on many answers. Where only the label is published, the same.

An attack that solves equations over the reals needs as many answers as there are unknown numbers
over the numbers per answer; for one linear layer it gets by with these. Times the price of a query
that is what a theft costs at most. It may cost less: weights are small integers, so where inputs
are not bounded, one answer to x[i] = 256**(i + 1) holds them all as its digits.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from jaxtyping import Float64, Int64

Numbers = Int64[np.ndarray, "..."]
Ask = Callable[[Numbers], Numbers]  # an input to the outputs that are published
RIDGE = 1e-3
MAX_TRIES = 100  # per dimension, before the images are taken not to span the space


@dataclass(frozen=True)
class Layers:
    """A stolen linear layer.

    Attributes:
        n_queries: how many answers it took.
    """

    weights: Int64[np.ndarray, "n_out n_in"]
    bias: Int64[np.ndarray, " n_out"]
    n_queries: int


def recover_layer(ask: Ask, n_in: int) -> Layers:
    """The weights and bias of a linear layer whose inputs may be chosen: d + 1 queries.

    >>> stolen = recover_layer(lambda x: np.array([[2, -3]]) @ x + 5, 2)
    >>> stolen.weights.tolist(), stolen.bias.tolist(), stolen.n_queries
    ([[2, -3]], [5], 3)
    """
    bias = ask(np.zeros(n_in, np.int64))
    columns = [ask(unit) - bias for unit in np.eye(n_in, dtype=np.int64)]
    return Layers(np.stack(columns, axis=1), bias, n_in + 1)


def recover_behind(public: Ask, ask: Ask, draw: Callable[[], Numbers], n_in: int) -> Layers:
    """The same behind a public part, whose inputs are drawn until their images span the space.

    Args:
        public: what the attacker computes itself: from an input to the layer's input.
        ask: from an input to the published outputs.
        draw: a new input.
        n_in: of the private layer.

    Raises:
        ValueError: if the images do not span the space, or do not determine integers.
    """
    rows: list[Numbers] = []
    outputs: list[Numbers] = []
    for _ in range(MAX_TRIES * (n_in + 1)):
        x = draw()
        extended = np.append(public(x), 1)
        if np.linalg.matrix_rank(np.array([*rows, extended])) > len(rows):
            rows.append(extended)
            outputs.append(ask(x))
        if len(rows) == n_in + 1:
            break
    else:
        raise ValueError(f"images of {MAX_TRIES * (n_in + 1)} inputs span {len(rows)} dimensions")
    return _solved(np.array(rows), np.array(outputs))


def queries_needed(widths: Sequence[int]) -> int:
    """The fewest answers whose equations over the reals can determine layers of these widths.

    Integers that are known to be small may take fewer, if inputs are not bounded.

    >>> queries_needed([32, 10]), queries_needed([32, 16, 10])
    (33, 70)
    """
    unknown = sum((n_in + 1) * n_out for n_in, n_out in pairwise(widths))
    return -(-unknown // widths[-1])


@dataclass(frozen=True)
class Copy:
    """A copy of a model that was trained on its labels: random features, then a linear map."""

    first: Float64[np.ndarray, "inputs hidden"]
    second: Float64[np.ndarray, "features labels"]
    scale: float

    def label(self, inputs: Float64[np.ndarray, "rows n_in"]) -> Int64[np.ndarray, " rows"]:
        """What the copy answers."""
        answers: Int64[np.ndarray, " rows"] = (self.features(inputs) @ self.second).argmax(axis=1)
        return answers

    def features(
        self, inputs: Float64[np.ndarray, "rows n_in"]
    ) -> Float64[np.ndarray, "rows features"]:
        """Hidden units, the inputs themselves, and 1."""
        extended = np.c_[inputs / self.scale, np.ones(len(inputs))]
        units = np.maximum(extended @ self.first, 0)
        every: Float64[np.ndarray, "rows features"] = np.concatenate((units, extended), axis=1)
        return every


def distil(
    inputs: Float64[np.ndarray, "queries n_in"],
    labels: Int64[np.ndarray, " queries"],
    n_hidden: int,
    rng: np.random.Generator,
) -> Copy:
    """A copy trained on labels alone, by least squares.

    Raises:
        ValueError: if there is not one label a row.
    """
    if labels.shape != (len(inputs),):
        raise ValueError(f"labels has shape {labels.shape}, inputs has {len(inputs)} rows")
    n_in = inputs.shape[1]
    first = rng.normal(size=(n_in + 1, n_hidden)) / np.sqrt(n_in)
    n_features = n_hidden + n_in + 1
    copy = Copy(first, np.zeros((n_features, 1)), float(np.abs(inputs).max()) + 1.0)
    known = copy.features(inputs)
    gram = known.T @ known + RIDGE * np.eye(n_features)
    targets = np.eye(int(labels.max()) + 1)[labels]
    return replace(copy, second=np.linalg.solve(gram, known.T @ targets))


def _solved(rows: Numbers, outputs: Numbers) -> Layers:
    """The integers that fit all answers."""
    solution = np.linalg.solve(rows.astype(np.float64), outputs.astype(np.float64))
    numbers = np.rint(solution).astype(np.int64)
    if not (rows @ numbers == outputs).all():
        raise ValueError("answers fit no linear layer of integers")
    return Layers(numbers[:-1].T, numbers[-1], len(rows))
