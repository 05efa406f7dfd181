"""Which digests a Merkle proof must bring, for many leaves at once; see `commit.tensor.columns`."""

from numba import int64
from numba.core.types import void

from aicrypto.algebra.kernels.jit import compiled
from aicrypto.algebra.kernels.words.arithmetic import VECTOR, Row


@compiled(void(VECTOR, int64, VECTOR, VECTOR))
def missing_siblings(known: Row, n_levels: int, places: Row, counts: Row) -> None:
    """Writes the places, level after level, and how many there are of each level.

    Known places are distinct and ascending; those of the level above are written over them.
    """
    n_known, n_missing = len(known), 0
    for level in range(n_levels):
        before, n_parents, i = n_missing, 0, 0
        while i < n_known:
            place = known[i]
            i += 1
            if i < n_known and known[i] == place ^ 1:
                i += 1
            else:
                places[n_missing] = place ^ 1
                n_missing += 1
            known[n_parents] = place >> 1
            n_parents += 1
        n_known, counts[level] = n_parents, n_missing - before
