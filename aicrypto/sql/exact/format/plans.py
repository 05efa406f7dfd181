"""Plans as bytes: what a client's contract stores, and what a proof's transcript begins with.

Tables and columns first, then the names of the outputs, then the tree in prefix order, every node
and expression led by its number. Two plans mean the same only if their bytes are the same.

Source: spaceandtimefdn/sxt-proof-of-sql@8b0de6b, solidity/src/base/Constants.sol (numbers).
"""

from __future__ import annotations

from collections.abc import Callable

from aicrypto.sql import plan as p
from aicrypto.sql.exact.format.words import (
    SCALAR_BYTES,
    Reader,
    listed,
    text,
    type_bytes,
    u32,
    u64,
    value_bytes,
)

# Numbers of nodes and expressions.
LEGACY_FILTER, EMPTY, TABLE, PROJECTION, SLICE, GROUP_BY, UNION, JOIN, FILTER, AGGREGATE = range(10)
COLUMN, LITERAL, EQ, ADD, SUB, MUL, AND, OR, NOT, CAST, INEQ, PARAM, SCALE = range(13)
BINARY = {"eq": EQ, "add": ADD, "sub": SUB, "mul": MUL, "and": AND, "or": OR}
OPERATORS = {number: operator for operator, number in BINARY.items()}


class UnsupportedProofPlanVariant(ValueError):
    """A number, or a class, stands for no plan node."""


class UnsupportedProofExprVariant(ValueError):
    """A number, or a class, stands for no expression."""


class NumberOfJoinColumnsNotOne(ValueError):
    """A join is on no column or on several."""


def encode(plan: p.Plan) -> bytes:
    """The plan's bytes.

    Raises:
        UnsupportedProofPlanVariant: for a node that the deployed system does not have.
        UnsupportedProofExprVariant: for such an expression.
    """
    columns = [u64(c.table) + text(c.name) + type_bytes(c.type) for c in plan.columns]
    head = listed([*map(text, plan.tables)]) + listed(columns) + listed([*map(text, plan.outputs)])
    return head + _node(plan.root)


def _node(node: p.Node) -> bytes:
    for cls, write in _NODE_WRITERS.items():
        if isinstance(node, cls):
            return write(node)
    raise UnsupportedProofPlanVariant(f"{type(node).__name__} is no node of the deployed system")


def _all(expressions: tuple[p.Expression, ...]) -> bytes:
    return listed([*map(_expression, expressions)])


def _slice(node: p.Slice) -> bytes:
    limit = b"\x00" if node.limit is None else b"\x01" + u64(node.limit)
    return u32(SLICE) + _node(node.source) + u64(node.skip) + limit


def _join(node: p.Join) -> bytes:
    keys = b"".join(u64(1) + u64(key) for key in (node.left_key, node.right_key))
    return (
        u32(JOIN) + _node(node.left) + _node(node.right) + keys + listed([*map(text, node.names)])
    )


_NODE_WRITERS: dict[type, Callable[..., bytes]] = {
    p.Empty: lambda n: u32(EMPTY),
    p.TableScan: lambda n: u32(TABLE) + u64(n.table) + listed([*map(u64, n.columns)]),
    p.Projection: lambda n: u32(PROJECTION) + _node(n.source) + _all(n.results),
    p.Filter: lambda n: u32(FILTER) + _node(n.source) + _expression(n.where) + _all(n.results),
    p.LegacyFilter: lambda n: (
        u32(LEGACY_FILTER) + u64(n.table) + _expression(n.where) + _all(n.results)
    ),
    p.Slice: _slice,
    p.GroupBy: lambda n: (
        (u32(GROUP_BY) + u64(n.table) + listed([*map(u64, n.keys)]) + _expression(n.where))
        + _all(n.sums)
        + text(n.count)
    ),
    p.Aggregate: lambda n: (
        (u32(AGGREGATE) + _node(n.source) + _all(n.keys) + _expression(n.where))
        + _all(n.sums)
        + text(n.count)
    ),
    p.Union: lambda n: u32(UNION) + listed([*map(_node, n.sources)]),
    p.Join: _join,
}


def _expression(e: p.Expression) -> bytes:
    match e:
        case p.ColumnRef(index):
            return u32(COLUMN) + u64(index)
        case p.Literal(type_, value):
            return u32(LITERAL) + type_bytes(type_) + value_bytes(type_, value, signed=True)
        case p.Parameter(index, type_):
            return u32(PARAM) + u64(index) + type_bytes(type_)
        case p.Binary(operator, left, right):
            return u32(BINARY[operator]) + _expression(left) + _expression(right)
        case p.Inequality(left, right, is_less):
            return u32(INEQ) + _expression(left) + _expression(right) + bytes([is_less])
    return _unary(e)


