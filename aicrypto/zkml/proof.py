"""A proof of inference as an object and as bytes: one encoding, every length known in advance.

| part | bytes |
|---|---|
| header: AIZK, version, flags, profile, log2 of B, inv_rate and C, T, digest | 44 |
| root of the committed witness | 32 |
| multiplicities of the table rows | varints |
| sum of fractions over the lookups, over the table | 16 an element |
| claims: limbs, q, y | 16 each |
| committed weights only: their rows combined, twice | 32·c_w |
| matrix rounds; y~ at their point | 32 each; 16 |
| merge rounds; the merged value | 32 each; 16 |
| rows of the witness combined, twice | 32·C |
| columns and siblings of the witness, then of committed weights | 16 an element, 32 |

The last part's length follows from the queries, which follow from all before; so it is kept as
bytes. Source: protocol zkml-1 of this project, section 10.
"""

import struct
from dataclasses import dataclass

import torch
from jaxtyping import Int64
from torch import Tensor

from aicrypto.algebra import m61x2
from aicrypto.algebra.multilinear import n_variables
from aicrypto.algebra.plain import ELEMENT_BYTES, BadLength, Fp2
from aicrypto.commit.hashes import DIGEST_BYTES
from aicrypto.commit.tensor.ligero import Folds
from aicrypto.proof.logup import n_elements
from aicrypto.proof.lookup import Sums
from aicrypto.proof.merge import MergeProof
from aicrypto.proof.sumcheck import Round
from aicrypto.zkml import soundness
from aicrypto.zkml.circuit import varints
from aicrypto.zkml.circuit.layout import PROFILES, Layout
from aicrypto.zkml.circuit.lookups import Claims
from aicrypto.zkml.circuit.products import Products
from aicrypto.zkml.model import ModelCommitment, Statement, flags, weight_opening
from aicrypto.zkml.soundness import Parameters

MAGIC = b"AIZK\x01"  # with the version
FIELDS = struct.Struct(f"<5BH{DIGEST_BYTES}s")  # the header's, in their order
HEADER_BYTES = len(MAGIC) + FIELDS.size
MAX_LOG_BATCH = 30  # 2^21 lookups are the limit of 100 bits


@dataclass(frozen=True)
class Header:
    """What a proof is about, and how strong it claims to be. Not checked: that is the verifier's.

    Attributes:
        flags: bit 0 is set if the weights are committed to.
        profile: how remainders are cut.
        log_batch: log2 of the number of rows.
        log_inv_rate: log2 of the code's expansion.
        log_columns: log2 of the columns of the witness.
        queries: columns opened.
        digest: of the model, or of its commitment.
    """

    flags: int
    profile: int
    log_batch: int
    log_inv_rate: int
    log_columns: int
    queries: int
    digest: bytes

    @classmethod
    def of(cls, statement: Statement, batch: int, parameters: Parameters) -> "Header":
        """The header of a proof with these parameters."""
        return cls(
            flags(statement),
            parameters.profile,
            n_variables(batch),
            n_variables(parameters.inv_rate),
            n_variables(parameters.columns),
            parameters.queries,
            statement.digest,
        )

    @property
    def parameters(self) -> Parameters:
        """The parameters; WeakParameters if they lie outside their bounds."""
        return Parameters(self.profile, 1 << self.log_inv_rate, 1 << self.log_columns, self.queries)

    def layout(self, statement: Statement) -> Layout:
        """Where the neurons stand.

        Raises:
            ValueError: if there is no such profile, or the batch is larger than any proof's.
        """
        if self.profile >= len(PROFILES):
            raise ValueError(f"profile is {self.profile}, must be in 0..{len(PROFILES) - 1}")
        if self.log_batch > MAX_LOG_BATCH:
            raise ValueError(f"log_batch is {self.log_batch}, must be in 0..{MAX_LOG_BATCH}")
        profile = PROFILES[self.profile]
        return Layout.of(statement.dims, statement.shifts, 1 << self.log_batch, profile)

    def to_bytes(self) -> bytes:
        """44 bytes."""
        logs = (self.log_batch, self.log_inv_rate, self.log_columns)
        return MAGIC + FIELDS.pack(self.flags, self.profile, *logs, self.queries, self.digest)

    @classmethod
    def from_bytes(cls, data: bytes) -> "Header":
        """The header that a proof begins with.

        Raises:
            ValueError: if magic bytes or version are others.
            BadLength: if there are less than 44 bytes.
        """
        if not data.startswith(MAGIC):
            raise ValueError(f"proof begins with {data[: len(MAGIC)]!r}, must begin with {MAGIC!r}")
        if len(data) < HEADER_BYTES:
            raise BadLength(f"proof has {len(data)} bytes, its header alone has {HEADER_BYTES}")
        fields = FIELDS.unpack(data[len(MAGIC) : HEADER_BYTES])
        return cls(*fields)


