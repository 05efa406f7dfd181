"""A circuit language in Python: write a computation once, get its constraints and its witnesses.

    circuit = Circuit()
    x = circuit.private("x")
    square = circuit.product(x, x, "square")
    cube = circuit.product(square, x, "cube")
    circuit.output("out", cube + x + 5)

    system = circuit.system()            three constraints over five wires
    circuit.witness({"x": 3})            [1, 35, 3, 9, 27]

A `Linear` is a sum of wires with coefficients: adding them and scaling by integers costs nothing,
`product` makes a new wire and one constraint. A *hint* is a wire whose value the prover computes in
any way at all (a bit, an inverse): it is bound by the constraints that are written about it, and by
nothing else. Forgetting one is the bug of this trade, as circuits still work without it.

Names nest by `scope`, and every constraint remembers the line that asked for it. The language knows
no gadgets: see `gadgets`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aicrypto.algebra.primes import BN254_R
from aicrypto.proof.r1cs.system import Constraint, R1cs, Row, require_satisfied

OUTPUT, INPUT, PRIVATE, INTERNAL = range(4)
# Code of this room that builds for others; messages should name the line that called it.
BUILDERS = {str(Path(__file__).with_name(name)) for name in ("language.py", "gadgets.py")}


@dataclass(frozen=True, slots=True)
class Linear:
    """A sum of coefficient times wire; wire 0 carries the constant.

    Attributes:
        terms: coefficient, 1..r-1, of every wire that occurs.
    """

    terms: dict[int, int]

    def __add__(self, other: Linear | int) -> Linear:
        terms = dict(self.terms)
        for wire, coefficient in linear(other).terms.items():
            total = (terms.get(wire, 0) + coefficient) % BN254_R
            if total:
                terms[wire] = total
            else:
                terms.pop(wire, None)
        return Linear(terms)

    def __mul__(self, factor: int) -> Linear:
        scaled = ((wire, value * factor % BN254_R) for wire, value in self.terms.items())
        return Linear({wire: value for wire, value in scaled if value})

    def __neg__(self) -> Linear:
        return self * -1

    def __sub__(self, other: Linear | int) -> Linear:
        return self + -linear(other)

    def __rsub__(self, other: Linear | int) -> Linear:
        return linear(other) - self

    __radd__, __rmul__ = __add__, __mul__


def linear(value: Linear | int) -> Linear:
    """The value as a sum of wires; an integer becomes a multiple of wire 0."""
    if isinstance(value, Linear):
        return value
    return Linear({0: value % BN254_R}) if value % BN254_R else Linear({})


def total(values: Iterable[Linear | int]) -> Linear:
    """The sum of many, in one pass: repeated `+` would copy the growing sum each time."""
    terms: dict[int, int] = {}
    for value in values:
        for wire, coefficient in linear(value).terms.items():
            terms[wire] = terms.get(wire, 0) + coefficient
    reduced = ((wire, coefficient % BN254_R) for wire, coefficient in terms.items())
    return Linear({wire: coefficient for wire, coefficient in reduced if coefficient})


class Circuit:
    """A computation under construction.

    Wires are numbered as they are made; `system` and `witness` put them into circom's order.
    """

    def __init__(self) -> None:
        self._roles = [OUTPUT]  # wire 0
        self._names: dict[str, int] = {}  # inputs only
        self._hints: list[tuple[int, Callable[..., int], tuple[Linear, ...]]] = []
        self._constraints: list[Constraint] = []
        self._scopes: list[str] = []

    def public(self, name: str) -> Linear:
        """A new public input; ValueError if the name is taken."""
        return self._input(name, INPUT)

    def private(self, name: str) -> Linear:
        """A new private input; ValueError if the name is taken."""
        return self._input(name, PRIVATE)

    def _input(self, name: str, role: int) -> Linear:
        if name in self._names:
            raise ValueError(f"name {name!r} is an input already")
        wire = self._wire(role)
        self._names[name] = wire
        return Linear({wire: 1})

    def _wire(self, role: int) -> int:
        self._roles.append(role)
        return len(self._roles) - 1

    def output(self, name: str, value: Linear | int) -> Linear:
        """A new public output that equals the value, for one constraint."""
        return self.output_product(name, value, 1, 0)

    def output_product(
        self, name: str, a: Linear | int, b: Linear | int, plus: Linear | int
    ) -> Linear:
        """A new public output a·b + plus, for one constraint: a last product needs no own wire."""
        operands = linear(a), linear(b), linear(plus)
        out = self._hinted(OUTPUT, lambda x, y, z: x * y + z, operands)
        self.constrain(a, b, out - plus, name)
        return out

    def hint(self, compute: Callable[..., int], *operands: Linear) -> Linear:
        """A new wire with the value that `compute` makes of the operands' values.

        `compute` sees residues 0..r-1 and may return any integer. Nothing binds the wire yet.
        """
        return self._hinted(INTERNAL, compute, operands)

    def _hinted(
        self, role: int, compute: Callable[..., int], operands: tuple[Linear, ...]
    ) -> Linear:
        wire = self._wire(role)
        self._hints.append((wire, compute, operands))
        return Linear({wire: 1})

    def product(self, a: Linear | int, b: Linear | int, name: str) -> Linear:
        """A new wire that is a·b, for one constraint."""
        result = self.hint(lambda x, y: x * y, linear(a), linear(b))
        self.constrain(a, b, result, name)
        return result

    def constrain(self, a: Linear | int, b: Linear | int, c: Linear | int, name: str) -> None:
        """Demands a·b = c."""
        row_a, row_b, row_c = (tuple(linear(side).terms.items()) for side in (a, b, c))
        full_name = "/".join([*self._scopes, name])
        self._constraints.append(Constraint(row_a, row_b, row_c, full_name, _source_line()))

    @contextmanager
    def scope(self, name: str) -> Iterator[None]:
        """Names made inside begin with this name and a slash."""
        self._scopes.append(name)
        try:
            yield
        finally:
            self._scopes.pop()

    def system(self) -> R1cs:
        """The constraints so far, wires in circom's order."""
        place = self._places()
        constraints = tuple(
            Constraint(_moved(c.a, place), _moved(c.b, place), _moved(c.c, place), c.name, c.source)
            for c in self._constraints
        )
        n_wires = len(self._roles)
        return R1cs(
            constraints,
            n_wires,
            n_outputs=self._roles.count(OUTPUT) - 1,
            n_inputs=self._roles.count(INPUT),
            n_private=self._roles.count(PRIVATE),
            labels=tuple(range(n_wires)),
            n_labels=n_wires,
        )

    def witness(self, inputs: Mapping[str, int]) -> list[int]:
        """The values of all wires for these inputs, checked against every constraint.

        Negative inputs stand for their residues.

        Raises:
            ValueError: naming an input that is missing, unknown, or not in -r/2..r-1.
            Unsatisfied: naming the first constraint that does not hold, and its source line.
        """
        values = self.unchecked_witness(inputs)
        require_satisfied(self.system(), values)
        return values

    def unchecked_witness(self, inputs: Mapping[str, int]) -> list[int]:
        """The same without the check: what a prover might try."""
        self._check_inputs(inputs)
        values = [1] + [0] * (len(self._roles) - 1)
        for name, wire in self._names.items():
            values[wire] = inputs[name] % BN254_R
        for wire, compute, operands in self._hints:
            known = [_value(operand, values) for operand in operands]
            values[wire] = compute(*known) % BN254_R
        ordered = [0] * len(values)
        for wire, place in enumerate(self._places()):
            ordered[place] = values[wire]
        return ordered

    def _check_inputs(self, inputs: Mapping[str, int]) -> None:
        for name in self._names.keys() ^ inputs.keys():
            raise ValueError(f"input {name!r} is {'missing' if name in self._names else 'unknown'}")
        for name, value in inputs.items():
            if not -BN254_R // 2 < value < BN254_R:
                raise ValueError(f"input {name!r} is {value}, must be in -r/2..r-1")

    def _places(self) -> list[int]:
        """Where each wire stands in circom's order: a stable sort by role, wire 0 first."""
        order = sorted(range(len(self._roles)), key=self._roles.__getitem__)
        places = [0] * len(order)
        for place, wire in enumerate(order):
            places[wire] = place
        return places


def _value(operand: Linear, values: list[int]) -> int:
    return sum(coefficient * values[wire] for wire, coefficient in operand.terms.items()) % BN254_R


def _moved(row: Row, place: list[int]) -> Row:
    return tuple(sorted((place[wire], coefficient) for wire, coefficient in row))


def _source_line() -> str:
    """File and line of the innermost caller that is no builder of this room."""
    frame: Any = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename in BUILDERS:
        frame = frame.f_back
    return f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno}"
