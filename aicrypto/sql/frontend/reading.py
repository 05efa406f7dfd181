"""What is known of a SELECT while it is read: keys, measures, outputs, and what parts of it mean.

Plain rows are simple: outputs and sort keys become the columns shown of every row. With groups, an
expression of the select list is one over keys and measures; each distinct sum, minimum and maximum
is measured once. COUNT(*) is always part of a group's answer.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlglot import exp

from aicrypto.sql import plan as p
from aicrypto.sql.frontend.lowering import Typed, lower
from aicrypto.sql.frontend.names import Scope
from aicrypto.sql.frontend.refusals import UnsupportedSql, position, unsupported
from aicrypto.sql.select import Measure, Output
from aicrypto.sql.types import BIGINT, ColumnType, decimal

AGGREGATES = (exp.Sum, exp.Count, exp.Min, exp.Max, exp.Avg)
SUM_DIGITS = 38


@dataclass
class Reading:
    """What is known of the query while it is read."""

    scope: Scope
    keys: list[p.Expression] = field(default_factory=list)
    key_types: list[ColumnType] = field(default_factory=list)
    key_texts: list[exp.Expression] = field(default_factory=list)
    measures: list[Measure] = field(default_factory=list)
    outputs: list[Output] = field(default_factory=list)
    joins: list[tuple[int, int]] = field(default_factory=list)
    counted: exp.Expression | None = None

    def row(self, node: exp.Expression) -> Typed | None:
        """What an expression over rows says of a part: columns only."""
        if isinstance(node, exp.Column) and not isinstance(node.this, exp.Star):
            return self.scope.find(node)
        if isinstance(node, exp.AggFunc):
            raise unsupported(node, "an aggregate in this place")
        return None

    def group(self, node: exp.Expression) -> Typed | None:
        """What an expression over groups says of a part: keys, measures, aliases."""
        if node in self.key_texts:
            number = self.key_texts.index(node)
            return p.ColumnRef(number), self.key_types[number]
        if isinstance(node, AGGREGATES):
            return self._measure(node)
        return self._group_column(node) if isinstance(node, exp.Column) else self.row(node)

    def named(self, node: exp.Column) -> Output | None:
        """The output that the query calls so."""
        if node.table:
            return None
        names = [output.name.lower() for output in self.outputs]
        found = node.name.lower()
        return self.outputs[names.index(found)] if found in names else None

    def _group_column(self, node: exp.Column) -> Typed:
        known = self.scope.has(node.name)
        reference, type_ = self.scope.find(node) if known else (None, None)
        # a column comes before an output of its name
        if reference in self._shown_keys and type_ is not None:
            return p.ColumnRef(self.keys.index(reference)), type_
        output = self.named(node)
        if output is None:
            self.scope.find(node)
            raise UnsupportedSql(
                f"column {node.name!r}{position(node)} is neither grouped by nor aggregated"
            )
        return output.value, output.type

    def shown(self, expression: p.Expression, type_: ColumnType) -> p.ColumnRef:
        """The answer's column with a value of plain rows."""
        if expression not in self.keys:
            self.keys.append(expression)
            self.key_types.append(type_)
        return p.ColumnRef(self.keys.index(expression))

    def _measure(self, node: exp.Expression) -> Typed:
        if isinstance(node, exp.Count):
            return self._count(node)
        if isinstance(node, exp.Avg):
            raise unsupported(node, "AVG inside an expression")
        if isinstance(node.this, exp.Distinct):
            raise unsupported(node)
        operand, type_ = lower(node.this, self.row)
        if isinstance(node, exp.Sum):
            type_ = _sum_type(node, type_)
        elif type_.is_text and not isinstance(operand, p.ColumnRef):
            raise unsupported(node)
        measure = Measure(type(node).key, operand, type_)
        if measure not in self.measures:
            self.measures.append(measure)
        return p.ColumnRef(len(self.keys) + 1 + self.measures.index(measure)), type_

    @property
    def _shown_keys(self) -> list[p.Expression]:
        """The keys, without the one that is counted."""
        return self.keys if self.counted is None else self.keys[:-1]

    def count_distinct(self, node: exp.Expression) -> None:
        """Makes what COUNT(DISTINCT ..) counts the last key; there is one such thing at most."""
        for part in node.find_all(exp.Distinct):
            if not isinstance(part.parent, exp.Count) or part.expressions == [self.counted]:
                continue
            if self.counted is not None or len(part.expressions) != 1:
                raise unsupported(part.parent, "COUNT of several DISTINCT")
            (self.counted,) = part.expressions
            key, type_ = lower(self.counted, self.row)
            self.keys.append(key)
            self.key_types.append(type_)

    def _count(self, node: exp.Count) -> Typed:
        if isinstance(node.this, exp.Distinct) and node.this.expressions == [self.counted]:
            return p.ColumnRef(len(self.keys) - 1), BIGINT
        if not isinstance(node.this, exp.Star | exp.Literal | exp.Column):
            raise unsupported(node, "COUNT of this")
        if isinstance(node.this, exp.Column):
            self.scope.find(node.this)  # there are no NULLs: it counts rows
        return p.ColumnRef(len(self.keys)), BIGINT


def _sum_type(node: exp.Expression, type_: ColumnType) -> ColumnType:
    if not type_.is_numeric:
        raise unsupported(node, f"SUM of {type_.to_json()}")
    return BIGINT if type_.is_integer else decimal(SUM_DIGITS, type_.scale)
