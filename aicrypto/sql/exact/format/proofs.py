"""A proof as bytes: the messages of three rounds, a sumcheck, evaluations and an opening.

    first  = range, how many challenges, lengths for chi and rho, commitments
    final  = how many constraints, commitments, bit masks
    u64 count || coefficients of the sumcheck
    evaluations of first-round, plan and final-round columns || HyperKZG opening

Source: spaceandtimefdn/sxt-proof-of-sql@8b0de6b.
"""

from __future__ import annotations

from dataclasses import dataclass

from aicrypto.algebra.curves.weierstrass import Affine
from aicrypto.algebra.primes import BN254_FR as FR
from aicrypto.commit.kzg import hyperkzg
from aicrypto.commit.kzg.setup import BN254
from aicrypto.sql.exact.format.words import POINT_BYTES, Reader, listed, u64

MASK_BYTES = 32
Mask = tuple[int, int]  # which bits vary, and the leading bits


@dataclass(frozen=True)
class FirstRound:
    """What the prover says before any challenge.

    Attributes:
        range_length: how many rows the sumcheck is about.
        n_challenges: how many challenges the gadgets need.
        chi_lengths, rho_lengths: lengths of columns that the verifier evaluates itself.
        commitments: to the columns pushed in this round.
    """

    range_length: int
    n_challenges: int
    chi_lengths: tuple[int, ...]
    rho_lengths: tuple[int, ...]
    commitments: tuple[Affine, ...]

    def to_bytes(self) -> bytes:
        """The message as the transcript absorbs it."""
        head = u64(self.range_length) + u64(self.n_challenges)
        lengths = [listed([*map(u64, numbers)]) for numbers in (self.chi_lengths, self.rho_lengths)]
        return head + lengths[0] + lengths[1] + points(self.commitments)

    @classmethod
    def read(cls, r: Reader) -> FirstRound:
        """The message at the reader's position."""
        numbers = r.u64(), r.u64()
        chi, rho = tuple(r.many(r.u64)), tuple(r.many(r.u64))
        return cls(*numbers, chi, rho, read_points(r))


@dataclass(frozen=True)
class FinalRound:
    """What the prover says after the gadgets' challenges.

    Attributes:
        n_constraints: how many multipliers the sumcheck needs.
        commitments: to the columns pushed in this round.
        masks: for each sign that is shown, which bits vary and which are set in all rows.
    """

    n_constraints: int
    commitments: tuple[Affine, ...]
    masks: tuple[Mask, ...]

    def to_bytes(self) -> bytes:
        """The message as the transcript absorbs it."""
        masks = [b"".join(m.to_bytes(MASK_BYTES, "big") for m in pair) for pair in self.masks]
        return u64(self.n_constraints) + points(self.commitments) + listed(masks)

    @classmethod
    def read(cls, r: Reader) -> FinalRound:
        """The message at the reader's position."""
        n_constraints, commitments = r.u64(), read_points(r)
        masks = r.many(lambda: (r.number(MASK_BYTES), r.number(MASK_BYTES)))
        return cls(n_constraints, commitments, tuple(masks))


@dataclass(frozen=True)
class Evaluations:
    """Values of the committed columns at the sumcheck's point."""

    first: tuple[int, ...]
    columns: tuple[int, ...]
    final: tuple[int, ...]

    def all(self) -> tuple[int, ...]:
        """All values, in the order of their opening factors."""
        return self.first + self.columns + self.final

    def to_bytes(self) -> bytes:
        """The message as the transcript absorbs it."""
        return b"".join(scalars_listed(part) for part in (self.first, self.columns, self.final))

    @classmethod
    def read(cls, r: Reader) -> Evaluations:
        """The message at the reader's position."""
        first, columns, final = (tuple(r.many(r.scalar)) for _ in range(3))
        return cls(first, columns, final)


@dataclass(frozen=True)
class Proof:
    """All messages of the prover."""

    first: FirstRound
    final: FinalRound
    coefficients: tuple[int, ...]
    evaluations: Evaluations
    opening: hyperkzg.Proof

    def to_bytes(self) -> bytes:
        """The bytes that the deployed verifier reads."""
        rounds = self.first.to_bytes() + self.final.to_bytes() + scalars_listed(self.coefficients)
        return rounds + self.evaluations.to_bytes() + self.opening.to_bytes()

    @classmethod
    def from_bytes(cls, data: bytes) -> Proof:
        """The proof that `to_bytes` wrote.

        Raises:
            ValueError: if bytes are missing or left over, a scalar or coordinate is not canonical,
                or a point not on the curve.
        """
        r = Reader(data)
        first, final = FirstRound.read(r), FinalRound.read(r)
        coefficients, evaluations = tuple(r.many(r.scalar)), Evaluations.read(r)
        opening = hyperkzg.Proof.from_bytes(data[r.position :])
        return cls(first, final, coefficients, evaluations, opening)


def points(commitments: tuple[Affine, ...]) -> bytes:
    """Count and points."""
    return listed([*map(BN254.g1_to_bytes, commitments)])


def read_points(r: Reader) -> tuple[Affine, ...]:
    """The points that `points` wrote; ValueError if one is not on the curve."""
    return tuple(r.many(lambda: BN254.g1_from_bytes(r.take(POINT_BYTES), "commitment")))


def scalars_listed(scalars: tuple[int, ...]) -> bytes:
    """Count and scalars."""
    return listed([*map(FR.to_bytes, scalars)])
