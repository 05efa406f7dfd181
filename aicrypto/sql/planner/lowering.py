"""Expressions as written into expressions of a plan: names resolved, types agreed, sugar removed.

The plan knows =, <, >, and, or, not, + - * and nothing else; the rest is rewritten. What two sides
of an operator owe each other is settled here: a parameter takes the other side's type, a number
written next to a small integer column takes its type, and of two scales the smaller is raised.

Source: spaceandtimefdn/sxt-proof-of-sql@8b0de6b, proof-of-sql-planner/src/expr.rs (rules).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aicrypto.sql import plan as p
from aicrypto.sql import types
from aicrypto.sql.exact.gadgets.expressions import InvalidDataType, type_of
from aicrypto.sql.planner import syntax as s
from aicrypto.sql.planner.lexer import UnsupportedSql
from aicrypto.sql.table import ColumnNotFound, nearest
from aicrypto.sql.types import BIGINT, BOOLEAN, ColumnType, DataTypeMismatch, OutOfRange, decimal

ARITHMETIC = {"+": "add", "-": "sub", "*": "mul"}
TEN = 10


class AmbiguousColumn(ValueError):
    """A name stands for two columns."""


class UntypedPlaceholder(ValueError):
    """Nothing says which type a parameter has."""


class ZeroPlaceholderId(ValueError):
    """Parameters count from $1."""


@dataclass(frozen=True)
class Field:
    """A column that expressions may name.

    Attributes:
        qualifiers: full names of the tables that it may be prefixed with.
    """

    name: str
    type: ColumnType
    qualifiers: tuple[str, ...] = ()

    def answers(self, parts: tuple[str, ...]) -> bool:
        """Whether the name, perhaps with its table before it, means this column."""
        prefix = ".".join(parts[:-1])
        tables = [form for q in self.qualifiers for form in (q, q.rsplit(".", 1)[-1])]
        return parts[-1] == self.name and (not prefix or prefix in tables)


class Scope:
    """The columns of a node, for expressions over it."""

    def __init__(self, fields: Sequence[Field]) -> None:
        self.fields = tuple(fields)

    @property
    def types(self) -> list[ColumnType]:
        """The columns' types."""
        return [field.type for field in self.fields]

    def index(self, name: s.Name) -> int:
        """The number of the column that a name means.

        Raises:
            ColumnNotFound: with the nearest name there is.
            AmbiguousColumn: if it means two.
        """
        found = [i for i, field in enumerate(self.fields) if field.answers(name.parts)]
        if not found:
            known = [field.name for field in self.fields]
            hint = nearest(name.parts[-1], known)
            raise ColumnNotFound(f"there is no column {'.'.join(name.parts)!r}{hint}")
        if len(found) > 1:
            raise AmbiguousColumn(f"column {'.'.join(name.parts)!r} is in several tables")
        return found[0]

    def reference(self, e: s.Expr) -> p.Expression | None:
        """What the scope itself has to say about an expression: here, names are columns."""
        if isinstance(e, s.Position):
            return p.ColumnRef(e.index)
        return p.ColumnRef(self.index(e)) if isinstance(e, s.Name) else None


Side = p.Expression | s.Placeholder  # a placeholder waits for the other side's type


def lower(e: s.Expr, scope: Scope) -> p.Expression:
    """The plan's expression.

    Raises:
        UntypedPlaceholder, ZeroPlaceholderId, ColumnNotFound, AmbiguousColumn, DataTypeMismatch,
        InvalidDataType, InvalidPrecision: as their names say.
        UnsupportedSql: for an aggregate where none may stand.
    """
    side = _side(e, scope)
    if isinstance(side, s.Placeholder):
        raise UntypedPlaceholder(f"nothing says which type ${side.number} has")
    return side


def lower_condition(e: s.Expr, scope: Scope) -> p.Expression:
    """The plan's expression, which must be boolean; InvalidDataType if it is not."""
    lowered = lower(e, scope)
    if (found := type_of(lowered, scope.types)) != BOOLEAN:
        raise InvalidDataType(f"a condition is boolean, not {found.to_json()}")
    return lowered


def _side(e: s.Expr, scope: Scope) -> Side:
    """The expression, or a parameter that still lacks its type."""
    if (known := scope.reference(e)) is not None:
        return known
    match e:
        case s.Constant(type_, value):
            return p.Literal(type_, value)
        case s.Placeholder():
            return _counted(e)
        case s.CastTo(operand, type_):
            return _cast(_side(operand, scope), type_, scope)
        case s.Negation(operand):
            return p.Not(lower_condition(operand, scope))
        case s.Between(operand, low, high):
            return p.Not(_outside(operand, low, high, scope))
    return _side_of_many(e, scope)


def _counted(placeholder: s.Placeholder) -> s.Placeholder:
    if placeholder.number == 0:
        raise ZeroPlaceholderId("parameters count from $1")
    return placeholder


