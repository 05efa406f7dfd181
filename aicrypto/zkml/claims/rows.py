"""Any number of rows with proven logits, in pieces: one proof for up to 1,024 rows.

A proof's cost grows with the square root of its rows for the verifier, and its length too, so rows
are proved together; 100 bits of soundness allow 2^21 lookups a proof, 2·J·B for a stack of J
neurons, and that limits a piece. Every piece is a power of two of rows. The last one is filled up
with its last row repeated, not with zeros: so what is proved follows from the rows alone, and the
verifier of a hidden model need not be told what it says to a row that nobody sent.

Pieces are independent: any `concurrent.futures.Executor` proves them at the same time.

Source: protocol zkml-1 of this project, sections 12 and 15; the encoding is our own.
"""

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from typing import Any

import numpy as np
import torch
from jaxtyping import Int8, Int32, Shaped
from torch import Tensor

from aicrypto.algebra.multilinear import n_variables
from aicrypto.algebra.plain import BadLength
from aicrypto.zkml import protocol, soundness
from aicrypto.zkml.circuit.layout import PROFILES, Layout
from aicrypto.zkml.model import CommittedModel, Statement
from aicrypto.zkml.network import Network

MAX_ROWS = 1024  # zkml-1, section 15
MAX_PLACES = 2**20  # J·B, half of the lookups that leave 100 bits: zkml-1, section 12
WORD_BYTES = 4


@dataclass(frozen=True, eq=False)
class ProvenRows:
    """Rows, what a network says to them, and the proofs of it.

    Attributes:
        x: the rows.
        logits: a row for each of x.
        proofs: one for every piece of `rows_per_proof` rows.

    Raises:
        ValueError: if there are no rows, or not as many logits, or types are others.
    """

    x: Int8[Tensor, "rows in"]
    logits: Int32[Tensor, "rows out"]
    proofs: tuple[bytes, ...]

    def __post_init__(self) -> None:
        for name, values, dtype in (
            ("x", self.x, torch.int8),
            ("logits", self.logits, torch.int32),
        ):
            if values.ndim != 2 or values.dtype != dtype or len(values) != len(self.x):
                raise ValueError(
                    f"{name} is {list(values.shape)} of {values.dtype}, must be rows of {dtype},"
                    " as many of logits as of x"
                )
        if not len(self.x):
            raise BadLength("x has 0 rows, must have at least 1")

    def __len__(self) -> int:
        return len(self.x)

    def verify(self, statement: Statement) -> bool:
        """Whether the proofs show that the model has these logits for these rows."""
        n_rows = rows_per_proof(statement)
        pieces = list(zip(self.x.split(n_rows), self.logits.split(n_rows), strict=True))
        return len(self.proofs) == len(pieces) and all(
            protocol.verify(statement, _filled(x), _filled(logits), proof)
            for (x, logits), proof in zip(pieces, self.proofs, strict=True)
        )

    def to_bytes(self) -> bytes:
        """Rows, d_0, d_L, proofs as words; x; logits; each proof's length as a word, and itself."""
        counts = (len(self.x), self.x.shape[1], self.logits.shape[1], len(self.proofs))
        proofs = [word(len(proof)) + proof for proof in self.proofs]
        return b"".join([word(*counts), row_bytes(self.x), row_bytes(self.logits), *proofs])

    @classmethod
    def from_bytes(cls, data: bytes) -> "ProvenRows":
        """The rows that `to_bytes` wrote.

        Raises:
            BadLength: if bytes are missing or left over.
            ValueError: as the class does.
        """
        source = BytesIO(data)
        n_rows, n_in, n_out, n_proofs = read_words(source, 4)
        x = np.frombuffer(read(source, n_rows * n_in), np.int8).reshape(n_rows, n_in)
        logits = np.frombuffer(read(source, WORD_BYTES * n_rows * n_out), "<i4")
        if n_proofs > n_rows:
            raise BadLength(f"there are {n_proofs} proofs of {n_rows} rows")
        proofs = [read(source, *read_words(source, 1)) for _ in range(n_proofs)]
        surplus = len(source.read())
        if surplus:
            raise BadLength(f"data has {surplus} bytes after the last proof, must have 0")
        logits = logits.reshape(n_rows, n_out).astype(np.int32)
        return cls(torch.from_numpy(x.copy()), torch.from_numpy(logits), tuple(proofs))


def prove(
    model: Network | CommittedModel,
    x: Any,
    inv_rate: int = soundness.DEFAULT_INV_RATE,
    executor: Executor | None = None,
) -> ProvenRows:
    """The rows with their logits and proofs, one after another or by the executor's workers.

    Args:
        model: with public weights, or with committed ones.
        x: rows of int8.
        inv_rate: the code's: 2 for speed, 8 for short proofs.
        executor: where pieces are proved; here and now, if not given.

    Raises:
        ValueError: as `protocol.prove` does, or if there are no rows.
    """
    network = model if isinstance(model, Network) else model.network
    rows = network.inputs(x)
    statement = model if isinstance(model, Network) else model.commitment
    pieces = rows.split(rows_per_proof(statement))
    prove_piece = partial(_prove_piece, model, inv_rate)
    proofs = executor.map(prove_piece, pieces) if executor else map(prove_piece, pieces)
    return ProvenRows(rows.cpu(), network.run(rows).logits.cpu(), tuple(proofs))


def rows_per_proof(statement: Statement) -> int:
    """The rows of a piece: 1,024, or the most that leave 100 bits for a larger network."""
    layout = Layout.of(statement.dims, statement.shifts, 1, PROFILES[-1])
    return max(1, min(MAX_ROWS, MAX_PLACES // layout.size.stack))


def row_bytes(rows: Shaped[Tensor, "..."]) -> bytes:
    """Integers as in zkml-1's transcript: one byte for int8, four little-endian ones for int32.

    >>> row_bytes(torch.tensor([1, -2], dtype=torch.int32)).hex()
    '01000000feffffff'
    """
    values = rows.cpu().numpy()
    return values.astype(values.dtype.newbyteorder("<")).tobytes()


def word(*values: int) -> bytes:
    """Four bytes each, little-endian.

    Raises:
        OverflowError: if a value is below 0, or 2^32 or more.
    """
    return b"".join(value.to_bytes(WORD_BYTES, "little") for value in values)


def after(magic: bytes, data: bytes) -> BytesIO:
    """What follows the magic bytes; ValueError if data begins with others."""
    if not data.startswith(magic):
        raise ValueError(f"data begins with {data[: len(magic)]!r}, must begin with {magic!r}")
    return BytesIO(data[len(magic) :])


def read(source: BytesIO, n_bytes: int) -> bytes:
    """The next bytes; BadLength if there are less."""
    data = source.read(n_bytes)
    if len(data) < n_bytes:
        raise BadLength(f"data ends {n_bytes - len(data)} bytes too early")
    return data


def read_words(source: BytesIO, count: int) -> Sequence[int]:
    """The next words; BadLength if there are less."""
    words: list[int] = np.frombuffer(read(source, WORD_BYTES * count), "<u4").tolist()
    return words


def _prove_piece(
    model: Network | CommittedModel, inv_rate: int, x: Int8[Tensor, "rows in"]
) -> bytes:
    return protocol.prove(model, _filled(x), inv_rate=inv_rate).to_bytes()


def _filled(rows: Shaped[Tensor, "rows columns"]) -> Shaped[Tensor, "batch columns"]:
    """The rows, and the last one again up to a power of two."""
    return rows[torch.arange(1 << n_variables(len(rows))).clamp(max=len(rows) - 1)]
