"""Step 1: every limb is in its range, and every (q, y) is a pair of the ReLU table (LogUp).

One table holds both. A range value v stands for itself, a pair for its fingerprint q + beta·y +
beta²; no pair equals a range value or another pair, for a random beta. Lookups and table are
compared as sums of fractions 1/(alpha - value), see `proof.lookup`.

The index of a lookup is (kind, neuron, row). So the sums end at a point (r_k, r_j, r_b) where the
prover claims the limbs', q's and y's polynomials at (r_j, r_b); the verifier adds up the kinds, and
later steps check the claims. The table's side he computes alone.

Source: protocol zkml-1 of this project, sections 8, 9 and 11, steps 2 to 5.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Int64
from torch import Tensor

from aicrypto.algebra import kernels, m61, m61x2, multilinear
from aicrypto.algebra.multilinear import Point
from aicrypto.algebra.plain import Fp2
from aicrypto.commit.transcript import Transcript
from aicrypto.proof import logup, lookup
from aicrypto.proof.logup import Leaves
from aicrypto.proof.lookup import Sums
from aicrypto.zkml.circuit import refusal
from aicrypto.zkml.circuit.layout import Profile, Size
from aicrypto.zkml.circuit.witness import Folded, Witness
from aicrypto.zkml.network import MAX_ACTIVATION

CLAIMS_TAG = 0x20

Column = Int64[Tensor, "2 n"]


@dataclass(frozen=True)
class Place:
    """The point of the stack, (r_j, r_b): a neuron's coordinates, and a row's."""

    neuron: Point
    batch: Point


@dataclass(frozen=True)
class Claims:
    """What the prover says of limbs, q and y at the place."""

    limbs: tuple[Fp2, ...]
    quotient: Fp2
    activation: Fp2

    @classmethod
    def of(cls, folded: Folded, neuron_point: Point) -> "Claims":
        """The true claims."""
        activation, *limbs = (
            multilinear.evaluate(column, neuron_point) for column in folded.columns.unbind(1)
        )
        quotient = multilinear.evaluate(folded.quotients, neuron_point)
        return cls(tuple(limbs), quotient, activation)

    def scaled_accumulator(self, profile: Profile) -> Fp2:
        """4096·q + rem, the claim about the matrices."""
        total = self.quotient * (1 << profile.n_limbs * profile.limb_bits)
        for number, limb in enumerate(self.limbs):
            total += limb * (1 << number * profile.limb_bits)
        return total

    def to_bytes(self) -> bytes:
        """16 bytes each: the limbs, q, y."""
        return b"".join(v.to_bytes() for v in (*self.limbs, self.quotient, self.activation))


def prove(witness: Witness, transcript: Transcript) -> tuple[Sums, Place]:
    """Both sums of fractions, and the place where they leave claims to be made.

    The transcript has absorbed statement, commitment and multiplicities.
    """
    size = witness.layout.size
    alpha, beta = transcript.challenges(2)
    columns = (
        _denominators(witness, alpha, beta),
        shifted_table(size.profile, alpha, beta, witness.columns.device),
        m61x2.from_base(witness.multiplicities),
    )
    sums, (left, _) = lookup.prove_shifted(*columns, transcript)
    return sums, _place(left, size)


def verify(
    size: Size,
    multiplicities: Int64[Tensor, " table"],
    sums: Sums,
    claims: Claims,
    transcript: Transcript,
) -> Place:
    """The place at which the claims remain to be checked.

    Raises:
        Refused: ZeroDenominator, LayerCheck, LogUpSum, LogUpTable or LeafClaim.
    """
    alpha, beta = transcript.challenges(2)
    left, right = _verify_sums(size, sums, transcript)
    _check_table(right, size.profile, multiplicities, alpha, beta)
    expected = alpha - _fingerprint(claims, left.point[: size.log_columns], beta)
    refusal.demand(left.leaf.denominator == expected, "LeafClaim")
    return _place(left, size)


def claim(folded: Folded, place: Place, transcript: Transcript) -> Claims:
    """The true claims at the place, said to the transcript."""
    claims = Claims.of(folded, place.neuron)
    hear(claims, transcript)
    return claims


def hear(claims: Claims, transcript: Transcript) -> None:
    """Binds what follows to the claims."""
    transcript.absorb(CLAIMS_TAG, claims.to_bytes())


def _denominators(witness: Witness, alpha: Fp2, beta: Fp2) -> Column:
    """What the fractions stand over: alpha - value for all values looked up."""
    whole = kernels.whole_for(witness.columns, witness.quotients)
    if whole is None:
        shift = m61x2.from_scalar(alpha, witness.columns.device)
        return m61x2.sub(shift, looked_up(witness, beta))
    n_leaves = 1 << witness.layout.size.log_leaves
    written: Column = whole.write_lookups(witness.columns, witness.quotients, n_leaves, alpha, beta)
    return written


def looked_up(witness: Witness, beta: Fp2) -> Column:
    """The values looked up, index (kind, neuron, row): limbs, pairs, zeros."""
    profile = witness.layout.size.profile
    limbs = m61x2.from_base(m61.reduce(witness.columns[1:]).flatten())
    pairs = _pairs(witness.quotients.flatten(), witness.columns[0].flatten(), beta)
    n_zeros = (profile.n_columns - profile.n_committed) * pairs.shape[1]
    return torch.cat((limbs, pairs, pairs.new_zeros(2, n_zeros)), dim=1)


def table(profile: Profile, beta: Fp2, device: torch.device | str | None = None) -> Column:
    """The table: range values, then a pair for every quotient in ascending order."""
    ranges = torch.arange(profile.n_range, device=device)
    quotients = torch.arange(profile.q_min, profile.q_end, device=device)
    pairs = _pairs(quotients, quotients.clamp(0, MAX_ACTIVATION), beta)
    return torch.cat((m61x2.from_base(ranges), pairs), dim=1)


def shifted_table(
    profile: Profile, alpha: Fp2, beta: Fp2, device: torch.device | str | None = None
) -> Column:
    """What the table's fractions stand over: alpha - value."""
    shift = m61x2.from_scalar(alpha, device)
    whole = kernels.whole_for(shift)
    if whole is None:
        return m61x2.sub(shift, table(profile, beta, device))
    ends = profile.n_range, profile.q_min, profile.q_end
    written: Column = whole.write_table(*ends, alpha, beta)
    return written


