"""Column types of Space and Time: which values there are, and what operators make of them.

A type is one of ten kinds. Decimals carry digits in all and digits after the point, timestamps a
unit and the offset of their time zone from UTC in seconds. There are no NULLs. In Python a value
is a bool, an int (decimals unscaled: 1.50 is 150; timestamps counted from 1970), a str or bytes.

What an operator accepts is part of the protocol, because prover and verifier must read the same
statement out of one plan: numbers are added and compared only at one scale, text and binary can
only be equal. Source: spaceandtimefdn/sxt-proof-of-sql@8b0de6b.
"""

from __future__ import annotations

from dataclasses import dataclass

Value = bool | int | str | bytes

MAX_PRECISION = 75  # decimal digits that the scalar field surely holds with sign
MAX_ORDERED_PRECISION = 38  # decimals with more digits cannot be compared by <
PRECISIONS = {"tinyint": 3, "smallint": 5, "int": 10, "bigint": 19, "timestamp": 19}
INTEGER_BYTES = {"tinyint": 1, "smallint": 2, "int": 4, "bigint": 8}
TIMESTAMP_BYTES = 8
N_UNITS = 4  # seconds, milli-, micro-, nanoseconds
DIGITS_PER_UNIT = 3
KINDS = ("boolean", *INTEGER_BYTES, "decimal75", "timestamp", "varchar", "varbinary", "scalar")


# The names of refusals are those of the deployed system, hence no suffix "Error".
class DataTypeMismatch(ValueError):
    """An operator was given types that it does not take."""


class InvalidPrecision(ValueError):
    """A decimal would need more than 75 digits, or none."""


class OutOfRange(ValueError):
    """A value lies outside its column's type."""


@dataclass(frozen=True, slots=True)
class ColumnType:
    """The type of a column.

    Attributes:
        kind: one of `KINDS`.
        digits: decimals only, 1..75: how many digits in all.
        places: decimals only: how many of them after the point; may be negative.
        unit: timestamps only: 0 s, 1 ms, 2 µs, 3 ns.
        offset_s: timestamps only: the time zone, in seconds east of UTC.

    Raises:
        ValueError: if the kind or unit is unknown (InvalidPrecision for a decimal's digits).
    """

    kind: str
    digits: int = 0
    places: int = 0
    unit: int = 0
    offset_s: int = 0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"kind is {self.kind!r}, must be one of {', '.join(KINDS)}")
        if self.kind == "decimal75" and not 1 <= self.digits <= MAX_PRECISION:
            raise InvalidPrecision(f"digits is {self.digits}, must be in 1..{MAX_PRECISION}")
        if not 0 <= self.unit < N_UNITS:
            raise ValueError(f"unit is {self.unit}, must be in 0..{N_UNITS - 1}")

    @property
    def precision(self) -> int:
        """How many decimal digits a value may have; 0 where that has no meaning."""
        return self.digits if self.kind == "decimal75" else PRECISIONS.get(self.kind, 0)

    @property
    def scale(self) -> int:
        """How many of them stand after the point."""
        return self.places if self.kind == "decimal75" else DIGITS_PER_UNIT * self.unit

    @property
    def is_integer(self) -> bool:
        """Whether this is one of the four integer types."""
        return self.kind in INTEGER_BYTES

    @property
    def is_numeric(self) -> bool:
        """Whether + - * apply."""
        return self.is_integer or self.kind in ("decimal75", "scalar")

    @property
    def is_text(self) -> bool:
        """Whether only = applies: strings and bytes, which a proof knows by their hash."""
        return self.kind in ("varchar", "varbinary")

    def to_json(self) -> str | list[str | int]:
        """The name in JSON: `"bigint"`, `["decimal75", 10, 2]`, `["timestamp", 1, 0]`."""
        if self.kind == "decimal75":
            return [self.kind, self.digits, self.places]
        return [self.kind, self.unit, self.offset_s] if self.kind == "timestamp" else self.kind

    @classmethod
    def from_json(cls, name: str | list[str | int]) -> ColumnType:
        """The type that `to_json` named; ValueError if there is none."""
        match name:
            case str():
                return cls(name)
            case ["decimal75", int(digits), int(places)]:
                return decimal(digits, places)
            case ["timestamp", int(unit), int(offset_s)]:
                return timestamp(unit, offset_s)
        raise ValueError(f"{name!r} names no type")

    def check(self, value: Value) -> None:
        """Passes if the value is one of this type.

        Raises:
            OutOfRange: naming value and type, if it is not.
        """
        if not self._holds(value):
            raise OutOfRange(f"value is {value!r}, which is no {self.to_json()}")

    def _holds(self, value: Value) -> bool:
        python = {"boolean": bool, "varchar": str, "varbinary": bytes}.get(self.kind, int)
        if type(value) is not python:
            return False
        if not isinstance(value, int) or self.kind in ("boolean", "scalar"):
            return True
        if self.kind == "decimal75":
            return abs(int(value)) < int(10**self.digits)
        bits = 8 * INTEGER_BYTES.get(self.kind, TIMESTAMP_BYTES)
        return -(1 << (bits - 1)) <= int(value) < 1 << (bits - 1)


