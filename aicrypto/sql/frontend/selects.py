"""A SELECT of the parser as the small plan's `Select`."""

from __future__ import annotations

from typing import Any

from sqlglot import exp

from aicrypto.sql.frontend.lowering import Resolve, condition, lower
from aicrypto.sql.frontend.names import Scope
from aicrypto.sql.frontend.reading import Reading
from aicrypto.sql.frontend.refusals import UnsupportedSql, position, unsupported
from aicrypto.sql.frontend.sources import sources
from aicrypto.sql.select import Order, Output, Select
from aicrypto.sql.table import Schema

KNOWN_CLAUSES = {
    "kind", "expressions", "from_", "from", "joins", "where", "group", "having", "order", "limit",
    "offset", "distinct", "hint", "operation_modifiers",
}  # fmt: skip


def select(node: exp.Select, schema: Schema) -> Select:
    """The plan of one SELECT.

    Raises:
        ValueError: naming the construct and its position; `UnsupportedSql`, `TableNotFound`,
            `ColumnNotFound`, `AmbiguousColumn`, `DataTypeMismatch`.
    """
    _refuse_clauses(node)
    reading = Reading(Scope(schema))
    where = sources(node, reading)
    grouped = _is_grouped(node)
    (_read_groups if grouped else _read_rows)(node, reading)
    _refuse_twins(reading.outputs)
    having = node.args.get("having")
    kept = condition(having.this, reading.group) if having else None
    orders = tuple(_order(item, reading, grouped) for item in _parts(node, "order"))
    return Select(
        tuple(reading.scope.tables),
        tuple(reading.scope.columns),
        tuple(reading.joins),
        tuple(sorted(reading.scope.hidden)),
        where,
        tuple(reading.keys),
        tuple(reading.key_types),
        tuple(reading.measures),
        grouped,
        tuple(reading.outputs),
        kept,
        orders,
        _number(node, "offset") or 0,
        _number(node, "limit"),
        reading.counted is not None,
    )


def _read_rows(node: exp.Select, reading: Reading) -> None:
    for item in node.expressions:
        if isinstance(item, exp.Star):
            for name, reference, type_ in reading.scope.all_columns():
                reading.outputs.append(Output(name, reading.shown(reference, type_), type_))
            continue
        expression, type_ = lower(item.unalias(), reading.row)
        reading.outputs.append(Output(_name(item), reading.shown(expression, type_), type_))


def _read_groups(node: exp.Select, reading: Reading) -> None:
    aliases = {item.alias.lower(): item.this for item in node.expressions if item.alias}
    for item in _group_items(node):
        part = _ordinal(item, node)
        if isinstance(part, exp.Column) and not part.table and not reading.scope.has(part.name):
            part = aliases.get(part.name.lower(), part)
        key, type_ = lower(part, reading.row)
        reading.keys.append(key)
        reading.key_types.append(type_)
        reading.key_texts.append(part)
    reading.count_distinct(node)
    for item in node.expressions:
        reading.outputs += _group_output(item, reading)


def _group_items(node: exp.Select) -> list[exp.Expression]:
    """What is grouped by; DISTINCT groups by everything."""
    items = _parts(node, "group")
    if not node.args.get("distinct"):
        return items
    if items or _has_aggregate(node.expressions):
        raise unsupported(node, "DISTINCT of groups")
    return [item.unalias() for item in node.expressions]


def _group_output(item: exp.Expression, reading: Reading) -> list[Output]:
    """A column; two for an average, which is a sum and a count."""
    part: Any = item.unalias()
    name = _name(item)
    if isinstance(part, exp.Star):
        raise unsupported(part, "* of groups")
    if not isinstance(part, exp.Avg):
        return [Output(name, *lower(part, reading.group))]
    total = lower(exp.Sum(this=part.this), reading.group)
    count = lower(exp.Count(this=exp.Star()), reading.group)
    return [Output(f"{name}_sum", *total), Output(f"{name}_count", *count)]


def _order(item: exp.Expression, reading: Reading, grouped: bool) -> Order:
    descending, part = bool(item.args.get("desc")), item.this
    if isinstance(part, exp.Literal) and not part.is_string:
        number = int(part.this)
        if not 1 <= number <= len(reading.outputs):
            raise UnsupportedSql(f"ORDER BY {number}{position(part)}: there is no such column")
        return Order(reading.outputs[number - 1].value, descending)
    named = reading.named(part) if isinstance(part, exp.Column) else None
    if named is not None:
        return Order(named.value, descending)
    resolve: Resolve = reading.group if grouped else reading.row
    expression, type_ = lower(part, resolve)
    return Order(expression if grouped else reading.shown(expression, type_), descending)


def _refuse_clauses(node: exp.Select) -> None:
    strange = [key for key, value in node.args.items() if value and key not in KNOWN_CLAUSES]
    if strange:
        raise unsupported(node, strange[0].strip("_").upper())


def _is_grouped(node: exp.Select) -> bool:
    clauses = ("group", "having", "distinct")
    return any(map(node.args.get, clauses)) or _has_aggregate(node.expressions)


def _ordinal(item: exp.Expression, node: exp.Select) -> exp.Expression:
    """GROUP BY 2 means the second item."""
    if isinstance(item, exp.Literal) and not item.is_string:
        number = int(item.this)
        if not 1 <= number <= len(node.expressions):
            raise UnsupportedSql(f"GROUP BY {number}{position(item)}: there is no such column")
        part: exp.Expression = node.expressions[number - 1].unalias()
        return part
    return item


def _parts(node: exp.Select, clause: str) -> list[exp.Expression]:
    found = node.args.get(clause)
    return list(found.expressions) if found else []


def _number(node: exp.Select, clause: str) -> int | None:
    found = node.args.get(clause)
    if found is None:
        return None
    literal = found.expression
    if not (isinstance(literal, exp.Literal) and str(literal.this).isdigit()):
        raise unsupported(found)
    return int(literal.this)


def _name(item: exp.Expression) -> str:
    return str(item.alias or item.output_name or item.sql("duckdb"))


def _has_aggregate(items: list[exp.Expression]) -> bool:
    return any(item.find(exp.AggFunc) is not None for item in items)


def _refuse_twins(outputs: list[Output]) -> None:
    names = [output.name for output in outputs]
    for name in names:
        if names.count(name) > 1:
            raise UnsupportedSql(f"two columns of the result are called {name!r}; use AS")
