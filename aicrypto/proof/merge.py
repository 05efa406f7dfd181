"""Claim merging: many claims about one vector, at many points, become one claim at one point.

Protocols end with claims v~(r_1) = c_1, ..., v~(r_m) = c_m about the same committed vector, and
opening a commitment is what costs most. A random delta joins them, as sums over x of v[x]:

    c_1 + delta·c_2 + delta²·c_3 + ... = sum over x of v[x]·M[x],
    M[x] = eq(r_1, x) + delta·eq(r_2, x) + delta²·eq(r_3, x) + ...

One product sumcheck leaves v~(t)·M~(t) at one random t. The verifier computes M~(t) alone, so v~(t)
is all that is left to open. Points with leading zeros and ones are allowed: they speak of one block
of the vector, which is how a column of a table or a layer of a network is named.

**The caller absorbs the vector's commitment, the points and the claimed values first.** Whoever may
change two values when delta is known makes their errors cancel.

Sources: protocol zkml-1 of this project, section 9; Remainder merges claims the same way.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from jaxtyping import Int64
from torch import Tensor

from aicrypto.algebra import kernels, m61x2, multilinear
from aicrypto.algebra.plain import ELEMENT_BYTES, BadLength, Fp2
from aicrypto.commit.transcript import Transcript
from aicrypto.proof import sumcheck
from aicrypto.proof.sumcheck import ROUND_BYTES, Round

Point = tuple[Fp2, ...]


@dataclass(frozen=True, slots=True)
class Claim:
    """The statement v~(point) = value about a vector known from the context."""

    point: Point
    value: Fp2


@dataclass(frozen=True, slots=True)
class MergeProof:
    """Everything the prover says: a message for each variable, then v~ at the new point."""

    rounds: tuple[Round, ...]
    value: Fp2

    def to_bytes(self) -> bytes:
        """32 bytes a round, 16 for the value."""
        return b"".join(message.to_bytes() for message in self.rounds) + self.value.to_bytes()

    @classmethod
    def from_bytes(cls, data: bytes) -> "MergeProof":
        """The proof that `to_bytes` wrote; `verify` decides whether its rounds are enough.

        Raises:
            BadLength: if data is no whole number of rounds and one value.
            NonCanonical: if a coordinate is p or more.
        """
        if len(data) % ROUND_BYTES != ELEMENT_BYTES:
            raise BadLength(f"proof has {len(data)} bytes, no rounds of {ROUND_BYTES} and a value")
        starts = range(0, len(data), ELEMENT_BYTES)
        *messages, value = [Fp2.from_bytes(data[i : i + ELEMENT_BYTES]) for i in starts]
        pairs = zip(messages[::2], messages[1::2], strict=True)
        return cls(tuple(Round(*pair) for pair in pairs), value)


def prove(
    values: Int64[Tensor, "2 n"], points: Sequence[Point], transcript: Transcript, tag: int
) -> tuple[MergeProof, Claim]:
    """The proof for claims at these points, and the claim that it leaves to check.

    About (4 + 2·points)·n multiplications for n values.

    Args:
        values: 2^k of them.
        points: of k coordinates each, at least one point.
        transcript: has absorbed what defines the vector, the points and the claimed values.
        tag: the rounds' name in the transcript, the same for the verifier.

    Raises:
        BadLength: if there is no point, or a point's coordinates do not fit the number of values.
    """
    n = values.shape[-1]
    if not points or any(n != 1 << len(point) for point in points):
        lengths = [len(point) for point in points]
        raise BadLength(f"points have {lengths} coordinates, {n} values must be 2 to this power")
    weights = _joint_weights(points, transcript.challenge(), values)
    proof, left = sumcheck.prove(values, weights, transcript, tag)
    return MergeProof(proof.rounds, left.f_value), Claim(left.point, left.f_value)


def verify(
    claims: Sequence[Claim], proof: MergeProof, transcript: Transcript, tag: int
) -> Claim | None:
    """The one claim that implies all, or None if the proof is refused.

    If it is true, so are the claims, except with probability (m - 1 + 2k)/p² for m claims at points
    of k coordinates. The transcript has absorbed what defines the vector, and the claims.
    """
    if {len(claim.point) for claim in claims} != {len(proof.rounds)}:
        return None
    delta = transcript.challenge()
    remaining = _join([claim.value for claim in claims], delta)
    remaining, point = sumcheck.follow(remaining, proof.rounds, transcript, tag)
    weight = _joint_weight([claim.point for claim in claims], delta, point)
    return Claim(point, proof.value) if remaining == proof.value * weight else None


def _join(values: Sequence[Fp2], delta: Fp2) -> Fp2:
    """The sum of delta^j·values[j]."""
    joined = Fp2(0)
    for value in reversed(values):
        joined = joined * delta + value
    return joined


def _joint_weights(
    points: Sequence[Point], delta: Fp2, values: Int64[Tensor, "2 n"]
) -> Int64[Tensor, "2 n"]:
    """The table M, on the device of the values."""
    whole = kernels.whole_for(values)
    if whole is not None:
        table: Int64[Tensor, "2 n"] = whole.equalities(points, delta)
        return table
    factor = m61x2.from_scalar(delta, values.device)
    weights = values.new_zeros(2, 1)
    for point in reversed(points):
        weights = m61x2.add(m61x2.mul(weights, factor), multilinear.eq_table(point, values.device))
    return weights


def _joint_weight(points: Sequence[Point], delta: Fp2, at: Point) -> Fp2:
    """The value M~(at)."""
    whole = kernels.whole_for()
    if whole is not None:
        value: Fp2 = whole.meet(points, delta, at)
        return value
    return _join([multilinear.eq(point, at) for point in points], delta)
