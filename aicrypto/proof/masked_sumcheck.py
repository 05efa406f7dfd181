"""Sumcheck whose messages say nothing: a random polynomial is proven along (Libra's mask).

The rounds of a sumcheck are sums over the tables, so they leak. Here the prover first draws

    p(x_1, ..., x_k) = a_0 + p_1(x_1) + ... + p_k(x_k),    p_i(X) = a_i1·X + ... + a_id·X^d,

1 + k·d random numbers for a summand g of degree d, commits to them so that nothing shows
(`commit.tensor.hiding`), and sends the sum P of p over all x. After a challenge rho both run the
sumcheck on the sum of g + rho·p, which is claim + rho·P. At its end the verifier is told the
tables' values at the point, as without a mask; what is missing must be rho·p(point), a linear
combination of the a's, and that one the commitment is opened to.

**Zero knowledge, counted.** The prover says P and, beyond what the running claim fixes, d numbers a
round: 1 + k·d. These are a linear map of the 1 + k·d a's, plus something of the witness, and the
map is invertible: round i's coefficient of X^j has 2^(k-i)·rho·a_ij in it and no other unknown, P
has 2^k·a_0. So, for rho other than 0, every conversation is equally likely, whatever the tables;
p(point) follows from it and the values. Without a_0 one number would be missing, and the rounds
would satisfy an equation that the witness is in.

**What stays visible** are the tables' values at the point, hence g there. A larger protocol hides
them by adding multiples of x(1 - x) to the tables, or by proving more about commitments to them.
zkml-1 does neither, and masks nothing. Plain there are the multiplicities, all rounds of its
fraction sums, products and merge, the last claims of each (limbs, q, y, V), the combinations u1 and
u2 of the witness, with committed weights those of the weights too, the opened columns, and digests
of the others, by which a guess can be tested. It is succinct, **not zero-knowledge**.

The proof is sound with error (d·k + 1)/p² and that of the opening. A seed that serves two proofs
with the same transcript gives the difference of their witnesses away. Sources: Libra (eprint
2019/317), section 4.1; zkml-1 of this project, section 13; messages are those of
`polynomial_sumcheck`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from aicrypto.algebra import kernels, m61x2, multilinear
from aicrypto.algebra.plain import ELEMENT_BYTES, BadLength, Fp2
from aicrypto.commit.hashes import DIGEST_BYTES, sha256
from aicrypto.commit.tensor import hiding
from aicrypto.commit.tensor.soundness import DEFAULT_BITS
from aicrypto.commit.transcript import Transcript
from aicrypto.proof import sumcheck
from aicrypto.proof.polynomial_sumcheck import (
    Evaluations,
    Point,
    Polynomial,
    PolynomialSumcheckProof,
    Round,
    Table,
    Term,
    extrapolate,
)

MASK_TAG, VALUES_TAG = 0x33, 0x34  # after those of `hiding`
PRODUCT = Polynomial(n_tables=2, terms=(Term(Fp2(1), (0, 1)),))  # what `sumcheck` proves


@dataclass(frozen=True, slots=True)
class Mask:
    """The polynomial p.

    Attributes:
        constant: a_0.
        slopes: for each variable a_i1, ..., a_id.
    """

    constant: Fp2
    slopes: tuple[tuple[Fp2, ...], ...]

    @classmethod
    def random(cls, n_variables: int, degree: int, seed: bytes) -> "Mask":
        """A mask that only the seed's owner knows."""
        constant, *others = m61x2.to_scalars(hiding.uniform(seed, 1 + n_variables * degree))
        starts = range(0, len(others), degree)
        return cls(constant, tuple(tuple(others[i : i + degree]) for i in starts))

    @property
    def coefficients(self) -> list[Fp2]:
        """What is committed to: a_0, then variable after variable."""
        return [self.constant, *(a for slopes in self.slopes for a in slopes)]

    @property
    def total(self) -> Fp2:
        """The sum over all points of zeros and ones, P: each p_i is p_i(1) at one half of them."""
        return sum_over(len(self.slopes), self.constant, self.slopes)

    def round(self, number: int, before: Sequence[Fp2], degree: int) -> Round:
        """The message of a round, counted from 0, after the challenges before: at 0, 2, ..., d."""
        left = self.slopes[number + 1 :]
        others, weight = sum_over(len(left), self(before), left), 1 << len(left)
        points = [Fp2(x) for x in range(degree + 1) if x != 1]
        return tuple(others + weight * _power_series(self.slopes[number], x) for x in points)

    def __call__(self, point: Sequence[Fp2]) -> Fp2:
        """The value at a point; coordinates that are missing at the end are 0."""
        pairs = zip(self.slopes, point, strict=False)
        return sum((_power_series(slopes, x) for slopes, x in pairs), self.constant)


