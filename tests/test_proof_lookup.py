"""Lookups: Remainder's example, any values and tables, tampering, and attacks."""

from dataclasses import replace
from random import Random

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from aicrypto.algebra import BadLength, Fp2, NonCanonical, P, m61, m61x2
from aicrypto.algebra.multilinear import n_variables
from aicrypto.commit.transcript import Transcript
from aicrypto.proof import logup, lookup
from aicrypto.proof.logup import Fraction
from aicrypto.proof.lookup import LookupProof, NotInTable, Sums

# The example in Remainder's documentation (worldcoin/remainder-documentation).
VALUES, TABLE = torch.tensor([233, 233, 0, 1]), torch.arange(256)
SMALL_TABLE = torch.tensor([-3, 5, 7, 11, 40])


def prove(values, table):
    return lookup.prove(values, table, lookup.count(values, table)).to_bytes()


def with_counts(values, table, counts):
    """Whether a proof with these multiplicities, by entry, is accepted."""
    multiplicities = torch.zeros_like(table)
    for entry, times in counts.items():
        multiplicities[table == entry] = times
    return lookup.verify(values, table, lookup.prove(values, table, multiplicities).to_bytes())


def test_remainder_example():
    assert with_counts(VALUES, TABLE, {0: 1, 1: 1, 233: 2})
    assert not with_counts(VALUES, TABLE, {0: 1, 1: 1, 233: 1})
    outside = torch.tensor([233, 233, 0, 256])
    assert not with_counts(outside, TABLE, {0: 1, 1: 1, 233: 2})
    assert not with_counts(outside, TABLE, {0: 1, 233: 2})
    with pytest.raises(NotInTable, match=r"values\[3\] is 256"):
        lookup.count(outside, TABLE)


