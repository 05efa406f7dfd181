"""Sumchecks on CPU, rounds and transcript in one compiled call: provers and verifiers.

There are no torch twins here: elsewhere the readable rounds of `proof.sumcheck` and `proof.logup`
run, and they say the same. Tests compare both.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Int64
from torch import Tensor

from aicrypto.algebra.kernels.compiled import aligned
from aicrypto.algebra.kernels.spoken import Numbers, Spoken, State
from aicrypto.algebra.kernels.talk import follow, sums, talking

Column = Int64[Tensor, "2 n"]
NOTHING = np.empty(0, np.int64)


def sum_products(f: Column, g: Column, tag: int, state: State) -> Spoken:
    """The product sumcheck of tables of 2^k >= 1 values.

    Said are two elements a round, left the challenges, then f~ and g~ at their point.
    """
    n_rounds = f.shape[1].bit_length() - 1
    desk = _desk(state)
    numbers = np.empty(2 * (3 * n_rounds + 2), np.int64)
    sums.sum_products(*map(np.ascontiguousarray, (f.numpy(), g.numpy())), desk, tag, numbers)
    rounds = numbers[:-4].reshape(n_rounds, 6)
    left = np.concatenate((rounds[:, 4:].ravel(), numbers[-4:]))
    return Spoken(rounds[:, :4].ravel(), left, _state(desk))


def sum_fractions(
    p: Column | None, q: Column, tags: Sequence[int], n_elements: int, state: State
) -> Spoken:
    """The fraction sum over 2^v >= 1 leaves, numerators 1 if not given.

    Said are the proof's `n_elements`, left the leaf's claimed numerator and denominator, then v
    coordinates of the point.
    """
    n = q.shape[1]
    columns = [q.numpy()] if p is None else [p.numpy(), q.numpy()]
    leaves = np.stack(columns) if p is not None else np.ascontiguousarray(columns[0])[None]
    desk, said = _desk(state), np.empty(2 * n_elements, np.int64)
    levels, scratch = aligned(4 * n), aligned(2, max(8, len(leaves) * n))
    left = np.empty(2 * (n.bit_length() + 1), np.int64)
    sums.sum_fractions(leaves, np.array(tags), desk, levels, said, scratch, left)
    return Spoken(said, left, _state(desk))


def follow_products(said: Numbers, claim: Numbers, tag: int, state: State) -> Spoken:
    """The rounds of a product sumcheck heard: left are the challenges, then the claim."""
    desk, left = _desk(state), np.empty(len(said) // 2 + 2, np.int64)
    follow.follow_products(said, claim, desk, tag, left)
    return Spoken(NOTHING, left, _state(desk))


def follow_fractions(
    said: Numbers, n_levels: int, ones: bool, tags: Sequence[int], state: State
) -> Spoken:
    """A fraction sum heard: left is what `sum_fractions` leaves; nothing if it does not add up."""
    desk, left = _desk(state), np.empty(2 * n_levels + 4, np.int64)
    adds_up = follow.follow_fractions(said, n_levels, ones, np.array(tags), desk, left)
    return Spoken(NOTHING, left if adds_up else NOTHING, _state(desk))


def _desk(state: State) -> talking.Desk:
    desk = np.zeros(talking.DESK_WORDS, np.uint32)
    desk[: talking.SQUEEZED] = np.frombuffer(state.digest, ">u4")
    desk[talking.SQUEEZED] = state.squeezed
    return desk


def _state(desk: talking.Desk) -> State:
    digest = desk[: talking.SQUEEZED].astype(">u4").tobytes()
    return State(digest, int(desk[talking.SQUEEZED]))
