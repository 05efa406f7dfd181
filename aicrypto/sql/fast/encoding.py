"""Proofs as bytes: one canonical encoding, every part with its length.

A part of a proof (one SELECT) is a header in JSON, with hints, the dictionaries used and
the answer's form; then the answer, eight bytes an integer; the witness's root; the argument; the
openings. What decodes encodes to the same bytes again, or is refused.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from aicrypto.algebra import m61x2
from aicrypto.algebra.plain import ELEMENT_BYTES, BadLength, Fp2
from aicrypto.commit.hashes import DIGEST_BYTES
from aicrypto.commit.untrusted import parse_json
from aicrypto.proof import logup
from aicrypto.proof.logup import FractionSumProof, Round
from aicrypto.sql.fast.argument import ArgumentProof, is_committed, log_blocks
from aicrypto.sql.fast.openings import Opening
from aicrypto.sql.fast.statement import Answer, Hints
from aicrypto.sql.fast.statement.builder import Builder
from aicrypto.sql.fast.statement.expressions import Dictionary
from aicrypto.sql.table import Column, Table
from aicrypto.sql.types import ColumnType

MAGIC = b"aicrypto.sql.v1\0"
LENGTH_BYTES = 8
MAX_PARTS = 64  # openings of one part, parts of one proof


class BadEncoding(ValueError):
    """Bytes are no proof."""


@dataclass(frozen=True, eq=False)
class Part:
    """The proof of one SELECT.

    Attributes:
        hints: about the rows.
        dictionaries: of every text column that is read.
        answer: the proven rows or groups.
        root: of the witness; empty if nothing had to be committed to.
        argument: see `argument_to_bytes`.
        openings: one for each oracle.
    """

    hints: Hints
    dictionaries: Mapping[tuple[str, str], Dictionary]
    answer: Answer
    root: bytes
    argument: bytes
    openings: tuple[Opening, ...]


def hints_to_json(hints: Hints) -> list[Any]:
    """Threshold and misses, for header and transcript."""
    return [hints.threshold, list(hints.misses)]


def answer_to_bytes(answer: Answer) -> bytes:
    """Eight bytes an integer, column by column."""
    return answer.numpy().astype("<i8").tobytes()


def argument_to_bytes(proof: ArgumentProof) -> bytes:
    """16 bytes an element: the fraction sum, the rounds, the values."""
    rounds = b"".join(message.to_bytes() for message in proof.rounds)
    return proof.fractions.to_bytes() + rounds + b"".join(v.to_bytes() for v in proof.values)


def argument_from_bytes(data: bytes, b: Builder) -> ArgumentProof:
    """The argument for a statement.

    Raises:
        BadLength: if it has not as many elements as the statement demands.
        NonCanonical: if a coordinate is p or more.
    """
    log_leaves = b.log_rows + log_blocks(b)
    n_fractions = logup.n_elements(log_leaves, ones=False)
    n_values = sum(map(is_committed, b.sources))
    expected = ELEMENT_BYTES * (n_fractions + 2 * b.log_rows + n_values)
    if len(data) != expected:
        raise BadLength(f"the argument has {len(data)} bytes, must have {expected}")
    elements: Iterator[Fp2] = iter(m61x2.to_scalars(m61x2.from_bytes(data)))
    fractions = FractionSumProof.of(elements, log_leaves, ones=False)
    rounds = tuple(Round(next(elements), next(elements)) for _ in range(b.log_rows))
    return ArgumentProof(fractions, rounds, tuple(elements))


def proof_to_bytes(result: Table, parts: tuple[Part, ...]) -> bytes:
    """The whole proof with its result."""
    chunks = [table_to_json(result), *map(_part_to_bytes, parts)]
    return MAGIC + b"".join(map(_chunk, chunks))


def proof_from_bytes(data: bytes) -> tuple[Table, tuple[Part, ...]]:
    """What `proof_to_bytes` wrote.

    Raises:
        ValueError: if the bytes are nothing that it writes.
    """
    if data[: len(MAGIC)] != MAGIC:
        raise BadEncoding(f"proof begins with {data[: len(MAGIC)]!r}, must with {MAGIC!r}")
    try:
        first, *others = _chunks(data[len(MAGIC) :])
        result, parts = _table_from_json(first), tuple(map(_part_from_bytes, others))
    except (KeyError, TypeError, IndexError, AttributeError, RecursionError) as error:
        raise BadEncoding(f"proof does not decode: {error}") from None
    if proof_to_bytes(result, parts) != data:
        raise BadEncoding("proof is not in the canonical encoding")
    return result, parts


def _part_to_bytes(part: Part) -> bytes:
    dictionaries = [
        [table, column, isinstance(next(iter(words), ""), bytes), [*map(_value_to_json, words)]]
        for (table, column), words in sorted(part.dictionaries.items())
    ]
    header = json.dumps(
        [*hints_to_json(part.hints), list(part.answer.shape), dictionaries]
    ).encode()
    opened = [side for opening in part.openings for side in (opening.folds, opening.columns)]
    chunks = [header, answer_to_bytes(part.answer), part.root, part.argument, *opened]
    return b"".join(map(_chunk, chunks))


def _part_from_bytes(data: bytes) -> Part:
    header, answer, root, argument, *opened = _chunks(data)
    threshold, misses, shape, listed = parse_json(header)
    if not (threshold is None or type(threshold) is int) or len(root) not in (0, DIGEST_BYTES):
        raise BadEncoding(f"threshold {threshold!r} or root of {len(root)} bytes is out of form")
    hints = Hints(threshold, tuple(misses))
    dictionaries = {
        (table, column): tuple(_value_from_json(word, is_binary) for word in words)
        for table, column, is_binary, words in listed
    }
    integers = np.frombuffer(answer, "<i8").astype(np.int64).reshape(shape)
    if integers.ndim != 2 or len(opened) % 2:
        raise BadEncoding(f"answer has the form {shape}, openings {len(opened)} halves")
    openings = tuple(map(Opening, opened[::2], opened[1::2]))
    return Part(hints, dictionaries, torch.from_numpy(integers), root, argument, openings)


def table_to_json(table: Table) -> bytes:
    """Names, types and values as JSON."""
    columns = [
        [column.name, column.type.to_json(), [*map(_value_to_json, column.values)]]
        for column in table.columns
    ]
    return json.dumps([table.length, columns]).encode()


def _table_from_json(data: bytes) -> Table:
    length, listed = parse_json(data)
    columns = []
    for name, type_json, values in listed:
        type_ = ColumnType.from_json(type_json)
        is_binary = type_.kind == "varbinary"
        columns.append(Column(name, type_, [_value_from_json(v, is_binary) for v in values]))
    return Table(tuple(columns), length)


def _value_to_json(value: Any) -> Any:
    return value.hex() if isinstance(value, bytes) else value


def _value_from_json(value: Any, is_binary: bool) -> Any:
    return bytes.fromhex(value) if is_binary else value


def _chunk(data: bytes) -> bytes:
    return len(data).to_bytes(LENGTH_BYTES, "little") + data


def _chunks(data: bytes) -> list[bytes]:
    """The parts that `_chunk` wrote one after the other."""
    chunks: list[bytes] = []
    place = 0
    while place < len(data):
        start = place + LENGTH_BYTES
        end = start + int.from_bytes(data[place:start], "little")
        if end > len(data) or len(chunks) >= MAX_PARTS:
            raise BadEncoding(f"a part ends at byte {end}, there are {len(data)}")
        chunks.append(data[start:end])
        place = end
    return chunks
