"""Lookups: every one of n values stands in a public table, shown by two sums of fractions (LogUp).

If table entry t_j occurs m_j times among the values v_i, then as rational functions of X

    sum_i 1/(X - v_i) = sum_j m_j/(X - t_j),

and only then: a value outside the table is a pole that only the left side has. So both sides are
compared at one random alpha, drawn after values and multiplicities are fixed; `logup` proves either
sum. That is how proof systems for machines that only add and multiply check ranges, ReLU and bytes.

The number of values must stay below p: 2^61 equal values would cancel. In fields of 31 bits this is
a real attack, and the book of Modulus' Remainder warns of it.

Sources: Haböck, Multivariate lookups based on logarithmic derivatives (eprint 2022/1530); protocol
zkml-1 of this project, sections 8 and 9.
"""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Int, Int64
from torch import Tensor
from torch.nn.functional import pad

from aicrypto.algebra import m61, m61x2, multilinear
from aicrypto.algebra.multilinear import n_variables
from aicrypto.algebra.plain import COORDINATE_BYTES, ELEMENT_BYTES, BadLength, Fp2, P
from aicrypto.commit.transcript import Transcript
from aicrypto.proof import logup
from aicrypto.proof.logup import FractionSumProof, Leaves, Tags

LABEL = "aicrypto.lookup.v1"
SHAPE_TAG, VALUES_TAG, TABLE_TAG, MULTIPLICITIES_TAG = 1, 2, 3, 4
WITNESS_TAGS = Tags(0x10, 0x11, 0x12)  # both as in zkml-1, section 9
TABLE_TAGS = Tags(0x18, 0x19, 0x1A)

Column = Int64[Tensor, "2 n"]
Integers = Int[Tensor, " n"]  # of any signed type, absolute values at most (p-1)/2


class NotInTable(ValueError):
    """A value stands nowhere in the table."""


@dataclass(frozen=True, slots=True)
class Sums:
    """The two proofs: over the values (all numerators 1), and over the table."""

    witness: FractionSumProof
    table: FractionSumProof

    def to_bytes(self) -> bytes:
        """The witness's proof, then the table's."""
        return self.witness.to_bytes() + self.table.to_bytes()

    @classmethod
    def from_bytes(cls, data: bytes, log_values: int, log_table: int) -> "Sums":
        """The proofs that `to_bytes` wrote.

        Raises:
            BadLength: if there are too few or too many bytes.
            NonCanonical: if a coordinate is p or more.
        """
        split = ELEMENT_BYTES * logup.n_elements(log_values, ones=True)
        witness = FractionSumProof.from_bytes(data[:split], log_values, ones=True)
        return cls(witness, FractionSumProof.from_bytes(data[split:], log_table, ones=False))


@dataclass(frozen=True, slots=True, eq=False)
class LookupProof:
    """Everything the prover says: how often each table entry occurs, and both sums."""

    multiplicities: Int64[Tensor, " table"]
    sums: Sums

    def to_bytes(self) -> bytes:
        """8 bytes a multiplicity, then the sums."""
        return m61.to_bytes(self.multiplicities) + self.sums.to_bytes()

    @classmethod
    def from_bytes(cls, data: bytes, n_values: int, n_table: int) -> "LookupProof":
        """The proof that `to_bytes` wrote for so many values and table entries.

        Raises:
            BadLength: if there are too few or too many bytes.
            NonCanonical: if a multiplicity or coordinate is p or more.
        """
        split = COORDINATE_BYTES * n_table
        if len(data) < split:
            raise BadLength(f"proof has {len(data)} bytes, multiplicities alone need {split}")
        sums = Sums.from_bytes(data[split:], n_variables(n_values), n_variables(n_table))
        return cls(m61.from_bytes(data[:split]), sums)


def count(values: Integers, table: Integers) -> Int64[Tensor, " table"]:
    """The multiplicity of every table entry among the values, which are padded as in `prove`.

    If an entry occurs more than once in the table, its first place has all.

    Raises:
        NotInTable: naming the first value that is no entry.
        BadLength: if there is no value or no entry.
        ValueError: if values or entries are no integers, or outside ±(p-1)/2.
    """
    values, table = _padded(values, table)
    ordered, order = table.sort(stable=True)
    places = torch.searchsorted(ordered, values).clamp(max=len(table) - 1)
    strangers = (ordered[places] != values).nonzero()
    if len(strangers):
        position = int(strangers[0])
        raise NotInTable(f"values[{position}] is {int(values[position])}, which is no table entry")
    return torch.bincount(order[places], minlength=len(table))


def prove(
    values: Integers, table: Integers, multiplicities: Int64[Tensor, " table"]
) -> LookupProof:
    """The proof that all values are table entries; worthless without the `count` of both.

    Where the number of values is no power of two, copies of the first table entry are added.

    Raises:
        BadLength: if there is no value, no entry, or another number of multiplicities than entries.
        ValueError: if values or entries are no integers, or outside ±(p-1)/2.
        NonCanonical: if a multiplicity is outside 0..p-1.
    """
    values, table = _padded(values, table)
    if multiplicities.shape != table.shape:
        raise BadLength(
            f"multiplicities: there are {len(multiplicities)}, must be {len(table)}, one an entry"
        )
    alpha, transcript = _draw_alpha(values, table, multiplicities)
    columns = _column(values), _column(table), _column(multiplicities)
    sums, _ = prove_sums(*columns, alpha, transcript)
    return LookupProof(multiplicities, sums)


