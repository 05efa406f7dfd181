"""A hidden model's accuracy: how many rows of a test set it labels rightly, without its weights.

Sellers of models say numbers; buyers cannot check them without the model. Three steps settle it:

1. the holder of the test set publishes root and size of a tree over its rows (x, label);
2. the model's owner publishes the commitment to the weights (`zkml.commit`);
3. the rows are shown, and the owner proves the logits of all of them.

The verifier finds the rows under the root of step 1, the logits proven for the model of step 2, and
counts the rows whose label is the first maximum of the logits. Each step stops an attack: rows
chosen to suit the model, or left out, have another root or number; a model made for the rows comes
too late for step 2; a better model has another commitment. **What decides is the order** of steps,
which no proof can show: it must be published where time is kept. `WorkRegistry.vy` takes a job's
data set before its model, and both once.

Rows must stay unknown until step 2, but a tree of rows that can be guessed hides nothing. So each
leaf begins with a nonce of 32 secret bytes, shown with the rows.

*Hidden* are the weights, as far as a succinct proof hides: it is **not zero-knowledge**, and every
proof opens linear combinations of the committed weights. *Not hidden* are the test set, its logits,
the network's widths and shifts. *Not shown* is that the owner had not seen the rows in step 2 (he
may be the holder's friend), nor that committed weights are int8.

Source: the statement of this project's issue on zkML; its container is our own.
"""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Int8, Int64
from torch import Tensor

from aicrypto.commit import merkle
from aicrypto.commit.hashes import DIGEST_BYTES, are_digests
from aicrypto.zkml import soundness
from aicrypto.zkml.circuit import refusal
from aicrypto.zkml.claims import rows
from aicrypto.zkml.claims.rows import WORD_BYTES, ProvenRows, read, row_bytes
from aicrypto.zkml.model import CommittedModel, Statement
from aicrypto.zkml.network import Network

MAGIC = b"AIZA\x01"  # with the version
MAX_LABEL = 2**31 - 1


@dataclass(frozen=True, eq=False)
class HeldOutSet:
    """A test set, and the secret that hides it until it is shown.

    Attributes:
        x: the rows.
        labels: one for each row, 0..2^31-1; a class that the network lacks is never right.
        nonce: 32 bytes drawn for this set alone, such as `secrets.token_bytes(32)`.

    Raises:
        ValueError: if there are not as many labels as rows, one is out of range, or no nonce.
    """

    x: Int8[Tensor, "rows in"]
    labels: Int64[Tensor, " rows"]
    nonce: bytes

    def __post_init__(self) -> None:
        if self.x.ndim != 2 or self.x.dtype != torch.int8 or not len(self.x):
            raise ValueError(f"x is {list(self.x.shape)} of {self.x.dtype}, must be rows of int8")
        if self.labels.shape != self.x.shape[:1] or self.labels.dtype != torch.int64:
            raise ValueError(
                f"labels are {list(self.labels.shape)} of {self.labels.dtype}, must be"
                f" {len(self.x)} of int64"
            )
        _refuse_labels(self.labels)
        if not are_digests([self.nonce]):
            raise ValueError(f"nonce is {self.nonce!r:.80}, must be {DIGEST_BYTES} bytes")

    def __len__(self) -> int:
        return len(self.x)

    @property
    def root(self) -> bytes:
        """The commitment, published with the number of rows before any model is: 32 bytes.

        Leaves are SHA-256(0x00 || nonce || x || label), the label a little-endian word.
        """
        labels = self.labels.tolist()
        return merkle.root(
            [
                self.nonce + row_bytes(x) + rows.word(label)
                for x, label in zip(self.x, labels, strict=True)
            ]
        )


@dataclass(frozen=True)
class AccuracyClaim:
    """What is claimed of a model.

    Attributes:
        test_root: of the test set.
        n_rows: of the test set.
        n_correct: rows whose label is the model's: exactly so many.
    """

    test_root: bytes
    n_rows: int
    n_correct: int

    @property
    def accuracy(self) -> float:
        """The part of the rows that is labelled rightly."""
        return self.n_correct / self.n_rows


@dataclass(frozen=True, eq=False)
class AccuracyProof:
    """The test set, shown, and the proven logits of its rows.

    Raises:
        ValueError: as `HeldOutSet` does.
    """

    labels: Int64[Tensor, " rows"]
    nonce: bytes
    answers: ProvenRows

    def __post_init__(self) -> None:
        HeldOutSet(self.answers.x, self.labels, self.nonce)

    @property
    def test_set(self) -> HeldOutSet:
        """The rows with their labels."""
        return HeldOutSet(self.answers.x, self.labels, self.nonce)

    @property
    def claim(self) -> AccuracyClaim:
        """What this shows, if its logits are the model's."""
        correct = self.answers.logits.argmax(1) == self.labels
        return AccuracyClaim(self.test_set.root, len(self.labels), int(correct.sum()))

    def to_bytes(self) -> bytes:
        """Magic, nonce, rows as a word, a word for each label, answers."""
        labels = rows.word(len(self.labels), *self.labels.tolist())
        return b"".join([MAGIC, self.nonce, labels, self.answers.to_bytes()])

    @classmethod
    def from_bytes(cls, data: bytes) -> "AccuracyProof":
        """The proof that `to_bytes` wrote.

        Raises:
            BadLength: if bytes are missing or left over.
            ValueError: if magic bytes or version are others, or as the class does.
        """
        source = rows.after(MAGIC, data)
        nonce = read(source, DIGEST_BYTES)
        [n_rows] = rows.read_words(source, 1)
        labels = np.frombuffer(read(source, WORD_BYTES * n_rows), "<u4").astype(np.int64)
        return cls(torch.from_numpy(labels), nonce, ProvenRows.from_bytes(source.read()))


def prove(
    model: Network | CommittedModel,
    test_set: HeldOutSet,
    inv_rate: int = soundness.DEFAULT_INV_RATE,
) -> tuple[AccuracyClaim, AccuracyProof]:
    """How many rows the model labels rightly, and the proof.

    Raises:
        ValueError: as `protocol.prove` does.
    """
    proof = AccuracyProof(test_set.labels, test_set.nonce, rows.prove(model, test_set.x, inv_rate))
    return proof.claim, proof


def verify(statement: Statement, claim: AccuracyClaim, proof: AccuracyProof | bytes) -> bool:
    """Whether the model labels exactly `claim.n_correct` rows of this test set rightly.

    The caller takes root and size of the test set, and the statement, from where both were
    published, in this order.
    """

    def check() -> bool:
        shown = proof if isinstance(proof, AccuracyProof) else AccuracyProof.from_bytes(proof)
        return shown.claim == claim and shown.answers.verify(statement)

    return refusal.holds(check)


def _refuse_labels(labels: Int64[Tensor, " rows"]) -> None:
    """Raises ValueError if a label cannot be written as a word."""
    low, high = (int(bound) for bound in labels.aminmax())
    if low < 0 or high > MAX_LABEL:
        raise ValueError(f"labels lie in {low}..{high}, must lie in 0..{MAX_LABEL}")
