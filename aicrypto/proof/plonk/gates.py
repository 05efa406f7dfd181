"""PLONK's arithmetisation: gates with three wires each, and copies between them.

    Ql·a + Qr·b + Qo·c + Qm·a·b + Qc = 0      one equation a gate; the Q are fixed, a, b, c are not

R1CS sums any number of wires for nothing and wires need no copying; here every addition of two
wires is a gate, so one circuit has about twice as many gates as constraints (4-8-3: 320 and
663). In return the setup serves every circuit up to its size, and selectors can be anything.

`arithmetise` turns constraints into gates: a sum of wires is folded two at a time into new wires,
shared between the rows where it occurs, until a row is one wire times a number, plus a number. The
first gates hold the public inputs, gate i being a - public_i = 0.

Sources: eprint 2019/953; the reduction is the one every R1CS front end of PLONK needs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from aicrypto.algebra.primes import BN254_R
from aicrypto.proof.r1cs.system import Constraint, R1cs, Row, require_satisfied

MIN_GATES = 8  # below that the quotient, of degree 3n + 5, does not fit four times the domain


@dataclass(frozen=True, slots=True)
class Gate:
    """One gate; a wire that is None takes no part, its cell holds 0."""

    a: int | None = None
    b: int | None = None
    c: int | None = None
    qm: int = 0
    ql: int = 0
    qr: int = 0
    qo: int = 0
    qc: int = 0

    @property
    def wires(self) -> tuple[int | None, int | None, int | None]:
        """a, b, c."""
        return self.a, self.b, self.c


@dataclass(frozen=True, slots=True)
class Addition:
    """A new wire: left_factor·left + right_factor·right."""

    left: int
    left_factor: int
    right: int
    right_factor: int


@dataclass(frozen=True, slots=True)
class Gates:
    """A circuit as gates.

    Attributes:
        gates: those of the public inputs first.
        additions: the wires after those of `system`, in order.
        system: the constraints that the gates stand for.
    """

    gates: tuple[Gate, ...]
    additions: tuple[Addition, ...]
    system: R1cs

    @property
    def domain(self) -> int:
        """n, the power of two that holds the gates."""
        return max(MIN_GATES, 1 << max(len(self.gates) - 1, 0).bit_length())

    def extended(self, witness: Sequence[int]) -> list[int]:
        """The witness with the values of the new wires.

        Raises:
            Unsatisfied: if it does not solve the system.
        """
        require_satisfied(self.system, witness)
        values = list(witness)
        for new in self.additions:
            left, right = new.left_factor * values[new.left], new.right_factor * values[new.right]
            values.append((left + right) % BN254_R)
        return values


def arithmetise(system: R1cs) -> Gates:
    """The gates of a system over BN254's scalar field.

    Raises:
        ValueError: if the system is over another field.
    """
    if system.prime != BN254_R:
        raise ValueError(f"prime is {system.prime}, must be BN254's group order {BN254_R}")
    builder = _Builder(system)
    for constraint in system.constraints:
        builder.add(constraint)
    return Gates(tuple(builder.gates), tuple(builder.additions), system)


@dataclass(frozen=True, slots=True)
class _Term:
    """factor·wire + constant; no wire if it is a number."""

    wire: int | None
    factor: int
    constant: int


class _Builder:
    def __init__(self, system: R1cs) -> None:
        self.gates = [Gate(a=1 + i, ql=1) for i in range(system.n_public)]
        self.additions: list[Addition] = []
        self._known: dict[Addition, int] = {}
        self._n_wires = system.n_wires

    def add(self, constraint: Constraint) -> None:
        """The gates of one constraint: sums first, then the product."""
        for side, other in ((constraint.a, constraint.b), (constraint.b, constraint.a)):
            if all(wire == 0 for wire, _ in side):  # a number: the constraint is a sum
                self._add_sum(other, sum(value for _, value in side), constraint.c)
                return
        x, y, z = (self._reduce(row) for row in constraint.rows)
        gate = Gate(
            a=x.wire,
            b=y.wire,
            c=z.wire,
            qm=x.factor * y.factor % BN254_R,
            ql=x.factor * y.constant % BN254_R,
            qr=x.constant * y.factor % BN254_R,
            qo=-z.factor % BN254_R,
            qc=(x.constant * y.constant - z.constant) % BN254_R,
        )
        self.gates.append(gate)

    def _add_sum(self, row: Row, factor: int, c: Row) -> None:
        """A gate for factor·row - c = 0: up to three wires need no sum before it."""
        terms: dict[int, int] = {}
        for wire, value in (*((w, v * factor) for w, v in row), *((w, -v) for w, v in c)):
            terms[wire] = (terms.get(wire, 0) + value) % BN254_R
        constant = terms.pop(0, 0)
        pairs: list[tuple[int | None, int]] = [*self._folded(_nonzero(terms.items()), 3)]
        (a, ql), (b, qr), (c_wire, qo) = pairs + [(None, 0)] * (3 - len(pairs))
        self.gates.append(Gate(a, b, c_wire, ql=ql, qr=qr, qo=qo, qc=constant))

    def _reduce(self, row: Row) -> _Term:
        constant = sum(value for wire, value in row if wire == 0) % BN254_R
        pairs = self._folded(_nonzero(row), 1)
        return _Term(*pairs[0], constant) if pairs else _Term(None, 0, constant)

    def _folded(self, pairs: list[tuple[int, int]], most: int) -> list[tuple[int, int]]:
        """The same sum in at most `most` terms."""
        while len(pairs) > most:
            (left, left_factor), (right, right_factor), *rest = pairs
            new = Addition(left, left_factor, right, right_factor)
            pairs = [(self._wire(new), 1), *rest]
        return pairs

    def _wire(self, new: Addition) -> int:
        if new not in self._known:
            self._known[new] = self._n_wires + len(self.additions)
            self.additions.append(new)
            gate = Gate(new.left, new.right, self._known[new], ql=new.left_factor)
            self.gates.append(_with_right(gate, new.right_factor))
        return self._known[new]


def _nonzero(pairs: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The terms of wires other than 0 that count."""
    return [(wire, value) for wire, value in pairs if wire and value]


def _with_right(gate: Gate, factor: int) -> Gate:
    return Gate(gate.a, gate.b, gate.c, ql=gate.ql, qr=factor, qo=BN254_R - 1)


def permutation(gates: Gates) -> list[list[int]]:
    """Where each cell's copy is: for columns a, b, c and every row, a cell number col·n + row.

    The cells of one wire form a cycle; a cell without a wire is a cycle of its own. A product over
    all cells of (value + beta·place) stays the same under this map only if values are constant on
    cycles.
    """
    n = gates.domain
    cells: dict[int, list[int]] = {}
    target = list(range(3 * n))
    for row, gate in enumerate(gates.gates):
        for column, wire in enumerate(gate.wires):
            if wire is not None:
                cells.setdefault(wire, []).append(column * n + row)
    for cycle in cells.values():
        for here, there in zip(cycle, [*cycle[1:], cycle[0]], strict=True):
            target[here] = there
    return [target[column * n : (column + 1) * n] for column in range(3)]
