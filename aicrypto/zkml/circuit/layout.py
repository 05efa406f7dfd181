"""Where everything stands: the neurons of all hidden layers in one stack, batch in the low bits.

Hidden layer l gets w_l places, the next power of two of its width d_l. Layers are stacked in order
of falling width, so that each starts at a multiple of its own width; J is the next power of two of
all widths together. Arrays over the stack are [J][B], neuron-major, for a batch of B rows: claims
about any of them share the batch's coordinates of the point. Unused places hold zeros.

A hidden layer computes acc' = W a + b', b' = b + 2^(s-1), and y = clamp(acc' >> s, 0, 127). With
q = acc' >> s and the remainder scaled to 12 bits,

    2^(12-s)·acc' = 4096·q + rem,    0 <= rem < 4096,

is one range for every shift. rem is cut into limbs; limbs and pairs (q, y) are looked up in a
table. Committed are y and the limbs; q follows from the rest.

The matrices of all layers are multiplied in one sumcheck over 2·H places: H for the inputs, H for
the stack. Source: protocol zkml-1 of this project, section 8.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from aicrypto.algebra.multilinear import Point, eq, n_variables
from aicrypto.algebra.plain import BadLength, Fp2
from aicrypto.commit.tensor.ligero import Shape
from aicrypto.zkml.network import MAX_SHIFT, ShapeMismatch


@dataclass(frozen=True)
class Profile:
    """How remainders are cut, and how far quotients may reach.

    Attributes:
        n_limbs: of `limb_bits` each, low first.
        limb_bits: together 12.
        q_min: the least quotient in the table.
        q_end: one more than the greatest.
    """

    n_limbs: int
    limb_bits: int
    q_min: int
    q_end: int

    @property
    def n_range(self) -> int:
        """How many values a limb may have; these come first in the table."""
        return 1 << self.limb_bits

    @property
    def n_table(self) -> int:
        """Rows of the table, a power of two in both profiles: the range, then pairs (q, y)."""
        return self.n_range + self.q_end - self.q_min

    @property
    def n_committed(self) -> int:
        """Columns that are committed to: y and the limbs."""
        return 1 + self.n_limbs

    @property
    def n_columns(self) -> int:
        """The same, padded to a power of two by a column of zeros: N_c.

        There are as many kinds of lookups: the limbs, (q, y), and zeros as padding.
        """
        return 1 << n_variables(self.n_committed)


# A small table for few neurons, a large one for many; also their numbers in the header.
PROFILES = (Profile(2, 6, -640, 320), Profile(1, 12, -2048, 2048))
# Up to so many neurons and rows the small table's proofs are smaller.
SMALL_PROFILE_PLACES = 4096


@dataclass(frozen=True)
class Size:
    """What the length and the soundness of a proof depend on.

    Attributes:
        stack: places for neurons, J, a power of two from 2 on.
        batch: rows, B, a power of two.
        half: places for the inputs, H, a power of two, at least the stack.
        profile: how remainders are cut.
    """

    stack: int
    batch: int
    half: int
    profile: Profile

    def __post_init__(self) -> None:
        for name in ("stack", "batch", "half"):
            value = getattr(self, name)
            if value < 1 or value & (value - 1):
                raise BadLength(f"{name} is {value}, must be a power of two")

    @property
    def log_stack(self) -> int:
        """Coordinates that choose a neuron."""
        return n_variables(self.stack)

    @property
    def log_batch(self) -> int:
        """Coordinates that choose a row of the batch."""
        return n_variables(self.batch)

    @property
    def log_columns(self) -> int:
        """Coordinates that choose a column, or a kind of lookup."""
        return n_variables(self.profile.n_columns)

    @property
    def log_leaves(self) -> int:
        """log2 of the number of lookups."""
        return self.log_columns + self.log_stack + self.log_batch

    @property
    def log_table(self) -> int:
        """log2 of the number of table rows."""
        return n_variables(self.profile.n_table)

    @property
    def n_product_rounds(self) -> int:
        """Rounds of the sumcheck over all matrices."""
        return n_variables(2 * self.half)

    def shape(self, columns: int, inv_rate: int) -> Shape:
        """The matrix of the committed vector, rows that are zero by construction left out.

        Raises:
            BadLength: if columns is no power of two, or leaves fewer rows than N_c.
            BadRate: if inv_rate is no power of two from 2 on.
        """
        n_rows = (1 << self.log_leaves) // (2 * columns) if columns > 0 else 0
        n_columns = self.profile.n_columns
        if n_rows < n_columns:
            raise BadLength(f"columns is {columns}, leaves {n_rows} rows, must leave {n_columns}")
        return Shape(n_rows * self.profile.n_committed // n_columns, columns, inv_rate)


@dataclass(frozen=True)
class Layout:
    """The places of a network's layers.

    Attributes:
        dims: widths d_0..d_L.
        shifts: of the L layers.
        offsets: of the L - 1 hidden layers in the stack.
        size: of the circuit.
    """

    dims: tuple[int, ...]
    shifts: tuple[int, ...]
    offsets: tuple[int, ...]
    size: Size

    @classmethod
    def of(
        cls, dims: Sequence[int], shifts: Sequence[int], batch: int, profile: Profile
    ) -> "Layout":
        """The layout for a batch of rows.

        Raises:
            ShapeMismatch: if there is no hidden layer.
            BadLength: if the batch is no power of two.
        """
        if len(dims) < 3:
            raise ShapeMismatch(f"network has {len(dims) - 1} layers, must have a hidden one too")
        widths = [1 << n_variables(width) for width in dims[1:-1]]
        order = sorted(range(len(widths)), key=lambda layer: -widths[layer])
        starts = accumulate((widths[layer] for layer in order), initial=0)
        offsets = dict(zip(order, starts, strict=False))
        stack = max(2, 1 << n_variables(sum(widths)))
        half = max(stack, 1 << n_variables(dims[0]))
        size = Size(stack, batch, half, profile)
        ordered = tuple(offsets[layer] for layer in range(len(widths)))
        return cls(tuple(dims), tuple(shifts), ordered, size)

    @property
    def input_offsets(self) -> tuple[int, ...]:
        """Where each layer's inputs begin among the 2·H places."""
        return (0, *(self.size.half + offset for offset in self.offsets))

    def points(self, neuron_point: Point, out_point: Point) -> list[Point]:
        """For each layer the coordinates that choose one of its outputs."""
        log_stack = self.size.log_stack
        hidden = [neuron_point[log_stack - n_variables(width) :] for width in self.dims[1:-1]]
        return [*hidden, out_point]

    def coefficients(self, neuron_point: Point, gamma: Fp2) -> list[Fp2]:
        """What each layer's accumulators weigh in the claim about the stack; gamma for the last."""
        weights = list[Fp2]()
        for width, shift, offset in zip(self.dims[1:-1], self.shifts, self.offsets, strict=False):
            log_width = n_variables(width)
            top = neuron_point[: self.size.log_stack - log_width]
            weights.append(
                eq(top, vertex(offset >> log_width, len(top))) * (1 << MAX_SHIFT - shift)
            )
        return [*weights, gamma]


def vertex(index: int, n_bits: int) -> tuple[Fp2, ...]:
    """The point of zeros and ones that is a place's index, most significant bit first.

    >>> vertex(2, 2) == (Fp2(1), Fp2(0))
    True
    """
    return tuple(Fp2(index >> bit & 1) for bit in reversed(range(n_bits)))