def _unary(e: p.Expression) -> bytes:
    match e:
        case p.Not(operand):
            return u32(NOT) + _expression(operand)
        case p.Cast(operand, type_):
            return u32(CAST) + type_bytes(type_) + _expression(operand)
        case p.Rescale(operand, type_, factor):
            word = factor.to_bytes(SCALAR_BYTES, "big")
            return u32(SCALE) + type_bytes(type_) + _expression(operand) + word
    raise UnsupportedProofExprVariant(f"{type(e).__name__} is no expression of that system")


def decode(data: bytes) -> p.Plan:
    """The plan that `encode` wrote.

    Raises:
        ValueError: UnsupportedProofPlanVariant, UnsupportedProofExprVariant,
            UnsupportedDataTypeVariant, NumberOfJoinColumnsNotOne, Truncated, TrailingBytes.
    """
    reader = Reader(data)
    tables = reader.many(reader.text)
    columns = reader.many(lambda: p.PlanColumn(reader.u64(), reader.text(), reader.type()))
    outputs = reader.many(reader.text)
    root = _read_node(reader)
    reader.finish()
    return p.Plan(tuple(tables), tuple(columns), tuple(outputs), root)


def _read_node(r: Reader) -> p.Node:
    number = r.u32()
    if number not in _NODE_READERS:
        raise UnsupportedProofPlanVariant(f"node is {number}, which stands for none")
    return _NODE_READERS[number](r)


def _read_all(r: Reader) -> tuple[p.Expression, ...]:
    return tuple(r.many(lambda: _read_expression(r)))


def _read_slice(r: Reader) -> p.Slice:
    source, skip = _read_node(r), r.u64()
    return p.Slice(source, skip, r.u64() if r.flag() else None)


def _read_join(r: Reader) -> p.Join:
    left, right = _read_node(r), _read_node(r)
    keys = [r.many(r.u64), r.many(r.u64)]
    if [len(key) for key in keys] != [1, 1]:
        raise NumberOfJoinColumnsNotOne(f"a join is on {keys[0]} and {keys[1]}, one each is needed")
    return p.Join(left, right, keys[0][0], keys[1][0], tuple(r.many(r.text)))


_NODE_READERS: dict[int, Callable[[Reader], p.Node]] = {
    LEGACY_FILTER: lambda r: p.LegacyFilter(r.u64(), _read_expression(r), _read_all(r)),
    EMPTY: lambda r: p.Empty(),
    TABLE: lambda r: p.TableScan(r.u64(), tuple(r.many(r.u64))),
    PROJECTION: lambda r: p.Projection(_read_node(r), _read_all(r)),
    SLICE: _read_slice,
    GROUP_BY: lambda r: p.GroupBy(
        r.u64(), tuple(r.many(r.u64)), _read_expression(r), _read_all(r), r.text()
    ),
    UNION: lambda r: p.Union(tuple(r.many(lambda: _read_node(r)))),
    JOIN: _read_join,
    FILTER: lambda r: p.Filter(_read_node(r), _read_expression(r), _read_all(r)),
    AGGREGATE: lambda r: p.Aggregate(
        _read_node(r), _read_all(r), _read_expression(r), _read_all(r), r.text()
    ),
}


def _read_literal(r: Reader) -> p.Literal:
    type_ = r.type()
    return p.Literal(type_, r.value(type_, signed=True))


def _read_cast(r: Reader) -> p.Cast:
    type_ = r.type()
    return p.Cast(_read_expression(r), type_)


def _read_scale(r: Reader) -> p.Rescale:
    type_ = r.type()
    return p.Rescale(_read_expression(r), type_, r.number(SCALAR_BYTES))


_EXPRESSION_READERS: dict[int, Callable[[Reader], p.Expression]] = {
    COLUMN: lambda r: p.ColumnRef(r.u64()),
    LITERAL: _read_literal,
    NOT: lambda r: p.Not(_read_expression(r)),
    CAST: _read_cast,
    INEQ: lambda r: p.Inequality(_read_expression(r), _read_expression(r), r.flag()),
    PARAM: lambda r: p.Parameter(r.u64(), r.type()),
    SCALE: _read_scale,
}


def _read_expression(r: Reader) -> p.Expression:
    number = r.u32()
    if number in OPERATORS:
        return p.Binary(OPERATORS[number], _read_expression(r), _read_expression(r))
    if number not in _EXPRESSION_READERS:
        raise UnsupportedProofExprVariant(f"expression is {number}, which stands for none")
    return _EXPRESSION_READERS[number](r)
