"""Sumcheck: a prover convinces a verifier of sum_x f(x)·g(x), a sum of 2^k products, in k rounds.

f and g are tables of length 2^k, read as multilinear polynomials f~ and g~. Each round removes one
variable. The prover sends the quadratic

    h(X) = sum over the remaining x of f~(X, x)·g~(X, x),   so that   claim = h(0) + h(1),

the transcript answers with a random x_j, and both go on with the claim h(x_j). A prover who starts
from a false claim must send a false h, and two quadratics agree at 2 points at most: the lie
survives a round with probability 2/p² = 2^-121. After k rounds one product is left,
f~(point)·g~(point), which the verifier must check by its own means.

h travels as two numbers, h(0) and its leading coefficient; h(1) = claim - h(0) is not sent. Hence
no round can fail on its own: every lie is carried into the last product.

**The caller absorbs the claim, and whatever defines f and g, into the transcript first.** A prover
who may still choose the claim when the challenges are known can prove anything.

Remainder, Jolt, zkLLM and Proof of SQL run on this protocol. Source: protocol zkml-1 of this
project, section 4; Thaler, Proofs, Arguments, and Zero-Knowledge, section 4.1.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from jaxtyping import Int64
from torch import Tensor

from aicrypto.algebra import kernels, m61x2, multilinear
from aicrypto.algebra.plain import ELEMENT_BYTES, BadLength, Fp2
from aicrypto.commit.transcript import Transcript
from aicrypto.proof import at_once

ROUND_BYTES = 2 * ELEMENT_BYTES


@dataclass(frozen=True, slots=True)
class Round:
    """The prover's message of one round: the quadratic h, up to what the claim already says.

    Attributes:
        at_zero: h(0), called g0 in zkml-1.
        leading: the coefficient of X² in h, called gi there ("g at infinity").
    """

    at_zero: Fp2
    leading: Fp2

    def next_claim(self, claim: Fp2, x: Fp2) -> Fp2:
        """The value h(x) of the quadratic with h(0) + h(1) = claim."""
        at_one = claim - self.at_zero
        linear = at_one - self.at_zero - self.leading
        return self.at_zero + x * (linear + x * self.leading)

    def to_bytes(self) -> bytes:
        """32 bytes: h(0), then the leading coefficient."""
        return self.at_zero.to_bytes() + self.leading.to_bytes()


@dataclass(frozen=True, slots=True)
class SumcheckProof:
    """Everything the prover says.

    Attributes:
        rounds: one message for each variable.
        f_value: f~ at the point of all challenges, claimed.
        g_value: g~ at the same point, claimed.
    """

    rounds: tuple[Round, ...]
    f_value: Fp2
    g_value: Fp2

    def to_bytes(self) -> bytes:
        """32 bytes a round, then f_value and g_value."""
        messages = [message.to_bytes() for message in self.rounds]
        return b"".join([*messages, self.f_value.to_bytes(), self.g_value.to_bytes()])

    @classmethod
    def from_bytes(cls, data: bytes) -> "SumcheckProof":
        """The proof that `to_bytes` wrote; `verify` decides whether its rounds are enough.

        Raises:
            BadLength: if data is no whole number of rounds and the two values.
            NonCanonical: if a coordinate is p or more.
        """
        if len(data) % ROUND_BYTES or not data:
            raise BadLength(f"proof has {len(data)} bytes, no positive multiple of {ROUND_BYTES}")
        starts = range(0, len(data), ELEMENT_BYTES)
        elements = [Fp2.from_bytes(data[i : i + ELEMENT_BYTES]) for i in starts]
        *rounds, (f_value, g_value) = zip(elements[::2], elements[1::2], strict=True)
        return cls(tuple(Round(*pair) for pair in rounds), f_value, g_value)


@dataclass(frozen=True, slots=True)
class Evaluations:
    """What is left to check after the rounds: f~(point) = f_value and g~(point) = g_value."""

    point: tuple[Fp2, ...]
    f_value: Fp2
    g_value: Fp2


def prove(
    f: Int64[Tensor, "2 n"], g: Int64[Tensor, "2 n"], transcript: Transcript, tag: int
) -> tuple[SumcheckProof, Evaluations]:
    """The proof of sum f·g, and the evaluations that it leaves to check; about 4n multiplications.

    Args:
        f: 2^k values.
        g: 2^k values.
        transcript: has absorbed claim and statement; every round is absorbed under `tag`.
        tag: the rounds' name in the transcript, the same for the verifier.

    Raises:
        BadLength: if f and g have different lengths, or one that is no power of two.
    """
    n = f.shape[-1]
    if n < 1 or n & (n - 1) or g.shape[-1] != n:
        raise BadLength(f"f and g have {n} and {g.shape[-1]} values, must be the same power of two")
    protocols = at_once.protocols_for(transcript, f, g)
    if protocols is not None:
        return _read(*at_once.speak(transcript, protocols.sum_products, f, g, tag))
    rounds: list[Round] = []
    point: list[Fp2] = []
    while f.shape[-1] > 1:
        rounds.append(Round(*kernels.engine_for(f, g).round_polynomial(f, g)))
        point.append(_exchange(rounds[-1], transcript, tag))
        f, g = multilinear.bind(f, point[-1]), multilinear.bind(g, point[-1])
    f_value, g_value = m61x2.to_scalar(f[:, 0]), m61x2.to_scalar(g[:, 0])
    proof = SumcheckProof(tuple(rounds), f_value, g_value)
    return proof, Evaluations(tuple(point), f_value, g_value)


def _read(said: list[Fp2], left: list[Fp2]) -> tuple[SumcheckProof, Evaluations]:
    """The proof in a list of its elements, and what it leaves: a point and two values."""
    *point, f_value, g_value = left
    rounds = tuple(map(Round, said[::2], said[1::2]))
    return SumcheckProof(rounds, f_value, g_value), Evaluations(tuple(point), f_value, g_value)


def verify(
    claim: Fp2, n_rounds: int, proof: SumcheckProof, transcript: Transcript, tag: int
) -> Evaluations | None:
    """The evaluations that remain to be checked, or None if the proof is refused.

    Nothing is proven until the caller has compared f~ and g~ at the point with the two values; with
    that check, the soundness error is 2k/p². The transcript has absorbed claim and statement.
    """
    if len(proof.rounds) != n_rounds:
        return None
    remaining, point = follow(claim, proof.rounds, transcript, tag)
    if remaining != proof.f_value * proof.g_value:
        return None
    return Evaluations(point, proof.f_value, proof.g_value)


def follow(
    claim: Fp2, rounds: Sequence[Round], transcript: Transcript, tag: int
) -> tuple[Fp2, tuple[Fp2, ...]]:
    """The claim that the rounds leave, and the challenges: the point that it is about.

    For verifiers who know by other means what f~·g~ is there.
    """
    protocols = at_once.protocols_for(transcript)
    if protocols is not None:
        said = at_once.numbers(e for message in rounds for e in (message.at_zero, message.leading))
        first = at_once.numbers([claim])
        _, left = at_once.speak(transcript, protocols.follow_products, said, first, tag)
        return left[-1], tuple(left[:-1])
    point: list[Fp2] = []
    for message in rounds:
        point.append(_exchange(message, transcript, tag))
        claim = message.next_claim(claim, point[-1])
    return claim, tuple(point)


def _exchange(message: Round, transcript: Transcript, tag: int) -> Fp2:
    """The challenge that answers a round."""
    transcript.absorb(tag, message.to_bytes())
    return transcript.challenge()
