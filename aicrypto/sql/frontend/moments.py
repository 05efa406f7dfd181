"""Dates and intervals in a query's text: constants, computed while it is read."""

import re
from calendar import monthrange
from datetime import UTC, datetime, timedelta

from sqlglot import exp

from aicrypto.sql import plan as p
from aicrypto.sql.frontend.refusals import UnsupportedSql, position, unsupported
from aicrypto.sql.types import ColumnType, timestamp

MONTHS = {"MONTH": 1, "QUARTER": 3, "YEAR": 12}
SECONDS = {"SECOND": 1, "MINUTE": 60, "HOUR": 3_600, "DAY": 86_400, "WEEK": 604_800}
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECOND, MICROSECOND = timedelta(seconds=1), timedelta(microseconds=1)
FINE = timestamp(2)
FINER = re.compile(r"[.,]\d{6}\d*[1-9]")  # more digits of a second than Python reads


def moment(text: str, node: exp.Expression) -> tuple[p.Literal, ColumnType]:
    """A date, or a date with a time of day, as seconds since 1970; microseconds, if it has any.

    Raises:
        UnsupportedSql: naming the text, if it is neither, or finer than a microsecond.
    """
    if FINER.search(text):
        raise UnsupportedSql(f"{text!r}{position(node)} is finer than a microsecond")
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        raise UnsupportedSql(f"{text!r}{position(node)} is no date") from None
    since = when.replace(tzinfo=when.tzinfo or UTC) - EPOCH
    type_, unit = (FINE, MICROSECOND) if since % SECOND else (timestamp(), SECOND)
    return p.Literal(type_, since // unit), type_


def day_of(when: tuple[p.Literal, ColumnType]) -> int:
    """The beginning of a moment's day, counted as the moment is."""
    value, per_day = int(when[0].value), SECONDS["DAY"] * int(10 ** (3 * when[1].unit))
    return value - value % per_day


def shifted(
    node: exp.Expression, start: tuple[p.Expression, ColumnType]
) -> tuple[p.Literal, ColumnType]:
    """A constant moment plus or minus an interval; months keep the day where there is one.

    Raises:
        UnsupportedSql: naming what is no constant moment, or no interval known.
    """
    literal, type_ = start
    if not (isinstance(literal, p.Literal) and type_ == timestamp()):
        raise unsupported(node, "an interval here")
    unit, n = _interval(node)
    seconds = int(literal.value)
    moved = _months(seconds, n * MONTHS[unit]) if unit in MONTHS else seconds + n * SECONDS[unit]
    return p.Literal(type_, moved), type_


def _interval(node: exp.Expression) -> tuple[str, int]:
    """The unit, and how many of it."""
    interval = node.expression
    number = interval.this.unnest() if interval.this else None
    if not isinstance(number, exp.Literal):
        raise unsupported(node, "this interval")
    unit, count = str(interval.unit).upper().removesuffix("S"), str(number.this)
    sign = 1 if isinstance(node, exp.Add) else -1
    if isinstance(node, exp.Mul) or unit not in MONTHS | SECONDS or not count.isdecimal():
        raise unsupported(node, "this interval")
    return unit, sign * int(count)


def _months(seconds: int, n: int) -> int:
    """So many months later; the 31st becomes the last day of a shorter month."""
    when = EPOCH + seconds * SECOND
    years, month = divmod(when.year * 12 + when.month - 1 + n, 12)
    day = min(when.day, monthrange(years, month + 1)[1])
    return (when.replace(year=years, month=month + 1, day=day) - EPOCH) // SECOND