@dataclass(frozen=True, eq=False)
class Proof:
    """Everything the prover says.

    Attributes:
        header: what it is about.
        root: of the committed witness.
        multiplicities: of the table rows.
        sums: both sums of fractions.
        claims: limbs, q and y at the place where the sums end.
        weight_folds: the rows of committed weights combined, c_w columns each; else None.
        products: the matrix products of all layers.
        merge: the merge of all claims.
        folds: the rows of the witness combined.
        openings: columns and siblings, of the witness, then of the weights.
    """

    header: Header
    root: bytes
    multiplicities: Int64[Tensor, " table"]
    sums: Sums
    claims: Claims
    weight_folds: Folds | None
    products: Products
    merge: MergeProof
    folds: Folds
    openings: bytes

    def to_bytes(self) -> bytes:
        """The encoding, see the module's table."""
        return b"".join(
            [
                self.header.to_bytes(),
                self.root,
                varints.encode(self.multiplicities.cpu().numpy()),
                self.sums.to_bytes(),
                self.claims.to_bytes(),
                self.weight_folds.to_bytes() if self.weight_folds else b"",
                *[message.to_bytes() for message in self.products.rounds],
                self.products.activation.to_bytes(),
                self.merge.to_bytes(),
                self.folds.to_bytes(),
                self.openings,
            ]
        )

    def bits(self, statement: Statement) -> float:
        """The security that the parameters in the header give, whether or not it is accepted.

        Raises:
            ValueError: if they fit no proof about this model.
        """
        size = self.header.layout(statement).size
        opening = self.header.parameters.opening(size)
        return soundness.bits(size, opening, weight_opening(statement))

    @classmethod
    def from_bytes(cls, data: bytes, statement: Statement) -> "Proof":
        """The proof that `to_bytes` wrote; `verify` decides about the length of its openings.

        Raises:
            BadLength: if data ends before the openings.
            NonCanonical: if a coordinate is p or more, or a varint is padded.
            ValueError: if the header is of no proof.
        """
        header = Header.from_bytes(data)
        size = header.layout(statement).size
        shape = header.parameters.opening(size).shape
        reader = _Reader(data[HEADER_BYTES:])
        return cls(
            header,
            reader.take(DIGEST_BYTES),
            reader.varints(size.profile.n_table),
            Sums.from_bytes(
                reader.elements(
                    n_elements(size.log_leaves, ones=True) + n_elements(size.log_table, ones=False)
                ),
                size.log_leaves,
                size.log_table,
            ),
            reader.claims(size.profile.n_limbs),
            reader.weight_folds(statement),
            Products(reader.rounds(size.n_product_rounds), reader.element()),
            MergeProof(reader.rounds(size.log_columns + size.log_stack), reader.element()),
            Folds.from_bytes(reader.elements(2 * shape.columns), shape),
            reader.rest(),
        )


class _Reader:
    """Bytes read from front to back; BadLength where they end too early."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._position = 0

    def take(self, n_bytes: int) -> bytes:
        """The next bytes."""
        end = self._position + n_bytes
        if end > len(self._data):
            raise BadLength(f"proof ends {end - len(self._data)} bytes too early")
        start, self._position = self._position, end
        return self._data[start:end]

    def rest(self) -> bytes:
        """All bytes that are left."""
        return self.take(len(self._data) - self._position)

    def elements(self, count: int) -> bytes:
        """The bytes of the next elements."""
        return self.take(ELEMENT_BYTES * count)

    def scalars(self, count: int) -> list[Fp2]:
        """The next elements."""
        return m61x2.to_scalars(m61x2.from_bytes(self.elements(count)))

    def element(self) -> Fp2:
        """The next element."""
        return Fp2.from_bytes(self.elements(1))

    def varints(self, count: int) -> Int64[Tensor, " count"]:
        """The next varints."""
        numbers, n_bytes = varints.decode(self._data[self._position :], count)
        self.take(n_bytes)
        return torch.from_numpy(numbers)

    def rounds(self, count: int) -> tuple[Round, ...]:
        """The next messages of a sumcheck."""
        said = self.scalars(2 * count)
        return tuple(map(Round, said[::2], said[1::2]))

    def claims(self, n_limbs: int) -> Claims:
        """The claims about limbs, q and y."""
        *limbs, quotient, activation = self.scalars(n_limbs + 2)
        return Claims(tuple(limbs), quotient, activation)

    def weight_folds(self, statement: Statement) -> Folds | None:
        """The combined rows of committed weights."""
        if not isinstance(statement, ModelCommitment):
            return None
        u1, u2 = m61x2.from_bytes(self.elements(2 * statement.n_columns)).chunk(2, dim=-1)
        return Folds(u1, u2)
