"""How likely a false proof of a network passes: every step's error, and parameters for 100 bits.

| error | bound |
|---|---|
| logup | (lookups + 3·table rows)/|F|: two different sums of fractions meet at alpha, beta |
| gkr | (v_W(v_W-1) + v_T(v_T-1) + 2(v_W+v_T))/|F| for sums over 2^v leaves |
| point | (log2 J + log2 B + 16)/|F|: different tables agree at the random place |
| matmul | 2·log2(2H)/|F| |
| merge | (limbs + 1 + 2·log2(N_c·J))/|F| |
| proximity, queries | of each opening: `commit.tensor.soundness` |

|F| = p² is about 2^122. The sum limits a proof to 2^21 lookups, 2·J·B, for 100 bits. All is proven,
in the random oracle model: nothing rests on a conjecture about codes.

Fewer columns C make the combinations shorter and the opened columns longer; `choose` takes the
number that makes the proof shortest. Source: protocol zkml-1 of this project, sections 10 and 12.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from aicrypto.algebra.plain import ELEMENT_BYTES
from aicrypto.commit.hashes import DIGEST_BYTES
from aicrypto.commit.tensor import soundness
from aicrypto.commit.tensor.ligero import Shape
from aicrypto.commit.tensor.soundness import FIELD_SIZE, MAX_QUERIES, TargetUnreachable
from aicrypto.zkml.circuit.layout import PROFILES, Size

TARGET_BITS = soundness.DEFAULT_BITS
DEFAULT_INV_RATE = 4
MAX_INV_RATE = 64


class WeakParameters(ValueError):
    """A proof with these parameters would not convince anybody of 100 bits."""


@dataclass(frozen=True)
class Opening:
    """A commitment's form, and how many of its columns are looked at (repetitions counted)."""

    shape: Shape
    queries: int

    @property
    def expected_bytes(self) -> float:
        """What an opening adds to a proof: combinations, columns and siblings, on average."""
        n = self.shape.n_places
        columns = n * (1 - _missed(1 / n, self.queries))
        siblings, level = 0.0, n
        while level > 1:  # a sibling is sent where one of two neighbours is known
            one_known = _missed(1 / level, self.queries) - _missed(2 / level, self.queries)
            siblings, level = siblings + level * one_known, level // 2
        elements = 2 * self.shape.columns + self.shape.rows * columns
        return ELEMENT_BYTES * elements + DIGEST_BYTES * siblings


@dataclass(frozen=True)
class Parameters:
    """What the prover may choose; the proof's header has it.

    Attributes:
        profile: how remainders are cut, see `layout.PROFILES`.
        inv_rate: length of codewords over that of messages: 2 is fast, 4 usual, 8 short.
        columns: of the committed matrix, C.
        queries: columns looked at, T.
    """

    profile: int
    inv_rate: int
    columns: int
    queries: int

    def __post_init__(self) -> None:
        for name, low, high in (
            ("profile", 0, len(PROFILES) - 1),
            ("inv_rate", 2, MAX_INV_RATE),
            ("queries", 1, MAX_QUERIES),
        ):
            value = getattr(self, name)
            if not low <= value <= high:
                raise WeakParameters(f"{name} is {value}, must be in {low}..{high}")

    def opening(self, size: Size) -> Opening:
        """The opening of the witness.

        Raises:
            BadLength: if the number of columns does not fit the size.
            BadRate: if inv_rate is no power of two.
        """
        return Opening(size.shape(self.columns, self.inv_rate), self.queries)


def errors(size: Size, witness: Opening, weights: Opening | None = None) -> Mapping[str, float]:
    """The bound of every error by name; `weights` if these are committed to."""
    profile = size.profile
    leaves, table = size.log_leaves, size.log_table
    openings = {"witness": witness} | ({"weights": weights} if weights else {})
    bounds = {
        "logup": (1 << leaves) + 3 * profile.n_table,
        "gkr": leaves * (leaves - 1) + table * (table - 1) + 2 * (leaves + table),
        "point": size.log_stack + size.log_batch + 16,
        "matmul": 2 * size.n_product_rounds,
        "merge": profile.n_limbs + 1 + 2 * (size.log_columns + size.log_stack),
    }
    return {name: bound / FIELD_SIZE for name, bound in bounds.items()} | {
        f"{opening}_{name}": error
        for opening, form in openings.items()
        for name, error in soundness.opening_errors(form.shape, form.queries).items()
    }


def bits(size: Size, witness: Opening, weights: Opening | None = None) -> float:
    """Security of a whole proof: -log2 of the sum of all errors."""
    return soundness.bits(errors(size, witness, weights).values())


def choose_queries(
    size: Size, shape: Shape, weights: Opening | None = None, target: float = TARGET_BITS
) -> int:
    """The fewest queries with which a proof reaches the target.

    Raises:
        TargetUnreachable: if no number of them up to 1024 does.
    """
    all_errors = errors(size, Opening(shape, MAX_QUERIES), weights)
    others = [error for name, error in all_errors.items() if not name.startswith("witness")]
    return soundness.choose_queries(shape, target, others)


@cache
def choose(
    size: Size, weights: Opening | None = None, inv_rate: int = DEFAULT_INV_RATE
) -> Parameters:
    """The parameters of the shortest proof with 100 bits at this rate.

    Raises:
        TargetUnreachable: if there are none: too many lookups, or too weak an opening of weights.
        BadRate: if inv_rate is no power of two from 2 on.
    """
    candidates = list[Parameters]()
    for log_columns in range(size.log_stack + size.log_batch):
        try:
            shape = size.shape(1 << log_columns, inv_rate)
            queries = choose_queries(size, shape, weights)
        except TargetUnreachable:
            continue
        number = PROFILES.index(size.profile)
        candidates.append(Parameters(number, inv_rate, shape.columns, queries))
    if not candidates:
        raise TargetUnreachable(f"{size}: no parameters reach {TARGET_BITS} bits")
    return min(candidates, key=lambda candidate: candidate.opening(size).expected_bytes)


def _missed(part: float, queries: int) -> float:
    """The chance that no query falls into a part of all places."""
    return float((1 - part) ** queries)
