"""Constraint builders: gadgets run once, by the prover over columns, by the verifier over values.

A gadget asks its builder for first-round columns, pushes final-round columns, takes challenges and
states constraints. `Prover` answers with columns and collects commitments and constraints for the
sumcheck; `Verifier` answers with the evaluations of a proof and adds the constraints up at the
sumcheck's point. Both serve every kind of request from a queue of its own, in the order of the
gadgets, so that proofs carry no names: nothing may be missing and nothing may be left.

Source: spaceandtimefdn/sxt-proof-of-sql@8b0de6b, sql/proof (builders).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from aicrypto.sql.exact import multilinear
from aicrypto.sql.exact.format.proofs import Mask, Proof
from aicrypto.sql.exact.polynomials import Evaluation, Polynomial, R, Rows, as_evaluation
from aicrypto.sql.exact.sumcheck import Constraint

Item = TypeVar("Item")


class EmptyQueue(ValueError):
    """The proof has fewer messages of a kind than the plan's gadgets ask for."""


class QueueNotEmpty(ValueError):
    """The proof has more messages of a kind than the plan's gadgets ask for."""


class ConstraintDegreeTooHigh(ValueError):
    """A constraint multiplies more columns than the sumcheck's rounds allow."""


class AggregateEvaluationMismatch(ValueError):
    """The constraints do not take the sumcheck's final value."""


class InvalidIndex(ValueError):
    """A plan refers to a column, table or parameter that is not there."""


@dataclass(frozen=True)
class Known:
    """A column that its length determines: ones (chi) or row numbers (rho)."""

    length: int
    polynomial: Polynomial


@dataclass
class Recorder:
    """What the first pass over the plan announces, before any challenge."""

    columns: list[Rows] = field(default_factory=list)
    chi_lengths: list[int] = field(default_factory=list)
    rho_lengths: list[int] = field(default_factory=list)
    n_challenges: int = 0


class Builder(ABC):
    """What gadgets may ask for."""

    @abstractmethod
    def column(self, index: int) -> Polynomial:
        """A column of the plan's tables."""

    @abstractmethod
    def table_length(self, table: int) -> int:
        """How many rows a table of the plan has."""

    @abstractmethod
    def ones(self, length: int) -> Polynomial:
        """Chi of a length that the verifier knows."""

    @abstractmethod
    def first(self) -> Polynomial:
        """The next first-round column."""

    @abstractmethod
    def final(self, make: Callable[[], Sequence[int]]) -> Polynomial:
        """The next final-round column; the prover makes and pushes it."""

    @abstractmethod
    def chi(self) -> Known:
        """The next announced column of ones."""

    @abstractmethod
    def rho(self) -> Known:
        """The next announced column of row numbers."""

    @abstractmethod
    def challenge(self) -> int:
        """The next challenge of those drawn after the first round."""

    @abstractmethod
    def masks(self, make: Callable[[], Mask]) -> Mask:
        """The next bit masks; the prover makes and announces them."""

    @abstractmethod
    def constrain(self, polynomial: Polynomial, is_identity: bool) -> None:
        """The next constraint."""

    @abstractmethod
    def same(self, left: Polynomial, right: Polynomial, refusal: type[ValueError]) -> None:
        """The verifier refuses if two linear combinations differ; the prover knows they do not."""

    def vanish(self, polynomial: Polynomial) -> None:
        """Constraint I: zero in every row."""
        self.constrain(polynomial, True)

    def sum_to_zero(self, polynomial: Polynomial) -> None:
        """Constraint Z: zero summed over all rows."""
        self.constrain(polynomial, False)


class Prover(Builder):
    """Columns in, columns and constraints out."""

    def __init__(
        self,
        columns: Sequence[Rows],
        lengths: Sequence[int],
        first: Recorder,
        challenges: Iterable[int],
    ) -> None:
        self._columns, self._lengths = columns, lengths
        self._first, self._challenges = iter(first.columns), iter(challenges)
        self._chi, self._rho = iter(first.chi_lengths), iter(first.rho_lengths)
        self.final_columns: list[Rows] = []
        self.constraints: list[Constraint] = []
        self.all_masks: list[Mask] = []
        self._ones: dict[int, Rows] = {}

    def column(self, index: int) -> Polynomial:
        """See `Builder`."""
        return self._columns[index]

    def table_length(self, table: int) -> int:
        """See `Builder`."""
        return self._lengths[table]

    def ones(self, length: int) -> Polynomial:
        """One object per length, so that the sumcheck folds it once."""
        return self._ones.setdefault(length, Rows([1] * length))

    def first(self) -> Polynomial:
        """See `Builder`."""
        return next(self._first)

    def final(self, make: Callable[[], Sequence[int]]) -> Polynomial:
        """See `Builder`."""
        self.final_columns.append(Rows(make()))
        return self.final_columns[-1]

    def chi(self) -> Known:
        """See `Builder`."""
        length = next(self._chi)
        return Known(length, self.ones(length))

    def rho(self) -> Known:
        """See `Builder`."""
        length = next(self._rho)
        return Known(length, Rows(range(length)))

    def challenge(self) -> int:
        """See `Builder`."""
        return next(self._challenges)

    def masks(self, make: Callable[[], Mask]) -> Mask:
        """See `Builder`."""
        self.all_masks.append(make())
        return self.all_masks[-1]

    def constrain(self, polynomial: Polynomial, is_identity: bool) -> None:
        """See `Builder`."""
        self.constraints.append(Constraint(polynomial, is_identity))

    def same(self, left: Polynomial, right: Polynomial, refusal: type[ValueError]) -> None:
        """Nothing to do: the prover built both sides."""


