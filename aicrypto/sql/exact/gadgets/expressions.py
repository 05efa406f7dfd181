"""Expressions over rows: their types, their values, and the constraints that prove the values.

Addition, negation and casts are linear in columns and cost nothing. A product, an equality and a
comparison each push columns: for l = r, with d = l - r, the inverse d⁺ of d (0 where d is 0) and
s = 1 - d·d⁺, tied down by s·d = 0 and chi - s = d·d⁺: s is 1 where l equals r, else 0.

Source: spaceandtimefdn/sxt-proof-of-sql@8b0de6b, sql/proof_exprs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from aicrypto.sql import plan as p
from aicrypto.sql import types
from aicrypto.sql.exact.builder import Builder, InvalidIndex, Known
from aicrypto.sql.exact.commitments import scalar
from aicrypto.sql.exact.format.plans import UnsupportedProofExprVariant
from aicrypto.sql.exact.gadgets.bits import sign
from aicrypto.sql.exact.gadgets.sets import inverses
from aicrypto.sql.exact.polynomials import Polynomial, R, rows_of
from aicrypto.sql.types import BOOLEAN, ColumnType

Item = TypeVar("Item")


class InvalidDataType(ValueError):
    """An operand has a type that its operator does not take."""


@dataclass(frozen=True)
class Scope:
    """Columns that an expression may refer to, inside a proof.

    Attributes:
        columns: polynomials by number.
        chi: ones in the rows there are.
        parameters: the query's parameters, as scalars.
    """

    columns: Sequence[Polynomial]
    chi: Known
    parameters: Sequence[int]


def type_of(e: p.Expression, columns: Sequence[ColumnType]) -> ColumnType:
    """The expression's type.

    Raises:
        InvalidIndex: if a column's number is too high.
        DataTypeMismatch, InvalidDataType: if an operator does not take its operands' types.
        UnsupportedProofExprVariant: for a class that this system does not have.
    """
    match e:
        case p.ColumnRef(index):
            return _item(columns, index, "column")
        case p.Literal(type_) | p.Parameter(_, type_):
            return type_
        case p.Cast(operand, type_):
            types.check_cast(type_of(operand, columns), type_)
            return type_
        case p.Rescale(operand, type_, factor):
            _check_factor(type_of(operand, columns), type_, factor)
            return type_
    return _type_of_operator(e, columns)


def _type_of_operator(e: p.Expression, columns: Sequence[ColumnType]) -> ColumnType:
    match e:
        case p.Not(operand):
            if type_of(operand, columns) != BOOLEAN:
                raise InvalidDataType(f"not takes booleans, got {type_of(operand, columns)}")
            return BOOLEAN
        case p.Inequality(left, right, _):
            types.check_less(type_of(left, columns), type_of(right, columns))
            return BOOLEAN
        case p.Binary(operator, left, right):
            return _type_of_binary(operator, type_of(left, columns), type_of(right, columns))
    raise UnsupportedProofExprVariant(f"{type(e).__name__} is no expression of that system")


def _type_of_binary(operator: str, left: ColumnType, right: ColumnType) -> ColumnType:
    if operator == "mul":
        return types.product_type(left, right)
    if operator in ("add", "sub"):
        return types.sum_type(left, right)
    if operator == "eq":
        types.check_equal(left, right)
    elif (left, right) != (BOOLEAN, BOOLEAN):
        raise types.DataTypeMismatch(f"{operator} takes booleans, got {left} and {right}")
    return BOOLEAN


def _check_factor(old: ColumnType, new: ColumnType, factor: int) -> None:
    types.check_rescale(old, new)
    if factor != 10 ** (new.scale - old.scale):
        raise types.DataTypeMismatch(f"factor is {factor}, must be 10^{new.scale - old.scale}")


def constrain(b: Builder, e: p.Expression, s: Scope) -> Polynomial:
    """The expression's column, with the constraints that prove it."""
    match e:
        case p.ColumnRef(index):
            return s.columns[index]
        case p.Literal(_, value):
            return s.chi.polynomial * scalar(value)
        case p.Parameter(index, _):
            return s.chi.polynomial * _item(s.parameters, index, "parameter")
        case p.Cast(operand, _):
            return constrain(b, operand, s)
        case p.Rescale(operand, _, factor):
            return constrain(b, operand, s) * factor
        case p.Not(operand):
            return s.chi.polynomial - constrain(b, operand, s)
    return _constrain_pair(b, e, s)


def _constrain_pair(b: Builder, e: p.Expression, s: Scope) -> Polynomial:
    match e:
        case p.Inequality(left, right, is_less):
            low, high = constrain(b, left, s), constrain(b, right, s)
            d = low - high if is_less else high - low
            return sign(b, d, s.chi.polynomial, s.chi.length)
        case p.Binary(operator, left, right):
            return _binary(b, operator, constrain(b, left, s), constrain(b, right, s), s.chi)
    raise UnsupportedProofExprVariant(f"{type(e).__name__} is no expression of that system")


def _binary(
    b: Builder, operator: str, left: Polynomial, right: Polynomial, chi: Known
) -> Polynomial:
    if operator in ("add", "sub"):
        return left + right if operator == "add" else left - right
    if operator == "eq":
        return equal(b, left - right, chi)
    product = b.final(lambda: _multiplied(left, right, chi.length))
    b.vanish(product - left * right)
    return left + right - product if operator == "or" else product


def equal(b: Builder, d: Polynomial, chi: Known) -> Polynomial:
    """The column that is 1 where d is zero."""
    inverse = b.final(lambda: inverses(rows_of(d, chi.length)))
    is_zero = b.final(lambda: [int(v == 0) for v in rows_of(d, chi.length)])
    b.vanish(is_zero * d)
    b.vanish(chi.polynomial - is_zero - d * inverse)
    return is_zero


def _multiplied(left: Polynomial, right: Polynomial, length: int) -> list[int]:
    pairs = zip(rows_of(left, length), rows_of(right, length), strict=True)
    return [a * b % R for a, b in pairs]


def _item(items: Sequence[Item], index: int, what: str) -> Item:
    if index >= len(items):
        raise InvalidIndex(f"{what} is {index}, must be below {len(items)}")
    return items[index]
