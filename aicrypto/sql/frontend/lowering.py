"""Expressions of SQL as expressions of the plan, with their types.

Numbers meet at one scale: the coarser side is multiplied by a power of ten. What a name means, and
whether a part of the query is known as a whole (a group's key, a sum), is asked of the caller.
"""

from collections.abc import Callable

from sqlglot import exp

from aicrypto.sql import plan as p
from aicrypto.sql.frontend import moments
from aicrypto.sql.frontend.refusals import UnsupportedSql, position, unsupported
from aicrypto.sql.types import (
    BIGINT,
    BOOLEAN,
    MAX_PRECISION,
    TINYINT,
    VARCHAR,
    ColumnType,
    DataTypeMismatch,
    check_equal,
    check_less,
    decimal,
    product_type,
    sum_type,
    timestamp,
)

Typed = tuple[p.Expression, ColumnType]
# What the caller knows of a part of the query; None if it is to be taken apart.
Resolve = Callable[[exp.Expression], Typed | None]

ARITHMETIC: dict[type[exp.Expression], str] = {exp.Add: "add", exp.Sub: "sub", exp.Mul: "mul"}
LOGIC: dict[type[exp.Expression], str] = {exp.And: "and", exp.Or: "or"}
# (is it "less", is it negated): a <= b is not a > b
ORDERINGS: dict[type[exp.Expression], tuple[bool, bool]] = {
    exp.LT: (True, False),
    exp.GT: (False, False),
    exp.LTE: (False, True),
    exp.GTE: (True, True),
}


def lower(node: exp.Expression, resolve: Resolve) -> Typed:
    """The expression and its type.

    Raises:
        UnsupportedSql: naming construct and position.
        DataTypeMismatch: if an operator does not take its operands' types.
    """
    known = resolve(node)
    if known is not None:
        return known
    for kinds, how in _CASES:
        if isinstance(node, kinds):
            return how(node, resolve)
    raise unsupported(node)


def condition(node: exp.Expression, resolve: Resolve) -> p.Expression:
    """An expression that is true or false."""
    expression, type_ = lower(node, resolve)
    if type_ != BOOLEAN:
        raise UnsupportedSql(
            f"{node.sql('duckdb')!r}{position(node)} is {type_.to_json()}, must be a condition"
        )
    return expression


def _operands(node: exp.Expression, resolve: Resolve) -> tuple[Typed, Typed]:
    return lower(node.this, resolve), lower(node.expression, resolve)


def _arithmetic(node: exp.Expression, resolve: Resolve) -> Typed:
    if isinstance(node.expression, exp.Interval):
        return moments.shifted(node, lower(node.this, resolve))
    left, right = _operands(node, resolve)
    operator = ARITHMETIC[type(node)]
    if operator == "mul":
        return p.Binary(operator, left[0], right[0]), _narrow(left, right, product_type)
    left, right = _aligned(left, right)
    return p.Binary(operator, left[0], right[0]), _narrow(left, right, sum_type)


def _narrow(
    left: Typed, right: Typed, combine: Callable[[ColumnType, ColumnType], ColumnType]
) -> ColumnType:
    """The type of a result; of integers it is bigint, as in SQL."""
    type_ = combine(left[1], right[1])
    return BIGINT if left[1].is_integer and right[1].is_integer else type_


def _logic(node: exp.Expression, resolve: Resolve) -> Typed:
    left, right = condition(node.this, resolve), condition(node.expression, resolve)
    return p.Binary(LOGIC[type(node)], left, right), BOOLEAN


def _equal(node: exp.Expression, resolve: Resolve) -> Typed:
    equal = _equality(*_operands(node, resolve))
    return (p.Not(equal) if isinstance(node, exp.NEQ) else equal), BOOLEAN


def _equality(left: Typed, right: Typed) -> p.Expression:
    left, right = _aligned(left, right)
    check_equal(left[1], right[1])
    return p.Binary("eq", left[0], right[0])


def _ordering(node: exp.Expression, resolve: Resolve) -> Typed:
    is_less, negated = ORDERINGS[type(node)]
    return _compare(*_operands(node, resolve), is_less, negated), BOOLEAN


def _compare(left: Typed, right: Typed, is_less: bool, negated: bool) -> p.Expression:
    left, right = _aligned(left, right)
    if not (left[1] == right[1] and left[1].is_text):  # places in a dictionary have an order
        check_less(left[1], right[1])
    inequality = p.Inequality(left[0], right[0], is_less)
    return p.Not(inequality) if negated else inequality


def _between(node: exp.Expression, resolve: Resolve) -> Typed:
    value = lower(node.this, resolve)
    low, high = lower(node.args["low"], resolve), lower(node.args["high"], resolve)
    inside = _compare(value, low, True, True), _compare(value, high, False, True)
    return p.Binary("and", *inside), BOOLEAN