def verify(values: Integers, table: Integers, proof: bytes) -> bool:
    """Whether the proof shows that all values are table entries.

    Both are public here: the verifier hashes them and evaluates their polynomials once. Soundness
    error (n + t + (v² + v) + (u² + u))/p² for n = 2^v values and t <= 2^u entries.
    """
    try:
        return _verify_message(values, table, proof)
    except (ValueError, TypeError, IndexError, RuntimeError):
        return False  # wrong types, lengths, shapes, non-canonical elements


def _verify_message(values: Integers, table: Integers, data: bytes) -> bool:
    """The verdict, or ValueError where statement or proof are malformed."""
    values, table = _padded(values, table)
    proof = LookupProof.from_bytes(data, len(values), len(table))
    multiplicities = proof.multiplicities.to(values.device)
    alpha, transcript = _draw_alpha(values, table, multiplicities)
    left = verify_sums(n_variables(len(values)), n_variables(len(table)), proof.sums, transcript)
    if left is None:
        return False
    witness, entries = left
    return (
        witness.leaf.denominator == alpha - _evaluate(values, witness)
        and entries.leaf.numerator == _evaluate(multiplicities, entries)
        and entries.leaf.denominator == alpha - _evaluate(table, entries)
    )


def prove_sums(
    values: Column, table: Column, multiplicities: Column, alpha: Fp2, transcript: Transcript
) -> tuple[Sums, tuple[Leaves, Leaves]]:
    """Both sums of fractions, and what they leave to check about values and table.

    For lookups inside larger protocols, where values are fingerprints of tuples, committed to. The
    transcript has absorbed what defines the three columns before alpha was drawn.

    Raises:
        BadLength: if a column's length is no power of two, or there are more multiplicities than
            table entries or fewer.
        ZeroDenominator: if alpha is a value or an entry, probability (n + t)/p².
    """
    shift = m61x2.from_scalar(alpha, values.device)
    shifted = m61x2.sub(shift, values), m61x2.sub(shift, table)
    return prove_shifted(*shifted, multiplicities, transcript)


def prove_shifted(
    values: Column, table: Column, multiplicities: Column, transcript: Transcript
) -> tuple[Sums, tuple[Leaves, Leaves]]:
    """The same for denominators: alpha - value and alpha - entry; `prove_sums`' errors."""
    witness, left = logup.prove(None, values, transcript, WITNESS_TAGS)
    entries, right = logup.prove(multiplicities, table, transcript, TABLE_TAGS)
    return Sums(witness, entries), (left, right)


def verify_sums(
    log_values: int, log_table: int, sums: Sums, transcript: Transcript
) -> tuple[Leaves, Leaves] | None:
    """What remains to be checked about values and table, or None if the proof is refused.

    Denominators at the two points must be alpha - values~ and alpha - table~, the second numerator
    multiplicities~. Refused are sums that do not add up, or differ from each other.
    """
    witness = logup.verify(log_values, True, sums.witness, transcript, WITNESS_TAGS)
    entries = logup.verify(log_table, False, sums.table, transcript, TABLE_TAGS)
    if witness is None or entries is None or not sums.witness.total.same_value(sums.table.total):
        return None
    return witness, entries


def _padded(values: Integers, table: Integers) -> tuple[Int64[Tensor, " n"], Int64[Tensor, " t"]]:
    """Both as int64, values padded with the first entry to a power of two."""
    for name, column in (("values", values), ("table", table)):
        if column.ndim != 1 or not len(column):
            raise BadLength(f"{name} has shape {list(column.shape)}, must be [n] with n >= 1")
        if m61.largest(column) > P // 2:
            raise ValueError(f"{name} has the largest value {m61.largest(column)}, above {P // 2}")
    table = table.long()
    # Not `pad`: its filler passes through a float64, which rounds beyond 2^53.
    copies = table[:1].expand((1 << n_variables(len(values))) - len(values))
    return torch.cat((values.long(), copies)), table


def _draw_alpha(
    values: Integers, table: Integers, multiplicities: Int64[Tensor, " table"]
) -> tuple[Fp2, Transcript]:
    """The point at which the sums are compared, drawn after all three are fixed."""
    transcript = Transcript(LABEL)
    transcript.absorb(SHAPE_TAG, np.array([len(values), len(table)], "<i8").tobytes())
    transcript.absorb(VALUES_TAG, m61.to_bytes(m61.reduce(values)))
    transcript.absorb(TABLE_TAG, m61.to_bytes(m61.reduce(table)))
    transcript.absorb(MULTIPLICITIES_TAG, m61.to_bytes(multiplicities))
    return transcript.challenge(), transcript


def _column(integers: Integers) -> Column:
    """The integers as field elements, padded with zeros: with m = 0, a leaf without effect."""
    missing = (1 << n_variables(len(integers))) - len(integers)
    return m61x2.from_base(pad(m61.reduce(integers), (0, missing)))


def _evaluate(integers: Integers, left: Leaves) -> Fp2:
    """The padded column's polynomial at the point."""
    return multilinear.evaluate(_column(integers), left.point)
