"""Types, limbs and layouts: what fits what, and that nothing has two encodings."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicrypto.algebra.plain import BadLength, P
from aicrypto.sql import fast_limbs as limbs
from aicrypto.sql import types as t
from aicrypto.sql.exact.format import dory
from aicrypto.sql.exact.format.words import Reader, type_bytes, value_bytes
from aicrypto.sql.types import BIGINT, BOOLEAN, INT, SCALAR, SMALLINT, TINYINT, VARBINARY, VARCHAR

D5, D20, SEC, MS = t.decimal(5, 2), t.decimal(20, 0), t.timestamp(0), t.timestamp(1, -3600)
TYPES = [BOOLEAN, TINYINT, SMALLINT, INT, BIGINT, SCALAR, VARCHAR, VARBINARY, D5, D20, SEC, MS]
BIGINTS = st.integers(-(2**63), 2**63 - 1)


@pytest.mark.parametrize("type_", TYPES, ids=str)
def test_types_read_back_from_both_encodings(type_: t.ColumnType) -> None:
    assert t.ColumnType.from_json(type_.to_json()) == type_
    assert Reader(type_bytes(type_)).type() == type_


@given(value=BIGINTS)
def test_values_read_back(value: int) -> None:
    for type_ in (BIGINT, D20, SCALAR, SEC):
        data = value_bytes(type_, value)
        assert Reader(data).value(type_) == value


def test_operators_take_what_the_protocol_says() -> None:
    assert t.sum_type(BIGINT, INT) == t.decimal(20, 0)
    assert t.product_type(D5, BIGINT) == t.decimal(25, 2)
    assert t.sum_type(t.decimal(75, 0), BIGINT) == t.decimal(75, 0)
    assert t.sum_type(SCALAR, BIGINT) == t.product_type(D5, SCALAR) == SCALAR
    for left, right in ((D5, BIGINT), (VARCHAR, VARCHAR), (SEC, SEC)):
        with pytest.raises(t.DataTypeMismatch):
            t.sum_type(left, right)
    t.check_equal(VARCHAR, SCALAR)
    t.check_less(BOOLEAN, BOOLEAN)
    for check, left, right in (
        (t.check_equal, VARCHAR, VARBINARY),
        (t.check_equal, SEC, MS),
        (t.check_less, VARCHAR, VARCHAR),
        (t.check_less, t.decimal(39, 0), BIGINT),
    ):
        with pytest.raises(t.DataTypeMismatch):
            check(left, right)


def test_casts_lose_nothing() -> None:
    for old, new in ((BOOLEAN, INT), (INT, BIGINT), (SEC, BIGINT), (t.decimal(18, 0), BIGINT)):
        t.check_cast(old, new)
    for old, new in ((BIGINT, INT), (VARCHAR, BIGINT), (t.decimal(19, 0), BIGINT), (D5, D20)):
        with pytest.raises(t.DataTypeMismatch):
            t.check_cast(old, new)
    t.check_rescale(INT, t.decimal(12, 2))
    with pytest.raises(t.DataTypeMismatch):
        t.check_rescale(INT, t.decimal(11, 2))


@pytest.mark.parametrize("digits", [0, 76])
def test_a_decimal_has_1_to_75_digits(digits: int) -> None:
    with pytest.raises(t.InvalidPrecision, match=rf"digits is {digits}, must be in 1\.\.75"):
        t.decimal(digits, 0)


def test_unknown_kinds_and_units_are_refused() -> None:
    with pytest.raises(ValueError, match="kind is 'uint8'"):
        t.ColumnType("uint8")
    with pytest.raises(ValueError, match=r"unit is 4, must be in 0\.\.3"):
        t.timestamp(4)


@pytest.mark.parametrize(
    "name",
    [[], ["decimal75"], ["decimal75", 10, 2, 7], ["bigint", 1, 2], ["timestamp", "1", 0], None, {}],
    ids=str,
)
def test_names_of_another_shape_name_no_type(name: Any) -> None:
    with pytest.raises(ValueError, match="names no type"):
        t.ColumnType.from_json(name)


# Limbs


@given(value=BIGINTS, digits=st.sampled_from([18, 19, 38, 39, 75]))
def test_limbs_read_back(value: int, digits: int) -> None:
    small = value % 10**18
    for type_, number in ((BIGINT, value), (t.decimal(digits, 0), small), (SCALAR, value)):
        assert limbs.decode(type_, limbs.encode(type_, number)) == number
    assert limbs.decode(BIGINT, limbs.encode(BIGINT, small, 1, 2**60 - 1)) == small


@given(a=BIGINTS, b=BIGINTS)
def test_comparison_is_subtraction_with_borrows(a: int, b: int) -> None:
    found = limbs.less_than(a, b)
    assert found.less == (a < b)
    high, low = (found.words[i] << 16 | found.words[i + 1] for i in (0, 2))
    assert (a - b) % 2**64 == (high << 32) + low
    assert all(0 <= word < 2**16 for word in found.words)


@given(st.lists(BIGINTS, max_size=20))
def test_sums_go_limb_by_limb(values: list[int]) -> None:
    assert limbs.sum_limbs(values).total == sum(values)


def test_limbs_out_of_place_are_refused() -> None:
    for type_, given_limbs, refusal in (
        (BIGINT, [2**32, 0], limbs.LimbOutOfRange),
        (INT, [P], limbs.NonCanonicalLimb),
        (VARCHAR, [2**60, 0, 0, 0, 0], limbs.LimbOutOfRange),
        (SCALAR, [2**60 - 1] * 5, limbs.LimbOutOfRange),
        (BIGINT, [1, 2, 3], BadLength),
        (t.decimal(38, 0), [1], BadLength),
        (TINYINT, [128], t.OutOfRange),
        (BOOLEAN, [2], t.OutOfRange),
    ):
        with pytest.raises(refusal):
            limbs.decode(type_, given_limbs)
    with pytest.raises(t.OutOfRange, match="the bound is 4"):
        limbs.encode(BIGINT, 5, 10, 4)


# Dory's matrix


@given(st.integers(0, 2**40))
def test_every_value_has_a_cell_of_its_own(index: int) -> None:
    row, column = dory.locate(index)
    assert column < dory.row_width(row)
    assert dory.index_of(row, column) == index


def test_a_square_matrix_is_half_full() -> None:
    for log in range(1, 6):
        filled = [i for i in range(1 << 2 * log) if max(dory.locate(i)) < 1 << log]
        assert len(filled) == 1 << (2 * log - 1)
    with pytest.raises(IndexError, match="index is -1"):
        dory.locate(-1)
