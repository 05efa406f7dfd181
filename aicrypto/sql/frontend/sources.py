"""FROM, JOIN and WHERE: which tables are read, how they are joined, which rows count."""

from functools import reduce

from sqlglot import exp

from aicrypto.sql import plan as p
from aicrypto.sql.frontend.lowering import condition, lower
from aicrypto.sql.frontend.reading import Reading
from aicrypto.sql.frontend.refusals import unsupported
from aicrypto.sql.types import check_equal


def sources(node: exp.Select, reading: Reading) -> p.Expression | None:
    """FROM, JOIN and WHERE: equalities of columns of two tables join them."""
    source = node.args.get("from_") or node.args.get("from")
    if source is None:
        raise unsupported(node, "SELECT without FROM")
    reading.scope.add(source.this)
    conditions: list[exp.Expression] = []
    for join in node.args.get("joins") or []:
        _refuse_outer(join)
        reading.scope.add(join.this)
        conditions += _conjunction(join.args.get("on"))
    conditions += _conjunction(node.args.get("where"))
    kept = []
    for part in conditions:
        kept += _partner(part, reading) if _is_over_query(part) else _kept(part, reading)
    return reduce(lambda a, b: p.Binary("and", a, b), kept) if kept else None


def _kept(node: exp.Expression, reading: Reading) -> list[p.Expression]:
    """The condition, unless it joins two tables."""
    return [] if _joins(node, reading) else [condition(node, reading.row)]


def _is_over_query(node: exp.Expression) -> bool:
    return isinstance(node, exp.In) and node.args.get("query") is not None


def _partner(node: exp.Expression, reading: Reading) -> list[p.Expression]:
    """`a IN (SELECT k FROM t WHERE ..)`: a join with t that adds no rows, if k is unique."""
    inner = node.args["query"].this
    if not (_is_plain(inner) and isinstance(node.this, exp.Column)):
        raise unsupported(node, "IN over a query like this")
    left, left_type = reading.scope.find(node.this)
    source = inner.args.get("from_") or inner.args.get("from")
    with reading.scope.within(source.this):
        right, right_type = lower(inner.expressions[0].unalias(), reading.row)
        kept = [condition(c, reading.row) for c in _conjunction(inner.args.get("where"))]
    if not isinstance(right, p.ColumnRef) or left_type.is_text:
        raise unsupported(node, "IN over a query like this")
    check_equal(left_type, right_type)
    reading.joins.append((left.index, right.index))
    return kept


def _is_plain(inner: exp.Expression) -> bool:
    """Whether this is SELECT one column FROM one table WHERE .., and nothing more."""
    clauses = {key for key, value in inner.args.items() if value}
    known = {"expressions", "from_", "from", "where"}
    return isinstance(inner, exp.Select) and clauses <= known and len(inner.expressions) == 1


def _refuse_outer(join: exp.Join) -> None:
    if join.side or join.args.get("using") or join.kind not in ("", "INNER", "CROSS"):
        raise unsupported(join, f"{join.side or join.kind or 'USING'} JOIN".strip())


def _conjunction(node: exp.Expression | None) -> list[exp.Expression]:
    if node is None:
        return []
    if isinstance(node, exp.Paren | exp.Where):
        return _conjunction(node.this)
    if isinstance(node, exp.And):
        return _conjunction(node.this) + _conjunction(node.expression)
    return [node]


def _joins(node: exp.Expression, reading: Reading) -> bool:
    """Whether a condition joins two tables; if so, it is noted."""
    if not (
        isinstance(node, exp.EQ)
        and isinstance(node.this, exp.Column)
        and isinstance(node.expression, exp.Column)
    ):
        return False
    (left, left_type), (right, right_type) = map(reading.scope.find, (node.this, node.expression))
    columns = reading.scope.columns
    if columns[left.index].table == columns[right.index].table:
        return False
    check_equal(left_type, right_type)
    if left_type.is_text:
        raise unsupported(node, "a join on text")
    reading.joins.append((left.index, right.index))
    return True