BOOLEAN, TINYINT, SMALLINT = map(ColumnType, ("boolean", "tinyint", "smallint"))
INT, BIGINT, SCALAR = map(ColumnType, ("int", "bigint", "scalar"))
VARCHAR, VARBINARY = map(ColumnType, ("varchar", "varbinary"))


def decimal(digits: int, places: int) -> ColumnType:
    """The type of decimals with so many digits, so many of them after the point."""
    return ColumnType("decimal75", digits=digits, places=places)


def timestamp(unit: int = 0, offset_s: int = 0) -> ColumnType:
    """The type of moments counted in a unit (0 s, 1 ms, 2 µs, 3 ns) since 1970."""
    return ColumnType("timestamp", unit=unit, offset_s=offset_s)


def sum_type(left: ColumnType, right: ColumnType) -> ColumnType:
    """The type of left ± right: a decimal with one digit more.

    Raises:
        DataTypeMismatch: if they are no numbers of one scale.
    """
    if not (left.is_numeric and right.is_numeric and left.scale == right.scale):
        raise _mismatch("+ or -", left, right)
    if SCALAR in (left, right):
        return SCALAR
    digits = max(left.precision, right.precision) + 1
    return decimal(min(digits, MAX_PRECISION), left.scale)


def product_type(left: ColumnType, right: ColumnType) -> ColumnType:
    """The type of left · right: digits add up, and one more; DataTypeMismatch if no numbers."""
    if not (left.is_numeric and right.is_numeric):
        raise _mismatch("*", left, right)
    if SCALAR in (left, right):
        return SCALAR
    digits = left.precision + right.precision + 1
    return decimal(min(digits, MAX_PRECISION), left.scale + right.scale)


def check_equal(left: ColumnType, right: ColumnType) -> None:
    """Passes if = compares the two; DataTypeMismatch if not."""
    text = left.kind == right.kind and left.kind in ("varchar", "varbinary", "boolean")
    numbers = left.is_numeric and right.is_numeric and left.scale == right.scale
    if not (text or numbers or SCALAR in (left, right) or _same_clock(left, right)):
        raise _mismatch("=", left, right)


def check_less(left: ColumnType, right: ColumnType) -> None:
    """Passes if < compares the two; DataTypeMismatch if not, or if a decimal is too long."""
    numbers = left.is_numeric and right.is_numeric and left.scale == right.scale
    too_long = max(left.digits, right.digits) > MAX_ORDERED_PRECISION
    if too_long or not (numbers or left == right == BOOLEAN or _same_clock(left, right)):
        raise _mismatch("<", left, right)


def check_cast(old: ColumnType, new: ColumnType) -> None:
    """Passes if values of one type are values of the other unchanged; else DataTypeMismatch."""
    if not (_casts_simply(old, new) or _casts_decimal(old, new)):
        raise _mismatch("CAST", old, new)


def check_rescale(old: ColumnType, new: ColumnType) -> None:
    """Passes if numbers of one type, times a power of ten, fit a finer decimal type.

    Raises:
        DataTypeMismatch: if digits before or after the point would be lost.
    """
    whole_new, whole_old = new.precision - new.scale, old.precision - old.scale
    fits = new.scale >= old.scale and whole_new >= whole_old
    if not (old.is_numeric and new.kind == "decimal75" and fits) and not _finer(old, new):
        raise _mismatch("a scaling cast", old, new)


def _casts_simply(old: ColumnType, new: ColumnType) -> bool:
    if old.kind == "boolean":
        return new.is_integer
    if old.kind == "timestamp":
        return new == BIGINT
    return old == new == TINYINT


def _casts_decimal(old: ColumnType, new: ColumnType) -> bool:
    """Casts among integers and decimals: no digit lost, before or after the point."""
    fits = new.precision >= old.precision and new.scale == old.scale
    if old.is_integer:
        return fits and new.kind in ("smallint", "int", "bigint", "decimal75")
    if old.kind != "decimal75":
        return False
    if new == BIGINT:
        return old.scale == 0 and old.precision < BIGINT.precision
    return fits and new.kind == "decimal75"


def _same_clock(left: ColumnType, right: ColumnType) -> bool:
    return left.kind == right.kind == "timestamp" and left.unit == right.unit


def _finer(old: ColumnType, new: ColumnType) -> bool:
    return old.kind == new.kind == "timestamp" and new.unit >= old.unit


def _mismatch(operator: str, left: ColumnType, right: ColumnType) -> DataTypeMismatch:
    return DataTypeMismatch(f"{operator} does not take {left.to_json()} and {right.to_json()}")