@dataclass(frozen=True, slots=True, eq=False)
class MaskedProof:
    """Everything the prover says.

    Attributes:
        root: of the committed mask.
        total: of the mask, P.
        masked: rounds of the sum of g + rho·p, and the tables' values at the point, claimed.
        opening: of the mask at the point.
    """

    root: bytes
    total: Fp2
    masked: PolynomialSumcheckProof
    opening: hiding.Opening

    def to_bytes(self) -> bytes:
        """32 bytes, 16 for each element, and the opening."""
        parts = (self.total, self.masked, self.opening)
        return b"".join([self.root, *(part.to_bytes() for part in parts)])

    @classmethod
    def from_bytes(
        cls, data: bytes, n_rounds: int, polynomial: Polynomial, bits: float = DEFAULT_BITS
    ) -> "MaskedProof":
        """The proof that `to_bytes` wrote for this polynomial over 2^n_rounds places.

        Raises:
            BadLength: if data ends before the opening's columns.
            NonCanonical: if a coordinate is p or more.
            TargetUnreachable: if there is no opening of so many bits.
        """
        start = DIGEST_BYTES + ELEMENT_BYTES
        n_elements = n_rounds * polynomial.degree + polynomial.n_tables
        end = start + ELEMENT_BYTES * n_elements
        if len(data) < end:
            raise BadLength(f"proof has {len(data)} bytes, its rounds end after {end}")
        return cls(
            data[:DIGEST_BYTES],
            Fp2.from_bytes(data[DIGEST_BYTES:start]),
            PolynomialSumcheckProof.from_bytes(data[start:end], n_rounds, polynomial),
            hiding.Opening.from_bytes(data[end:], _shape(n_rounds, polynomial, bits)),
        )


def prove(
    polynomial: Polynomial,
    tables: Sequence[Table],
    transcript: Transcript,
    tag: int,
    seed: bytes,
    bits: float = DEFAULT_BITS,
) -> tuple[MaskedProof, Evaluations]:
    """The proof of `polynomial.sum(tables)`, and the evaluations that it leaves to check.

    To the plain proof's cost comes the mask's, which depends on k·d alone: two transforms and a
    tree of some thousand leaves.

    Args:
        polynomial: g; `PRODUCT` is the fast case.
        tables: of the same length 2^k.
        transcript: has absorbed claim and statement; every round is absorbed under `tag`.
        tag: the rounds' name in the transcript, the same for the verifier.
        seed: 32 secret bytes or more, such as `secrets.token_bytes(32)`, for this proof alone.
        bits: of the mask's opening.

    Raises:
        BadLength: if there are not m tables of one length 2^k.
        ValueError: if the seed is shorter.
    """
    n_rounds = _n_variables(polynomial, tables)
    hiding.check_seed(seed)
    # A seed used again in another transcript still gives another mask.
    mask_seed, commitment_seed = (sha256(name, transcript.state, seed) for name in (b"p", b"c"))
    mask = Mask.random(n_rounds, polynomial.degree, mask_seed)
    hidden = hiding.commit(m61x2.from_scalars(mask.coefficients), commitment_seed, bits)
    rho = _hear_mask(hidden.root, mask.total, hidden.shape, transcript)
    masked, point = _prove_rounds(polynomial, tables, mask, rho, transcript, tag)
    opening = hiding.prove(hidden, _weights(point, polynomial.degree), transcript)
    proof = MaskedProof(hidden.root, mask.total, masked, opening)
    return proof, Evaluations(point, masked.values)


def verify(
    polynomial: Polynomial,
    claim: Fp2,
    n_rounds: int,
    proof: MaskedProof,
    transcript: Transcript,
    tag: int,
    bits: float = DEFAULT_BITS,
) -> Evaluations | None:
    """The evaluations that remain to be checked, or None if the proof is refused.

    Nothing is proven until the caller has compared every table's polynomial at the point with its
    value.

    Raises:
        TargetUnreachable: if there is no opening of so many bits.
    """
    rounds, values = proof.masked.rounds, proof.masked.values
    if len(rounds) != n_rounds or len(values) != polynomial.n_tables:
        return None
    shape = _shape(n_rounds, polynomial, bits)
    rho = _hear_mask(proof.root, proof.total, shape, transcript)
    claim += rho * proof.total
    point: list[Fp2] = []
    for message in rounds:
        if len(message) != polynomial.degree:
            return None
        point.append(_exchange(message, transcript, tag))
        claim = _next_claim(message, claim, point[-1])
    if rho == Fp2(0):  # nothing would be masked, nor could p(point) be told
        return None
    _hear_values(values, transcript)
    mask_value = (claim - polynomial(values)) / rho
    weights = _weights(point, polynomial.degree)
    accepted = hiding.verify(proof.root, shape, weights, mask_value, proof.opening, transcript)
    return Evaluations(tuple(point), values) if accepted else None


