"""HyperKZG: KZG for multilinear polynomials, as Space and Time's Proof of SQL opens its columns.

A column of 2^l numbers *is* a multilinear polynomial P in l variables: its values on the corners
of a cube, variable k being bit k of the row. The same numbers are the coefficients of a univariate
polynomial, and KZG commits to that. To open P at (x_0, ..., x_{l-1}) the prover fixes one variable
after the other, P_0 = P, and commits to every step but the last, which is the value:

    P_{i+1}[j] = (1 - x_i)·P_i[2j] + x_i·P_i[2j+1]

Halving shows in univariate values: even and odd part of P_i are (P_i(r) ± P_i(-r))/2, so

    2r·P_{i+1}(r²) = r·(1 - x_i)·(P_i(r) + P_i(-r)) + x_i·(P_i(r) - P_i(-r))

for a random r shows each step right. All polynomials are opened at r, -r and r² together by one
pairing check. A proof has l - 1 + 3 points and 3l scalars: 1.6 kB for a thousand rows.

The setup is over BN254 (`deployed.space_and_time()`). Challenges come from a `KeccakTranscript`
that has absorbed the claim already: commitment, point and value must be fixed in it.

Sources: Bootle, Chiesa, Hu, Orrù, Gemini (eprint 2022/420), section 2.4; microsoft/Nova,
src/provider/hyperkzg.rs; bytes and challenges: spaceandtimefdn/sxt-proof-of-sql@8b0de6b.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aicrypto.algebra import polynomials as poly
from aicrypto.algebra.curves.msm import msm
from aicrypto.algebra.curves.weierstrass import Affine
from aicrypto.algebra.plain import BadLength
from aicrypto.algebra.primes import BN254_FR as FR
from aicrypto.commit.kzg import scheme
from aicrypto.commit.kzg.keccak_transcript import KeccakTranscript
from aicrypto.commit.kzg.setup import BN254, Setup

COUNT_BYTES, SCALAR_BYTES, POINT_BYTES = 8, 32, 64
N_EVALUATION_POINTS = 3  # r, -r, r²


@dataclass(frozen=True, slots=True)
class Proof:
    """The messages of an opening with l variables.

    Attributes:
        steps: commitments to P_1, ..., P_{l-1}.
        values: P_i at r, -r, r², for i = 0..l-1.
        quotients: proofs that the folded polynomial has its values at r, -r, r².
    """

    steps: tuple[Affine, ...]
    values: tuple[tuple[int, ...], ...]
    quotients: tuple[Affine, ...]

    def to_bytes(self) -> bytes:
        """u64 l - 1, steps, u64 l, values, quotients, as the vendor's contract reads them."""
        counts = (len(part).to_bytes(COUNT_BYTES, "big") for part in (self.steps, self.values))
        messages = _points(self.steps), _scalars(self.values), _points(self.quotients)
        return next(counts) + messages[0] + next(counts) + messages[1] + messages[2]

    @classmethod
    def from_bytes(cls, data: bytes) -> Proof:
        """The proof that `to_bytes` wrote.

        Raises:
            ValueError: if the counts do not fit each other and the length, a coordinate or scalar
                is not canonical, or a point not on the curve.
        """
        n_steps = int.from_bytes(data[:COUNT_BYTES], "big")
        n_variables = n_steps + 1
        sizes = (
            *(COUNT_BYTES, n_steps * POINT_BYTES),
            *(COUNT_BYTES, n_variables * N_EVALUATION_POINTS * SCALAR_BYTES),
            N_EVALUATION_POINTS * POINT_BYTES,
        )
        if len(data) != sum(sizes):
            raise BadLength(f"data has {len(data)} bytes, {n_steps} steps need {sum(sizes)}")
        parts, start = [], 0
        for size in sizes:
            parts.append(data[start : start + size])
            start += size
        if int.from_bytes(parts[2], "big") != n_variables:
            raise BadLength(f"data has {n_steps} steps, so its second count must be {n_variables}")
        scalars = [FR.from_bytes(word) for word in _chunks(parts[3], SCALAR_BYTES)]
        triples = [tuple(scalars[i : i + 3]) for i in range(0, len(scalars), 3)]
        return cls(_read_points(parts[1]), tuple(triples), _read_points(parts[4]))


def open_at(
    setup: Setup, values: Sequence[int], point: Sequence[int], transcript: KeccakTranscript
) -> tuple[int, Proof]:
    """The value at the point of the polynomial with these values on the cube, and its proof.

    Rows that are missing up to 2^l are zero. The commitment it belongs to is
    `scheme.commit(setup, values)`. The transcript moves on. About 3·2^l additions of MSM work.

    Raises:
        BadLength: if the point has no coordinate, or there are more values than 2^l or powers.
        NonCanonical: if a value or coordinate is not in 0..r-1.
    """
    chain, value = _fold_all(values, FR.elements(point, "point"))
    steps = tuple(scheme.commit(setup, p) for p in chain[1:])
    r = _challenge(transcript, _points(steps))
    at = _evaluation_points(r)
    evaluations = tuple(tuple(poly.evaluate(FR, p, u) for u in at) for p in chain)
    q = _challenge(transcript, _scalars(evaluations))
    folded: poly.Coefficients = []
    for p in reversed(chain):
        folded = poly.add(FR, p, poly.scale(FR, folded, q))
    quotients = tuple(scheme.open_at(setup, folded, u)[1] for u in at)
    _challenge(transcript, _points(quotients))
    return value, Proof(steps, evaluations, quotients)


