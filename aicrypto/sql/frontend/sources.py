"""FROM, JOIN and WHERE: which tables are read, how they are joined, which rows count."""

from functools import reduce

from sqlglot import exp

from aicrypto.sql import plan as p
from aicrypto.sql.frontend.lowering import condition
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
    kept = [condition(c, reading.row) for c in conditions if not _joins(c, reading)]
    return reduce(lambda a, b: p.Binary("and", a, b), kept) if kept else None


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