def sum_over(n_variables: int, constant: Fp2, slopes: Sequence[Sequence[Fp2]]) -> Fp2:
    """The sum of constant + p_1 + ... + p_k over {0,1}^k."""
    half = sum((a for powers in slopes for a in powers), Fp2(0)) / 2
    return (constant + half) * (1 << n_variables)


def _prove_rounds(
    polynomial: Polynomial,
    tables: Sequence[Table],
    mask: Mask,
    rho: Fp2,
    transcript: Transcript,
    tag: int,
) -> tuple[PolynomialSumcheckProof, Point]:
    """The rounds of g + rho·p, the values of the tables, and where."""
    claim = _sum(polynomial, tables)
    rounds: list[Round] = []
    point: list[Fp2] = []
    while tables[0].shape[-1] > 1:
        plain = _summarise(polynomial, tables, claim)
        cover = mask.round(len(rounds), point, polynomial.degree)
        rounds.append(tuple(h + rho * p for h, p in zip(plain, cover, strict=True)))
        point.append(_exchange(rounds[-1], transcript, tag))
        claim = _next_claim(plain, claim, point[-1])
        tables = [multilinear.bind(table, point[-1]) for table in tables]
    values = tuple(m61x2.to_scalar(table[:, 0]) for table in tables)
    _hear_values(values, transcript)
    return PolynomialSumcheckProof(tuple(rounds), values), tuple(point)


def _sum(polynomial: Polynomial, tables: Sequence[Table]) -> Fp2:
    """The claim."""
    if polynomial == PRODUCT:
        return m61x2.to_scalar(m61x2.dot(tables[0], tables[1]))
    return polynomial.sum(tables)


def _summarise(polynomial: Polynomial, tables: Sequence[Table], claim: Fp2) -> Round:
    """This round's h at 0, 2, 3, ..., d, not masked; claim = h(0) + h(1)."""
    if polynomial == PRODUCT:
        f, g = tables
        quadratic = sumcheck.Round(*kernels.engine_for(f, g).round_polynomial(f, g))
        return quadratic.at_zero, quadratic.next_claim(claim, Fp2(2))
    points = [Fp2(x) for x in range(polynomial.degree + 1) if x != 1]
    return tuple(polynomial.sum([multilinear.bind(table, x) for table in tables]) for x in points)


def _next_claim(message: Round, claim: Fp2, x: Fp2) -> Fp2:
    at_zero, *others = message
    return extrapolate((at_zero, claim - at_zero, *others), x)


def _shape(n_rounds: int, polynomial: Polynomial, bits: float) -> hiding.Shape:
    return hiding.choose_shape(1 + n_rounds * polynomial.degree, bits)


def _weights(point: Sequence[Fp2], degree: int) -> list[Fp2]:
    """What each coefficient of the mask weighs in its value at a point."""
    return [Fp2(1), *(x**power for x in point for power in range(1, degree + 1))]


def _power_series(slopes: Sequence[Fp2], x: Fp2) -> Fp2:
    """a_1·x + a_2·x² + ..., by Horner's rule."""
    value = Fp2(0)
    for slope in reversed(slopes):
        value = (value + slope) * x
    return value


def _n_variables(polynomial: Polynomial, tables: Sequence[Table]) -> int:
    """k, if there are m tables of length 2^k."""
    lengths = {table.shape[-1] for table in tables}
    n = max(lengths, default=0)
    if len(tables) != polynomial.n_tables or len(lengths) != 1 or n < 1 or n & (n - 1):
        raise BadLength(
            f"tables: there are {len(tables)} with {sorted(lengths)} values, must be"
            f" {polynomial.n_tables} with the same power of two"
        )
    return multilinear.n_variables(n)


def _hear_mask(root: bytes, total: Fp2, shape: hiding.Shape, transcript: Transcript) -> Fp2:
    """rho, which answers the mask's commitment and its sum."""
    numbers = (shape.n_secrets, shape.n_places, shape.queries)
    words = b"".join(number.to_bytes(8, "little") for number in numbers)
    transcript.absorb(MASK_TAG, words + root + total.to_bytes())
    return transcript.challenge()


def _hear_values(values: Sequence[Fp2], transcript: Transcript) -> None:
    transcript.absorb(VALUES_TAG, b"".join(value.to_bytes() for value in values))


def _exchange(message: Round, transcript: Transcript, tag: int) -> Fp2:
    """The challenge that answers a round."""
    transcript.absorb(tag, b"".join(value.to_bytes() for value in message))
    return transcript.challenge()
