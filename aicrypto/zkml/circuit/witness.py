"""The witness: what every neuron did, as the integers that are committed to and looked up.

For each place of the stack and each row of the batch: the activation y, the remainder's limbs, the
quotient q; and for each row of the table how many lookups hit it. See `layout` for their meaning.

A network can be quantised so badly, or fed so far from its calibration, that a quotient leaves the
table; then there is no proof, and the error says which neuron is to blame.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Int8, Int32, Int64
from torch import Tensor
from torch.nn.functional import pad

from aicrypto.algebra import kernels, m61, m61x2
from aicrypto.algebra.multilinear import Point, eq_table, n_variables
from aicrypto.zkml.circuit.layout import Layout, Profile
from aicrypto.zkml.network import MAX_ACTIVATION, MAX_SHIFT, Network


class QuantRange(ValueError):
    """A quotient lies outside the table of the profile."""


@dataclass(frozen=True, eq=False)
class Folded:
    """The witness with the batch's variables bound to a point.

    Attributes:
        columns: y and the limbs.
        quotients: q.
    """

    columns: Int64[Tensor, "2 committed stack"]
    quotients: Int64[Tensor, "2 stack"]


@dataclass(frozen=True, eq=False)
class Witness:
    """Everything that a proof is made from, weights aside.

    Attributes:
        layout: where the neurons stand.
        x: inputs.
        logits: the outputs that the proof states.
        columns: y, then the limbs, low first.
        quotients: q, not committed to.
        multiplicities: hits of each table row.
    """

    layout: Layout
    x: Int8[Tensor, "batch in"]
    logits: Int32[Tensor, "batch out"]
    columns: Int64[Tensor, "committed stack batch"]
    quotients: Int64[Tensor, "stack batch"]
    multiplicities: Int64[Tensor, " table"]

    def committed_values(self) -> Int64[Tensor, " values"]:
        """The vector to commit to, index (column, neuron, row), without the column of zeros."""
        return self.columns.flatten()

    def fold(self, batch_point: Point) -> Folded:
        """The columns at one point of the batch: an inner product for every neuron."""
        columns = fold_batch(self.columns.flatten(0, 1), batch_point)
        return Folded(
            columns.unflatten(1, self.columns.shape[:2]), fold_batch(self.quotients, batch_point)
        )


def fold_batch(rows: Int64[Tensor, "rows batch"], batch_point: Point) -> Int64[Tensor, "2 rows"]:
    """The rows' polynomials at a point of the batch; a batch of one has no coordinates."""
    if not batch_point:
        return m61x2.from_base(m61.reduce(rows[:, 0]))
    return m61x2.int_matmul(rows, eq_table(batch_point, rows.device))


def pad_batch(x: Int8[Tensor, "rows in"]) -> Int8[Tensor, "batch in"]:
    """The rows, and rows of zeros up to a power of two: what a proof states."""
    return pad(x, (0, 0, 0, (1 << n_variables(max(1, len(x)))) - len(x)))


def compute(network: Network, layout: Layout, x: Int8[Tensor, "batch in"]) -> Witness:
    """The witness of a batch, a power of two of rows: one inference, a few operations a neuron.

    Raises:
        QuantRange: naming layer, neuron, row, and the quotient with its bounds.
    """
    size, profile = layout.size, layout.size.profile
    execution = network.run(x)
    make = torch.empty if sum(layout.dims[1:-1]) == size.stack else torch.zeros  # unused: zeros
    columns = make(profile.n_committed, size.stack, size.batch, dtype=torch.int64, device=x.device)
    quotients = make(size.stack, size.batch, dtype=torch.int64, device=x.device)
    whole = kernels.whole_for(x)
    for number, start in enumerate(layout.offsets):
        shift = layout.shifts[number]
        if whole is not None:
            acc = execution.accumulators[number].T
            here = slice(start, start + len(acc))
            whole.divide(acc, shift, profile.limb_bits, columns[:, here], quotients[here])
            _in_table(quotients[here], number, profile)
            continue
        acc = execution.accumulators[number].T.long() + (1 << shift >> 1)
        here = slice(start, start + len(acc))
        quotients[here] = _in_table(acc >> shift, number, profile)
        columns[0, here] = execution.hidden[number].T
        remainder = (acc & ((1 << shift) - 1)) << (MAX_SHIFT - shift)
        columns[1:, here] = limbs(remainder, profile)
    multiplicities = count(columns, quotients, profile)
    return Witness(layout, x, execution.logits, columns, quotients, multiplicities)


def limbs(
    remainder: Int64[Tensor, "neurons batch"], profile: Profile
) -> Int64[Tensor, "limbs neurons batch"]:
    """The remainder's limbs, low first."""
    starts = range(0, profile.n_limbs * profile.limb_bits, profile.limb_bits)
    return torch.stack([remainder >> start & (profile.n_range - 1) for start in starts])


def count(
    columns: Int64[Tensor, "committed stack batch"],
    quotients: Int64[Tensor, "stack batch"],
    profile: Profile,
) -> Int64[Tensor, " table"]:
    """How often each table row is looked up, unused places and padding included.

    Lookups that are not in the table are not counted: no proof of them will be accepted.
    """
    n_zeros = (profile.n_columns - profile.n_committed) * quotients.numel()
    whole = kernels.whole_for(columns, quotients)
    if whole is not None:
        hits: Int64[Tensor, " table"] = whole.count(
            columns, quotients, profile.n_range, profile.q_min, profile.q_end
        )
        hits[0] += n_zeros
        return hits
    looked_up = columns[1:].flatten()
    in_range = looked_up[(looked_up >= 0) & (looked_up < profile.n_range)]
    ranges = torch.bincount(in_range, minlength=profile.n_range)
    ranges[0] += n_zeros
    is_pair = columns[0] == quotients.clamp(0, MAX_ACTIVATION)
    is_pair &= (quotients >= profile.q_min) & (quotients < profile.q_end)
    pairs = quotients[is_pair] - profile.q_min
    return torch.cat((ranges, torch.bincount(pairs, minlength=profile.q_end - profile.q_min)))


def _in_table(
    quotients: Int64[Tensor, "neurons batch"], number: int, profile: Profile
) -> Int64[Tensor, "neurons batch"]:
    """The quotients of a hidden layer, all in the table."""
    low, high = (int(bound) for bound in quotients.aminmax())
    if low < profile.q_min or high >= profile.q_end:
        outside = ((quotients < profile.q_min) | (quotients >= profile.q_end)).nonzero()
        neuron, row = outside[0].tolist()
        raise QuantRange(
            f"layer {number}, neuron {neuron}, row {row}: quotient is"
            f" {int(quotients[neuron, row])}, must be in {profile.q_min}..{profile.q_end - 1};"
            " take profile 1, or calibrate the network for such inputs"
        )
    return quotients