@settings(max_examples=20, deadline=None)
@given(st.data(), st.lists(st.integers(-(P // 2), P // 2), min_size=1, max_size=9, unique=True))
def test_values_of_the_table_are_accepted_and_others_refused(data, entries):
    values = torch.tensor(data.draw(st.lists(st.sampled_from(entries), min_size=1, max_size=9)))
    table = torch.tensor(entries)
    multiplicities = lookup.count(values, table)
    assert int(multiplicities.sum()) == 1 << n_variables(len(values))
    proof = prove(values, table)
    assert lookup.verify(values, table, proof)
    values[-1] = next(v for v in range(len(entries) + 1) if v not in entries)
    assert not lookup.verify(values, table, proof)
    assert not lookup.verify(values, table, lookup.prove(values, table, multiplicities).to_bytes())
    with pytest.raises(NotInTable, match=f"is {int(values[-1])}"):
        lookup.count(values, table)


def test_proof_bytes_are_multiplicities_then_both_sums():
    data = prove(VALUES, TABLE)
    proof = LookupProof.from_bytes(data, 4, 256)
    assert proof.to_bytes() == data
    assert torch.equal(proof.multiplicities, lookup.count(VALUES, TABLE))
    sizes = logup.n_elements(2, ones=True), logup.n_elements(8, ones=False)
    assert len(data) == 8 * 256 + 16 * sum(sizes)


def test_integers_of_any_type_and_repeated_entries():
    values, table = torch.tensor([-3, 5, 5], dtype=torch.int8), SMALL_TABLE.to(torch.int32)
    assert lookup.verify(values, table, prove(values, table))
    assert lookup.verify(values.long(), SMALL_TABLE, prove(values, table))
    repeated = torch.tensor([5, -3, 5])
    assert lookup.count(values, repeated).tolist() == [3, 1, 0]  # the padding is a 5
    assert lookup.verify(values, repeated, prove(values, repeated))


def test_padding_is_exact_where_floats_round():
    values = table = torch.tensor([2**53 + 1, -(2**60) + 1, 7])
    assert lookup.count(values, table).tolist() == [2, 1, 1]
    assert lookup.verify(values, table, prove(values, table))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_proof_on_cuda_equals_proof_on_cpu():
    proof = prove(VALUES.cuda(), TABLE.cuda())
    assert proof == prove(VALUES, TABLE)
    assert lookup.verify(VALUES.cuda(), TABLE.cuda(), proof)


@pytest.mark.parametrize(
    ("values", "table", "match"),
    [
        (VALUES[:0], TABLE, "values has shape"),
        (VALUES, TABLE[:0], "table has shape"),
        (VALUES.reshape(2, 2), TABLE, "values has shape"),
        (VALUES.double(), TABLE, "float64"),
        (VALUES, TABLE - P, str(P)),
        (VALUES + P // 2, TABLE, str(P // 2 + 233)),
    ],
)
def test_statements_that_make_no_sense_are_refused(values, table, match):
    proof = prove(VALUES, TABLE)
    for action in (lookup.count, lambda v, t: lookup.prove(v, t, torch.zeros_like(TABLE))):
        with pytest.raises(ValueError, match=match):
            action(values, table)
    assert not lookup.verify(values, table, proof)


def test_multiplicities_must_be_elements_one_an_entry():
    with pytest.raises(BadLength, match="255"):
        lookup.prove(VALUES, TABLE, torch.zeros(255, dtype=torch.int64))
    with pytest.raises(NonCanonical):
        lookup.prove(VALUES, TABLE, torch.full_like(TABLE, -1))


def test_tampered_parts_are_refused():
    values = torch.tensor([5, 5, 40, -3])
    honest = LookupProof.from_bytes(prove(values, SMALL_TABLE), 4, 5)
    other = LookupProof.from_bytes(prove(values.flip(0), SMALL_TABLE), 4, 5)
    m, sums = honest.multiplicities, honest.sums
    bad = {
        f"multiplicity {i}": replace(honest, multiplicities=m + torch.eye(5)[i].long())
        for i in range(5)
    }
    bad["multiplicities turned"] = replace(honest, multiplicities=m.roll(1))
    bad["a multiplicity less"] = replace(honest, multiplicities=m[:-1])
    bad["a multiplicity more"] = replace(honest, multiplicities=torch.cat((m, m[:1])))
    bad["sums exchanged"] = replace(honest, sums=Sums(sums.table, sums.witness))
    bad["witness twice"] = replace(honest, sums=Sums(sums.witness, sums.witness))
    bad["other witness"] = replace(honest, sums=replace(sums, witness=other.sums.witness))
    bad["other table"] = replace(honest, sums=replace(sums, table=other.sums.table))
    for name, proof in bad.items():
        assert not lookup.verify(values, SMALL_TABLE, proof.to_bytes()), name
    assert lookup.verify(values, SMALL_TABLE, honest.to_bytes())


def test_random_bit_flips_and_wrong_lengths_are_refused_without_raising():
    values, random = torch.tensor([5, 5, 40, -3]), Random(1)
    data = prove(values, SMALL_TABLE)
    assert lookup.verify(values, SMALL_TABLE, data)
    for _ in range(300):
        flipped = bytearray(data)
        flipped[random.randrange(len(data))] ^= 1 << random.randrange(8)
        assert not lookup.verify(values, SMALL_TABLE, bytes(flipped))
    for wrong in (b"", data[:7], data[:-16], data[16:], data + bytes(16), None, 7):
        assert not lookup.verify(values, SMALL_TABLE, wrong)


@pytest.mark.parametrize("counts", [{5: 2, 7: 1, -3: 1}, {5: 3, 40: 1, -3: 1}, {5: 3, 40: 1}])
def test_attack_multiplicity_moved_or_total_wrong(monkeypatch, counts):
    values = torch.tensor([5, 5, 40, -3])
    assert with_counts(values, SMALL_TABLE, {5: 2, 40: 1, -3: 1})
    assert not with_counts(values, SMALL_TABLE, counts)
    monkeypatch.setattr(Fraction, "same_value", lambda *_: True)
    assert with_counts(values, SMALL_TABLE, counts)


def solve(a, b, c):
    """The x, y in F_p with x·a + y·b = c: one equation for either coordinate."""
    determinant = pow(a.re * b.im - a.im * b.re, -1, P)
    x = (c.re * b.im - c.im * b.re) * determinant % P
    return x, (a.re * c.im - a.im * c.re) * determinant % P


def weighted_sum(alpha, weights, entries):
    terms = zip(weights.tolist(), entries.tolist(), strict=True)
    return sum((m / (alpha - v) for m, v in terms), Fp2(0))


def other_columns(which, values, multiplicities, alpha):
    """Values, table and multiplicities, one of them another: then the sums agree at alpha."""
    table = SMALL_TABLE.clone()
    if which == "values":
        values = torch.tensor([5, 5, 40, 40])
    elif which == "table":
        table[4] = 41
    else:
        multiplicities = fitting_multiplicities(values, alpha)
    return [lookup._column(column) for column in (values, table, multiplicities)]


def fitting_multiplicities(values, alpha):
    """Two multiplicities are two unknowns, alpha's coordinates give two equations."""
    poles = [1 / (alpha - int(entry)) for entry in SMALL_TABLE[:2]]
    multiplicities = torch.zeros(5, dtype=torch.int64)
    target = weighted_sum(alpha, torch.ones_like(values), values)
    multiplicities[0], multiplicities[1] = solve(*poles, target)
    return multiplicities


@pytest.mark.parametrize(
    ("which", "values", "counts"),
    [
        ("values", [5, 5, 40, 41], [0, 2, 0, 0, 2]),
        ("table", [5, 5, 41, 41], [0, 2, 0, 0, 2]),
        ("multiplicities", [5, 5, 40, 41], [0, 2, 0, 0, 2]),
    ],
)
def test_attack_sums_of_another_column(which, values, counts):
    """Where a leaf claim is not checked, the sums may be about whatever the prover likes."""
    values, multiplicities = torch.tensor(values), torch.tensor(counts)
    alpha, transcript = lookup._draw_alpha(values, SMALL_TABLE, multiplicities)
    columns = other_columns(which, values, multiplicities, alpha)
    sums, _ = lookup.prove_sums(*columns, alpha, transcript)
    _, transcript = lookup._draw_alpha(values, SMALL_TABLE, multiplicities)

    assert lookup.verify_sums(2, 3, sums, transcript) is not None
    forged = LookupProof(multiplicities, sums).to_bytes()
    assert not lookup.verify(values, SMALL_TABLE, forged)


# Late binding: alpha does not depend on one of the columns, so that column is chosen to fit alpha.


def draw_alpha_without(late):
    def draw(values, table, multiplicities):
        columns = {"values": values, "table": table, "multiplicities": multiplicities}
        transcript = Transcript(lookup.LABEL)
        transcript.absorb(lookup.SHAPE_TAG, np.array([len(values), len(table)], "<i8").tobytes())
        for tag, (name, column) in enumerate(columns.items(), lookup.VALUES_TAG):
            if name != late:
                transcript.absorb(tag, m61.to_bytes(m61.reduce(column)))
        return transcript.challenge(), transcript

    return draw


def test_attack_multiplicities_chosen_after_alpha(monkeypatch):
    """A count of occurrences that is none: two numbers of 61 bits that make the sums agree."""
    values = torch.tensor([5, 5, 40, 41])
    monkeypatch.setattr(lookup, "_draw_alpha", draw_alpha_without("multiplicities"))
    alpha, _ = lookup._draw_alpha(values, SMALL_TABLE, None)
    multiplicities = fitting_multiplicities(values, alpha)
    forged = lookup.prove(values, SMALL_TABLE, multiplicities).to_bytes()

    assert lookup.verify(values, SMALL_TABLE, forged)
    monkeypatch.undo()
    assert not lookup.verify(values, SMALL_TABLE, forged)


def two_poles(alpha, total):
    """Integers g, h with 1/(alpha - g) + 1/(alpha - h) = total, if F_p has them.

    With sum s and product t of both: s·(total·alpha - 1) - t·total = total·alpha² - 2·alpha.
    """
    s, t = solve(total * alpha - 1, -total, total * alpha * alpha - 2 * alpha)
    root = pow(s * s - 4 * t, (P + 1) // 4, P)
    if (root * root - s * s + 4 * t) % P:
        return None
    pair = torch.tensor([(s + sign * root) * pow(2, -1, P) % P for sign in (1, -1)])
    return m61.signed(pair)


def test_attack_values_chosen_after_alpha(monkeypatch):
    """Two leaves outside the table whose poles add up to what the table still owes."""
    monkeypatch.setattr(lookup, "_draw_alpha", draw_alpha_without("values"))
    found, times = None, 2  # two 7s would be honest
    while found is None:
        times += 1  # every other number has a solution
        multiplicities = torch.tensor([0, 2, times, 0, 0])
        alpha, _ = lookup._draw_alpha(torch.zeros(4), SMALL_TABLE, multiplicities)
        found = two_poles(alpha, times / (alpha - 7))
    values = torch.cat((torch.tensor([5, 5]), found))
    forged = lookup.prove(values, SMALL_TABLE, multiplicities).to_bytes()

    assert not set(found.tolist()) & set(SMALL_TABLE.tolist())
    assert lookup.verify(values, SMALL_TABLE, forged)
    monkeypatch.undo()
    assert not lookup.verify(values, SMALL_TABLE, forged)


def test_attack_table_chosen_after_alpha(monkeypatch):
    """Four equal values are explained by two entries of which neither is that value."""
    monkeypatch.setattr(lookup, "_draw_alpha", draw_alpha_without("table"))
    found, value, multiplicities = None, 0, torch.tensor([1, 1])
    while found is None:
        value += 1  # every other value has a solution
        values = torch.full((4,), value)
        alpha, _ = lookup._draw_alpha(values, torch.zeros(2), multiplicities)
        found = two_poles(alpha, 4 / (alpha - value))
    forged = lookup.prove(values, found, multiplicities).to_bytes()

    assert value not in found.tolist()
    assert lookup.verify(values, found, forged)
    monkeypatch.undo()
    assert not lookup.verify(values, found, forged)


def test_attack_pole_at_alpha(monkeypatch):
    """Fingerprints chosen after alpha may hit it twice: 0/0, which is "equal" to every sum."""
    alpha, column = Fp2(3, 4), m61x2.from_scalars([Fp2(3, 4), Fp2(3, 4)])
    table, multiplicities = m61x2.from_scalars([Fp2(7)]), m61x2.from_scalars([Fp2(2)])
    with pytest.raises(logup.ZeroDenominator):
        lookup.prove_sums(column, table, multiplicities, alpha, Transcript("test"))
    # What a prover would send all the same: root 0/0, children 1/0 and 1/0.
    zero = Fp2(0)
    witness = logup.FractionSumProof(Fraction(zero, zero), (logup.Layer((), (zero, zero)),))
    transcript = Transcript("test")
    logup.verify(1, True, witness, transcript, lookup.WITNESS_TAGS)
    entries, _ = logup.prove(
        multiplicities, m61x2.from_scalars([alpha - 7]), transcript, lookup.TABLE_TAGS
    )
    assert witness.total.same_value(entries.total)
    sums = Sums(witness, entries)
    assert lookup.verify_sums(1, 0, sums, Transcript("test")) is None