def _in(node: exp.Expression, resolve: Resolve) -> Typed:
    if not node.expressions:
        raise unsupported(node, "IN over a query")
    value = lower(node.this, resolve)
    tests = [_equality(value, lower(item, resolve)) for item in node.expressions]
    joined = tests[0]
    for test in tests[1:]:
        joined = p.Binary("or", joined, test)
    return joined, BOOLEAN


def _not(node: exp.Expression, resolve: Resolve) -> Typed:
    return p.Not(condition(node.this, resolve)), BOOLEAN


def _negative(node: exp.Expression, resolve: Resolve) -> Typed:
    operand, type_ = lower(node.this, resolve)
    if not type_.is_numeric:
        raise DataTypeMismatch(f"minus{position(node)} does not take {type_.to_json()}")
    if isinstance(operand, p.Literal) and not isinstance(operand.value, str | bytes):
        return p.Literal(type_, -operand.value), type_
    zero = p.Literal(type_, 0)
    return p.Binary("sub", zero, operand), type_


def _literal(node: exp.Expression, resolve: Resolve) -> Typed:
    text = str(node.this)
    if node.args.get("is_string"):
        return p.Literal(VARCHAR, text), VARCHAR
    whole, _, part = text.partition(".")
    if not (whole + part).isdigit():
        raise unsupported(node, "a number of this form")
    value = int(whole + part)
    if not part:
        type_ = BIGINT
    else:
        type_ = decimal(min(max(len(str(value)), len(part)), MAX_PRECISION), len(part))
    return p.Literal(type_, value), type_


def _boolean(node: exp.Expression, resolve: Resolve) -> Typed:
    return p.Literal(BOOLEAN, bool(node.this)), BOOLEAN


def _cast(node: exp.Expression, resolve: Resolve) -> Typed:
    """Only of text to a moment: DATE '1994-01-01' is a literal."""
    target = node.args["to"].this.value
    literal = node.this
    if not (isinstance(literal, exp.Literal) and literal.is_string):
        raise unsupported(node, "a cast")
    if target not in ("DATE", "TIMESTAMP", "TIMESTAMPNTZ", "DATETIME"):
        raise unsupported(node, f"a cast to {target}")
    when = moments.moment(str(literal.this), node)
    if target == "DATE" and when[0].value != moments.day_of(when):
        raise unsupported(node, "a DATE with a time of day")
    return when


def _case(node: exp.Expression, resolve: Resolve) -> Typed:
    """condition·(then - else) + else, from the last WHEN to the first."""
    if node.this is not None or node.args.get("default") is None:
        raise unsupported(node, "CASE with an operand, or without ELSE")
    value = lower(node.args["default"], resolve)
    for branch in reversed(node.args["ifs"]):
        chosen = p.Cast(condition(branch.this, resolve), TINYINT)
        then, other = _aligned(lower(branch.args["true"], resolve), value)
        type_ = sum_type(then[1], other[1])
        change = p.Binary("mul", chosen, p.Binary("sub", then[0], other[0]))
        integer = then[1].is_integer and other[1].is_integer
        value = p.Binary("add", change, other[0]), BIGINT if integer else type_
    return value


def _paren(node: exp.Expression, resolve: Resolve) -> Typed:
    return lower(node.this, resolve)


def _aligned(left: Typed, right: Typed) -> tuple[Typed, Typed]:
    """Both at the finer scale; text that faces a moment is read as one."""
    for text, other in ((left, right), (right, left)):
        if text[1] == VARCHAR and other[1].kind == "timestamp" and isinstance(text[0], p.Literal):
            moment = moments.moment(str(text[0].value), exp.Literal.string(str(text[0].value)))
            return _aligned(moment if text is left else left, moment if text is right else right)
    if left[1].scale < right[1].scale:
        return _rescaled(left, right[1]), right
    return left, _rescaled(right, left[1])


def _rescaled(value: Typed, finer: ColumnType) -> Typed:
    expression, type_ = value
    digits = finer.scale - type_.scale
    clocks = type_.kind == finer.kind == "timestamp"
    if digits <= 0 or not (clocks or (type_.is_numeric and finer.is_numeric)):
        return value
    if clocks:
        new = timestamp(finer.unit, type_.offset_s)
    else:
        new = decimal(min(type_.precision + digits, MAX_PRECISION), finer.scale)
    if isinstance(expression, p.Literal):
        return p.Literal(new, int(expression.value) * 10**digits), new
    return p.Rescale(expression, new, 10**digits), new


_CASES: tuple[tuple[tuple[type, ...], Callable[[exp.Expression, Resolve], Typed]], ...] = (
    (tuple(ARITHMETIC), _arithmetic),
    (tuple(LOGIC), _logic),
    ((exp.EQ, exp.NEQ), _equal),
    (tuple(ORDERINGS), _ordering),
    ((exp.Between,), _between),
    ((exp.In,), _in),
    ((exp.Not,), _not),
    ((exp.Neg,), _negative),
    ((exp.Literal,), _literal),
    ((exp.Boolean,), _boolean),
    ((exp.Cast,), _cast),
    ((exp.Case,), _case),
    ((exp.Paren,), _paren),
)
