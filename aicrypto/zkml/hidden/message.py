"""A hidden proof as an object and as bytes.

| part | bytes |
|---|---|
| AIZZ, version | 5 |
| root of the vector | 32 |
| difference of two pads | 16 |
| padded messages | 16 each |
| e and f of every product | 32 each |
| evaluations of the weights, of the vector | 32 |
| opening of the vector: its length, sigma, Q, columns and siblings | 4 and 16 an element, 32 |
| opening of the model | the same without a length |

How many there are follows from the statement; lengths of columns from the queries.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO

from aicrypto.algebra.plain import ELEMENT_BYTES, BadLength, Fp2
from aicrypto.commit.hashes import DIGEST_BYTES
from aicrypto.commit.tensor.hiding import Opening, Shape
from aicrypto.zkml.hidden.vector import Script

MAGIC = b"AIZZ\x01"  # with the version
LENGTH_BYTES = 4

Pair = tuple[Fp2, Fp2]


@dataclass(frozen=True, eq=False)
class HiddenProof:
    """Everything the prover says; see `protocol`."""

    root: bytes
    difference: Fp2
    said: Sequence[Fp2]
    masked: Sequence[Pair]
    evaluations: Pair
    opening: Opening
    model_opening: Opening

    def to_bytes(self) -> bytes:
        """The encoding, see the module's table."""
        masked = [value for pair in self.masked for value in pair]
        numbers = (self.difference, *self.said, *masked, *self.evaluations)
        opening = self.opening.to_bytes()
        return b"".join(
            [
                MAGIC,
                self.root,
                *[value.to_bytes() for value in numbers],
                len(opening).to_bytes(LENGTH_BYTES, "little"),
                opening,
                self.model_opening.to_bytes(),
            ]
        )

    @classmethod
    def from_bytes(
        cls, data: bytes, script: Script, shape: Shape, model_shape: Shape
    ) -> "HiddenProof":
        """The proof that `to_bytes` wrote; `verify` decides about the openings' columns.

        Raises:
            BadLength: if data ends too early.
            NonCanonical: if a coordinate is p or more.
            ValueError: if magic bytes or version are others.
        """
        if not data.startswith(MAGIC):
            raise ValueError(f"proof begins with {data[: len(MAGIC)]!r}, must begin with {MAGIC!r}")
        source = BytesIO(data[len(MAGIC) :])
        root = _read(source, DIGEST_BYTES)
        [difference] = _elements(source, 1)
        said = _elements(source, script.n_messages)
        masked = _elements(source, 2 * len(script.products))
        first, second = _elements(source, 2)
        length = int.from_bytes(_read(source, LENGTH_BYTES), "little")
        return cls(
            root,
            difference,
            said,
            list(zip(masked[::2], masked[1::2], strict=True)),
            (first, second),
            Opening.from_bytes(_read(source, length), shape),
            Opening.from_bytes(source.read(), model_shape),
        )


def _read(source: BytesIO, n_bytes: int) -> bytes:
    data = source.read(n_bytes)
    if len(data) < n_bytes:
        raise BadLength(f"proof ends {n_bytes - len(data)} bytes too early")
    return data


def _elements(source: BytesIO, count: int) -> list[Fp2]:
    return [Fp2.from_bytes(_read(source, ELEMENT_BYTES)) for _ in range(count)]