def verify(
    setup: Setup,
    commitment: Affine,
    point: Sequence[int],
    value: int,
    proof: Proof,
    transcript: KeccakTranscript,
) -> bool:
    """Whether the multilinear polynomial under the commitment takes the value at the point.

    One pairing check and an MSM of l + 4 points; the transcript moves on as in `open_at`.
    """
    if not _well_formed(commitment, point, value, proof):
        return False
    r = _challenge(transcript, _points(proof.steps))
    q = _challenge(transcript, _scalars(proof.values))
    d = _challenge(transcript, _points(proof.quotients))
    return _steps_agree(point, value, proof.values, r) and _openings_hold(
        setup, [commitment, *proof.steps], proof, r, q, d
    )


def _steps_agree(point: Sequence[int], value: int, values: Sequence[Sequence[int]], r: int) -> bool:
    """Whether each step's values at r and -r give the next one's at r², the last the claim."""
    following = [*(at[2] for at in values[1:]), value]
    return all(
        (r * (2 * after + (x - 1) * (minus + plus)) + x * (minus - plus)) % FR.modulus == 0
        for x, (plus, minus, _), after in zip(point, values, following, strict=True)
    )


def _openings_hold(
    setup: Setup, commitments: Sequence[Affine], proof: Proof, r: int, q: int, d: int
) -> bool:
    """Whether sum q^i·P_i has the values at r, -r, r², checked in one combination by powers of d.

    For each u: e(C - b·G + u·w, G2) = e(w, tau·G2); weighted and added up, two pairings are left.
    """
    order, g1 = FR.modulus, setup.curve.g1
    d_powers = [1, d, d * d % order]
    q_powers = [pow(q, i, order) for i in range(len(commitments))]
    b = sum(
        weight * sum(e * v for e, v in zip(d_powers, values, strict=True))
        for weight, values in zip(q_powers, proof.values, strict=True)
    )
    shifted = [e * u for e, u in zip(d_powers, _evaluation_points(r), strict=True)]
    scalars = [*(sum(d_powers) * weight for weight in q_powers), -b, *shifted]
    points = [*commitments, g1.generator, *proof.quotients]
    left = msm(g1, points, [scalar % order for scalar in scalars])
    right = msm(g1, proof.quotients, d_powers)
    return setup.curve.product_is_one([(g1.negate(left), setup.g2[0]), (right, setup.g2[1])])


def _fold_all(values: Sequence[int], point: Sequence[int]) -> tuple[list[list[int]], int]:
    """P_0, ..., P_{l-1} and the value P_l."""
    size = 1 << len(point)
    if not point:
        raise BadLength("point has no coordinate, must have at least 1")
    if len(values) > size:
        raise BadLength(f"there are {len(values)} values, the point has room for {size}")
    chain = [FR.elements(values, "values") + [0] * (size - len(values))]
    for x in point:
        even, odd = chain[-1][::2], chain[-1][1::2]
        chain.append([(a + x * (b - a)) % FR.modulus for a, b in zip(even, odd, strict=True)])
    return chain[:-1], chain[-1][0]


def _well_formed(commitment: Affine, point: Sequence[int], value: int, proof: Proof) -> bool:
    """Whether the parts are group elements and scalars, as many as the point asks for."""
    if not point or (len(proof.steps) + 1, len(proof.values)) != (len(point), len(point)):
        return False
    if {len(proof.quotients), *map(len, proof.values)} != {N_EVALUATION_POINTS}:
        return False
    scalars = [value, *point, *(v for values in proof.values for v in values)]
    points = [commitment, *proof.steps, *proof.quotients]
    return all(map(BN254.is_scalar, scalars)) and all(map(BN254.is_g1, points))


def _evaluation_points(r: int) -> tuple[int, int, int]:
    return r, -r % FR.modulus, r * r % FR.modulus


def _challenge(transcript: KeccakTranscript, message: bytes) -> int:
    """The challenge after the message."""
    transcript.append(message)
    return transcript.draw()


def _points(points: Sequence[Affine]) -> bytes:
    return b"".join(map(BN254.g1_to_bytes, points))


def _scalars(values: Sequence[Sequence[int]]) -> bytes:
    return b"".join(FR.to_bytes(v) for triple in values for v in triple)


def _read_points(data: bytes) -> tuple[Affine, ...]:
    return tuple(BN254.g1_from_bytes(chunk, "point") for chunk in _chunks(data, POINT_BYTES))


def _chunks(data: bytes, size: int) -> list[bytes]:
    return [data[i : i + size] for i in range(0, len(data), size)]
