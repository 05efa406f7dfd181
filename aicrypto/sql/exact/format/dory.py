"""Where Dynamic Dory puts the values of a column: a matrix that grows without moving anything.

Dory commits to matrices; a table that grows wants every old value to keep its cell. Rows double in
width every so often, so that a 2^n × 2^n matrix holds the first 2^(2n-1) values, and column
commitments of the deployed system's other scheme can be appended to as well.

Source: spaceandtimefdn/sxt-proof-of-sql@8b0de6b, dynamic_matrix_utils/matrix_structure.rs.
"""


def locate(index: int) -> tuple[int, int]:
    """The (row, column) of a value.

    >>> locate(6)
    (3, 2)

    Raises:
        IndexError: if the index is negative.
    """
    if index < 0:
        raise IndexError(f"index is {index}, must be at least 0")
    log = (2 * index + 1).bit_length() - 1
    width = 1 << -(-log // 2)
    return index // width + width // 2, index % width


def row_width(row: int) -> int:
    """How many columns a row has: the power of two from (2·row + 4)/3 on."""
    return 1 << ((2 * row + 4) // 3 - 1).bit_length()


def index_of(row: int, column: int) -> int | None:
    """Which value stands in a cell; None where none does."""
    width = row_width(row)
    index = width * (row - width // 2) + column
    inside = column < width and index >= 0
    return index if inside and locate(index) == (row, column) else None


def size(length: int, offset: int = 0) -> tuple[int, int]:
    """(height, width) of the matrix that holds `length` values from `offset` on."""
    if not length:
        return 0, 0
    row, _ = locate(offset + length - 1)
    return row + 1, row_width(row)