def _side_of_many(e: s.Expr, scope: Scope) -> p.Expression:
    match e:
        case s.In(operand, values):
            return _in(operand, values, scope)
        case s.NotBetween(operand, low, high):
            return _outside(operand, low, high, scope)
        case s.Operation("and" | "or" as operator, left, right):
            pair = p.Binary(operator, lower(left, scope), lower(right, scope))
            type_of(pair, scope.types)
            return pair
        case s.Operation(operator, left, right):
            return operation(operator, _side(left, scope), _side(right, scope), scope)
    raise UnsupportedSql(f"{type(e).__name__.upper()} may not stand here")


def operation(operator: str, left: Side, right: Side, scope: Scope) -> p.Expression:
    """Left OP right, the sides' types settled and checked."""
    left, right = _typed(left, right, scope)
    left, right = _adopt(left, right, scope), _adopt(right, left, scope)
    return _apply(operator, left, right, scope)


def _apply(operator: str, left: p.Expression, right: p.Expression, scope: Scope) -> p.Expression:
    """Left OP right, scales aligned where the operator needs it."""
    if operator != "*":
        left, right = _raise_scale(left, right, scope), _raise_scale(right, left, scope)
    made = _spelled(operator, left, right)
    type_of(made, scope.types)
    return made


def _spelled(operator: str, left: p.Expression, right: p.Expression) -> p.Expression:
    """The operator in the plan's few words."""
    match operator:
        case "=":
            return p.Binary("eq", left, right)
        case "<>" | "!=":
            return p.Not(p.Binary("eq", left, right))
        case "<" | ">":
            return p.Inequality(left, right, operator == "<")
        case "<=" | ">=":
            return p.Not(p.Inequality(left, right, operator == ">="))
    return p.Binary(ARITHMETIC[operator], left, right)


def _typed(left: Side, right: Side, scope: Scope) -> tuple[p.Expression, p.Expression]:
    """Both sides, a parameter typed by the other."""
    if isinstance(left, s.Placeholder) and isinstance(right, s.Placeholder):
        raise UntypedPlaceholder(f"${left.number} and ${right.number} give each other no type")
    if isinstance(left, s.Placeholder):
        assert isinstance(right, p.Expression)
        return p.Parameter(left.number - 1, type_of(right, scope.types)), right
    if isinstance(right, s.Placeholder):
        return left, p.Parameter(right.number - 1, type_of(left, scope.types))
    return left, right


def _adopt(side: p.Expression, other: p.Expression, scope: Scope) -> p.Expression:
    """A bigint literal takes the other side's integer type, if it fits."""
    type_ = type_of(other, scope.types)
    if not (isinstance(side, p.Literal) and side.type == BIGINT and type_.is_integer):
        return side
    try:
        type_.check(side.value)
    except OutOfRange:
        return side
    return p.Literal(type_, side.value)


def _raise_scale(side: p.Expression, other: p.Expression, scope: Scope) -> p.Expression:
    """The side, in the other's scale if that is larger."""
    own, target = (type_of(e, scope.types) for e in (side, other))
    numbers = own.is_numeric and target.is_numeric
    clocks = own.kind == target.kind == "timestamp"
    missing = target.scale - own.scale
    if missing <= 0 or not (numbers or clocks):
        return side
    finer = types.timestamp(target.unit, own.offset_s) if clocks else None
    raised = finer or decimal(own.precision + missing, target.scale)
    return p.Rescale(side, raised, TEN**missing)


def _cast(side: Side, type_: ColumnType, scope: Scope) -> p.Expression:
    """The cast that costs nothing, else the one that scales; a parameter is typed by it."""
    if isinstance(side, s.Placeholder):
        return p.Parameter(side.number - 1, type_)
    own = type_of(side, scope.types)
    try:
        types.check_cast(own, type_)
    except DataTypeMismatch:
        types.check_rescale(own, type_)
        return p.Rescale(side, type_, TEN ** (type_.scale - own.scale))
    return p.Cast(side, type_)


def _outside(operand: s.Expr, low: s.Expr, high: s.Expr, scope: Scope) -> p.Expression:
    below = operation("<", _side(operand, scope), _side(low, scope), scope)
    above = operation(">", _side(operand, scope), _side(high, scope), scope)
    return p.Binary("or", below, above)


def _in(operand: s.Expr, values: tuple[s.Expr, ...], scope: Scope) -> p.Expression:
    """Numbers: one product of differences is zero. Others: one equality or another."""
    left = lower(operand, scope)
    if not type_of(left, scope.types).is_numeric:
        made = [operation("=", left, _side(value, scope), scope) for value in values]
        total = made[0]
        for equality in made[1:]:
            total = p.Binary("or", total, equality)
        return total
    product: p.Expression | None = None
    for value in values:
        sides = _typed(left, _side(value, scope), scope)
        difference = _apply("-", *sides, scope)
        product = difference if product is None else _apply("*", product, difference, scope)
    assert product is not None  # the parser reads at least one value
    return _apply("=", product, p.Literal(BIGINT, 0), scope)
