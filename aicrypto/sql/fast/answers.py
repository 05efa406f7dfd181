"""The public half of a query: from the proven answer to the result, by anyone.

`check` looks at what fractions alone do not say: that plain rows are told apart, that groups are
different groups, and that there are enough rows for a limit. `finish` drops groups by HAVING,
sorts, cuts, and computes the result's columns.
"""

from collections.abc import Callable, Iterable, Sequence
from operator import add, and_, eq, gt, lt, mul, not_, or_, sub
from typing import Any

import torch
from torch import Tensor

from aicrypto.sql import plan as p
from aicrypto.sql.fast.statement import Answer
from aicrypto.sql.fast.statement.expressions import Dictionary
from aicrypto.sql.fast.tables import MAX_MAGNITUDE, NullValue
from aicrypto.sql.select import Select
from aicrypto.sql.table import Column, Table
from aicrypto.sql.types import BOOLEAN

Columns = Sequence[Sequence[Any]]
JOINED: dict[str, Callable[[Iterable[Any]], Any]] = {"sum": sum, "min": min, "max": max}
OPERATORS = {"eq": eq, "add": add, "sub": sub, "mul": mul, "and": and_, "or": or_}


def check(select: Select, answer: Answer, n_rows: int, threshold: int | None) -> bool:
    """Whether an answer has the form that its fractions presuppose."""
    n_columns = len(select.answer_types) + (not select.grouped)
    if answer.dtype != torch.int64 or answer.ndim != 2 or len(answer) != n_columns:
        return False
    if not _within(answer, 1 - MAX_MAGNITUDE, MAX_MAGNITUDE - 1):
        return False
    if not select.grouped:
        return _ascend(answer[:1]) and _are_enough(select, answer.shape[1], threshold)
    return threshold is None and _are_groups(select, answer, n_rows)


def _are_groups(select: Select, answer: Answer, n_rows: int) -> bool:
    """Whether groups are told apart and none is empty; without a key there is one in any case."""
    keys, count = answer[: len(select.keys)], answer[len(select.keys)]
    if not select.keys:
        return answer.shape[1] == 1 and _within(count, 0, n_rows)
    return are_distinct(keys) and _within(count, 1, n_rows)


def _within(values: Tensor, low: int, high: int) -> bool:
    return not bool(((values < low) | (values > high)).any())


def are_distinct(keys: Answer) -> bool:
    """Whether no two groups have the same keys: they must ascend strictly.

    Without this test a group cut in two, with half the count each, is accepted.
    """
    return _ascend(keys)


def finish(select: Select, answer: Answer, dictionaries: Sequence[Dictionary | None]) -> Table:
    """The result; dictionaries are the answer's columns', None for those that are no text.

    Raises:
        NullValue: if a sum, minimum or maximum is over no rows.
        IndexError: if the answer has a text that its dictionary lacks.
    """
    _refuse_null(select, answer)
    shown = answer if select.grouped else answer[1:]
    decoded = zip(shown.tolist(), dictionaries, select.answer_types, strict=True)
    columns = [_decode(values, words, type_ == BOOLEAN) for values, words, type_ in decoded]
    n = answer.shape[1]
    if select.counted:
        columns, n = _counted(select, columns, n)
    rows = _arranged(select, columns, n)
    results = []
    for output in select.outputs:
        values = evaluate(output.value, columns, n)
        results.append(Column(output.name, output.type, [values[row] for row in rows]))
    return Table(tuple(results), len(rows))


def _counted(select: Select, columns: Columns, n: int) -> tuple[list[list[Any]], int]:
    """The groups that differ in the last key alone as one, with their number in its place."""
    n_keys = len(select.keys) - 1
    groups = _rows_by_key(columns[:n_keys], n)
    if select.measures and not all(groups.values()):
        raise NullValue(f"{select.measures[0].kind.upper()} over no rows is NULL")
    keys = [[key[i] for key in groups] for i in range(n_keys)]
    measured = zip(_kinds(select), columns[n_keys + 1 :], strict=True)
    joined = [_joined(kind, column, groups.values()) for kind, column in measured]
    return [*keys, [len(rows) for rows in groups.values()], *joined], len(groups)