@dataclass(frozen=True)
class Challenges:
    """What the verifier has drawn, and what the sumcheck left to check.

    Attributes:
        gadgets: for folds, in the order in which gadgets ask.
        multipliers: mu, one for each constraint.
        rows: the point of the equality polynomial.
        point: where the sumcheck ended; `claim` is the value it demands there, `degree` the
            highest degree it allows.
    """

    gadgets: tuple[int, ...]
    multipliers: tuple[int, ...]
    rows: tuple[int, ...]
    point: tuple[int, ...]
    claim: int
    degree: int


class Verifier(Builder):
    """Evaluations in, one weighted sum out."""

    def __init__(self, proof: Proof, lengths: Sequence[int], challenges: Challenges) -> None:
        self._lengths, self._challenges = lengths, challenges
        self._columns = proof.evaluations.columns
        self._queues: dict[str, list[int]] = {
            "first-round columns": [*proof.evaluations.first],
            "final-round columns": [*proof.evaluations.final],
            "chi lengths": [*proof.first.chi_lengths],
            "rho lengths": [*proof.first.rho_lengths],
            "challenges": [*challenges.gadgets],
            "constraints": [*challenges.multipliers],
        }
        self._masks = [*proof.final.masks]
        self._equality = multilinear.equality(
            proof.first.range_length, challenges.rows, challenges.point
        )
        self.total = 0

    def column(self, index: int) -> Polynomial:
        """See `Builder`."""
        return Evaluation(_at(self._columns, index, "column"))

    def table_length(self, table: int) -> int:
        """See `Builder`."""
        return _at(self._lengths, table, "table")

    def ones(self, length: int) -> Polynomial:
        """See `Builder`."""
        return Evaluation(multilinear.chi(length, self._challenges.point))

    def first(self) -> Polynomial:
        """See `Builder`."""
        return Evaluation(self._next("first-round columns"))

    def final(self, make: Callable[[], Sequence[int]]) -> Polynomial:
        """The evaluation; nothing is made."""
        return Evaluation(self._next("final-round columns"))

    def chi(self) -> Known:
        """See `Builder`."""
        length = self._next("chi lengths")
        return Known(length, self.ones(length))

    def rho(self) -> Known:
        """See `Builder`."""
        length = self._next("rho lengths")
        return Known(length, Evaluation(multilinear.rho(length, self._challenges.point)))

    def challenge(self) -> int:
        """See `Builder`."""
        return self._next("challenges")

    def masks(self, make: Callable[[], Mask]) -> Mask:
        """The proof's masks; nothing is made."""
        if not self._masks:
            raise EmptyQueue("the proof has too few bit masks")
        return self._masks.pop(0)

    def constrain(self, polynomial: Polynomial, is_identity: bool) -> None:
        """Adds mu times the constraint's value, times eq's for an identity."""
        evaluation = as_evaluation(polynomial)
        if evaluation.degree + is_identity > self._challenges.degree:
            raise ConstraintDegreeTooHigh(
                f"a constraint has degree {evaluation.degree + is_identity}, "
                f"the sumcheck allows {self._challenges.degree}"
            )
        weight = self._equality if is_identity else 1
        self.total += self._next("constraints") * weight * evaluation.value

    def same(self, left: Polynomial, right: Polynomial, refusal: type[ValueError]) -> None:
        """See `Builder`."""
        if as_evaluation(left).value != as_evaluation(right).value:
            raise refusal("two combinations of columns differ at the point")

    def finish(self) -> None:
        """Passes if the constraints take the claimed value and the proof says nothing else.

        Raises:
            AggregateEvaluationMismatch: if they do not.
            QueueNotEmpty: naming what is left.
        """
        left = [name for name, queue in self._queues.items() if queue]
        if left or self._masks:
            raise QueueNotEmpty(f"the proof has too many {(left or ['bit masks'])[0]}")
        if (self.total - self._challenges.claim) % R:
            raise AggregateEvaluationMismatch("the constraints do not take the sumcheck's value")

    def _next(self, name: str) -> int:
        if not self._queues[name]:
            raise EmptyQueue(f"the proof has too few {name}")
        return self._queues[name].pop(0)


def _at(items: Sequence[int], index: int, what: str) -> int:
    if index >= len(items):
        raise InvalidIndex(f"{what} is {index}, must be below {len(items)}")
    return items[index]