def _pairs(quotients: Int64[Tensor, " n"], activations: Int64[Tensor, " n"], beta: Fp2) -> Column:
    """The fingerprints q + beta·y + beta²."""
    device = quotients.device
    weighted = m61x2.scale(m61x2.from_scalar(beta, device), m61.reduce(activations))
    shifted = m61x2.add(m61x2.from_base(m61.reduce(quotients)), weighted)
    return m61x2.add(shifted, m61x2.from_scalar(beta * beta, device))


def _fingerprint(claims: Claims, kind_point: Point, beta: Fp2) -> Fp2:
    """The lookups' polynomial at the whole point, from the claims of its kinds; zeros add none."""
    pair = claims.quotient + beta * claims.activation + beta * beta
    weights = m61x2.to_scalars(multilinear.eq_table(kind_point))
    total = Fp2(0)
    for weight, value in zip(weights, (*claims.limbs, pair), strict=False):
        total += weight * value
    return total


def _verify_sums(size: Size, sums: Sums, transcript: Transcript) -> tuple[Leaves, Leaves]:
    """What both sums leave to check, if they are equal."""
    totals = sums.witness.total, sums.table.total
    refusal.demand(all(total.denominator != Fp2(0) for total in totals), "ZeroDenominator")
    left = logup.verify(size.log_leaves, True, sums.witness, transcript, lookup.WITNESS_TAGS)
    right = logup.verify(size.log_table, False, sums.table, transcript, lookup.TABLE_TAGS)
    if left is None or right is None:
        raise refusal.Refused("LayerCheck")
    refusal.demand(totals[0].same_value(totals[1]), "LogUpSum")
    return left, right


def _check_table(
    left: Leaves, profile: Profile, multiplicities: Int64[Tensor, " table"], alpha: Fp2, beta: Fp2
) -> None:
    """Both polynomials of the table, computed directly."""
    numerator = multilinear.evaluate(m61x2.from_base(multiplicities), left.point)
    denominator = multilinear.evaluate(shifted_table(profile, alpha, beta), left.point)
    refusal.demand(left.leaf == logup.Fraction(numerator, denominator), "LogUpTable")


def _place(left: Leaves, size: Size) -> Place:
    """The point's coordinates after those that choose the kind."""
    _, point = left.point[: size.log_columns], left.point[size.log_columns :]
    return Place(point[: size.log_stack], point[size.log_stack :])
