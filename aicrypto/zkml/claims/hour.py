"""An hour of appraisals: a thousand customers, one proof, one root that each checks his answer by.

A service that values collectibles by a model is asked (id, x) and answers logits. Once an hour it
proves all its answers together and publishes

    the model's digest (32 bytes),  n and the root of the n answers (32 bytes),  the proofs,

the root over leaves SHA-256(0x00 || id || x || logits) of an RFC 6962 tree. Then

- a customer who knows the root checks his own row with log2(n) hashes (`verify_row`);
- anybody who has the rows checks that the model gave all of them (`verify`). It is enough that one
  honest party does so, or a contract after a challenge, and says that the root is good.

A root that nobody has verified says only that its maker cannot answer otherwise later.

Upshot prices NFTs so with Modulus' Remainder: thousands an hour, aggregated, checked on Ethereum.
Source: protocol zkml-1 of this project, section 15; the container's encoding is our own.
"""

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from aicrypto.commit import merkle
from aicrypto.commit.hashes import DIGEST_BYTES, are_digests
from aicrypto.zkml import soundness
from aicrypto.zkml.circuit import refusal
from aicrypto.zkml.claims import rows
from aicrypto.zkml.claims.rows import ProvenRows, read, row_bytes
from aicrypto.zkml.model import CommittedModel, Statement
from aicrypto.zkml.network import Network

MAGIC = b"AIZH\x01"  # with the version


@dataclass(frozen=True, eq=False)
class Hour:
    """Everything that is published at the end of an hour.

    Attributes:
        digest: of the model, or of its commitment: what the proofs' headers name.
        root: of the answers.
        ids: 32 bytes for each row, each once.
        answers: rows, logits and proofs.

    Raises:
        ValueError: if there are not as many ids as rows, one twice, or no digests.
    """

    digest: bytes
    root: bytes
    ids: tuple[bytes, ...]
    answers: ProvenRows

    def __post_init__(self) -> None:
        if not are_digests([self.digest, self.root, *self.ids]):
            raise ValueError(f"digest, root and ids must have {DIGEST_BYTES} bytes each")
        _refuse_ids(self.ids, len(self.answers))

    def __len__(self) -> int:
        return len(self.ids)

    def path(self, index: int) -> list[bytes]:
        """What the customer of a row is given beside his logits: the siblings up to the root.

        Raises:
            IndexError: if there is no such row.
        """
        return merkle.prove_inclusion(_leaves(self.ids, self.answers), index)

    def to_bytes(self) -> bytes:
        """Magic, digest, root, rows as a word, ids, answers."""
        return b"".join(
            [
                MAGIC,
                self.digest,
                self.root,
                rows.word(len(self)),
                *self.ids,
                self.answers.to_bytes(),
            ]
        )

    @classmethod
    def from_bytes(cls, data: bytes) -> "Hour":
        """The hour that `to_bytes` wrote.

        Raises:
            BadLength: if bytes are missing or left over.
            ValueError: if magic bytes or version are others, or as the class does.
        """
        source = rows.after(MAGIC, data)
        digest, root = read(source, DIGEST_BYTES), read(source, DIGEST_BYTES)
        [n_rows] = rows.read_words(source, 1)
        ids = read(source, DIGEST_BYTES * n_rows)
        split = [ids[start : start + DIGEST_BYTES] for start in range(0, len(ids), DIGEST_BYTES)]
        return cls(digest, root, tuple(split), ProvenRows.from_bytes(source.read()))


def aggregate(
    model: Network | CommittedModel,
    requests: Sequence[tuple[bytes, Any]],
    inv_rate: int = soundness.DEFAULT_INV_RATE,
    executor: Executor | None = None,
) -> Hour:
    """The answers to the requests, proved together.

    Args:
        model: with public weights, or with committed ones.
        requests: id of 32 bytes, and a row of int8, in the order of the tree.
        inv_rate: the code's: 2 for speed, 8 for short proofs.
        executor: where more than `rows_per_proof` requests are proved at the same time.

    Raises:
        ValueError: if an id is none, or comes twice; or as `protocol.prove` does.
    """
    ids = tuple(request_id for request_id, _ in requests)
    _refuse_ids(ids, max(1, len(requests)))
    x = [np.asarray(row.cpu() if isinstance(row, Tensor) else row) for _, row in requests]
    answers = rows.prove(model, np.stack(x), inv_rate, executor)
    statement = model if isinstance(model, Network) else model.commitment
    return Hour(statement.digest, merkle.root(_leaves(ids, answers)), ids, answers)


def verify(statement: Statement, hour: Hour | bytes) -> bool:
    """Whether the model gave every answer under the hour's root, which has no other answers.

    The caller compares `hour.root` and `len(hour)` with those that were published.
    """

    def check() -> bool:
        known = hour if isinstance(hour, Hour) else Hour.from_bytes(hour)
        return (
            known.digest == statement.digest
            and known.root == merkle.root(_leaves(known.ids, known.answers))
            and known.answers.verify(statement)
        )

    return refusal.holds(check)


def verify_row(
    root: bytes,
    n: int,
    id: bytes,  # noqa: A002
    x: Any,
    logits: Any,
    index: int,
    path: Sequence[bytes],
) -> bool:
    """Whether the answer to the request (id, x) stands at this place under a root of n answers.

    x is what the customer has asked, not what he is told: where it ends and the logits begin, the
    leaf does not say.
    """

    def check() -> bool:
        answer = leaf(id, torch.as_tensor(x), torch.as_tensor(logits))
        return merkle.verify_inclusion(answer, index, n, path, root)

    return refusal.holds(check)


def leaf(id: bytes, x: Tensor, logits: Tensor) -> bytes:  # noqa: A002
    """The data of an answer's leaf: id, x as int8, logits as little-endian int32.

    Raises:
        ValueError: if the id has not 32 bytes, x or logits are no rows, or numbers do not fit.
    """
    if not are_digests([id]):
        raise ValueError(f"id is {id!r:.80}, must be {DIGEST_BYTES} bytes")
    parts = [id]
    for name, row, dtype in (("x", x, torch.int8), ("logits", logits, torch.int32)):
        exact = row.to(dtype)
        if row.ndim != 1 or row.is_floating_point() or not torch.equal(exact.long(), row.long()):
            raise ValueError(f"{name} is no row of integers that fit {dtype}")
        parts.append(row_bytes(exact))
    return b"".join(parts)


def _refuse_ids(ids: Sequence[bytes], n_rows: int) -> None:
    """Raises ValueError if there is not one id for each row, or one stands for two answers."""
    n_different = len(set(ids))
    if len(ids) != n_rows or n_different != n_rows:
        raise ValueError(
            f"ids: there are {len(ids)}, {n_different} different ones, must be {n_rows}"
        )


def _leaves(ids: Sequence[bytes], answers: ProvenRows) -> list[bytes]:
    """Every answer's leaf: one pass over the rows."""
    return [
        request_id + row_bytes(x) + row_bytes(logits)
        for request_id, x, logits in zip(ids, answers.x, answers.logits, strict=True)
    ]
