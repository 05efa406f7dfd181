"""Expressions of a query as polynomials in columns: arithmetic, comparisons, conditions.

Text is a place in a column's dictionary. A literal of text meets a column: it is looked up in the
dictionary, which both sides know, and stands for its place, or between two places if it is not
there. Two columns of text compare if they have one dictionary.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from aicrypto.sql import plan as p
from aicrypto.sql.fast.statement import gadgets
from aicrypto.sql.fast.statement.builder import Builder, Poly, number

Dictionary = tuple[str | bytes, ...]


class UnsupportedExpression(ValueError):
    """The back end has no constraints for an expression."""


@dataclass(frozen=True)
class Operand:
    """A column that expressions may name.

    Attributes:
        dictionary: of a column of text, what its integers stand for; None for others.
    """

    poly: Poly
    dictionary: Dictionary | None


def dictionary_of(e: p.Expression, columns: Sequence[Operand]) -> Dictionary | None:
    """The dictionary of an expression that is a column of text; None for others."""
    return columns[e.index].dictionary if isinstance(e, p.ColumnRef) else None


def value(b: Builder, e: p.Expression, columns: Sequence[Operand]) -> Poly:
    """The polynomial that an expression means, of degree 2 at most.

    Raises:
        FieldOverflow: if its values may leave ±2^60.
        UnsupportedExpression: naming what cannot be proven.
    """
    match e:
        case p.ColumnRef(index):
            return columns[index].poly
        case p.Literal(type_, literal) if not type_.is_text:
            return number(int(literal))
        case p.Inequality(left, right, is_less):
            return _less(b, *((left, right) if is_less else (right, left)), columns)
        case p.Binary(operator, left, right):
            return _binary(b, operator, left, right, columns)
    return _unary(b, e, columns)


def _unary(b: Builder, e: p.Expression, columns: Sequence[Operand]) -> Poly:
    match e:
        case p.Cast(operand, _):
            return value(b, operand, columns)
        case p.Rescale(operand, _, factor):
            return value(b, operand, columns).scaled(factor)
        case p.Not(operand):
            return gadgets.negation(value(b, operand, columns))
    raise UnsupportedExpression(f"expression {e} cannot be proven here")


def _binary(
    b: Builder, operator: str, left: p.Expression, right: p.Expression, columns: Sequence[Operand]
) -> Poly:
    if operator == "eq":
        return _equal(b, left, right, columns)
    x, y = value(b, left, columns), value(b, right, columns)
    match operator:
        case "add":
            return x + y
        case "sub":
            return x - y
        case "mul" | "and":
            return gadgets.product(b, x, y)
        case "or":
            return gadgets.either(b, x, y)
    raise UnsupportedExpression(f"operator is {operator!r}, which cannot be proven here")


def _equal(b: Builder, left: p.Expression, right: p.Expression, columns: Sequence[Operand]) -> Poly:
    for column, literal in ((left, right), (right, left)):
        words = dictionary_of(column, columns)
        if words is not None and isinstance(literal, p.Literal):
            place = _place(words, literal)
            here = value(b, column, columns)
            return number(0) if place is None else gadgets.is_zero(b, here - number(place))
    _check_dictionaries(left, right, columns)
    return gadgets.is_zero(b, value(b, left, columns) - value(b, right, columns))


def _place(words: Dictionary, literal: p.Literal) -> int | None:
    """Where a literal stands; None if it does not."""
    place = bisect_left(words, literal.value)
    found = place < len(words) and words[place] == literal.value
    return place if found else None


def _less(b: Builder, low: p.Expression, high: p.Expression, columns: Sequence[Operand]) -> Poly:
    """Whether low < high: the sign of low - high."""
    words = dictionary_of(low, columns)
    if words is not None and isinstance(high, p.Literal):
        place = bisect_left(words, high.value)
        return gadgets.is_negative(b, value(b, low, columns) - number(place))
    words = dictionary_of(high, columns)
    if words is not None and isinstance(low, p.Literal):
        place = bisect_right(words, low.value)
        return gadgets.negation(gadgets.is_negative(b, value(b, high, columns) - number(place)))
    _check_dictionaries(low, high, columns)
    return gadgets.is_negative(b, value(b, low, columns) - value(b, high, columns))


def _check_dictionaries(
    left: p.Expression, right: p.Expression, columns: Sequence[Operand]
) -> None:
    if dictionary_of(left, columns) != dictionary_of(right, columns):
        raise UnsupportedExpression("two columns of text compare only if they have one dictionary")
