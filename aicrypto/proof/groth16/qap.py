"""From constraints to one identity of polynomials: the quadratic arithmetic program.

Column i of the matrix A, read as values on the n-th roots of unity, is a polynomial u_i; likewise
v_i of B and w_i of C. For a witness let a(X) = sum witness_i·u_i(X), and b, c alike. Constraint j
says a·b = c at omega^j, so all hold exactly if Z(X) = X^n - 1 divides:

    a(X)·b(X) - c(X) = h(X)·Z(X)

One check at a secret point tau replaces a check per constraint, since two different polynomials of
degree 2n agree almost nowhere.

Rows after the constraints: witness_i·0 = 0 for wire 0 and the public wires, as snarkjs has it, then
zeros up to the next power of two. They make the public columns independent: otherwise a public that
only occurs beside others in the same proportion could be traded for them.

h comes from values on a coset of the roots, where Z is constant and not zero: three transforms
there, one back. Sources: eprint 2012/215 (QAP), eprint 2016/260; rows as in npm snarkjs 0.7.6.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aicrypto.algebra import polynomials as poly
from aicrypto.algebra.polynomials import Coefficients
from aicrypto.algebra.primes import BN254_FR, BN254_R
from aicrypto.proof.groth16.keys import Matrices
from aicrypto.proof.r1cs.system import R1cs, Row, Unsatisfied, dot, require_form

if TYPE_CHECKING:
    import sympy

Values = tuple[list[int], list[int], list[int]]  # of a, b, c


@dataclass(frozen=True, slots=True)
class Division:
    """a, b, c by coefficients, n each, and h with n - 1, lowest first: a·b - c = h·(X^n - 1)."""

    a: Coefficients
    b: Coefficients
    c: Coefficients
    h: Coefficients


@dataclass(frozen=True, slots=True)
class Columns:
    """u_i, v_i, w_i at one point, for every wire."""

    u: list[int]
    v: list[int]
    w: list[int]


def matrices_of(system: R1cs) -> Matrices:
    """The rows of the program: the constraints, then one for wire 0 and each public wire.

    Raises:
        ValueError: if the system is not over BN254's scalar field.
    """
    if system.prime != BN254_R:
        raise ValueError(f"prime is {system.prime}, must be BN254's group order {BN254_R}")
    publics = [((wire, 1),) for wire in range(system.n_public + 1)]
    empty: list[Row] = [() for _ in publics]
    a, b, c = ([constraint.rows[i] for constraint in system.constraints] for i in range(3))
    return Matrices((*a, *publics), (*b, *empty), (*c, *empty))


def domain_size(n_rows: int) -> int:
    """The smallest power of two that holds the rows."""
    return 1 << max(n_rows - 1, 0).bit_length()


def values_on_domain(
    matrices: Matrices, domain: int, witness: Sequence[int], names: Sequence[str] = ()
) -> Values:
    """a, b, c on the n-th roots of unity.

    Raises:
        Unsatisfied: naming the first row where a·b is not c.
    """
    padding = [0] * (domain - len(matrices.a))
    a, b = ([dot(row, witness) for row in rows] for rows in (matrices.a, matrices.b))
    product = [x * y % BN254_R for x, y in zip(a, b, strict=True)]
    for k, row in enumerate(matrices.c or ()):
        if dot(row, witness) != product[k]:
            name = names[k] if k < len(names) else f"constraint {k}"
            raise Unsatisfied(f"{name} does not hold", k)
    return a + padding, b + padding, product + padding


def on_odd_coset(values: Values) -> list[int]:
    """a·b - c at g·omega^j, g = omega_2n: half way between the roots, where Z = -2."""
    n = len(values[0])
    shift = BN254_FR.root_of_unity(2 * n)
    coefficients = (poly.inverse_ntt(BN254_FR, part) for part in values)
    a, b, c = (poly.ntt(BN254_FR, part, shift) for part in coefficients)
    return [(x * y - z) % BN254_R for x, y, z in zip(a, b, c, strict=True)]


def quotient(values: Values) -> Coefficients:
    """The n - 1 coefficients of h."""
    n = len(values[0])
    shift, half = BN254_FR.root_of_unity(2 * n), pow(-2, -1, BN254_R)
    scaled = [value * half % BN254_R for value in on_odd_coset(values)]
    return poly.inverse_ntt(BN254_FR, scaled, shift)[: n - 1]


def divide(system: R1cs, witness: Sequence[int]) -> Division:
    """The whole identity for one witness.

    Raises:
        Unsatisfied: if the witness does not solve the system.
        ValueError: if the system is over another field.
    """
    require_form(system, witness)
    matrices = matrices_of(system)
    names = [constraint.name for constraint in system.constraints]
    values = values_on_domain(matrices, domain_size(len(matrices.a)), witness, names)
    a, b, c = (poly.inverse_ntt(BN254_FR, part) for part in values)
    return Division(a, b, c, quotient(values))


def columns_at(matrices: Matrices, n_wires: int, lagrange: Sequence[int]) -> Columns:
    """The columns at the point where the Lagrange polynomials have these values."""
    return Columns(*(_combined(rows or (), n_wires, lagrange) for rows in _three(matrices)))


def _three(matrices: Matrices) -> tuple[tuple[Row, ...] | None, ...]:
    return matrices.a, matrices.b, matrices.c


def _combined(rows: Sequence[Row], n_wires: int, lagrange: Sequence[int]) -> list[int]:
    sums = [0] * n_wires
    for row, weight in zip(rows, lagrange, strict=False):
        for wire, coefficient in row:
            sums[wire] += coefficient * weight
    return [value % BN254_R for value in sums]


def symbolic(system: R1cs, witness: Sequence[int]) -> dict[str, sympy.Poly]:
    """a, b, c, h and Z as sympy polynomials over F_r, to look at and compute with.

    For small systems: sympy multiplies by the schoolbook rule. Coefficients are shown between -r/2
    and r/2, as sympy does. Errors as for `divide`.
    """
    import sympy

    division, x = divide(system, witness), sympy.Symbol("X")
    named = {"a": division.a, "b": division.b, "c": division.c, "h": division.h}
    n = len(division.a)
    named["Z"] = [BN254_R - 1, *[0] * (n - 1), 1]
    return {
        name: sympy.Poly(coefficients[::-1] or [0], x, modulus=BN254_R)
        for name, coefficients in named.items()
    }
