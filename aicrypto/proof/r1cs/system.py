"""Rank-1 constraints: the form in which pairing SNARKs want a computation.

A witness is a vector w of field elements, one for every *wire*, and constraint k says

    (A_k · w) · (B_k · w) = C_k · w          wire 0 is the number 1

so a constraint is worth one product, and sums are free. Wires stand in circom's order: 1, public
outputs, public inputs, private inputs, internal. A negative number is its residue: -1 is r - 1, and
a circuit that compares numbers must see to it that they stay far below r.

Rows are sparse: pairs (wire, coefficient). Groth16 and PLONK start here, `files` reads and writes
the form on disk, `language` makes systems from Python. Source: Gennaro, Gentry, Parno, Raykova
(eprint 2012/215); the order of wires is that of iden3's r1cs file format.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aicrypto.algebra.plain import NonCanonical
from aicrypto.algebra.primes import BN254_R

Row = tuple[tuple[int, int], ...]  # (wire, coefficient) pairs


class Unsatisfied(ValueError):
    """A witness that breaks a constraint, has another length, or does not start with 1.

    Attributes:
        index: number of the first broken constraint, None if the shape is wrong.
    """

    def __init__(self, message: str, index: int | None = None) -> None:
        super().__init__(message)
        self.index = index


@dataclass(frozen=True, slots=True)
class Constraint:
    """One constraint (a · w)(b · w) = c · w.

    Attributes:
        name: what its author called it, for messages.
        source: file and line where it was written.
    """

    a: Row
    b: Row
    c: Row
    name: str = ""
    source: str = ""

    @property
    def rows(self) -> tuple[Row, Row, Row]:
        """The three rows."""
        return self.a, self.b, self.c


@dataclass(frozen=True, slots=True)
class R1cs:
    """A system of constraints.

    Attributes:
        constraints: in order.
        n_wires: length of a witness.
        n_outputs, n_inputs: how many public outputs and inputs follow wire 0.
        n_private: how many private inputs follow these.
        labels: circom's signal number of each wire; empty where nobody numbered them.
        n_labels: how many signals circom had before it simplified.
        prime: the field.

    Raises:
        ValueError: naming the constraint, if a wire does not exist; if there are fewer wires than
            the header counts.
        NonCanonical: naming the constraint, if a coefficient is not in 0..prime-1.
    """

    constraints: tuple[Constraint, ...]
    n_wires: int
    n_outputs: int = 0
    n_inputs: int = 0
    n_private: int = 0
    labels: tuple[int, ...] = ()
    n_labels: int = 0
    prime: int = BN254_R

    def __post_init__(self) -> None:
        if not 1 + self.n_public <= self.n_wires:
            raise ValueError(f"n_wires is {self.n_wires}, must exceed n_public {self.n_public}")
        for k, constraint in enumerate(self.constraints):
            for row in constraint.rows:
                _check_row(row, self.n_wires, self.prime, f"constraint {k}")

    @property
    def n_public(self) -> int:
        """Public outputs and inputs together; wire 0 is not counted."""
        return self.n_outputs + self.n_inputs


def _check_row(row: Row, n_wires: int, prime: int, where: str) -> None:
    for wire, coefficient in row:
        if not 0 <= wire < n_wires:
            raise ValueError(f"{where} has wire {wire}, must be in 0..{n_wires - 1}")
        if not 0 <= coefficient < prime:
            raise NonCanonical(f"{where} has value {coefficient}, must be in 0..{prime - 1}")


def from_lists(
    constraints: Sequence[Sequence[Sequence[Sequence[int]]]], n_public: int, n_wires: int
) -> R1cs:
    """The system whose constraints are lists [A, B, C] of lists of [wire, value].

    Raises:
        ValueError: as `R1cs`, or if a constraint has not three rows of pairs.
    """
    made = []
    for k, rows in enumerate(constraints):
        if len(rows) != 3 or any(len(pair) != 2 for row in rows for pair in row):
            raise ValueError(f"constraint {k} must be three lists of [wire, value]")
        a, b, c = (tuple((wire, value) for wire, value in row) for row in rows)
        made.append(Constraint(a, b, c, f"constraint {k}"))
    return R1cs(tuple(made), n_wires, n_inputs=n_public)


def dot(row: Row, witness: Sequence[int], prime: int = BN254_R) -> int:
    """The value of a row: the sum of coefficient times wire.

    >>> dot(((0, 5), (2, 1)), [1, 35, 3])
    8
    """
    return sum(coefficient * witness[wire] for wire, coefficient in row) % prime


def products(system: R1cs, witness: Sequence[int]) -> tuple[list[int], list[int], list[int]]:
    """The values (A·w, B·w, C·w) of all constraints, whether they hold or not."""
    prime, rows = system.prime, [constraint.rows for constraint in system.constraints]
    a, b, c = ([dot(three[i], witness, prime) for three in rows] for i in range(3))
    return a, b, c


def require_satisfied(system: R1cs, witness: Sequence[int]) -> None:
    """Nothing, if the witness solves the system.

    Raises:
        Unsatisfied: naming the first constraint that does not hold, its source line and the three
            values; or saying what is wrong with the witness's form.
    """
    require_form(system, witness)
    for k, (a, b, c) in enumerate(zip(*products(system, witness), strict=True)):
        if (a * b - c) % system.prime:
            raise Unsatisfied(_complaint(system, k, (a, b, c)), k)


def is_satisfied(system: R1cs, witness: Sequence[int]) -> bool:
    """Whether the witness solves the system."""
    try:
        require_satisfied(system, witness)
    except Unsatisfied:
        return False
    return True


def require_form(system: R1cs, witness: Sequence[int]) -> None:
    """Nothing, if the witness is a vector of the right length that starts with 1.

    Raises:
        Unsatisfied: otherwise, also if a value is not in 0..prime-1.
    """
    if len(witness) != system.n_wires:
        raise Unsatisfied(f"witness has {len(witness)} values, must have {system.n_wires}")
    require_canonical(witness, system.prime)


def require_canonical(witness: Sequence[int], prime: int) -> None:
    """Nothing, if all values are field elements and the first is 1; Unsatisfied otherwise."""
    for wire, value in enumerate(witness):
        if not 0 <= value < prime:
            raise Unsatisfied(f"witness[{wire}] is {value}, must be in 0..{prime - 1}")
    if witness[0] != 1:
        raise Unsatisfied(f"witness[0] is {witness[0]}, must be 1")


def _complaint(system: R1cs, index: int, values: tuple[int, int, int]) -> str:
    constraint = system.constraints[index]
    a, b, c = (value - system.prime if value > system.prime // 2 else value for value in values)
    name = f" ({constraint.name})" if constraint.name else ""
    source = f" at {constraint.source}" if constraint.source else ""
    return f"constraint {index}{name}{source}: {a} * {b} is not {c}"