def _rows_by_key(keys: Columns, n: int) -> dict[tuple[Any, ...], list[int]]:
    """The rows of each key; without keys all rows, though there be none."""
    groups: dict[tuple[Any, ...], list[int]] = {} if keys else {(): []}
    for row in range(n):
        groups.setdefault(tuple(column[row] for column in keys), []).append(row)
    return groups


def _joined(kind: str, column: Sequence[Any], groups: Iterable[Sequence[int]]) -> list[Any]:
    """One value of each group from those of its rows."""
    return [JOINED[kind](column[row] for row in rows) for rows in groups]


def _kinds(select: Select) -> list[str]:
    """How the count and the measures of two groups become one."""
    return ["sum", *(measure.kind for measure in select.measures)]


def evaluate(e: p.Expression, columns: Columns, n: int) -> Sequence[Any]:
    """An expression's value in each of n rows."""
    match e:
        case p.ColumnRef(index):
            return columns[index]
        case p.Literal(_, value):
            return [value] * n
        case p.Inequality(left, right, is_less):
            pair = evaluate(left, columns, n), evaluate(right, columns, n)
            return list(map(lt if is_less else gt, *pair))
        case p.Binary(operator, left, right):
            pair = evaluate(left, columns, n), evaluate(right, columns, n)
            return list(map(OPERATORS[operator], *pair))
    return _evaluate_one(e, columns, n)


def _evaluate_one(e: p.Expression, columns: Columns, n: int) -> Sequence[Any]:
    """An expression of one operand."""
    match e:
        case p.Cast(operand, _):
            return list(map(int, evaluate(operand, columns, n)))
        case p.Rescale(operand, _, factor):
            return [value * factor for value in evaluate(operand, columns, n)]
        case p.Not(operand):
            return list(map(not_, evaluate(operand, columns, n)))
    raise ValueError(f"expression {e} has no value over an answer")


def _arranged(select: Select, columns: Columns, n: int) -> list[int]:
    """The rows of the result, in order: what HAVING keeps, sorted, cut."""
    rows = list(range(n))
    if select.having is not None:
        kept = evaluate(select.having, columns, n)
        rows = [row for row in rows if kept[row]]
    for order in reversed(select.orders):
        values = evaluate(order.value, columns, n)
        rows.sort(key=values.__getitem__, reverse=order.descending)
    end = None if select.limit is None else select.skip + select.limit
    return rows[select.skip : end]


def _ascend(keys: Answer) -> bool:
    """Whether the columns' rows ascend strictly, the first column counting most."""
    before, after = keys[:, :-1], keys[:, 1:]
    decided = torch.zeros(before.shape[1]).bool()
    for low, high in zip(before, after, strict=True):
        if bool((~decided & (low > high)).any()):
            return False
        decided |= low < high
    return bool(decided.all())


def _are_enough(select: Select, n: int, threshold: int | None) -> bool:
    """Whether a threshold has left all rows that the limit asks for."""
    if threshold is None:
        return True
    return select.limit is not None and n >= select.skip + select.limit


def _refuse_null(select: Select, answer: Answer) -> None:
    if select.grouped and not select.keys and select.measures and int(answer[0, 0]) == 0:
        kind = select.measures[0].kind.upper()
        raise NullValue(f"{kind} over no rows is NULL, which cannot be proven")


def _decode(values: list[int], words: Dictionary | None, is_flag: bool) -> list[Any]:
    if words is not None:
        if values and not 0 <= min(values) <= max(values) < len(words):
            raise IndexError(f"a text has a place outside 0..{len(words) - 1}")
        return [words[value] for value in values]
    return [bool(value) for value in values] if is_flag else values
